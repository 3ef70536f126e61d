"""Linked accounts at the command line against a real server: tried, linked by permission, pulled."""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from receiver.sole import sole
from tests import secrecy
from tests.receiver_cli.conftest import Answer
from tests.servers.dovecot import Dovecot
from tests.servers.kinds import NEEDS_DOVECOT
from tests.servers.oauth_provider import OAuthProvider

pytestmark = NEEDS_DOVECOT
ALICE = "alice@example.com"
PASSWORD = secrecy.secret("alice")
INVOICE = (Path(__file__).parents[1] / "corpus" / "tour" / "1-pdf-invoice.eml").read_bytes()
LETTER = b"From: a@friend.example\r\nSubject: Hi\r\n\r\nHello.\r\n"
STEPS = ["name", "connection", "certificate", "login", "mailboxes", "start_date"]


@pytest.fixture(scope="module", name="server")
def _server() -> Iterator[Dovecot]:
    with Dovecot({ALICE: PASSWORD}) as running:
        yield running


@pytest.fixture(name="linked")
def _linked(postbus: Any, server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command, with ALICE linked."""
    monkeypatch.setenv("POSTBUS_ACCOUNTS__ALLOW_INTERNAL_HOSTS", "true")
    monkeypatch.setenv("POSTBUS_ACCOUNTS__CA_FILE", str(server.ca_file))
    postbus("tenant", "add", "T")
    words = ("--host", "localhost", "--port", str(server.tls_port), "--password-stdin", "--start-date", "2025-01-01")
    assert postbus("account", "add", "--tenant", "T", "--email", ALICE, *words, typed=f"{PASSWORD}\n").status == 0
    return postbus


def test_a_good_account_passes_every_step(linked: Any) -> None:
    """One line a step, exit 0; the secret opens after the key was changed too."""
    linked("account", "rotate-key")

    tried = linked("account", "test", ALICE, "--json")

    assert tried.status == 0
    assert [(row["step"], row["result"]) for row in tried.rows] == [(step, "ok") for step in STEPS]
    assert set(tried.rows[0]) == {"account", "step", "result", "reason_code", "what"}
    assert "0 mails since 2025-01-01 would be looked at" in tried.rows[-1]["what"]


def test_a_wrong_password_is_told_at_the_login(linked: Any) -> None:
    """Exit 1, and what to do; the wrong one is not repeated."""
    wrong = secrecy.secret("wrong")
    linked("account", "set", ALICE, "--password-stdin", typed=f"{wrong}\n")

    tried = linked("account", "test", ALICE)

    assert tried.status == 1
    assert "enter the password anew" in tried.out
    assert wrong not in tried.out + tried.err


def test_the_words_of_the_provider_are_told_where_its_login_fails(linked: Any) -> None:
    """Where the right password is made."""
    linked("account", "set", ALICE, "--provider", "gmail", "--host", "localhost", "--username", "nobody@example.com")

    tried = linked("account", "test", ALICE)

    assert tried.status == 1
    assert "https://myaccount.google.com/apppasswords" in tried.err


def test_a_password_that_no_key_opens_fails_at_the_login(linked: Any) -> None:
    """Restored without its key: the step says so, and which file is missing is told beside it."""
    (key,) = (linked.data / "keys").glob("*.key")
    key.unlink()

    tried = linked("account", "test", ALICE, "--json")

    assert tried.status == 1
    assert [(row["step"], row["result"], row["reason_code"]) for row in tried.rows][3] == (
        "login",
        "failed",
        "secret_unreadable",
    )
    assert key.name in tried.err


def test_an_account_without_permission_says_what_to_do(linked: Any) -> None:
    """Changed to log in by permission, which nobody gave."""
    linked("account", "set", ALICE, "--auth", "xoauth2")

    tried = linked("account", "test", ALICE, "--json")

    assert tried.status == 1
    assert [(row["step"], row["result"], row["reason_code"]) for row in tried.rows][3] == (
        "login",
        "failed",
        "no_consent",
    )
    assert "authorize the account" in tried.rows[3]["what"]
    assert linked("account", "show", ALICE, "--json").row["reason_code"] == "no_consent"


def test_permission_opens_the_mailbox(linked: Any, server: Dovecot) -> None:
    """`authorize` by a device code, then the same steps by token; no token is shown or left in clear."""
    with OAuthProvider() as oauth:
        configured = {
            f"POSTBUS_ACCOUNTS__OAUTH__OTHER__{name.upper()}": value for name, value in oauth.configuration().items()
        }
        with asking(linked.data, "authorize", ALICE, "--device-code", "--json", **configured) as process:
            assert process.stderr is not None
            code = next(line.strip() for line in process.stderr if line.startswith("  "))
            oauth.types(code, ALICE)
            out, _ = process.communicate(timeout=60)
        server.tokens.allow(oauth.given[-1].access_token, ALICE)

        tried = linked("account", "test", ALICE, "--json", **configured)

    assert process.returncode == 0
    assert '"auth": "xoauth2"' in out
    assert not secrecy.is_in(out.encode())
    assert (tried.status, tried.rows[3]["result"]) == (0, "ok")
    assert secrecy.found_below(linked.data) == []


def test_a_pull_without_a_service_settles_by_itself(linked: Any, server: Dovecot) -> None:
    """Per account what was looked at, fetched, imported, and octets; mail before the start date is left alone."""
    server.deliver(ALICE, INVOICE, datetime(2025, 2, 1, tzinfo=UTC), "Pull")
    server.deliver(ALICE, LETTER, datetime(2025, 2, 1, tzinfo=UTC), "Pull")
    server.deliver(ALICE, INVOICE, datetime(2024, 6, 1, tzinfo=UTC), "Pull")
    linked("account", "set", ALICE, "--mailbox", "Pull")
    before = server.snapshot(ALICE)

    first, second = (linked.process("account", "pull", ALICE, "--json", **allowed(server)) for _ in range(2))

    (brought,), (nothing,) = (Answer(0, each.stdout.decode(), "").rows for each in (first, second))
    assert (first.returncode, second.returncode) == (0, 0)
    assert (brought["account"], brought["looked_at"], brought["fetched"], brought["imported"]) == (ALICE, 2, 1, 1)
    assert (brought["is_settled"], brought["health"]) == (True, "ok")
    assert brought["octets"] > len(INVOICE)
    assert (nothing["looked_at"], nothing["fetched"], nothing["imported"]) == (0, 0, 0)
    assert server.snapshot(ALICE) == before


def test_a_pull_that_fails_says_what_to_do(linked: Any, server: Dovecot) -> None:
    """The record for programs, the sentence on stderr, exit 1."""
    linked("account", "set", ALICE, "--password-stdin", typed=f"{secrecy.secret('wrong')}\n")

    pulled = linked.process("account", "pull", "--json", **allowed(server))

    (row,) = Answer(1, pulled.stdout.decode(), "").rows
    assert (pulled.returncode, row["health"], row["reason_code"]) == (1, "needs_password", "password_refused")
    assert b"enter the password anew" in pulled.stderr
    assert not secrecy.is_in(pulled.stdout + pulled.stderr)


def test_a_paused_account_is_not_pulled(linked: Any, server: Dovecot) -> None:
    """It is said, and asked for by name it is a failure."""
    linked("account", "pause", ALICE)

    pulled = linked.process("account", "pull", ALICE, "--json", **allowed(server))

    assert (pulled.returncode, pulled.stdout) == (1, b"")
    assert b"paused" in pulled.stderr


def test_a_running_service_is_asked_to_pull(linked: Any, server: Dovecot) -> None:
    """The command waits until it is done, and never pulls beside it."""
    server.deliver(ALICE, INVOICE, datetime(2025, 2, 1, tzinfo=UTC), "Service")
    linked("account", "set", ALICE, "--mailbox", "Service")
    settings = {
        **os.environ,
        "POSTBUS_DATA": str(linked.data),
        **allowed(server),
        "POSTBUS_SMTP__LISTEN": "127.0.0.1:0",
    }
    serve = [sys.executable, "-m", "receiver.cli.main", "serve"]
    with subprocess.Popen(serve, env=settings, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as service:
        try:
            assert service.stdout is not None
            assert service.stdout.readline().startswith(b"ready ")
            pulled = linked.process("account", "pull", ALICE, "--json", **allowed(server))
        finally:
            service.terminate()
            service.wait(60)

    (row,) = Answer(0, pulled.stdout.decode(), "").rows
    assert (pulled.returncode, row["is_settled"], row["health"]) == (0, True, "ok")
    assert [each["state"] for each in linked("message", "list", "--tenant", "T", "--json").rows] == ["imported"]


def test_a_pull_does_not_wait_for_a_service_that_has_ended(linked: Any, server: Dovecot) -> None:
    """Whoever held the folder is gone, and nobody comes: the command pulls what it has asked for by itself."""
    server.deliver(ALICE, INVOICE, datetime(2025, 2, 1, tzinfo=UTC), "Ended")
    linked("account", "set", ALICE, "--mailbox", "Ended")
    with ThreadPoolExecutor(1) as beside:
        with sole(linked.data):
            pulling = beside.submit(linked.process, "account", "pull", ALICE, "--json", **allowed(server))
            deadline = time.monotonic() + 60
            while not has_asked(linked.data) and time.monotonic() < deadline:
                time.sleep(0.1)
        pulled = pulling.result(60)

    (row,) = Answer(0, pulled.stdout.decode(), "").rows
    assert (pulled.returncode, row["is_settled"], row["imported"]) == (0, True, 1)


def has_asked(data: Path) -> bool:
    """Whether a pull was asked for that nobody has begun."""
    with closing(sqlite3.connect(data / "postbus.db")) as database:
        return bool(database.execute("SELECT count(*) FROM linked_accounts WHERE asked_at IS NOT NULL").fetchone()[0])


def allowed(server: Dovecot) -> dict[str, str]:
    """Settings with which a process may go to the private server."""
    return {"POSTBUS_ACCOUNTS__ALLOW_INTERNAL_HOSTS": "true", "POSTBUS_ACCOUNTS__CA_FILE": str(server.ca_file)}


def asking(data: Path, *words: str, **environment: str) -> "subprocess.Popen[str]":
    """`postbus account WORDS`, waiting for a person."""
    command = [sys.executable, "-m", "receiver.cli.main", "account", *words]
    settings = {"PATH": "/usr/bin:/bin", "POSTBUS_DATA": str(data), "PYTHONUNBUFFERED": "1", **environment}
    settings["POSTBUS_ACCOUNTS__ALLOW_INTERNAL_HOSTS"] = "true"
    return subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
