"""Explain, try, suggest, import by hand: what a tenant does about a mail that did not come in."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from receiver.config import Settings
from rules.facts import Accounting
from storage.audit import list_lines
from storage.database import Database
from storage.models import Job, Message, Standard
from storage.rematch_models import MessageFacts
from storage.stored_facts import decode, encode
from storage.tenants import find_tenant
from tests.receiver_cli.test_cli_rematching import receive
from tests.receiver_pipeline.house import PDF, pdf_mail, text_mail

SENDER = "mytaxconsultant@nulldomain.de"


def invoice(number: int, sender: str = SENDER) -> bytes:
    return text_mail(f"Ihre Rechnung Nr. {number} vom {number}. März", f"<p>{number} EUR</p>", f"Tax Man <{sender}>")


@pytest.fixture(name="stored")
def _stored(postbus: Any, acme: str) -> dict[str, str]:
    """Three invoices as text, a newsletter and a PDF; ids by subject."""
    receive(postbus.data, acme, *map(invoice, (3, 4, 5)), text_mail("Newsletter", "<p>Buy</p>", SENDER), pdf_mail())
    return {row["subject"]: row["id"] for row in postbus("message", "list", "-t", acme, "--json").rows}


def first(stored: dict[str, str]) -> str:
    return stored["Ihre Rechnung Nr. 3 vom 3. März"]


def database(postbus: Any) -> Database:
    return Database(Settings.model_validate({"data": postbus.data}).database_url())


def put_in_state(postbus: Any, message_id: str, state: str) -> None:
    with database(postbus).write() as session:
        session.connection().execute(update(Message).where(col(Message.id) == message_id).values(state=state))


def test_a_mail_in_a_file_is_decided_and_explained(postbus: Any, acme: str, tmp_path: Path) -> None:
    """As one that arrives, in the reader's language; nothing is stored."""
    file = tmp_path / "mail.eml"
    file.write_bytes(invoice(7))
    postbus("standard", "add", "-t", acme, "Near", "--sender", SENDER, "--subject-word", "Honorar", "--priority", "1")
    postbus(
        "standard", "add", "-t", acme, "Tax", "--sender", SENDER, "--text", "--any", "body=7 EUR", "--supplier", "T"
    )

    row = postbus("standard", "test", str(file), "-t", acme, "--json").row
    words = postbus("standard", "test", str(file), "-t", acme, "--language", "de").out

    assert (row["state"], row["standard"], row["text"], row["attachments"]) == ("imported", "Tax", True, [])
    assert (row["supplier"], row["origin"], row["revision"]) == ("T", "tenant", 3)
    assert [(step["standard"], step["code"]) for step in row["trace"][:2]] == [
        ("Near", "sender_fits_word_missing"),
        ("Tax", "sender_fits"),
    ]
    assert "1. Near: " in words
    assert "importiert" in words
    assert postbus("message", "list", "-t", acme, "--json").rows == []


def test_an_attachment_that_would_be_kept_is_named(postbus: Any, acme: str, tmp_path: Path) -> None:
    """With its type and size; label and reverse-path are as one says."""
    file = tmp_path / "mail.eml"
    file.write_bytes(pdf_mail())
    postbus(
        "standard", "add", "-t", acme, "L", "--any", "label=tax", "--any", "reverse_path=b@x.example", "--keep", "both"
    )

    with_both = ("--label", "Tax", "--reverse-path", "b@x.example")
    row = postbus("standard", "test", str(file), "-t", acme, *with_both, "--json").row
    without = postbus("standard", "test", str(file), "-t", acme, "--json").row

    part = {"part": "2", "filename": "Rechnung 4711.pdf", "media_type": "application/pdf", "octets": len(PDF)}
    assert (row["standard"], row["attachments"]) == ("L", [part])
    assert (without["standard"], without["reason_code"]) == (None, "carries_pdf")


def test_a_hostile_file_steers_nothing(
    postbus: Any, acme: str, tmp_path: Path, fails_with: Callable[..., None]
) -> None:
    """Control characters are shown harmless; what is no file, empty or too large is refused."""
    file, pipe, empty = tmp_path / "mail.eml", tmp_path / "pipe", tmp_path / "empty.eml"
    file.write_bytes(b"From: \x1b[31m a@b.example\r\nSubject: =?utf-8?b?G1szMW0=?= [red]x[/red]\r\n\r\n\x00\xff")
    os.mkfifo(pipe)
    empty.touch()

    out = postbus("standard", "test", str(file), "-t", acme).out

    assert "\x1b" not in out
    assert "[red]x[/red]" in out
    fails_with(postbus("standard", "test", str(pipe), "-t", acme), "expected a file")
    fails_with(postbus("standard", "test", str(empty), "-t", acme), "0 octets")
    fails_with(postbus("standard", "test", str(tmp_path / "none"), "-t", acme), "No such file")
    too_large = postbus("standard", "test", str(file), "-t", acme, POSTBUS_SMTP__MAX_MESSAGE_OCTETS="10")
    assert too_large.status == 1


def test_why_tells_what_decided(postbus: Any, acme: str, stored: dict[str, str]) -> None:
    """Revision and catalogue version, in the reader's language."""
    row = postbus("message", "why", first(stored), "--json").row
    dutch = postbus("message", "why", first(stored), "--language", "nl").out

    assert (row["revision"], row["state"], row["catalogue_version"] is not None) == (1, "not_imported", True)
    assert f"revisie 1 en de catalogus in versie {row['catalogue_version']}" in dutch
    assert "niet geïmporteerd" in dutch


def test_a_dry_run_tells_and_leaves_no_trace(postbus: Any, acme: str, stored: dict[str, str]) -> None:
    """What would come in, change and stop; by stored facts, and by the octets where a body is asked for."""
    with database(postbus).read() as session:
        before = len(list_lines(session)), len(list(session.exec(select(Job))))
    tried = postbus("standard", "add", "-t", acme, "B", "--any", "body=4 EUR", "--keep", "text", "--dry-run", "--json")
    held = postbus(
        "standard", "add", "-t", acme, "H", "--sender", "@supplier.example", "--subject-word", "x", "--dry-run"
    )
    named = postbus(
        "standard", "add", "-t", acme, "N", "--sender", SENDER, "--subject-word", "x", "--dry-run", "--json"
    )

    (comes_in,) = tried.rows
    assert (comes_in["effect"], comes_in["id"]) == ("comes_in", stored["Ihre Rechnung Nr. 4 vom 4. März"])
    assert (comes_in["becomes"], comes_in["text"], comes_in["standard"]) == ("imported", True, "B")
    assert "stops" in held.out
    assert "1 like them would no longer come in" in held.out
    assert [row["effect"] for row in named.rows] == ["changes"] * 4
    with database(postbus).read() as session:
        assert list(session.exec(select(Standard))) == []
        assert find_tenant(session, acme).revision == 1
        assert (len(list_lines(session)), len(list(session.exec(select(Job))))) == before


def test_a_dry_run_looks_at_so_many_days(postbus: Any, acme: str, stored: dict[str, str]) -> None:
    """Mail that came before is not looked at."""
    with database(postbus).write() as session:
        old = session.exec(select(Message).where(Message.id == first(stored))).one()
        old.received_at = old.received_at.replace(year=old.received_at.year - 1)
    call = ("standard", "add", "-t", acme, "S", "--sender", SENDER, "--text", "--dry-run", "--json")

    assert len(postbus(*call).rows) == 3
    assert len(postbus(*call, "--days", "800").rows) == 4
    assert postbus(*call, "--days", "0").status == 2


def test_a_suggestion_is_what_its_command_makes(postbus: Any, acme: str, stored: dict[str, str]) -> None:
    """Sender, the subject's constant words, and the text; what it would bring in; saved only when told."""
    row = postbus("standard", "suggest", first(stored), "--json").row

    assert row["standard"] == {
        "name": "Tax Man",
        "keep": "text",
        "any_of": {"sender": [SENDER], "subject": ["Ihre Rechnung Nr"]},
    }
    assert (row["compared"], row["alike"], row["is_saved"]) == (3, 2, False)
    assert sorted(each["effect"] for each in row["would"]) == ["changes", "comes_in", "comes_in", "comes_in"]
    assert "--subject-word 'Ihre Rechnung Nr' --keep text" in row["command"]
    assert postbus("standard", "list", "-t", acme, "--json").rows == []

    said = postbus("standard", "suggest", first(stored), "--name", "Mine", "--save").out
    assert "Saved: standard Mine." in said
    (saved,) = postbus("standard", "list", "-t", acme, "--json").rows
    assert (saved["name"], saved["any_of"], saved["keep"]) == ("Mine", row["standard"]["any_of"], "text")


def test_a_hostile_name_is_no_option(postbus: Any, acme: str) -> None:
    """The command that is printed can be copied, whatever the mail calls itself."""
    receive(postbus.data, acme, text_mail("Rechnung", "<p>1</p>", '"--days; $(id)" <a@b.example>'))
    (row,) = postbus("message", "list", "-t", acme, "--json").rows

    assert "'--name=--days; $(id)'" in postbus("standard", "suggest", row["id"], "--json").row["command"]


def test_import_once_brings_in_this_mail_alone(
    postbus: Any, acme: str, stored: dict[str, str], fails_with: Callable[..., None]
) -> None:
    """Its text, since it has no attachment; a PDF is made of it; no standard is; a second time is refused."""
    done = postbus("message", "import", first(stored), "--json")

    assert (done.row["state"], done.row["reason_code"]) == ("imported", "imported_by_hand")
    assert (done.row["by_hand"], done.row["standard"]) == (True, None)
    shown = postbus("message", "show", first(stored), "--json").row
    assert [each["kind"] for each in shown["document_list"]] == ["email_html"]
    assert [each["kind"] for each in shown["waiting"]] == ["render"]
    assert "imported by hand on 2" in postbus("message", "why", first(stored)).out
    assert postbus("standard", "list", "-t", acme, "--json").rows == []
    assert len(postbus("message", "list", "-t", acme, "--state", "not_imported", "--json").rows) == 3
    fails_with(postbus("message", "import", first(stored)), "imported already")
    with database(postbus).read() as session:
        lines = [line for line in list_lines(session) if line.subject_id == first(stored)]
        assert ("command line", "imported_by_hand") in [(line.actor, line.params["reason"]) for line in lines]


def test_import_keeps_what_is_asked(postbus: Any, acme: str, fails_with: Callable[..., None]) -> None:
    """Attachments before text; what is not there is refused, and the mail stays."""
    postbus("standard", "add", "-t", acme, "Held", "--sender", "@supplier.example", "--subject-word", "x")
    second = pdf_mail("<2@supplier.example>", PDF + b"%")
    receive(postbus.data, acme, pdf_mail(), second, text_mail("N", "<p>x</p>"))
    with_pdf, another, only_text = (
        row["id"]
        for row in sorted(
            postbus("message", "list", "-t", acme, "--json").rows, key=lambda row: (row["octets"] < 1000, row["id"])
        )
    )

    fails_with(postbus("message", "import", only_text, "--keep", "attachments"), "no attachment that could be kept")
    assert postbus("message", "import", with_pdf).status == 0
    assert postbus("message", "import", another, "--keep", "both").status == 0

    kinds = [
        [each["kind"] for each in postbus("message", "show", each, "--json").row["document_list"]]
        for each in (with_pdf, another, only_text)
    ]
    assert kinds == [["attachment"], ["attachment", "email_html"], []]


def test_import_always_makes_the_standard_too(postbus: Any, acme: str, stored: dict[str, str]) -> None:
    """This mail by hand; its like by the standard, when stored mail is matched again."""
    done = postbus("message", "import", first(stored), "--always", "--json")
    postbus.process("rematch")

    assert done.row["standard"]["any_of"] == {"sender": [SENDER], "subject": ["Ihre Rechnung Nr"]}
    states = {row["subject"]: row["reason_code"] for row in postbus("message", "list", "-t", acme, "--json").rows}
    assert states.pop("Newsletter") == "word_missing_of_sender"
    assert sorted(states.values()) == ["carries_pdf", "imported_by_hand", "standard_fits", "standard_fits"]
    assert postbus("message", "import", stored["Newsletter"], "--once", "--always").status == 2


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("expired", "octets are gone"),
        ("duplicate", "duplicate"),
        ("parked", "cannot be read"),
        ("received", "not read yet"),
    ],
)
def test_other_states_are_told(
    postbus: Any, stored: dict[str, str], fails_with: Callable[..., None], state: str, words: str
) -> None:
    """Neither imported by hand nor suggested from; the words say what the state means."""
    put_in_state(postbus, first(stored), state)

    fails_with(postbus("message", "import", first(stored)), words)
    fails_with(postbus("standard", "suggest", first(stored)), words)


def test_an_invoice_that_is_there_already_comes_in_as_its_duplicate(postbus: Any, acme: str) -> None:
    """Law 10 holds for a hand, too: announced, and done."""
    receive(postbus.data, acme, invoice(3), invoice(4))
    with database(postbus).write() as session:
        for kept in session.exec(select(MessageFacts)):
            rated = Accounting(90, "invoice", "7", "2026-11-02", total="7", supplier="Tax Man")
            kept.facts = encode(replace(decode(kept.facts), accounting=rated))
    call = ("standard", "add", "-t", acme, "S", "--sender", SENDER, "--text")

    tried = postbus(*call, "--dry-run", "--json").rows

    assert [row["becomes"] for row in tried] == ["imported", "duplicate"]
