"""`postbus standard suggest`: the standard that a mail suggests which was not imported, and what it would bring in.

Prints the command and the file that make it; `--save` makes it.
"""

import shlex
from dataclasses import replace
from typing import Annotated, Any

import typer

from receiver.cli.failures import Refused
from receiver.cli.options import AsJson
from receiver.cli.output import print_json, say
from receiver.cli.parsers import parser, stored_octets
from receiver.cli.rows import changing, opened
from receiver.cli.standard_fields import KeepOption, standard_of
from receiver.cli.standard_records import standard_record, warn_of_hiding
from receiver.cli.standard_trial import MOST_DAYS, USUAL_DAYS, Tried, show_tried, try_change
from receiver.cli.workplace import Workplace
from receiver.pipeline.parsing import AttemptFailed, Mail
from receiver.pipeline.past import Past
from receiver.pipeline.trying import read_facts
from rules.facts import MailFacts
from rules.standard_codec import to_values
from rules.standard_toml import to_toml
from rules.standards import ImportStandard
from rules.suggestion import MOST_COMPARED, Suggestion, sender_of, subject_of
from rules.suggestion import suggest as suggestion_of
from rules.wording import words
from storage.database import Database, Session
from storage.messages import find_message
from storage.models import Message, Tenant, new_id
from storage.standards import add_whole_standard, list_standards, rules_of
from storage.tenants import find_tenant
from storage.trial_mail import StoredMail, mail_of_sender, stored_mail

_NOT_TAKEN = {
    "imported": "it is imported already",
    "duplicate": "it is a duplicate of one that is imported",
    "expired": "its octets are gone; mail that is not imported is not kept for ever",
    "received": "it is not read yet; try again in a moment",
    "parked": "it cannot be read",
}
_MISTRUST = {
    "not_registered": "whoever forwarded it is not registered, so that nothing would come of it: "
    "`postbus tenant forwarder add`, or `postbus tenant set --trust-forwards everyone`",
    "not_authenticated": "who forwarded it is not authenticated, so that nothing would come of it",
    "unknown": "forwards are believed from authenticated senders only, and nothing tells who is: "
    "`postbus tenant set --trust-forwards everyone`",
}


def suggest(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    ctx: typer.Context,
    message: Annotated[
        str, typer.Argument(metavar="MESSAGE", help="Id of a mail that was not imported.", show_default=False)
    ],
    name: Annotated[str | None, typer.Option(help="Another name than the one proposed.", show_default=False)] = None,
    keep: KeepOption = None,
    save: Annotated[bool, typer.Option("--save", help="Make this standard.")] = False,
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="Try it on the mail of so many days.")] = USUAL_DAYS,
    as_json: AsJson = False,
) -> None:
    """Propose a standard for a mail that was not imported, and tell what it would bring in."""
    here = Workplace.of(ctx)
    with opened(here) as database:
        with database.read() as session:
            found = find_message(session, message)
        found_suggestion = suggestion_for(here, database, found)
        standard = adapted(found_suggestion, found, name, keep)
        tried = try_change(
            here, database, found.tenant_id, lambda session, owner: added(session, owner, standard), days
        )
    if save:
        with changing(ctx) as session:
            added(session, find_tenant(session, found.tenant_id), standard)
    record = _record(found, found_suggestion, standard, tried) | {"is_saved": save}
    if as_json:
        print_json([record])
        return
    _show(record, tried, days)


def suggestion_for(here: Workplace, database: Database, message: Message) -> Suggestion:
    """What this mail suggests. Raises Refused for a mail that is in another state."""
    refuse_unless_not_imported(message)
    with database.read() as session:
        owner = find_tenant(session, message.tenant_id)
        _, own, policy = rules_of(session, owner.id)
        mail = stored_mail(session, message)
        facts = mail.facts or _read(here, database, mail)
        sender = sender_of(facts)
        others = mail_of_sender(session, owner, sender, MOST_COMPARED + 1) if sender else []
        subjects = [_subject(each, sender) for each in others if each.message.id != message.id]
        named = [each.name for each in own]
    return suggestion_of(new_id(), facts, [each for each in subjects if each is not None], policy, named)


def adapted(found: Suggestion, message: Message, name: str | None, keep: str | None) -> ImportStandard:
    """The proposed standard with another name, or keeping something else. Raises Refused when there is none."""
    if found.standard is None:
        raise Refused(
            f"message {message.id}: it names no sender, and nothing in its subject says what it is; "
            "make a standard by hand: `postbus standard add`"
        )
    wanted = to_values(found.standard) | ({"name": name} if name else {}) | ({"keep": keep} if keep else {})
    return replace(standard_of(wanted, found.standard.id, [], ""), id=found.standard.id)


def added(session: Session, owner: Tenant, standard: ImportStandard) -> dict[str, Any]:
    """Add the standard; its record."""
    row = add_whole_standard(session, owner, standard)
    return standard_record(row, owner.name, list_standards(session, owner))


def refuse_unless_not_imported(message: Message) -> None:
    """Raises Refused for a mail that is in another state, with what that means."""
    if message.state != "not_imported":
        raise Refused(f"message {message.id}: {_NOT_TAKEN.get(message.state, message.state)}")


def notes(found: Suggestion) -> list[str]:
    """What one must know about a proposal, in words."""
    said = [f"Compared with {found.compared} other mails of this sender: it would ask for {found.alike} of them too."]
    if found.is_claimed:
        said.append("The sender is the original one of a forward: a claim of whoever forwarded it.")
    if found.mistrust is not None:
        said.append(f"Note: {_MISTRUST[found.mistrust]}.")
    return said


def _subject(mail: StoredMail, sender: str | None) -> str | None:
    return subject_of(sender, mail.facts) if sender and mail.facts else None


def _read(here: Workplace, database: Database, mail: StoredMail) -> MailFacts:
    message = mail.message
    if not message.raw_sha256:
        raise Refused(f"message {message.id}: it was left in its mailbox, and nothing is known of it any more")
    with stored_octets(here.settings) as blobs, parser(here.settings) as pool:
        raw = blobs.path(message.tenant_id, message.raw_sha256)
        try:
            unread = frozenset(mail.facts.unread if mail.facts else ())
            again = Mail(None, raw, message.octets, message.reverse_path, unread)
            return read_facts(pool, Past(database), message.tenant_id, again, message.label)
        except AttemptFailed as failed:
            raise Refused(f"message {message.id}: {words(failed.code, failed.params)}") from failed


def _record(message: Message, found: Suggestion, standard: ImportStandard, tried: Tried) -> dict[str, Any]:
    return {
        "message": message.id,
        "tenant": tried.record["tenant"],
        "standard": to_values(standard),
        "toml": to_toml(to_values(standard)),
        "command": _command(tried.record["tenant"], standard),
        "compared": found.compared,
        "alike": found.alike,
        "is_claimed": found.is_claimed,
        "mistrust": found.mistrust,
        "notes": notes(found),
        "would": tried.trials,
    }


def _command(tenant: str, standard: ImportStandard) -> str:
    options = {"--tenant": tenant, "--name": standard.name, "--sender": standard.sender}
    options |= {"--subject-word": standard.subject_word, "--keep": standard.keep}
    command = ["postbus", "standard", "add"]
    for option, value in options.items():
        # With "=": what a mail says must not be read as an option.
        command += [f"{option}={value}"] if value and value.startswith("-") else [option, value] if value else []
    return shlex.join(command)


def _show(record: dict[str, Any], tried: Tried, days: int) -> None:
    say(record["toml"])
    say(record["command"])
    say("")
    for each in record["notes"]:
        say(each)
    show_tried(tried, days, as_json=False, is_saved=record["is_saved"])
    warn_of_hiding(tried.record)
