"""What decides about each tenant's mail, kept in memory as long as its revision holds (law 12).

One query for a batch tells which revisions still hold. Settling checks them again inside its transaction.
Raises TemporaryFailure when the database does not answer.
"""

from collections.abc import Collection
from dataclasses import dataclass

from rules.asking import RuleSet
from rules.decision import Decision
from rules.engine import decide
from rules.facts import MailFacts, TenantPolicy
from rules.index import rule_set_of
from rules.standards import ImportStandard
from storage.database import Database
from storage.failures import NotFound
from storage.standards import revisions_of, rules_of

MAX_TENANTS = 5000


@dataclass(frozen=True, slots=True)
class Rules:
    """A tenant's standards and policy at one revision."""

    revision: int
    standards: RuleSet
    policy: TenantPolicy

    def decide(self, facts: MailFacts) -> Decision:
        """What becomes of a message by these rules."""
        return decide(facts, self.standards, self.policy)


class Rulebook:
    """The rules of all tenants met lately. One thread only."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, Rules] = {}

    def rules_for(self, tenants: Collection[str]) -> dict[str, Rules]:
        """The rules in force of these tenants; those that are gone are missing."""
        with self._database.read() as session:
            revisions = revisions_of(session, tenants)
            found: dict[str, Rules] = {}
            for tenant_id, revision in revisions.items():
                known = self._known.get(tenant_id)
                if known is None or known.revision != revision:
                    try:
                        known = _rules(*rules_of(session, tenant_id))
                    except NotFound:  # removed between the two queries
                        continue
                found[tenant_id] = known
        self._remember(found)
        return found

    def _remember(self, found: dict[str, Rules]) -> None:
        if len(self._known) + len(found) > MAX_TENANTS:
            self._known.clear()
        self._known.update(found)


def _rules(revision: int, standards: tuple[ImportStandard, ...], policy: TenantPolicy) -> Rules:
    return Rules(revision, rule_set_of(standards), policy)
