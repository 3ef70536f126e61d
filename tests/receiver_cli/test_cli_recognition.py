"""What recognition found, by command: points with evidence, e-invoices, claims, confirmations, thresholds."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rules.facts import (
    Accounting,
    AttachmentFacts,
    EInvoice,
    EnclosedFile,
    Evidence,
    ForwardClaim,
    MailFacts,
    Special,
    Unread,
)
from rules.phrases import PHRASES
from rules.phrases_of_doubt import PHRASES_OF_DOUBT
from rules.phrases_of_evidence import PHRASES_OF_EVIDENCE
from rules.phrases_of_findings import PHRASES_OF_FINDINGS
from rules.recognition.accounting import evidence
from rules.recognition.accounting.evidence import WEIGHTS
from rules.recognition.einvoice import BUSINESS_KINDS
from rules.recognition.einvoice_pairs import COMPARED
from storage.catalogue import state_of
from storage.settling import NewDocument, Settlement, settle
from storage.tenants import find_tenant
from tests.receiver_cli.test_cli_mail import Mailroom

LINK = "https://mail-settings.example.com/mail/f-0123456789abcdef"
EVIDENCE = (
    Evidence("total", 24, "line 12"),
    Evidence("title_in_subject", 20, "subject"),
    Evidence("bulk", -10, "mail"),
)
RATING = Accounting(62, "receipt", "4711", "2026-11-03", None, "35.70", "CHF", supplier="Shop", evidence=EVIDENCE)
INVOICE = EInvoice(
    *("invoice", "UBL", "R 7", "2026-11-02", "Supplier", "DE136695976", None, "119.00", "EUR", "380", "XRechnung")
)
FACTS = MailFacts(
    accounting=RATING,
    attachments=(
        AttachmentFacts("2", "r.zip", "application/zip", "application/zip", 9, "", opened_as="zip"),
        AttachmentFacts(
            *("2/1", "r.xml", "text/xml", "application/xml", 900, ""),
            e_invoice=INVOICE,
            business_kind="e_invoice",
            group="2/1",
            enclosed=(EnclosedFile("proof.pdf", "application/pdf", 7),),
        ),
        AttachmentFacts(
            *("3", "r.pdf", "application/pdf", "application/pdf", 900, ""),
            group="2/1",
            differences=("total",),
            accounting=Accounting(70, reading="no_text"),
            signature="valid",
        ),
        AttachmentFacts("4", "s.zip", "application/zip", "application/zip", 9, "", sealed="password"),
    ),
    forward=ForwardClaim("a@supplier.example", "Anna", "Invoice", "Mon, 2 Nov", "header_block", "office@acme.example"),
    signature="unknown_signer",
)


@pytest.fixture(name="mailroom")
def _mailroom(postbus: Any, acme: str) -> Iterator[Mailroom]:
    mailroom = Mailroom(postbus.data, acme)
    yield mailroom
    mailroom.close()


def left(mailroom: Mailroom, key: str, reason: str, facts: MailFacts, **params: Any) -> str:
    """A mail that came just now and was not imported."""
    delivery = mailroom.delivery(key * 32) | {"received_at": datetime.now(UTC)}
    with mailroom.database.write() as session:
        tenant = find_tenant(session, mailroom.tenant)
        decided: dict[str, Any] = {
            "state": "not_imported",
            "reason_code": reason,
            "reason_params": params,
            "facts": facts,
        }
        decided["catalogue_version"] = state_of(session).active_version
        made = Settlement(**delivery, **decided, content_id=key * 64, tenant_revision=tenant.revision)
        return settle(session, made).message_id


def test_all_that_was_found_is_shown(postbus: Any, mailroom: Mailroom) -> None:
    """In words, evidence by evidence, part by part."""
    identity = left(mailroom, "e", "possible_invoice", FACTS, score=62)
    shown = postbus("message", "show", identity).out
    for words in (
        "62 of 100 points",
        "+24  a total with its currency (line 12)",
        "+20  the subject names an invoice or a receipt (in the subject)",
        "-10  it was sent to many (in the mail around it)",
        "Type: receipt, Number: 4711, Date: 2026-11-03, Total: 35.70, Currency: CHF, Supplier: Shop",
        "an archive: what is in it stands beside it",
        "Format: XRechnung, Number: R 7, Date: 2026-11-02, Total: 119.00",
        "the original of this invoice",
        '+ "proof.pdf"  application/pdf, 7 B',
        "shows the invoice of part 2/1",
        "names another total than the original",
        "it holds no text: a scan",
        "signed, and unchanged since",
        "it has a password and was not opened",
        "mail: signed, but without the signer's certificate",
        "forwarded with the fields of its header",
        "office@acme.example",
    ):
        assert words in shown
    assert "Gesamtbetrag mit" not in shown
    german = postbus("message", "show", identity, POSTBUS_LANGUAGE="de").out
    assert "eine Summe mit Währung (Zeile 12)" in german


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", '"r.pdf" could not be read in time, or ended its reader; its text was not searched'),
        ("de", '"r.pdf" war nicht rechtzeitig lesbar, oder der Leser brach ab; der Text wurde nicht durchsucht'),
        ("nl", '"r.pdf" was niet op tijd leesbaar, of de lezer brak af; de tekst is niet doorzocht'),
    ],
)
def test_what_was_left_unread_is_shown(postbus: Any, mailroom: Mailroom, language: str, words: str) -> None:
    """At the part that it is of; a text that is no file has a line of its own."""
    facts = replace(FACTS, unread=(Unread("3", "pdf"), Unread("1", "packing")))
    identity = left(mailroom, "e", "possible_invoice", facts, score=62)

    shown = postbus("message", "show", identity, POSTBUS_LANGUAGE=language).out.replace("\n", " ")
    record = postbus("message", "show", identity, "--json", POSTBUS_LANGUAGE=language).row["recognition"]

    assert words in shown
    assert 'part 1: "1"' in shown
    assert record["unread"][0] == {"part": "3", "reader": "pdf", "words": words}


def test_all_that_was_found_is_there_for_programs(postbus: Any, mailroom: Mailroom) -> None:
    """With the codes beside the words."""
    identity = left(mailroom, "e", "possible_invoice", FACTS, score=62)
    found = postbus("message", "show", identity, "--json").row["recognition"]
    assert found["rating"]["evidence"][0] == {
        "code": "total",
        "weight": 24,
        "place": "line 12",
        "words": "a total with its currency (line 12)",
    }
    assert [each["part"] for each in found["files"]] == ["2", "2/1", "3", "4"]
    assert found["files"][1]["e_invoices"][0]["seller_vat"] == "DE136695976"
    assert (found["files"][2]["group"], found["files"][2]["differences"]) == ("2/1", ["total"])
    assert found["forward"]["recipients"] == "office@acme.example"
    assert (found["special"], found["signature"]) == (None, "unknown_signer")


def test_mail_of_which_no_facts_are_kept_is_shown(postbus: Any, mailroom: Mailroom) -> None:
    """As rows of older versions are."""
    identity = mailroom.imported()
    assert postbus("message", "show", identity, "--json").row["recognition"] is None
    assert postbus("message", "show", identity).status == 0


def test_a_forwarding_confirmation_is_told_at_once(postbus: Any, mailroom: Mailroom) -> None:
    """Code and link stand first wherever the mail is shown, and the operator's status names who waits for it."""
    special = Special("forwarding_confirmation", LINK, "mail-settings.example.com", "123456789")
    said = {"domain": special.domain, "link": LINK, "code": special.code}
    identity = left(mailroom, "e", "forwarding_confirmation", MailFacts(special=special), **said)
    mailroom.imported()

    listed = postbus("message", "list", "--tenant", "Acme").out.splitlines()
    shown = postbus("message", "show", identity).out.splitlines()
    status = postbus("status")

    for lines in (listed, shown):
        assert lines[0].split() == ["Confirm", "forwarding:", "code", "123456789"]
        assert lines[1].endswith(LINK)
    assert listed[2].split() == ["Message", identity]
    row = next(each for each in postbus("message", "list", "--tenant", "Acme", "--json").rows if each["id"] == identity)
    assert row["special"] == {"kind": "forwarding_confirmation", **said}
    assert "Acme" in status.out.splitlines()[0]
    assert postbus("status", "--json").row["forwardings_to_confirm"] == ["Acme"]


def test_possible_invoices_come_first(postbus: Any, mailroom: Mailroom, fails_with: Callable[..., None]) -> None:
    """In a list of what was not imported; alone with --possible; with another state that makes no sense."""
    possible = left(mailroom, "e", "possible_invoice", MailFacts(), score=62)
    left(mailroom, "f", "nothing_fits_no_attachment", MailFacts())
    mailroom.imported()

    listed = postbus("message", "list", "--tenant", "Acme", "--state", "not_imported", "--json").rows

    assert [each["reason_code"] for each in listed] == ["possible_invoice", "nothing_fits_no_attachment"]
    assert postbus("message", "list", "--tenant", "Acme", "--possible", "--json").row["id"] == possible
    fails_with(postbus("message", "list", "--tenant", "Acme", "--possible", "--state", "imported"), "--possible")


def test_documents_say_what_they_are(postbus: Any, mailroom: Mailroom) -> None:
    """In lists and alone, for people and programs; a document of which nothing is known says nothing."""
    delivery = mailroom.delivery("e" * 32)
    claims = {
        *(
            "document_type",
            "supplier",
            "invoice_number",
            "issue_date",
            "total",
            "currency",
            "format",
            "profile",
            "score",
        )
    }
    said = dict.fromkeys(claims) | {
        "document_type": "invoice",
        "supplier": "Supplier",
        "invoice_number": "R 7",
        "issue_date": "2026-11-02",
        "total": "119.00",
        "currency": "EUR",
        "score": 100,
    }
    kept = NewDocument("attachment", "2", "r.pdf", "application/pdf", 7, mailroom.pdf.sha256, claims=said)
    with mailroom.database.write() as session:
        tenant = find_tenant(session, "Acme")
        decided: dict[str, Any] = {
            "state": "imported",
            "reason_code": "carries_pdf",
            "reason_params": {"filename": "r.pdf"},
        }
        decided["catalogue_version"] = state_of(session).active_version
        made = Settlement(
            **delivery, **decided, content_id="e" * 64, tenant_revision=tenant.revision, documents=(kept,)
        )
        identity = settle(session, made).message_id
    silent = mailroom.imported()

    rows = {each["message"]: each for each in postbus("document", "list", "--tenant", "Acme", "--json").rows}

    assert {name: rows[identity][name] for name in claims} == said
    assert rows[identity]["group"] == identity
    assert {rows[silent][name] for name in claims} == {None}
    assert "invoice, R 7, 2026-11-02, 119.00 EUR, Supplier" in postbus("document", "list", "--tenant", "Acme").out
    shown = postbus("document", "show", rows[identity]["id"])
    assert "119.00" in shown.out
    assert postbus("document", "show", rows[identity]["id"], "--json").row["invoice_number"] == "R 7"


def test_a_tenant_has_thresholds_of_its_own(postbus: Any, acme: str, fails_with: Callable[..., None]) -> None:
    """Set, shown, and taken back by 0; what makes no sense is refused with what holds."""
    changed = postbus("tenant", "set", acme, "--import-score", "60", "--possible-score", "20", "--json").row
    assert (changed["import_score"], changed["possible_score"]) == (60, 20)
    assert "60" in postbus("tenant", "show", acme).out
    fails_with(postbus("tenant", "set", acme, "--import-score", "20"), "possible score of 20")
    back = postbus("tenant", "set", acme, "--import-score", "0", "--possible-score", "0", "--json").row
    assert (back["import_score"], back["possible_score"]) == (80, 40)


def test_thresholds_decide_about_a_file_too(postbus: Any, acme: str, tmp_path: Any) -> None:
    """`standard test` decides as a mail that arrives is decided: by the tenant's own thresholds."""
    mail = tmp_path / "a.eml"
    mail.write_bytes(
        b"From: shop@shop.example\r\nSubject: Your receipt\r\nContent-Type: text/plain\r\n\r\n"
        b"Receipt\r\nReceipt number: 4711\r\nTotal: EUR 35.70\r\n"
    )
    verdicts = []
    for score in ("100", "45"):
        assert postbus("tenant", "set", acme, "--import-score", score, "--possible-score", "2").status == 0
        verdicts.append(postbus("standard", "test", str(mail), "--tenant", acme, "--json").row["reason_code"])
    assert verdicts == ["possible_invoice", "text_is_document"]


NAMED_PLACE = re.compile(r'\.add\([^)]*"([a-z]+)"\)')


def test_all_that_can_be_found_has_words() -> None:
    """Law 25: each code of evidence, and of what is said of a part, in the three languages."""
    codes = {f"evidence_{each}" for each in WEIGHTS} | {f"kind_{each}" for each in BUSINESS_KINDS}
    codes |= {f"differs_{each}" for each in COMPARED}
    places = ["subject", "sender", "header", "filename", "html", "code", "mail", "line", "values"]
    codes |= {f"place_{each}" for each in places}
    sources = (Path(evidence.__file__).parent).glob("*.py")
    told = {place for source in sources for place in NAMED_PLACE.findall(source.read_text(encoding="utf-8"))}
    assert {"subject", "values"} <= told <= set(places)
    codes |= {
        f"reading_{each}" for each in ["cut", "no_text", "encrypted", "damaged", "not_read", "left_out", "picture"]
    }
    codes |= {f"opened_{each}" for each in ["zip", "tnef", "outlook", "message", "uuencode", "signed"]}
    codes |= {f"sealed_{each}" for each in ["password", "smime", "pgp"]}
    codes |= {f"signature_{each}" for each in ["valid", "invalid", "unknown_signer", "weak", "not_verified"]}
    codes |= {f"forward_by_{each}" for each in ["attached_message", "separator", "header_block", "quote_line"]}
    codes |= {"group_original", "group_of", "picture_seen_before"}
    assert codes == set(PHRASES_OF_EVIDENCE | PHRASES_OF_DOUBT | PHRASES_OF_FINDINGS)
    assert codes <= set(PHRASES)
