"""Open what packs parts: zip, winmail.dat, .msg, .eml under another name, uuencode, signed S/MIME.

What is inside becomes leaves with paths of their own ("2/1" is the first file in part 2, "2/1.2" the second part of a
message in it), within the limits of the whole message. What cannot be opened, or only with a key, stays a file, and
is named. Decides nothing of documents. Never raises for what a mail may hold.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.message import Message

from receiver.mail.charsets import decode, one_line, storable
from receiver.mail.fields import content_type, parameter
from receiver.pipeline.packings import cms, compound_file, einvoice_files, outlook_file, tnef, uuencoded, zip_archive
from receiver.pipeline.packings.outlook import OutlookMessage
from receiver.pipeline.packings.outlook_texts import Text, text_of_rtf, texts_of
from receiver.pipeline.packings.room import Damaged, Member, NoRoom, Room, Source
from receiver.pipeline.signatures import pieces_of, signed_entity
from receiver.pipeline.structure import Dissection, Entity, Limits, PackedEntity
from receiver.pipeline.suspects import Watch
from receiver.pipeline.unpack import MAX_NAME, Kind, Leaf, Unpacked, leaves_of

MAX_PACKED_DEPTH = 10
_OLE = frozenset({"application/vnd.ms-outlook", "application/x-ole-storage", "application/octet-stream"})
_CMS = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_CMS_SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature"})
_PGP_MESSAGE = b"-----BEGIN PGP MESSAGE-----"
_MAIL_FIELD = re.compile(
    rb"^(?:from|to|subject|date|message-id|received|return-path|mime-version|content-type)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_HEADER = re.compile(rb"(?:[!-9;-~]{1,60}[ \t]*:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*\r?\n){1,200}(?:\r?\n|\Z)")


@dataclass(slots=True)
class Opened:
    """What became of one leaf."""

    opened_as: str = ""  # a code: "zip", "tnef", "outlook", "message", "uuencode", "signed"
    sealed: str = ""  # a code: "password", "smime", "pgp"
    signature: str = ""  # receiver.pipeline.packings.cms
    leaves: list[Leaf] = field(default_factory=list)
    source: Source | None = None

    def let_go(self) -> None:
        """Free the octets of the packing."""
        if self.source is not None:
            self.source.let_go()


class Opener:
    """Opens the leaves of one message, one after the other, outer ones first."""

    def __init__(self, unpacked: Unpacked, octets: int, watch: Watch) -> None:
        """`octets`: how many may be unpacked."""
        limits = unpacked.limits
        self.room = Room(octets, limits.parts - len(unpacked.leaves), min(MAX_PACKED_DEPTH, limits.depth))
        self._unpacked = unpacked
        self._watch = watch
        self._roots = [unpacked.root]

    def open(self, leaf: Leaf, octets: bytes, media_type: str) -> Opened:
        """What is in a leaf of these octets and this sniffed type."""
        if leaf.kind is not Kind.ATTACHMENT and b"begin " not in octets:
            return Opened()
        source = Source(leaf.entity.decoded, octets)
        return self._within_limits("packing", leaf, source, lambda: self._open(leaf, source, media_type))

    def take_out(self, leaf: Leaf, octets: bytes) -> Opened:
        """The files that an XML e-invoice carries, which stays what it is."""
        source = Source(leaf.entity.decoded, octets)
        return self._within_limits("xml", leaf, source, lambda: self._enclosed(leaf, source))

    def _within_limits(self, reader: str, leaf: Leaf, source: Source, open_it: Callable[[], Opened]) -> Opened:
        try:
            opened = self._watch.read(reader, leaf.part, open_it, Opened())
        except NoRoom as no_room:
            self._unpacked.defects.add(no_room.defect)
            return Opened()
        except Damaged:
            self._unpacked.defects.add("damaged_packing")
            return Opened()
        opened.source = source
        return opened

    def _open(self, leaf: Leaf, source: Source, media_type: str) -> Opened:
        if leaf.kind is not Kind.ATTACHMENT:
            return self._uuencoded(leaf, source)
        if leaf.entity.children:  # the walk has opened it
            return Opened()
        return self._secured(leaf, source, media_type) or self._packing(leaf, source, media_type)

    def _secured(self, leaf: Leaf, source: Source, media_type: str) -> Opened | None:
        """Signatures, and what is signed or encrypted."""
        octets = source.octets()
        if leaf.declared_type in _CMS_SIGNATURES:
            return self._detached_signature(leaf, octets)
        if leaf.declared_type == "application/pgp-signature":
            return Opened(signature=cms.NOT_VERIFIED)
        if octets[:200].lstrip().startswith(_PGP_MESSAGE):
            return Opened(sealed="pgp")
        if media_type in _CMS or cms.may_be(octets[:24]) or cms.is_encoded(octets[:200]):
            return self._cms(leaf, source)
        return None

    def _packing(self, leaf: Leaf, source: Source, media_type: str) -> Opened:
        octets = source.octets()
        if media_type == "application/zip":
            return self._zip(leaf, source)
        if octets.startswith(tnef.SIGNATURE):
            return self._tnef(leaf, source)
        if octets.startswith(compound_file.SIGNATURE) and media_type in _OLE:
            return self._outlook_file(leaf, source)
        is_named_mail = media_type == "message/rfc822" or (leaf.filename or "").lower().endswith(".eml")
        if is_named_mail and not leaf.entity.is_message and is_mail(octets):
            return Opened("message", leaves=self._message(leaf, octets, inside=True))
        return Opened()

    def _tnef(self, leaf: Leaf, source: Source) -> Opened:
        self._go_deeper(leaf)
        message = tnef.message(source, self.room)
        leaves = self._outlook(leaf, message, is_own=True)
        if message.is_cut:
            # Its last file is not whole: what came is kept as it is, beside what could be read.
            self._unpacked.defects.add("damaged_packing")
            return Opened(leaves=leaves)
        return Opened("tnef", leaves=leaves)

    def _zip(self, leaf: Leaf, source: Source) -> Opened:
        try:
            found = zip_archive.members(source)
        except zip_archive.HasPassword:
            return Opened(sealed="password")
        if len(found) > self.room.parts:
            raise NoRoom("too_many_parts")
        return Opened("zip", leaves=self._files(leaf, found))

    def _enclosed(self, leaf: Leaf, source: Source) -> Opened:
        found = einvoice_files.members(source)
        if len(found) > self.room.parts:
            raise NoRoom("too_many_parts")
        return Opened(leaves=self._files(leaf, found))

    def _uuencoded(self, leaf: Leaf, source: Source) -> Opened:
        octets = source.octets()
        if leaf.is_html:
            return Opened()
        found = uuencoded.blocks(octets)
        if not found:
            return Opened()
        around = uuencoded.without(octets, found)
        self._unpacked.texts[leaf.part] = decode(around, parameter(leaf.entity.fields, "content-type", "charset"))
        return Opened("uuencode", leaves=self._files(leaf, uuencoded.members(source, found)))

    def _outlook_file(self, leaf: Leaf, source: Source) -> Opened:
        self._go_deeper(leaf)
        try:
            message = outlook_file.message(source, self.room)
        except Damaged:
            if leaf.filename and leaf.filename.lower().endswith(".msg"):
                raise
            return Opened()  # some other compound file: a document of old Office, for one
        return Opened("outlook", leaves=self._outlook(leaf, message, is_own=False))

    def _cms(self, leaf: Leaf, source: Source) -> Opened:
        octets = source.octets()
        try:
            found = cms.read(octets)
        except Damaged:
            if leaf.declared_type in _CMS:
                raise
            return Opened()
        if found.kind == "encrypted":
            return Opened(sealed="smime")
        if found.content is None:
            return Opened()
        verdict = found.verdict([found.content])
        if leaf.declared_type in _CMS and is_mail(found.content):
            # RFC 8551 3.5.2: what is signed is the message itself, where nothing stands beside it.
            is_whole = leaf.entity is self._unpacked.root
            leaves = self._message(leaf, found.content, inside=not is_whole, is_own=is_whole)
            return Opened("signed", signature=verdict, leaves=leaves)
        name = (leaf.filename or "").removesuffix(".p7m").removesuffix(".P7M") or None
        member = Member(name, len(found.content), lambda: cms.read(source.octets()).content or b"")
        return Opened("signed", signature=verdict, leaves=self._files(leaf, [member]))

    def _detached_signature(self, leaf: Leaf, octets: bytes) -> Opened:
        signed = signed_entity(leaf.entity, self._roots)
        if signed is None:
            return Opened(signature=cms.NOT_VERIFIED)
        try:
            return Opened(signature=cms.read(octets).verdict(pieces_of(signed)))
        except Damaged:
            return Opened(signature=cms.INVALID)

    def _files(self, container: Leaf, members: Iterable[Member]) -> list[Leaf]:
        self._go_deeper(container)
        leaves = []
        for number, member in enumerate(members, start=1):
            self.room.take_part()
            leaves.append(_leaf(container, number, member))
        return leaves

    def _message(self, container: Leaf, octets: bytes, *, inside: bool, is_own: bool = False) -> list[Leaf]:
        """The leaves of a message that stands in a file."""
        depth = self._go_deeper(container)
        limits = Limits(max(1, 50 - 5 * depth), self.room.parts, self.room.octets)
        dissection = Dissection(octets, len(octets), limits)
        self._unpacked.defects |= dissection.defects
        for entity in dissection.walk():
            entity.path = f"{container.part}/{entity.path}"
            self.room.parts -= 1
        if not is_own and not container.is_inside:
            self._unpacked.attached.append(dissection.root.fields)
        self._roots.append(dissection.root)
        leaves = leaves_of(dissection.root, self._unpacked, inside=inside)
        for leaf in leaves:
            if leaf.kind is not Kind.ATTACHMENT:
                self._unpacked.note_text(leaf)
        return leaves

    def _outlook(self, container: Leaf, message: OutlookMessage, *, is_own: bool) -> list[Leaf]:
        """The leaves of an Outlook message; `is_own`: it is this mail, whose text counts where there is no other."""
        fields = message.fields()
        if not is_own and not container.is_inside:
            self._unpacked.attached.append(fields)
        is_body = is_own and not container.is_inside and not any(self._texts_of_mail())
        texts = texts_of(message)
        leaves = [_text_leaf(container, number, *text) for number, text in enumerate(texts, start=1)]
        first = len(leaves) + 1  # of the files
        # Behind them: a path names a part for ever, and those had theirs before RTF was read.
        leaves += [_text_leaf(container, first + len(message.files), *text) for text in self._text_of_rtf(message)]
        for leaf in leaves:
            leaf.kind = Kind.BODY if is_body else Kind.INNER_BODY
            leaf.shadowed = len(leaves) > 1 and not leaf.is_html
            self._unpacked.note_text(leaf)
        for number, file in enumerate(message.files, start=first):
            leaf = _leaf(container, number, file.member)
            leaf.is_inside = not is_own or container.is_inside
            leaves.append(leaf)
            if file.message is not None:
                leaf.entity.media_type = "message/rfc822"
                leaves += self._outlook(leaf, file.message, is_own=False)
        return leaves

    def _text_of_rtf(self, message: OutlookMessage) -> list[Text]:
        try:
            return text_of_rtf(message, self.room)
        except Damaged:  # its files are as good as ever
            self._unpacked.defects.add("damaged_packing")
            return []

    def _texts_of_mail(self) -> Iterable[str]:
        return (self._unpacked.texts[leaf.part].strip() for leaf in self._unpacked.bodies())

    def _go_deeper(self, container: Leaf) -> int:
        """How many packings stand around what is in this one. Raises NoRoom."""
        depth = container.part.count("/") + 1
        if depth > self.room.depth:
            raise NoRoom("too_deep")
        return depth


def is_mail(octets: bytes) -> bool:
    """Whether octets begin with a header as mail has it."""
    header = _HEADER.match(octets, 0, 64 * 1024)
    return header is not None and _MAIL_FIELD.search(octets, 0, header.end()) is not None


def _leaf(container: Leaf, number: int, member: Member) -> Leaf:
    fields = Message()
    fields.set_raw("Content-Type", one_line(storable(member.media_type)) or "application/octet-stream")
    part = f"{container.part}/{number}"
    entity = PackedEntity(part, fields, content_type(fields), b"", 0, 0, member.size, load=member.load)
    name = one_line(storable(member.name or ""))[:MAX_NAME] or None
    return Leaf(entity, part, Kind.ATTACHMENT, name, "", member.content_id, is_inside=container.is_inside)


def _text_leaf(container: Leaf, number: int, media_type: str, octets: bytes, charset: str) -> Leaf:
    fields = Message()
    fields.set_raw("Content-Type", f"{media_type}; charset={charset}")
    part = f"{container.part}/{number}"
    entity = Entity(part, fields, media_type, octets, 0, 0, len(octets))
    return Leaf(entity, part, Kind.INNER_BODY, None, "", "", is_inside=container.is_inside)
