"""Fetch what re-matching wants: mail that was left, and that a standard of now fits (law 14).

By its UID; else by its Message-ID in the account's mailboxes; else a look says that it is gone, and the pipeline tells
the tenant to forward it. A message that breaks the session each time is tried less and less often.
Raises ImapFailure, EndedEarly, LeaseLost, TemporaryFailure.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby, islice
from operator import attrgetter

from receiver.imap.failures import ImapFailure
from receiver.imap.fetching import BROKEN_OFF, Chosen, blamed, fetch, fetch_elsewhere, undelivered
from receiver.imap.letters import hand_over, look_letter
from receiver.imap.mailbox_pull import examine_mailbox
from receiver.imap.sighting import Sighting, see
from receiver.imap.uid_sets import UidSet
from receiver.imap.visit import Visit
from rules.facts import MailFacts
from storage.looks import PendingUid
from storage.mailbox_cursors import MailboxState

# Of those a Message-ID is searched in.
_MOST_MAILBOXES = 100
# Found that often under one Message-ID, it identifies nothing; the first few are compared.
_MOST_OF_ONE_ID = 20


class WantedPull:
    """The wanted mails of one visit."""

    def __init__(self, visit: Visit, mailboxes: Sequence[MailboxState]) -> None:
        """`mailboxes`: those that were looked into before."""
        self._visit = visit
        self._mailboxes = {each.id: each for each in mailboxes}

    async def run(self, wanted: Sequence[PendingUid]) -> None:
        """Fetch all of them, or say that they are gone."""
        of_mailbox = sorted(wanted, key=attrgetter("mailbox_id", "uidvalidity", "uid"))
        missing: list[PendingUid] = []
        for mailbox_id, group in groupby(of_mailbox, key=attrgetter("mailbox_id")):
            missing += await self._by_uid(self._mailboxes.get(mailbox_id), list(group))
        if missing:
            await self._by_message_id(missing)

    async def _by_uid(self, mailbox: MailboxState | None, wanted: list[PendingUid]) -> list[PendingUid]:
        """Fetch those that are where they were; returns the others."""
        self._visit.check()
        if mailbox is None or mailbox.is_gone:
            return wanted
        try:
            mailbox, examined = await examine_mailbox(self._visit, mailbox.name)
        except ImapFailure as failure:
            if failure.code != "mailbox_gone":
                raise
            return wanted
        here = {each.uid: each for each in wanted if each.uidvalidity == examined.uidvalidity}
        seen: list[Sighting] = []
        try:
            seen = await self._heads(here)
            await fetch(self._visit, mailbox, [_chosen(each, here[each.uid]) for each in seen])
        except ImapFailure as failure:
            if failure.uid in here and failure.code in BROKEN_OFF:
                again = undelivered(failure.uid, here[failure.uid].attempts, "wanted")
                await self._visit.note(mailbox, [again])
            raise
        found = {each.uid for each in seen}
        return [each for each in wanted if each.uid not in here or each.uid not in found]

    async def _heads(self, here: Collection[int]) -> list[Sighting]:
        seen: list[Sighting] = []
        try:
            async for head in self._visit.session.heads(UidSet.of(here)):
                self._visit.looked_at += 1
                seen.append(see(head))
        except ImapFailure as failure:
            raise blamed(failure, here, [each.uid for each in seen]) from failure
        return seen

    async def _by_message_id(self, missing: list[PendingUid]) -> None:
        searched = {each.rfc_message_id: each for each in missing if each.rfc_message_id}
        for name in await self._all_mailboxes() if searched else []:
            self._visit.check()
            if not searched:
                break
            for found in await self._search(name, searched):
                searched.pop(found, None)
        await self._give_up([each for each in missing if searched.get(each.rfc_message_id or "") == each])

    async def _all_mailboxes(self) -> list[str]:
        listed = await self._visit.session.mailboxes()
        can_open = [each for each in listed if each.flags.isdisjoint({"\\noselect", "\\nonexistent"})]
        # Where all mail is, one search will do.
        everything_first = sorted(can_open, key=lambda each: "\\all" not in each.flags)
        return [each.name for each in everything_first[:_MOST_MAILBOXES]]

    async def _search(self, name: str, searched: Mapping[str, PendingUid]) -> list[str]:
        """Fetch what is in this mailbox now; returns the Message-IDs that were found."""
        session = self._visit.session
        try:
            await session.examine(name)
        except ImapFailure as failure:
            if failure.code != "mailbox_gone":
                raise
            return []
        found: dict[str, tuple[Sighting, PendingUid]] = {}
        for message_id, each in searched.items():
            uids = list(islice(await session.search_message_id(message_id), _MOST_OF_ONE_ID))
            async for head in session.heads(UidSet.of(uids)):
                seen = see(head)
                # A search finds what holds the words; ours is the one that has them.
                if seen.facts.message_id == message_id:
                    found[message_id] = (seen, each)
        chosen = [_chosen(seen, each) for seen, each in found.values()]
        fetched = await fetch_elsewhere(self._visit, chosen)
        await self._visit.end_wanted([each for seen, each in found.values() if seen.uid in fetched], "fetched")
        return [message_id for message_id, (seen, _) in found.items() if seen.uid in fetched]

    async def _give_up(self, missing: Sequence[PendingUid]) -> None:
        journal = self._visit.means.journal
        letters = []
        for each in missing:
            facts = MailFacts(message_id=each.rfc_message_id)
            letters.append(
                look_letter(journal, self._visit.origin.envelope(each.transport_key, facts, None, "gone"), facts)
            )
        await hand_over(journal, letters)
        await self._visit.end_wanted(missing, "gone")


def _chosen(seen: Sighting, wanted: PendingUid) -> Chosen:
    return Chosen(
        uid=seen.uid,
        size=seen.size,
        transport_key=wanted.transport_key,
        facts=seen.facts,
        received_at=seen.received_at,
        fingerprint=seen.fingerprint,
        gm_msgid=seen.gm_msgid,
        attempts=wanted.attempts,
        is_wanted=True,
    )
