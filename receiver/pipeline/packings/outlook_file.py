"""An Outlook message file (.msg): its fields, texts and attached files.

Not python-oxmsg: it reads every stream of the file before anybody asks, and olefile follows what a file says of
itself without a bound. Raises Damaged. Standard: [MS-OXMSG] 2.1-2.4.
"""

import struct
from functools import partial

from receiver.pipeline.packings import outlook
from receiver.pipeline.packings.compound_file import CompoundFile, Storage
from receiver.pipeline.packings.outlook import MAX_PACKED_DEPTH, OutlookFile, OutlookMessage
from receiver.pipeline.packings.room import Damaged, NoRoom, Room, Source

PROPERTIES = "__properties_version1.0"
_ATTACHMENT = "__attach_version1.0_#"
_TEXT_OCTETS = 4 * 1024**2
_WIDE, _NARROW, _BINARY, _OBJECT = 0x001F, 0x001E, 0x0102, 0x000D
_TEXTS = (
    *(outlook.SUBJECT, outlook.BODY, outlook.HEADERS, outlook.SENDER_NAME, outlook.SENDER_ADDRESS),
    *(outlook.SENDER_SMTP, outlook.SENT_FOR_NAME, outlook.SENT_FOR_SMTP, outlook.SHOWN_TO, outlook.MESSAGE_ID),
)
_FILE_TEXTS = (outlook.LONG_NAME, outlook.FILE_NAME, outlook.DISPLAY_NAME, outlook.MIME_TYPE, outlook.CONTENT_ID)
_ENTRY = struct.Struct("<HHIQ")
_HEADS = {"top": 32, "embedded": 24, "attachment": 8}


def message(source: Source, room: Room) -> OutlookMessage:
    """The message of a file. Raises NoRoom where its texts alone exceed what may be read."""
    opened = CompoundFile(source.octets())
    return _Reader(opened, source, room).message(opened.root, (), "top")


class _Reader:
    def __init__(self, opened: CompoundFile, source: Source, room: Room) -> None:
        self._opened = opened
        self._source = source
        self._room = room

    def message(self, storage: Storage, path: tuple[int, ...], kind: str) -> OutlookMessage:
        """A message at `path`: the numbers of the attachments that hold it."""
        if len(path) > MAX_PACKED_DEPTH:
            raise NoRoom("too_deep")
        if PROPERTIES not in storage.streams:
            raise Damaged("no properties")
        numbers = self._numbers(storage, kind)
        charset = outlook.charset_of(numbers.get(outlook.CODEPAGE, 0) & 0xFFFFFFFF)
        text_charset = outlook.charset_of(numbers.get(outlook.TEXT_CODEPAGE, 0) & 0xFFFFFFFF)
        made = OutlookMessage(self._texts(storage, _TEXTS, charset), numbers.get(outlook.SUBMITTED, 0))
        made.html, made.html_charset = self._html(storage, text_charset)
        made.rtf = self._octets(storage, outlook.RTF, _BINARY)
        for number, each in enumerate(_attachments(storage)):
            made.files.append(self._file(each, (*path, number), charset))
        return made

    def _file(self, storage: Storage, path: tuple[int, ...], charset: str) -> OutlookFile:
        self._room.take_part()
        texts = self._texts(storage, _FILE_TEXTS, charset)
        inner = next((each for each in storage.storages if each.name == _name(outlook.FILE, _OBJECT)), None)
        if inner is not None and PROPERTIES in inner.streams:
            member = outlook.a_member(texts, 0, bytes)
            return OutlookFile(member, self.message(inner, path, "embedded"))
        stream = storage.streams.get(_name(outlook.FILE, _BINARY))
        return OutlookFile(outlook.a_member(texts, stream.size if stream else 0, partial(_load, self._source, path)))

    def _html(self, storage: Storage, charset: str) -> tuple[bytes, str | None]:
        octets = self._octets(storage, outlook.HTML, _BINARY)
        if octets:
            return octets, charset
        wide = self._octets(storage, outlook.HTML, _WIDE)
        return outlook.text_of(wide, is_wide=True, charset="").encode("utf-8"), "utf-8"

    def _texts(self, storage: Storage, which: tuple[int, ...], charset: str) -> dict[int, str]:
        found = {}
        for each in which:
            for kind in (_WIDE, _NARROW):
                octets = self._octets(storage, each, kind)
                if octets:
                    found[each] = outlook.text_of(octets, is_wide=kind == _WIDE, charset=charset)
                    break
        return found

    def _octets(self, storage: Storage, which: int, kind: int) -> bytes:
        stream = storage.streams.get(_name(which, kind))
        if stream is None:
            return b""
        stream.size = min(stream.size, _TEXT_OCTETS)
        self._room.take(stream.size)
        return self._opened.read(stream)

    def _numbers(self, storage: Storage, kind: str) -> dict[int, int]:
        octets = self._opened.read(storage.streams[PROPERTIES])[_HEADS[kind] : 64 * 1024]
        whole = octets[: len(octets) // _ENTRY.size * _ENTRY.size]
        return {which: value for _, which, _, value in _ENTRY.iter_unpack(whole)}


def _load(source: Source, path: tuple[int, ...]) -> bytes:
    """The attached file at `path`."""
    opened = CompoundFile(source.octets())
    storage = opened.root
    for number in path[:-1]:
        attachment = _attachments(storage)[number]
        storage = next(each for each in attachment.storages if each.name == _name(outlook.FILE, _OBJECT))
    stream = _attachments(storage)[path[-1]].streams.get(_name(outlook.FILE, _BINARY))
    return opened.read(stream) if stream else b""


def _attachments(storage: Storage) -> list[Storage]:
    found = [each for each in storage.storages if each.name.startswith(_ATTACHMENT)]
    return sorted(found, key=lambda each: each.name)


def _name(which: int, kind: int) -> str:
    return f"__substg1.0_{which:04X}{kind:04X}"
