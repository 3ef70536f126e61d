"""The facts of a mail of which only the head was fetched: header fields, and the structure as its server tells it.

What the pipeline would find in the whole mail is found here, or said to be unknown (law 20); where a head can be read
in more ways than one it is marked as doubtful, and then the mail is fetched. Never decides, never logs.
May raise what hostile octets make the standard library raise: the caller is an edge.
Standards: RFC 5322 (fields), RFC 2045 and 2183 (parts), RFC 9051 section 7.5.2 (body structure).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime

from receiver.imap.values import Head, Part
from receiver.mail.addresses import addresses_of, is_plain, named_addresses, senders, shown
from receiver.mail.charsets import META_CHARSET, decode, storable
from receiver.mail.fields import read_fields, text_of
from receiver.mail.transfer import undo
from receiver.rendering.plain import plain_text
from rules.addresses import canonical
from rules.facts import Accounting, AttachmentFacts, ForwardClaim, MailFacts
from rules.may_matter import DOUBTFUL
from rules.recognition.accounting.hints import Hints
from rules.recognition.accounting.rating import SHORT_TEXT, rate_text
from rules.recognition.accounting.reading import holds_money
from rules.recognition.content import names_document
from rules.recognition.forwarded import find_forward, mark_of
from rules.recognition.language import MOST_READ, language_of

_BODIES = frozenset({"text/plain", "text/html"})
_PDF_HEAD = 1024
_MAX_NAME = 1000
_MESSAGES = frozenset({"message/rfc822", "message/global", "message/news"})
_CODED = frozenset({"base64", "x-uuencode", "uuencode", "uue", "x-uue"})
_LARGE_HEADER = 64 * 1024  # octets of header fields, beside which nothing need be hidden
_EMPTY = 2  # octets: a line end, or nothing
_CUT_TAIL = 4  # octets of a character that a prefix may cut


@dataclass(frozen=True, slots=True)
class TextPart:
    """The part whose beginning tells most of a mail's text."""

    part: Part
    is_all: bool  # no other part is text of this mail
    has_html_beside: bool  # the same may stand in HTML, too

    @property
    def path(self) -> str:
        """Its number, as the server knows it."""
        return self.part.path


def facts_of(head: Head) -> MailFacts:
    """What rules may see of this mail before any of its text or its attachments is fetched."""
    fields, _, _ = read_fields(head.header, 0, len(head.header))
    named, is_sure = _senders(fields)
    leaves = list(_leaves(head.structure))
    bodies = [part for part, is_body in leaves if is_body]
    subject = text_of(fields, "subject")
    return MailFacts(
        from_addresses=_canonical([address for _, address in named]),
        from_header=shown(named[:1]) or text_of(fields, "from"),
        subject=subject,
        reverse_path=reverse_path_of(fields),
        message_id=text_of(fields, "message-id") or None,
        date=_date(fields),
        attachments=tuple(_attachments(leaves)),
        has_text=any(part.octets for part in bodies),
        sender_field=_canonical(addresses_of(fields, "sender")),
        reply_to=_canonical(addresses_of(fields, "reply-to")),
        label="",  # an account has one address, and no label
        octets=head.size,
        is_broken=() if is_sure and not _is_doubtful(head, leaves) else (DOUBTFUL,),
        not_fetched=("text", "contents") if mark_of(subject) == "reply" else ("text", "forward", "contents"),
    )


def text_part(structure: Part) -> TextPart | None:
    """Which part to read of: plain text before HTML, that holds anything; None where there is no text."""
    bodies = [part for part, is_body in _leaves(structure) if is_body and part.octets]
    plain = [part for part in bodies if part.media_type != "text/html"]
    html = [part for part in bodies if part.media_type == "text/html"]
    chosen = next((part for part in plain if part.octets > _EMPTY), None)
    if chosen is not None:
        return TextPart(chosen, len(plain) == 1, bool(html))
    # Blank plain text beside HTML: the words of the HTML are the text.
    return TextPart(html[0], len(html) == 1 and not plain, True) if html else None


def with_text(facts: MailFacts, text: TextPart, octets: bytes) -> MailFacts:
    """The facts with what the first octets of that part say, as they came from the server, still encoded."""
    part = text.part
    is_whole = len(octets) == part.octets
    decoded = undo(octets, 0, len(octets), part.encoding)
    if b"%PDF-" in decoded[: _PDF_HEAD + 5]:  # seen in practice: a PDF sent as text
        return replace(facts, is_broken=(*facts.is_broken, DOUBTFUL))
    words = _words(part, decoded if is_whole else _without_cut_end(decoded))
    is_all = is_whole and text.is_all and (bool(words.strip()) or not text.has_html_beside)
    left = set() if is_all and not _may_say_more(text, words) else {"text"}
    claim = find_forward(facts.subject, words, own=frozenset(facts.from_addresses))
    if not _knows_forward(facts, text, is_all=is_all) and not (claim and claim.sender):
        claim = None
        left.add("forward")
    if any(each.declared_type in _MESSAGES for each in facts.attachments) and "forward" in facts.not_fetched:
        claim = None  # the attached message tells, and it is not here
        left.add("forward")
    return replace(
        facts,
        text=words,
        has_text=bool(words.strip()) or text.has_html_beside or not is_all,
        language=language_of(words) if is_all or len(words) >= MOST_READ else None,
        forward=claim,
        accounting=_accounting(facts, words, claim) if is_all and not _may_say_more(text, words) else None,
        not_fetched=tuple(each for each in facts.not_fetched if each not in {"text", "forward"} - left),
    )


def _may_say_more(text: TextPart, words: str) -> bool:
    is_plain_beside = text.has_html_beside and text.part.media_type != "text/html"
    return is_plain_beside and (len(words) < SHORT_TEXT or not holds_money(words))


def _accounting(facts: MailFacts, words: str, claim: ForwardClaim | None) -> Accounting | None:
    """How much the text is an accounting document, as far as text and head tell."""
    if not words.strip():
        return None
    name = (claim.sender_name if claim else None) or facts.from_header.partition("<")[0]
    address = (claim.sender if claim else None) or next(iter(facts.from_addresses), "")
    return rate_text(words, Hints.of(facts.subject, name, address, {}), language_of(words))


def reverse_path_of(fields: Message) -> str:
    """The envelope's sender as the last server noted it; "" is the null reverse-path, or none."""
    return text_of(fields, "return-path").strip("<> ")


def _knows_forward(facts: MailFacts, text: TextPart, *, is_all: bool) -> bool:
    """Whether nobody is forwarded when the text that was read names nobody."""
    mark = mark_of(facts.subject)
    # Who forwards says so at the beginning: only where the subject says it is the rest, or the HTML, worth reading.
    return mark != "forward" or (is_all and not text.has_html_beside)


def _words(part: Part, octets: bytes) -> str:
    text = decode(octets, part.charset or _charset_in(part, octets))
    return storable(plain_text(text)) if part.media_type == "text/html" else text


def _charset_in(part: Part, octets: bytes) -> str | None:
    found = META_CHARSET.search(octets, 0, 2048) if part.media_type == "text/html" else None
    return found.group(1).decode("ascii") if found else None


def _without_cut_end(octets: bytes) -> bytes:
    """A prefix up to its last line end, or else its last whole character."""
    end = octets.rfind(b"\n") + 1
    if end:
        return octets[:end]
    for tail in range(1, min(_CUT_TAIL, len(octets)) + 1):
        if octets[-tail] & 0xC0 == 0xC0:
            return octets[:-tail]
        if octets[-tail] < 0x80:
            break
    return octets


def _senders(fields: Message) -> tuple[list[tuple[str, str]], bool]:
    """The addresses of header From, and whether every reader would find the same."""
    values = [str(value) for value in fields.get_all("from", [])]
    is_sure = len(values) == 1 and is_plain(values[0])
    found = senders(named_addresses(values), values)
    return [("" if name == address else name, address) for name, address in found], is_sure


def _canonical(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(canonical, addresses))))


def _date(fields: Message) -> datetime | None:
    try:
        date = parsedate_to_datetime(text_of(fields, "date")[:100])
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _leaves(structure: Part) -> Iterator[tuple[Part, bool]]:
    """What is no multipart, in the order of the message, and whether it is text of this mail itself.

    Of text in an attached message nothing is said: it is neither an attachment nor text of this mail.
    """
    waiting = [(structure, False, False)]
    while waiting:
        part, is_inside, is_alternative = waiting.pop()
        if part.media_type.startswith("multipart/"):
            alternatives = part.media_type == "multipart/alternative"
            waiting.extend((child, is_inside, alternatives) for child in reversed(part.children))
            continue
        is_body = _is_body(part, is_alternative=is_alternative, is_alone=part is structure)
        if not (is_inside and is_body):
            yield part, is_body
        waiting.extend((child, True, False) for child in reversed(part.children))


def _is_body(part: Part, *, is_alternative: bool, is_alone: bool) -> bool:
    if part.disposition == "attachment" or part.media_type not in _BODIES:
        return False
    return not part.filename or is_alternative or is_alone


def _attachments(leaves: Iterable[tuple[Part, bool]]) -> Iterator[AttachmentFacts]:
    for part, is_body in leaves:
        if is_body:
            continue
        octets = part.octets
        yield AttachmentFacts(
            part=part.path,
            filename=part.filename[:_MAX_NAME] if part.filename else None,
            declared_type=part.media_type,
            media_type=part.media_type,
            octets=max(1, octets * 3 // 4) if octets and part.encoding == "base64" else octets,
            sha256="",
            is_referenced=bool(part.cid),  # whether it is, the HTML would tell
            is_inline=part.disposition == "inline",
        )


def _is_doubtful(head: Head, leaves: Iterable[tuple[Part, bool]]) -> bool:
    """Whether the structure is not all there, or its text may be a document (seen in practice: a PDF sent as text)."""
    if head.is_cut or any(_is_broken(part) for part in head.structure.walk()):
        return True
    return _may_hide(head) or any(is_body and _may_hold_document(part) for part, is_body in leaves)


def _may_hide(head: Head) -> bool:
    """Whether the mail is much larger than what its structure tells of: its server did not find its parts.

    Seen in practice: no empty line between header and first part, of which readers make different things.
    """
    told = sum(part.octets for part in head.structure.walk() if not part.media_type.startswith("multipart/"))
    return told == 0 or head.size > 2 * told + _LARGE_HEADER


def _may_hold_document(body: Part) -> bool:
    # What is said of no charset some servers call US-ASCII, and no mail program encodes that.
    is_binary = body.encoding in _CODED and (body.charset or "us-ascii").lower() == "us-ascii"
    return is_binary or names_document(body.filename)


def _is_broken(part: Part) -> bool:
    return part.is_cut or (part.media_type.startswith("multipart/") and not part.children)
