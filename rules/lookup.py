"""Match in reverse: from a standard to the stored facts that it may fit, through keys that a database can index.

For a message, `index_keys`: what is stored beside it. For a standard, `lookup_keys`: a message that it fits, or may fit
once something unknown is fetched (law 20), has a stored key that agrees with one of them. What agrees is then judged.
Nothing here queries or judges; `agrees` says in words of this module what the query must do.
"""

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from rules.conditions import PATTERNS, SENDERS, Condition, Fact
from rules.facts import MailFacts, TenantPolicy
from rules.globs import Glob
from rules.literals import required_literals
from rules.mail_view import MailView
from rules.standards import ImportStandard
from rules.words import WordPattern, is_word, plain, stands_alone

Kind = Literal[
    "sender",  # any address of the mail, `@domain` and `@*.parent` of each
    "word",  # of the subject, folded; of scripts without spaces each character, and each two that stand side by side
    "name",  # a run of letters and digits in an attachment's name
    "type",  # an attachment's media type
    "label",  # of the import address
    "forward",  # who forwards: any address of a mail that names an original sender
    "unknown",  # a kind of key that was not fetched for this mail: it may be anything
]
How = Literal["whole", "starts", "ends", "holds"]

MOST_KEYS = 250
LONGEST_KEY = 500  # characters; a key of PostgreSQL's index may have 2,700 octets
_BOUNDED: tuple[Kind, ...] = ("sender", "word", "name", "type")
_ANYONE = TenantPolicy()  # a claim that one tenant mistrusts is a key all the same
_RUN = re.compile(r"[0-9a-z]+")


@dataclass(frozen=True, slots=True)
class StoredKey:
    """By which a message is found."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class LookupKey:
    """Which stored keys a standard asks for: those whose text is, starts with, ends with or holds `text`."""

    kind: Kind
    how: How
    text: str

    def agrees(self, stored: StoredKey) -> bool:
        """Whether this is such a key."""
        if stored.kind != self.kind:
            return False
        if self.how == "whole":
            return stored.text == self.text
        if self.how == "starts":
            return stored.text.startswith(self.text)
        return stored.text.endswith(self.text) if self.how == "ends" else self.text in stored.text


def lookup_keys(standard: ImportStandard) -> frozenset[LookupKey] | None:
    """The keys of which each message that the standard fits has one; None when no key leads to them: ask every one."""
    for condition in standard.any_of:  # senders first: the order of the facts is that of how few they lead to
        found = [_key_of(condition.fact, value) for value in condition.values]
        if found and None not in found:
            unknown = LookupKey("unknown", "whole", _kind_of(condition))
            return frozenset({*filter(None, found), unknown})
    return None


def forward_keys(forwarders: Iterable[str]) -> frozenset[LookupKey]:
    """The keys of what these addresses (canonical) have forwarded; of nobody in particular: of every forward."""
    named = [LookupKey("forward", "whole", each) for each in forwarders]
    return frozenset((*(named or [LookupKey("forward", "whole", "")]), LookupKey("unknown", "whole", "sender")))


def facts_asked(standard: ImportStandard) -> frozenset[Fact]:
    """The facts without which the standard cannot be judged."""
    return frozenset(each.fact for each in (*standard.any_of, *standard.none_of))


def index_keys(facts: MailFacts) -> frozenset[StoredKey]:
    """Every key by which a message is found: at most MOST_KEYS of a kind, none longer than LONGEST_KEY."""
    view = MailView(facts, _ANYONE)
    found: dict[Kind, set[str]] = {
        "sender": set(_senders(view)),
        "word": set(_words(view.subject.marked)),
        "name": {run for name in view.possible_names for run in _RUN.findall(name)},
        "type": {each.media_type for each in view.attached} if view.is_type_known else set(),
        "label": {view.label} if view.label else set(),
        "forward": set(_forwarders(view)),
        "unknown": set(_unknown(facts)),
    }
    for kind in _BOUNDED:
        # A hostile mail that has more gets none of them, and is asked whatever is looked for.
        if len(found[kind]) > MOST_KEYS or max(map(len, found[kind]), default=0) > LONGEST_KEY:
            found[kind] = set()
            found["unknown"].add(kind)
    return frozenset(StoredKey(kind, text) for kind, texts in found.items() for text in texts)


def _kind_of(condition: Condition) -> str:
    return {"attachment_name": "name", "attachment_type": "type", "label": "label"}.get(
        condition.fact, "sender" if condition.fact in SENDERS else "word"
    )


def _key_of(fact: Fact, value: str) -> LookupKey | None:
    if fact in SENDERS or fact == "label":
        return LookupKey("sender", "whole", value) if fact in SENDERS else LookupKey("label", "whole", plain(value))
    if fact == "subject":
        return _word_key(WordPattern.compile(value).needle)
    if fact in PATTERNS - {"body_pattern"}:
        literal = next(iter(required_literals(value)), None)
        return LookupKey("word", "holds", literal) if literal else None
    if fact == "attachment_name":
        return _best(_runs_of(Glob.compile(value).pieces))
    if fact != "attachment_type":
        return None
    return LookupKey("type", "starts", value[:-1]) if value.endswith("/*") else LookupKey("type", "whole", value)


def _word_key(needle: str) -> LookupKey | None:
    pieces = needle.split("\x00")
    last = len(pieces) - 1
    words = (
        LookupKey("word", _HOW[number > 0, number < last], piece)
        for number, piece in enumerate(pieces)
        if is_word(piece)
    )
    return _best((*words, *(LookupKey("word", "whole", each) for each in _pairs(pieces))))


_HOW: dict[tuple[bool, bool], How] = {
    (True, True): "whole",
    (True, False): "starts",
    (False, True): "ends",
    (False, False): "holds",
}


def _best(keys: Iterable[LookupKey]) -> LookupKey | None:
    """The one that probably leads to the fewest messages."""
    return max(keys, key=lambda key: (len(key.text) + 2 * (key.how == "whole"), key.text), default=None)


def _runs_of(pieces: tuple[str, ...]) -> Iterator[LookupKey]:
    """The runs of letters and digits in a glob; one beside a star or a question mark may go on there."""
    for number, piece in enumerate(pieces):
        for run in _RUN.finditer(piece):
            before, after = piece[: run.start()], piece[run.end() :]
            begins = not before.endswith("?") if before else number == 0
            ends = not after.startswith("?") if after else number == len(pieces) - 1
            yield LookupKey("name", _HOW[begins, ends], run[0])


def _senders(view: MailView) -> Iterator[str]:
    for each in view.senders:
        yield from each.texts
    for texts in (view.claimed.texts if view.claimed else None, view.sender_field, view.reply_to, view.reverse_path):
        yield from texts or ()


def _forwarders(view: MailView) -> Iterator[str]:
    if view.claimed:
        yield ""
        yield from (each.address for each in view.senders)


def _words(marked: str) -> Iterator[str]:
    pieces = marked.split("\x00")
    yield from filter(is_word, pieces)
    yield from _pairs(pieces)


def _pairs(pieces: list[str]) -> Iterator[str]:
    for one, other in itertools.pairwise(pieces):
        if stands_alone(one) and stands_alone(other):
            yield one + other


def _unknown(facts: MailFacts) -> Iterator[str]:
    if facts.sender_field is None or facts.reply_to is None or "forward" in facts.not_fetched:
        yield "sender"
    if facts.label is None:
        yield "label"
    if "attachments" in facts.not_fetched:
        yield "name"
    if "attachments" in facts.not_fetched or ("contents" in facts.not_fetched and facts.attachments):
        yield "type"
