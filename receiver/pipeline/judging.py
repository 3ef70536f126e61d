"""What the parsed message becomes for each of its tenants: the decisions, what they keep, and the settlement."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from receiver.pipeline.keep import keep_documents, settlement_of, wanted_of
from receiver.pipeline.parsing import Parsed, Wanted
from receiver.rulebook import Rules
from rules.decision import Decision
from rules.facts import MailFacts
from rules.recognition.past import NOTHING_SEEN, Counts, with_past
from storage.blobs import BlobBatch
from storage.settling import Delivery, Settlement

Labels = Mapping[str, str | None]  # by tenant; None: the address had none
CountsOf = Mapping[str, Counts]  # by tenant; who is missing has seen nothing
NOBODYS: Final[CountsOf] = {}
Decisions = dict[str, tuple[int, Decision]]  # by tenant: the revision decided with, the decision


def judge(
    facts: MailFacts, rules: Mapping[str, Rules], labels: Labels, counts: CountsOf = NOBODYS
) -> tuple[Decisions, Wanted]:
    """The decision of every tenant, and what the child shall give for all of them together.

    `labels` are those of the import addresses, `counts` what the past tells, by tenant: each sees its own only
    (law 16).
    """
    decisions = {
        tenant_id: (each.revision, each.decide(own_facts(facts, labels.get(tenant_id), counts.get(tenant_id))))
        for tenant_id, each in rules.items()
    }
    made = [decision for _, decision in decisions.values()]
    return decisions, wanted_of(facts, made)


def own_facts(facts: MailFacts, label: str | None, counts: Counts | None) -> MailFacts:
    """The facts as one tenant has them."""
    return replace(with_past(facts, counts or NOTHING_SEEN), label=label or "")


def settlement(blobs: BlobBatch, delivery: Delivery, parsed: Parsed, decisions: Decisions) -> Settlement:
    """One tenant's row, its documents staged."""
    revision, decision = decisions[delivery.tenant_id]
    documents = keep_documents(blobs, delivery.tenant_id, parsed, decision)
    return settlement_of(delivery, parsed, decision, revision, documents)
