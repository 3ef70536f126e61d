"""The members of a zip archive, none of them read.

An archive with a password is kept as it is. Only stored and deflated members are opened: Python's bzip2 and LZMA
readers cannot be told when to stop. Names lose their folders: a member never says where it is put.
Raises Damaged and NoRoom. Standard: PKWARE APPNOTE 6.3 (4.4.4 encryption, 4.4.5 methods), seen in RFC 1951's limits.
"""

import io
import struct
import zlib
from functools import partial
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, LargeZipFile, ZipFile, ZipInfo

from receiver.pipeline.packings.room import FREE_OF_RATIO, MAX_RATIO, Damaged, Member, NoRoom, Source

MAX_DIRECTORY_OCTETS = 1024**2  # some ten thousand names; zipfile reads them all at once
_LOCAL_HEADER = struct.Struct("<26sHH")  # what stands before the lengths of name and extra field
# What zipfile was seen to raise over a directory: too short, of nonsense, in a version nobody knows.
_FAILURES = (BadZipFile, LargeZipFile, struct.error, OSError, ValueError, RuntimeError)
_ENCRYPTED = 0x1 | 0x40  # traditional, strong
_NO_FILES = frozenset({".ds_store", "thumbs.db", "desktop.ini"})


class HasPassword(Exception):
    """At least one member is encrypted."""


class _Bounded(io.BytesIO):
    """Octets of which zipfile cannot read a directory beyond all bounds."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_DIRECTORY_OCTETS:
            raise NoRoom("too_many_parts")
        return super().read(size)


def members(source: Source) -> list[Member]:
    """What the archive holds: files only. Raises HasPassword."""
    found = []
    for info in _entries(source.octets()):
        if info.flag_bits & _ENCRYPTED:
            raise HasPassword
        if _is_file(info):
            found.append(Member(_name(info), info.file_size, partial(_read, source, info)))
    return found


def _entries(octets: bytes) -> list[ZipInfo]:
    try:
        with ZipFile(_Bounded(octets)) as archive:
            return archive.infolist()
    except _FAILURES as error:
        raise Damaged("zip") from error


def _read(source: Source, info: ZipInfo) -> bytes:
    """One member, never more than it announced."""
    if info.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
        raise Damaged("compression")
    if info.file_size > max(FREE_OF_RATIO, MAX_RATIO * info.compress_size):
        raise NoRoom("too_large")
    octets = _inflated(source.octets(), info)
    if len(octets) != info.file_size or zlib.crc32(octets) != info.CRC:
        raise Damaged("zip member")
    return octets


def _inflated(octets: bytes, info: ZipInfo) -> bytes:
    # Not ZipFile.open: it reads the whole directory again for each member.
    header = octets[info.header_offset : info.header_offset + _LOCAL_HEADER.size]
    if len(header) < _LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
        raise Damaged("zip header")
    _, name_octets, extra_octets = _LOCAL_HEADER.unpack(header)
    start = info.header_offset + _LOCAL_HEADER.size + name_octets + extra_octets
    packed = memoryview(octets)[start : start + info.compress_size]
    if info.compress_type == ZIP_STORED:
        return bytes(packed)
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, info.file_size + 1)
    except zlib.error as error:
        raise Damaged("deflate") from error


def _is_file(info: ZipInfo) -> bool:
    name = info.filename.replace("\\", "/")
    return not name.startswith("__MACOSX/") and not name.endswith("/") and (_name(info) or "").lower() not in _NO_FILES


def _name(info: ZipInfo) -> str | None:
    return info.filename.replace("\\", "/").rpartition("/")[2][:1000] or None
