"""What decides about each tenant's mail, kept in memory as long as its revision holds (law 12).

The catalogue is made ready once for each of its versions and shared by all tenants. One look at the database for a
batch tells which revisions still hold and which version is in force, so a change needs no restart and no signal.
Settling checks both again inside its transaction. Raises TemporaryFailure when the database does not answer.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from receiver.cataloguing.index_file import open_index
from rules.asking import RuleSet
from rules.decision import Decision
from rules.engine import decide
from rules.facts import MailFacts, TenantPolicy
from rules.index import rule_set_of
from rules.standards import ImportStandard
from storage.catalogue import payload_at, state_of
from storage.catalogue_switches import switched_off
from storage.database import Database, Session
from storage.failures import NotFound
from storage.standards import revisions_of, rules_of

MAX_TENANTS = 5000


@dataclass(frozen=True, slots=True)
class Rules:
    """All that decides about a tenant's mail: its own rules at one revision, the catalogue at one version."""

    revision: int
    standards: RuleSet
    policy: TenantPolicy
    switched_off: frozenset[str] = frozenset()  # ids of the catalogue's standards
    catalogue: RuleSet | None = None

    def decide(self, facts: MailFacts) -> Decision:
        """What becomes of a message by these rules."""
        return decide(facts, self.standards, self.policy, self.catalogue, self.switched_off)


class Rulebook:
    """The rules of all tenants met lately. One thread only."""

    def __init__(self, database: Database, indexes: Path | None = None) -> None:
        self._database = database
        self._indexes = indexes  # the folder where processes share what they compile
        self._known: dict[str, Rules] = {}
        self._catalogue: RuleSet | None = None

    def rules_for(self, tenants: Collection[str]) -> dict[str, Rules]:
        """The rules in force of these tenants; those that are gone are missing."""
        with self._database.read() as session:
            self._read_catalogue(session)
            found: dict[str, Rules] = {}
            for tenant_id, revision in revisions_of(session, tenants).items():
                known = self._known.get(tenant_id)
                if known is None or known.revision != revision:
                    try:
                        known = _rules(*rules_of(session, tenant_id), switched_off(session, tenant_id))
                    except NotFound:  # removed between the two queries
                        continue
                found[tenant_id] = known
        self._remember(found)
        return {tenant_id: replace(known, catalogue=self._catalogue) for tenant_id, known in found.items()}

    def _read_catalogue(self, session: Session) -> None:
        version = state_of(session).active_version
        if version is None:
            self._catalogue = None
        elif self._catalogue is None or self._catalogue.version != version:
            self._catalogue = open_index(self._indexes, payload_at(session, version))

    def _remember(self, found: dict[str, Rules]) -> None:
        if len(self._known) + len(found) > MAX_TENANTS:
            self._known.clear()
        self._known.update(found)


def _rules(revision: int, standards: tuple[ImportStandard, ...], policy: TenantPolicy, off: frozenset[str]) -> Rules:
    return Rules(revision, rule_set_of(standards), policy, off)
