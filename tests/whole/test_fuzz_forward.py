"""Made-up forwards, the short version of `./dev fuzz forward`."""

import pytest

from bench.fuzzing import of_forward
from bench.fuzzing.octets import run


def test_no_text_breaks_the_reader_of_forwards() -> None:
    """Nothing raised, nothing killed, every claim storable, each within its time."""
    known = of_forward.seeds()[:60]
    found = run("forward", seconds=3.0, seed=20261129, known=known)
    assert found.cases > len(known)
    assert [fault for _, fault in found.faults] == []


def test_the_fuzzer_tells_claims_apart() -> None:
    """What a known program writes is a forward with all four values; the same under a reply's subject is none."""
    forward = b"Fwd: x\nFrom: Anna <a@supplier.example>\nSubject: 7\nDate: 2 Nov 2026\nTo: b@acme.example\n\nText"
    assert any(each.startswith("header_block1111") for each in of_forward.examine(forward))
    assert "none" in of_forward.examine(forward.replace(b"Fwd:", b"Re:"))


def test_the_fuzzer_notices_a_claim_that_cannot_be_stored() -> None:
    """Its promises are checked: a value with a line end in it is found."""
    claim = of_forward.ForwardClaim("a@supplier.example", subject="one\ntwo")
    with pytest.raises(AssertionError, match="one"):
        of_forward._examined(claim)
