"""Matching in reverse, through the index of keys, finds what deciding every stored mail again finds."""

import itertools
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.conditions import in_order
from rules.engine import decide
from rules.facts import MailFacts, TenantPolicy
from rules.standards import ImportStandard
from storage.database import Database
from storage.models import ImportAddress, Tenant
from storage.rematching import drop_candidates, look_up_changes, next_candidates
from storage.settling import settle_many
from storage.standard_changes import note_changes, note_forwards_changed
from storage.tenants import add_tenant
from tests.rules.some_standards import WORDS, mails, policies, standards
from tests.storage_database.settlements import left
from tests.thorough import TIME_FOR_ALL, so_many

pytestmark = TIME_FOR_ALL
TOLD = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
_numbers = itertools.count()
# Those that only words lead to, of mail that they surely import: rare among random ones.
_of_words = st.builds(
    lambda one, word: replace(one, any_of=in_order({"subject": (word,)}), none_of=(), keep="text"),
    standards,
    st.sampled_from([each for each in WORDS if each != "*"]),
)
_any = st.one_of(standards, _of_words)
_stored = st.one_of(mails, mails.map(lambda mail: replace(mail, has_text=True, attachments=())))
Pair = tuple[ImportStandard | None, ImportStandard | None]


@st.composite
def changes(draw) -> list[Pair]:
    """Standards that stay, come, go, or are others now under the same id."""
    pairs: list[Pair] = []
    for one in draw(st.lists(_any, min_size=3, max_size=6)):
        other = draw(_any)
        became = replace(other, id=one.id)
        pairs.append(draw(st.sampled_from([(one, one), (None, one), (one, None), (one, became)])))
    return pairs


def imports(facts: MailFacts, rules: list[ImportStandard], policy: TenantPolicy) -> bool:
    return decide(facts, rules, policy).state == "imported"


@settings(max_examples=so_many(25, in_long_runs=200), deadline=None, suppress_health_check=TOLD)
@given(changes(), st.lists(_stored, min_size=10, max_size=20), policies, policies, st.booleans())
def test_reverse_matching_finds_what_deciding_again_finds(  # noqa: PLR0913, PLR0917 - one world
    database: Database,
    pairs: list[Pair],
    stored: list[MailFacts],
    old_policy: TenantPolicy,
    new_policy: TenantPolicy,
    is_catalogue: bool,
) -> None:
    """The set of mails that are imported afterwards is the same, for a tenant's standards and for shared ones."""
    before = [one for one, _ in pairs if one]
    after = [one for _, one in pairs if one]
    mine = [facts for facts in stored if not imports(facts, before, old_policy)]
    with database.write() as session:
        owner = add_tenant(session, f"T{next(_numbers)}", "standard", ["in.example.com"])
        ids = _settle(session, owner, mine)
        changed = [pair for pair in pairs if pair[0] != pair[1]]
        note_changes(session, changed, tenant_id=None if is_catalogue else owner[0].id)
        _note_policy(session, owner[0].id, old_policy, new_policy)

        look_up_changes(session, None)
        look_up_changes(session, owner[0].id)
        candidates = next_candidates(session, owner[0].id, 1000)
        drop_candidates(session, candidates)

    found = set()
    for candidate in candidates:
        assert candidate.facts is not None
        decision = decide(candidate.facts, after, new_policy)
        whole = ids[candidate.message_id]
        # What the stored facts leave open is read again, and decided from all of it.
        if (decision.state == "imported" or decision.wants_more) and imports(whole, after, new_policy):
            found.add(candidate.message_id)
    assert found == {one for one, facts in ids.items() if imports(facts, after, new_policy)}


def _settle(session, owner: tuple[Tenant, ImportAddress], mine: list[MailFacts]) -> dict[str, MailFacts]:
    made = [left(owner, f"{next(_numbers)}", facts=facts, tenant_revision=owner[0].revision) for facts in mine]
    outcomes = settle_many(session, made)
    return {outcome.message_id: facts for outcome, facts in zip(outcomes, mine, strict=True)}  # type: ignore[union-attr]


def _note_policy(session, tenant_id: str, old: TenantPolicy, new: TenantPolicy) -> None:
    if old.trust_forwards != new.trust_forwards:
        note_forwards_changed(session, tenant_id)
    for forwarder in old.registered_forwarders ^ new.registered_forwarders:
        note_forwards_changed(session, tenant_id, forwarder)
