"""`postbus standard test`: what would become of a mail in a file, decided as a mail that arrives is. Stores nothing.

The file is hostile: a child reads it, and what it says reaches the terminal through receiver/cli/output.py only.
"""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from receiver.cli.failures import Refused
from receiver.cli.options import AsJson, InLanguage, OfTenant
from receiver.cli.output import print_json, readable_octets, say, show_fields
from receiver.cli.parsers import parser
from receiver.cli.rows import opened
from receiver.cli.workplace import Workplace
from receiver.config import Settings
from receiver.pipeline.parsing import AttemptFailed, Mail
from receiver.pipeline.past import Past
from receiver.pipeline.trying import read_facts
from receiver.rulebook import Rulebook, Rules
from rules.decision import Decision
from rules.facts import MailFacts
from rules.wording import Language, describe, words
from storage.tenants import find_tenant

MailFile = Annotated[Path, typer.Argument(metavar="FILE", help="A mail as its octets (.eml).", show_default=False)]
Label = Annotated[str, typer.Option(help="As if sent to this label of the import address.", show_default=False)]
ReversePath = Annotated[str, typer.Option(help="As if from this envelope sender.", show_default=False)]


def decide_file(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    ctx: typer.Context,
    file: MailFile,
    tenant: OfTenant,
    label: Label = "",
    reverse_path: ReversePath = "",
    language: InLanguage = None,
    as_json: AsJson = False,
) -> None:
    """Tell what would become of a mail in a file, and why; nothing is stored."""
    here = Workplace.of(ctx)
    mail = _mail(file, here.settings, reverse_path)
    with opened(here) as database:
        with database.read() as session:
            owner = find_tenant(session, tenant)
        rules = Rulebook(database).rules_for([owner.id])[owner.id]
        with parser(here.settings) as pool, _faults_named(file):
            facts = read_facts(pool, Past(database), owner.id, mail, label)
    record = _record(owner.name, facts, rules, language or here.settings.language)
    if as_json:
        print_json([record])
    else:
        _show(record)


def _mail(file: Path, settings: Settings, reverse_path: str) -> Mail:
    found, largest = file.stat(), settings.smtp.max_message_octets
    if not stat.S_ISREG(found.st_mode):
        raise Refused(f"{file}: expected a file with one mail")
    if not 0 < found.st_size <= largest:
        raise Refused(f"{file}: {found.st_size} octets; a mail has 1 to {largest} (smtp.max_message_octets)")
    return Mail(None, file.absolute(), found.st_size, reverse_path)


@contextmanager
def _faults_named(file: Path) -> Iterator[None]:
    try:
        yield
    except AttemptFailed as failed:
        raise Refused(f"{file}: {words(failed.code, failed.params)}") from failed


def _record(tenant: str, facts: MailFacts, rules: Rules, language: Language) -> dict[str, Any]:
    decision = rules.decide(facts)
    return {
        "tenant": tenant,
        "state": decision.state,
        "reason": words(decision.reason.code, decision.reason.params, language),
        "reason_code": decision.reason.code,
        "reason_params": dict(decision.reason.params),
        "standard": decision.standard,
        "origin": decision.origin,
        "revision": rules.revision,
        "catalogue_version": decision.catalogue_version,
        "from": facts.from_header,
        "original_sender": facts.forward.sender if facts.forward else None,
        "subject": facts.subject,
        "text": decision.keep_text,
        "attachments": _kept(facts, decision),
        "document_type": decision.document_type,
        "supplier": decision.supplier,
        "defects": list(facts.is_broken),
        "trace": [step.to_json() | {"words": describe(step, language)} for step in decision.trace],
    }


def _kept(facts: MailFacts, decision: Decision) -> list[dict[str, Any]]:
    return [
        {"part": each.part, "filename": each.filename, "media_type": each.media_type, "octets": each.octets}
        for each in facts.attachments
        if each.part in decision.keep_parts
    ]


def _show(record: dict[str, Any]) -> None:
    fields = [("From", "from"), ("Original sender (claimed)", "original_sender"), ("Subject", "subject")]
    decided = [("Would be", "state"), ("Why", "reason"), ("Standard", "standard"), ("Document type", "document_type")]
    shown = [(title, record[key]) for title, key in (*fields, *decided, ("Supplier", "supplier")) if record[key]]
    for each in record["attachments"]:
        named = each["filename"] or f"part {each['part']}"
        shown.append(("Keeps", f"{named} ({each['media_type']}, {readable_octets(each['octets'])})"))
    if record["text"]:
        shown.append(("Keeps", "the text, as HTML and PDF"))
    show_fields(shown)
    for number, step in enumerate(record["trace"], 1):
        say(f"{number}. {step['words']}")
