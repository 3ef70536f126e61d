"""Addresses as rules compare them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.addresses import SenderPattern, canonical, canonical_domain, parse_import_address


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("MyTaxConsultant@NullDomain.DE", "mytaxconsultant@nulldomain.de"),
        (" a@b.example ", "a@b.example"),
        ("a@b.example.", "a@b.example"),
        ('"a"@b.example', "a@b.example"),
        ("rechnung@bücher.example", "rechnung@xn--bcher-kva.example"),
        ("rechnung@xn--bcher-kva.example", "rechnung@xn--bcher-kva.example"),
        ("JÖRG@b.example", "jörg@b.example"),
    ],
)
def test_address_has_one_form(written: str, expected: str) -> None:
    """Case, quoting and the spelling of an international domain do not make another address."""
    assert canonical(written) == expected


@pytest.mark.parametrize(
    "written",
    ["", "a", "@b.example", "a@", "a@b", "a b@c.example", "a@b..example", "a@-b.example", "<a@b.example>",
     "a\r\n@b.example", "\ud800@b.example", "a\u202e@b.example", "a@b.example\x00",
     "a@" + "b" * 64 + ".example", "a" * 300 + "@b.example", "a@\ud800.example"],
)  # fmt: skip
def test_no_address_is_none(written: str) -> None:
    """What is no address has no form, and raises nothing."""
    assert canonical(written) is None


def test_sharp_s_is_a_domain_of_its_own() -> None:
    """IDNA 2008: straße.example and strasse.example have two owners, so one never passes for the other."""
    assert canonical_domain("straße.example") != canonical_domain("strasse.example")


@given(st.text(max_size=400))
def test_canonical_form_is_stable(text: str) -> None:
    """The canonical form of a canonical form is itself; nothing raises, whatever was written."""
    once = canonical(text)
    assert once is None or canonical(once) == once


@pytest.mark.parametrize(
    ("pattern", "sender", "expected"),
    [
        ("Tax@Adviser.example", "tax@adviser.example", True),
        ("tax@adviser.example", "tax@mail.adviser.example", False),
        ("tax@adviser.example", "tax+1@adviser.example", False),
        ("@adviser.example", "anyone@adviser.example", True),
        ("@adviser.example", "anyone@mail.adviser.example", False),
        ("@adviser.example", "anyone@notadviser.example", False),
        ("@*.adviser.example", "anyone@mail.adviser.example", True),
        ("@*.adviser.example", "anyone@a.mail.adviser.example", True),
        ("@*.adviser.example", "anyone@adviser.example", False),
        ("@*.adviser.example", "anyone@notadviser.example", False),
        ("@BÜCHER.example", "a@xn--bcher-kva.example", True),
    ],
)
def test_sender_pattern(pattern: str, sender: str, expected: bool) -> None:
    """An address means itself, @domain that domain alone, @*.domain what is below it."""
    parsed = SenderPattern.parse(pattern)
    assert parsed is not None
    assert parsed.fits(sender) is expected


@pytest.mark.parametrize(
    "pattern", ["", "adviser", "adviser.example", "@", "@*", "@*.", "*@adviser.example", "@a@b.example"]
)
def test_no_sender_pattern(pattern: str) -> None:
    """What is neither an address nor a domain is no pattern."""
    assert SenderPattern.parse(pattern) is None


def test_label_stands_after_the_first_plus() -> None:
    """RFC 5233: the label is kept as it was written, the address itself is canonical."""
    path = parse_import_address("Acme-K3f9+Office+2@IN.Example.com")
    assert path is not None
    assert (path.address, path.label) == ("acme-k3f9@in.example.com", "Office+2")


@pytest.mark.parametrize(
    ("written", "label"), [("a@b.example", None), ("a+@b.example", None), ('"a+x"@b.example', "x")]
)
def test_label_may_be_absent(written: str, label: str | None) -> None:
    """Without a label, or with an empty one, there is none; quoting a local part changes nothing."""
    path = parse_import_address(written)
    assert path is not None
    assert (path.address, path.label) == ("a@b.example", label)


@pytest.mark.parametrize("written", ["", "+x@b.example", "a", "a@b", "postmaster"])
def test_no_import_address(written: str) -> None:
    """What cannot be an import address is none."""
    assert parse_import_address(written) is None
