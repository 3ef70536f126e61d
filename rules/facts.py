"""What a rule may see of a message: plain values, complete before any rule is asked.

Made by the pipeline's parse child, carried out of it as JSON, read by the engine. Nothing here reads octets.
Texts are claims of whoever wrote the mail: file names and names of people are never safe to use as they stand.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

# Defects that say: something of this mail was not looked at (MailFacts.is_broken).
NOT_ALL_READ = frozenset({"too_deep", "too_many_parts", "too_large", "too_many_fields"})

# What reads the files of a mail, and may be left out where it ended whoever read the mail (Unread.reader): PDFium, the
# codes on a PDF's pages, the search for files in a PDF, XML, what packs other files, the size of a picture.
READERS = ("pdf", "codes", "files", "xml", "packing", "picture")


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """A line of an e-invoice, for a page that people read. Amounts are plain decimals as they stand there."""

    number: str | None = None
    description: str | None = None
    quantity: str | None = None
    unit: str | None = None  # a code, mostly of UN/ECE recommendation 20
    unit_price: str | None = None
    amount: str | None = None  # of the line, as the syntax has it: mostly without tax


@dataclass(frozen=True, slots=True)
class EInvoice:
    """The leading fields of an e-invoice. Dates are ISO 8601 days, amounts plain decimals ("1190.00") in `currency`."""

    kind: str  # recognition.einvoice_codes.KINDS: "invoice", "credit_note", "correction", "self_billed" and others
    syntax: str  # "CII", "UBL", "ZUGFeRD1", "FatturaPA" and others (recognition.einvoice_syntaxes)
    number: str | None = None
    issue_date: str | None = None
    seller_name: str | None = None
    seller_vat: str | None = None
    iban: str | None = None
    total: str | None = None  # with tax
    currency: str | None = None
    type_code: str | None = None  # as it stands there: UNTDID 1001 ("380"), or the syntax's own ("TD04")
    format: str = ""  # for people: "Factur-X", "XRechnung", "Peppol BIS", "FatturaPA" and others
    profile: str | None = None  # "EN 16931", "BASIC WL", "XRECHNUNG" and others
    due_date: str | None = None
    seller_country: str | None = None
    buyer_name: str | None = None
    buyer_vat: str | None = None
    net_total: str | None = None
    tax_total: str | None = None
    payable: str | None = None
    lines: tuple[InvoiceLine, ...] = ()  # the first ones; not kept with a mail's row (storage.stored_facts)
    line_count: int = 0  # how many there are


@dataclass(frozen=True, slots=True)
class EnclosedFile:
    """A file inside a PDF or inside an XML e-invoice, beside the invoice itself: named, not taken out."""

    name: str  # as claimed: unsafe
    media_type: str  # by its content in a PDF, as claimed in XML
    octets: int  # decoded; in XML as its base64 tells


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that speaks for or against a text being an accounting document."""

    code: str  # of recognition.accounting.evidence.WEIGHTS
    weight: int  # points of a hundred; below zero: against
    place: str  # "subject", "sender", "header", "filename", "html", "code", "mail", or "line 12" of the text


@dataclass(frozen=True, slots=True)
class Accounting:
    """How much a text or file is an accounting document, and what it says. A claim of whoever wrote it.

    Dates are ISO 8601 days, totals plain decimals ("1190.00", "-35.70" of a credit note).
    """

    score: int  # 0 to 100
    document_type: str | None = None  # invoice, receipt, credit_note, reminder, account_statement, proforma
    number: str | None = None
    issue_date: str | None = None
    due_date: str | None = None
    total: str | None = None  # with tax
    currency: str | None = None  # ISO 4217
    iban: str | None = None
    vat_id: str | None = None
    supplier: str | None = None
    evidence: tuple[Evidence, ...] = ()
    # What could be read: "text", "cut" (the beginning of it), "no_text", "encrypted", "damaged", "not_read", "picture",
    # "left_out" (MailFacts.unread).
    reading: str = "text"


@dataclass(frozen=True, slots=True)
class AttachmentFacts:
    """A MIME part that is not a body."""

    part: str  # MIME path as in IMAP: "1.2"; of a file in a packing, with its number: "1.2/1"
    filename: str | None  # as claimed, decoded: unsafe
    declared_type: str
    media_type: str  # what the octets are (recognition.content.sniff)
    octets: int  # decoded; where the contents were not fetched, as the server says
    sha256: str  # of the decoded octets; "" where they were not fetched
    is_referenced: bool = False  # the body shows or links this part (cid:); contents not fetched: it may
    is_inline: bool = False  # its Content-Disposition says so; by itself that means nothing
    e_invoice: EInvoice | None = None  # a sound one: the XML, or what a PDF carries
    # What structured data there is: recognition.einvoice.BUSINESS_KINDS ("e_invoice", "order", "damaged" and others).
    business_kind: str = ""
    further_invoices: tuple[EInvoice, ...] = ()  # one file may hold several (FatturaPA, Facturae)
    enclosed: tuple[EnclosedFile, ...] = ()
    group: str = ""  # the part that is the original of the invoice of which this is a dress, too
    differences: tuple[str, ...] = ()  # fields in which this dress says something else than the original
    accounting: Accounting | None = None  # None: nobody looked, as of all that is neither PDF nor large picture
    # What is in a packing stands as parts of its own, "2/1" in "2": "zip", "tnef", "outlook", "message" or "signed".
    opened_as: str = ""
    sealed: str = ""  # nobody can open it without a key: "password", "smime" or "pgp"
    signature: str = ""  # of what it signs: "valid", "invalid", "unknown_signer", "weak" or "not_verified"
    width: int = 0  # of a picture, in pixels; 0: not known
    height: int = 0
    seen_before: int = 0  # how often this tenant got the same octets from this sender (law 26)
    # Of a part that the body may show: the best is hoped of it, and nothing that would follow from its name is certain.
    may_be_shown: bool = False

    @property
    def e_invoices(self) -> tuple[EInvoice, ...]:
        """Every sound e-invoice of this part."""
        return (self.e_invoice, *self.further_invoices) if self.e_invoice else ()


@dataclass(frozen=True, slots=True)
class ForwardClaim:
    """Who an inner message says it is from. A claim: whoever forwarded it may have written it (law 22)."""

    sender: str | None  # canonical address
    sender_name: str | None = None
    subject: str | None = None
    date_raw: str | None = None  # as it stands there
    evidence: str = "attached_message"  # a code: attached_message, separator, header_block or quote_line
    recipients: str | None = None  # as they stand there


@dataclass(frozen=True, slots=True)
class Special:
    """Mail about mail, or about a bill that lies elsewhere. Link and code are claims; no link is ever followed."""

    kind: str  # "bounce", "auto_reply", "forwarding_confirmation" or "link_only"
    link: str | None = None
    domain: str | None = None  # of the link
    code: str | None = None  # that a provider wants to be told


@dataclass(frozen=True, slots=True)
class Unread:
    """What was left unread of a mail, because whatever read it did not end in time, or broke."""

    part: str  # MIME path; may be a body's
    reader: str  # of READERS


@dataclass(frozen=True, slots=True)
class MailFacts:
    """One message. The defaults are those of a mail that says nothing about itself."""

    from_addresses: tuple[str, ...] = ()  # every address in header From, canonical (rules.addresses.canonical)
    from_header: str = ""  # the first one with its name, for people
    subject: str = ""  # decoded and unfolded
    reverse_path: str = ""  # "" is the null reverse-path
    message_id: str | None = None
    date: datetime | None = None  # aware
    attachments: tuple[AttachmentFacts, ...] = ()
    has_text: bool = False  # a body that says something
    text: str = ""  # the body as plain text, capped by the pipeline
    forward: ForwardClaim | None = None
    is_broken: tuple[str, ...] = ()  # codes of the defects found while reading
    # Law 20: None says that nobody looked. Facts stored before these fields existed hold None, too.
    sender_field: tuple[str, ...] | None = None  # header field Sender, canonical
    reply_to: tuple[str, ...] | None = None  # header field Reply-To, canonical
    label: str | None = None  # of this tenant's import address; "" is none
    octets: int | None = None  # of the message as received
    language: str | None = None  # of the text, ISO 639-1
    # Whether the mail is as its signer signed it: as AttachmentFacts.signature; "" where nothing is signed.
    signature: str | None = None
    authentication: str | None = None  # whether who it says it is from truly sent it: "pass", "fail", "none"
    # Law 20, what was left on the server: "text" (or the rest of it), "forward", "attachments", or of these only their
    # "contents": names, declared types and sizes are known, the octets are not.
    not_fetched: tuple[str, ...] = ()
    accounting: Accounting | None = None  # of the text; None: nobody looked
    special: Special | None = None
    unread: tuple[Unread, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """These facts as JSON values; from_json gives the same facts back."""
        values = asdict(self)
        values["date"] = self.date.isoformat() if self.date else None
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "MailFacts":
        """The facts that to_json wrote. Raises KeyError, TypeError or ValueError on anything else."""
        known = dict(values)
        known["date"] = datetime.fromisoformat(known["date"]) if known.get("date") else None
        known["attachments"] = tuple(_attachment(each) for each in known.get("attachments", ()))
        known["accounting"] = _accounting(known.get("accounting"))
        known["special"] = Special(**known["special"]) if known.get("special") else None
        known["unread"] = tuple(Unread(**each) for each in known.get("unread", ()))
        known["forward"] = ForwardClaim(**known["forward"]) if known.get("forward") else None
        known["from_addresses"] = tuple(known.get("from_addresses", ()))
        for name in ("is_broken", "not_fetched"):
            known[name] = tuple(known.get(name, ()))
        for name in ("sender_field", "reply_to"):
            known[name] = tuple(known[name]) if known.get(name) is not None else None
        return cls(**known)


@dataclass(frozen=True, slots=True)
class TenantPolicy:
    """What a tenant has set about its mail as a whole."""

    trust_forwards: str = "everyone"  # "everyone", "registered" or "authenticated" (law 22)
    registered_forwarders: frozenset[str] = frozenset()  # canonical addresses
    # Of Accounting.score: from here on a document imports by itself, and from here on it may be one.
    import_score: int = 80
    possible_score: int = 40


def _attachment(values: Mapping[str, Any]) -> AttachmentFacts:
    known = dict(values)
    known["e_invoice"] = _e_invoice(known["e_invoice"]) if known.get("e_invoice") else None
    known["further_invoices"] = tuple(_e_invoice(each) for each in known.get("further_invoices", ()))
    known["enclosed"] = tuple(EnclosedFile(**each) for each in known.get("enclosed", ()))
    known["differences"] = tuple(known.get("differences", ()))
    known["accounting"] = _accounting(known.get("accounting"))
    return AttachmentFacts(**known)


def _e_invoice(values: Mapping[str, Any]) -> EInvoice:
    return EInvoice(**{**values, "lines": tuple(InvoiceLine(**each) for each in values.get("lines", ()))})


def _accounting(values: Mapping[str, Any] | None) -> Accounting | None:
    if values is None:
        return None
    return Accounting(**{**values, "evidence": tuple(Evidence(**each) for each in values.get("evidence", ()))})
