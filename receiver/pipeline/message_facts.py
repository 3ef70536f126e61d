"""Make of an unpacked message what rules may see of it, and find its three ids' ingredients.

Asks the pure rules.recognition what each part is; decides nothing. Every part is decoded once, and packings are opened
on the way; the octets of those that are likely to be kept (what recognition imports by itself) stay at hand, all
others are decoded again when asked.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from email.message import Message

from receiver.mail.addresses import MAX_VALUE, named_addresses, senders, shown
from receiver.mail.charsets import storable
from receiver.mail.fields import decode_words
from receiver.pipeline.accounting_facts import Rater, header_of, special_of
from receiver.pipeline.file_reading import FileReader
from receiver.pipeline.opening import Opened, Opener
from receiver.pipeline.packings.room import Damaged, NoRoom
from receiver.pipeline.reading import Reading, read
from receiver.pipeline.suspects import Watch
from receiver.pipeline.unpack import Kind, Leaf, Unpacked
from receiver.rendering.plain import plain_text
from rules.addresses import canonical
from rules.facts import NOT_ALL_READ, Accounting, AttachmentFacts, ForwardClaim, MailFacts
from rules.recognition.accounting.rating import FileText
from rules.recognition.content import HEAD_OCTETS, imports_by_itself, sniff
from rules.recognition.einvoice_pairs import grouped
from rules.recognition.forwarded import AttachedMessage, find_forward, mark_of
from rules.recognition.identity import IdentifyingHeaders, content_id, part_hash
from rules.recognition.language import language_of
from rules.recognition.pictures import pixels

MAX_TEXT = 100_000
MAX_HTML_READ = 512 * 1024
# More than this is decoded a second time instead of being held while the rest is read.
MAX_LIKELY_OCTETS = 16 * 1024**2
MAX_PICTURE_HEAD = 1024**2  # the camera's notes stand before the size


@dataclass(frozen=True, slots=True)
class Findings:
    """What the child knows of one message."""

    facts: MailFacts
    reading: Reading
    content_id: str
    likely: dict[str, bytes] = field(repr=False)  # decoded octets by part


@dataclass(slots=True)
class _Inventory:
    """The leaves, looked at one after the other; what packs others is opened there and then."""

    unpacked: Unpacked
    opener: Opener
    decoded_left: int
    reader: FileReader
    watch: Watch
    hashes: list[str] = field(default_factory=list)  # for the content id, in the order of the walk
    attachments: list[AttachmentFacts] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)  # of the attachments
    files: list[FileText | None] = field(default_factory=list)  # likewise: what is rated once all texts are read
    likely: dict[str, bytes] = field(default_factory=dict)
    likely_left: int = MAX_LIKELY_OCTETS
    signature: str = ""  # of the mail itself

    def look_at(self, leaf: Leaf) -> None:
        """Decode a leaf once, note what it is and what is in it."""
        octets = leaf.entity.decoded()
        self.decoded_left -= len(octets)
        is_text = leaf.kind is not Kind.ATTACHMENT or leaf.declared_type.startswith("text/")
        facts = self._note(leaf, octets)
        if not leaf.entity.children:  # an attached message is known by its parts: relays may encode it anew
            self.hashes.append(facts.sha256 if facts and not is_text else part_hash(octets, is_text=is_text))

    def _note(self, leaf: Leaf, octets: bytes) -> AttachmentFacts | None:
        """The facts of a leaf, and those of what is packed in it; None for a text."""
        if leaf.kind is not Kind.ATTACHMENT:
            self._look_inside(self.opener.open(leaf, octets, leaf.declared_type))
            return None
        at, (facts, file) = len(self.attachments), self._read(leaf, octets)
        self.attachments.append(facts)
        self.leaves.append(leaf)
        self.files.append(file)
        if imports_by_itself(facts) and not self.unpacked.is_referenced(leaf) and len(octets) <= self.likely_left:
            self.likely_left -= len(octets)
            self.likely[leaf.part] = octets
        encloses = bool(facts.enclosed) and facts.media_type != "application/pdf"
        opened = self.opener.take_out(leaf, octets) if encloses else self.opener.open(leaf, octets, facts.media_type)
        if opened.signature and not leaf.is_inside:
            self.signature = self.signature or opened.signature
        is_whole = self._look_inside(opened)
        # What could not be read as a whole is kept as it came.
        kind = opened.opened_as if is_whole else ""
        # What stands as a part of its own need not be named a second time.
        named = () if encloses and opened.leaves and is_whole else facts.enclosed
        self.attachments[at] = replace(
            facts, opened_as=kind, sealed=opened.sealed, signature=opened.signature, enclosed=named
        )
        return facts

    def _read(self, leaf: Leaf, octets: bytes) -> tuple[AttachmentFacts, FileText | None]:
        """What an attachment is, and what it says."""
        # What packs further parts is no document itself, whatever stands at its beginning.
        if leaf.entity.is_message or leaf.declared_type.startswith("multipart/"):
            return _attachment(leaf, octets, leaf.declared_type), None
        media_type = sniff(octets[:HEAD_OCTETS], leaf.declared_type, leaf.filename)
        facts = _attachment(leaf, octets, media_type)
        if media_type.startswith("image/"):
            width, height = self.watch.read("picture", leaf.part, lambda: pixels(octets[:MAX_PICTURE_HEAD]), (0, 0))
            facts = replace(facts, width=width, height=height)
        return self.reader.read(facts, octets)

    def _look_inside(self, opened: Opened) -> bool:
        """Look at what a packing holds; whether all of it could be read."""
        self.unpacked.packed += opened.leaves
        is_whole = True
        for inner in opened.leaves:
            try:
                self.opener.room.take(inner.entity.end - inner.entity.body)
                octets = self.watch.name("packing", inner.part.rpartition("/")[0], inner.entity.decoded)
            except NoRoom as no_room:
                self.unpacked.defects.add(no_room.defect)
                is_whole = False
            except Damaged:
                self.unpacked.defects.add("damaged_packing")
                is_whole = False
            else:
                self._note(inner, octets)
        opened.let_go()
        return is_whole

    def whole(self, rater: Rater) -> tuple[AttachmentFacts, ...]:
        """The attachments, now that all texts are read that may refer to them, and say what they are."""
        referenced = [self.unpacked.is_referenced(leaf) for leaf in self.leaves]
        return tuple(
            replace(facts, is_referenced=is_shown, accounting=self._rating(rater, facts, file, is_shown))
            for facts, file, is_shown in zip(self.attachments, self.files, referenced, strict=True)
        )

    def _rating(self, rater: Rater, facts: AttachmentFacts, file: FileText | None, is_shown: bool) -> Accounting | None:
        # What a PDF says is the PDF's doing, also where it is rated: without its text there is next to nothing to do.
        return self.watch.name("pdf", facts.part, lambda: rater.of_file(file, is_referenced=is_shown))


def find(unpacked: Unpacked, reverse_path: str, decoded_octets: int, watch: Watch | None = None) -> Findings:
    """Facts, ids and likely documents of a message; parts beyond `decoded_octets` are not looked at."""
    watch = watch or Watch()
    inventory = _Inventory(unpacked, _opener(unpacked, decoded_octets, watch), decoded_octets, FileReader(watch), watch)
    # Laws 9 and 10: what a mail is known by stays what it was before packings were opened.
    is_cut = bool(unpacked.defects & NOT_ALL_READ)
    for leaf in unpacked.leaves:
        if leaf.entity.end - leaf.entity.body > inventory.decoded_left:
            unpacked.defects.add("too_large")
            is_cut = True
            break
        inventory.look_at(leaf)
    if is_cut:
        # What was not looked at may be all that tells two mails apart: the second one must not pass for the first.
        inventory.hashes.append(unpacked.body_hash())
    reading = read(unpacked.fields, [(_text_type(leaf), unpacked.texts[leaf.part]) for leaf in unpacked.bodies()])
    text = _text(reading)
    forward = _forward(unpacked, reading, text)
    rater = Rater.of(reading, text, forward, language_of(text), header_of(unpacked.fields))
    attachments = grouped(inventory.whole(rater))
    facts = _mail_facts(unpacked, reading, rater, attachments)
    return Findings(
        facts=replace(
            facts,
            reverse_path=reverse_path,
            forward=forward,
            signature=inventory.signature,
            unread=tuple(watch.unread),
        ),
        reading=reading,
        content_id=content_id(_identifying(reading), inventory.hashes),
        likely=inventory.likely,
    )


def _opener(unpacked: Unpacked, decoded_octets: int, watch: Watch) -> Opener:
    """Opens packings with what the message itself leaves of the limits."""
    own = sum(leaf.entity.end - leaf.entity.body for leaf in unpacked.leaves if not leaf.entity.children)
    return Opener(unpacked, max(0, decoded_octets - own), watch)


def _mail_facts(
    unpacked: Unpacked, reading: Reading, rater: Rater, attachments: tuple[AttachmentFacts, ...]
) -> MailFacts:
    accounting = rater.of_text()
    return MailFacts(
        from_addresses=_canonical(reading.from_addresses),
        from_header=reading.from_header,
        subject=reading.subject,
        message_id=reading.message_id or None,
        date=reading.date,
        attachments=attachments,
        has_text=bool(rater.text.strip() or reading.html.strip()),
        text=rater.text,
        is_broken=tuple(sorted(unpacked.defects | reading.defects)),
        sender_field=_canonical(reading.sender_field),
        reply_to=_canonical(reading.reply_to),
        octets=unpacked.root.end - unpacked.root.start,
        language=rater.language,
        accounting=accounting,
        special=special_of(unpacked, rater, reading, accounting),
    )


def _canonical(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(canonical, addresses))))


def _attachment(leaf: Leaf, octets: bytes, media_type: str) -> AttachmentFacts:
    return AttachmentFacts(
        part=leaf.part,
        filename=leaf.filename,
        declared_type=leaf.declared_type,
        media_type=media_type,
        octets=len(octets),
        sha256=part_hash(octets, is_text=False),
        is_inline=leaf.disposition == "inline",
    )


def _identifying(reading: Reading) -> IdentifyingHeaders:
    return IdentifyingHeaders(reading.from_addresses, reading.subject, reading.date_raw, reading.message_id)


def _text(reading: Reading) -> str:
    """The body as plain text: the plain parts as they were written; of a mail that has none, the words of its HTML."""
    if reading.plain.strip():
        return reading.plain[:MAX_TEXT]
    return storable(plain_text(reading.html[:MAX_HTML_READ]))[:MAX_TEXT] if reading.html else ""


def _forward(unpacked: Unpacked, reading: Reading, text: str) -> ForwardClaim | None:
    attached = [
        AttachedMessage(
            _sender_of(fields), *(decode_words(str(fields.get(name, ""))) for name in ("Subject", "Date", "To"))
        )
        for fields in unpacked.attached
    ]
    # Reading the words of the HTML as well costs milliseconds: only where the subject says that it is a forward.
    asks_html = reading.plain.strip() and reading.html and mark_of(reading.subject) == "forward"
    html_text = plain_text(reading.html[:MAX_HTML_READ]) if asks_html else ""
    own = frozenset(filter(None, map(canonical, reading.from_addresses)))
    return find_forward(reading.subject, text, html_text, attached, own)


def _sender_of(fields: Message) -> str:
    """Name and address of the first sender of an attached message: parted before words are decoded, as in our own."""
    value = str(fields.get("From", ""))[:MAX_VALUE]
    return shown(senders(named_addresses([value]), [value])[:1]) or decode_words(value)


def _text_type(leaf: Leaf) -> str:
    return "text/html" if leaf.is_html else "text/plain"
