"""A message as conditions ask for it: addresses as the texts a standard may hold, words folded once, trust weighed.

Made once a message and tenant; everything in it is made when it is first asked for. Never decides.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, Literal, TypeVar, overload

from rules.addresses import canonical
from rules.facts import AttachmentFacts, MailFacts, TenantPolicy
from rules.patterns import searchable
from rules.recognised import Recognised
from rules.recognition.accounting.rating import LEFT_OPEN
from rules.words import FoldedText, fold, plain

Mistrust = Literal["not_registered", "not_authenticated", "unknown"]
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sender:
    """An address, and every way in which a standard may write it: itself, `@domain`, `@*.parent`."""

    address: str
    texts: frozenset[str]


Made = TypeVar("Made")


class once(Generic[Made]):  # noqa: N801 - reads as functools.cached_property, whose lock costs 2 us each time (3.11)
    """An attribute that is made when it is first asked for. Where two threads ask at once, both make the same."""

    def __init__(self, make: Callable[[Any], Made]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, view: None, owner: type) -> "once[Made]": ...
    @overload
    def __get__(self, view: object, owner: type) -> Made: ...
    def __get__(self, view: object | None, owner: type) -> "Made | once[Made]":
        if view is None:
            return self
        made = view.__dict__[self._name] = self._make(view)
        return made


class MailView:
    """The facts of one message under one tenant's policy."""

    def __init__(self, facts: MailFacts, policy: TenantPolicy) -> None:
        self.facts = facts
        self.policy = policy

    @once
    def senders(self) -> tuple[Sender, ...]:
        """Every address in header From."""
        return _senders(self.facts.from_addresses)

    @once
    def claimed(self) -> Sender | None:
        """The original sender of a forward: a claim (law 22)."""
        claim = self.facts.forward.sender if self.facts.forward else None
        return sender(claim) if claim else None

    @once
    def mistrust(self) -> Mistrust | None:
        """Why the claim is not believed; None when it is (law 22)."""
        if self.policy.trust_forwards == "everyone":
            return None
        if self.policy.trust_forwards == "registered":
            registered = self.policy.registered_forwarders
            is_registered = bool(self.senders) and all(each.address in registered for each in self.senders)
            return None if is_registered else "not_registered"
        # Law 20: as long as nobody makes verdicts, they are unknown, and what is unknown satisfies nothing.
        if self.facts.authentication is None:
            return "unknown"
        return None if self.facts.authentication == "pass" else "not_authenticated"

    @once
    def sender_field(self) -> frozenset[str] | None:
        """The ways to write the addresses of header field Sender; None when it was not fetched."""
        return _texts(self.facts.sender_field)

    @once
    def reply_to(self) -> frozenset[str] | None:
        """The ways to write the addresses of Reply-To; None when it was not fetched."""
        return _texts(self.facts.reply_to)

    @once
    def reverse_path(self) -> frozenset[str]:
        """The ways to write the envelope's sender; none of the null reverse-path."""
        found = sender(self.facts.reverse_path)
        return found.texts if found else _NONE

    @once
    def subject(self) -> FoldedText:
        """The subject, folded."""
        return fold(self.facts.subject)

    @once
    def body(self) -> FoldedText:
        """The text, folded."""
        return fold(self.facts.text)

    @once
    def subject_octets(self) -> bytes:
        """The subject as patterns search it."""
        return searchable(self.facts.subject)

    @once
    def body_octets(self) -> bytes:
        """The text as patterns search it."""
        return searchable(self.facts.text)

    @once
    def label(self) -> str | None:
        """The label of the import address as it is compared; None when it is not known."""
        return None if self.facts.label is None else plain(self.facts.label)

    @once
    def attached(self) -> tuple[AttachmentFacts, ...]:
        """The attachments that conditions see: what the body shows is part of the body."""
        return tuple(each for each in self.facts.attachments if not each.is_referenced)

    @once
    def names(self) -> tuple[str, ...]:
        """The names of the attachments as they are compared."""
        return _names(tuple(each for each in self.attached if not each.may_be_shown))

    @once
    def possible_names(self) -> tuple[str, ...]:
        """The same with those of attachments of which only their contents would tell whether the body shows them."""
        return self.names if self.is_fetched("contents") else _names(self.facts.attachments)

    @once
    def is_type_known(self) -> bool:
        """Whether it is known of which types the attachments are: a declared type is a claim, the octets tell."""
        return self.is_fetched("attachments") and (self.is_fetched("contents") or not self.facts.attachments)

    @once
    def types(self) -> frozenset[str]:
        """The media types of the attachments, each also as `image/*`."""
        own = {each.media_type for each in self.attached} if self.is_fetched("contents") else set()
        return frozenset(own | {each.partition("/")[0] + "/*" for each in own})

    @once
    def recognised(self) -> Recognised:
        """What the documents of this mail say they are."""
        return Recognised.of(self.facts, self.attached, self.policy.possible_score)

    @once
    def is_all_recognised(self) -> bool:
        """Whether everything was looked at that may say more."""
        rated = self.facts.accounting
        if self.is_fetched("contents"):
            return self.is_fetched("attachments") and (rated is not None or self.is_fetched("text"))
        # Read in a mailbox: its HTML, or what the whole header says, may lift a rating, but none from below that.
        is_low = rated is not None and rated.score < min(LEFT_OPEN, self.policy.possible_score)
        return not self.facts.attachments and is_low

    def is_fetched(self, what: str) -> bool:
        """Whether somebody looked at the `text`, the `attachments`, their `contents` or the `forward` (law 20)."""
        return what not in self.facts.not_fetched


@lru_cache(maxsize=4096)
def sender(address: str) -> Sender | None:
    """An address with every way to write it; None when it is no address."""
    known = canonical(address)
    if known is None:
        return None
    domain = known.rpartition("@")[2]
    labels = domain.split(".")
    parents = (".".join(labels[start:]) for start in range(1, len(labels) - 1))
    return Sender(known, frozenset({known, "@" + domain, *("@*." + parent for parent in parents)}))


def _names(attachments: tuple[AttachmentFacts, ...]) -> tuple[str, ...]:
    return tuple(plain(each.filename) for each in attachments if each.filename)


def _senders(addresses: Iterable[str]) -> tuple[Sender, ...]:
    return tuple(each for each in map(sender, addresses) if each is not None)


def _texts(addresses: tuple[str, ...] | None) -> frozenset[str] | None:
    if addresses is None:
        return None
    return frozenset(text for each in _senders(addresses) for text in each.texts)
