"""Law 8: what is done once a day comes once a day, whatever restarts, breaks off or turns the clock."""

from datetime import UTC, datetime, timedelta

from storage.daily_work import begin_daily_work, end_daily_work
from storage.database import Database

NOON = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def begins(database: Database, moment: datetime) -> bool:
    with database.write() as session:
        return begin_daily_work(session, moment)


def end(database: Database, moment: datetime) -> None:
    with database.write() as session:
        end_daily_work(session, moment)


def test_it_is_due_at_once_then_once_a_day(database: Database) -> None:
    """Who asks each minute, or after a restart, gets it once a day."""
    assert begins(database, NOON)
    end(database, NOON + HOUR)
    assert not begins(database, NOON + DAY)
    assert begins(database, NOON + DAY + HOUR)


def test_only_one_is_at_it(database: Database) -> None:
    """Of two nodes one does it; killed, another one does after an hour."""
    assert begins(database, NOON)
    assert not begins(database, NOON + timedelta(minutes=59))
    assert begins(database, NOON + HOUR)


def test_a_clock_that_was_wrong_holds_nothing_up(database: Database) -> None:
    """A node whose clock stood in 2036 has done it: the present does not wait for 2036."""
    future = NOON.replace(year=2036)
    assert begins(database, future)
    assert begins(database, NOON)
    end(database, future)
    assert begins(database, NOON)
