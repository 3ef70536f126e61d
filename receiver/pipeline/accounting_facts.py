"""Rate what a mail brings: its text, its PDFs and pictures, each with what the mail around it says. In the child.

Has the pure rules.recognition.accounting rate what was read (receiver.pipeline.file_reading); decides nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from email.message import Message
from typing import Final

from receiver.mail.fields import text_of
from receiver.pipeline.reading import Reading
from receiver.pipeline.unpack import Unpacked
from receiver.rendering.plain import plain_text
from rules.facts import Accounting, ForwardClaim, Special
from rules.recognition.accounting.hints import HEADER_NAMES, Hints
from rules.recognition.accounting.ledger import MOST_POINTS
from rules.recognition.accounting.rating import FileText, rate_file, rate_text
from rules.recognition.accounting.structured import read_structured
from rules.recognition.special import HEADER_NAMES as SPECIAL_NAMES
from rules.recognition.special import Head, find_link, find_special

MAX_HTML_READ: Final = 512 * 1024


@dataclass(slots=True)
class Rater:
    """Rates one mail's text and files."""

    hints: Hints
    text: str
    html: str
    language: str | None
    _has_plain: bool = field(default=False)

    @classmethod
    def of(
        cls, reading: Reading, text: str, forward: ForwardClaim | None, language: str | None, header: Mapping[str, str]
    ) -> "Rater":
        """For a mail: `text` is its body as plain text, `header` its fields of HEADER_NAMES."""
        is_claimed = forward is not None and forward.sender is not None
        name = (forward.sender_name if is_claimed and forward else reading.from_header.partition("<")[0]) or ""
        address = (forward.sender if is_claimed and forward else next(iter(reading.from_addresses), "")) or ""
        hints = Hints.of(reading.subject, name, address, header)
        return cls(hints, text, reading.html, language, _has_plain=bool(reading.plain.strip()))

    def of_text(self) -> Accounting | None:
        """The rating of the mail's own text; None of a mail that says nothing."""
        if not self.text.strip():
            return None
        structured = read_structured(self.html)
        rating = rate_text(self.text, self.hints, self.language, structured)
        # Whatever the score: each tenant has thresholds of its own, and other ones later. These facts serve them all.
        if not (self.html and self._has_plain and rating.score < MOST_POINTS):
            return rating
        words = plain_text(self.html[:MAX_HTML_READ])
        return max(rating, rate_text(words, self.hints, self.language, structured), key=lambda each: each.score)

    def of_file(self, file: FileText | None, *, is_referenced: bool) -> Accounting | None:
        """The rating of what was read of a file; None of what nobody reads, and of a picture that the text shows."""
        if file is None or (file.state == "picture" and is_referenced):
            return None
        return rate_file(replace(file, language=file.language or self.language), self.hints, self.text)


def special_of(unpacked: Unpacked, rater: Rater, reading: Reading, rating: Accounting | None) -> Special | None:
    """Whether the mail is about mail, or only says where a bill lies. `rating`: of its text."""
    fields = unpacked.fields
    media_type = " ".join(text_of(fields, "content-type").lower().split())[:500]
    sender = next(iter(reading.from_addresses), "").lower()
    head = Head(media_type, _values_of(fields, SPECIAL_NAMES), sender, reading.subject)
    special = find_special(head, rater.text)
    if special or rating is None or all(each.code != "elsewhere" for each in rating.evidence):
        return special
    return find_link(rater.text, rater.html)


def header_of(fields: Message) -> dict[str, str]:
    """The fields that hints are made of."""
    return _values_of(fields, HEADER_NAMES)


def _values_of(fields: Message, names: Iterable[str]) -> dict[str, str]:
    return {name: text_of(fields, name)[:500] for name in names if fields.get(name) is not None}
