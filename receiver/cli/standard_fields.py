"""The fields of an import standard as options of a command or as a TOML file, and the standard that they make.

Every fault is told at once, in words. Raises Refused, BadParameter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from receiver.cli.failures import Refused
from rules.standard_checks import Fault
from rules.standard_codec import from_values
from rules.standard_toml import NoToml, read_toml
from rules.standards import ImportStandard
from rules.wording import words

LARGEST_FILE = 256 * 1024

Name = Annotated[
    str | None, typer.Option("--name", help="Name of the standard, unused within the tenant.", show_default=False)
]
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
        "--text/--no-email-text-is-invoice",
        help="Keep the e-mail's text, or its attachments.",
        show_default=False,
    ),
]
Priority = Annotated[int | None, typer.Option(help="Smaller is asked earlier; 100 unless told.", show_default=False)]
AnyOf = Annotated[
    list[str] | None,
    typer.Option(
        "--any", metavar="FACT=VALUE", help="A condition; of several values one suffices.", show_default=False
    ),
]
NoneOf = Annotated[
    list[str] | None,
    typer.Option("--none", metavar="FACT=VALUE", help="What must not hold.", show_default=False),
]
KeepOption = Annotated[
    Literal["attachments", "text", "both", "ignore"] | None,
    typer.Option("--keep", help="What becomes documents; ignore: such mail never does.", show_default=False),
]
AttachmentNames = Annotated[
    list[str] | None,
    typer.Option("--attachment-name", metavar="GLOB", help="Keep only attachments so named.", show_default=False),
]
DocumentType = Annotated[str | None, typer.Option(help="Stamped on the documents.", show_default=False)]
Supplier = Annotated[str | None, typer.Option(help="Stamped on the documents.", show_default=False)]
StopHere = Annotated[
    bool | None,
    typer.Option(
        "--stop-here/--no-stop-here",
        help="The last word about mail of its senders: ask nothing after it.",
        show_default=False,
    ),
]
File = Annotated[Path | None, typer.Option("--file", metavar="FILE", help="The standard as TOML.", show_default=False)]
FITS_EVERYTHING = (
    "standard {name!r} has neither sender nor subject word, nor another condition: it would fit everything; {remedy}"
)
_NO_CONDITION = frozenset({"keeps_every_text", "keeps_every_attachment", "ignores_everything"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What the options of a call say; None: nothing."""

    sender: str | None = None
    subject_word: str | None = None
    email_text_is_invoice: bool | None = None
    priority: int | None = None
    any_of: list[str] | None = None
    none_of: list[str] | None = None
    keep: str | None = None
    attachment_names: list[str] | None = None
    document_type: str | None = None
    supplier: str | None = None
    stop_here: bool | None = None
    file: Path | None = None

    @property
    def say_nothing(self) -> bool:
        """Whether no option was given."""
        return self == Fields()

    def over(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """The standard's values: those of `before`, or of the file, and over them what the options say."""
        if self.keep is not None and self.email_text_is_invoice is not None:
            raise typer.BadParameter("give --keep, or whether the text is the invoice")
        values = dict(before) if self.file is None else _read(self.file)
        named: dict[str, Any] = {"keep": self.keep, "priority": self.priority, "stop_here": self.stop_here}
        named |= {"document_type": self.document_type, "supplier": self.supplier}
        named |= {"attachment_names": self.attachment_names}
        if self.email_text_is_invoice is not None:
            named["keep"] = "text" if self.email_text_is_invoice else "attachments"
        values |= {key: value for key, value in named.items() if value is not None}
        simple = {"sender": self.sender, "subject": self.subject_word}
        asked = _conditions("--any", self.any_of)
        for fact, value in simple.items():
            if value is not None:
                asked[fact] = [value, *asked.get(fact, [])]
        _lay_over(values, "any_of", asked)
        _lay_over(values, "none_of", _conditions("--none", self.none_of))
        return values


def standard_of(values: Mapping[str, Any], standard_id: str, further: Sequence[str], remedy: str) -> ImportStandard:
    """The standard that the values say. Raises Refused with every fault, and with those found elsewhere."""
    standard, faults = from_values(values, standard_id=standard_id)
    said = [_worded(fault, standard.name, remedy) for fault in faults] + list(further)
    if said:
        raise Refused("; ".join(dict.fromkeys(said)))
    return standard


def _worded(fault: Fault, name: str, remedy: str) -> str:
    if fault.code in _NO_CONDITION:
        return FITS_EVERYTHING.format(name=name, remedy=remedy)
    said = words(fault.code, fault.params)
    return said if fault.field in {"name", "standard"} else f"{fault.field}: {said}"


def _conditions(option: str, given: Sequence[str] | None) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in given or ():
        fact, equals, value = each.partition("=")
        if not equals or not fact.strip():
            raise Refused(f"{option} {each!r}: expected FACT=VALUE, for example {option} body=Rechnung")
        found.setdefault(fact.strip(), []).append(value)
    return found


def _lay_over(values: dict[str, Any], key: str, asked: Mapping[str, list[str]]) -> None:
    """An option names all values of its fact anew; an empty one takes the condition away."""
    before = values.get(key, {})
    if not asked or not isinstance(before, Mapping):
        return
    kept = {fact: given for fact, given in before.items() if fact not in asked}
    new = {fact: [each for each in given if each.strip()] for fact, given in asked.items()}
    values[key] = kept | {
        fact: given for fact, given in new.items() if given or (fact not in before and fact not in SIMPLE)
    }


SIMPLE = frozenset({"sender", "subject"})


def _read(file: Path) -> dict[str, Any]:
    with file.open("rb") as opened:  # a pipe or a device has no size, and may have no end
        octets = opened.read(LARGEST_FILE + 1)
    if len(octets) > LARGEST_FILE:
        raise Refused(f"{file}: a standard is smaller than {LARGEST_FILE} octets")
    try:
        return read_toml(octets.decode("utf-8-sig"))
    except (NoToml, UnicodeDecodeError) as error:
        raise Refused(f"{file}: {error}") from error
