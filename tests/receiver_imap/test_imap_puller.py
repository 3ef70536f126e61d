"""The puller as a process of a running postbus: it schedules by itself, stops in order, and outlives being killed."""

import os
import secrets
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.server import RunningPostbus
from receiver.config import load
from storage.account_fields import AccountFields, fields_of
from storage.account_models import LinkedAccount
from storage.account_removal import remove_account
from storage.accounts import add_account, change_account, pause, set_secret
from storage.database import Database, Session
from storage.secrets import KeyRing, Secret
from storage.tenants import find_tenant
from tests.receiver_imap.linked_house import LATER, START, newsletter
from tests.receiver_pipeline.house import pdf_mail
from tests.servers.dovecot import Dovecot
from tests.servers.kinds import NEEDS_DOVECOT

pytestmark = [NEEDS_DOVECOT, pytest.mark.timeout(400)]  # a busy machine takes long to start a whole postbus
NewUser = Callable[[], str]


def until(holds: Callable[[], bool], seconds: float = 120.0) -> bool:
    """Whether it holds at last."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def link(postbus: RunningPostbus, dovecot: Dovecot, address: str, tenant: str = "bench", *, idle: bool = False) -> str:
    """Link an account of the server to the tenant; its id."""
    settings = load(None, postbus.data, {})
    fields = AccountFields(
        address=address,
        username=address,
        host=dovecot.host,
        port=dovecot.tls_port,
        security="tls",
        auth="password",
        start_date=START,
        idle=idle,
    )
    database = Database(settings.database_url())
    with database.write() as session:
        secret = Secret("password", {"password": dovecot.users[address]})
        account = add_account(session, find_tenant(session, tenant), fields, secret, KeyRing.create(postbus.data))
    database.close()
    return account.id


def pullers(postbus: RunningPostbus) -> list[int]:
    """The process ids of its pullers: one, or none for a moment."""
    return [pid for pid, role in postbus.processes() if role == "puller"]


def query(postbus: RunningPostbus, words: str, *values: str) -> list[Any]:
    """Rows of the database."""
    with closing(sqlite3.connect(postbus.data / "postbus.db")) as database:
        return database.execute(words, values).fetchall()


def states(postbus: RunningPostbus, account: str) -> dict[str, int]:
    """How many UIDs of the account are in which state."""
    return dict(query(postbus, "SELECT state, count(*) FROM uid_looks WHERE account_id = ? GROUP BY state", account))


def imported(postbus: RunningPostbus, tenant: str = "bench") -> int:
    """How many documents the tenant has."""
    return len(postbus.rows("document", "list", "--tenant", tenant))


def pulls(postbus: RunningPostbus, account: str) -> list[dict[str, Any]]:
    """What was logged of each pull of the account."""
    return [each for each in postbus.logged("account_pulled") if each["id"] == account]


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory, of_accounts: dict[str, str]) -> Iterator[RunningPostbus]:
    """One that runs for several tests, and stops in order after them: to start one takes longer than they do."""
    made = RunningPostbus(tmp_path_factory.mktemp("lasting") / "data", of_accounts)
    made.set_up()
    with made:
        yield made
        assert made.stop() == 0


@pytest.fixture
def serving(lasting: RunningPostbus, dovecot: Dovecot) -> Iterator[RunningPostbus]:
    """It, without any account, and nobody logged in."""
    yield lasting
    for (account,) in query(lasting, "SELECT id FROM linked_accounts"):
        changed(lasting, account, remove_account)
    assert until(lambda: connections_to(dovecot.tls_port) == 0)


@pytest.fixture
def tenant(serving: RunningPostbus) -> str:
    """A tenant of the test's own."""
    name = secrets.token_hex(6)
    serving.rows("tenant", "add", name)
    return name


def test_a_running_postbus_pulls_by_itself_and_stops_in_order(
    postbus: RunningPostbus, dovecot: Dovecot, new_user: NewUser
) -> None:
    """A linked account is pulled soon after it was linked; SIGTERM ends the puller too, with 0."""
    address = new_user()
    dovecot.deliver(address, pdf_mail(), LATER)
    postbus.start()

    account = link(postbus, dovecot, address)

    assert until(lambda: bool(postbus.logged("account_pulled")))
    (told,) = postbus.logged("account_pulled")
    assert (told["id"], told["health"], told["fetched"]) == (account, "ok", 1)
    postbus.until_settled()
    assert imported(postbus) == 1
    assert postbus.stop() == 0
    assert postbus.logged("puller_stopped")
    assert not postbus.logged("process_died")


def test_idle_brings_mail_at_once(serving: RunningPostbus, tenant: str, dovecot: Dovecot, new_user: NewUser) -> None:
    """An hour's interval, and still the invoice is there a moment after it came."""
    address = new_user()
    account = link(serving, dovecot, address, tenant, idle=True)
    assert until(lambda: len(pulls(serving, account)) == 1)

    dovecot.deliver(address, pdf_mail(), LATER)

    assert until(lambda: len(pulls(serving, account)) >= 2)
    assert until(lambda: imported(serving, tenant) == 1)


def changed(postbus: RunningPostbus, account_id: str, change: Callable[[Session, LinkedAccount], object]) -> None:
    """Do this to the account, as the command line does beside a running service."""
    database = Database(load(None, postbus.data, {}).database_url())
    with database.write() as session:
        change(session, session.get_one(LinkedAccount, account_id))
    database.close()


def test_a_session_that_waited_is_not_used_for_another_login(
    serving: RunningPostbus, tenant: str, dovecot: Dovecot, new_user: NewUser
) -> None:
    """Moved to another user as news came in: from then on the other's mailbox is read, and only that."""
    address, other = new_user(), new_user()
    account = link(serving, dovecot, address, tenant, idle=True)
    assert until(lambda: len(pulls(serving, account)) == 1)
    dovecot.deliver(other, pdf_mail(), LATER)

    def move(session: Session, row: LinkedAccount) -> None:
        change_account(session, row, replace(fields_of(row), username=other))
        set_secret(session, row, Secret("password", {"password": dovecot.users[other]}), KeyRing.open(serving.data))
        # News of the old mailbox, heard while nobody else can write: its session is ready for the pull that follows.
        dovecot.deliver(address, newsletter(), LATER)
        time.sleep(1)

    changed(serving, account, move)

    assert until(lambda: len(pulls(serving, account)) >= 2)
    assert pulls(serving, account)[1]["fetched"] == 1


@pytest.mark.parametrize("change", [pause, remove_account], ids=["pause", "remove"])
def test_nobody_stays_logged_in_to_an_account_that_is_pulled_no_more(
    serving: RunningPostbus,
    tenant: str,
    dovecot: Dovecot,
    new_user: NewUser,
    change: Callable[[Session, LinkedAccount], object],
) -> None:
    """The session that waits for its news is ended soon, whether or not news come."""
    account = link(serving, dovecot, new_user(), tenant, idle=True)
    assert until(lambda: len(pulls(serving, account)) == 1)
    assert connections_to(dovecot.tls_port) == 1

    changed(serving, account, change)

    assert until(lambda: connections_to(dovecot.tls_port) == 0)


def connections_to(port: int) -> int:
    """How many connections of this machine to a port stand."""
    rows = [line.split() for kind in ("tcp", "tcp6") for line in Path(f"/proc/net/{kind}").read_text().splitlines()[1:]]
    return sum(row[2].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


def test_a_puller_that_is_killed_again_and_again_loses_nothing_and_doubles_nothing(
    serving: RunningPostbus, tenant: str, dovecot: Dovecot, new_user: NewUser
) -> None:
    """Law 1 and 9 for this door: kill -9 at any moment of a first pull; the mailbox is as it was."""
    address = new_user()
    for number in range(60):
        dovecot.deliver(address, newsletter(f"News {number}"), LATER)
    for number in range(30):
        mail = pdf_mail(f"<{number}@supplier.example>", pdf=b"%%PDF-1.4\n%d\n%%%%EOF\n" % number)
        dovecot.deliver(address, mail, LATER)
    before = dovecot.snapshot(address)
    account = link(serving, dovecot, address, tenant)

    for moment in (0.3, 0.6, 0.9):
        puller = serving.pid_of("puller")
        time.sleep(moment)
        os.kill(puller, signal.SIGKILL)
        assert until(lambda gone=puller: any(pid != gone for pid in pullers(serving)))

    assert until(lambda: any(each["health"] == "ok" for each in pulls(serving, account)))
    serving.until_settled()
    assert imported(serving, tenant) == 30
    assert states(serving, account) == {"left": 60, "fetched": 30}
    assert dovecot.snapshot(address) == before
