"""The customer's example on a running postbus: a tax adviser's invoices, by sender, by subject word, and as text."""

import base64
import smtplib
import time
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from bench.server import RunningPostbus
from tests.pdf_pages import pdf as pdf_of

Start = Callable[..., RunningPostbus]
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


def send(postbus: RunningPostbus, to: str, *mails: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", postbus.port, local_hostname="client.example", timeout=30) as client:
        for each in mails:
            client.sendmail("bounce@nulldomain.de", [to], each)
    postbus.until_settled()


def found(postbus: RunningPostbus) -> dict[str, dict[str, Any]]:
    return {row["subject"]: row for row in postbus.rows("message", "list", "--tenant", "bench")}


def why(postbus: RunningPostbus, subject: str) -> str:
    return postbus.command("message", "why", found(postbus)[subject]["id"]).stdout.decode()


def kinds(postbus: RunningPostbus, subject: str) -> list[str]:
    (row,) = postbus.rows("message", "show", found(postbus)[subject]["id"])
    return sorted(document["kind"] for document in row["document_list"])


def until_imported(postbus: RunningPostbus, subject: str) -> None:
    deadline = time.monotonic() + 60
    while found(postbus)[subject]["state"] != "imported":
        assert time.monotonic() < deadline, found(postbus)[subject]
        time.sleep(0.1)


def test_a_standard_with_the_sender_imports_its_mail(postbus_at: Start) -> None:
    """The attachments of this sender's mail; the trace names the standard, and why a mail without one stays."""
    postbus = postbus_at()
    address = postbus.set_up()
    with postbus:
        text = mail("Ihr Beleg 1", address)
        postbus.command("standard", "add", "Adviser", "--tenant", "bench", "--sender", SENDER)
        send(postbus, address, mail("Rechnung 1", address, pdf=invoice(1)), text)

        assert found(postbus)["Rechnung 1"]["standard"] == "Adviser"
        assert kinds(postbus, "Rechnung 1") == ["attachment"]
        assert f"1. Adviser: fits: sender {SENDER}" in why(postbus, "Rechnung 1")
        assert found(postbus)["Ihr Beleg 1"]["reason_code"] == "standard_without_attachments"


def test_a_subject_word_leaves_the_others_even_with_a_pdf(postbus_at: Start) -> None:
    """Law 19: the tenant has said which of this sender's mails are invoices; a PDF of another one stays out."""
    postbus = postbus_at()
    address = postbus.set_up()
    with postbus:
        add = ("standard", "add", "--tenant", "bench", "--name", "Adviser", "--sender", SENDER)
        postbus.command(*add, "--subject-word", "Rechnung")
        send(
            postbus,
            address,
            mail("Rechnung 2", address, pdf=invoice(2)),
            mail("Rundschreiben", address, pdf=invoice(3)),
        )

        states = {subject: row["state"] for subject, row in found(postbus).items()}
        assert states == {"Rechnung 2": "imported", "Rundschreiben": "not_imported"}
        explained = why(postbus, "Rundschreiben")
        assert f"1. Adviser: the sender {SENDER} fits" in explained
        assert '"Rechnung" is not in the subject' in explained
        assert "2. recognition: " in explained
        tried = postbus.rows("standard", "remove", "--tenant", "bench", "Adviser", "--dry-run")
        effects = {row["subject"]: row["effect"] for row in tried}
        assert effects == {"Rundschreiben": "comes_in", "Rechnung 2": "changes"}


def test_the_text_becomes_html_and_pdf(postbus_at: Start) -> None:
    """A mail that was left is suggested from, tried, and comes in as HTML and PDF when the standard is saved."""
    postbus = postbus_at()
    address = postbus.set_up()
    with postbus:
        send(postbus, address, mail("Ihre Rechnung Nr. 7", address), mail("Ihre Rechnung Nr. 8", address))
        assert {row["state"] for row in found(postbus).values()} == {"not_imported"}
        message = found(postbus)["Ihre Rechnung Nr. 7"]["id"]

        (suggested,) = postbus.rows("standard", "suggest", message, "--save")

        assert suggested["standard"]["any_of"] == {"sender": [SENDER], "subject": ["Ihre Rechnung Nr"]}
        assert (suggested["standard"]["keep"], len(suggested["would"])) == ("text", 2)
        for subject in ("Ihre Rechnung Nr. 7", "Ihre Rechnung Nr. 8"):
            until_imported(postbus, subject)
            assert "matched again on" in why(postbus, subject)
        postbus.until_settled(with_jobs=True)
        assert kinds(postbus, "Ihre Rechnung Nr. 7") == ["email_html", "email_pdf"]
