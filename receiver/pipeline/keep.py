"""Turn a parsed and decided message into blobs and the rows that will name them: one set for each tenant (law 16).

Blobs are staged here and synced by the caller before it writes rows. Names of documents are made safe and distinct
within a message. Never opens the database. Raises TemporaryFailure and NoRoom.
"""

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path, PurePath
from typing import Protocol

from receiver.pipeline.parsing import Parsed, Wanted
from rules.decision import TEXT_PART, Decision
from rules.document_claims import claims_of_part, claims_of_text
from rules.facts import MailFacts
from rules.recognition.past import with_past
from storage.blobs import BlobBatch, BlobRef
from storage.filenames import distinct, safe_filename
from storage.journal import Envelope, Recipient
from storage.settlement import PDF_OF, DocumentKind
from storage.settling import Delivery, NewDocument, Settlement

_DELIVERY = tuple(each.name for each in fields(Delivery))
HTML = "text/html"
PDF = "application/pdf"


def recipients_by_tenant(envelope: Envelope) -> dict[str, list[Recipient]]:
    """The recipients of each tenant, in the order in which the client named them."""
    grouped: dict[str, list[Recipient]] = {}
    for recipient in envelope.recipients:
        grouped.setdefault(recipient.tenant_id, []).append(recipient)
    return grouped


def labels_of(envelope: Envelope) -> dict[str, str | None]:
    """The label of each tenant's import address: that of the first, which is the message's forward-path (law 9)."""
    return {tenant_id: known[0].label for tenant_id, known in recipients_by_tenant(envelope).items()}


def keep_raw(blobs: BlobBatch, tenant_id: str, octets: bytes | None, large: Path | None) -> BlobRef:
    """Stage the octets as received (law 27)."""
    if octets is not None:
        return blobs.put(tenant_id, octets)
    if large is None:
        raise ValueError("a message has neither octets nor a file")
    return blobs.adopt(tenant_id, large)


def delivery_of(envelope: Envelope, recipients: list[Recipient], raw: BlobRef) -> Delivery:
    """The mail as it arrived for one tenant; law 9: its first recipient, the others listed, no other tenant's."""
    first = recipients[0]
    others = dict.fromkeys(each.forward_path for each in recipients[1:] if each.forward_path != first.forward_path)
    return Delivery(
        tenant_id=first.tenant_id,
        transport_key=envelope.id,
        source=envelope.source,
        received_at=envelope.received_at,
        peer=envelope.peer,
        helo=envelope.helo,
        tls=envelope.tls,
        trace=envelope.trace,
        reverse_path=envelope.reverse_path,
        forward_path=first.forward_path,
        other_forward_paths=tuple(others),
        address_id=first.address_id,
        label=first.label,
        smtputf8=envelope.smtputf8,
        raw_sha256=raw.sha256,
        octets=raw.octets,
    )


class Known(Protocol):
    """What is known of a mail, read whole or by its head."""

    @property
    def facts(self) -> MailFacts:
        """What rules may see of it."""

    @property
    def content_id(self) -> str:
        """Which mail it is; "" where nobody can tell."""


def settlement_of(
    delivery: Delivery, parsed: Known, decision: Decision, revision: int, documents: tuple[NewDocument, ...]
) -> Settlement:
    """The row of a decided message."""
    facts = with_past(parsed.facts, decision.seen_before)
    return Settlement(
        **{name: getattr(delivery, name) for name in _DELIVERY},
        content_id=parsed.content_id,
        invoices=decision.kept_invoices,
        from_=facts.from_header,
        subject=facts.subject,
        original_sender=facts.forward.sender if facts.forward else None,
        message_id=facts.message_id,
        state=decision.state,
        reason_code=decision.reason.code,
        reason_params=dict(decision.reason.params),
        standard=decision.standard,
        decision_trace=[line.to_json() for line in decision.trace],
        tenant_revision=revision,
        catalogue_version=decision.catalogue_version,
        documents=documents,
        wants_pdf=any(each.kind in PDF_OF for each in documents),
        defects=facts.is_broken,
        facts=replace(facts, label=delivery.label or "", octets=delivery.octets),
    )


def keep_documents(blobs: BlobBatch, tenant_id: str, parsed: Parsed, decision: Decision) -> tuple[NewDocument, ...]:
    """Stage what the decision keeps of a message."""
    documents: list[NewDocument] = []
    taken: set[str] = set()
    wanted = set(decision.keep_parts)
    for number, facts in enumerate((each for each in parsed.facts.attachments if each.part in wanted), start=1):
        ref = _stage(blobs, tenant_id, parsed.parts[facts.part])
        name = _distinct(safe_filename(facts.filename, facts.media_type, f"document {number}"), taken)
        kind: DocumentKind = "companion" if facts.part in decision.companions else "attachment"
        claims = claims_of_part(facts.part, parsed.facts, decision).to_json()
        kept = (kind, facts.part, name, facts.media_type, ref.octets, ref.sha256)
        documents.append(NewDocument(*kept, claims=claims))
    if decision.keep_text:
        ref = blobs.put(tenant_id, parsed.body)
        name = _distinct(text_name(parsed.facts.subject, "html"), taken)
        claims = claims_of_text(parsed.facts, decision).to_json()
        documents.append(NewDocument("email_html", TEXT_PART, name, HTML, ref.octets, ref.sha256, claims=claims))
    named = {each.part: each.filename for each in documents}
    for part in invoices_alone(parsed.facts, decision):
        ref = blobs.put(tenant_id, parsed.invoices[part])
        name = _distinct(text_name(PurePath(named[part]).stem, "html"), taken)
        claims = claims_of_part(part, parsed.facts, decision).to_json()
        documents.append(NewDocument("invoice_html", part, name, HTML, ref.octets, ref.sha256, claims=claims))
    return tuple(documents)


def invoices_alone(facts: MailFacts, decision: Decision) -> tuple[str, ...]:
    """The parts of kept e-invoices that nobody can read: data only, and no PDF is kept that may show them.

    Terms, and what an e-invoice carries as a proof, show none.
    """
    wanted = set(decision.keep_parts) - set(decision.companions)
    kept = [each for each in facts.attachments if each.part in wanted]
    shown = {each.group for each in kept if each.media_type == PDF}
    if "" in shown:  # nobody knows what it shows: it may be any of them
        return ()
    data = (each for each in kept if each.e_invoice and each.media_type != PDF)
    return tuple(each.part for each in data if each.part not in shown)


def wanted_of(facts: MailFacts, decisions: Sequence[Decision]) -> Wanted:
    """What the child shall give for all of these decisions together."""
    parts = frozenset(part for each in decisions for part in each.keep_parts)
    invoices = frozenset(part for each in decisions for part in invoices_alone(facts, each))
    return Wanted(parts, any(each.keep_text for each in decisions), invoices)


def text_name(subject: str, extension: str) -> str:
    """A file name for the text of a mail, after its subject."""
    # A subject is no file name: what stands after its last dot is no extension, and a slash in it parts no folders.
    plain = subject.translate(_NO_PARTS).strip()[:120]
    return safe_filename(f"{plain}.{extension}" if plain else None, _TYPES[extension], f"email.{extension}")


_NO_PARTS = str.maketrans({"/": "-", "\\": "-", ":": "-"})
_TYPES = {"html": HTML, "pdf": PDF, "eml": "message/rfc822"}


def _stage(blobs: BlobBatch, tenant_id: str, part: bytes | Path) -> BlobRef:
    return blobs.adopt(tenant_id, part) if isinstance(part, Path) else blobs.put(tenant_id, part)


def _distinct(name: str, taken: set[str]) -> str:
    chosen = distinct(name, taken)
    taken.add(chosen)
    return chosen
