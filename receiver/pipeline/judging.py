"""What the parsed message becomes for each of its tenants: the decisions, what they keep, and the settlement."""

from collections.abc import Mapping
from dataclasses import replace

from receiver.pipeline.keep import keep_documents, settlement_of, wanted_of
from receiver.pipeline.parsing import Parsed, Wanted
from receiver.rulebook import Rules
from rules.decision import Decision
from rules.facts import MailFacts
from storage.blobs import BlobBatch
from storage.settling import Delivery, Settlement

Labels = Mapping[str, str | None]  # by tenant; None: the address had none
Decisions = dict[str, tuple[int, Decision]]  # by tenant: the revision decided with, the decision


def judge(facts: MailFacts, rules: Mapping[str, Rules], labels: Labels) -> tuple[Decisions, Wanted]:
    """The decision of every tenant, and what the child shall give for all of them together.

    `labels` are those of the import addresses, by tenant: each sees its own only (law 16).
    """
    decisions = {
        tenant_id: (each.revision, each.decide(replace(facts, label=labels.get(tenant_id) or "")))
        for tenant_id, each in rules.items()
    }
    made = [decision for _, decision in decisions.values()]
    return decisions, wanted_of(facts, made)


def settlement(blobs: BlobBatch, delivery: Delivery, parsed: Parsed, decisions: Decisions) -> Settlement:
    """One tenant's row, its documents staged."""
    revision, decision = decisions[delivery.tenant_id]
    documents = keep_documents(blobs, delivery.tenant_id, parsed, decision)
    return settlement_of(delivery, parsed, decision, revision, documents)
