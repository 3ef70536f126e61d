"""Ask standards in their order until one has the last word, and keep what is worth telling.

Laws 19 and 21. The standards come from a RuleSet, which may leave out those that cannot fit: this is the plain list of
them, rules.index the compiled one. Both ask rules.judging, so that they cannot disagree.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from rules.decision import TraceLine
from rules.judging import Verdict, judge
from rules.keeping import may_keep
from rules.mail_view import MailView
from rules.standards import ImportStandard, order
from rules.telling import line_of

MOST_NEAR = 20  # standards told that nearly fitted
MOST_LISTED = 50  # of a tenant with so few standards, each is told


@dataclass(slots=True)
class Asked:
    """What the standards of one set said."""

    seeks_names: bool = False  # whether it matters that a standard names this sender (law 19)
    lines: list[TraceLine] = field(default_factory=list)
    fitting: Verdict | None = None
    stopping: Verdict | None = None  # its senders fit, the rest does not, and nothing after it is asked
    naming: Verdict | None = None  # the first that names this sender, though it does not fit
    untrusted: Verdict | None = None  # the first that would fit if the claim were believed
    may_fit: bool = False  # law 20: one that would keep something may fit, were all of the mail fetched

    @property
    def wants_near(self) -> bool:
        """Whether standards that cannot fit are still worth asking."""
        return len(self.lines) < MOST_NEAR or (self.seeks_names and self.naming is None)


class RuleSet(Protocol):
    """Standards, ready to be asked. May be shared by threads; never changes."""

    @property
    def version(self) -> int | None:
        """Of the catalogue."""

    @property
    def tells_all(self) -> bool:
        """Whether every standard asked is told, or only those that nearly fit."""

    def candidates(self, view: MailView, asked: Asked) -> Iterator[ImportStandard]:
        """In order: every standard that may fit or stop; as long as `asked.wants_near`, those that nearly fit too."""


@dataclass(frozen=True, slots=True)
class StandardList:
    """The plain loop: every standard is asked."""

    standards: tuple[ImportStandard, ...]  # in order
    tells_all: bool = False
    version: int | None = None

    @classmethod
    def of_tenant(cls, standards: Iterable[ImportStandard]) -> "StandardList":
        """A tenant's own, each of them told when they are few."""
        known = tuple(sorted(standards, key=order))
        return cls(known, tells_all=len(known) <= MOST_LISTED)

    @classmethod
    def of_catalogue(cls, standards: Iterable[ImportStandard], version: int) -> "StandardList":
        """The catalogue's."""
        return cls(tuple(sorted(standards, key=order)), version=version)

    def candidates(self, view: MailView, asked: Asked) -> Iterator[ImportStandard]:  # noqa: ARG002 - asks all
        """All of them."""
        return iter(self.standards)


def ask(
    rules: RuleSet, view: MailView, *, seeks_names: bool = False, switched_off: Collection[str] = frozenset()
) -> Asked:
    """What these standards say of the message, without those whose ids are switched off."""
    asked = Asked(seeks_names)
    for standard in rules.candidates(view, asked):
        if standard.id in switched_off:
            continue
        verdict = judge(standard, view)
        if verdict.fits:  # law 21: the first that fits decides
            asked.lines.append(line_of(verdict, view))
            asked.fitting = verdict
            break
        if rules.tells_all or (verdict.is_near and len(asked.lines) < MOST_NEAR):
            asked.lines.append(line_of(verdict, view))
        asked.may_fit = asked.may_fit or (verdict.may_fit and may_keep(standard, view.facts))
        if verdict.names_sender and asked.naming is None:
            asked.naming = verdict
        if verdict.is_untrusted and asked.untrusted is None:
            asked.untrusted = verdict
        if standard.stop_here and verdict.holds_senders:
            asked.stopping = verdict
            asked.lines.append(TraceLine(standard.name, "has_last_word"))
            break
    return asked
