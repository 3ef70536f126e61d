"""How much of a long enumeration a run goes through: with POSTBUS_LONG=1 all of it, else a part, another one each day.

A promise made of every step (a power cut, a torn octet, a cut connection) is kept by a test that can go to every step.
The normal run takes every n-th, from a start that moves on by one a day: after n days each has had its turn, and what
was found can be found again with POSTBUS_LONG=1. Only for loops inside a test: the processes of a run that is divided
must agree on its tests, and midnight may fall between them.
"""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

import pytest

Step = TypeVar("Step")

IS_LONG = bool(os.environ.get("POSTBUS_LONG"))
# Of a test that goes through much, on a machine that is busy with other things.
TIME_FOR_ALL = pytest.mark.timeout(3600 if IS_LONG else 600)


def some_of(steps: Sequence[Step], one_in: int) -> Sequence[Step]:
    """Every n-th of the steps, or all of them in a long run."""
    return steps if IS_LONG else steps[datetime.now(UTC).date().toordinal() % one_in :: one_in]


def so_many(usually: int, in_long_runs: int) -> int:
    """How many examples, rounds or mails."""
    return in_long_runs if IS_LONG else usually
