"""The octets of an index: a head that says where what stands, then arrays of 32-bit numbers and the standards' texts.

    magic, length of the head (4 octets), head (JSON), padding to 8 octets, sections
    offsets   where each standard begins in `standards`, and the end
    standards JSON, one after the other, in the order in which they are asked
    buckets   for the upper bits of a checksum, where its keys begin in `checksums`
    checksums of all keys, ascending
    always    for each checksum, where its standards begin in `numbers`; then `crowded`, the same for those of a crowd
    numbers   of standards, ascending for each key
    asking    for facts that may be unknown, the numbers of the standards that they lead to, ascending

Made on the machine that reads it: numbers are in its byte order. Raises ValueError for octets that are none of this.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

MAGIC = b"postbus rules 1\n"
SECTIONS = ("offsets", "standards", "buckets", "checksums", "always", "crowded", "numbers", "asking")
_WORD = 8


def assemble(head: Mapping[str, Any], sections: Mapping[str, bytes]) -> bytes:
    """The whole of head and sections."""
    places, position = {}, 0
    for name in SECTIONS:
        places[name] = (position, len(sections[name]))
        position += _padded(len(sections[name]))
    text = json.dumps({**head, "byteorder": sys.byteorder, "places": places, "octets": position}).encode()
    start = MAGIC + len(text).to_bytes(4, "big") + text
    pieces = [start.ljust(_padded(len(start)), b"\x00")]
    pieces += [sections[name].ljust(_padded(len(sections[name])), b"\x00") for name in SECTIONS]
    return b"".join(pieces)


def take_apart(octets: memoryview) -> tuple[dict[str, Any], dict[str, memoryview]]:
    """Head and sections, the sections where they lie. Raises ValueError when they are not all there."""
    if bytes(octets[: len(MAGIC)]) != MAGIC:
        raise ValueError("these octets are no index of standards")
    length = int.from_bytes(octets[len(MAGIC) : len(MAGIC) + 4], "big")
    head = json.loads(bytes(octets[len(MAGIC) + 4 : len(MAGIC) + 4 + length]))
    body = octets[_padded(len(MAGIC) + 4 + length) :]
    if head["byteorder"] != sys.byteorder or len(body) != head["octets"]:
        raise ValueError("this index of standards is cut off, or of another machine: build it again")
    return head, {name: body[start : start + length] for name, (start, length) in head["places"].items()}


def _padded(length: int) -> int:
    return -(-length // _WORD) * _WORD
