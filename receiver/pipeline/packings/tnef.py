"""A winmail.dat (TNEF): the message's fields, texts and attached files.

No length is believed: what reaches beyond the end ends there. Not tnefparse: it copies the rest of the file for each
attribute, counts to whatever the file says, cuts zero octets off attachments, and is LGPL.
Raises Damaged. Standard: [MS-OXTNEF] 2.1.3.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from receiver.pipeline.packings import outlook
from receiver.pipeline.packings.outlook import MAX_PACKED_DEPTH, OutlookFile, OutlookMessage
from receiver.pipeline.packings.room import Damaged, NoRoom, Room, Source

SIGNATURE = b"\x78\x9f\x3e\x22"
MAX_ATTRIBUTES = 20_000
MAX_PROPERTIES = 5_000
_TEXT_OCTETS = 4 * 1024**2
_ATTRIBUTE = struct.Struct("<BHHI")
_SUBJECT, _BODY, _CODEPAGE, _PROPERTIES = 0x8004, 0x800C, 0x9007, 0x9003
_BEGIN_FILE, _FILE_DATA, _FILE_TITLE, _FILE_PROPERTIES = 0x9002, 0x800F, 0x8010, 0x9005
_WIDE, _NARROW, _OBJECT, _BINARY = 0x001F, 0x001E, 0x000D, 0x0102
_SIZES = {0x0002: 4, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x000B: 4}
_SIZES |= {0x0014: 8, 0x0040: 8, 0x0048: 16, 0x0001: 4}
_INSIDE = b"\x07\x03\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"  # IID_IMessage: a TNEF follows

Span = tuple[int, int]


@dataclass(slots=True)
class _File:
    """An attachment as it is gathered from its attributes."""

    texts: dict[int, str] = field(default_factory=dict)
    data: Span = (0, 0)
    message: OutlookMessage | None = None


def message(source: Source, room: Room) -> OutlookMessage:
    """The message of a file. Raises NoRoom where its texts alone exceed what may be read."""
    octets = source.octets()
    if not octets.startswith(SIGNATURE):
        raise Damaged("tnef")
    return _Reader(source, octets, room).message((0, len(octets)), depth=0)


class _Reader:
    def __init__(self, source: Source, octets: bytes, room: Room) -> None:
        self._source = source
        self._octets = octets
        self._room = room

    def message(self, span: Span, depth: int) -> OutlookMessage:
        """The message that stands at `span`."""
        if depth > MAX_PACKED_DEPTH:
            raise NoRoom("too_deep")
        made, files, charset = OutlookMessage(), list[_File](), "cp1252"
        for number, at, is_cut in _attributes(self._octets, span):
            made.is_cut = made.is_cut or is_cut
            if number == _CODEPAGE:
                charset = outlook.charset_of(_uint(self._octets, at[0]))
            elif number == _PROPERTIES:
                self._note_properties(made, at, charset)
            elif number in {_SUBJECT, _BODY}:
                which = outlook.SUBJECT if number == _SUBJECT else outlook.BODY
                made.texts.setdefault(which, self._text(at, charset))
            elif number == _BEGIN_FILE:
                self._room.take_part()
                files.append(_File())
            elif files:
                self._note_file(files[-1], number, at, charset, depth)
        made.files = [self._file(each) for each in files]
        return made

    def _file(self, each: _File) -> OutlookFile:
        start, end = each.data
        return OutlookFile(
            outlook.a_member(each.texts, end - start, partial(_load, self._source, each.data)), each.message
        )

    def _note_file(self, file: _File, number: int, at: Span, charset: str, depth: int) -> None:
        if number == _FILE_DATA:
            file.data = at
        elif number == _FILE_TITLE:
            file.texts.setdefault(outlook.FILE_NAME, self._text(at, charset))
        elif number == _FILE_PROPERTIES:
            for which, kind, value in _properties(self._octets, at):
                if which == outlook.FILE and kind in {_OBJECT, _BINARY}:
                    self._note_object(file, value, depth)
                elif kind in {_WIDE, _NARROW}:
                    file.texts[which] = self._text(value, charset, is_wide=kind == _WIDE)

    def _note_object(self, file: _File, value: Span, depth: int) -> None:
        start, end = value
        if self._octets[start : start + 16] == _INSIDE:
            start += 16
            if self._octets[start : start + 4] == SIGNATURE:
                file.message = self.message((start, end), depth + 1)
                return
        file.data = (start, end)

    def _note_properties(self, made: OutlookMessage, at: Span, charset: str) -> None:
        text_charset = charset
        for which, kind, value in _properties(self._octets, at):
            if kind in {_WIDE, _NARROW}:
                text = self._text(value, charset, is_wide=kind == _WIDE)
                if which == outlook.HTML:
                    made.html, made.html_charset = text.encode("utf-8"), "utf-8"
                elif text:
                    made.texts[which] = text
            elif which == outlook.TEXT_CODEPAGE:
                text_charset = outlook.charset_of(_uint(self._octets, value[0]))
            elif which == outlook.HTML and kind == _BINARY:
                made.html, made.html_charset = self._taken(value), text_charset
            elif which == outlook.RTF and kind == _BINARY and not made.rtf:
                made.rtf = self._taken(value)
            elif which == outlook.SUBMITTED:
                made.submitted = int.from_bytes(self._octets[value[0] : value[0] + 8], "little")

    def _text(self, at: Span, charset: str, *, is_wide: bool = False) -> str:
        return outlook.text_of(self._taken(at), is_wide=is_wide, charset=charset)

    def _taken(self, at: Span) -> bytes:
        start, end = at[0], min(at[1], at[0] + _TEXT_OCTETS)
        self._room.take(end - start)
        return self._octets[start:end]


def _load(source: Source, at: Span) -> bytes:
    return source.octets()[at[0] : at[1]]


def _attributes(octets: bytes, span: Span) -> Iterator[tuple[int, Span, bool]]:
    """The number of each attribute, where its value stands, and whether that is less than it says."""
    position, end = span[0] + 6, span[1]  # signature and key
    for _ in range(MAX_ATTRIBUTES):
        if position + _ATTRIBUTE.size > end:
            return
        level, number, _, length = _ATTRIBUTE.unpack_from(octets, position)
        start = position + _ATTRIBUTE.size
        if level not in {1, 2}:  # seen in practice: garbage behind the last one
            return
        yield number, (start, min(end, start + length)), start + length > end
        position = start + length + 2  # its checksum, which senders get wrong


def _properties(octets: bytes, span: Span) -> Iterator[tuple[int, int, Span]]:
    """Number and type of each MAPI property, and where its first value stands."""
    position, end = span[0] + 4, span[1]
    for _ in range(min(MAX_PROPERTIES, _uint(octets, span[0]))):
        if position + 4 > end:
            return
        kind, which = struct.unpack_from("<HH", octets, position)
        position += 4
        if which >= 0x8000:
            position = _after_name(octets, position)
        is_many, kind = bool(kind & 0x1000), kind & 0x0FFF
        if kind in _SIZES:
            count = _uint(octets, position) if is_many else 1
            position += 4 if is_many else 0
            yield which, kind, (position, min(end, position + _SIZES[kind]))
            position += _SIZES[kind] * count
        elif kind in {_WIDE, _NARROW, _OBJECT, _BINARY, 0}:
            count = min(_uint(octets, position), MAX_PROPERTIES)
            position += 4
            for _ in range(count):
                if position + 4 > end:
                    return
                length = _uint(octets, position)
                yield which, kind, (position + 4, min(end, position + 4 + length))
                position += 4 + length + -length % 4
        else:
            return


def _after_name(octets: bytes, position: int) -> int:
    """Past the name of a named property: a GUID, and a number or a text."""
    kind, length = _uint(octets, position + 16), _uint(octets, position + 20)
    return position + 24 + (length + -length % 4 if kind else 0)


def _uint(octets: bytes, position: int) -> int:
    return int.from_bytes(octets[position : position + 4], "little")
