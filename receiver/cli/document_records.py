"""Documents as every command prints them: for lists, and one with all that is known of it, in words.

Texts of mails are printed through receiver/cli/output.py only.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from receiver.cli.output import Column, column, local_time, octets_column, readable_octets, time_column
from rules.wording import Language, words
from storage.audit import lines_about
from storage.database import Session
from storage.documents import documents_json
from storage.models import Document
from storage.tenants import find_tenant


def says(record: Mapping[str, Any]) -> str:
    """What a document says it is, in one line: type, number, day, total, and who it is from."""
    total = " ".join(filter(None, (record["total"], record["currency"])))
    said = (record["document_type"], record["invoice_number"], record["issue_date"], total, record["supplier"])
    return ", ".join(str(each) for each in said if each)


COLUMNS = [
    time_column("Kept", "created_at"),
    column("Kind", "kind", may_wrap=False),
    column("File name", "filename"),
    Column("Says", says),
    column("Remark", "remark"),
    column("Type", "media_type", may_wrap=False),
    octets_column("Size", "octets"),
    column("Id", "id", may_wrap=False),
    column("Message", "message", may_wrap=False),
]
_SHOWN = (
    ("Id", "id"),
    ("Tenant", "tenant"),
    ("Message", "message"),
    ("Kind", "kind"),
    ("Of part", "part"),
    ("File name", "filename"),
    ("Type", "media_type"),
    ("SHA-256", "sha256"),
    ("Remark", "remark"),
    ("Document type", "document_type"),
    ("Supplier", "supplier"),
    ("Number", "invoice_number"),
    ("Date", "issue_date"),
    ("Total", "total"),
    ("Currency", "currency"),
    ("Format", "format"),
    ("Profile", "profile"),
    ("Points", "score"),
    ("Group", "group"),
)
_FACTS = (
    ("Pages", "pages"),
    ("Renderer", "renderer"),
    ("Template", "template"),
    ("Sandbox", "sandbox"),
    ("Archival", "archival"),
    ("Not archival", "archival_fault"),
    ("Original", "original"),
)


def document_records(session: Session, documents: Sequence[Document], language: Language) -> list[dict[str, Any]]:
    """The documents as lists print them."""
    records = documents_json(session, documents, partial(words, language=language))
    return [record | {"created_at": each.created_at} for record, each in zip(records, documents, strict=True)]


def full_record(session: Session, document: Document, language: Language) -> dict[str, Any]:
    """One document with all that is known of it; `rung` in words, `history` as the audit has it."""
    (record,) = document_records(session, [document], language)
    rung = document.facts.get("rung")
    return record | {
        "tenant": find_tenant(session, document.tenant_id).name,
        "part": document.part,
        "rung": words(f"rung_{rung}", {}, language) if rung else None,
        "history": [
            {"at": line.at, "actor": line.actor, "action": line.action, "params": line.params}
            for line in lines_about(session, document.tenant_id, document.id)
        ],
    }


def fields_of(record: Mapping[str, Any]) -> list[tuple[str, object]]:
    """A full record for people, without what is not known."""
    facts = record["facts"]
    shown = [(title, record[key]) for title, key in _SHOWN if record[key]]
    shown += [("Kept", local_time(record["created_at"])), ("Size", readable_octets(record["octets"]))]
    shown += [("Shows", record["rung"])] if record["rung"] else []
    return shown + [(title, facts[key]) for title, key in _FACTS if facts.get(key)]


def in_short(record: Mapping[str, Any]) -> str:
    """How it came about, or what is amiss, in a few words; nothing of what came with the mail as it stands."""
    facts = record["facts"]
    pages = facts.get("pages")
    said = [f"{pages} page{'' if pages == 1 else 's'}"] if pages else []
    said += [facts["archival"]] if facts.get("archival") else []
    said += [record["remark"]] if record["remark"] else []
    return ", ".join(said)


def told_params(params: Mapping[str, Any]) -> str:
    """The parameters of an audit line, as ` name=value`."""
    return "".join(f" {name}={value}" for name, value in sorted(params.items()) if value not in (None, ""))
