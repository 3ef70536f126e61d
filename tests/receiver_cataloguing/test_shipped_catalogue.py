"""Catalogue CI: what comes with postbus fits its own mails, nobody else's, and imports nothing wrongly (show 6)."""

import csv
import hashlib
from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from receiver.cataloguing.folder import STARTER, read_folder, starter, starter_version
from receiver.pipeline.message_facts import find
from receiver.pipeline.structure import Limits
from receiver.pipeline.unpack import unpack
from rules.catalogue_mails import ExampleMail
from rules.catalogue_package import payload_of
from rules.decision import Decision
from rules.engine import decide
from rules.facts import MailFacts, TenantPolicy
from rules.index import RuleIndex, pack
from rules.judging import judge
from rules.mail_view import MailView

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
SUPPLIERS, FAULTS = read_folder(STARTER)
MAILS = [
    pytest.param(source, mail, is_fitting, id=f"{source.standard.id}-{'fits' if is_fitting else 'does-not-fit'}")
    for supplier in SUPPLIERS
    for source in supplier.standards
    for is_fitting, mails in ((True, source.fits), (False, source.does_not_fit))
    for mail in mails
]
POLICY = TenantPolicy()
INDEX = RuleIndex(pack(starter().standards, starter_version()))


def octets_of(mail: ExampleMail) -> bytes:
    """A mail as a description says it is, as it could come in."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = mail.sender, "in@example.com", mail.subject
    made["Message-ID"] = "<1@supplier.example>"
    for name, value in (("Reply-To", mail.reply_to), ("Sender", mail.sender_field)):
        if value:
            made[name] = value
    made.set_content(mail.text)
    for name in mail.attachments:
        octets = b"%PDF-1.4\n%%EOF\n" if name.endswith(".pdf") else b'<?xml version="1.0"?><invoice>4711</invoice>'
        made.add_attachment(octets, maintype="application", subtype="octet-stream", filename=name)
    return made.as_bytes()


def facts_of_octets(octets: bytes) -> MailFacts:
    """What the pipeline's parser says of a mail."""
    return find(unpack(octets, len(octets), Limits()), "", 2**28).facts


def test_the_sources_have_no_fault() -> None:
    """Every standard fits its own mails and none of the other suppliers'; patterns compile; names are used once."""
    assert [str(fault) for fault in FAULTS] == []
    assert len(SUPPLIERS) >= 90


def test_a_change_of_the_sources_has_a_version_of_its_own() -> None:
    """A version means one content: whoever changes a file raises the number in VERSION and writes the new digest."""
    version, digest = (STARTER / "VERSION").read_text(encoding="ascii").split()

    assert hashlib.sha256(payload_of(starter())).hexdigest() == digest, "raise the version, then write this digest"
    assert version == str(starter_version())


def test_every_sender_has_its_evidence() -> None:
    """Only what somebody has seen in a mail, or filters by, is in: each sender has a line that says so."""
    missing = [
        (supplier.file, sender)
        for supplier in SUPPLIERS
        for source in supplier.standards
        for sender in source.standard.values_of("sender")
        if not any(line.startswith(f"{sender}: ") for line in supplier.evidence)
    ]
    assert missing == []


@pytest.mark.parametrize(("source", "mail", "is_fitting"), MAILS)
def test_the_mails_mean_the_same_when_they_come_in(source: object, mail: ExampleMail, is_fitting: bool) -> None:
    """As octets through the pipeline's parser, each mail is decided as its description is."""
    standard = source.standard  # type: ignore[attr-defined]
    facts = facts_of_octets(octets_of(mail))

    assert judge(standard, MailView(facts, POLICY)).fits is is_fitting
    if is_fitting:
        assert decide(facts, (), POLICY, catalogue=INDEX).standard_id == standard.id


def decided() -> Iterator[tuple[dict[str, str], Decision, Decision]]:
    """Each mail of the corpus with its row, the decision with the catalogue and the one without."""
    manifest = CORPUS / "invoicemail" / "manifest.csv"
    if not manifest.exists():
        pytest.skip(f"no {manifest}: the shared corpus is not beside this checkout")
    with manifest.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["container"] == "eml":
                facts = facts_of_octets((manifest.parent / row["file"]).read_bytes())
                yield row, decide(facts, (), POLICY, catalogue=INDEX), decide(facts, (), POLICY)


def test_no_mail_of_the_corpus_is_imported_wrongly() -> None:
    """Show 6: none of the mails that are no accounting document comes in by a standard of the catalogue."""
    wrong = [
        (row["file"], made.standard)
        for row, made, _ in decided()
        if row["is_accounting_document"] == "no" and made.state == "imported" and made.origin == "catalogue"
    ]
    assert wrong == []


def test_the_catalogue_finds_what_recognition_does_not() -> None:
    """Receipts whose text says too little for recognition: 4 of the 6 that it misses; it costs none of the others."""
    counted: Counter[str] = Counter()
    for row, made, without in decided():
        if row["is_accounting_document"] == "yes":
            counted["mails"] += 1
            counted["found by recognition"] += without.state == "imported"
            counted["found by the catalogue alone"] += made.state == "imported" and without.state != "imported"
            counted["lost to the catalogue"] += made.state != "imported" and without.state == "imported"

    assert counted["mails"] > 0
    assert counted["lost to the catalogue"] == 0
    assert counted["found by the catalogue alone"] >= 4
    assert counted["found by recognition"] + counted["found by the catalogue alone"] >= counted["mails"] - 2
