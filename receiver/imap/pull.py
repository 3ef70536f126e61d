"""One pull of one linked account: log in, what is wanted first, then what is new in each watched mailbox, then retries.

Changes nothing in a mailbox. What is in doubt is looked at again by the next pull. Gives the session back, still logged
in, where its account wants to be watched. Raises ImapFailure, EndedEarly, LeaseLost, TemporaryFailure.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from receiver.imap.failures import ImapFailure
from receiver.imap.fetching import BROKEN_OFF
from receiver.imap.mailbox_pull import MailboxPull, examine_mailbox
from receiver.imap.session import Session
from receiver.imap.visit import Means, Visit
from receiver.imap.wanted_pull import WantedPull
from storage import looks
from storage.account_pulls import ClaimedAccount
from storage.looks import PendingUid
from storage.mailbox_cursors import MailboxState, mailboxes_of, note_gone

INBOX = "INBOX"
_GMAIL = "X-GM-EXT-1"


@dataclass(slots=True)
class Result:
    """What a pull has come to, whether or not it came to its end."""

    looked_at: int = 0
    fetched: int = 0
    octets: int = 0  # on the wire, both ways
    worked_username: str | None = None
    has_logged_in: bool = False


class AccountPull:
    """One pull; `result` and `session` tell how far it came, also when `run` raises."""

    def __init__(
        self,
        means: Means,
        account: ClaimedAccount,
        open_session: Callable[[ClaimedAccount], Awaitable[tuple[Session, str]]],
    ) -> None:
        self._means = means
        self._account = account
        self._open = open_session
        self._visit: Visit | None = None
        self.session: Session | None = None
        self._username: str | None = None
        self.watched: list[str] = []  # the mailboxes, once they are known

    @property
    def result(self) -> Result:
        """So far."""
        if self._visit is None:
            return Result()
        visit = self._visit
        return Result(visit.looked_at, visit.fetched, visit.octets, self._username, has_logged_in=True)

    async def run(self, kept: Session | None = None) -> None:
        """Pull once; `kept` is a session that waited for news of this account."""
        octets_before = kept.traffic.octets if kept else 0
        self.session = kept
        if self.session is None:
            self.session, self._username = await self._open(self._account)
        self._visit = visit = Visit(self._means, self._account, self.session, octets_before)
        visit.check()
        database, account_id = self._means.database, self._account.id
        known = await database.read(lambda session: mailboxes_of(session, account_id))
        retries = await database.read(lambda session: looks.due_retries(session, account_id))
        await self._fetch_wanted(visit, known)
        gone = await self._pull_watched(visit, known)
        await self._retry(visit, known, retries)
        if gone is not None:
            raise gone

    async def _fetch_wanted(self, visit: Visit, known: list[MailboxState]) -> None:
        """Piece by piece, until only those are left that were tried in vain just now."""
        tried: set[str] = set()
        while True:
            wanted = await self._means.database.read(lambda session: looks.wanted_uids(session, self._account.id))
            fresh = [each for each in wanted if each.transport_key not in tried]
            if not fresh:
                return
            await WantedPull(visit, known).run(fresh)
            tried |= {each.transport_key for each in fresh}

    async def _pull_watched(self, visit: Visit, known: list[MailboxState]) -> ImapFailure | None:
        """Pull each mailbox; one that is gone holds up no other: it is told when all else is done."""
        gone: ImapFailure | None = None
        self.watched = await self._watched(visit)
        for name in self._news_first(known):
            try:
                mailbox, examined = await examine_mailbox(visit, name)
            except ImapFailure as failure:
                if failure.code != "mailbox_gone":
                    raise
                gone = gone or failure
                for each in known:
                    if each.name == name and not each.is_gone:
                        await self._note_gone(each.id)
                continue
            await MailboxPull(visit, mailbox, examined).run()
        return gone

    def _news_first(self, known: list[MailboxState]) -> list[str]:
        """The watched mailboxes; first those that hold news only: another one's first scan may take days."""
        start = self._account.fields.start_date
        scanned = {each.name for each in known if each.scanned_from is not None and each.scanned_from <= start}
        return sorted(self.watched, key=lambda name: name not in scanned)

    async def _watched(self, visit: Visit) -> list[str]:
        if self._account.fields.mailboxes:
            return list(self._account.fields.mailboxes)
        if _GMAIL in visit.session.capabilities:
            # By its special use, never by name: that is the owner's language.
            everything = [each.name for each in await visit.session.mailboxes() if "\\all" in each.flags]
            if everything:
                return everything[:1]
        return [INBOX]

    async def _note_gone(self, mailbox_id: str) -> None:
        await self._means.database.write(lambda session: note_gone(session, self._account, mailbox_id))

    async def _retry(self, visit: Visit, known: list[MailboxState], retries: list[PendingUid]) -> None:
        """Ask once more for what the server could not deliver; last of all, since it may break off there again."""
        names = {each.id: each.name for each in known}
        for mailbox_id, group in groupby(retries, key=attrgetter("mailbox_id")):
            if mailbox_id not in names:
                continue
            try:
                mailbox, examined = await examine_mailbox(visit, names[mailbox_id])
                same = [each for each in group if each.uidvalidity == examined.uidvalidity]
                await MailboxPull(visit, mailbox, examined).retry(same)
            except ImapFailure as failure:
                if failure.code == "mailbox_gone":
                    continue
                if failure.uid is not None and failure.code in BROKEN_OFF:
                    # It is this message, not the server: all else was done, and the attempt is noted.
                    self.abort()
                    return
                raise

    def abort(self) -> None:
        """Close the session at once."""
        session, self.session = self.session, None
        if session is not None:
            session.abort()

    async def end(self) -> None:
        """Close the session in order."""
        session, self.session = self.session, None
        if session is not None:
            await session.logout()
