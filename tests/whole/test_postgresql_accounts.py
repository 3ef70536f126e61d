"""Linked accounts on PostgreSQL: linked, pulled by the service, told by status and doctor, and wanted mail fetched."""

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.server import LEAN, RunningPostbus
from tests import secrecy
from tests.receiver_imap.linked_house import LATER, newsletter
from tests.receiver_pipeline.house import pdf_mail
from tests.servers.dovecot import Dovecot
from tests.servers.kinds import NEEDS_DOVECOT
from tests.storage_database.cluster import private_cluster, run_sql, url_of

pytestmark = NEEDS_DOVECOT
ALICE, BOB = "alice@example.com", "bob@example.com"
# The highest UIDs do not fit into 32 bits with a sign.
FAR = 4_000_000_000


@pytest.fixture(scope="module", name="dovecot")
def _dovecot() -> Iterator[Dovecot]:
    with Dovecot({ALICE: secrecy.secret("alice"), BOB: secrecy.secret("bob")}) as running:
        yield running


@pytest.fixture(name="postbus")
def _postbus(tmp_path: Path, dovecot: Dovecot) -> Iterator[RunningPostbus]:
    """One on PostgreSQL that runs, with a tenant."""
    with private_cluster() as folder:
        run_sql(folder, "postgres", "CREATE DATABASE postbus")
        settings = {
            "DATABASE__URL": url_of(folder, "postbus"),
            **LEAN,
            "ACCOUNTS__ALLOW_INTERNAL_HOSTS": "true",
            "ACCOUNTS__CA_FILE": str(dovecot.ca_file),
            "ACCOUNTS__POLL_SECONDS": "0.2",
        }
        made = RunningPostbus(tmp_path / "data", settings)
        made.set_up("Acme")
        made.start()
        try:
            yield made
        finally:
            made.kill()


def link(postbus: RunningPostbus, dovecot: Dovecot, address: str, password: str) -> None:
    """Link an account of the server."""
    file = secrecy.put_here(postbus.data.parent / f"password of {address}")
    file.write_text(password)
    file.chmod(0o600)
    words = ("--host", dovecot.host, "--port", str(dovecot.tls_port), "--start-date", "2026-01-01")
    postbus.command("account", "add", "--tenant", "Acme", "--email", address, *words, "--password-file", str(file))


def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + 150
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_accounts_are_pulled_and_told_on_postgresql(postbus: RunningPostbus, dovecot: Dovecot) -> None:
    """An invoice comes in, a newsletter when a standard fits it; who is silent for a day is named with the reason."""
    dovecot.deliver(ALICE, newsletter("Offer"), LATER)
    numbers = dovecot.maildir(ALICE) / "dovecot-uidlist"
    dovecot.snapshot(ALICE)
    numbers.write_text(re.sub(r" N\d+", f" N{FAR}", numbers.read_text(), count=1))
    for index in dovecot.maildir(ALICE).glob("dovecot.index*"):
        index.unlink()
    dovecot.deliver(ALICE, pdf_mail(), LATER)
    link(postbus, dovecot, ALICE, dovecot.users[ALICE])
    link(postbus, dovecot, BOB, secrecy.secret("wrong"))
    until(lambda: len(postbus.logged("account_pulled")) >= 2)
    postbus.until_settled()

    postbus.command("standard", "add", "--tenant", "Acme", "--name", "Shop", "--sender", "@shop.example",
                    "--email-text-is-invoice")  # fmt: skip
    until(lambda: [each["state"] for each in messages(postbus)].count("imported") == 2)
    age(postbus)
    (status,) = postbus.rows("status")
    told = postbus.command("status").stdout.decode()
    doctor = [each for each in findings(postbus) if BOB in str(each)]

    assert status["accounts"] == {"ok": 1, "needs_password": 1}
    assert status["accounts_silent"] == 1
    (silent,) = status["silent_accounts"]
    assert (silent["address"], silent["health"], silent["last_success_at"]) == (BOB, "needs_password", None)
    assert "enter the password anew" in str(silent["reason"])
    assert BOB in told
    assert len(doctor) == 1
    assert {each["address"]: each["health"] for each in postbus.rows("account", "list")} == {
        ALICE: "ok",
        BOB: "needs_password",
    }
    assert postbus.stop() == 0
    assert "Traceback" not in postbus.log_file.read_text()


def messages(postbus: RunningPostbus) -> list[dict[str, object]]:
    """The tenant's messages."""
    return postbus.rows("message", "list", "--tenant", "Acme")


def findings(postbus: RunningPostbus) -> list[str]:
    """What doctor says, whatever it thinks of this machine."""
    done: subprocess.CompletedProcess[bytes] = postbus.command("doctor", "--json", check=False)
    return done.stdout.decode().splitlines()


def age(postbus: RunningPostbus) -> None:
    """As if Bob's account had been linked two days ago."""
    folder = Path(postbus.environment["POSTBUS_DATABASE__URL"].partition("?host=")[2])
    two_days = "created_at = created_at - interval '2 days'"
    run_sql(folder, "postbus", f"UPDATE linked_accounts SET {two_days} WHERE address = '{BOB}'")  # noqa: S608 (ours)
