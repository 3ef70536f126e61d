"""What a detached signature signs, as it stood when it was signed.

Standard: RFC 1847 2.1 (multipart/signed), RFC 8551 3.1.1 (canonical line ends).
"""

from collections.abc import Iterable, Iterator

from receiver.pipeline.structure import Entity

_PIECE = 1024 * 1024


def signed_entity(signature: Entity, roots: Iterable[Entity]) -> Entity | None:
    """The part beside a signature in a multipart/signed."""
    waiting = list(roots)
    while waiting:
        entity = waiting.pop()
        waiting.extend(entity.children)
        if entity.media_type == "multipart/signed" and len(entity.children) >= 2 and entity.children[1] is signature:
            return entity.children[0]
    return None


def pieces_of(entity: Entity) -> Iterator[bytes | memoryview]:
    """An entity with its header, in pieces, its line ends CRLF."""
    octets, start, end = entity.octets, entity.start, entity.end
    if octets.find(b"\r\n", start, end) < 0:
        yield octets[start:end].replace(b"\n", b"\r\n")
        return
    with memoryview(octets) as whole:
        for at in range(start, end, _PIECE):
            with whole[at : min(end, at + _PIECE)] as piece:
                yield piece
