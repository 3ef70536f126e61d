"""Hand what was fetched and what was left to the journal, and wait until it is durable.

Nothing is noted of a UID before this has returned (law 24): a crash in between only makes it be looked at again, and
the transport key sees to it that it is settled once. Never reads mail. Raises TemporaryFailure.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from rules.facts import MailFacts
from rules.looks import Look
from storage.account_pulls import ClaimedAccount
from storage.failures import TemporaryFailure
from storage.journal import Envelope, Journal, Letter, Recipient, Sink


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the mail of one pull comes from, as its envelopes tell."""

    account: ClaimedAccount
    peer: str  # "host [address]"
    tls: str | None

    def envelope(
        self,
        transport_key: str,
        facts: MailFacts,
        received_at: datetime | None,
        look: Literal["left", "gone"] | None = None,
    ) -> Envelope:
        """The envelope of a mail of this account; without an INTERNALDATE it was received now."""
        account = self.account
        return Envelope(
            id=transport_key,
            source="imap",
            received_at=received_at or datetime.now(UTC),
            peer=self.peer,
            helo="",
            tls=self.tls,
            reverse_path=facts.reverse_path,
            recipients=(Recipient(account.fields.address, account.tenant_id, account.id, None),),
            smtputf8=False,
            trace="",
            look=look,
        )


def look_letter(journal: Journal, envelope: Envelope, facts: MailFacts) -> Letter:
    """A look, ready to be handed over. Raises TemporaryFailure."""
    sink = journal.sink()
    sink.write(Look(facts).to_json())
    return Letter(envelope.to_json(), sink)


def mail_letter(envelope: Envelope, sink: Sink) -> Letter:
    """A whole mail whose octets are in `sink`, ready to be handed over."""
    return Letter(envelope.to_json(), sink)


async def hand_over(journal: Journal, letters: Sequence[Letter]) -> None:
    """Return once all of them would survive a power cut. Raises TemporaryFailure when one would not."""
    if not letters:
        return
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    left = len(letters)
    failures: list[TemporaryFailure] = []

    def note(count: int, failure: TemporaryFailure | None) -> None:
        nonlocal left
        left -= count
        if failure is not None:
            failures.append(failure)
        if left == 0 and not done.done():
            done.set_result(None)

    def answer(answered: Sequence[Letter], failure: TemporaryFailure | None) -> None:
        with suppress(RuntimeError):  # the loop has ended: nobody waits for the answer
            loop.call_soon_threadsafe(note, len(answered), failure)

    journal.submit_all(letters, answer)
    await done
    if failures:
        raise failures[0]
