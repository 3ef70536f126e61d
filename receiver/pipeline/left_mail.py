"""Decide about mail that was left on its server, from the facts of its head: no octets, no parsing child.

What may matter by the rules of now is not imported yet: its row says that it waits, and it is fetched (law 14). Once
the mailbox has it no longer, the row says so, and what to do. A wish by hand stands in the row until the mail is here.
Raises ValueError for octets that are no look.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from receiver.pipeline.judging import CountsOf, Decisions, Labels, judge, own_facts
from receiver.pipeline.keep import delivery_of, recipients_by_tenant, settlement_of, wanted_of
from receiver.pipeline.parsing import Wanted
from receiver.pipeline.taking import KeptByHand, by_hand
from receiver.rulebook import Rules
from rules.decision import Decision, Reason
from rules.facts import MailFacts
from rules.looks import Look
from rules.may_matter import may_matter
from storage.blobs import BlobRef
from storage.database import Session
from storage.failures import Damaged, StorageFailure
from storage.journal import Record
from storage.left_mail import BY_HAND, LeftMail, Place, left_among
from storage.settlement import Settled, Settlement
from storage.wanted_mail import want

WAITS, WAITS_UNREAD = "waits_in_mailbox", "waits_to_be_read"
FITS_GONE, GONE_UNREAD = "fits_but_gone", "gone_from_mailbox"
# In the reason of a mail that was put aside: what somebody asked to keep of it, "" is nothing in particular.
_WISHED = "wished"
WAITING = frozenset({WAITS, WAITS_UNREAD})
GONE = frozenset({FITS_GONE, GONE_UNREAD})
Rows = Mapping[Place, LeftMail]


@dataclass(frozen=True, slots=True)
class _Head:
    """What is known of a mail by its head: not which mail it is."""

    facts: MailFacts
    content_id: str = ""


def is_left(facts: MailFacts) -> bool:
    """Whether these are the facts of a mail that nobody has downloaded."""
    return "contents" in facts.not_fetched


def decide_left(facts: MailFacts, rules: Rules) -> Decision:
    """What becomes of such a mail: it stays not imported, or, where it may matter, waits to be fetched."""
    decision = rules.decide(facts)
    if decision.state != "imported" and may_matter(facts, rules.decide) == "leave":
        return decision
    # Only the standard that fits by all that is known is named: others may, or may not.
    fits = decision.state == "imported" and decision.standard is not None
    reason = Reason(WAITS, {"standard": decision.standard or ""}) if fits else Reason(WAITS_UNREAD)
    return replace(decision, state="not_imported", reason=reason, keep_parts=(), keep_text=False)


def as_gone(decision: Decision) -> Decision:
    """The same once the mailbox has it no longer."""
    if decision.reason.code not in WAITING:
        return decision
    gone = Reason(FITS_GONE, decision.reason.params) if decision.reason.code == WAITS else Reason(GONE_UNREAD)
    return replace(decision, reason=gone)


def settlements_of(record: Record, rules: Mapping[str, Rules], rows: Rows) -> dict[str, Settlement | None]:
    """What a look becomes for its tenants, by their ids; None: nothing is to be written. Raises ValueError."""
    found: dict[str, Settlement | None] = {}
    for tenant_id, recipients in recipients_by_tenant(record.envelope).items():
        if tenant_id not in rules:
            continue
        row = rows.get((tenant_id, record.envelope.id))
        own = rules[tenant_id]
        if record.envelope.look == "left":
            facts = Look.from_json(_octets(record)).facts
            decision = decide_left(facts, own)
        elif row is None or row.facts is None:
            found[tenant_id] = None  # what is gone was never left, or has come by another way
            continue
        else:
            facts, decision = row.facts, as_gone(decide_left(row.facts, own))
            if row.reason_code == BY_HAND:
                decision = replace(decision, reason=Reason(GONE_UNREAD))
        delivery = delivery_of(record.envelope, recipients, BlobRef("", facts.octets or 0))
        found[tenant_id] = settlement_of(delivery, _Head(facts), decision, own.revision, ())
    return found


def judge_wished(
    facts: MailFacts,
    rules: Mapping[str, Rules],
    labels: Labels,
    counts: CountsOf,
    wishes: Mapping[str, str],
) -> tuple[Decisions, Wanted]:
    """As judging.judge; what somebody asked for is taken by hand if no rule imports it. `wishes`: see wishes_of."""
    decisions, _ = judge(facts, rules, labels, counts)
    for tenant_id, (revision, decision) in decisions.items():
        if tenant_id in wishes and decision.state != "imported":
            own = own_facts(facts, labels.get(tenant_id), counts.get(tenant_id))
            taken = by_hand(own, decision, _kept(wishes[tenant_id]))
            decisions[tenant_id] = (revision, taken if taken.state == "imported" else decision)
    made = [decision for _, decision in decisions.values()]
    return decisions, wanted_of(facts, made)


def wishes_of(key: str, rows: Rows) -> dict[str, str]:
    """What somebody of each tenant, by its id, asked to keep of a mail: attachments, text, both, or "" for either."""
    return {
        tenant_id: str(row.reason_params.get("keep", ""))
        for (tenant_id, of), row in rows.items()
        if of == key and row.reason_code == BY_HAND
    }


def remembering(params: Mapping[str, str | int], wish: str | None) -> dict[str, str | int]:
    """The parameters of the reason why a mail was put aside, with the wish that stood in its row until then."""
    return {**params} if wish is None else {**params, _WISHED: wish}


def remembered(params: Mapping[str, object]) -> str | None:
    """The wish in the parameters of such a reason."""
    return str(params[_WISHED]) if _WISHED in params else None


def want_waiting(session: Session, outcomes: Iterable[Settled | StorageFailure | None]) -> None:
    """Have those fetched that wait since now, in the transaction that says so."""
    waiting = [
        each.message_id
        for each in outcomes
        if isinstance(each, Settled) and each.is_new and each.state == "not_imported" and each.reason_code in WAITING
    ]
    for message in left_among(session, waiting) if waiting else ():
        want(session, message)


def _kept(wish: str) -> KeptByHand | None:
    kept: dict[str, KeptByHand] = {"attachments": "attachments", "text": "text", "both": "both"}
    return kept.get(wish)


def _octets(record: Record) -> bytes:
    try:
        return record.read()
    except Damaged as error:
        raise ValueError("a look whose file is damaged") from error
