"""Files that pack others, made for a test: zip, winmail.dat, compound files, signed mail."""

import io
import struct
import zipfile
import zlib
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

PDF = b"%PDF-1.4 an invoice"


def zip_of(files: dict[str, bytes], packs: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", packs) as archive:
        for name, octets in files.items():
            archive.writestr(name, octets)
    return packed.getvalue()


def with_password(archive: bytes) -> bytes:
    """The same archive, its members marked as encrypted."""
    local, central = archive.index(b"PK\x03\x04") + 6, archive.index(b"PK\x01\x02") + 8
    made = bytearray(archive)
    made[local] |= 1
    made[central] |= 1
    return bytes(made)


def nested_zip(depth: int, width: int, payload: bytes) -> bytes:
    """Archives in archives, each level the same archive several times."""
    octets, name = payload, "page.pdf"
    for _ in range(depth):
        octets, name = zip_of({f"{n}-{name}": octets for n in range(width)}), "more.zip"
    return octets


def attribute(level: int, number: int, kind: int, value: bytes, length: int | None = None) -> bytes:
    """One attribute of TNEF."""
    announced = len(value) if length is None else length
    return struct.pack("<BHHI", level, number, kind, announced) + value + struct.pack("<H", sum(value) & 0xFFFF)


def properties(values: dict[int, str | bytes]) -> bytes:
    """MAPI properties as TNEF has them: texts and octets."""
    packed = struct.pack("<I", len(values))
    for number, value in values.items():
        octets = value.encode("utf-16-le") + b"\0\0" if isinstance(value, str) else value
        kind = 0x001F if isinstance(value, str) else 0x0102
        packed += struct.pack("<HHII", kind, number, 1, len(octets)) + octets + bytes(-len(octets) % 4)
    return packed


def tnef_of(files: dict[str, bytes], message: dict[int, str | bytes] | None = None, length: int | None = None) -> bytes:
    """A winmail.dat; `length` is announced for every file instead of its own."""
    made = b"\x78\x9f\x3e\x22\x01\x00" + attribute(1, 0x9007, 6, struct.pack("<II", 1252, 0))
    if message:
        made += attribute(1, 0x9003, 6, properties(message))
    for name, octets in files.items():
        made += attribute(2, 0x9002, 6, bytes(14))
        made += attribute(2, 0x8010, 1, name.encode("cp1252") + b"\0")
        made += attribute(2, 0x800F, 6, octets, length)
        made += attribute(2, 0x9005, 6, properties({0x3707: name}))
    return made


def stored(rtf: bytes) -> bytes:
    """RTF as Outlook packs what it does not compress."""
    return struct.pack("<II4sI", len(rtf) + 12, len(rtf), b"MELA", 0) + rtf


def compound_file(loops: bool = False) -> bytes:
    """A compound file of one directory sector; its chain and its tree go round in circles when it `loops`."""
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<IIIIIIIII", header, 40, 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0 if loops else 0xFFFFFFFE, 0)
    struct.pack_into("<109I", header, 76, 0, *[0xFFFFFFFF] * 108)
    fat = struct.pack("<128I", 0xFFFFFFFD, 1 if loops else 0xFFFFFFFE, *[0xFFFFFFFF] * 126)
    directory = b""
    for number, (name, kind) in enumerate((("Root Entry", 5), ("__attach_version1.0_#00000000", 1))):
        text = name.encode("utf-16-le")
        left, child = (1, 1) if loops else (0xFFFFFFFF, 1 if number == 0 else 0xFFFFFFFF)
        entry = text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text) + 2, kind, 1, left, left, child)
        directory += entry.ljust(116, b"\0") + struct.pack("<IQ", 1 if loops else 0xFFFFFFFE, 2**31 if loops else 0)
    return bytes(header) + fat + directory.ljust(512, b"\0")


class Signer:
    """A key with a certificate that nobody vouches for."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Supplier")])
        day = datetime(2026, 1, 1, tzinfo=UTC)
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self._key.public_key())
        builder = builder.serial_number(7).not_valid_before(day).not_valid_after(day + timedelta(days=365))
        self._certificate = builder.sign(self._key, hashes.SHA256())

    def opaque(self, content: bytes, *, with_certificate: bool = True) -> bytes:
        """CMS in DER with its content inside."""
        options = [pkcs7.PKCS7Options.Binary]
        if not with_certificate:
            options.append(pkcs7.PKCS7Options.NoCerts)
        return self._builder(content).sign(serialization.Encoding.DER, options)

    def detached(self, content: bytes) -> bytes:
        """CMS in DER beside its content."""
        options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
        return self._builder(content).sign(serialization.Encoding.DER, options)

    def _builder(self, content: bytes) -> pkcs7.PKCS7SignatureBuilder:
        return pkcs7.PKCS7SignatureBuilder().set_data(content).add_signer(self._certificate, self._key, hashes.SHA256())


def png(width: int, height: int, noise: int = 0) -> bytes:
    """A picture of this size; `noise` octets make it heavier."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"tEXt", b"x" * noise) + chunk(b"IEND", b"")
