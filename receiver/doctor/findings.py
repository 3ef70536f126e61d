"""What a check found, and how checks are run: side by side, none longer than five seconds.

A check that takes longer is told as a failure and left behind; nothing waits for it, not even the end of the program.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

CHECK_SECONDS = 5.0
# What a check may wait for somebody else, so that its own words are heard before it is given up.
PATIENCE_SECONDS = 4.0

Result = Literal["ok", "warning", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One row: what was looked at, how it is, and what to do when it is not well."""

    check: str
    result: Result
    what: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """Something to look at; `subject` names the thing in case it gives no answer."""

    name: str
    subject: str
    examine: Callable[[], Sequence[Finding]]


def run_together(checks: Sequence[Check], seconds: float = CHECK_SECONDS) -> list[Finding]:
    """The findings of all checks in their order, within `seconds`."""
    found: dict[int, Sequence[Finding]] = {}

    def run(number: int, check: Check) -> None:
        found[number] = check.examine()

    threads = [threading.Thread(target=run, args=each, daemon=True) for each in enumerate(checks)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return [
        finding
        for number, check in enumerate(checks)
        for finding in (found[number] if number in found else [_unanswered(check, seconds, threads[number])])
    ]


def _unanswered(check: Check, seconds: float, thread: threading.Thread) -> Finding:
    if thread.is_alive():
        remedy = "find out what it waits for: network, disk or database"
        return Finding(check.name, "failed", f"{check.subject}: no answer within {seconds:g} seconds", remedy)
    remedy = "this is a defect of postbus: report what stands on stderr"
    return Finding(check.name, "failed", f"{check.subject}: could not be examined", remedy)
