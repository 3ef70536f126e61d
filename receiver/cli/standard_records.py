"""A tenant's import standards as commands print them."""

from collections.abc import Sequence
from typing import Any

from receiver.cli.failures import complain
from receiver.cli.output import Column, Record, column, show_fields
from rules.hiding import hiding
from rules.standard_codec import to_values
from storage.models import Standard
from storage.standards import as_rule


def standard_record(standard: Standard, tenant: str, others: Sequence[Standard]) -> dict[str, Any]:
    """An import standard as every command prints it; `others` are those that are asked beside it."""
    rule = as_rule(standard)
    values = to_values(rule)
    hidden_by = hiding(rule, map(as_rule, others))
    return {
        "name": standard.name,
        "sender": rule.sender,
        "subject_word": rule.subject_word,
        "email_text_is_invoice": rule.email_text_is_invoice,
        "priority": rule.priority,
        "tenant": tenant,
        "id": standard.id,
        "any_of": values.get("any_of", {}),
        "none_of": values.get("none_of", {}),
        "keep": rule.keep,
        "attachment_names": list(rule.attachment_names),
        "document_type": rule.document_type,
        "supplier": rule.supplier,
        "stop_here": rule.stop_here,
        "hidden_by": hidden_by.name if hidden_by else None,
    }


def show_standard(record: dict[str, Any]) -> None:
    """One standard, field by field."""
    fields: list[tuple[str, object]] = [("Standard", record["name"]), ("Tenant", record["tenant"])]
    for key, title in (("any_of", "Where"), ("none_of", "Except")):
        fields += [(f"{title} {fact}", " or ".join(values)) for fact, values in record[key].items()]
    fields += [("Keeps", kept(record)), ("Document type", record["document_type"]), ("Supplier", record["supplier"])]
    fields += [("Priority", record["priority"]), ("Stops here", record["stop_here"])]
    fields += [("Hidden by", record["hidden_by"]), ("Id", record["id"])]
    show_fields([(title, value) for title, value in fields if value not in {None, ""}])


def warn_of_hiding(record: dict[str, Any]) -> None:
    """Say on stderr that a standard will never decide, which may be meant."""
    if record["hidden_by"] is not None:
        remedy = "give this one a smaller --priority if that is not meant"
        said = f"{record['hidden_by']!r} is asked first and decides all mail that {record['name']!r} fits"
        complain([f"note: {said}; {remedy}"])


def conditions(table: dict[str, list[str]]) -> str:
    """`sender a or b; subject c`."""
    return "; ".join(f"{fact} {' or '.join(values)}" for fact, values in table.items())


def kept(record: Record) -> str:
    """What a standard keeps, in words."""
    said = {"both": "text and attachments", "ignore": "nothing (ignores)"}.get(str(record["keep"]), str(record["keep"]))
    return f"{said} {', '.join(record['attachment_names'])}" if record["attachment_names"] else said


STANDARDS = [
    column("Name", "name"),
    Column("Where", lambda record: conditions(record["any_of"])),
    Column("Except", lambda record: conditions(record["none_of"])),
    Column("Keeps", kept, may_wrap=False),
    column("Priority", "priority", may_wrap=False),
]
