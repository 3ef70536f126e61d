"""By which keys an index finds a standard, and which keys a message has.

A key is a fact and a text; its 32-bit checksum is what the index holds. Where two keys share one, a candidate is found
in vain and judged: never wrong, only late. Facts that are texts are searched for needles by automata.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

from rules.conditions import FACTS, PATTERNS, RECOGNISED, SENDERS, WORDS, Condition, Fact
from rules.globs import Glob
from rules.literals import required_literals
from rules.mail_view import MailView
from rules.words import WordPattern, plain

# Facts whose needles are looked for in a text; patterns have theirs in the text of the words.
TEXTS: tuple[Fact, ...] = ("subject", "body", "attachment_name", "seller")
# Facts that may be unknown (law 20), and lead to few enough standards to be listed; `sender` leads to nearly all.
UNKNOWABLE: frozenset[Fact] = frozenset(FACTS) - {"sender", "reverse_path", "subject", "subject_pattern", "size"}
_TEXT_OF: dict[Fact, Fact] = {"subject_pattern": "subject", "body_pattern": "body"}
_FETCHED: dict[Fact, str] = {
    **dict.fromkeys(("body", "body_pattern"), "text"),
    "attachment_name": "attachments",
}
_TOLD: frozenset[Fact] = frozenset({"sender_field", "reply_to", "label", "language", "authentication"})  # or None
_RECOGNISED: dict[Fact, str] = {
    "document_type": "document_types",
    "vat_id": "vat_ids",
    "e_invoice": "e_invoices",
    "currency": "currencies",
}
_SEEDS: dict[Fact, int] = {fact: crc32(fact.encode()) for fact in FACTS}


@dataclass(frozen=True, slots=True)
class Key:
    """A fact, and what it must be or hold."""

    fact: Fact
    text: str

    @property
    def checksum(self) -> int:
        """What the index holds of it."""
        return checksum(self.fact, self.text)


def checksum(fact: Fact, text: str) -> int:
    """32 bits of a key. No secret: whoever makes two keys collide makes a mail slower by one judgement."""
    return crc32(text.encode("utf-8", "surrogatepass"), _SEEDS[fact])


def keys_of(condition: Condition) -> Iterator[tuple[Key, ...]]:
    """For each value the keys of which any one finds the standard whenever that value holds; none: it has no key."""
    fact = condition.fact
    for value in condition.values:
        if fact in WORDS:
            pattern = WordPattern.compile(value)
            yield () if pattern.says_nothing else (Key(fact, pattern.needle),)
        elif fact in PATTERNS:
            yield tuple(Key(_TEXT_OF[fact], literal) for literal in required_literals(value))
        elif fact == "attachment_name":
            literal = Glob.compile(value).literal
            yield (Key(fact, literal),) if literal else ()
        elif fact in {"label", "e_invoice"}:
            yield (Key(fact, plain(value)),)
        else:
            yield () if fact == "size" else (Key(fact, value),)


def texts_of(fact: Fact, view: MailView) -> tuple[str, ...]:
    """The texts of a message that an automaton searches for the needles of `fact`."""
    if fact == "attachment_name":
        return view.possible_names
    if fact == "subject":
        return (view.subject.marked,)
    if fact == "seller":
        return tuple(each.marked for each in view.recognised.sellers)
    return (view.body.marked,) if view.is_fetched("text") else ()


def values_of(fact: Fact, view: MailView) -> frozenset[str]:
    """Every text that a key of `fact` may have for this message."""
    if fact in SENDERS:
        return _addresses(fact, view) or frozenset()
    if fact == "attachment_type":
        return view.types
    if fact in _RECOGNISED:
        told: frozenset[str] = getattr(view.recognised, _RECOGNISED[fact])
        return told
    value = {"label": view.label, "language": view.facts.language, "authentication": view.facts.authentication}[fact]
    return frozenset() if value is None else frozenset({value})


def is_unknown(fact: Fact, view: MailView) -> bool:
    """Law 20: it was not fetched, or nobody has told, so a standard that asks for it may fit."""
    if fact == "attachment_type":
        return not view.is_type_known
    if fact in RECOGNISED:
        return not view.is_all_recognised
    if fact in _FETCHED:
        return not view.is_fetched(_FETCHED[fact])
    if fact in {"sender", "original_sender"}:
        return view.claimed is None and not view.is_fetched("forward")
    return fact in _TOLD and getattr(view.facts, fact) is None


def _addresses(fact: Fact, view: MailView) -> frozenset[str] | None:
    claimed = view.claimed.texts if view.claimed else frozenset()
    if fact == "sender":
        if len(view.senders) == 1 and not claimed:
            return view.senders[0].texts
        return claimed.union(*(each.texts for each in view.senders))
    if fact == "original_sender":
        return claimed
    if fact == "sender_field":
        return view.sender_field
    return view.reply_to if fact == "reply_to" else view.reverse_path
