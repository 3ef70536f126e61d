"""Cut a message into its MIME entities by offsets, without copying a body.

Works on bytes or on an mmap of a large file; memory does not grow with the size of the bodies. Depth and count are
limited: what lies deeper stays packed in its parent, what comes later is left out, and both are named as defects.
CPython's feed parser reads a body line by line (1.2 ms for a 100 KB PDF, 8 times its size in memory); this one asks
`find` for the boundary, so that a body costs next to nothing.
Standard: RFC 2046 5.1 (delimiters), RFC 3501 6.4.5 (the numbers of parts), RFC 2046 5.2.1 and RFC 6532 (messages).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from mmap import MADV_DONTNEED, mmap

from receiver.mail.fields import Octets, content_type, parameter, read_fields
from receiver.mail.transfer import undo

_DELIMITER_TAIL = re.compile(rb"(--)?[ \t]*(?:\r\n|\n|\r|\Z)")
_LARGE = 4 * 1024**2
_MESSAGE_TYPES = frozenset({"message/rfc822", "message/global", "message/news"})


@dataclass(slots=True)
class Entity:
    """One MIME entity: its fields, and where its octets stand."""

    path: str  # as in IMAP: "1.2"; the message itself is ""
    fields: Message
    media_type: str  # as declared
    octets: Octets  # where the offsets count: the message, or an attached message that was encoded
    start: int
    body: int
    end: int
    children: list["Entity"] = field(default_factory=list)

    def decoded(self) -> bytes:
        """The body without its transfer encoding."""
        octets = undo(self.octets, self.body, self.end, self._encoding())
        if len(octets) > _LARGE and isinstance(self.octets, mmap):
            # The map of a large file counts as this process's memory as far as it was read: once is enough.
            self.octets.madvise(MADV_DONTNEED)
        return octets

    def decoded_head(self, octets: int) -> bytes:
        """The first `octets` or fewer of the decoded body, without decoding the rest."""
        return undo(self.octets, self.body, min(self.end, self.body + 4 * octets), self._encoding())[:octets]

    def _encoding(self) -> str:
        return str(self.fields.get("content-transfer-encoding", ""))

    @property
    def is_message(self) -> bool:
        """Whether this entity packs a whole message (its one child, when it was opened)."""
        return self.media_type in _MESSAGE_TYPES

    @property
    def is_multipart(self) -> bool:
        """Whether this entity was cut into parts."""
        return bool(self.children) and not self.is_message


@dataclass(slots=True)
class PackedEntity(Entity):
    """A file out of a packing: nothing is kept of it but the way to its octets."""

    load: Callable[[], bytes] = bytes

    def decoded(self) -> bytes:
        """Its octets, unpacked anew. Raises what its packing raises (receiver.pipeline.packings.room)."""
        return self.load()

    def decoded_head(self, octets: int) -> bytes:
        """The first `octets` or fewer."""
        return self.load()[:octets]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of one message is read."""

    depth: int = 100
    parts: int = 1000
    decoded_octets: int = 256 * 1024**2


class Dissection:
    """The cutting of one message: the entity tree, and the defects met on the way."""

    def __init__(self, octets: Octets, size: int, limits: Limits) -> None:
        self.defects: set[str] = set()
        self._limits = limits
        self._parts_left = limits.parts
        self._decoded_left = limits.decoded_octets
        self.root = self._whole("", octets, (0, size), depth=0)

    def walk(self) -> Iterator[Entity]:
        """Every entity, parents first, in the order of the message."""
        waiting = [self.root]
        while waiting:
            entity = waiting.pop()
            yield entity
            waiting.extend(reversed(entity.children))

    def _whole(self, path: str, octets: Octets, span: tuple[int, int], depth: int) -> Entity:
        """A message: this one, or one that stands attached at `path`."""
        entity = self._entity(path, octets, span, "text/plain")
        if entity.media_type.startswith("multipart/"):
            self._open_multipart(entity, depth)
        if not entity.children:
            # RFC 3501 6.4.5: the one part of a message that is no multipart has the number 1.
            entity.path = f"{path}.1" if path else "1"
        if entity.is_message:
            self._open_message(entity, depth)
        return entity

    def _part(self, path: str, octets: Octets, span: tuple[int, int], depth: int, default_type: str) -> Entity:
        entity = self._entity(path, octets, span, default_type)
        if entity.media_type.startswith("multipart/"):
            self._open_multipart(entity, depth)
        elif entity.is_message:
            self._open_message(entity, depth)
        return entity

    def _entity(self, path: str, octets: Octets, span: tuple[int, int], default_type: str) -> Entity:
        fields, body, defect = read_fields(octets, *span)
        if defect:
            self.defects.add(defect)
        fields.set_default_type(default_type)
        self._parts_left -= 1
        return Entity(path, fields, content_type(fields), octets, span[0], body, span[1])

    def _open_message(self, entity: Entity, depth: int) -> None:
        if not self._may_open(depth):
            return
        octets, span = entity.octets, (entity.body, entity.end)
        if _is_encoded(entity.fields):
            if span[1] - span[0] > self._decoded_left:
                self.defects.add("too_large")
                return
            octets = entity.decoded()
            span = (0, len(octets))
            self._decoded_left -= len(octets)
        entity.children = [self._whole(entity.path, octets, span, depth + 1)]

    def _open_multipart(self, entity: Entity, depth: int) -> None:
        boundary = self._boundary(entity)
        if boundary is None:
            self.defects.add("no_boundary")
            return
        if not self._may_open(depth):
            return
        default_type = "message/rfc822" if entity.media_type == "multipart/digest" else "text/plain"
        prefix = f"{entity.path}." if entity.path else ""
        for number, span in enumerate(self._cut(entity, boundary), start=1):
            if self._parts_left <= 0:
                self.defects.add("too_many_parts")
                break
            part = self._part(f"{prefix}{number}", entity.octets, span, depth + 1, default_type)
            entity.children.append(part)
        if not entity.children:
            self.defects.add("boundary_not_found")

    def _may_open(self, depth: int) -> bool:
        if depth >= self._limits.depth:
            self.defects.add("too_deep")
            return False
        if self._parts_left <= 0:
            self.defects.add("too_many_parts")
            return False
        return True

    def _boundary(self, entity: Entity) -> bytes | None:
        claimed = parameter(entity.fields, "content-type", "boundary")
        return claimed.encode("utf-8") if claimed else None

    def _cut(self, entity: Entity, boundary: bytes) -> Iterator[tuple[int, int]]:
        """Start and end of every part between the delimiters of a multipart."""
        start: int | None = None
        for line_start, line_end, is_last in self._delimiters(entity, b"--" + boundary):
            # Seen in practice: a delimiter written twice; nothing stands between the two.
            if start is not None and start < line_start:
                yield start, _without_line_end(entity.octets, start, line_start)
            start = line_end
            if is_last:
                return
        if start is not None:
            self.defects.add("no_closing_boundary")
            yield start, entity.end

    def _delimiters(self, entity: Entity, delimiter: bytes) -> Iterator[tuple[int, int, bool]]:
        octets = entity.octets
        position = octets.find(delimiter, entity.body, entity.end)
        while position >= 0:
            after = position + len(delimiter)
            tail = _DELIMITER_TAIL.match(octets, after, entity.end)
            if tail and (position == entity.body or octets[position - 1 : position] in {b"\n", b"\r"}):
                yield position, tail.end(), tail.group(1) is not None
            position = octets.find(delimiter, after, entity.end)


def _without_line_end(octets: Octets, start: int, position: int) -> int:
    """The line end before a delimiter belongs to the delimiter (RFC 2046 5.1.1)."""
    if octets[max(start, position - 2) : position] == b"\r\n":
        return position - 2
    return max(start, position - 1)


def _is_encoded(fields: Message) -> bool:
    """An attached message in base64: RFC 2046 5.2.1 forbids it, and it is seen in practice; unpacking decodes it."""
    return str(fields.get("content-transfer-encoding", "")).strip().lower() in {"base64", "quoted-printable"}
