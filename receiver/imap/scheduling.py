"""When an account is pulled next: after its interval, moved a little, so that accounts do not come in crowds.

Pure: time and chance are given. Raises nothing.
"""

from datetime import datetime, timedelta


def interval_of(own_seconds: float | None, usual_seconds: float, *, has_idle: bool) -> float:
    """The seconds between two pulls of an account; a longer one than usual only where IDLE keeps watch."""
    if own_seconds is None:
        return usual_seconds
    return own_seconds if has_idle else min(own_seconds, usual_seconds)


def after_interval(now: datetime, seconds: float, jitter: float, chance: float) -> datetime:
    """`now` and the interval, moved by at most its share `jitter`; `chance` is in 0 … 1."""
    return now + timedelta(seconds=seconds * (1 + jitter * (2 * chance - 1)))
