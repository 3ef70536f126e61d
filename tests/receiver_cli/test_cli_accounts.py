"""Linked accounts at the command line: what is entered, what is refused, and that no secret is ever shown."""

from pathlib import Path
from typing import Any

import pytest

from tests import secrecy

KEYS = {
    *("id", "tenant", "address", "username", "host", "port", "security", "auth", "provider", "start_date"),
    *("mailboxes", "idle", "interval_seconds", "has_secret", "health", "reason_code", "reason", "health_since"),
    *("last_success_at", "next_pull_at", "is_pulling", "failures", "last_pull", "created_at"),
}
BOB = "bob@example.com"


@pytest.fixture(autouse=True)
def _this_machine_may_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTBUS_ACCOUNTS__ALLOW_INTERNAL_HOSTS", "true")


@pytest.fixture(name="password")
def _password() -> str:
    return secrecy.secret("bob")


@pytest.fixture(name="linked")
def _linked(postbus: Any, password: str) -> Any:
    """The command, with a tenant T and its account BOB at a port where nobody listens."""
    assert postbus("tenant", "add", "T").status == 0
    added = postbus(*add_bob(), "--start-date", "2025-01-01", typed=f"{password}\n")
    assert added.status == 0
    return postbus


def add_bob(*more: str) -> tuple[str, ...]:
    """The words that link BOB with a password from standard input."""
    place = ("--host", "127.0.0.1", "--port", "1")
    return ("account", "add", "--tenant", "T", "--email", BOB, *place, "--password-stdin", *more)


def test_an_account_is_linked_with_the_customers_eight_fields(postbus: Any, tmp_path: Path, password: str) -> None:
    """Address, user name, password, server, TLS, port 993, authentication normal, start date."""
    file = secrecy.put_here(tmp_path / "password")
    file.write_text(f"{password}\n")
    postbus("tenant", "add", "T")

    added = postbus(
        *("account", "add", "--tenant", "T", "--email", "Bob@Example.com", "--username", "bob"),
        *("--host", "127.0.0.1", "--port", "993", "--security", "tls", "--auth", "password"),
        *("--start-date", "2025-01-01", "--password-file", str(file), "--json"),
    )

    assert added.status == 0
    assert set(added.row) == KEYS
    told = {name: added.row[name] for name in ("address", "username", "host", "port", "security", "auth", "start_date")}
    assert told == {
        "address": BOB,
        "username": "bob",
        "host": "127.0.0.1",
        "port": 993,
        "security": "tls",
        "auth": "password",
        "start_date": "2025-01-01",
    }
    assert (added.row["has_secret"], added.row["health"]) == (True, "ok")


def test_no_secret_is_shown_or_stored_in_clear(linked: Any, password: str) -> None:
    """Neither printed by any command, nor in any file of the data folder."""
    said = [
        linked("account", *words)
        for words in (("list",), ("list", "--json"), ("show", BOB), ("show", BOB, "--json"), ("test", BOB))
    ]

    assert [answer for answer in said if password in answer.out + answer.err] == []
    assert secrecy.found_below(linked.data) == []


def test_a_password_is_never_an_argument(postbus: Any, password: str) -> None:
    """Every user of the machine sees arguments: there is no such option."""
    called = postbus("account", "add", "--tenant", "T", "--email", BOB, "--password", password)

    assert called.status == 2


def test_one_source_of_the_password_at_a_time(postbus: Any) -> None:
    """Two would mean that one of them is meant by nobody."""
    assert postbus(*add_bob("--password-file", "x")).status == 2


@pytest.mark.parametrize(
    ("typed", "words"),
    [("", "on one line"), ("\n", "on one line"), ("a\nb\n", "on one line"), ("x" * 2000, "1024 octets")],
    ids=["nothing", "empty", "two lines", "long"],
)
def test_what_is_no_password_is_refused(postbus: Any, typed: str, words: str) -> None:
    """With what was expected; never with what was read."""
    postbus("tenant", "add", "T")

    refused = postbus(*add_bob(), typed=typed)

    assert (refused.status, refused.out) == (1, "")
    assert words in refused.err
    assert postbus("account", "list", "--json").rows == []


def test_where_nobody_can_be_asked_the_remedy_is_told(postbus: Any) -> None:
    """In a script, without a terminal."""
    postbus("tenant", "add", "T")

    refused = postbus("account", "add", "--tenant", "T", "--email", BOB, "--host", "127.0.0.1")

    assert refused.status == 1
    assert "--password-stdin" in refused.err


def test_a_server_inside_is_refused_unless_the_operator_allows_it(
    postbus: Any, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    """Law 18: a tenant's word must not lead to the operator's own machines; told with the setting that allows it."""
    postbus("tenant", "add", "T")
    monkeypatch.delenv("POSTBUS_ACCOUNTS__ALLOW_INTERNAL_HOSTS")

    refused = postbus(*add_bob(), typed=f"{password}\n")

    assert refused.status == 1
    assert "POSTBUS_ACCOUNTS__ALLOW_INTERNAL_HOSTS=true" in refused.err
    assert postbus("account", "list", "--json").rows == []


def test_a_password_in_clear_leaves_this_machine_only_on_purpose(postbus: Any, password: str) -> None:
    """`--security none` is for a server here; elsewhere it takes a second word."""
    postbus("tenant", "add", "T")
    elsewhere = ("account", "add", "--tenant", "T", "--email", BOB, "--host", "192.0.2.1", "--security", "none")

    here = postbus(*add_bob("--security", "none", "--json"), typed=f"{password}\n")
    refused = postbus(*elsewhere, "--password-stdin", typed=f"{password}\n")
    meant = postbus(*elsewhere, "--password-stdin", "--send-password-in-clear", "--json", typed=f"{password}\n")

    assert here.row["security"] == "none"
    assert refused.status == 1
    assert "--send-password-in-clear" in refused.err
    assert (meant.row["host"], meant.row["port"]) == ("192.0.2.1", 143)


def test_a_provider_by_name_gives_the_server_and_says_what_to_do(postbus: Any, password: str) -> None:
    """A company's own domain at Google; Google's groups of letters are no part of an app password."""
    postbus("tenant", "add", "T")
    words = (
        "account",
        "add",
        "--tenant",
        "T",
        "--email",
        "bob@firma.example",
        "--provider",
        "Gmail",
        "--password-stdin",
    )

    added = postbus(*words, "--json", typed=f"{password}\n")

    assert (added.row["host"], added.row["port"], added.row["provider"]) == ("imap.gmail.com", 993, "gmail")
    assert "https://myaccount.google.com/apppasswords" in added.err


def test_an_unknown_provider_names_the_nearest(postbus: Any) -> None:
    """And all there are."""
    postbus("tenant", "add", "T")

    refused = postbus("account", "add", "--tenant", "T", "--email", BOB, "--provider", "gmial")

    assert refused.status == 1
    assert "did you mean 'gmail'?" in refused.err
    assert "mailbox.org" in refused.err


def test_microsoft_is_linked_by_permission_without_a_password(postbus: Any, password: str) -> None:
    """No password helps there: none is asked for, and one that is given is refused."""
    postbus("tenant", "add", "T")
    words = ("account", "add", "--tenant", "T", "--email", "bob@outlook.de")

    added = postbus(*words, "--json")
    refused = postbus(*words, "--password-stdin", typed=f"{password}\n")

    told = (added.row["auth"], added.row["has_secret"], added.row["health"], added.row["reason_code"])
    assert told == ("xoauth2", False, "needs_relink", "no_consent")
    assert refused.status == 1
    assert "by permission" in refused.err


def test_an_account_is_linked_once(linked: Any, password: str) -> None:
    """The same address, server and user name again names the command that changes it."""
    again = linked(*add_bob(), typed=f"{password}\n")

    assert again.status == 1
    assert "account set" in again.err


def test_set_changes_what_is_given_and_leaves_the_rest(linked: Any) -> None:
    """Field by field; an empty mailbox clears the list, interval 0 the interval."""
    first = linked("account", "set", BOB, "--mailbox", "INBOX", "--mailbox", "Büro", "--interval", "600", "--json").row
    second = linked(
        "account", "set", BOB, "--mailbox", "", "--interval", "0", "--start-date", "2024-05-06", "--json"
    ).row
    third = linked("account", "set", BOB, "--security", "starttls", "--username", "bob", "--idle", "--json").row

    assert (first["mailboxes"], first["interval_seconds"], first["start_date"]) == (
        ["INBOX", "Büro"],
        600,
        "2025-01-01",
    )
    assert (second["mailboxes"], second["interval_seconds"], second["start_date"]) == ([], None, "2024-05-06")
    assert (third["port"], third["username"], third["idle"], third["host"]) == (143, "bob", True, "127.0.0.1")


def test_a_provider_brings_its_port_and_security(linked: Any) -> None:
    """Its server at the old one's port would answer nobody."""
    linked("account", "set", BOB, "--security", "starttls", "--port", "1143")

    moved = linked("account", "set", BOB, "--provider", "gmx", "--json").row
    told = linked("account", "set", BOB, "--provider", "gmx", "--security", "starttls", "--json").row

    assert (moved["host"], moved["port"], moved["security"]) == ("imap.gmx.net", 993, "tls")
    assert (told["port"], told["security"]) == (143, "starttls")


def test_another_server_is_no_longer_the_old_providers(linked: Any) -> None:
    """Its words (make an app password there) would lead people astray."""
    gmail = linked("account", "set", BOB, "--provider", "gmail", "--host", "127.0.0.1", "--json").row
    moved = linked("account", "set", BOB, "--host", "localhost", "--json").row
    known = linked("account", "set", BOB, "--email", "bob@gmx.de", "--provider", "gmx", "--json").row
    same = linked("account", "set", "bob@gmx.de", "--host", "IMAP.gmx.net", "--json").row

    assert [each["provider"] for each in (gmail, moved, known, same)] == ["gmail", "", "gmx", "gmx"]


def test_set_wants_something_to_change(linked: Any) -> None:
    """Else a typing error would look like success."""
    nothing = linked("account", "set", BOB)
    unreadable = linked("account", "set", BOB, "--start-date", "yesterday")

    assert (nothing.status, unreadable.status) == (1, 2)
    assert "nothing to change" in nothing.err


def test_set_refuses_what_add_refuses(linked: Any) -> None:
    """A host that is moved inside, a password in clear, an interval that nobody watches between."""
    in_clear = linked("account", "set", BOB, "--host", "192.0.2.1", "--security", "none")
    inside = linked("account", "set", BOB, "--host", "10.0.0.1", POSTBUS_ACCOUNTS__ALLOW_INTERNAL_HOSTS="false")
    seldom = linked("account", "set", BOB, "--interval", "7200")

    assert [each.status for each in (in_clear, inside, seldom)] == [1, 1, 1]
    assert "IDLE" in seldom.err
    assert linked("account", "show", BOB, "--json").row["host"] == "127.0.0.1"


def test_pause_and_resume(linked: Any) -> None:
    """Nothing is due while it is paused."""
    paused = linked("account", "pause", BOB, "--json").row
    resumed = linked("account", "resume", BOB, "--json").row

    assert (paused["health"], paused["next_pull_at"]) == ("paused", None)
    assert resumed["health"] == "ok"


def test_a_table_says_how_each_account_does(linked: Any) -> None:
    """In words; of one tenant where it is named."""
    linked("tenant", "add", "Other")

    shown = linked("account", "list").out
    assert BOB in shown
    assert "its first pull is due" in shown
    assert linked("account", "list", "--tenant", "Other", "--json").rows == []
    assert "Last success" in linked("account", "show", BOB).out


def test_the_reasons_are_in_the_readers_language(linked: Any) -> None:
    """Law 25."""
    shown = linked("account", "show", BOB, "--json", POSTBUS_LANGUAGE="de").row

    assert shown["reason"] == "verbunden; der erste Abruf steht an"


def test_removing_asks_and_says_what_goes(linked: Any) -> None:
    """Anything but yes keeps it; --yes asks nobody."""
    kept = linked("account", "remove", BOB, typed="n\n")
    removed = linked("account", "remove", BOB, "--yes", "--json")

    assert kept.status == 1
    assert "password or permission is deleted" in kept.err
    assert "What was imported stays" in kept.err
    assert removed.row["address"] == BOB
    assert linked("account", "list", "--json").rows == []


def test_an_account_that_is_not_there_is_told_with_the_nearest(linked: Any) -> None:
    """On stderr, exit 1."""
    refused = linked("account", "show", "bbo@example.com", "--json")

    assert (refused.status, refused.out) == (1, "")
    assert BOB in refused.err


def test_an_account_of_another_tenant_is_not_found(linked: Any) -> None:
    """Where a tenant is named, only its accounts are."""
    linked("tenant", "add", "Other")

    assert linked("account", "pause", BOB, "--tenant", "Other").status == 1
    assert linked("account", "show", BOB, "--json").row["health"] == "ok"


def test_the_key_is_changed_by_command(linked: Any) -> None:
    """Everything is sealed anew, and the old key is gone."""
    before = {file.name for file in (linked.data / "keys").glob("*.key")}

    rotated = linked("account", "rotate-key", "--json").row

    assert (rotated["sealed_anew"], rotated["unreadable"]) == (1, [])
    after = {file.name for file in (linked.data / "keys").glob("*.key")}
    assert after == {f"{rotated['key']}.key"}
    assert before.isdisjoint(after)
