"""Try before you save: which stored mail a change of standards would concern. Nothing of it stays.

The change itself is made, looked at and undone in one transaction: what is refused then is refused here, and what is
tried is what would be saved.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from receiver.cli.output import Column, column, show, time_column
from receiver.cli.output import say as say_words
from receiver.cli.parsers import parser, stored_octets
from receiver.cli.workplace import Workplace
from receiver.pipeline.past import Past
from receiver.pipeline.trying import Change as StandardsChange
from receiver.pipeline.trying import Trial, Trier
from receiver.rulebook import Rulebook
from rules.standards import ImportStandard
from rules.wording import Language, words
from storage.database import Database, Session
from storage.models import Tenant
from storage.standards import rules_of
from storage.tenants import find_tenant
from storage.trial_mail import count_since, known_invoices, mail_since

ACTOR = "command line"
USUAL_DAYS = 90
MOST_DAYS = 36_500

# Makes the change, and gives the record that the command prints.
Change = Callable[[Session, Tenant], dict[str, Any]]

_WORDS = {
    "comes_in": "comes in",
    "is_fetched": "is fetched",
    "changes": "changes",
    "stops": "stops",
    "unreadable": "cannot be read",
}
COLUMNS = [
    Column("What", lambda record: _WORDS[record["effect"]], may_wrap=False),
    time_column("Received", "received_at"),
    column("From", "from"),
    column("Subject", "subject"),
    column("Is", "state", may_wrap=False),
    column("Would be", "becomes", may_wrap=False),
    column("Why", "reason"),
    column("Id", "id", may_wrap=False),
]


class _Undone(Exception):
    """Ends the transaction in which a change was only looked at."""

    def __init__(
        self, record: dict[str, Any], before: tuple[ImportStandard, ...], after: tuple[ImportStandard, ...]
    ) -> None:
        super().__init__()
        self.record = record
        self.before = before
        self.after = after


@dataclass(frozen=True, slots=True)
class Tried:
    """What a change would do."""

    record: dict[str, Any]  # of what would be saved
    trials: list[dict[str, Any]]
    looked_at: int  # mails


def try_change(here: Workplace, database: Database, tenant: str, change: Change, days: int) -> Tried:
    """What this change would do to the tenant's mail of the last `days`. Raises what the change raises."""
    undone = _looked_at(database, tenant, change)
    since = datetime.now(UTC) - timedelta(days=days)
    with stored_octets(here.settings) as blobs, parser(here.settings) as pool, database.read() as session:
        owner = find_tenant(session, tenant)
        rules = Rulebook(database).rules_for([owner.id])[owner.id]
        trier = Trier(blobs, pool, Past(database), StandardsChange.of(rules, undone.before, undone.after))
        trials = trier.try_on(mail_since(session, owner, since), known_invoices(session, owner))
        told = [trial_record(each, here.settings.language) for each in trials]
        return Tried(undone.record, told, count_since(session, owner, since))


def show_tried(tried: Tried, days: int, *, as_json: bool, is_saved: bool = False) -> None:
    """The mails, and how many of them."""
    show(tried.trials, COLUMNS, as_json=as_json, when_empty="No stored mail would be decided otherwise.")
    if as_json:
        return
    effects = Counter(trial["effect"] for trial in tried.trials)
    said = [f"{effects['comes_in']} would come in"]
    if effects["is_fetched"]:
        said.append(f"{effects['is_fetched']} would be fetched from their mailbox, and decided then")
    said.append(f"{effects['changes']} would change")
    said.append(f"{effects['stops']} like them would no longer come in (what was imported stays)")
    if effects["unreadable"]:
        said.append(f"{effects['unreadable']} cannot be read")
    saved = f"Saved: standard {tried.record['name']}." if is_saved else "Nothing is saved."
    say_words(f"Of {tried.looked_at} mails of the last {days} days: {', '.join(said)}. {saved}")


def _looked_at(database: Database, tenant: str, change: Change) -> "_Undone":
    try:
        with database.write(ACTOR) as session:
            owner = find_tenant(session, tenant)
            before = rules_of(session, owner.id)[1]
            record = change(session, owner)
            session.flush()
            raise _Undone(record, before, rules_of(session, owner.id)[1])  # noqa: TRY301 - this is how it is undone
    except _Undone as undone:
        return undone


def trial_record(trial: Trial, language: Language) -> dict[str, Any]:
    """What would become of a mail, as programs read it."""
    message, decision = trial.mail.message, trial.decision
    reason = decision.reason if decision else None
    return {
        "effect": trial.effect,
        "id": message.id,
        "received_at": message.received_at,
        "from": message.from_,
        "subject": message.subject,
        "state": message.state,
        "becomes": trial.becomes,
        "standard": decision.standard if decision else None,
        "reason": words(reason.code, reason.params, language) if reason else "",
        "reason_code": reason.code if reason else None,
        "attachments": len(decision.keep_parts) if decision else 0,
        "text": bool(decision and decision.keep_text),
    }
