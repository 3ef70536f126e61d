"""The whole service on PostgreSQL: the same commands, the same mail, the same laws as on SQLite."""

import os
import shutil
import signal
import smtplib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.server import RunningPostbus
from tests.receiver_pipeline.house import PDF, pdf_mail, text_mail
from tests.storage_database.cluster import private_cluster, run_sql, start_server, url_of

# Everything a mail may hold that a database may refuse: NUL and surrogates (encoded), emoji, texts of thousands.
NASTY = (
    b"From: =?utf-8?B?AE3tsIAg8J+YgA==?= <a@nasty.example>\r\nSubject: Bill =?utf-8?B?AE3tsIAg8J+YgA==?= \xff\xfe\r\n"
    b"Message-ID: <" + b"m" * 5000 + b"@nasty.example>\r\nDate: Mon, 01 Jan 0001 00:00:00 +2359\r\n"
    b"Content-Type: multipart/mixed; boundary=e\r\n\r\n--e\r\nContent-Type: text/plain; charset=utf-7\r\n\r\n+2AA-\r\n"
    b"--e\r\nContent-Type: application/pdf\r\n"
    b"Content-Disposition: attachment; filename*=utf-8''%00%ED%B0%80%F0%9F%98%80\r\n\r\n%PDF-1.4\r\n--e--\r\n"
)


@pytest.fixture
def on_postgresql(tmp_path: Path) -> Iterator[tuple[RunningPostbus, Path]]:
    """A postbus (not started) of one door whose database is a private PostgreSQL, with the folder of that."""
    with private_cluster() as folder:
        run_sql(folder, "postgres", "CREATE DATABASE postbus")
        settings = {"DATABASE__URL": url_of(folder, "postbus"), "SMTP__DOORS": "1"}
        postbus = RunningPostbus(tmp_path / "data", settings)
        try:
            yield postbus, folder
        finally:
            postbus.kill()


def send(postbus: RunningPostbus, to: str, *mails: bytes) -> None:
    """Deliver mails in one session."""
    with smtplib.SMTP("127.0.0.1", postbus.port, local_hostname="client.example", timeout=60) as client:
        for mail in mails:
            client.sendmail("a@supplier.example", [to], mail)


def test_the_service_runs_on_postgresql(on_postgresql: tuple[RunningPostbus, Path]) -> None:
    """init, serve, send, list, get: a PDF, a text that a new standard keeps, a duplicate, values hard to keep."""
    postbus, _ = on_postgresql
    address = postbus.set_up("Acme")
    postbus.start()
    text = text_mail("Invoice 5", "<p>Total: 5 EUR</p>")

    send(postbus, address.replace("@", "+office@"), pdf_mail(), pdf_mail(), text, NASTY)
    postbus.until_settled()
    postbus.command("standard", "add", "--tenant", "Acme", "--name", "Shop", "--sender", "@shop.example",
                    "--email-text-is-invoice")  # fmt: skip
    send(postbus, address, text)
    postbus.until_settled(with_jobs=True)

    rows = postbus.rows("message", "list", "--tenant", "Acme")
    assert sorted(row["state"] for row in rows) == ["duplicate", "imported", "imported", "imported"]
    assert {row["standard"] for row in rows} == {None, "Shop"}
    documents = postbus.rows("document", "list", "--tenant", "Acme")
    kinds = ["attachment", "attachment", "email_html"] + ["email_pdf"] * (shutil.which("wkhtmltopdf") is not None)
    assert sorted(document["kind"] for document in documents) == kinds
    pdf = next(document for document in documents if document["filename"] == "Rechnung 4711.pdf")
    assert postbus.command("document", "get", pdf["id"], "--output", "-").stdout == PDF
    raws = [postbus.command("message", "raw", row["id"]).stdout for row in rows]
    assert {NASTY, text, pdf_mail()} == set(raws)
    assert postbus.stop() == 0
    assert not [line for line in postbus.log_file.read_text().splitlines() if "Traceback" in line]


def test_a_database_that_is_away_stops_no_mail(on_postgresql: tuple[RunningPostbus, Path]) -> None:
    """Law 7: while PostgreSQL is down, mail for known addresses is taken and kept; it settles once, when it is back."""
    postbus, folder = on_postgresql
    address = postbus.set_up("Acme")
    postbus.start()
    send(postbus, address, pdf_mail("<1@supplier.example>"))
    postbus.until_settled()
    server = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])

    stop_server(server)
    send(postbus, address, *(pdf_mail(f"<{number}@supplier.example>") for number in range(2, 12)))
    restarted = start_server(folder)
    try:
        postbus.until_settled()
        rows = postbus.rows("message", "list", "--tenant", "Acme")
        assert [row["state"] for row in rows] == ["imported"] * 11
        assert len(postbus.rows("document", "list", "--tenant", "Acme")) == 11
    finally:
        postbus.kill()
        restarted.send_signal(signal.SIGQUIT)
        restarted.wait(30)


def stop_server(pid: int) -> None:
    """kill -9 would leave its shared memory; SIGQUIT ends it without a farewell."""
    os.kill(pid, signal.SIGQUIT)
    while Path(f"/proc/{pid}/status").exists() and "State:\tZ" not in Path(f"/proc/{pid}/status").read_text():
        time.sleep(0.01)
