"""What storage knows of the past of a mail that was just read: asked before rules decide, in the thread that reads it.

Of a mail that was decided before, what was counted then holds: its own copies and whatever came later change nothing
when it is read again. Most mails bring no picture that could be a page; of them nobody asks.
Mails of one batch do not see each other: what is not settled yet is not counted. Raises TemporaryFailure.
"""

from collections.abc import Collection

from receiver.pipeline.parsing import Parsed
from rules.facts import MailFacts
from rules.recognition.past import NOTHING_SEEN, Counts, asks_past, counts_of
from storage.database import Database
from storage.seen_pictures import times_seen


class Past:
    """Counts for decisions. Any thread may ask."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_tenants(self, parsed: Parsed, tenants: Collection[str]) -> dict[str, Counts]:
        """For each of these tenants, how often this sender's mail to it brought the same pictures (law 16)."""
        if not asks_past(parsed.facts):
            return {}
        with self._database.read() as session:
            return {each: times_seen(session, each, parsed.facts, parsed.content_id) for each in tenants}

    def of_tenant(self, parsed: Parsed, tenant_id: str, known: MailFacts | None = None) -> Counts:
        """The same for one tenant; `known` are the facts that are stored of this mail."""
        if known is not None:
            return counts_of(known)
        return self.of_tenants(parsed, [tenant_id]).get(tenant_id, NOTHING_SEEN)
