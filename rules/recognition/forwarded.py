"""Who an inner message is from, when somebody forwarded it: a claim, with its evidence (law 22).

Reads what mail programs write above a forwarded message, in many languages, and the header of an attached message.
A reply is no forward, though it may quote the same labels: either the subject begins with the mark of a forward, or a
line says that a forwarded message begins; a subject that begins with the mark of a reply is never a forward.
Linear in the text, of which only the beginning is read. Raises nothing.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from rules.decision import told
from rules.facts import ForwardClaim
from rules.recognition.forward_block import LONGEST_VALUE, Block, read_block, read_run_on, read_sender, split_label
from rules.recognition.forward_labels import (
    BEFORE_NAME,
    FINNISH_FROM,
    FORWARD_LINES,
    FORWARD_PREFIXES,
    REPLY_PREFIXES,
    SHARED_DOMAINS,
    WROTE,
)
from rules.words import plain

LONGEST_TEXT = 200_000  # characters; what stands below belongs to the message, not to its forwarding

_LONGEST_LINE = 4 * LONGEST_VALUE
_MOST_STEPS = 10
_QUOTE_MARKS = re.compile(r"(?:>\s?){1,20}")
_TAG = re.compile(r"\[[^\[\]]{0,40}\]\s*")
_PREFIX = re.compile(r"([^\s:\[\]()]{1,12})\s{0,3}(?:[\[(]\d{1,3}[\])])?\s{0,3}:")
_BETWEEN_DASHES = re.compile(r"\s*-{2,40}\s{0,10}([^-\s][^\n]{0,80}?)\s{0,10}-{2,40}\s*(.*)", re.DOTALL)
_QUOTED_NAME = re.compile(r"[\"„“”]([^\"„“”<>]{1,200})[\"„“”]")
_DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4},?\s+\d\d?[:.]\d\d(?::\d\d)?(?:\s?[AaPp][Mm]\b)?,?")


@dataclass(frozen=True, slots=True)
class AttachedMessage:
    """The header of an attached message/rfc822, decoded."""

    from_header: str
    subject: str = ""
    date_raw: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    claim: ForwardClaim
    end: int  # the line below


def find_forward(
    subject: str,
    text: str,
    html_text: str = "",
    attached: Sequence[AttachedMessage] = (),
    own: Collection[str] = (),
) -> ForwardClaim | None:
    """What a forward says of the message inside; None when this is no forward.

    `html_text` is the HTML body as text, asked when the plain one says nothing. `own` are the outer senders
    (canonical): while an inner message is from one of them, or is a forward by a colleague of theirs (an address of the
    same domain), one steps inward. Not past anybody else: what a stranger's mail quotes is that stranger's word.
    """
    if mark_of(subject) == "reply":
        return None
    if attached:
        return _from_attached(attached)
    is_marked = mark_of(subject) == "forward"
    found = (_inward(_lines(each), is_marked, subject, own) for each in (text, html_text) if each)
    claims = [claim for claim in found if claim]
    return next((claim for claim in claims if claim.sender), claims[0] if claims else None)


def mark_of(subject: str) -> str | None:
    """ "forward" or "reply", by what the subject begins with; None when it begins with neither."""
    rest = _tidied(subject)
    while tag := _TAG.match(rest):  # "[EXTERN] WG: ..."
        rest = rest[tag.end() :]
    prefix = _PREFIX.match(rest)
    mark = plain(prefix[1]) if prefix else ""
    if mark in FORWARD_PREFIXES:
        return "forward"
    return "reply" if mark in REPLY_PREFIXES else None


def _from_attached(attached: Sequence[AttachedMessage]) -> ForwardClaim | None:
    senders = {read_sender(each.from_header)[0] for each in attached}
    if len(senders) > 1:  # several messages of several people: no one of them is the sender
        return None
    first = attached[0]
    sender, name = read_sender(first.from_header)
    return ForwardClaim(
        sender, name, _or_none(first.subject), _or_none(first.date_raw), "attached_message", _or_none(first.to)
    )


def _inward(lines: list[str], is_marked: bool, subject: str, own: Collection[str]) -> ForwardClaim | None:
    """The first forward in these lines; while that is a forward itself, the next one within."""
    found = _first(lines, 0, is_marked, subject)
    claim = found.claim if found else None
    for _ in range(_MOST_STEPS):
        if found is None:
            break
        is_passed_on = mark_of(found.claim.subject or "") == "forward"
        if found.claim.sender not in own and not (is_passed_on and _is_colleague(found.claim.sender, own)):
            break
        found = _first(lines, found.end, is_passed_on or is_marked, found.claim.subject or subject)
        claim = found.claim if found and found.claim.sender else claim
    return claim


def _is_colleague(sender: str | None, own: Collection[str]) -> bool:
    domain = (sender or "").rpartition("@")[2]
    return domain not in SHARED_DOMAINS and any(each.rpartition("@")[2] == domain for each in own)


def _first(lines: list[str], start: int, is_marked: bool, subject: str) -> _Found | None:
    number = start
    while number < len(lines):
        found, below = _at_separator(lines, number, subject), number + 1
        if found is None and is_marked:
            found, below = _at_block(lines, number, subject)
            found = found or _at_quote_line(lines, number, subject)
        if found:
            return found
        number = below
    return None


def _at_separator(lines: list[str], number: int, subject: str) -> _Found | None:
    """A line that says that a forwarded message begins, with the header block below it."""
    line = lines[number]
    dashed = _BETWEEN_DASHES.match(line) if line.startswith("--") else None
    if dashed and plain(dashed[1]) in FORWARD_LINES:
        if dashed[2]:
            return _claim(read_run_on(dashed[2]), "separator", number + 1)
    elif not (line.endswith(":") and plain(line.strip("*_ :")) in FORWARD_LINES):
        return None
    block = read_block(lines, number + 1)
    if not block.is_plausible:
        # "21.10.2025, 14:44, "N" <a>:", as Yandex writes it: who wrote, and no verb.
        below = next((n for n in range(number + 1, min(number + 3, len(lines))) if lines[n]), number)
        return _at_quote_line(lines, below, subject, is_announced=True) or _claim(Block(), "separator", block.end)
    return _claim(block, "separator", block.end)


def _at_block(lines: list[str], number: int, subject: str) -> tuple[_Found | None, int]:
    """A header block that nothing announces (the subject has said that this is a forward), and the line below.

    A block that is not whole holds no whole one further down: it is passed over, so that every line is read once.
    """
    if split_label(lines[number]) is None:
        return None, number + 1
    block = read_block(lines, number)
    # "VS:" is a forward in Danish and Norwegian, and a reply in Finnish.
    is_finnish_reply = block.from_label == FINNISH_FROM and plain(subject[:LONGEST_VALUE]).startswith("vs:")
    if block.is_complete and not is_finnish_reply:
        return _claim(block, "header_block", block.end), block.end
    return None, max(block.end, number + 1)


def _at_quote_line(lines: list[str], number: int, subject: str, *, is_announced: bool = False) -> _Found | None:
    """ "On 28/10/2021 12:46, "N" <a> wrote:", in one line or two. The subject inside is the outer one unmarked."""
    line = lines[number]
    begins = "@" in line or _DATE.search(line[:LONGEST_VALUE]) is not None
    if begins and not line.endswith(":") and number + 1 < len(lines):
        line = f"{line} {lines[number + 1]}"
    if "@" not in line or not line.endswith(":") or len(line) > LONGEST_VALUE:
        return None
    folded = plain(line)
    sender, _ = read_sender(line)
    if sender is None or not (is_announced or any(verb in folded for verb in WROTE)):
        return None
    date = _DATE.search(line)
    values = (_quoted_name(line), _or_none(_unmarked(subject)), date[0].rstrip(",") if date else None)
    return _Found(ForwardClaim(sender, *values, evidence="quote_line"), number + 1)


def _quoted_name(line: str) -> str | None:
    quoted = _QUOTED_NAME.search(line)
    if quoted:
        return told(quoted[1])
    head = re.split(r"[<(\[]", line, maxsplit=1)[0]
    date = _DATE.search(head)
    words = head[date.end() if date else 0 :].split()
    while words and plain(words[0]).strip(",") in BEFORE_NAME:
        words.pop(0)
    return told(" ".join(words)) or None


def _unmarked(subject: str) -> str:
    rest = _tidied(subject)
    prefix = _PREFIX.match(rest)
    return rest[prefix.end() :] if prefix and plain(prefix[1]) in FORWARD_PREFIXES else rest


def _claim(block: Block, evidence: str, end: int) -> _Found:
    sender, name = read_sender(block.values.get("from", ""))
    subject, date, to = (_or_none(block.values.get(each, "")) for each in ("subject", "date", "to"))
    return _Found(ForwardClaim(sender, name, subject, date, evidence, to), end)


def _lines(text: str) -> list[str]:
    return list(_plain_lines(text[:LONGEST_TEXT]))


def _plain_lines(text: str) -> Iterator[str]:
    is_tidy = text.isascii()
    for line in text.splitlines():
        cut = line[:_LONGEST_LINE]
        bare = (cut if is_tidy else cut.translate(_TIDIED)).strip()
        marks = _QUOTE_MARKS.match(bare)
        yield bare[marks.end() :].strip() if marks else bare


def _tidied(subject: str) -> str:
    return subject[:LONGEST_VALUE].translate(_TIDIED).lstrip()


def _or_none(text: str) -> str | None:
    return told(text, LONGEST_VALUE) or None


# Byte order marks and zero-width characters that programs leave in, the no-break space before a French colon, and the
# full-width colon of East Asia.
_TIDIED = {0xFEFF: None, 0x200B: None, 0x200E: None, 0x200F: None, 0x00A0: " ", 0x202F: " ", 0xFF1A: ":"}
