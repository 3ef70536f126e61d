"""`postbus standard …`: a tenant's import standards, by the customer's four fields.

Name, sender ("Standard value"), subject word ("Standard value 2"), and whether the e-mail's text is the invoice.
"""

from typing import Annotated, Any

import typer

from receiver.cli.failures import Refused, complain
from receiver.cli.options import AsJson, OfTenant, given
from receiver.cli.output import Column, column, show, show_change
from receiver.cli.rows import changing, reading
from storage import standards
from storage.models import Standard
from storage.standards import KEEP
from storage.tenants import find_tenant

app = typer.Typer(no_args_is_help=True, add_completion=False)

Name = Annotated[
    str, typer.Option("--name", help="Name of the standard, unused within the tenant.", show_default=False)
]
NameArgument = Annotated[str | None, typer.Argument(metavar="NAME", help="Name of the standard.", show_default=False)]
NameOption = Annotated[str | None, typer.Option("--name", help="The same.", show_default=False)]
Sender = Annotated[
    str | None,
    typer.Option(help="Standard value: an address, or @domain for a whole domain.", show_default=False),
]
SubjectWord = Annotated[
    str | None,
    typer.Option(help="Standard value 2: a word or phrase that must stand in the subject.", show_default=False),
]
TextIsInvoice = Annotated[
    bool | None,
    typer.Option(
        "--email-text-is-invoice/--attachments-are-invoices",
        " /--no-email-text-is-invoice",
        help="Keep the e-mail's text, or its attachments.",
        show_default=False,
    ),
]
Priority = Annotated[int | None, typer.Option(help="Smaller is asked earlier; 100 unless told.", show_default=False)]

_COLUMNS = [
    column("Name", "name"),
    column("Sender", "sender"),
    column("Subject word", "subject_word"),
    Column("Keeps", lambda record: "text" if record["email_text_is_invoice"] else "attachments", may_wrap=False),
    column("Priority", "priority", may_wrap=False),
]
_FITS_EVERYTHING = "standard {name!r} has neither sender nor subject word: it would fit everything; {remedy}"


@app.command()
def add(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    ctx: typer.Context,
    tenant: OfTenant,
    name: Name,
    sender: Sender = None,
    subject_word: SubjectWord = None,
    email_text_is_invoice: TextIsInvoice = None,
    priority: Priority = None,
    as_json: AsJson = False,
) -> None:
    """Add an import standard."""
    if _is_blank(sender) and _is_blank(subject_word):
        raise Refused(_FITS_EVERYTHING.format(name=name, remedy="give --sender or --subject-word"))
    with changing(ctx) as session:
        owner = find_tenant(session, tenant)
        standard = standards.add_standard(
            session,
            owner,
            name,
            sender=sender,
            subject_word=subject_word,
            email_text_is_invoice=bool(email_text_is_invoice),
            priority=standards.PRIORITY if priority is None else priority,
        )
        record = standard_record(standard, owner.name)
        hidden_by = standards.hidden_by(session, owner, standard)
    show_change(record, f"{record['tenant']}: standard {record['name']} is added.", as_json=as_json)
    _warn(record, hidden_by)


@app.command("set")
def set_(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    ctx: typer.Context,
    tenant: OfTenant,
    name: Name,
    sender: Sender = None,
    subject_word: SubjectWord = None,
    email_text_is_invoice: TextIsInvoice = None,
    priority: Priority = None,
    as_json: AsJson = False,
) -> None:
    """Change the fields that are given; an empty text ('') clears one."""
    if (sender, subject_word, email_text_is_invoice, priority) == (None, None, None, None):
        raise Refused("nothing to change: give --sender, --subject-word, --email-text-is-invoice or --priority")
    with changing(ctx) as session:
        owner = find_tenant(session, tenant)
        _refuse_to_empty(standards.find_standard(session, owner, name), sender, subject_word)
        standard = standards.set_standard(
            session,
            owner,
            name,
            sender=KEEP if sender is None else sender or None,
            subject_word=KEEP if subject_word is None else subject_word or None,
            email_text_is_invoice=KEEP if email_text_is_invoice is None else email_text_is_invoice,
            priority=KEEP if priority is None else priority,
        )
        record = standard_record(standard, owner.name)
        hidden_by = standards.hidden_by(session, owner, standard)
    show_change(record, f"{record['tenant']}: standard {record['name']} is changed.", as_json=as_json)
    _warn(record, hidden_by)


@app.command()
def rename(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    ctx: typer.Context,
    tenant: OfTenant,
    old_argument: NameArgument = None,
    new_argument: Annotated[
        str | None, typer.Argument(metavar="NEW_NAME", help="The new name.", show_default=False)
    ] = None,
    name: NameOption = None,
    new_name: Annotated[str | None, typer.Option("--to", "--new-name", help="The same.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Give an import standard another name."""
    if name is not None and new_argument is None:  # `--name OLD NEW`
        old_argument, new_argument = None, old_argument
    name, new_name = given(old_argument, name, "NAME"), given(new_argument, new_name, "NEW_NAME")
    with changing(ctx) as session:
        owner = find_tenant(session, tenant)
        record = standard_record(standards.rename_standard(session, owner, name, new_name), owner.name)
    show_change(record, f"{record['tenant']}: standard {name} is now {record['name']}.", as_json=as_json)


@app.command("list")
def list_(ctx: typer.Context, tenant: OfTenant, as_json: AsJson = False) -> None:
    """List the tenant's import standards in the order in which they are asked."""
    with reading(ctx) as session:
        owner = find_tenant(session, tenant)
        records = [standard_record(each, owner.name) for each in standards.list_standards(session, owner)]
    empty = (
        f"{owner.name} has no import standards: PDF and e-invoice attachments come in by themselves, nothing else.\n"
        f"Add one: postbus standard add --tenant {owner.name!r} --name NAME --sender ADDRESS"
    )
    show(records, _COLUMNS, as_json=as_json, when_empty=empty)


@app.command()
def remove(
    ctx: typer.Context,
    tenant: OfTenant,
    argument: NameArgument = None,
    name: NameOption = None,
    as_json: AsJson = False,
) -> None:
    """Remove an import standard; what it imported stays."""
    name = given(argument, name, "NAME")
    with changing(ctx) as session:
        owner = find_tenant(session, tenant)
        record = standard_record(standards.find_standard(session, owner, name), owner.name)
        standards.remove_standard(session, owner, name)
    show_change(record, f"{record['tenant']}: standard {record['name']} is removed.", as_json=as_json)


def standard_record(standard: Standard, tenant: str) -> dict[str, Any]:
    """An import standard as every command prints it."""
    return {
        "name": standard.name,
        "sender": standard.sender,
        "subject_word": standard.subject_word,
        "email_text_is_invoice": standard.email_text_is_invoice,
        "priority": standard.priority,
        "tenant": tenant,
        "id": standard.id,
    }


def _warn(record: dict[str, Any], hidden_by: str | None) -> None:
    """Say on stderr that a standard will never decide, which may be meant."""
    if hidden_by is not None:
        remedy = "give this one a smaller --priority if that is not meant"
        complain([f"note: {hidden_by!r} is asked first and decides all mail that {record['name']!r} fits; {remedy}"])


def _refuse_to_empty(standard: Standard, sender: str | None, subject_word: str | None) -> None:
    left = (
        standard.sender if sender is None else sender,
        standard.subject_word if subject_word is None else subject_word,
    )
    if all(map(_is_blank, left)):
        remedy = "leave one of them, or remove the standard"
        raise Refused(_FITS_EVERYTHING.format(name=standard.name, remedy=remedy))


def _is_blank(text: str | None) -> bool:
    return not (text or "").strip()
