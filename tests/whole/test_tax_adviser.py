"""The customer's example on a running postbus: a tax adviser's invoices, by sender, by subject word, and as text."""

import base64
import secrets
import smtplib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest

from bench.server import RunningPostbus
from tests.pdf_pages import pdf as pdf_of

SENDER = "mytaxconsultant@nulldomain.de"
LINES = (
    "Rechnung",
    "Rechnungsnummer: 2024-{}",
    "Rechnungsdatum: 01.03.2024",
    "Honorar 100,00 EUR",
    "zzgl. 19 % USt. 19,00 EUR",
    "Gesamtbetrag: 119,00 EUR",
    "Zahlbar bis zum 15.03.2024, USt-IdNr. DE136695976",
)


def invoice(number: int) -> bytes:
    """A PDF that recognition takes for one."""
    return pdf_of([(50, 700 - 30 * row, line.format(number)) for row, line in enumerate(LINES)])


def mail(subject: str, to: str, *, pdf: bytes | None = None, html: str = "<p>Honorar: 119,00 EUR</p>") -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = f"Tax Consultant <{SENDER}>", to, subject
    made["Message-ID"] = f"<{base64.urlsafe_b64encode(subject.encode()).decode().rstrip('=')}@nulldomain.de>"
    made.set_content(html, subtype="html")
    if pdf is not None:
        made.add_attachment(pdf, maintype="application", subtype="pdf", filename="Anlage.pdf")
    return made.as_bytes(policy=SMTP)


@dataclass(frozen=True)
class Tenant:
    """One of the tenants of a running postbus."""

    postbus: RunningPostbus
    name: str
    address: str

    def send(self, *mails: bytes) -> None:
        with smtplib.SMTP("127.0.0.1", self.postbus.port, local_hostname="client.example", timeout=30) as client:
            for each in mails:
                client.sendmail("bounce@nulldomain.de", [self.address], each)
        self.postbus.until_settled()

    def found(self) -> dict[str, dict[str, Any]]:
        return {row["subject"]: row for row in self.postbus.rows("message", "list", "--tenant", self.name)}

    def why(self, subject: str) -> str:
        return self.postbus.command("message", "why", self.found()[subject]["id"]).stdout.decode()

    def kinds(self, subject: str) -> list[str]:
        (row,) = self.postbus.rows("message", "show", self.found()[subject]["id"])
        return sorted(document["kind"] for document in row["document_list"])

    def until_imported(self, subject: str) -> None:
        deadline = time.monotonic() + 150
        while self.found()[subject]["state"] != "imported":
            assert time.monotonic() < deadline, self.found()[subject]
            time.sleep(0.1)


@pytest.fixture(name="running", scope="module")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPostbus]:
    """A running postbus; each test has a tenant of its own."""
    postbus = RunningPostbus(tmp_path_factory.mktemp("adviser") / "data", {"SMTP__DOORS": "1"})
    postbus.set_up()
    with postbus:
        yield postbus


@pytest.fixture(name="tenant")
def _tenant(running: RunningPostbus) -> Tenant:
    name = secrets.token_hex(4)
    return Tenant(running, name, str(running.rows("tenant", "add", name)[0]["import_address"]))


def test_a_standard_with_the_sender_imports_its_mail(tenant: Tenant) -> None:
    """The attachments of this sender's mail; the trace names the standard, and why a mail without one stays."""
    text = mail("Ihr Beleg 1", tenant.address)
    tenant.postbus.command("standard", "add", "Adviser", "--tenant", tenant.name, "--sender", SENDER)
    tenant.send(mail("Rechnung 1", tenant.address, pdf=invoice(1)), text)

    assert tenant.found()["Rechnung 1"]["standard"] == "Adviser"
    assert tenant.kinds("Rechnung 1") == ["attachment"]
    assert f"1. Adviser: fits: sender {SENDER}" in tenant.why("Rechnung 1")
    assert tenant.found()["Ihr Beleg 1"]["reason_code"] == "standard_without_attachments"


def test_a_subject_word_leaves_the_others_even_with_a_pdf(tenant: Tenant) -> None:
    """Law 19: the tenant has said which of this sender's mails are invoices; a PDF of another one stays out."""
    add = ("standard", "add", "--tenant", tenant.name, "--name", "Adviser", "--sender", SENDER)
    tenant.postbus.command(*add, "--subject-word", "Rechnung")
    tenant.send(
        mail("Rechnung 2", tenant.address, pdf=invoice(2)),
        mail("Rundschreiben", tenant.address, pdf=invoice(3)),
    )

    states = {subject: row["state"] for subject, row in tenant.found().items()}
    assert states == {"Rechnung 2": "imported", "Rundschreiben": "not_imported"}
    explained = tenant.why("Rundschreiben")
    assert f"1. Adviser: the sender {SENDER} fits" in explained
    assert '"Rechnung" is not in the subject' in explained
    assert "2. recognition: " in explained
    tried = tenant.postbus.rows("standard", "remove", "--tenant", tenant.name, "Adviser", "--dry-run")
    effects = {row["subject"]: row["effect"] for row in tried}
    assert effects == {"Rundschreiben": "comes_in", "Rechnung 2": "changes"}


def test_the_text_becomes_html_and_pdf(tenant: Tenant) -> None:
    """A mail that was left is suggested from, tried, and comes in as HTML and PDF when the standard is saved."""
    tenant.send(mail("Ihre Rechnung Nr. 7", tenant.address), mail("Ihre Rechnung Nr. 8", tenant.address))
    assert {row["state"] for row in tenant.found().values()} == {"not_imported"}
    message = tenant.found()["Ihre Rechnung Nr. 7"]["id"]

    (suggested,) = tenant.postbus.rows("standard", "suggest", message, "--save")

    assert suggested["standard"]["any_of"] == {"sender": [SENDER], "subject": ["Ihre Rechnung Nr"]}
    assert (suggested["standard"]["keep"], len(suggested["would"])) == ("text", 2)
    for subject in ("Ihre Rechnung Nr. 7", "Ihre Rechnung Nr. 8"):
        tenant.until_imported(subject)
        assert "matched again on" in tenant.why(subject)
    tenant.postbus.until_settled(with_jobs=True)
    assert tenant.kinds("Ihre Rechnung Nr. 7") == ["email_html", "email_pdf"]
