"""A whole postbus with linked accounts: no secret stands in a log, a dump, a backup or an answer."""

import os
import shutil
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bench.server import RunningPostbus
from receiver.imap.oauth import Tokens
from receiver.imap.stored_tokens import secret_of
from storage.account_fields import AccountFields
from storage.accounts import add_account, list_accounts
from storage.database import Database
from storage.secrets import KeyRing, Secret
from storage.tenants import find_tenant
from tests import secrecy
from tests.servers.dovecot import Dovecot
from tests.servers.oauth_provider import SCOPE, OAuthProvider
from tests.whole.test_service import until

pytestmark = pytest.mark.skipif(Dovecot.why_not() is not None, reason=str(Dovecot.why_not()))
ALICE, BOB = "alice@example.com", "bob@example.com"

_COMMANDS: tuple[tuple[str, ...], ...] = (
    *(("check-config",), ("check-config", "--json"), ("status",), ("status", "--json"), ("doctor", "--json")),
    *(
        ("account", "list"),
        ("account", "list", "--json"),
        ("account", "test", ALICE),
        ("account", "test", BOB, "--json"),
    ),
    *(("account", "show", ALICE), ("account", "show", BOB, "--json"), ("account", "pull", "--json")),
    *(("account", "rotate-key", "--json"), ("account", "pull")),
)


class _ByProvider(Dovecot):
    """Asks this provider about tokens; whoever started the provider ends it."""

    def __init__(self, oauth: OAuthProvider) -> None:
        super().__init__({ALICE: secrecy.secret("alice"), BOB: secrecy.secret("bob")})
        self._oauth = oauth

    def __enter__(self) -> "_ByProvider":
        self.tokens = self._oauth
        super(Dovecot, self).__enter__()
        return self

    def __exit__(self, *failure: object) -> None:
        super(Dovecot, self).__exit__(*failure)


@pytest.fixture(name="oauth", scope="module")
def _oauth() -> Iterator[OAuthProvider]:
    with OAuthProvider() as running:
        yield running


@pytest.fixture(name="dovecot", scope="module")
def _dovecot(oauth: OAuthProvider) -> Iterator[Dovecot]:
    with _ByProvider(oauth) as running:
        yield running


@pytest.fixture(name="postbus", scope="module")
def _postbus(
    tmp_path_factory: pytest.TempPathFactory, oauth: OAuthProvider, dovecot: Dovecot
) -> Iterator[RunningPostbus]:
    """Runs, with two linked accounts: alice's by a password, bob's by a token that has to be refreshed."""
    settings = {f"ACCOUNTS__OAUTH__OTHER__{name.upper()}": value for name, value in oauth.configuration().items()}
    settings |= {"ACCOUNTS__ALLOW_INTERNAL_HOSTS": "true", "ACCOUNTS__CA_FILE": str(dovecot.ca_file)}
    postbus = RunningPostbus(tmp_path_factory.mktemp("secrets") / "data", {**settings, "SMTP__DOORS": "1"})
    postbus.set_up()
    oauth.allow(secrecy.secret("old"), BOB)
    old = oauth.given[-1]
    tokens = Tokens(
        client="other",
        access_token=old.access_token,
        refresh_token=old.refresh_token,
        expires_at=datetime.now(UTC) - timedelta(hours=1),
        scope=SCOPE,
    )
    _link(postbus.data, dovecot, ALICE, Secret("password", {"password": dovecot.users[ALICE]}))
    _link(postbus.data, dovecot, BOB, secret_of(tokens))
    with postbus:
        yield postbus


def _link(data: Path, dovecot: Dovecot, address: str, secret: Secret) -> None:
    database, keys = Database(f"sqlite:///{data / 'postbus.db'}"), KeyRing.create(data)
    fields = AccountFields(
        address=address,
        username=address,
        host="localhost",
        port=dovecot.tls_port,
        security="tls",
        auth="xoauth2" if secret.kind == "oauth" else "password",
        start_date=datetime.now(UTC).date(),
    )
    with database.write() as session:
        add_account(session, find_tenant(session, "bench"), fields, secret, keys)
    database.close()


def _healths(postbus: RunningPostbus) -> dict[str, str]:
    database = Database(f"sqlite:///{postbus.data / 'postbus.db'}")
    with database.read() as session:
        healths = {each.address: each.health if each.last_success_at else "" for each in list_accounts(session)}
    database.close()
    return healths


def test_no_secret_is_left_behind(postbus: RunningPostbus, oauth: OAuthProvider, tmp_path: Path) -> None:
    """Pulled with password and refreshed token, asked by every command that tells, dumped, and backed up."""
    assert until(lambda: _healths(postbus) == {ALICE: "ok", BOB: "ok"}), postbus.log_file.read_text()[-3000:]
    for number, words in enumerate(_COMMANDS):
        answer = postbus.command(*words, check=False)
        (tmp_path / f"told.{number}").write_bytes(answer.stdout + answer.stderr)
        # Each has told something; `doctor` fails where no port 25 is.
        assert answer.stdout, words
        assert answer.returncode == 0 or words[0] == "doctor", answer.stderr
    os.kill(postbus.pid_of("puller"), signal.SIGABRT)
    assert until(lambda: bool(postbus.logged("process_died")))
    shutil.copytree(postbus.data, tmp_path / "backup", ignore=shutil.ignore_patterns("*.sock", "wake"))

    # The secrets are there to be found: the puller has used them.
    assert len(oauth.given) == 2
    assert oauth.given[-1].user == BOB
    assert secrecy.found_below(tmp_path) == secrecy.found_below(postbus.data.parent) == []
    assert [file for file in Path(__file__).parents[2].glob("core*") if file.is_file()] == []


def test_who_needs_no_secret_is_not_told_it(postbus: RunningPostbus) -> None:
    """Door, worker and renderer hold neither a client's secret nor the settings in their environment."""
    assert os.geteuid() != 0 or _in_memory(postbus.pid), "the search finds nothing where it must"
    for role in ("door", "worker", "jobs", "renderer"):
        pid = postbus.pid_of(role)
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        assert not secrecy.is_in(environment), role
        assert b"POSTBUS_" not in environment, role
        assert not _in_memory(pid), role


def _in_memory(pid: int) -> bool:
    """Whether a secret stands in the memory of a process; nothing is found where we may not look."""
    try:
        areas = [line.split() for line in Path(f"/proc/{pid}/maps").read_text().splitlines()]
        with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
            return any(_holds(memory, area[0]) for area in areas if area[1].startswith("rw") and "/" not in area[-1])
    except (PermissionError, FileNotFoundError):
        return False


def _holds(memory: "object", area: str) -> bool:
    start, end = (int(each, 16) for each in area.split("-"))
    try:
        memory.seek(start)  # type: ignore[attr-defined]
        return secrecy.is_in(memory.read(end - start))  # type: ignore[attr-defined]
    except (OSError, ValueError, OverflowError):
        return False
