"""Open words, spelled out: which keys begin with, end with or hold what is looked for.

The index of keys is the list of words too: it is walked from one word to the next, whatever number of mails stands
under each. A search inside words walks all words of its kind; the others only those that begin alike.
Both databases order keys by code points (storage.rematch_models).
"""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, text

from rules.lookup import LONGEST_KEY, LookupKey
from storage.stored_facts import REVERSED, kind_of

_WALK = text(
    """
    WITH RECURSIVE words (word) AS (
        SELECT min(key) FROM lookup_keys WHERE kind = :kind AND key >= :first AND key < :beyond
        UNION ALL
        SELECT (SELECT min(key) FROM lookup_keys WHERE kind = :kind AND key > words.word AND key < :beyond)
        FROM words WHERE words.word IS NOT NULL
    )
    SELECT word FROM words WHERE word IS NOT NULL
    """
)
_LAST = "\U0010ffff"


def spelled_out(connection: Connection, wanted: Iterable[LookupKey]) -> set[tuple[str, str]]:
    """The kind and key of every row that one of these asks for, of those that are there."""
    found, inside = set[tuple[str, str]](), dict[str, set[str]]()
    for each in wanted:
        if each.how == "whole":
            found.add((kind_of(each.kind, each.text), each.text))
            continue
        for kind in {each.kind, kind_of(each.kind, each.text)}:  # digits stand in numbers, and in words too
            match each.how:
                case "starts":
                    found.update((kind, word) for word in _walk(connection, kind, each.text))
                case "ends" if kind in REVERSED:
                    reversed_kind = REVERSED[kind]
                    found.update((reversed_kind, word) for word in _walk(connection, reversed_kind, each.text[::-1]))
                case _:
                    inside.setdefault(kind, set()).add(each.text)
    for kind, parts in inside.items():
        found.update((kind, word) for word in _walk(connection, kind, "") if any(part in word for part in parts))
    return found


def _walk(connection: Connection, kind: str, start: str) -> Iterator[str]:
    values = {"kind": kind, "first": start, "beyond": _beyond(start)}
    return iter(connection.execute(_WALK, values).scalars())


def _beyond(start: str) -> str:
    """The first text after all that begin with `start`."""
    kept = start.rstrip(_LAST)
    if not kept:
        return _LAST * (LONGEST_KEY + 1)
    following = ord(kept[-1]) + 1
    # Surrogates stand in no text.
    return kept[:-1] + chr(0xE000 if following == 0xD800 else following)
