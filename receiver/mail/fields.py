"""Read the header fields of one MIME entity from its octets.

Values become clean text: unfolded, raw 8-bit octets decoded, nothing in them that cannot be stored. Encoded words stay
as they are; `decode_words` reads them. Where the header ends without an empty line, the body starts at the first line
that is no field, as in CPython's parser.
Standard: RFC 5322 2.2 and 4, RFC 2047, RFC 2231, RFC 6532 (raw UTF-8).
"""

import binascii
import re
from collections.abc import Iterator
from email.message import Message
from email.utils import collapse_rfc2231_value

from receiver.mail.charsets import decode, encode, one_line, storable

MAX_FIELDS = 5000
MAX_TEXT = 2000  # characters of one field
MAX_VALUE_OCTETS = 64 * 1024
# CPython looks for the end of a quoted parameter at every semicolon, from the start each time: quadratic.
MAX_SEMICOLONS = 200
_HAS_PARAMETERS = frozenset({b"content-type", b"content-disposition"})
_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:[ \t]*")
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r|\Z)")
_EMPTY_LINE = re.compile(rb"\n\r?\n")
_INDENTED = re.compile(rb"[ \t]+(?:\r\n|\n)?(?=[!-9;-~]{1,200}[ \t]*:)")
_CHARSET = re.compile(rb"charset\s*=\s*\"?([!-~]{1,40}?)[\";\s]", re.IGNORECASE)
_WORD = re.compile(r"=\?([!->@-~]{1,60})\?([BbQq])\?([^?\r\n]*)\?=")
_PARAMETER_FAILURES = (ValueError, LookupError, TypeError, AttributeError, binascii.Error)

Octets = bytes  # or an mmap of the large file: only find, slices and patterns are asked of it


def read_fields(octets: Octets, start: int, end: int) -> tuple[Message, int, str | None]:
    """The fields as a Message without payload, where the body starts, and the header's defect."""
    message = Message()
    charset = _CHARSET.search(octets, start, min(end, start + 16 * 1024))
    hint = charset.group(1).decode("ascii") if charset else None
    position, field_count = start, 0
    for name, value, following in _raw_fields(octets, start, end):
        position = following
        field_count += 1
        if field_count > MAX_FIELDS:
            position = _end_of_header(octets, position, end)
            break
        clean = _clean(value, hint)
        message.set_raw(name.decode("ascii"), _tame(clean) if name.lower() in _HAS_PARAMETERS else clean)
    defect = "too_many_fields" if field_count > MAX_FIELDS else None
    line = _LINE.match(octets, position, end)
    if line and not line.group().strip(b"\r\n"):
        return message, line.end(), defect
    return message, position, defect or ("broken_header" if position < end else None)


def parameter(message: Message, field: str, name: str) -> str | None:
    """One parameter of a structured field, decoded by RFC 2231 and, as seen in practice, RFC 2047."""
    try:
        value = message.get_param(name, None, header=field)
        if value is None:
            return None
        return one_line(decode_words(storable(collapse_rfc2231_value(value))))
    except _PARAMETER_FAILURES:
        return None


def text_of(message: Message, field: str) -> str:
    """The first field of this name as text on one line, its encoded words read; "" where there is none."""
    return one_line(decode_words(str(message.get(field, ""))))[:MAX_TEXT]


def content_type(message: Message) -> str:
    """The declared type in lower case; by RFC 2045 5.2 text/plain where there is none or it is nonsense."""
    return one_line(message.get_content_type()) or "text/plain"


def decode_words(value: str) -> str:
    """Text with its encoded words read; a multi-octet character cut between two words comes out whole."""
    if "=?" not in value:
        return value
    text, pending, charset, last = [], b"", "", 0
    for word in _WORD.finditer(value):
        between = value[last : word.start()]
        follows_a_word = bool(last) and not between.strip(" \t\r\n")
        if pending and not (follows_a_word and charset == word.group(1).lower()):
            text.append(decode(pending, charset))
            pending = b""
        if not follows_a_word:
            text.append(between)
        charset, last = word.group(1).lower(), word.end()
        pending += _word_octets(word.group(2), encode(word.group(3), charset))
    text.append(decode(pending, charset))
    return storable("".join(text) + value[last:])


def _word_octets(encoding: str, octets: bytes) -> bytes:
    if encoding in "Qq":
        return binascii.a2b_qp(octets, header=True)
    try:
        return binascii.a2b_base64(octets + b"===")
    except binascii.Error:
        return b""


def _raw_fields(octets: Octets, start: int, end: int) -> Iterator[tuple[bytes, bytes, int]]:
    """Name, value as on the wire, and the offset that follows."""
    position = _skip_to_first_field(octets, start, end)
    while position < end:
        field = _FIELD.match(octets, position, end)
        if field is None:
            return
        stop = _end_of_field(octets, field.end(), end)
        yield field.group(1), octets[field.end() : min(stop, field.end() + MAX_VALUE_OCTETS)], stop
        position = stop


def _end_of_header(octets: Octets, position: int, end: int) -> int:
    """The empty line that ends a header of which no more fields are read."""
    empty = _EMPTY_LINE.search(octets, position, end)
    return empty.start() + 1 if empty else end


def _end_of_field(octets: Octets, position: int, end: int) -> int:
    while position < end:
        line = _LINE.match(octets, position, end)
        position = line.end() if line else end
        if octets[position : position + 1] not in {b" ", b"\t"}:
            break
    return min(position, end)


def _skip_to_first_field(octets: Octets, start: int, end: int) -> int:
    """Past what is seen in practice before the first field: a separator line of mbox format, blanks, a blank line."""
    position = start
    if octets[start : start + 5] == b"From " or octets[start : start + 6] == b">From ":
        line = _LINE.match(octets, start, end)
        position = line.end() if line else end
    indented = _INDENTED.match(octets, position, end)
    return indented.end() if indented else position


def _clean(value: bytes, hint: str | None) -> str:
    unfolded = value.replace(b"\r\n", b"").replace(b"\n", b"").replace(b"\r", b"")
    text = unfolded.decode("ascii") if unfolded.isascii() else decode_raw(unfolded, hint)
    return storable(text).strip(" \t")


def _tame(value: str) -> str:
    """A structured value with no more parameters than a real one has."""
    return ";".join(value.split(";", MAX_SEMICOLONS)[:MAX_SEMICOLONS])


def decode_raw(octets: bytes, hint: str | None) -> str:
    """Raw 8-bit header octets: UTF-8 by RFC 6532, else the charset of the body, as senders of such mail use it."""
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return decode(octets, hint or "cp1252")
