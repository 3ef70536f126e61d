"""How often accounts are pulled, when one is tried again, and what a host and a day may bear."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from receiver.imap.breaker import FAILURES, FIRST_REST_SECONDS, Breaker
from receiver.imap.budget import DayBudget, Hold, next_day
from receiver.imap.failures import HEALTH, ImapFailure
from receiver.imap.health import DAY, has_asked_host, is_failure_of_host, next_try
from receiver.imap.scheduling import after_interval, interval_of

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_pulls_are_moved_apart_within_the_jitter() -> None:
    """An hour with a jitter of a tenth is 54 to 66 minutes."""
    first, last = after_interval(NOON, 3600, 0.1, 0.0), after_interval(NOON, 3600, 0.1, 1.0)

    assert (first - NOON, last - NOON) == (timedelta(minutes=54), timedelta(minutes=66))


def test_a_longer_interval_counts_only_where_idle_keeps_watch() -> None:
    """Without IDLE nobody would notice new mail for longer than the operator has set."""
    assert interval_of(86400, 3600, has_idle=False) == 3600
    assert interval_of(86400, 3600, has_idle=True) == 86400


def test_a_shorter_interval_counts_always() -> None:
    """A tenant may want its mail sooner."""
    assert interval_of(600, 3600, has_idle=False) == 600


@pytest.mark.parametrize("code", sorted(HEALTH))
def test_every_failure_has_a_next_try(code: str) -> None:
    """Law 8: a schedule never dies, however long it fails."""
    for failures in (1, 2, 10, 100_000):
        assert NOON < next_try(ImapFailure(code), failures, NOON, 0.5) <= NOON + 2 * DAY


def test_pauses_grow_while_a_server_is_away() -> None:
    """First after a minute, later once an hour."""
    pauses = [next_try(ImapFailure("connection_refused"), n, NOON, 0.0) - NOON for n in (1, 2, 3, 20)]

    assert pauses == [timedelta(seconds=60), timedelta(seconds=120), timedelta(seconds=240), timedelta(hours=1)]


@pytest.mark.parametrize("code", ["password_refused", "link_again"])
def test_a_refused_secret_is_shown_once_a_day(code: str) -> None:
    """Providers lock whom they see failing every hour."""
    assert next_try(ImapFailure(code), 1, NOON, 0.0) - NOON >= DAY


def test_a_key_that_is_put_back_is_found_soon() -> None:
    """No server is asked while a secret cannot be opened here: nodes whose keys are copied wait minutes, not a day."""
    assert next_try(ImapFailure("secret_unreadable"), 1, NOON, 0.0) - NOON == timedelta(minutes=1)


def test_a_spent_budget_waits_for_the_next_day() -> None:
    """It is whole again at midnight UTC, and not before."""
    again = next_try(ImapFailure("budget_spent"), 1, NOON, 0.0)

    assert again == next_day(NOON) == datetime(2026, 11, 25, tzinfo=UTC)


def test_a_days_budget_counts_what_was_fetched_earlier() -> None:
    """Several pulls of a day share it."""
    budget = DayBudget(1000, spent_before=900)
    budget.check(50, wanted=50)

    with pytest.raises(ImapFailure, match="budget_spent"):
        budget.check(50, wanted=51)


def test_a_mail_larger_than_a_days_budget_is_fetched_first_on_a_day() -> None:
    """Else it would never be fetched."""
    DayBudget(1000, spent_before=0).check(100, wanted=5000)

    with pytest.raises(ImapFailure, match="budget_spent"):
        DayBudget(1000, spent_before=1).check(100, wanted=5000)


SERVER = ("mail.example.com", 993)


def test_a_host_rests_after_failures_in_a_row() -> None:
    """Its accounts do not knock one after the other at a server that is away."""
    breaker = Breaker()
    for _ in range(FAILURES - 1):
        assert breaker.failed(SERVER, now=0.0) == 0.0

    assert breaker.failed(SERVER, now=0.0) == FIRST_REST_SECONDS
    assert breaker.resting(now=1.0) == [SERVER]
    assert breaker.resting(now=FIRST_REST_SECONDS) == []


@pytest.mark.parametrize("code", ["no_password", "link_again", "sign_in_unreachable", "host_is_internal"])
def test_what_fails_before_a_host_is_asked_says_nothing_of_it(code: str) -> None:
    """An account without a password neither lets its host rest nor wakes it."""
    failure = ImapFailure(code)

    assert not has_asked_host(failure)
    assert not is_failure_of_host(failure)
    assert has_asked_host(ImapFailure("password_refused"))


def test_a_port_at_which_nothing_answers_holds_up_no_account_at_another_port() -> None:
    """A tenant may name any port of a host that other tenants use: its failures are not theirs."""
    breaker = Breaker()
    for _ in range(FAILURES):
        breaker.failed(("mail.example.com", 81), now=0.0)

    assert breaker.resting(now=1.0) == [("mail.example.com", 81)]
    assert not breaker.is_on_probation(SERVER, now=FIRST_REST_SECONDS)


def test_a_host_that_has_rested_is_tried_by_one_account() -> None:
    """When that fails too, it rests longer; when it succeeds, all is forgotten."""
    breaker = Breaker()
    for _ in range(FAILURES):
        breaker.failed(SERVER, now=0.0)
    assert breaker.is_on_probation(SERVER, now=FIRST_REST_SECONDS)

    assert breaker.failed(SERVER, now=FIRST_REST_SECONDS) == 2 * FIRST_REST_SECONDS
    breaker.succeeded(SERVER)
    assert not breaker.is_on_probation(SERVER, now=1000.0)
    assert breaker.resting(now=61.0) == []


def test_large_mails_wait_for_each_other() -> None:
    """However many pulls fetch at once, what they hold together stays below a bound."""

    async def fetch_many() -> int:
        hold, now, most = Hold(100), 0, 0

        async def fetch(octets: int) -> None:
            nonlocal now, most
            async with hold.of(octets):
                now += 1
                most = max(most, now)
                await asyncio.sleep(0)
                now -= 1

        await asyncio.gather(*(fetch(octets) for octets in (60, 60, 1000, 60, 1000)))
        return most

    assert asyncio.run(fetch_many()) == 1
