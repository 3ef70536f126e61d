"""What a pull costs in memory: measured in a process of its own, from the highest that it had before."""

import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest

from receiver.config import Settings
from storage.account_models import LinkedAccount
from tests.receiver_imap.linked_house import LATER, LinkedHouse
from tests.receiver_pipeline.house import pdf_mail
from tests.servers.dovecot import Dovecot
from tests.servers.kinds import NEEDS_DOVECOT

MIB = 1024**2
# From the issue: above an idle puller, whatever the sizes of mails.
GOAL_MIB = 24

# Pulls one account after the other, and says how much more the second one took than the first.
_PULL = """
import sys
from pathlib import Path
from receiver import logs
from receiver.config import LogSettings, Settings
from receiver.imap.sole_pull import pull_now

def highest():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])

logs.configure(LogSettings(level="error", format="json"))
settings = Settings.model_validate_json(sys.argv[1])
pull_now(settings, [sys.argv[2]])
Path("/proc/self/clear_refs").write_text("5")
before = highest()
pull_now(settings, [sys.argv[3]])
print(highest() - before)
"""

# Opens a session with the port that it is given, and says how that ended, and how much memory it took.
_OPEN = """
import asyncio, sys
from pathlib import Path
from receiver.imap.failures import ImapFailure
from receiver.imap.session import Session
from receiver.imap.values import Limits, PasswordLogin, Place

def highest():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])

async def talk():
    place = Place(host="127.0.0.1", port=int(sys.argv[1]), security="none", allow_internal=True)
    try:
        session = await Session.open(place, Limits(silence_seconds=60, command_seconds=120))
        await session.login(PasswordLogin("a@example.com", "none"))
        await session.examine("INBOX")
    except ImapFailure as failure:
        return failure.code

before = highest()
print(asyncio.run(talk()), highest() - before)
"""


def grown_by(settings: Settings, first: LinkedAccount, second: LinkedAccount) -> float:
    """MiB that the second pull takes more than the first."""
    words = [sys.executable, "-c", _PULL, settings.model_dump_json(), first.id, second.id]
    done = subprocess.run(words, check=True, capture_output=True, text=True, timeout=120)
    return int(done.stdout) / 1024


@NEEDS_DOVECOT
@pytest.mark.timeout(180)
def test_a_mail_of_a_hundred_megabytes_is_pulled_in_little_memory(
    linked: LinkedHouse, dovecot: Dovecot, new_user: Callable[[], str]
) -> None:
    """It goes in pieces from the server into the journal."""
    small, large = new_user(), new_user()
    dovecot.deliver(small, pdf_mail(), LATER)
    mail = pdf_mail("<large@supplier.example>", pdf=b"%PDF-1.4\n" + b"x" * (73 * MIB) + b"\n%%EOF\n")
    file = dovecot.deliver(large, mail, LATER)
    accounts = [linked.link(small), linked.link(large)]

    grown = grown_by(linked.house.settings, *accounts)

    assert len(mail) > 100_000_000
    assert linked.states(accounts[1]) == {"fetched": 1}
    assert grown < GOAL_MIB
    file.unlink()


def _flood(listening: socket.socket, said_first: bytes) -> None:
    """Say that, then a line of a gigabyte, to the first client that comes."""
    connection, _ = listening.accept()
    with connection, suppress(OSError):
        connection.sendall(said_first)
        for _ in range(1024):
            connection.sendall(b"x" * MIB)
        connection.sendall(b"\r\n")


@pytest.mark.parametrize("said_first", [b"", b"* OK [CAPABILITY IMAP4rev1] hello\r\n* OK ", b"* OK [CAPABILITY"])
@pytest.mark.timeout(180)
def test_a_line_of_a_gigabyte_ends_the_session_and_not_the_memory(said_first: bytes) -> None:
    """As a greeting, as capabilities, before the answer to a command."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        talking = threading.Thread(target=_flood, args=(listening, said_first), daemon=True)
        talking.start()
        words = [sys.executable, "-c", _OPEN, str(listening.getsockname()[1])]
        done = subprocess.run(words, check=True, capture_output=True, text=True, timeout=150)
        talking.join(60)

    code, grown = done.stdout.split()
    assert code == "server_nonsense"
    assert int(grown) / 1024 < GOAL_MIB
    assert not talking.is_alive()
