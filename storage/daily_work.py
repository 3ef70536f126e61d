"""When what is done once a day was done last: in the database, so that restarts neither hasten it nor put it off.

Whoever begins it has an hour to end it before anybody else begins; broken off, it is begun again after that hour.
Law 8: a time in the far future, of a clock that was wrong, counts as none. Reads no clock.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, update
from sqlmodel import Session, col

from storage.rematch_models import DailyWorkState

PERIOD = timedelta(days=1)
ATTEMPT = timedelta(hours=1)


def begin_daily_work(session: Session, moment: datetime) -> bool:
    """Whether it is due now, and nobody else is at it; then it is the caller's."""
    is_due = _is_past(col(DailyWorkState.done_at), moment, PERIOD)
    is_free = _is_past(col(DailyWorkState.begun_at), moment, ATTEMPT)
    begun = update(DailyWorkState).where(is_due, is_free).values(begun_at=moment)
    return session.connection().execute(begun).rowcount == 1


def end_daily_work(session: Session, moment: datetime) -> None:
    """All of it is done."""
    session.connection().execute(update(DailyWorkState).values(done_at=moment, begun_at=None))


def _is_past(column: Any, moment: datetime, period: timedelta) -> ColumnElement[bool]:
    return or_(column.is_(None), column <= moment - period, column > moment + period)
