"""Made-up e-invoices, the short version of `./dev fuzz einvoice`."""

import os
import signal

from bench.fuzzing.octets import Reader, run
from bench.fuzzing.of_einvoice import CHECKED_IN


def test_no_file_breaks_the_reader() -> None:
    """Nothing raised, nothing killed, every value of its kind, each within its time."""
    known = [path.read_bytes() for path in sorted(CHECKED_IN.iterdir()) if path.suffix in {".xml", ".pdf"}]
    found = run("einvoice", seconds=4.0, seed=20261129, known=known)
    assert found.cases > len(known)
    assert [fault for _, fault in found.faults] == []


def test_fuzzer_tells_what_dies() -> None:
    """A reader that a case kills is named with how it died, and another one goes on."""
    reader = Reader("einvoice")
    try:
        traits, fault = reader.read(b"UNB+UNOC:3'")
        assert traits
        assert fault is None
        assert reader.pid is not None
        os.kill(reader.pid, signal.SIGKILL)
        _, fault = reader.read(b"UNB+UNOC:3'")
        assert fault == "kills its reader: SIGKILL"
        assert reader.read(b"UNB+UNOC:3'")[1] is None
    finally:
        reader.close()
