"""An import standard as TOML, API and database write it: a table of plain values, and back.

One form for all three. Reading names every fault at once, an unknown key with the nearest known one. Raises nothing.

    name = "Tax adviser"
    keep = "attachments"
    [any_of]
    sender = ["mytaxconsultant@nulldomain.de"]
    subject = ["invoice", "*rechnung"]
    [none_of]
    subject = ["reminder"]
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any, cast

from rules.conditions import FACTS, Condition, Fact, in_order
from rules.standard_checks import Fault, check_standard
from rules.standards import KEEPS, PRIORITY, ImportStandard, Keep, Origin, tidy

KEYS = (
    *("name", "keep", "attachment_names", "document_type", "supplier", "priority", "stop_here"),
    *("any_of", "none_of"),
)
_LOWEST, _HIGHEST = -1_000_000, 1_000_000


def to_values(standard: ImportStandard) -> dict[str, Any]:
    """The standard as plain values, without id and origin; what is as usual is left out."""
    values: dict[str, Any] = {"name": standard.name, "keep": standard.keep}
    if standard.attachment_names:
        values["attachment_names"] = list(standard.attachment_names)
    if standard.document_type:
        values["document_type"] = standard.document_type
    if standard.supplier:
        values["supplier"] = standard.supplier
    if standard.priority != PRIORITY:
        values["priority"] = standard.priority
    if standard.stop_here:
        values["stop_here"] = True
    if standard.any_of:
        values["any_of"] = _table(standard.any_of)
    if standard.none_of:
        values["none_of"] = _table(standard.none_of)
    return values


def from_values(
    values: Mapping[str, Any],
    *,
    standard_id: str,
    origin: Origin = "tenant",
) -> tuple[ImportStandard, list[Fault]]:
    """The standard that `values` say, and every fault; with a fault, the standard must not be taken."""
    reading = _Reading(values)
    standard = reading.standard(standard_id, origin)
    known = {fault.field.partition(".")[0] for fault in reading.faults}
    # What could not be read was left out: the checks must not say of it that it is missing.
    checked = [fault for fault in check_standard(standard) if fault.field not in known and not _about(fault, known)]
    return standard, [*reading.faults, *checked]


def stored(values: Mapping[str, Any], *, standard_id: str, origin: Origin = "tenant") -> ImportStandard:
    """The standard that to_values wrote, checked when it was saved.

    With anything in it that cannot be read (a later version wrote it) it fits nothing: with a condition left
    out, it would fit more than it was meant to.
    """
    reading = _Reading(values)
    standard = reading.standard(standard_id, origin)
    return replace(standard, any_of=(), stop_here=False) if reading.faults else standard


@dataclass(slots=True)
class _Reading:
    values: Mapping[str, Any]
    faults: list[Fault] = field(default_factory=list)

    def standard(self, standard_id: str, origin: Origin) -> ImportStandard:
        standard = ImportStandard(
            id=standard_id,
            name=self.text("name") or "",
            any_of=self.conditions("any_of"),
            none_of=self.conditions("none_of"),
            keep=self.keep(),
            attachment_names=self.texts("attachment_names", self.values),
            document_type=self.text("document_type"),
            supplier=self.text("supplier"),
            priority=self.priority(),
            stop_here=self.truth("stop_here"),
            origin=origin,
        )
        self.refuse_unknown(self.values, KEYS, "standard")
        return standard

    def text(self, key: str) -> str | None:
        value = self.values.get(key)
        if value is not None and not isinstance(value, str):
            self.faults.append(Fault(key, "is_no_text", {"key": key}))
            return None
        return tidy(value)

    def truth(self, key: str) -> bool:
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            self.faults.append(Fault(key, "is_no_truth", {"key": key}))
        return value is True

    def priority(self) -> int:
        value = self.values.get("priority", PRIORITY)
        if isinstance(value, int) and not isinstance(value, bool) and _LOWEST <= value <= _HIGHEST:
            return value
        self.faults.append(Fault("priority", "is_no_number", {"key": "priority", "least": _LOWEST, "most": _HIGHEST}))
        return PRIORITY

    def keep(self) -> Keep:
        value = self.values.get("keep", "attachments")
        if value in KEEPS:
            return cast("Keep", value)
        self.faults.append(Fault("keep", "keep_is_unknown", {"value": str(value), "known": ", ".join(KEEPS)}))
        return "attachments"

    def texts(self, key: str, table: Mapping[str, Any], where: str = "") -> tuple[str, ...]:
        value = table.get(key, ())
        given = [value] if isinstance(value, str) else value
        if not isinstance(given, list | tuple) or not all(isinstance(each, str) for each in given):
            self.faults.append(Fault(where + key, "is_no_list_of_texts", {"key": where + key}))
            return ()
        return tuple(filter(None, (tidy(each) if key in _TIDIED else each.strip() for each in given)))

    def conditions(self, key: str) -> tuple[Condition, ...]:
        table = self.values.get(key, {})
        if not isinstance(table, Mapping):
            self.faults.append(Fault(key, "is_no_table", {"key": key}))
            return ()
        self.refuse_unknown(table, FACTS, key)
        given: dict[Fact, tuple[str, ...]] = {}
        for fact in FACTS:
            if fact in table:
                given[fact] = self.texts(fact, table, f"{key}.")
                if table[fact] in ([], (), "", [""]):
                    self.faults.append(Fault(f"{key}.{fact}", "value_is_missing"))
        return in_order(given)

    def refuse_unknown(self, table: Mapping[str, Any], known: Iterable[str], where: str) -> None:
        choices = list(known)
        for key in table:
            if key not in choices:
                near = next(iter(get_close_matches(str(key), choices, 1)), choices[0])
                self.faults.append(Fault(where, "key_is_unknown", {"key": str(key), "near": near}))


_TIDIED = frozenset(FACTS) - {"subject_pattern", "body_pattern"} | {"attachment_names"}


def _about(fault: Fault, known: set[str]) -> bool:
    return fault.field == "standard" and bool({"any_of", "none_of"} & known)


def _table(conditions: Iterable[Condition]) -> dict[str, list[str]]:
    return {each.fact: list(each.values) for each in conditions}
