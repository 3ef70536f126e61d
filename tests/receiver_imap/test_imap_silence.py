"""A linked account that brings nothing in for a day is never silent."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from receiver.doctor.stores import judge_accounts
from storage.account_glance import glance_at_accounts
from tests.receiver_cli.conftest import Postbus
from tests.receiver_imap.linked_house import LinkedHouse
from tests.servers.dovecot import Dovecot
from tests.servers.kinds import NEEDS_DOVECOT

pytestmark = NEEDS_DOVECOT
DAY = timedelta(days=1)


def linked_long_ago(linked: LinkedHouse) -> None:
    """As if all accounts had been linked, and pulled last, two days ago."""
    moment = f"{datetime.now(UTC) - 2 * DAY:%Y-%m-%d %H:%M:%S.%f}"
    with linked.house.database.write() as session:
        earlier = text(
            "UPDATE linked_accounts SET created_at = :moment,"
            " last_success_at = CASE WHEN last_success_at IS NULL THEN NULL ELSE :moment END"
        )
        session.connection().execute(earlier, {"moment": moment})


def test_an_account_without_a_success_for_a_day_is_named_with_its_reason(
    linked: LinkedHouse, dovecot: Dovecot, new_user: Callable[[], str]
) -> None:
    """`status` counts and names it, `doctor` warns; one that is well is not named."""
    well, refused = new_user(), new_user()
    linked.link(well)
    account = linked.link(refused)
    linked.new_password(account, "not this one")
    linked.pull(account)
    linked_long_ago(linked)
    linked.pull(linked.accounts[0])

    glance = glance_at_accounts(linked.house.settings.database_url(), datetime.now(UTC) - DAY)
    (finding,) = judge_accounts(linked.house.settings)

    assert glance.by_health == {"ok": 1, "needs_password": 1}
    assert (glance.silent, [each.address for each in glance.named]) == (1, [refused])
    assert (glance.named[0].code, glance.named[0].last_success_at) == ("password_refused", None)
    assert finding.result == "warning"
    assert refused in finding.what


def test_an_account_linked_today_has_time(linked: LinkedHouse, dovecot: Dovecot, new_user: Callable[[], str]) -> None:
    """Not pulled yet is not silent."""
    linked.link(new_user())

    assert [each.result for each in judge_accounts(linked.house.settings)] == ["ok"]


def test_a_server_that_is_down_for_a_day_is_told_by_command(
    linked: LinkedHouse, dovecot: Dovecot, new_user: Callable[[], str]
) -> None:
    """It did well before: `status` and `doctor` name the account, since when, and what to look at."""
    address = new_user()
    account = linked.link(address)
    linked.pull(account)
    linked_long_ago(linked)
    dovecot.stop()
    try:
        linked.pull(account)
    finally:
        dovecot.start()
    postbus = Postbus(linked.house.settings.data)

    status, told = postbus("status"), postbus("status", "--json").row
    doctor = postbus("doctor", "--json").rows

    (named,) = told["silent_accounts"]
    assert (told["accounts"], told["accounts_silent"]) == ({"unreachable": 1}, 1)
    assert (named["account"], named["address"], named["health"]) == (account.id, address, "unreachable")
    since = f"{datetime.now(UTC) - 2 * DAY:%Y-%m-%d}"
    assert named["last_success_at"].startswith(since)
    assert "No success for a day" in status.out
    assert f"{address}: the server takes no connection at this port" in status.out
    assert f"(none since {since}" in status.out
    (finding,) = [each for each in doctor if address in each["what"]]
    assert finding["result"] == "warning"
