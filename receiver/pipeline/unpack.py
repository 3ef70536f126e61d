"""Tell the leaves of a message apart: its bodies, its attachments, and what an attached message says in its own text.

Names and types are claims; nothing here trusts them, and nothing decides what becomes a document (rules do).
Attached messages are opened: their attachments are attachments, their bodies are not the bodies of this mail.
Standard: RFC 2045, 2046, 2183 (disposition), 2231 (names), 2392 (cid: references), 3676 (format=flowed).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from enum import Enum
from hashlib import sha256
from itertools import chain
from urllib.parse import unquote

from receiver.mail.charsets import META_CHARSET, decode, one_line
from receiver.mail.fields import Octets, decode_words, parameter
from receiver.pipeline.structure import Dissection, Entity, Limits

MAX_TEXT_OCTETS = 4 * 1024**2
MAX_NAME = 1000
_TEXT_TYPES = frozenset({"text/plain", "text/html"})
_CID = re.compile(r"\bcid:([^\s\"'<>()]{1,300})", re.IGNORECASE)
# RFC 2557 4.2: HTML shows a part by its Content-Location.
_SHOWN = re.compile(r"(?:src|background|href)\s*=\s*[\"']?([^\s\"'<>]{1,1000})", re.IGNORECASE)
_PDF_HEAD = 1024


class Kind(Enum):
    """What a leaf is to the mail it came in."""

    BODY = "body"
    INNER_BODY = "inner body"  # text of an attached message
    ATTACHMENT = "attachment"


@dataclass(slots=True)
class Leaf:
    """A part that is not cut further, or an attached message beside its own parts."""

    entity: Entity
    part: str  # MIME path; "1" for a mail of one part
    kind: Kind
    filename: str | None
    disposition: str
    content_id: str
    location: str = ""  # Content-Location: the name by which HTML may show it
    is_inside: bool = False  # it belongs to an attached message
    shadowed: bool = False  # plain text whose HTML alternative stands beside it
    is_cut: bool = False  # its text was longer than is read

    @property
    def declared_type(self) -> str:
        """As the entity claims."""
        return self.entity.media_type

    @property
    def is_html(self) -> bool:
        """Whether the leaf claims to be HTML; any other text is read as plain text."""
        return self.entity.media_type == "text/html"

    def text(self) -> str:
        """The leaf as text, capped; the charset of the field, else of the HTML itself, else guessed."""
        octets = self.entity.decoded_head(MAX_TEXT_OCTETS + 1)
        self.is_cut = len(octets) > MAX_TEXT_OCTETS
        octets = octets[:MAX_TEXT_OCTETS]
        charset = parameter(self.entity.fields, "content-type", "charset")
        if not charset and self.is_html:
            meta = META_CHARSET.search(octets, 0, 2048)
            charset = meta.group(1).decode("ascii") if meta else None
        return decode(octets, charset)


@dataclass(slots=True)
class Unpacked:
    """The leaves of one message in its order, with the texts of its bodies read."""

    root: Entity
    leaves: list[Leaf]
    defects: set[str]
    limits: Limits
    texts: dict[str, str] = field(default_factory=dict)  # text by part, of bodies and inner bodies
    references: set[str] = field(default_factory=set)  # Content-IDs that some HTML shows or links
    attached: list[Message] = field(default_factory=list)  # the fields of the messages attached to this one
    packed: list[Leaf] = field(default_factory=list)  # what stood in packings (opening.Opener), in its order
    _locations: set[str] | None = None

    @property
    def fields(self) -> Message:
        """The header fields of the message."""
        return self.root.fields

    def body_hash(self) -> str:
        """The SHA-256 of the whole body as it came, without the header, in which relays write."""
        return sha256(memoryview(self.root.octets)[self.root.body : self.root.end]).hexdigest()

    def bodies(self) -> Iterator[Leaf]:
        """The leaves that are this mail's own text."""
        return (leaf for leaf in chain(self.leaves, self.packed) if leaf.kind is Kind.BODY)

    def attachments(self) -> Iterator[Leaf]:
        """The leaves that are not text of this or an attached mail."""
        return (leaf for leaf in chain(self.leaves, self.packed) if leaf.kind is Kind.ATTACHMENT)

    def is_referenced(self, leaf: Leaf) -> bool:
        """Whether HTML of this mail shows or links the leaf."""
        if leaf.content_id and leaf.content_id in self.references:
            return True
        return bool(leaf.location) and leaf.location in self._shown_locations()

    def note_text(self, leaf: Leaf) -> None:
        """Read a text, and what it refers to."""
        text = self.texts[leaf.part] = leaf.text()
        if leaf.is_cut:
            self.defects.add("too_large")
        if leaf.is_html:
            self.references |= cid_references(text)

    def _shown_locations(self) -> set[str]:
        if self._locations is None:
            texts = (self.texts[leaf.part] for leaf in chain(self.leaves, self.packed) if leaf.part in self.texts)
            self._locations = {match for text in texts for match in _SHOWN.findall(text)}
        return self._locations


def unpack(octets: Octets, size: int, limits: Limits) -> Unpacked:
    """Cut a message into leaves and read its texts. Never fails on what a mail may hold."""
    dissection = Dissection(octets, size, limits)
    unpacked = Unpacked(dissection.root, [], dissection.defects, limits)
    _gather(dissection.root, unpacked, inside=False, among_alternatives=False)
    _shadow_plain_alternatives(dissection.root, unpacked)
    for leaf in unpacked.leaves:
        if leaf.kind is not Kind.ATTACHMENT:
            unpacked.note_text(leaf)
    return unpacked


def leaves_of(root: Entity, unpacked: Unpacked, *, inside: bool) -> list[Leaf]:
    """The leaves of a message that was packed as a file; the fields of messages in it join `attached`."""
    gathered = Unpacked(root, [], unpacked.defects, unpacked.limits, attached=unpacked.attached)
    _gather(root, gathered, inside=inside, among_alternatives=False)
    _shadow_plain_alternatives(root, gathered)
    return gathered.leaves


def cid_references(html: str) -> set[str]:
    """The Content-IDs to which HTML refers (RFC 2392: percent-encoded in the URL)."""
    return {unquote(match) for match in _CID.findall(html)} if "cid:" in html.lower() else set()


def claimed_name(fields: Message) -> str | None:
    """The file name as claimed, decoded and on one line: unsafe."""
    name = parameter(fields, "content-disposition", "filename") or parameter(fields, "content-type", "name")
    return name[:MAX_NAME] if name else None


def _gather(entity: Entity, unpacked: Unpacked, *, inside: bool, among_alternatives: bool) -> None:
    if entity.is_multipart:
        alternatives = entity.media_type == "multipart/alternative"
        for child in entity.children:
            _gather(child, unpacked, inside=inside, among_alternatives=alternatives)
        return
    unpacked.leaves.append(_leaf(entity, inside=inside, among_alternatives=among_alternatives))
    for child in entity.children:
        if not inside:
            unpacked.attached.append(child.fields)
        _gather(child, unpacked, inside=True, among_alternatives=False)


def _leaf(entity: Entity, *, inside: bool, among_alternatives: bool) -> Leaf:
    leaf = Leaf(
        entity=entity,
        part=entity.path,
        kind=Kind.ATTACHMENT,
        filename=claimed_name(entity.fields),
        disposition=_disposition(entity.fields),
        content_id=_content_id(entity.fields),
        location=one_line(str(entity.fields.get("content-location", "")))[:MAX_NAME],
        is_inside=inside,
    )
    if _is_body(leaf, among_alternatives=among_alternatives):
        leaf.kind = Kind.INNER_BODY if inside else Kind.BODY
    return leaf


def _is_body(leaf: Leaf, *, among_alternatives: bool) -> bool:
    entity = leaf.entity
    is_uncut = entity.media_type.startswith("multipart/")  # no boundary was found: what stands there is read as text
    if leaf.disposition == "attachment" or not (is_uncut or entity.media_type in _TEXT_TYPES):
        return False
    # RFC 2045 5.2 reads nonsense as text; with a name it is a file all the same: "application-x-gzip".
    is_alone = entity.path == "1" and entity.start == 0 and _says_text(entity.fields)
    if leaf.filename and not (among_alternatives or is_alone):
        return False
    # Seen in practice: a PDF sent as text/plain without a name.
    return is_uncut or b"%PDF-" not in entity.decoded_head(_PDF_HEAD)


def _says_text(fields: Message) -> bool:
    return str(fields.get("content-type", "text")).lstrip().lower().startswith("text")


def _shadow_plain_alternatives(root: Entity, unpacked: Unpacked) -> None:
    by_entity = {id(leaf.entity): leaf for leaf in unpacked.leaves if leaf.kind is Kind.BODY}
    waiting = [root]
    while waiting:
        entity = waiting.pop()
        waiting.extend(entity.children)
        if entity.media_type != "multipart/alternative" or not entity.is_multipart:
            continue
        below = [by_entity[key] for key in map(id, _descendants(entity)) if key in by_entity]
        if any(leaf.is_html for leaf in below):
            for leaf in below:
                leaf.shadowed = not leaf.is_html


def _descendants(entity: Entity) -> Iterator[Entity]:
    waiting = list(entity.children)
    while waiting:
        each = waiting.pop()
        yield each
        waiting.extend(each.children)


def _disposition(fields: Message) -> str:
    value = str(fields.get("content-disposition", ""))
    return value.partition(";")[0].strip().lower()


def _content_id(fields: Message) -> str:
    return one_line(decode_words(str(fields.get("content-id", "")))).strip("<> ")
