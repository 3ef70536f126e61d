"""The database's counts, or why there is none: what `status` shows and what `serve` asks before it starts anything.

Raises Refused with the remedy, TemporaryFailure when the database does not answer.
"""

from datetime import UTC, datetime, timedelta

from receiver.cli.failures import Refused
from receiver.cli.workplace import Workplace
from storage.account_glance import AccountsGlance, glance_at_accounts
from storage.failures import NotFound
from storage.glance import Glance, glance, waiting_to_confirm

# A linked account that had no success for so long is told of wherever somebody looks.
SILENT = timedelta(days=1)
CONFIRMED_WITHIN = timedelta(days=14)  # as storage.attention, which takes long to import


def accounts_of(here: Workplace) -> AccountsGlance:
    """How linked accounts do; asked after `counts_of`, which is sure of the tables."""
    return glance_at_accounts(here.settings.database_url(), datetime.now(UTC) - SILENT)


def to_confirm(here: Workplace) -> list[str]:
    """Whom a mail service asks whether it may forward to them; asked after `counts_of`."""
    return waiting_to_confirm(here.settings.database_url(), (datetime.now(UTC) - CONFIRMED_WITHIN).date())


def counts_of(here: Workplace) -> Glance:
    """What the database holds, sure that it has this version's tables."""
    try:
        counts = glance(here.settings.database_url())
    except NotFound as failure:
        raise Refused(f"{failure}; run `{here.init_command()}`") from failure
    if not counts.is_current:
        raise Refused(f"the database is of another version than postbus; run `{here.init_command()}`")
    return counts
