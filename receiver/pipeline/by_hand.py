"""Import a mail that no standard fits, because somebody asked for it: read once more from its octets, then settled.

Through the same door as re-matching (storage.resettling): law 13, one row of state not_imported changed, or none; law
10, an invoice that is there already makes it a duplicate. Nothing else about it is decided anew.
Raises NothingToKeep, AttemptFailed, NotFound, TemporaryFailure.
"""

from dataclasses import dataclass

from receiver.pipeline.judging import Decisions, own_facts, settlement
from receiver.pipeline.keep import wanted_of
from receiver.pipeline.parsing import Mail, Parsed, Pool, Wanted
from receiver.pipeline.past import Past
from receiver.pipeline.settle_job import delivery_of_row
from receiver.pipeline.taking import KeptByHand, by_hand
from receiver.rulebook import Rulebook, Rules
from rules.facts import MailFacts
from storage.blobs import BlobStore
from storage.database import Database
from storage.failures import NotFound, TemporaryFailure
from storage.models import Message
from storage.rematching import forget_candidates
from storage.resettling import settle_again
from storage.settlement import Delivery, Settled, Stale
from storage.trial_mail import stored_mail

LOOKS = 5


class NothingToKeep(Exception):
    """The mail has nothing of what was asked for."""


@dataclass(frozen=True, slots=True)
class ByHand:
    """Imports single mails. One thread only."""

    database: Database
    blobs: BlobStore
    pool: Pool
    actor: str  # to whom the audit gives it

    def take(self, message: Message, keep: KeptByHand | None) -> Settled | None:
        """Import this mail; None when it is no longer one that was not imported.

        `keep`: what of it; None: its attachments, where there are any that can be kept, else its text.
        """
        delivery = delivery_of_row(message)
        rulebook = Rulebook(self.database)
        with self.database.read() as session:
            known = stored_mail(session, message).facts
        for _ in range(LOOKS):
            rules = rulebook.rules_for([message.tenant_id]).get(message.tenant_id)
            if rules is None:
                raise NotFound(f"no tenant with id {message.tenant_id}")
            parsed = self._parse(delivery, rules, keep, known)
            try:
                return self._write(message.id, delivery, parsed)
            except Stale:
                continue  # what decides has changed meanwhile (law 12)
            finally:
                parsed.discard()
        raise TemporaryFailure(f"message {message.id}: its tenant's standards change faster than it is read; try again")

    def _parse(self, delivery: Delivery, rules: Rules, keep: KeptByHand | None, known: MailFacts | None) -> Parsed:
        def choose(parsed: Parsed) -> tuple[Decisions, Wanted]:
            counts = Past(self.database).of_tenant(parsed, delivery.tenant_id, known)
            facts = own_facts(parsed.facts, delivery.label, counts)
            decision = by_hand(facts, rules.decide(facts), keep)
            return {delivery.tenant_id: (rules.revision, decision)}, wanted_of(facts, [decision])

        raw = self.blobs.path(delivery.tenant_id, delivery.raw_sha256)
        unread = frozenset(known.unread if known else ())
        return self.pool.submit(Mail(None, raw, delivery.octets, delivery.reverse_path, unread), choose).result()

    def _write(self, message_id: str, delivery: Delivery, parsed: Parsed) -> Settled | None:
        decisions: Decisions = parsed.judged
        if decisions[delivery.tenant_id][1].state != "imported":
            raise NothingToKeep
        batch = self.blobs.batch()
        made = settlement(batch, delivery, parsed, decisions)
        batch.sync()
        with self.database.write(self.actor) as session:
            settled = settle_again(session, message_id, made)
            forget_candidates(session, delivery.tenant_id, [message_id])
        return settled
