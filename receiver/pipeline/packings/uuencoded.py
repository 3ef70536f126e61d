"""Files that stand uuencoded in the text of a mail, and the text without them.

Only what begins like a file is taken for one: a line "begin 644 name" in prose is prose. Raises nothing.
Standard: POSIX uuencode.
"""

import re
from dataclasses import dataclass
from functools import partial

from receiver.mail.transfer import from_uuencode
from receiver.pipeline.packings.room import Member, Source

MAX_FILES = 100
_BEGIN = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,255}?)[ \t]*\r?\n(?=([ -`])[ -`~]{0,90}\r?$)", re.MULTILINE)
_END = re.compile(rb"^end[ \t]*\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """Where an uuencoded file stands, its begin and end lines included."""

    name: str
    start: int
    end: int


def blocks(octets: bytes) -> list[Block]:
    """The files in a text, in its order."""
    found: list[Block] = []
    position = 0
    while len(found) < MAX_FILES and (begin := _BEGIN.search(octets, position)):
        position = begin.end()
        if not _is_full_line(octets, position):
            continue
        end = _END.search(octets, position)
        stop = end.end() if end else len(octets)
        name = begin.group(1).decode("utf-8", "replace").replace("\\", "/").rpartition("/")[2]
        found.append(Block(name, begin.start(), stop))
        position = stop
    return found


def members(source: Source, found: list[Block]) -> list[Member]:
    """The files of these blocks."""
    return [Member(block.name, (block.end - block.start) * 3 // 4, partial(_read, source, block)) for block in found]


def without(octets: bytes, found: list[Block]) -> bytes:
    """The text around the files."""
    kept, position = [], 0
    for block in found:
        kept.append(octets[position : block.start])
        position = block.end
    return b"".join((*kept, octets[position:]))


def _read(source: Source, block: Block) -> bytes:
    return from_uuencode(source.octets()[block.start : block.end])


def _is_full_line(octets: bytes, position: int) -> bool:
    """Whether the first line of data is as long as its first octet says."""
    line = octets[position : position + 100].partition(b"\n")[0].rstrip(b"\r")
    announced = (((line[0] - 32) & 63) + 2) // 3 * 4
    return bool(announced) and abs(len(line) - 1 - announced) <= 3
