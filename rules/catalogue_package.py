"""A catalogue as one signed file, and back: nothing of it is believed before the signature holds.

    postbus-catalogue-1
    PUBLIC_KEY SIGNATURE          both base64; Ed25519 over the first line and the payload
    {"standards":[…],"version":2026112201}

The payload is JSON in its one canonical form, so the same standards give the same octets. It is not packed: there is
no archive to escape from and nothing that could swell. Versions are dates with a number, as serials of zones are
(RFC 1912 section 2.2): 2026112201.
Raises Refused. Standards: RFC 8032 (Ed25519), RFC 4648 (base64).
"""

import base64
import binascii
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from rules.standard_changes import Change, changed_standards
from rules.standard_codec import from_values, stored, to_values
from rules.standards import ImportStandard, name_key
from rules.wording import words

MAGIC = b"postbus-catalogue-1\n"
HIGHEST_VERSION = 2**31 - 1
_LONGEST_LINE = 200  # of the key and the signature: 44 and 88 characters
_MOST_FAULTS = 10  # told of one package
_KEY_OCTETS = 32


class Refused(Exception):
    """This package cannot be taken; the text says why."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The standards that all tenants share, at one version."""

    version: int
    standards: tuple[ImportStandard, ...]  # by id


@dataclass(frozen=True, slots=True)
class Package:
    """A catalogue that was verified, with the octets it was made of."""

    catalogue: Catalogue
    payload: bytes
    signed_by: str  # the public key


def payload_of(catalogue: Catalogue) -> bytes:
    """The catalogue as octets, always the same ones for the same standards."""
    standards = [{"id": each.id, **to_values(each)} for each in sorted(catalogue.standards, key=lambda each: each.id)]
    return _canonical({"standards": standards, "version": catalogue.version})


def catalogue_of(payload: bytes) -> Catalogue:
    """The catalogue that payload_of wrote, which was checked when it was kept."""
    values = json.loads(payload)
    standards = tuple(stored(_rest(each), standard_id=each["id"], origin="catalogue") for each in values["standards"])
    return Catalogue(values["version"], standards)


def changes_of(old: bytes | None, new: bytes | None) -> list[Change]:
    """What came, went or is another from one payload to the other; None is no catalogue.

    As changed_standards of both catalogues, without making the standards that stay: seconds for a large one.
    """
    before, after = _by_id(old), _by_id(new)
    differing = [each for each in before.keys() | after.keys() if before.get(each) != after.get(each)]
    return list(changed_standards(_made(before, differing), _made(after, differing)))


def seal(catalogue: Catalogue, key: Ed25519PrivateKey) -> bytes:
    """The package that `open_package` takes from whoever trusts this key."""
    payload = payload_of(catalogue)
    signature = base64.b64encode(key.sign(MAGIC + payload))
    return b"".join((MAGIC, public_text(key.public_key()).encode(), b" ", signature, b"\n", payload))


def open_package(octets: bytes, trusted_keys: Collection[str]) -> Package:
    """The package, verified and checked whole. Raises Refused."""
    payload, signed_by = _verified(octets, trusted_keys)
    try:
        values = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise Refused("its payload is no JSON, although it is signed") from error
    if not isinstance(values, dict) or set(values) != {"standards", "version"} or _canonical(values) != payload:
        raise Refused("its payload is not in the form of this version of postbus; a newer postbus may know it")
    version = values["version"]
    if not isinstance(version, int) or isinstance(version, bool) or not 0 < version <= HIGHEST_VERSION:
        raise Refused(f"its version is no number from 1 to {HIGHEST_VERSION}")
    return Package(Catalogue(version, _standards(values["standards"])), payload, signed_by)


def public_text(key: Ed25519PublicKey) -> str:
    """A public key as settings name it: 32 octets in base64."""
    return base64.b64encode(key.public_bytes_raw()).decode("ascii")


def public_key(text: str) -> Ed25519PublicKey | None:
    """The public key written as `text`; None when it is none."""
    try:
        octets = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None
    return Ed25519PublicKey.from_public_bytes(octets) if len(octets) == _KEY_OCTETS else None


def _verified(octets: bytes, trusted_keys: Collection[str]) -> tuple[bytes, str]:
    if not octets.startswith(MAGIC):
        raise Refused("it is no catalogue of postbus, or one of a form that this version does not know")
    line, newline, payload = octets[len(MAGIC) :].partition(b"\n")
    key, _, signature = line.partition(b" ")
    signer = public_key(key.decode("ascii", "replace"))
    if not newline or len(line) > _LONGEST_LINE or signer is None:
        raise Refused("it is not signed")
    signed_by = public_text(signer)
    if signed_by not in {public_text(each) for each in map(public_key, trusted_keys) if each}:
        raise Refused(f"it is signed by the key {signed_by}, which catalogue.trusted_keys does not name")
    try:
        signer.verify(base64.b64decode(signature, validate=True), MAGIC + payload)
    except (InvalidSignature, ValueError) as error:
        raise Refused("its signature does not hold: it was changed or cut on its way") from error
    return payload, signed_by


def _standards(given: object) -> tuple[ImportStandard, ...]:
    if not isinstance(given, list) or not given:
        raise Refused("it holds no standards")
    faults: list[str] = []
    standards: dict[str, ImportStandard] = {}
    names: dict[str, str] = {}
    for number, values in enumerate(given, 1):
        where, standard = f"standard {number}", None
        if isinstance(values, dict) and isinstance(values.get("id"), str) and 0 < len(values["id"]) <= _LONGEST_ID:
            where = values["id"]
            standard, found = from_values(_rest(values), standard_id=where, origin="catalogue")
            faults += (f"{where}: {fault.field}: {words(fault.code, fault.params)}" for fault in found)
        if standard is None or where in standards:
            faults.append(f"{where}: its id is missing, too long or there twice")
            continue
        standards[where] = standard
        holder = names.setdefault(name_key(standard.name), where)
        if holder != where:
            faults.append(f"{where}: its name is that of {holder}, too")
    if faults:
        more = f"; and {len(faults) - _MOST_FAULTS} more" if len(faults) > _MOST_FAULTS else ""
        raise Refused("; ".join(faults[:_MOST_FAULTS]) + more)
    return tuple(standards[each] for each in sorted(standards))


def catalogue_from(standards: Iterable[ImportStandard], version: int) -> Catalogue:
    """A catalogue of these standards."""
    return Catalogue(version, tuple(sorted(standards, key=lambda each: each.id)))


def _by_id(payload: bytes | None) -> dict[str, dict[str, Any]]:
    return {} if payload is None else {each["id"]: each for each in json.loads(payload)["standards"]}


def _made(values: Mapping[str, dict[str, Any]], ids: Iterable[str]) -> Iterator[ImportStandard]:
    for each in ids:
        if each in values:
            yield stored(_rest(values[each]), standard_id=each, origin="catalogue")


def _rest(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != "id"}


_LONGEST_ID = 32


def _canonical(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode("ascii")
