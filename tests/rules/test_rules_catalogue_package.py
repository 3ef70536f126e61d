"""The signed package: what was sealed comes back, everything else is refused before a word of it is believed."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as some

from rules.catalogue_package import (
    MAGIC,
    Catalogue,
    Refused,
    catalogue_from,
    catalogue_of,
    changes_of,
    open_package,
    payload_of,
    public_text,
    seal,
)
from rules.conditions import condition
from rules.standard_changes import changed_standards
from rules.standards import ImportStandard

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
TRUSTED = [public_text(KEY.public_key())]


def standard(number: int) -> ImportStandard:
    any_of = (condition("sender", f"billing@supplier{number}.example"), condition("subject", "invoice", "*rechnung"))
    return ImportStandard(f"s{number}/invoices", f"Supplier {number}", any_of, origin="catalogue", supplier="S")


CATALOGUE = catalogue_from([standard(2), standard(1)], 2026112201)
SEALED = seal(CATALOGUE, KEY)


def sealed(values: Any, key: Ed25519PrivateKey = KEY) -> bytes:
    """A package of any values, rightly signed."""
    payload = json.dumps(values, sort_keys=True, separators=(",", ":")).encode()
    signature = base64.b64encode(key.sign(MAGIC + payload))
    return b"".join((MAGIC, public_text(key.public_key()).encode(), b" ", signature, b"\n", payload))


def values(**changed: Any) -> dict[str, Any]:
    """One good standard's values."""
    rest = {"id": "a/b", "name": "A", "keep": "attachments", "any_of": {"sender": ["a@b.example"]}}
    return {"version": 1, "standards": [rest | changed]}


def test_what_was_sealed_comes_back() -> None:
    """Version and standards, whoever signed it, and the octets that are kept."""
    package = open_package(SEALED, TRUSTED)

    assert package.catalogue == CATALOGUE
    assert package.signed_by == TRUSTED[0]
    assert catalogue_of(package.payload) == CATALOGUE
    assert payload_of(CATALOGUE) == package.payload


def test_the_same_standards_give_the_same_octets() -> None:
    """Whatever order they came in; so a package can be compared by its hash."""
    assert seal(catalogue_from([standard(1), standard(2)], 2026112201), KEY) == SEALED


@pytest.mark.parametrize("length", range(0, len(SEALED), 7))
def test_a_cut_package_is_refused(length: int) -> None:
    """At whatever octet the transfer ended."""
    with pytest.raises(Refused):
        open_package(SEALED[:length], TRUSTED)


@given(at=some.integers(0, len(SEALED) - 1), bit=some.integers(0, 7))
def test_a_changed_octet_is_refused(at: int, bit: int) -> None:
    """One bit anywhere: format, key, signature or payload."""
    changed = bytearray(SEALED)
    changed[at] ^= 1 << bit

    with pytest.raises(Refused):
        open_package(bytes(changed), TRUSTED)


@given(some.binary(max_size=300))
def test_hostile_octets_are_refused_in_words(octets: bytes) -> None:
    """Nothing else is ever raised."""
    for each in (octets, MAGIC + octets):
        with pytest.raises(Refused):
            open_package(each, TRUSTED)


def test_a_key_that_is_not_trusted_is_named() -> None:
    """So that the operator can compare it; without trusted keys nothing is taken."""
    for trusted in ([], [public_text(Ed25519PrivateKey.generate().public_key())]):
        with pytest.raises(Refused, match=r"signed by the key .*trusted_keys"):
            open_package(SEALED, trusted)


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ({"version": 1, "standards": []}, "no standards"),
        (values() | {"more": 1}, "a newer postbus"),
        ([], "a newer postbus"),
        (values() | {"version": 0}, "its version is no number"),
        (values() | {"version": True}, "its version is no number"),
        (values() | {"version": 2**31}, "its version is no number"),
        (values(any_of={"sender": ["a@b.example"], "subject_pattern": ["(?<=x)y"]}), "a/b: any_of.subject_pattern: "),
        (values(any_of={}), "a/b: standard: "),
        (values(any_of={"sender": ["nobody"]}), "nobody"),
        (values(surprise=1), "surprise"),
        (values(id="x" * 33), "its id is missing, too long or there twice"),
        ({"version": 1, "standards": [1]}, "its id is missing"),
        ({"version": 1, "standards": values()["standards"] * 2}, "there twice"),
        (
            {"version": 1, "standards": [*values()["standards"], values(id="a/c")["standards"][0]]},
            "its name is that of",
        ),
    ],
)
def test_a_signed_package_is_checked_whole(payload: Any, said: str) -> None:
    """A good signature makes nothing of it true: patterns must compile, names be used once, forms be known."""
    with pytest.raises(Refused) as refused:
        open_package(sealed(payload), TRUSTED)
    assert said in str(refused.value)


def test_a_payload_that_is_not_canonical_is_refused() -> None:
    """Keys that stand there twice, or blanks, would be another content to another reader."""
    payload = json.dumps(values()).encode()
    signature = base64.b64encode(KEY.sign(MAGIC + payload))

    with pytest.raises(Refused, match="not in the form"):
        open_package(b"".join((MAGIC, TRUSTED[0].encode(), b" ", signature, b"\n", payload)), TRUSTED)


def test_deep_nesting_is_refused() -> None:
    """Even from somebody whom we trust."""
    payload = b"[" * 100_000
    signature = base64.b64encode(KEY.sign(MAGIC + payload))

    with pytest.raises(Refused):
        open_package(b"".join((MAGIC, TRUSTED[0].encode(), b" ", signature, b"\n", payload)), TRUSTED)


def test_a_kept_catalogue_is_read_without_its_signature() -> None:
    """What is in the database was verified when it was kept."""
    assert catalogue_of(payload_of(Catalogue(3, (standard(1),)))) == Catalogue(3, (standard(1),))


@given(some.sets(some.integers(0, 5)), some.sets(some.integers(0, 5)), some.sets(some.integers(0, 5)))
def test_payloads_are_compared_as_their_standards_are(old: set[int], new: set[int], renamed: set[int]) -> None:
    """What changes_of finds is what changed_standards finds; no catalogue at all is an empty one."""
    before = catalogue_from(map(standard, old), 1)
    after = catalogue_from((replace(standard(each), priority=5 if each in renamed else 100) for each in new), 2)

    assert changes_of(payload_of(before), payload_of(after)) == list(
        changed_standards(before.standards, after.standards)
    )
    assert changes_of(None, payload_of(after)) == [(None, each) for each in after.standards]
    assert changes_of(payload_of(before), None) == [(each, None) for each in before.standards]
