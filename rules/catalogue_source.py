"""A supplier's file of the catalogue, as people write it: TOML, read with every fault at once.

    name = "Example Telecom"
    web_domain = "example.com"
    evidence = ["billing@example.com: rule in use"]

    [[standard]]
    key = "invoices"
    name = "Example Telecom: invoices"
    [standard.any_of]
    sender = ["billing@example.com"]
    attachment_type = ["application/pdf"]

    [[standard.fits]]
    from = "billing@example.com"
    subject = "Your invoice"
    attachments = ["invoice.pdf"]

    [[standard.does_not_fit]]
    from = "billing@example.com"
    subject = "Our new tariffs"

A standard is written as rules.standard_codec has it, with a key that never changes and mails that must and must not
fit; these stay in the source and are in no package. Reads text, never files. Raises nothing.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from rules.addresses import canonical_domain
from rules.catalogue_mails import ExampleMail, read_mail
from rules.standard_codec import from_values
from rules.standards import ImportStandard, tidy
from rules.wording import words

# Beside a slash they make a standard's id: 32 characters at most, as every id has, and never like a tenant's.
_SUPPLIER_KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,18}[a-z0-9])?")
_STANDARD_KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,9}[a-z0-9])?")
_KEYS = ("name", "web_domain", "evidence", "standard")


@dataclass(frozen=True, slots=True)
class SourceFault:
    """Why a file cannot be taken."""

    file: str
    where: str  # the key in it; "" is the file as a whole
    words: str

    def __str__(self) -> str:
        """As a line for people."""
        return ": ".join(filter(None, (self.file, self.where, self.words)))


@dataclass(frozen=True, slots=True)
class SourceStandard:
    """A standard with the mails that prove it."""

    standard: ImportStandard
    fits: tuple[ExampleMail, ...]
    does_not_fit: tuple[ExampleMail, ...]


@dataclass(frozen=True, slots=True)
class Supplier:
    """One file."""

    key: str  # its name without .toml
    name: str
    web_domain: str | None = None
    evidence: tuple[str, ...] = ()  # how the senders are known: an address, and who says so
    standards: tuple[SourceStandard, ...] = ()

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.key}.toml"


def read_supplier(key: str, text: str) -> tuple[Supplier, list[SourceFault]]:
    """The supplier of the file `key`.toml, and every fault; with a fault, it must not be taken."""
    file = f"{key}.toml"
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Supplier(key, key), [SourceFault(file, "", f"not valid TOML: {error}")]
    except RecursionError:
        return Supplier(key, key), [SourceFault(file, "", "is nested too deeply for a supplier's file")]
    reading = _Reading(key, values)
    return reading.supplier(), [SourceFault(file, where, said) for where, said in reading.faults]


@dataclass(slots=True)
class _Reading:
    key: str
    values: Mapping[str, Any]
    faults: list[tuple[str, str]] = field(default_factory=list)

    def supplier(self) -> Supplier:
        if not _SUPPLIER_KEY.fullmatch(self.key):
            self.say("", "a file's name is 1 to 20 of a-z, 0-9 and hyphens, and .toml")
        for each in unknown_keys(self.values, _KEYS):
            self.say("", each)
        name = self.text("name")
        if not name:
            self.say("name", "the supplier's name is missing")
        domain = self.text("web_domain")
        if domain and canonical_domain(domain) != domain:
            self.say("web_domain", f"{domain!r} is no domain; expected for example example.com")
        return Supplier(self.key, name or self.key, domain, self.evidence(), tuple(self.standards(name)))

    def evidence(self) -> tuple[str, ...]:
        given = self.values.get("evidence")
        if isinstance(given, list) and given and all(isinstance(each, str) and each.strip() for each in given):
            return tuple(given)
        self.say("evidence", "expected a list that says how each sender is known")
        return ()

    def standards(self, supplier: str | None) -> Iterator[SourceStandard]:
        given = self.values.get("standard")
        tables = given if isinstance(given, list) and all(isinstance(each, dict) for each in given) else []
        if not tables:
            self.say("standard", "expected at least one table [[standard]]")
        for number, values in enumerate(tables, 1):
            yield self.standard(f"standard {number}", values, supplier)

    def standard(self, where: str, values: Mapping[str, Any], supplier: str | None) -> SourceStandard:
        key = values.get("key")
        if not isinstance(key, str) or not _STANDARD_KEY.fullmatch(key):
            self.say(f"{where}.key", "expected 1 to 11 of a-z, 0-9 and hyphens, never changed once published")
        else:
            where = f"standard {key}"
        rest = {name: value for name, value in values.items() if name not in {"key", "fits", "does_not_fit"}}
        standard, faults = from_values(
            {"supplier": supplier, **rest}, standard_id=f"{self.key}/{key}", origin="catalogue"
        )
        for fault in faults:
            self.say(f"{where}.{fault.field}", words(fault.code, fault.params))
        if not standard.any_of and standard.keep != "ignore":
            self.say(where, "it has no conditions")
        mails = {name: self.mails(where, name, values.get(name)) for name in ("fits", "does_not_fit")}
        return SourceStandard(standard, mails["fits"], mails["does_not_fit"])

    def mails(self, where: str, name: str, given: object) -> tuple[ExampleMail, ...]:
        tables = given if isinstance(given, list) and all(isinstance(each, dict) for each in given) else []
        if not tables:
            self.say(f"{where}.{name}", f"expected at least one table [[standard.{name}]] that describes a mail")
        made = []
        for number, table in enumerate(tables, 1):
            mail, faults = read_mail(table)
            made.append(mail)
            for each in faults:
                self.say(f"{where}.{name} {number}", each)
        return tuple(made)

    def text(self, key: str) -> str | None:
        value = self.values.get(key)
        if value is not None and not isinstance(value, str):
            self.say(key, "expected a text")
            return None
        return tidy(value)

    def say(self, where: str, said: str) -> None:
        self.faults.append((where, said))


def unknown_keys(values: Mapping[str, Any], known: tuple[str, ...]) -> Iterator[str]:
    """A sentence for each key that does not exist, with the nearest one that does."""
    for each in values:
        if each not in known:
            near = get_close_matches(each, known, 1)
            yield f"there is no key {each!r}" + (f"; did you mean {near[0]!r}?" if near else "")
