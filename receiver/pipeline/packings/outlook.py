"""What an Outlook message says of itself, in whichever container it came: .msg or winmail.dat.

Values are claims, decoded; files are read when asked for. Standard: [MS-OXPROPS] (the numbers of properties).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import format_datetime

from receiver.mail.charsets import decode, one_line, storable
from receiver.mail.fields import read_fields
from receiver.pipeline.packings.room import Member

MAX_PACKED_DEPTH = 10
SUBJECT, BODY, HTML, HEADERS, SUBMITTED = 0x0037, 0x1000, 0x1013, 0x007D, 0x0039
RTF = 0x1009  # compressed
SENDER_NAME, SENDER_ADDRESS, SENDER_SMTP, SENT_FOR_NAME, SENT_FOR_SMTP = 0x0C1A, 0x0C1F, 0x5D01, 0x0042, 0x5D02
SHOWN_TO, MESSAGE_ID, CODEPAGE, TEXT_CODEPAGE = 0x0E04, 0x1035, 0x3FFD, 0x3FDE
FILE, FILE_NAME, LONG_NAME, DISPLAY_NAME, MIME_TYPE, CONTENT_ID = 0x3701, 0x3704, 0x3707, 0x3001, 0x370E, 0x3712
_MAX_HEADERS = 256 * 1024
_FILETIME_ZERO = datetime(1601, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class OutlookMessage:
    """One message with what is attached to it."""

    texts: dict[int, str] = field(default_factory=dict)  # by property
    submitted: int = 0  # FILETIME: 100 ns since 1601
    html: bytes = b""
    html_charset: str | None = None
    rtf: bytes = b""  # compressed
    files: list["OutlookFile"] = field(default_factory=list)
    is_cut: bool = False  # it says that there is more than there is

    def fields(self) -> Message:
        """Its header fields: those it was sent with, else what its properties say."""
        octets = self.texts.get(HEADERS, "")[:_MAX_HEADERS].encode("utf-8", "replace")
        fields, _, _ = read_fields(octets, 0, len(octets))
        for name, value in self._told().items():
            if value and name not in fields:
                fields.set_raw(name, storable(one_line(value))[:2000])
        return fields

    def _told(self) -> dict[str, str]:
        texts = self.texts
        address = next(
            (texts[each] for each in (SENDER_SMTP, SENT_FOR_SMTP, SENDER_ADDRESS) if "@" in texts.get(each, "")), ""
        )
        name = (texts.get(SENDER_NAME) or texts.get(SENT_FOR_NAME, "")).replace('"', "").replace("\\", "")
        sender = f'"{name}" <{address}>' if name and address else address or name
        return {
            "From": sender,
            "To": texts.get(SHOWN_TO, ""),
            "Subject": texts.get(SUBJECT, ""),
            "Date": _date(self.submitted),
            "Message-ID": texts.get(MESSAGE_ID, ""),
        }


@dataclass(slots=True)
class OutlookFile:
    """An attachment: a file, or a message of its own."""

    member: Member
    message: "OutlookMessage | None" = None


def charset_of(codepage: int) -> str:
    """Python's name of a Windows code page."""
    return {0: "cp1252", 65001: "utf-8", 1200: "utf-16-le", 20127: "ascii", 20866: "koi8-r", 21866: "koi8-u"}.get(
        codepage
    ) or (f"iso8859-{codepage - 28590}" if 28591 <= codepage <= 28605 else f"cp{codepage}")


def text_of(octets: bytes, *, is_wide: bool, charset: str) -> str:
    """A text property; Outlook ends it with a NUL."""
    if is_wide:
        return storable(octets.decode("utf-16-le", "replace").partition("\0")[0])
    return decode(octets.partition(b"\0")[0], charset)


def named(names: dict[int, str]) -> str | None:
    """The name of an attached file, without folders."""
    for each in (LONG_NAME, FILE_NAME, DISPLAY_NAME):
        if names.get(each):
            return one_line(names[each]).replace("\\", "/").rpartition("/")[2][:1000] or None
    return None


def a_member(texts: dict[int, str], size: int, load: Callable[[], bytes]) -> Member:
    """An attached file as its properties tell it."""
    declared = one_line(texts.get(MIME_TYPE, "")).lower()
    return Member(named(texts), size, load, declared, one_line(texts.get(CONTENT_ID, "")).strip("<> "))


def _date(filetime: int) -> str:
    try:
        return format_datetime(_FILETIME_ZERO + timedelta(microseconds=filetime // 10)) if filetime else ""
    except (OverflowError, ValueError):
        return ""
