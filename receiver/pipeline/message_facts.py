"""Make of an unpacked message what rules may see of it, and find its three ids' ingredients.

Asks the pure rules.recognition what each part is; decides nothing. Every part is decoded once; the octets of those
that are likely to be kept (what recognition imports by itself) stay at hand, all others are decoded again when asked.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from receiver.mail.charsets import storable
from receiver.mail.fields import decode_words
from receiver.pipeline.accounting_facts import Rater, header_of, special_of
from receiver.pipeline.reading import Reading, read
from receiver.pipeline.unpack import Kind, Leaf, Unpacked
from receiver.rendering.plain import plain_text
from rules.addresses import canonical
from rules.facts import NOT_ALL_READ, AttachmentFacts, EInvoice, ForwardClaim, MailFacts
from rules.recognition.content import HEAD_OCTETS, imports_by_itself, may_be_xml, sniff
from rules.recognition.einvoice import read_einvoice
from rules.recognition.forwarded import AttachedMessage, find_forward, mark_of
from rules.recognition.identity import IdentifyingHeaders, content_id, invoices_id, part_hash
from rules.recognition.language import language_of

MAX_TEXT = 100_000
MAX_HTML_READ = 512 * 1024
MAX_EINVOICE_OCTETS = 16 * 1024**2


@dataclass(frozen=True, slots=True)
class Findings:
    """What the child knows of one message."""

    facts: MailFacts
    reading: Reading
    content_id: str
    invoice_id: str | None
    likely: dict[str, bytes] = field(repr=False)  # decoded octets by part


@dataclass(slots=True)
class _Inventory:
    """The leaves, looked at one after the other."""

    decoded_left: int
    rater: Rater
    hashes: list[str] = field(default_factory=list)  # for the content id, in the order of the walk
    attachments: list[AttachmentFacts] = field(default_factory=list)
    likely: dict[str, bytes] = field(default_factory=dict)

    def look_at(self, leaf: Leaf, *, is_referenced: bool) -> None:
        """Decode a leaf once, and note what it is."""
        octets = leaf.entity.decoded()
        self.decoded_left -= len(octets)
        is_text = leaf.kind is not Kind.ATTACHMENT or leaf.declared_type.startswith("text/")
        facts = None
        if leaf.kind is Kind.ATTACHMENT:
            facts = _attachment(leaf, octets, is_referenced=is_referenced)
            facts = replace(facts, accounting=self.rater.of_file(facts, octets))
            self.attachments.append(facts)
            if imports_by_itself(facts):
                self.likely[leaf.part] = octets
        if not leaf.entity.children:  # an attached message is known by its parts: relays may encode it anew
            self.hashes.append(facts.sha256 if facts and not is_text else part_hash(octets, is_text=is_text))


def find(unpacked: Unpacked, reverse_path: str, decoded_octets: int) -> Findings:
    """Facts, ids and likely documents of a message; parts beyond `decoded_octets` are not looked at."""
    reading = read(unpacked.fields, [(_text_type(leaf), unpacked.texts[leaf.part]) for leaf in unpacked.bodies()])
    text = _text(reading)
    forward = _forward(unpacked, reading, text)
    rater = Rater.of(reading, text, forward, language_of(text), header_of(unpacked.fields))
    inventory = _Inventory(decoded_octets, rater)
    for leaf in unpacked.leaves:
        if leaf.entity.end - leaf.entity.body > inventory.decoded_left:
            unpacked.defects.add("too_large")
            break
        inventory.look_at(leaf, is_referenced=unpacked.is_referenced(leaf))
    if unpacked.defects & NOT_ALL_READ:
        # What was not looked at may be all that tells two mails apart: the second one must not pass for the first.
        inventory.hashes.append(unpacked.body_hash())
    return Findings(
        facts=_mail_facts(unpacked, reading, reverse_path, forward, inventory),
        reading=reading,
        content_id=content_id(_identifying(reading), inventory.hashes),
        invoice_id=invoices_id([each.e_invoice for each in inventory.attachments if each.e_invoice]),
        likely=inventory.likely,
    )


def _mail_facts(
    unpacked: Unpacked, reading: Reading, reverse_path: str, forward: ForwardClaim | None, inventory: _Inventory
) -> MailFacts:
    text = inventory.rater.text
    accounting = inventory.rater.of_text()
    return MailFacts(
        from_addresses=_canonical(reading.from_addresses),
        from_header=reading.from_header,
        subject=reading.subject,
        reverse_path=reverse_path,
        message_id=reading.message_id or None,
        date=reading.date,
        attachments=tuple(inventory.attachments),
        has_text=bool(text.strip() or reading.html.strip()),
        text=text,
        forward=forward,
        is_broken=tuple(sorted(unpacked.defects | reading.defects)),
        sender_field=_canonical(reading.sender_field),
        reply_to=_canonical(reading.reply_to),
        octets=unpacked.root.end - unpacked.root.start,
        language=inventory.rater.language,
        accounting=accounting,
        special=special_of(unpacked, inventory.rater, reading, accounting),
    )


def _canonical(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(canonical, addresses))))


def _attachment(leaf: Leaf, octets: bytes, *, is_referenced: bool) -> AttachmentFacts:
    # What packs further parts is no document itself, whatever stands at its beginning.
    is_packing = leaf.entity.is_message or leaf.declared_type.startswith("multipart/")
    head = b"" if is_packing else octets[:HEAD_OCTETS]
    media_type = leaf.declared_type if is_packing else sniff(head, leaf.declared_type, leaf.filename)
    return AttachmentFacts(
        part=leaf.part,
        filename=leaf.filename,
        declared_type=leaf.declared_type,
        media_type=media_type,
        octets=len(octets),
        sha256=part_hash(octets, is_text=False),
        is_referenced=is_referenced,
        is_inline=leaf.disposition == "inline",
        e_invoice=_e_invoice(octets, head),
    )


def _e_invoice(octets: bytes, head: bytes) -> EInvoice | None:
    return read_einvoice(octets) if may_be_xml(head) and len(octets) <= MAX_EINVOICE_OCTETS else None


def _identifying(reading: Reading) -> IdentifyingHeaders:
    return IdentifyingHeaders(reading.from_addresses, reading.subject, reading.date_raw, reading.message_id)


def _text(reading: Reading) -> str:
    """The body as plain text: the plain parts as they were written; of a mail that has none, the words of its HTML."""
    if reading.plain.strip():
        return reading.plain[:MAX_TEXT]
    return storable(plain_text(reading.html[:MAX_HTML_READ]))[:MAX_TEXT] if reading.html else ""


def _forward(unpacked: Unpacked, reading: Reading, text: str) -> ForwardClaim | None:
    attached = [
        AttachedMessage(*(decode_words(str(fields.get(name, ""))) for name in ("From", "Subject", "Date")))
        for fields in unpacked.attached
    ]
    # Reading the words of the HTML as well costs milliseconds: only where the subject says that it is a forward.
    asks_html = reading.plain.strip() and reading.html and mark_of(reading.subject) == "forward"
    html_text = plain_text(reading.html[:MAX_HTML_READ]) if asks_html else ""
    own = frozenset(filter(None, map(canonical, reading.from_addresses)))
    return find_forward(reading.subject, text, html_text, attached, own)


def _text_type(leaf: Leaf) -> str:
    return "text/html" if leaf.is_html else "text/plain"
