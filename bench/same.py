"""The same mail, the same PDF: every mail rendered by two renderers, the clock of one of them years ahead.

Compares octets, takes the mail out of each PDF with pdfdetach and compares those too, counts which PDFs are PDF/A-3b
and by which rule the others are not, and says what finishing costs, with that proof and without. The renderer of today
is sandboxed; that of the other day is not, so that libfaketime can be put before its wkhtmltopdf.

    ./dev bench same [--mails 50] [--corpus FOLDER]
"""

import argparse
import logging
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from receiver.config import RenderingSettings
from receiver.pipeline.body import body_page
from receiver.pipeline.message_facts import find
from receiver.pipeline.structure import Limits
from receiver.pipeline.unpack import unpack
from receiver.rendering.client import RenderResult, available, render
from receiver.rendering.finishing import finish
from receiver.rendering.finishing_work import Work
from receiver.rendering.order import Original, RenderOrder
from receiver.rendering.wkhtmltopdf import Wkhtmltopdf
from receiver.rendering.workshop import Workshop
from receiver.rendering.xmp import Imprint

CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "invoicemail"
OTHER_DAY = "2031-02-03 04:05:06"
LIBRARY = "libfaketime.so.1"
ACCEPTED = "none-i-accept-that-mail-may-run-code-here"
SECONDS = 30.0
MEASURED = 40
# The PDF is taken before its program has tidied up; its time counts once it is gone.
TIDYING_SECONDS = 0.2
RENDERER = (
    "import sys; from pathlib import Path; from receiver.config import load;"
    "from receiver.rendering.renderer import run_renderer; run_renderer(load(None, Path(sys.argv[1])), ready=int)"
)


@dataclass(frozen=True)
class Pair:
    """One mail's two PDFs."""

    name: str
    order: RenderOrder
    today: RenderResult
    another_day: RenderResult

    @property
    def is_same(self) -> bool:
        """Whether both are there, octet for octet alike."""
        return self.today.pdf is not None and self.today.pdf == self.another_day.pdf


def main() -> int:
    """Measure and print; 1 when two PDFs of a mail differ, or an original does not come back."""
    parser = argparse.ArgumentParser(prog="./dev bench same", description=__doc__)
    parser.add_argument("--mails", type=int, default=0, help="that many, spread over the corpus; 0: all")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    arguments = parser.parse_args()
    mails = sorted(arguments.corpus.glob("*.eml"))
    step = max(1, len(mails) // arguments.mails) if arguments.mails else 1
    with tempfile.TemporaryDirectory() as folder:
        pairs = rendered(mails[::step][: arguments.mails or None], Path(folder))
        differing = [pair.name for pair in pairs if not pair.is_same]
        lost = [pair.name for pair in pairs if pair.is_same and not gives_back(pair, Path(folder))]
        print(f"{len(pairs)} mails: {len(pairs) - len(differing)} with the same octets by two renderers, days apart")
        print(f"originals that came back octet for octet: {len(pairs) - len(differing) - len(lost)}")
        for name in (*differing, *lost):
            print(f"  not so: {name}")
        verdicts(pairs)
        costs([pair.order for pair in pairs][:: max(1, len(pairs) // MEASURED)], Path(folder))
    return 1 if differing or lost else 0


def rendered(mails: list[Path], folder: Path) -> list[Pair]:
    """Every mail by both renderers."""
    wrapper = folder / "wkhtmltopdf"
    wrapper.write_text(f'#!/bin/sh\nexport {" ".join(fake_clock())}\nexec /usr/bin/wkhtmltopdf "$@"\n')
    wrapper.chmod(0o755)
    says = subprocess.run([wrapper, "-", "-"], input=b"<p>x</p>", capture_output=True, check=False).stdout
    if b"(D:2031" not in says:
        raise SystemExit("libfaketime does not change the clock of wkhtmltopdf here")
    other = {"POSTBUS_RENDERING__COMMAND": str(wrapper), "POSTBUS_RENDERING__SANDBOX": ACCEPTED}
    with renderer(folder / "today", {}) as today, renderer(folder / "another", other) as another:

        def both(mail: Path) -> Pair:
            order = order_of(mail.read_bytes())
            return Pair(mail.name, order, render(today, order, SECONDS), render(another, order, SECONDS))

        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(both, mails))


def order_of(mail: bytes) -> RenderOrder:
    """What is asked for a mail whose text is kept."""
    unpacked = unpack(mail, len(mail), Limits())
    findings = find(unpacked, "", Limits().decoded_octets)
    reading = findings.reading
    original = Original(mail, "message.eml", "message/rfc822")
    page = body_page(unpacked, findings, "en")
    return RenderOrder(page, findings.facts.subject, reading.from_header, reading.date, "en", original)


def gives_back(pair: Pair, folder: Path) -> bool:
    """Whether pdfdetach finds the mail in the PDF as it was."""
    pdf, out = folder / "one.pdf", folder / "one.eml"
    pdf.write_bytes(pair.today.pdf or b"")
    subprocess.run(["pdfdetach", "-save", "1", "-o", out, pdf], check=True)
    return pair.order.original is not None and out.read_bytes() == pair.order.original.octets


def verdicts(pairs: list[Pair]) -> None:
    """How many are archivable, and why the others are not."""
    counted = Counter(pair.today.facts.archival or pair.today.facts.archival_fault for pair in pairs)
    rungs = Counter(pair.today.facts.rung for pair in pairs)
    print("verdicts:", ", ".join(f"{count} {verdict or 'no PDF'}" for verdict, count in counted.most_common()))
    print("rungs:", ", ".join(f"{count} {rung or 'none'}" for rung, count in rungs.most_common()))


def costs(orders: list[RenderOrder], folder: Path) -> None:
    """Processor time of finishing, in this process, beside that of the layout."""
    logging.disable(logging.CRITICAL)  # as the child does: fontTools speaks of every font
    (folder / "fonts").mkdir()
    workshop = Workshop(RenderingSettings(), folder / "fonts")
    confinement = workshop.prepare()
    times: dict[str, list[float]] = {"layout": [], "finished": [], "finished and proved": []}
    for order in orders:
        before = os.times()
        pdf = Wkhtmltopdf(order.page, confinement).to_pdf()
        time.sleep(TIDYING_SECONDS)
        after = os.times()
        times["layout"].append(sum(after[:4]) - sum(before[:4]))
        imprint = Imprint.of(order.title, order.author, order.language, order.date)
        for name, archival in (("finished", False), ("finished and proved", True)):
            started = time.process_time()
            finish(Work(pdf, imprint, order.original, 500, needs_text=False, archival=archival))
            times[name].append(time.process_time() - started)
    workshop.close()
    for name, seconds in times.items():
        print(f"{name}: {1000 * statistics.median(seconds):.1f} ms of CPU a mail (median of {len(seconds)})")


@contextmanager
def renderer(data: Path, environment: dict[str, str]) -> Iterator[Path]:
    """A renderer's process; gives its socket."""
    command = [sys.executable, "-c", RENDERER, data]
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    socket = data / "run" / "render.sock"
    try:
        while available(RenderingSettings(), socket) is not None:
            if process.poll() is not None:
                raise SystemExit("a renderer has ended")
            time.sleep(0.2)
        yield socket
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def fake_clock() -> list[str]:
    """The environment that puts a program into another day."""
    found = next(iter(Path("/usr/lib").glob(f"*/faketime/{LIBRARY}")), None)
    if found is None:
        raise SystemExit("libfaketime is not installed")
    return [f"LD_PRELOAD={found}", f"FAKETIME='{OTHER_DAY}'", "FAKETIME_DONT_FAKE_MONOTONIC=1"]


if __name__ == "__main__":
    sys.exit(main())
