"""Decide stored mail again after what decides has changed; what fits now comes in from its raw octets.

In small pieces, each committed by itself: whoever is killed, or stopped, goes on with what is left. Decided from stored
facts; where those do not hold what a standard asks for (law 20), and for what is to be kept, the octets are read again
by a parsing child, and decided once more from all of it.
Law 13: only mail that is not imported is changed, and once. Law 5: attempts at octets are counted before they are made,
and what was tried in vain is tried alone. Never says what a mail holds.
Raises TemporaryFailure, LeaseLost.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from receiver.pipeline.judging import Decisions, judge, settlement
from receiver.pipeline.left_mail import WAITING, as_gone, decide_left, is_left
from receiver.pipeline.parsing import AttemptFailed, Mail, Parsed, Pool, Wanted
from receiver.pipeline.past import Past
from receiver.pipeline.settle_job import delivery_of_row
from receiver.rulebook import Rulebook, Rules
from receiver.tally import tally
from rules.decision import Decision, TraceLine
from rules.facts import MailFacts
from storage import rematching
from storage.blobs import BlobStore
from storage.database import Database, Session
from storage.failures import NotFound, StorageFailure, TemporaryFailure
from storage.left_mail import BY_HAND, left_among
from storage.messages import get_messages
from storage.rematching import Candidate
from storage.resettling import DecidedBy, Redecision, keep_left, settle_again
from storage.settlement import Delivery, Settled, Settlement, Stale
from storage.wanted_mail import want

PIECE = 200
READ_TOGETHER = 32
ATTEMPTS = 3  # at the octets of one mail

log = structlog.get_logger()
Fence = Callable[[Session], None]  # called in each transaction; raises when the work is somebody else's now


@dataclass(slots=True)
class Rematched:
    """What became of the mails that were decided again."""

    decided: int = 0
    imported: int = 0  # those that are duplicates of an invoice among them
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class _Read:
    """A mail whose octets are read again, by the rules that decide about it."""

    message_id: str
    delivery: Delivery
    rules: Rules
    parsed: Future[Parsed]


class Rematcher:
    """Decides stored mail again. One thread only."""

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        pool: Pool,
        is_stopping: Callable[[], bool],
        indexes: Path | None = None,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._pool = pool
        self._is_stopping = is_stopping
        self._rulebook = Rulebook(database, indexes)
        self._past = Past(database)

    def rematch(self, tenant_id: str | None, fence: Fence, report: Callable[[Rematched], None]) -> Rematched:
        """Decide about all candidates of a tenant, or (None) of all, or some when told to stop.

        `report` is called after each piece.
        """
        done = Rematched()
        while not self._is_stopping() and self._next_piece(tenant_id, done, fence):
            report(done)
        return done

    def _next_piece(self, tenant_id: str | None, done: Rematched, fence: Fence) -> bool:
        with self._database.read() as session:
            piece = rematching.next_candidates(session, tenant_id, PIECE)
        if not piece:
            return False
        rules = self._rulebook.rules_for({each.tenant_id for each in piece})
        known = [each for each in piece if each.tenant_id in rules]
        # Of mail that was left in its mailbox there are no octets: its head's facts decide (law 14).
        heads = [each for each in known if each.facts and is_left(each.facts)]
        left, to_read = _decided([each for each in known if not (each.facts and is_left(each.facts))], rules)
        worn_out = [each for each in to_read if each.attempts >= ATTEMPTS]
        # A tenant without rules is gone, and its candidates with it, save in the moment between two looks.
        gone = [each for each in piece if each.tenant_id not in rules]
        try:
            with self._database.write("re-match") as session:
                fence(session)
                keep_left(session, _decided_by(rules), left)
                waiting = _decided_by_heads(session, heads, rules)
                keep_left(session, _decided_by(rules), waiting)
                decided = {each.message_id for each in left} | {each.message_id for each in heads}
                rematching.drop_candidates(session, [each for each in piece if each.message_id in decided])
                rematching.drop_candidates(session, [*worn_out, *gone])
        except Stale:
            return True  # law 12: the same piece again, by the rules of now
        done.decided += len(left) + len(waiting)
        done.unreadable += len(worn_out)
        for each in worn_out:
            log.warning("message_not_rematched", id=each.message_id, tenant=each.tenant_id, attempts=each.attempts)
        self._read_all([each for each in to_read if each.attempts < ATTEMPTS], rules, done, fence)
        return True

    def _read_all(
        self, candidates: Sequence[Candidate], rules: Mapping[str, Rules], done: Rematched, fence: Fence
    ) -> None:
        fresh = [each for each in candidates if not each.attempts]
        groups = [fresh[start : start + READ_TOGETHER] for start in range(0, len(fresh), READ_TOGETHER)]
        for group in [*groups, *([each] for each in candidates if each.attempts)]:
            if self._is_stopping():
                return
            self._read_again(group, rules, done, fence)

    def _read_again(
        self, group: Sequence[Candidate], rules: Mapping[str, Rules], done: Rematched, fence: Fence
    ) -> None:
        """Decide about some mails from their octets."""
        with self._database.write("re-match") as session:
            fence(session)
            rematching.begin_attempts(session, group)
            messages = get_messages(session, [each.message_id for each in group])
        known = {each.message_id: each.facts for each in group}
        reads = [
            self._parse(message.id, delivery_of_row(message), rules[message.tenant_id], known.get(message.id))
            for message in messages
            if message.state == "not_imported" and message.raw_sha256
        ]
        try:
            outcomes = self._write_or_give_back(group, reads, fence)
        finally:
            for read in reads:
                if not read.parsed.exception():
                    read.parsed.result().discard()
        for read, settled in outcomes:
            done.decided += 1
            if settled and settled.state != "not_imported":
                done.imported += 1
                _tell(read.delivery.tenant_id, settled)

    def _parse(self, message_id: str, delivery: Delivery, rules: Rules, known: MailFacts | None) -> _Read:
        tenant_id = delivery.tenant_id

        def choose(parsed: Parsed) -> tuple[Decisions, Wanted]:
            counts = {tenant_id: self._past.of_tenant(parsed, tenant_id, known)}
            return judge(parsed.facts, {tenant_id: rules}, {tenant_id: delivery.label}, counts)

        raw = self._blobs.path(tenant_id, delivery.raw_sha256)
        unread = frozenset(known.unread if known else ())
        mail = Mail(None, raw, delivery.octets, delivery.reverse_path, unread)
        return _Read(message_id, delivery, rules, self._pool.submit(mail, choose))

    def _write_or_give_back(
        self, group: Sequence[Candidate], reads: Sequence[_Read], fence: Fence
    ) -> list[tuple[_Read, Settled | None]]:
        for failure in (read.parsed.exception() for read in reads):
            if isinstance(failure, TemporaryFailure):
                raise failure  # it may be this mail's: the attempt counts
        try:
            return self._write(group, reads, fence)
        except TemporaryFailure as failure:  # a full disk, other rules meanwhile: no mail's fault
            with suppress(TemporaryFailure), self._database.write("re-match") as session:
                rematching.take_attempts_back(session, group)
            if isinstance(failure, Stale):
                return []  # they are candidates still
            raise

    def _write(
        self, group: Sequence[Candidate], reads: Sequence[_Read], fence: Fence
    ) -> list[tuple[_Read, Settled | None]]:
        made = self._settlements(reads)
        unread = {each.message_id for each in reads} - {read.message_id for read, _ in made}
        outcomes, failed = [], set[str]()
        with self._database.write("re-match") as session:
            fence(session)
            for read, one in made:
                try:
                    outcomes.append((read, settle_again(session, read.message_id, one)))
                except Stale:
                    raise
                except StorageFailure as failure:  # of this mail alone
                    failed.add(read.message_id)
                    log.warning("rematch_attempt_failed", id=read.message_id, failure=type(failure).__name__)
            left = unread | failed
            rematching.drop_candidates(session, [each for each in group if each.message_id not in left])
        return outcomes

    def _settlements(self, reads: Sequence[_Read]) -> list[tuple[_Read, Settlement]]:
        """What is to be written of those that could be read, their blobs synced."""
        batch = self._blobs.batch()
        made = []
        for read in reads:
            try:
                parsed = read.parsed.result()
            except (AttemptFailed, NotFound) as failure:
                log.warning("rematch_attempt_failed", id=read.message_id, failure=type(failure).__name__)
                continue
            revision, decision = parsed.judged[read.delivery.tenant_id]
            marked = {read.delivery.tenant_id: (revision, _marked(decision, read.rules))}
            made.append((read, settlement(batch, read.delivery, parsed, marked)))
        batch.sync()
        return made


def _decided(piece: Sequence[Candidate], rules: Mapping[str, Rules]) -> tuple[list[Redecision], list[Candidate]]:
    """Those that stay, as stored facts tell, and those whose octets must be read."""
    left, to_read = [], []
    for candidate in piece:
        decision = _unless_octets_tell(candidate.facts, rules[candidate.tenant_id]) if candidate.facts else None
        if decision is None:
            to_read.append(candidate)
        else:
            left.append(_left(candidate, decision))
    return left, to_read


def _decided_by_heads(session: Session, heads: Sequence[Candidate], rules: Mapping[str, Rules]) -> list[Redecision]:
    """Those that stay in their mailboxes; what may matter is asked for, in this transaction (law 14)."""
    candidates = {each.message_id: each for each in heads}
    found = []
    for message in left_among(session, list(candidates)):
        candidate = candidates[message.id]
        # A wish by hand stands until the mail is here, or gone.
        if message.reason_code == BY_HAND or candidate.facts is None:
            continue
        decision = decide_left(candidate.facts, rules[candidate.tenant_id])
        if decision.reason.code in WAITING and not want(session, message):
            decision = as_gone(decision)
        found.append(_left(candidate, decision))
    return found


def _unless_octets_tell(facts: MailFacts, rules: Rules) -> Decision | None:
    """What stored facts decide; None when the octets are wanted, or may tell more (law 20)."""
    decision = rules.decide(facts)
    return None if decision.state == "imported" or decision.wants_more else decision


def _left(candidate: Candidate, decision: Decision) -> Redecision:
    return Redecision(
        candidate.tenant_id,
        candidate.message_id,
        decision.reason.code,
        decision.reason.params,
        decision.standard,
        [line.to_json() for line in decision.trace],
    )


def _decided_by(rules: Mapping[str, Rules]) -> DecidedBy:
    catalogue = next((each.catalogue for each in rules.values()), None)
    revisions = {tenant_id: each.revision for tenant_id, each in rules.items()}
    return DecidedBy(revisions, catalogue.version if catalogue else None)


def _marked(decision: Decision, rules: Rules) -> Decision:
    """The decision with the step that tells that it was made again."""
    if decision.state != "imported":
        return decision
    params: dict[str, str | int] = {"date": datetime.now(UTC).date().isoformat()}
    if decision.standard is None:
        return decision.followed_by(TraceLine(None, "matched_again_unhindered", params))
    version = decision.catalogue_version if decision.origin == "catalogue" else rules.revision
    params |= {"standard": decision.standard, "version": version or 0}
    return decision.followed_by(TraceLine(decision.standard, "matched_again", params))


def _tell(tenant_id: str, settled: Settled) -> None:
    tally.count(f"messages_settled:{settled.state}")
    log.info(
        "message_rematched",
        id=settled.message_id,
        tenant=tenant_id,
        state=settled.state,
        reason=settled.reason_code,
    )
