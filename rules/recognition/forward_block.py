"""The block of header fields that mail programs write above a forwarded message, read from its lines.

Bounded in every direction: so many lines, so many characters of each. Raises nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from rules.addresses import canonical
from rules.decision import told
from rules.recognition.forward_labels import FIELD_OF_LABEL, LONGEST_LABEL, SHARED_DOMAINS
from rules.words import plain

LONGEST_VALUE = 1000

_MOST_LINES = 30
_SOFT_WRAP_FROM = 58  # a shorter line was not wrapped by a program
_EMPHASIS = " \t*_"
_ADDRESS_END = re.compile(r"[\s<>()\[\]\"',;:]")
_BRACKETED = re.compile(r"[<\[] ?(?:mailto:)?([^\s<>()\[\]\"',;:@]{1,80}@[^\s<>()\[\]\"',;:@]{1,259})(?=[\s<>\]])")
_ON_BEHALF = re.compile(
    r"\b(?:on behalf of|im auftrag von|namens|au nom de|de la part de|en nombre de|per conto di|em nome de|w imieniu)\b"
)
_COMMENT = re.compile(r"\([^()]{0,1000}\)")
_MOST_COLONS = 60


@dataclass(slots=True)
class Block:
    """The fields that were read; `end` is the number of the first line below them."""

    values: dict[str, str] = field(default_factory=dict)
    from_label: str = ""
    end: int = 0

    @property
    def is_plausible(self) -> bool:
        """A sender and at least one thing more."""
        return "from" in self.values and len(self.values) >= 2

    @property
    def is_complete(self) -> bool:
        """What a program writes without any separator: a sender and two of date, recipient, subject."""
        return "from" in self.values and len(self.values.keys() & {"to", "date", "subject"}) >= 2


def read_block(lines: Sequence[str], start: int) -> Block:
    """The fields from line `start` on; blank lines above them are passed over."""
    block = Block(end=start)
    current: str | None = None
    before = ""
    for number in range(start, min(start + _MOST_LINES, len(lines))):
        line = lines[number]
        if not line:
            # HTML turned into text leaves blank lines between fields: the block ends where no label follows.
            if block.values and not _is_labelled(lines, number + 1):
                break
            current = None
            continue
        labelled = split_label(line)
        if labelled:
            current = _note(block, *labelled)
        elif current and (_is_wrapped(before, block.values.get(current, "")) or _is_bare_address(line)):
            block.values[current] = f"{block.values.get(current, '')} {line}"[:LONGEST_VALUE]
        else:
            break
        before, block.end = line, number + 1
    return block


def read_run_on(text: str) -> Block:
    """The fields of a block whose line ends were lost ("From: N <a>To: ...Subject: ..."), as Yahoo writes text."""
    block = Block()
    places = _labels_in(text)
    for place, (_, end, label) in enumerate(places):
        until = places[place + 1][0] if place + 1 < len(places) else len(text)
        _note(block, label, text[end:until].strip()[:LONGEST_VALUE])
    return block


def split_label(line: str) -> tuple[str, str] | None:
    """A line "Label: value" as (folded label, value), when the label is one we know."""
    head = line[:LONGEST_LABEL]
    colon = head.find(":")
    if colon < 1:
        return None
    label = plain(head[:colon].strip(_EMPHASIS))
    return (label, line[colon + 1 :].strip(_EMPHASIS)[:LONGEST_VALUE]) if label in FIELD_OF_LABEL else None


def read_sender(value: str) -> tuple[str | None, str | None]:
    """The (canonical address, name) of `Name <a@b<mailto:a@b>>`, `Name [mailto:a@b]`, `a@b` and their kin.

    The last address in such brackets counts: those before it belong to the name, which whoever wrote the mail chose
    freely, and a program that forwards it writes as it is: `"Bank <info@bank>" <stranger@elsewhere>`.
    """
    value = value[:LONGEST_VALUE]
    opening = next((at for at, each in enumerate(value) if each in "<[("), len(value))
    bracketed = _BRACKETED.findall(value)
    if bracketed:
        address: str | None = _deputy(value, bracketed) or bracketed[-1]
        opening = next(each.start() for each in _BRACKETED.finditer(value) if each[1] == address)
    else:
        address = _unbracketed(value)
    name = told(value[:opening].replace(address or "\x00", "").strip(" \t\"'*„“”,"))
    return canonical(address) if address else None, name if name and canonical(name) is None else None


def _deputy(value: str, bracketed: Sequence[str]) -> str | None:
    """Who wrote "A <a@b> on behalf of C <c@b>": a colleague; of another domain, or of one that anybody uses, a name."""
    domain = bracketed[-1].rpartition("@")[2].lower()
    is_one_house = domain not in SHARED_DOMAINS and bracketed[0].rpartition("@")[2].lower() == domain
    return bracketed[0] if is_one_house and _ON_BEHALF.search(plain(value)) else None


def _unbracketed(value: str) -> str | None:
    """The address of `a@b`, `a@b (Name)` and `Name (a@b)`; of `a@b (c@d)` nobody knows which one is the name."""
    outside = _first_address(_COMMENT.sub(" ", value))
    inside = next(filter(None, map(_first_address, _COMMENT.findall(value))), None)
    if outside and inside and canonical(outside) != canonical(inside):
        return None
    return outside or inside or _first_address(value)


def _note(block: Block, label: str, value: str) -> str:
    name = FIELD_OF_LABEL[label]
    if name not in block.values:
        block.values[name] = value
        if name == "from":
            block.from_label = label
    return name


def _is_labelled(lines: Sequence[str], number: int) -> bool:
    return number < len(lines) and split_label(lines[number]) is not None


def _is_wrapped(before: str, value: str) -> bool:
    return len(before) >= _SOFT_WRAP_FROM or before.endswith((",", ";", "<")) or not value


def _is_bare_address(line: str) -> bool:
    return line.startswith("<") and "@" in line and line.endswith(">")


def _labels_in(text: str) -> list[tuple[int, int, str]]:
    """Where labels begin, where their values begin, and which they are."""
    places = []
    for colon in islice(re.finditer(r"\s?:", text), _MOST_COLONS):
        length = _label_at_end(text[max(0, colon.start() - LONGEST_LABEL) : colon.start()])
        if length:
            start = colon.start() - length
            places.append((start, colon.end(), plain(text[start : colon.start()])))
    return places


def _label_at_end(text: str) -> int:
    """The length of the longest label that `text` ends with; nothing need part it from the value before."""
    for length in range(len(text), 0, -1):
        before, ending = text[-length - 1 : -length], text[-length:]
        # "09:26:50 CETSubject": a capital begins a label even after a letter.
        begins = ending[0].isalpha() and (not before.isalpha() or ending[0].isupper() or not ending[0].isascii())
        if begins and plain(ending) in FIELD_OF_LABEL:
            return length
    return 0


def _first_address(text: str) -> str | None:
    at = text.find("@")
    if at < 0:
        return None
    head = _ADDRESS_END.split(text[max(0, at - 80) : at])[-1]
    tail = _ADDRESS_END.split(text[at + 1 : at + 260], maxsplit=1)[0].rstrip(".")
    return f"{head}@{tail}"
