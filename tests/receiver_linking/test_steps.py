"""An account is tried step by step on a real server, and the step that fails says so."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from receiver.imap.values import Limits, PasswordLogin, Place
from receiver.linking.steps import STEPS, Outcome, Step, Trial, try_account
from tests import secrecy
from tests.servers.dovecot import Dovecot
from tests.servers.kinds import NEEDS_DOVECOT

pytestmark = NEEDS_DOVECOT
ALICE = "alice@example.com"
MAIL = b"From: a@supplier.example\r\nSubject: Bill\r\n\r\nPlease pay.\r\n"
PASSWORD = secrecy.secret("alice")
START = date(2025, 3, 1)


@pytest.fixture(scope="module", name="server")
def _server() -> Iterator[Dovecot]:
    with Dovecot({ALICE: PASSWORD, "bob": PASSWORD}) as running:
        for second in (datetime(2025, 2, 28, 23, 59, 59, tzinfo=UTC), datetime(2025, 3, 1, tzinfo=UTC)):
            running.deliver(ALICE, MAIL, second)
        running.deliver(ALICE, MAIL, datetime(2025, 6, 1, tzinfo=UTC))
        running.deliver(ALICE, MAIL, datetime(2024, 1, 1, tzinfo=UTC), "Rechnungen/Juni")
        yield running


@pytest.fixture(name="trial")
def _trial(server: Dovecot) -> Trial:
    async def login(username: str) -> PasswordLogin:
        return PasswordLogin(username, PASSWORD)

    place = Place(host="localhost", port=server.tls_port, security="tls", allow_internal=True, ca_file=server.ca_file)
    limits = Limits(connect_seconds=10, silence_seconds=10, command_seconds=30)
    return Trial(place=place, limits=limits, usernames=[ALICE], login=login, start_date=START)


def tried(trial: Trial) -> Outcome:
    """The outcome, with every step told as it went."""
    told: list[Step] = []
    outcome = asyncio.run(try_account(trial, told.append))
    assert tuple(told) == outcome.steps
    assert tuple(step.name for step in told) == STEPS
    return outcome


def results(outcome: Outcome) -> Sequence[str]:
    """What each step came to."""
    return [step.result for step in outcome.steps]


def failed_with(outcome: Outcome) -> tuple[str, str]:
    """The step that failed and its code; all before it hold, all after it are skipped."""
    at = next(number for number, step in enumerate(outcome.steps) if step.result == "failed")
    assert list(results(outcome)) == ["ok"] * at + ["failed"] + ["skipped"] * (len(STEPS) - at - 1)
    assert not outcome.is_good
    return outcome.steps[at].name, outcome.steps[at].code


def test_a_good_account_passes_every_step_and_counts_from_midnight_utc(trial: Trial, server: Dovecot) -> None:
    """SEARCH knows days of the server's own clock only: the mail a second before the start date does not count."""
    before = server.snapshot(ALICE)

    outcome = tried(trial)

    assert outcome.is_good
    assert (outcome.username, outcome.would_look_at) == (ALICE, 2)
    assert outcome.steps[-1].params == {"count": 2, "date": "2025-03-01", "before": 1}
    assert server.snapshot(ALICE) == before


def test_starttls_passes_too(trial: Trial, server: Dovecot) -> None:
    """Port 143."""
    place = replace(trial.place, port=server.starttls_port, security="starttls")

    assert tried(replace(trial, place=place)).is_good


def test_a_name_that_does_not_exist_fails_at_the_name(trial: Trial) -> None:
    """A typing error in the server name."""
    outcome = tried(replace(trial, place=replace(trial.place, host="imap.nowhere.invalid")))

    assert failed_with(outcome) == ("name", "host_not_found")


def test_an_internal_address_fails_at_the_name(trial: Trial) -> None:
    """Law 18, unless the operator allows it."""
    outcome = tried(replace(trial, place=replace(trial.place, allow_internal=False)))

    assert failed_with(outcome) == ("name", "host_is_internal")


def test_a_closed_port_fails_at_the_connection(trial: Trial) -> None:
    """Nobody listens."""
    assert failed_with(tried(replace(trial, place=replace(trial.place, port=1)))) == (
        "connection",
        "connection_refused",
    )


def test_an_unknown_certificate_fails_at_the_certificate(trial: Trial) -> None:
    """Signed by nobody we trust; the password is not sent."""
    outcome = tried(replace(trial, place=replace(trial.place, ca_file=None)))

    assert failed_with(outcome) == ("certificate", "certificate_wrong")
    assert outcome.username is None


def test_a_server_without_starttls_fails_at_the_certificate() -> None:
    """Nothing is sent unprotected; the step that would protect it says what to use instead."""

    async def no_login(_username: str) -> PasswordLogin:
        pytest.fail("a login was asked for before the connection was private")

    with Dovecot({ALICE: PASSWORD}, settings="ssl = no") as bare:
        place = Place(host="localhost", port=bare.starttls_port, security="starttls", allow_internal=True)
        outcome = tried(Trial(place=place, limits=Limits(), usernames=[ALICE], login=no_login, start_date=START))

    assert failed_with(outcome) == ("certificate", "starttls_missing")


def test_a_wrong_password_fails_at_the_login(trial: Trial) -> None:
    """And is not in what is told."""
    wrong = secrecy.secret("wrong")

    async def login(username: str) -> PasswordLogin:
        return PasswordLogin(username, wrong)

    outcome = tried(replace(trial, login=login))

    assert failed_with(outcome) == ("login", "password_refused")
    assert wrong not in repr(outcome)


def test_the_user_name_that_works_is_told(trial: Trial) -> None:
    """iCloud: often only what stands before the @."""
    outcome = tried(replace(trial, usernames=["bob@icloud.com", "bob"]))

    assert outcome.is_good
    assert outcome.username == "bob"


def test_a_mailbox_that_is_not_there_fails_at_the_mailboxes(trial: Trial) -> None:
    """One that was renamed, or written otherwise."""
    assert failed_with(tried(replace(trial, mailboxes=("Rechnung",)))) == ("mailboxes", "mailbox_gone")


def test_the_mailboxes_that_were_named_are_counted(trial: Trial) -> None:
    """Below others too."""
    outcome = tried(replace(trial, mailboxes=("INBOX", "Rechnungen/Juni"), start_date=date(2024, 1, 1)))

    assert outcome.would_look_at == 4
