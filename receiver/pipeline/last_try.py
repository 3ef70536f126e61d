"""Read a mail once more without what ended those who read it: one bad file must not cost the others in it.

What a child was at when it ended is left out, then what the next one was at, a few times; then what those were read
by, in all parts.
A mail that ends a child that read no file, or what was left out already, stays unread. Raises AttemptFailed and what
the pool raises.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from receiver.pipeline.parsing import AttemptFailed, Choose, Mail, Parsed, Pool
from rules.facts import READERS, Unread

# Each may take as long as a mail may take.
MOST_TRIES: Final = 4


def read_with_less(pool: Pool, mail: Mail, choose: Choose) -> Parsed:
    """The mail with as much read of it as can be; what was not is among its facts."""
    for tries_left in reversed(range(MOST_TRIES)):
        try:
            return pool.submit(mail, choose).result()
        except AttemptFailed as failed:
            suspect = failed.suspect
            is_left_out = suspect is not None and {suspect, Unread("", suspect.reader)} & mail.left_out
            if suspect is None or is_left_out or not tries_left:
                raise
            left_out = mail.left_out | {suspect}
            everywhere = frozenset(Unread("", each.reader) for each in left_out)
            mail = replace(mail, left_out=left_out if tries_left > 1 else everywhere)
    raise AssertionError("the last try returns or raises")


def told_of(suspect: Unread | None) -> dict[str, str | int]:
    """What an attempt leaves to the next one, among the parameters of why it failed."""
    return {"reader": suspect.reader, "part": suspect.part} if suspect else {}


def suspect_told(params: Mapping[str, object]) -> Unread | None:
    """The suspect in such parameters."""
    reader, part = str(params.get("reader", "")), str(params.get("part", ""))
    return Unread(part, reader) if reader in READERS and part else None
