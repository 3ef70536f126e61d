"""Random standards and mails that meet often: the same few senders, words, names and types in both."""

from typing import Any

from hypothesis import strategies as st

from rules.conditions import FACTS, in_order
from rules.facts import Accounting, AttachmentFacts, EInvoice, ForwardClaim, MailFacts, TenantPolicy
from rules.standards import ImportStandard

ADDRESSES = ("a@x.example", "b@x.example", "a@sub.x.example", "c@deep.sub.x.example", "me@acme.example")
SENDERS = (*ADDRESSES, "@x.example", "@*.x.example", "@*.sub.x.example", "@acme.example", "broken")
WORDS = ("invoice", "*rechnung", "rechnung*", "*nvoi*", "your invoice", "請求", "März", "C++", "*", "7")
PATTERNS = (
    r"inv\w+",
    r"rechnung\s+\d+",
    r"^\d+$",
    r"(?-i)Rech",
    r"[[:alpha:]]{7}x?",
    "invoices?",
    "(",
    r"a|b",
    r"\bno\. ?7",
)
TEXTS = ("Your invoice no. 7", "Monatsrechnung 11", "rechnung marz", "11月分請求書", "invoice", "", "77", "Rechnungen")
NAMES = ("invoice.pdf", "Rechnung 7.PDF", "logo.png", "請求.pdf", "a.b")
GLOBS = ("*.pdf", "rechnung*", "??voice.*", "*", "invoice.pdf", "請求*", "*o*")
TYPES = ("application/pdf", "image/png", "image/*", "text/calendar")
CHOICES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("sender", "original_sender", "sender_field", "reply_to", "reverse_path"), SENDERS),
    "label": ("office", "Büro", "x"),
    "subject": WORDS,
    "body": WORDS,
    "subject_pattern": PATTERNS,
    "body_pattern": PATTERNS,
    "attachment_name": GLOBS,
    "attachment_type": TYPES,
    "language": ("de", "en"),
    "authentication": ("pass", "fail"),
    "size": (">= 20", "< 10 KB", "> 5, < 30", "nonsense"),
    "document_type": ("invoice", "credit_note", "reminder"),
    "seller": WORDS,
    "vat_id": ("DE123456789", "123456789", "ATU62698637"),
    "e_invoice": ("XRechnung", "en 16931", "UBL"),
    "currency": ("EUR", "CHF"),
}
# The facts most standards ask for, more often.
_FACTS = st.sampled_from((*FACTS, *("sender", "subject") * 6))


@st.composite
def conditions(draw: Any, most: int) -> Any:
    facts = draw(st.lists(_FACTS, max_size=most, unique=True))
    return in_order(
        {fact: tuple(draw(st.lists(st.sampled_from(CHOICES[fact]), min_size=1, max_size=3))) for fact in facts}
    )


standards = st.builds(
    ImportStandard,
    id=st.uuids().map(lambda each: each.hex),
    name=st.sampled_from("abcdefgh"),
    any_of=conditions(3),
    none_of=conditions(1),
    keep=st.sampled_from(("attachments", "attachments", "text", "both", "ignore")),
    attachment_names=st.sampled_from(((), (), ("*.pdf",))),
    priority=st.integers(1, 3),
    stop_here=st.sampled_from((False, False, False, True)),
)
VAT_IDS = st.sampled_from((None, "DE123456789", "DE 123 456 789", "ATU62698637", "123456789"))
ratings = st.builds(
    Accounting,
    score=st.sampled_from((10, 40, 95)),
    document_type=st.sampled_from((None, "invoice", "reminder")),
    supplier=st.none() | st.sampled_from(TEXTS),
    vat_id=VAT_IDS,
    currency=st.sampled_from((None, "EUR", "CHF")),
)
e_invoices = st.builds(
    EInvoice,
    kind=st.sampled_from(("invoice", "credit_note")),
    syntax=st.sampled_from(("UBL", "CII")),
    seller_name=st.none() | st.sampled_from(TEXTS),
    seller_vat=VAT_IDS,
    currency=st.sampled_from((None, "EUR", "CHF")),
    format=st.sampled_from(("XRechnung", "Factur-X")),
    profile=st.sampled_from((None, "EN 16931")),
)
attachments = st.builds(
    AttachmentFacts,
    part=st.sampled_from("23"),
    filename=st.none() | st.sampled_from(NAMES),
    declared_type=st.just("application/octet-stream"),
    media_type=st.sampled_from([each for each in TYPES if "*" not in each]),
    octets=st.integers(0, 100),
    sha256=st.just("00"),
    is_referenced=st.booleans(),
    e_invoice=st.none() | e_invoices,
    accounting=st.none() | ratings,
)
addresses = st.lists(st.sampled_from(ADDRESSES), max_size=2).map(tuple)
mails = st.builds(
    MailFacts,
    from_addresses=addresses,
    subject=st.sampled_from(TEXTS) | st.text(max_size=10),
    reverse_path=st.sampled_from(("", *ADDRESSES)),
    attachments=st.lists(attachments, max_size=2).map(tuple),
    has_text=st.booleans(),
    text=st.sampled_from(TEXTS),
    forward=st.none() | st.builds(ForwardClaim, st.none() | st.sampled_from(ADDRESSES)),
    sender_field=st.none() | addresses,
    reply_to=st.none() | addresses,
    label=st.sampled_from((None, "", "OFFICE", "buro")),
    octets=st.none() | st.integers(0, 40),
    language=st.sampled_from((None, "de", "en")),
    authentication=st.sampled_from((None, "pass", "fail")),
    accounting=st.none() | ratings,
    not_fetched=st.sampled_from(((), (), ("text",), ("attachments",), ("forward",), ("contents",))),
)
policies = st.builds(
    TenantPolicy,
    st.sampled_from(("everyone", "registered", "authenticated")),
    st.sampled_from((frozenset(), frozenset({"me@acme.example", "a@x.example"}))),
)
