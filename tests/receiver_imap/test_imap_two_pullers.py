"""Two pullers on one database: one is suspended past its lease, the other takes over, the late one notes nothing."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from bench.server import RunningPostbus
from receiver.config import load
from tests.receiver_imap.linked_house import LATER, newsletter
from tests.receiver_imap.test_imap_puller import imported, link, query, states, until
from tests.receiver_pipeline.house import pdf_mail
from tests.servers.dovecot import Dovecot
from tests.servers.kinds import NEEDS_DOVECOT

# On a busy machine starting, pulling and settling take minutes together.
pytestmark = [NEEDS_DOVECOT, pytest.mark.timeout(600)]
_INVOICES, _NEWS = 15, 75
# What a pull writes of an account, and what settling makes of what it brought.
_NOTED = {
    "linked_accounts": "id, health, health_code, pull, last_pull, next_pull_at, failures, broken_off, owner, lease_id",
    "linked_mailboxes": "id, uid_next, scanned_from, uidvalidity",
    "uid_looks": "*",
    "messages": "id, state",
    "documents": "id, message_id",
}


@pytest.fixture
def two_pullers(postbus: RunningPostbus) -> Iterator[RunningPostbus]:
    """One that runs, and beside its own puller another one, which has a part of the journal to itself."""
    postbus.environment["POSTBUS_ACCOUNTS__BATCH_MESSAGES"] = "2"
    # Nobody but who is suspended may lose the account, however busy the machine is.
    postbus.environment["POSTBUS_ACCOUNTS__LEASE_SECONDS"] = "6"
    ready, say = os.pipe()
    command = [sys.executable, "-m", "receiver.process", "puller", "--name", "puller-two"]
    command += ["--supervisor", str(os.getpid()), "--ready-fd", str(say)]
    with postbus.log_file.open("a") as log:
        second = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=log, pass_fds=[say])
    os.close(say)
    try:
        with second.stdin as stdin:  # type: ignore[union-attr]
            stdin.write(load(None, None, postbus.environment).model_dump_json().encode())
        postbus.start()
        with os.fdopen(ready, "rb") as words:
            assert words.read(1), postbus.log_file.read_text()[-2000:]
        yield postbus
    finally:
        second.kill()
        second.wait()


def noted(postbus: RunningPostbus) -> dict[str, list[Any]]:
    """All that pulls and their mail have left in the database."""
    return {table: sorted(query(postbus, f"SELECT {of} FROM {table}"), key=repr) for table, of in _NOTED.items()}  # noqa: S608


def holder(postbus: RunningPostbus) -> int | None:
    """The process that holds the account."""
    ((owner,),) = query(postbus, "SELECT owner FROM linked_accounts")
    return int(owner.rpartition("-")[2]) if owner else None


def is_writable(postbus: RunningPostbus) -> bool:
    """Whether nobody is in the middle of a transaction that writes."""
    with closing(sqlite3.connect(postbus.data / "postbus.db", timeout=0, isolation_level=None)) as database:
        try:
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        return True


def suspend_the_holder(postbus: RunningPostbus) -> int:
    """Stop who pulls the account in the middle of it, but not in a transaction: SQLite would wait for it for ever."""
    assert until(lambda: len(query(postbus, "SELECT uid FROM uid_looks")) >= 20)
    while (pid := holder(postbus)) is not None:
        os.kill(pid, signal.SIGSTOP)
        if is_writable(postbus) and holder(postbus) == pid:
            return pid
        os.kill(pid, signal.SIGCONT)
    raise AssertionError("the pull had ended before it was suspended")


def test_a_puller_that_was_suspended_past_its_lease_notes_nothing_when_it_goes_on(
    two_pullers: RunningPostbus, dovecot: Dovecot, new_user: Callable[[], str]
) -> None:
    """The other takes the account over and finishes; each invoice is there once, and the mailbox is as it was."""
    postbus, address = two_pullers, new_user()
    for number in range(_NEWS):
        dovecot.deliver(address, newsletter(f"News {number}"), LATER)
        if number < _INVOICES:
            mail = pdf_mail(f"<{number}@supplier.example>", pdf=b"%%PDF-1.4\n%d\n%%%%EOF\n" % number)
            dovecot.deliver(address, mail, LATER)
    before = dovecot.snapshot(address)
    account = link(postbus, dovecot, address)

    late = suspend_the_holder(postbus)
    assert until(lambda: bool(postbus.logged("account_pulled")))
    postbus.until_settled()
    told = noted(postbus)
    os.kill(late, signal.SIGCONT)
    assert until(lambda: bool(postbus.logged("pull_lost")))
    postbus.until_settled()

    assert noted(postbus) == told
    assert query(postbus, "SELECT pull, health, owner FROM linked_accounts") == [(2, "ok", None)]
    assert states(postbus, account) == {"left": _NEWS, "fetched": _INVOICES}
    messages = postbus.rows("message", "list", "--tenant", "bench", "--limit", "1000")
    assert Counter(row["subject"] for row in messages) == {"Invoice 4711": _INVOICES} | {
        f"News {number}": 1 for number in range(_NEWS)
    }
    assert imported(postbus) == _INVOICES
    (pulled,), (lost,) = postbus.logged("account_pulled"), postbus.logged("pull_lost")
    assert (pulled["id"], lost["id"]) == (account, account)
    assert {pulled["process"], lost["process"]} == {"puller", "puller-two"}
    assert not postbus.logged("pull_broke")
    assert dovecot.snapshot(address) == before
