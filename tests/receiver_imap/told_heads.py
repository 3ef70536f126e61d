"""The head of a mail as a server that understands it would tell it, made of the mail itself."""

from receiver.imap.asking import FIELDS
from receiver.imap.values import Head, Part
from receiver.mail.fields import parameter
from receiver.pipeline.message_facts import Findings, find
from receiver.pipeline.structure import Dissection, Entity, Limits
from receiver.pipeline.unpack import claimed_name, unpack

ASKED = frozenset(FIELDS.lower().split())
MANY = 1024**3


def head_of(octets: bytes) -> Head:
    """What a server tells of this mail."""
    root = Dissection(octets, len(octets), Limits()).root
    return Head(uid=1, internal_date=None, size=len(octets), structure=_part(root), header=_header(octets, root.body))


def octets_of(octets: bytes, path: str, most: int) -> bytes:
    """The first octets of a part, as they stand in the mail."""
    dissection = Dissection(octets, len(octets), Limits())
    entity = next(each for each in dissection.walk() if each.path == path and not each.is_multipart)
    return entity.octets[entity.body : entity.end][:most]


def found_in(octets: bytes) -> Findings:
    """What the pipeline finds in the whole mail."""
    return find(unpack(octets, len(octets), Limits()), "", MANY)


def _part(entity: Entity) -> Part:
    fields = entity.fields
    return Part(
        path=entity.path,
        media_type=entity.media_type,
        octets=entity.end - entity.body,
        encoding=str(fields.get("content-transfer-encoding", "7bit")).strip().lower() or "7bit",
        charset=parameter(fields, "content-type", "charset"),
        filename=claimed_name(fields),
        disposition=str(fields.get("content-disposition", "")).partition(";")[0].strip().lower() or None,
        cid=str(fields.get("content-id", "")).strip("<> ") or None,
        children=tuple(_part(child) for child in entity.children),
        is_attached_message=entity.is_message,
    )


def _header(octets: bytes, end: int) -> bytes:
    """The fields asked for, folded lines with them."""
    kept, is_wanted = [], False
    for line in octets[:end].splitlines(keepends=True):
        if line[:1] not in {b" ", b"\t"}:
            is_wanted = line.partition(b":")[0].strip().lower().decode("latin-1") in ASKED
        if is_wanted:
            kept.append(line)
    return b"".join(kept) + b"\r\n"
