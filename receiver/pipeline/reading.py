"""Read header fields and bodies with mail-parser, from a skeleton of the message.

The skeleton holds the fields that rules ask for and the texts, decoded: mail-parser drops nameless PDFs, merges
attached messages into the outer mail, loses raw 8-bit octets and takes nine times the size of a message in memory, so
it never sees the message itself. Where it raises, or finds less than is there, our own tolerant reading stands.
Standard: RFC 5322 3.4 and 3.6, RFC 6854 (groups in From).
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.message import Message
from email.utils import parsedate_to_datetime

from mailparser import MailParser
from mailparser.exceptions import MailParserError

from receiver.mail.addresses import MAX_VALUE, addresses_of, senders, shown
from receiver.mail.charsets import one_line, storable
from receiver.mail.fields import text_of

MAX_READ = 64 * 1024  # characters of all the fields of one name together
_FIELDS = ("from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id")
# What a third-party reader of hostile text was seen to raise; anything else ends the child, and the attempt with it.
_FAILURES = (
    *(MailParserError, MessageError, ValueError, LookupError, TypeError, AttributeError, AssertionError),
    RecursionError,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """The fields of one mail for rules and for people."""

    from_addresses: tuple[str, ...]
    from_header: str
    to_header: str
    subject: str
    date: datetime | None
    date_raw: str
    message_id: str
    sender_field: tuple[str, ...]  # the addresses of header field Sender
    reply_to: tuple[str, ...]
    plain: str  # the plain texts of the body, one after the other
    html: str
    defects: frozenset[str]

    def date_in_its_zone(self) -> datetime | None:
        """The same moment as `date`, in the zone of the mail's own Date field: mail-parser tells it in UTC."""
        written = _parsed_date(self.date_raw)
        return written if written == self.date else self.date


def read(fields: Message, texts: list[tuple[str, str]]) -> Reading:
    """The fields of a message; `texts` are its bodies as (media type, text). Never fails."""
    parsed, defects = _parse(_skeleton(fields, texts))
    subject = _subject(parsed, fields)
    addresses = _from_addresses(parsed, fields)
    return Reading(
        from_addresses=tuple(address for _, address in addresses),
        from_header=shown(addresses[:1]) or text_of(fields, "from"),
        to_header=text_of(fields, "to"),
        subject=subject,
        date=_date(parsed, fields),
        date_raw=text_of(fields, "date"),
        message_id=text_of(fields, "message-id"),
        sender_field=addresses_of(fields, "sender"),
        reply_to=addresses_of(fields, "reply-to"),
        plain=_body(parsed.text_plain if parsed else [], [text for kind, text in texts if kind == "text/plain"]),
        html=_body(parsed.text_html if parsed else [], [text for kind, text in texts if kind == "text/html"]),
        defects=frozenset(defects),
    )


def _skeleton(fields: Message, texts: list[tuple[str, str]]) -> Message:
    skeleton = Message()
    for name in _FIELDS:
        values = [str(value) for value in fields.get_all(name, [])][:20]
        if values:
            # Law 22: every address in header From counts, also where the field stands twice.
            skeleton.set_raw(name.title(), ", ".join(values)[:MAX_READ] if name == "from" else values[0])
    skeleton["MIME-Version"] = "1.0"
    if not texts:
        return skeleton
    skeleton["Content-Type"] = 'multipart/mixed; boundary="skeleton"'
    skeleton.set_payload([_text_part(media_type, text) for media_type, text in texts])
    return skeleton


def _text_part(media_type: str, text: str) -> Message:
    part = Message()
    part["Content-Type"] = f"{media_type}; charset=utf-8"
    part["Content-Transfer-Encoding"] = "8bit"
    part.set_payload(text)
    return part


def _parse(skeleton: Message) -> tuple[MailParser | None, set[str]]:
    try:
        parsed = MailParser(skeleton)
    except _FAILURES:
        return None, {"unreadable_header"}
    return parsed, {_DEFECTS.get(name, "broken_header") for name in parsed.defects_categories}


_DEFECTS = {
    "AddressHeaderDefect": "broken_address",
    "DateHeaderDefect": "broken_date",
    "ReceivedHeaderDefect": "broken_trace",
}


def _from_addresses(parsed: MailParser | None, fields: Message) -> list[tuple[str, str]]:
    found = [(str(name), str(address)) for name, address in parsed.from_] if parsed else []
    return senders(found, [str(value) for value in fields.get_all("from", [])])


def _subject(parsed: MailParser | None, fields: Message) -> str:
    # Our decoder knows the charsets that labels mean in practice; mail-parser drops what a label cannot decode.
    return text_of(fields, "subject") or (one_line(storable(str(parsed.subject)))[:MAX_VALUE] if parsed else "")


def _body(theirs: list[str], ours: list[str]) -> str:
    return "\n".join(theirs if len(theirs) == len(ours) else ours)


def _date(parsed: MailParser | None, fields: Message) -> datetime | None:
    if parsed is not None and isinstance(parsed.date, datetime):
        return parsed.date if parsed.date.tzinfo else parsed.date.replace(tzinfo=UTC)
    return _parsed_date(text_of(fields, "date"))


def _parsed_date(field: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(field[:100])
        return date if date.tzinfo else date.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
