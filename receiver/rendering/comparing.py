"""Compare two PDFs: their octets, their pages, and how the pages look.

pdfium runs in a child with limits and a deadline, never in this process; what it says is checked. Never raises: PDFs
that cannot be drawn are told as such.
"""

import json
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from receiver.rendering import bounded_run
from receiver.rendering.bounded_run import MODULE_ENVIRONMENT, Limits

LENGTH = struct.Struct(">Q")  # of the first PDF, before both of them
MAX_PAGES = 1000  # that are drawn
SECONDS = 120.0
MAX_ANSWER_OCTETS = 256 * 1024


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a PDF differs from the one before it."""

    has_same_octets: bool
    pages_before: int | None = None  # None: it could not be drawn
    pages_after: int | None = None
    shares: tuple[float | None, ...] = ()  # of pixels that differ, by page; None: not looked at

    @property
    def looks_the_same(self) -> bool:
        """Whether nobody could tell the two apart on paper."""
        return self.has_same_octets or (
            self.pages_before is not None and self.pages_before == self.pages_after and not self.differing
        )

    @property
    def differing(self) -> dict[int, float | None]:
        """The pages that differ, or were not looked at, by number from 1."""
        return {number: share for number, share in enumerate(self.shares, 1) if share is None or share > 0}


def compare(before: bytes, after: bytes, seconds: float = SECONDS) -> Comparison:
    """Both drawn and compared page by page; the same octets are not drawn."""
    if before == after:
        return Comparison(has_same_octets=True)
    command = [sys.executable, "-P", "-m", "receiver.rendering.pictures"]
    limits = Limits(seconds, MAX_ANSWER_OCTETS, cpu_seconds=round(seconds))
    question = LENGTH.pack(len(before)) + before + after
    outcome = bounded_run.run(command, question, limits, MODULE_ENVIRONMENT)
    try:
        return _told(json.loads(outcome.stdout))
    except (ValueError, KeyError, TypeError, RecursionError):
        return Comparison(has_same_octets=False)


def _told(answer: Mapping[str, Any]) -> Comparison:
    """What the child said. Raises KeyError, TypeError, ValueError when it is no answer."""
    before, after, shares = int(answer["before"]), int(answer["after"]), answer["shares"]
    found = tuple(None if share is None else float(share) for share in shares)
    if len(found) != max(before, after) or any(share is not None and not 0 <= share <= 1 for share in found):
        raise ValueError("not an answer")
    if any(share is None for share in found[:MAX_PAGES]):
        raise ValueError("pages were left out")
    return Comparison(has_same_octets=False, pages_before=before, pages_after=after, shares=found)
