"""One pull of one account as far as it has come: what it works with, what it has counted, and when it must end early.

Notes what was looked at, fenced by the account's lease; decides nothing of mail. Raises EndedEarly, ImapFailure
(budget_spent), LeaseLost and TemporaryFailure.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from receiver.config_accounts import AccountSettings
from receiver.imap.budget import DayBudget, Hold
from receiver.imap.database_thread import DatabaseThread
from receiver.imap.letters import Origin
from receiver.imap.session import Session
from receiver.rulebook import Rulebook, Rules
from storage import looks
from storage.account_pulls import ClaimedAccount
from storage.database import Session as DatabaseSession
from storage.journal import Journal
from storage.looks import LookState, PendingUid, UidLook
from storage.mailbox_cursors import MailboxState, advance_cursor

# What looks and their envelopes may take of the journal before the next question whether there is room.
_BATCH_OCTETS = 4 * 1024**2

Why = Literal["stopping", "no_room", "took_long", "tenant_gone"]


class EndedEarly(Exception):
    """This pull ends before its end, at a place where all that was done is noted; neither account nor server is ill."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What all pulls of a process share."""

    settings: AccountSettings
    database: DatabaseThread
    journal: Journal
    rulebook: Rulebook
    hold: Hold  # octets of whole mails that all pulls together have in memory
    is_stopping: Callable[[], bool]


class Visit:
    """A pull under way, with a session that is logged in."""

    def __init__(self, means: Means, account: ClaimedAccount, session: Session, octets_before: int = 0) -> None:
        """`octets_before`: what this session had on the wire before this pull."""
        self.means = means
        self.account = account
        self.session = session
        self.origin = Origin(account, f"{account.fields.host} [{session.address}]", session.tls)
        self.looked_at = 0
        self.fetched = 0
        self._octets_before = octets_before
        self._budget = DayBudget(means.settings.octets_per_day, account.octets_of_day)
        self._ends_at = time.monotonic() + means.settings.pull_seconds

    @property
    def octets(self) -> int:
        """On the wire in this pull, both ways."""
        return self.session.traffic.octets - self._octets_before

    def check(self, octets: int = 0) -> None:
        """Whether to go on, where all is noted, and `octets` may be fetched. Raises EndedEarly, ImapFailure."""
        if self.means.is_stopping():
            raise EndedEarly("stopping")
        if time.monotonic() >= self._ends_at:
            raise EndedEarly("took_long")
        self._budget.check(self.octets, octets)
        if not self.means.journal.has_room(octets + _BATCH_OCTETS):
            raise EndedEarly("no_room")

    async def rules(self) -> Rules:
        """What decides about this tenant's mail now."""
        tenant = self.account.tenant_id
        found = await self.means.database.call(lambda: self.means.rulebook.rules_for([tenant]))
        if tenant not in found:
            raise EndedEarly("tenant_gone")
        return found[tenant]

    async def note(
        self, mailbox: MailboxState, noted: Sequence[UidLook], uid_next: int | None = None, *, is_whole: bool = False
    ) -> None:
        """Write down what became of these UIDs, and, with `uid_next`, that all below it have a row.

        `is_whole`: the mailbox was searched down to the account's start date. Raises LeaseLost.
        """
        scanned_from = self.account.fields.start_date if is_whole else None

        def write(session: DatabaseSession) -> None:
            if noted:
                looks.note_looks(session, self.account, mailbox.id, noted)
            if uid_next is not None:
                advance_cursor(session, self.account, mailbox.id, uid_next, scanned_from)

        if noted or uid_next is not None:
            await self.means.database.write(write)

    async def end_wanted(self, wanted: Sequence[PendingUid], state: LookState) -> None:
        """Write down that wanted UIDs, of any UIDVALIDITY, need nothing more. Raises LeaseLost."""
        if wanted:
            await self.means.database.write(lambda session: looks.end_pending(session, self.account, wanted, state))
