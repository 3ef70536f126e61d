"""Pull one mailbox: what is new in it, heads, texts where only those can tell, whole messages where they may matter.

Batch after batch: each is handed to the journal and noted before the next one is begun, and the cursor moves only over
UIDs that have a row: with each batch of news, or at the end of a first scan, which passes over what was noted before.
What goes wrong between two batches costs one batch. Decides nothing: rules.may_matter does.
Raises ImapFailure, EndedEarly, LeaseLost, TemporaryFailure.
Standard: RFC 9051 section 2.3.1.1 (UIDs ascend; a changed UIDVALIDITY makes every stored UID worthless).
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta

from receiver.imap.failures import ImapFailure
from receiver.imap.fetching import BROKEN_OFF, Chosen, blamed, fetch, undelivered
from receiver.imap.letters import hand_over, look_letter
from receiver.imap.sighting import Sighting, judge, see
from receiver.imap.uid_sets import MAX_UID, UidSet
from receiver.imap.values import Examined, Head
from receiver.imap.visit import Visit
from rules.may_matter import Verdict
from storage import looks
from storage.journal import Letter
from storage.looks import PendingUid, UidLook, UidSpace
from storage.mailbox_cursors import MailboxState, begin_mailbox
from storage.transport_keys import transport_key

# Labels (X-GM-LABELS) of what the owner of an account wrote; what came in as well, sent to oneself, is not only that.
_OWN = frozenset({"\\sent", "\\draft", "\\drafts"})
_CAME_IN = "\\inbox"


async def examine_mailbox(visit: Visit, name: str) -> tuple[MailboxState, Examined]:
    """Open a mailbox for reading, and what is known of it. ImapFailure mailbox_gone leaves the session usable."""
    examined = await visit.session.examine(name)
    state = await visit.means.database.write(
        lambda session: begin_mailbox(session, visit.account, name, examined.uidvalidity)
    )
    return state, examined


class MailboxPull:
    """A mailbox that is open in the visit's session."""

    def __init__(self, visit: Visit, mailbox: MailboxState, examined: Examined) -> None:
        self._visit = visit
        self._mailbox = mailbox
        self._space: UidSpace = (mailbox.id, examined.uidvalidity)
        self._uid_next = examined.uid_next
        start = visit.account.fields.start_date
        self._start_date = start
        self._is_whole = mailbox.scanned_from is None or start < mailbox.scanned_from
        self._start = datetime.combine(start, time.min, UTC)
        self._at_once = visit.means.settings.batch_messages

    async def run(self) -> None:
        """Look at everything that is new since the cursor, or since the start date."""
        mailbox, is_whole = self._mailbox, self._is_whole
        uids, are_there = (await self._since_start(), True) if is_whole else await self._since_cursor()
        last = 0
        # Two commands are under way at a time; what is known of their messages is held in memory, and no more.
        at_once = 2 * self._at_once
        # A first scan may take days: what came in last is in none of its pulls behind what is years old.
        for batch in uids.batches_downwards(at_once) if is_whole else uids.batches(at_once):
            self._visit.check()
            last = max(last, *batch)
            await self.look_at(batch, uid_next=None if is_whole else last + 1, are_there=are_there)
        # What came in meanwhile is above.
        uid_next = self._uid_next or last + 1
        if is_whole or uid_next > mailbox.uid_next:
            await self._visit.note(mailbox, [], uid_next, is_whole=is_whole)

    async def retry(self, pending: Sequence[PendingUid]) -> None:
        """Look once more at messages that the server could not deliver."""
        attempts = {each.uid: each.attempts for each in pending}
        for batch in UidSet.of(attempts).batches(self._at_once):
            self._visit.check()
            await self.look_at(batch, attempts=attempts)

    async def look_at(
        self,
        uids: UidSet,
        *,
        uid_next: int | None = None,
        attempts: dict[int, int] | None = None,
        are_there: bool = False,
    ) -> None:
        """Look at these messages, hand over what comes of it, note it, and move the cursor to `uid_next`.

        `attempts`: at messages that could not be had before; without, those that have a row are passed over.
        `are_there`: the server has just named them, so that one of which it then tells nothing is asked for again.
        """
        try:
            await self._look_at(uids if attempts else await self._unknown(uids), attempts or {}, are_there=are_there)
        except ImapFailure as failure:
            if failure.uid is not None and failure.code in BROKEN_OFF:
                # Next time the others are looked at without it.
                before = (attempts or {}).get(failure.uid, 0)
                await self._visit.note(self._mailbox, [undelivered(failure.uid, before)])
            raise
        if uid_next is not None:
            await self._visit.note(self._mailbox, [], uid_next)

    async def _since_start(self) -> UidSet:
        # SINCE knows days of the server's clock only.
        return await self._visit.session.search_since(self._start_date - timedelta(days=1))

    async def _since_cursor(self) -> tuple[UidSet, bool]:
        """The UIDs from the cursor on, and whether the server has named them."""
        first, last = self._mailbox.uid_next, (self._uid_next or MAX_UID) - 1
        if last < first:
            return UidSet(), True
        # A few numbers are asked for as they are; where there may be wide gaps, the server says which there are.
        if last - first < 2 * self._at_once:
            return UidSet.span(first, last), False
        return await self._visit.session.search_from(first), True

    async def _unknown(self, uids: UidSet) -> UidSet:
        known = await self._visit.means.database.read(
            lambda session: looks.known_uids(session, *self._space, set(uids))
        )
        return UidSet.of(uid for uid in uids if uid not in known)

    async def _look_at(self, uids: UidSet, attempts: dict[int, int], *, are_there: bool) -> None:
        if not uids:
            return
        visit = self._visit
        seen, noted = await self._heads(uids)
        if attempts or are_there:
            told = {each.uid for each in seen} | {each.uid for each in noted}
            # Law 11: expunged a moment ago, or not deliverable; the next pull tells which.
            noted += [
                UidLook(uid=uid, state="gone") if attempts else undelivered(uid, 0) for uid in uids if uid not in told
            ]
        known, seen = await self._recognise(seen)
        fetched, left = await self._divide(seen)
        await hand_over(visit.means.journal, [self._look(each) for each in left])
        noted += [each.noted("known") for each in known] + [each.noted("left") for each in left]
        await visit.note(self._mailbox, noted)
        await fetch(visit, self._mailbox, [self._chosen(each, attempts.get(each.uid, 0)) for each in fetched])

    async def _heads(self, uids: UidSet) -> tuple[list[Sighting], list[UidLook]]:
        """What came of these UIDs, and what is to be noted of those that need no further look."""
        seen: list[Sighting] = []
        settled: list[UidLook] = []
        try:
            async for head in self._visit.session.heads(uids, self._at_once):
                self._visit.looked_at += 1
                look = self._settled_by_head(head)
                if look is None:
                    seen.append(see(head))
                else:
                    settled.append(look)
        except ImapFailure as failure:
            raise blamed(failure, set(uids), {each.uid for each in seen} | {each.uid for each in settled}) from failure
        return seen, settled

    def _settled_by_head(self, head: Head) -> UidLook | None:
        if head.internal_date is not None and head.internal_date < self._start:
            return UidLook(uid=head.uid, state="before_start")
        labels = {label.lower() for label in head.gm_labels}
        if labels & _OWN and _CAME_IN not in labels:
            return UidLook(uid=head.uid, state="own")
        return None

    async def _recognise(self, seen: list[Sighting]) -> tuple[list[Sighting], list[Sighting]]:
        """Those that were seen at another UID of this account (another mailbox, or another UIDVALIDITY); the rest."""
        if not seen:
            return [], []
        account_id, database = self._visit.account.id, self._visit.means.database
        if any(each.gm_msgid for each in seen):
            ids = {each.gm_msgid for each in seen if each.gm_msgid}
            known = await database.read(lambda session: looks.gm_msgids_known(session, account_id, ids, self._space))
            return _divided(seen, lambda each: each.gm_msgid in known)
        prints = {each.fingerprint for each in seen}
        known = await database.read(lambda session: looks.fingerprints_known(session, account_id, prints, self._space))
        return _divided(seen, lambda each: each.fingerprint in known)

    async def _divide(self, seen: list[Sighting]) -> tuple[list[Sighting], list[Sighting]]:
        """Those to fetch, and those to leave."""
        if not seen:
            return [], []
        rules = await self._visit.rules()
        verdicts: list[tuple[Sighting, Verdict]] = [(each, judge(each, rules.decide)) for each in seen]
        fetched = [each for each, verdict in verdicts if verdict == "fetch"]
        left = [each for each, verdict in verdicts if verdict == "leave"]
        unknown = [each for each, verdict in verdicts if verdict == "unknown"]
        for each in await self._with_texts(unknown):
            (left if judge(each, rules.decide) == "leave" else fetched).append(each)
        return sorted(fetched, key=lambda each: each.uid), left

    async def _with_texts(self, seen: list[Sighting]) -> list[Sighting]:
        of_uid = {each.uid: each for each in seen}
        wanted = [(each.uid, each.text_part.path) for each in seen if each.text_part is not None]
        if wanted:
            octets = self._visit.means.settings.text_octets
            async for uid, _, text in self._visit.session.texts(wanted, octets):
                of_uid[uid] = of_uid[uid].with_text(text)
        return list(of_uid.values())

    def _key(self, uid: int) -> str:
        return transport_key(self._visit.account.id, *self._space, uid)

    def _look(self, seen: Sighting) -> Letter:
        envelope = self._visit.origin.envelope(self._key(seen.uid), seen.facts, seen.received_at, look="left")
        return look_letter(self._visit.means.journal, envelope, seen.facts)

    def _chosen(self, seen: Sighting, attempts: int) -> Chosen:
        return Chosen(
            uid=seen.uid,
            size=seen.size,
            transport_key=self._key(seen.uid),
            facts=seen.facts,
            received_at=seen.received_at,
            fingerprint=seen.fingerprint,
            gm_msgid=seen.gm_msgid,
            attempts=attempts,
        )


def _divided(seen: Sequence[Sighting], is_first: Callable[[Sighting], bool]) -> tuple[list[Sighting], list[Sighting]]:
    return [each for each in seen if is_first(each)], [each for each in seen if not is_first(each)]
