"""CMS: the content of what is signed, what is encrypted, and whether a signature fits what it signs.

A verdict says that the octets are those which the holder of the key in the certificate beside them signed. It claims
no trust in the certificate: no chain is followed, no revocation asked, no time believed.
Raises Damaged. Standard: RFC 5652 5 (signed data), 5.4 (what is digested), RFC 8551 3.5 (S/MIME), RFC 7468 (PEM).
"""

import binascii
import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from receiver.pipeline.packings.room import Damaged

MAX_SIGNERS = 5
VALID, INVALID, UNKNOWN_SIGNER, NOT_VERIFIED, WEAK = "valid", "invalid", "unknown_signer", "not_verified", "weak"
_DIGESTS = frozenset({"sha224", "sha256", "sha384", "sha512"})
_BROKEN_DIGESTS = frozenset({"md2", "md5", "sha1"})
_ENCRYPTED = frozenset(
    {"enveloped_data", "authenticated_enveloped_data", "encrypted_data", "signed_and_enveloped_data"}
)
# What asn1crypto and cryptography were seen to raise over hostile octets.
_FAILURES = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError, binascii.Error)


@dataclass(frozen=True, slots=True)
class Cms:
    """What stands in a CMS file."""

    kind: str  # "signed", "encrypted" or "other"
    content: bytes | None  # of what is signed; None where it stands elsewhere
    _signed: Any = None

    def verdict(self, content: Iterable[bytes | memoryview]) -> str:
        """Whether every signature fits this content, given in pieces."""
        try:
            return _verdict(self._signed, content)
        except _FAILURES:
            return NOT_VERIFIED


def read(octets: bytes) -> Cms:
    """Open a file in DER, BER, PEM or bare base64."""
    from asn1crypto.cms import ContentInfo  # noqa: PLC0415 - 15 ms, which most children never need

    try:
        info = ContentInfo.load(_binary(octets))
        kind = info["content_type"].native
        if kind in _ENCRYPTED:
            return Cms("encrypted", None)
        if kind != "signed_data":
            return Cms("other", None)
        signed = info["content"]
        return Cms("signed", _content(signed), signed)
    except _FAILURES as error:
        raise Damaged("cms") from error


def may_be(head: bytes) -> bool:
    """Whether octets begin like CMS: a SEQUENCE that opens with an object identifier of PKCS #7."""
    return head[:1] == b"\x30" and b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07" in head[:24]


def is_encoded(head: bytes) -> bool:
    """Whether octets begin like CMS in base64, with or without PEM's lines."""
    start = head.lstrip()
    if start.startswith((b"-----BEGIN PKCS7-----", b"-----BEGIN CMS-----")):
        start = start.partition(b"\n")[2].lstrip()
    with suppress(binascii.Error):
        return start[:1] == b"M" and may_be(binascii.a2b_base64(start[:32]))
    return False


def _binary(octets: bytes) -> bytes:
    if not is_encoded(octets[:200]):
        return octets
    lines = (line for line in octets.splitlines() if not line.startswith(b"-----"))
    return binascii.a2b_base64(b"".join(lines))


def _content(signed: Any) -> bytes | None:
    from asn1crypto.core import OctetString, ParsableOctetString  # noqa: PLC0415

    content = signed["encap_content_info"]["content"]
    # Of anything else bytes() gives a name with an address of ours in it.
    return bytes(content) if isinstance(content, OctetString | ParsableOctetString) else None


def _verdict(signed: Any, content: Iterable[bytes | memoryview]) -> str:
    signers = list(signed["signer_infos"])[: MAX_SIGNERS + 1]
    if not signers:
        return NOT_VERIFIED
    if len(signers) > MAX_SIGNERS:
        return NOT_VERIFIED
    wanted = {each["digest_algorithm"]["algorithm"].native for each in signers}
    if wanted & _BROKEN_DIGESTS:
        return WEAK
    if not wanted <= _DIGESTS:
        return NOT_VERIFIED
    digests = {name: hashlib.new(name) for name in wanted}
    for piece in content:
        for digest in digests.values():
            digest.update(piece)
    verdicts = {_of_signer(signed, each, digests[each["digest_algorithm"]["algorithm"].native]) for each in signers}
    return next(each for each in (INVALID, UNKNOWN_SIGNER, NOT_VERIFIED, WEAK, VALID) if each in verdicts)


def _of_signer(signed: Any, signer: Any, digest: Any) -> str:
    certificate = _certificate(signed, signer["sid"])
    if certificate is None:
        return UNKNOWN_SIGNER
    attributes = signer["signed_attrs"]
    if attributes:
        told = {each["type"].native: each["values"] for each in attributes}
        if told["message_digest"][0].native != digest.digest():
            return INVALID
        # 5.4: the attributes are signed as a SET OF, not with the tag they stand under.
        octets = b"\x31" + attributes.dump()[1:]
        digest = hashlib.new(digest.name, octets)
    return _fits(certificate, signer, digest)


def _certificate(signed: Any, identifier: Any) -> Any:
    for each in list(signed["certificates"] or ())[:50]:
        chosen = each.chosen
        if each.name != "certificate":
            continue
        if identifier.name == "issuer_and_serial_number":
            asked = identifier.chosen
            if chosen.serial_number == asked["serial_number"].native and chosen.issuer == asked["issuer"]:
                return chosen
        elif chosen.key_identifier == identifier.native:
            return chosen
    return None


def _fits(certificate: Any, signer: Any, digest: Any) -> str:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils  # noqa: PLC0415
    from cryptography.x509 import load_der_x509_certificate  # noqa: PLC0415

    try:
        key = load_der_x509_certificate(certificate.dump()).public_key()
        made_of = utils.Prehashed(getattr(hashes, digest.name.upper())())
        signature, octets = signer["signature"].native, digest.digest()
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, octets, _padding(signer["signature_algorithm"]), made_of)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, octets, ec.ECDSA(made_of))
        else:
            return NOT_VERIFIED
    except InvalidSignature:
        return INVALID
    except UnsupportedAlgorithm:
        return NOT_VERIFIED
    return VALID


def _padding(algorithm: Any) -> Any:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import padding  # noqa: PLC0415

    if algorithm["algorithm"].native != "rsassa_pss":
        return padding.PKCS1v15()
    parameters = algorithm["parameters"]
    masked = parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native
    return padding.PSS(padding.MGF1(getattr(hashes, masked.upper())()), parameters["salt_length"].native)
