"""`postbus standard …`: a tenant's import standards, by the customer's four fields or by the whole language.

Name, sender ("Standard value"), subject word ("Standard value 2"), and whether the e-mail's text is the invoice; behind
them conditions, as options or as a TOML file. Every change can be tried before it is saved.
"""

from typing import Annotated, Any

import typer

from receiver.cli.failures import Refused
from receiver.cli.options import AsJson, OfTenant, given
from receiver.cli.output import print_json, show, show_change
from receiver.cli.rows import changing, opened, reading
from receiver.cli.standard_decide import decide_file
from receiver.cli.standard_fields import (
    AnyOf,
    AttachmentNames,
    DocumentType,
    Fields,
    File,
    KeepOption,
    Name,
    NoneOf,
    Priority,
    Sender,
    StopHere,
    SubjectWord,
    Supplier,
    TextIsInvoice,
    standard_of,
)
from receiver.cli.standard_records import STANDARDS, show_standard, standard_record, warn_of_hiding
from receiver.cli.standard_suggest import suggest
from receiver.cli.standard_trial import MOST_DAYS, USUAL_DAYS, Change, show_tried, try_change
from receiver.cli.workplace import Workplace
from rules.standard_codec import to_values
from storage import standards
from storage.database import Session
from storage.models import Standard, Tenant, new_id
from storage.standards import as_rule, name_fault
from storage.tenants import find_tenant

app = typer.Typer(no_args_is_help=True, add_completion=False)

NameArgument = Annotated[str | None, typer.Argument(metavar="NAME", help="Name of the standard.", show_default=False)]
NameOption = Annotated[str | None, typer.Option("--name", help="The same.", show_default=False)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell which stored mail it would concern.")]
Days = Annotated[int, typer.Option("--days", min=1, max=MOST_DAYS, help="With --dry-run: mail of so many days.")]


@app.command()
def add(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    ctx: typer.Context,
    tenant: OfTenant,
    argument: NameArgument = None,
    name: Name = None,
    sender: Sender = None,
    subject_word: SubjectWord = None,
    email_text_is_invoice: TextIsInvoice = None,
    any_of: AnyOf = None,
    none_of: NoneOf = None,
    keep: KeepOption = None,
    attachment_name: AttachmentNames = None,
    document_type: DocumentType = None,
    supplier: Supplier = None,
    priority: Priority = None,
    stop_here: StopHere = None,
    file: File = None,
    dry_run: DryRun = False,
    days: Days = USUAL_DAYS,
    as_json: AsJson = False,
) -> None:
    """Add an import standard."""
    fields = Fields(
        sender=sender,
        subject_word=subject_word,
        email_text_is_invoice=email_text_is_invoice,
        priority=priority,
        any_of=any_of,
        none_of=none_of,
        keep=keep,
        attachment_names=attachment_name,
        document_type=document_type,
        supplier=supplier,
        stop_here=stop_here,
        file=file,
    )
    named = None if file is not None and argument is None and name is None else given(argument, name, "NAME")
    values = fields.over({}) | ({} if named is None else {"name": named})

    def change(session: Session, owner: Tenant) -> dict[str, Any]:
        taken = name_fault(session, owner, str(values.get("name", "")), own_id="")
        remedy = "give --sender, --subject-word or --any"
        standard = standard_of(values, new_id(), [taken] if taken else [], remedy)
        return _record(session, owner, standards.add_whole_standard(session, owner, standard))

    _carry_out(ctx, tenant, change, "added", (dry_run, days, as_json))


@app.command("set")
def set_(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    ctx: typer.Context,
    tenant: OfTenant,
    argument: NameArgument = None,
    name: Name = None,
    sender: Sender = None,
    subject_word: SubjectWord = None,
    email_text_is_invoice: TextIsInvoice = None,
    any_of: AnyOf = None,
    none_of: NoneOf = None,
    keep: KeepOption = None,
    attachment_name: AttachmentNames = None,
    document_type: DocumentType = None,
    supplier: Supplier = None,
    priority: Priority = None,
    stop_here: StopHere = None,
    file: File = None,
    dry_run: DryRun = False,
    days: Days = USUAL_DAYS,
    as_json: AsJson = False,
) -> None:
    """Change the fields that are given; an empty text ('') clears one."""
    fields = Fields(
        sender=sender,
        subject_word=subject_word,
        email_text_is_invoice=email_text_is_invoice,
        priority=priority,
        any_of=any_of,
        none_of=none_of,
        keep=keep,
        attachment_names=attachment_name,
        document_type=document_type,
        supplier=supplier,
        stop_here=stop_here,
        file=file,
    )
    if fields.say_nothing:
        raise Refused(
            "nothing to change: give --sender, --subject-word, --any, --none, --keep, --file or another field"
        )
    called = given(argument, name, "NAME")

    def change(session: Session, owner: Tenant) -> dict[str, Any]:
        before = as_rule(standards.find_standard(session, owner, called))
        values = {"name": before.name} | fields.over(to_values(before))
        taken = name_fault(session, owner, str(values["name"]), own_id=before.id)
        remedy = "leave one of them, or remove the standard"
        standard = standard_of(values, before.id, [taken] if taken else [], remedy)
        return _record(session, owner, standards.set_whole_standard(session, owner, called, standard))

    _carry_out(ctx, tenant, change, "changed", (dry_run, days, as_json))


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
        record = _record(session, owner, standards.rename_standard(session, owner, name, new_name))
    show_change(record, f"{record['tenant']}: standard {name} is now {record['name']}.", as_json=as_json)


@app.command("list")
def list_(ctx: typer.Context, tenant: OfTenant, as_json: AsJson = False) -> None:
    """List the tenant's import standards in the order in which they are asked."""
    with reading(ctx) as session:
        owner = find_tenant(session, tenant)
        found = standards.list_standards(session, owner)
        records = [standard_record(each, owner.name, found) for each in found]
    empty = (
        f"{owner.name} has no import standards: PDF and e-invoice attachments come in by themselves, nothing else.\n"
        f"Add one: postbus standard add --tenant {owner.name!r} --name NAME --sender ADDRESS"
    )
    show(records, STANDARDS, as_json=as_json, when_empty=empty)


@app.command("show")
def show_(
    ctx: typer.Context,
    tenant: OfTenant,
    argument: NameArgument = None,
    name: NameOption = None,
    as_json: AsJson = False,
) -> None:
    """Show one import standard, field by field."""
    name = given(argument, name, "NAME")
    with reading(ctx) as session:
        owner = find_tenant(session, tenant)
        record = _record(session, owner, standards.find_standard(session, owner, name))
    if as_json:
        print_json([record])
    else:
        show_standard(record)


@app.command()
def remove(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    ctx: typer.Context,
    tenant: OfTenant,
    argument: NameArgument = None,
    name: NameOption = None,
    dry_run: DryRun = False,
    days: Days = USUAL_DAYS,
    as_json: AsJson = False,
) -> None:
    """Remove an import standard; what it imported stays."""
    name = given(argument, name, "NAME")

    def change(session: Session, owner: Tenant) -> dict[str, Any]:
        record = _record(session, owner, standards.find_standard(session, owner, name))
        standards.remove_standard(session, owner, name)
        return record | {"hidden_by": None}

    _carry_out(ctx, tenant, change, "removed", (dry_run, days, as_json))


app.command("test")(decide_file)
app.command()(suggest)


def _carry_out(ctx: typer.Context, tenant: str, change: Change, done: str, how: tuple[bool, int, bool]) -> None:
    """Make the change and say so; or try it and tell what it would do."""
    is_dry_run, days, as_json = how
    if is_dry_run:
        here = Workplace.of(ctx)
        with opened(here) as database:
            tried = try_change(here, database, tenant, change, days)
        show_tried(tried, days, as_json=as_json)
        warn_of_hiding(tried.record)
        return
    with changing(ctx) as session:
        record = change(session, find_tenant(session, tenant))
    show_change(record, f"{record['tenant']}: standard {record['name']} is {done}.", as_json=as_json)
    warn_of_hiding(record)


def _record(session: Session, owner: Tenant, standard: Standard) -> dict[str, Any]:
    return standard_record(standard, owner.name, standards.list_standards(session, owner))
