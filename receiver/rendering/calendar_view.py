"""The events of a calendar part as small tables: what, when, where, and who invites.

Reads the few properties it shows and nothing else, in one go; recurrences, alarms and time zone rules are not
evaluated. Times stand as they are written, with their zone's name. Bounded in characters and events; never raises.
Standard: RFC 5545 sections 3.1 (content lines), 3.3.4, 3.3.5 (dates), 3.3.11 (text), 3.6.1 (VEVENT).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from receiver.rendering.invoice_view import field_table

MAX_CHARACTERS = 256 * 1024
MAX_EVENTS = 20
MAX_VALUE = 500

LABELS = {
    "en": ("Event", "Start", "End", "Place", "Organiser", "cancelled"),
    "de": ("Termin", "Beginn", "Ende", "Ort", "Veranstalter", "abgesagt"),
    "nl": ("Afspraak", "Begin", "Einde", "Plaats", "Organisator", "geannuleerd"),
}
SHOWN = frozenset({"SUMMARY", "DTSTART", "DTEND", "LOCATION", "ORGANIZER", "STATUS"})

FOLD = re.compile(r"(?:\r\n|\n|\r)[ \t]")
# Possessive: what stands between name and colon is read one way only.
LINE = re.compile(r'([A-Za-z0-9-]{1,40}+)((?:;(?:"[^"]*"|[^":])*+)?+):(.*)')
PARAMETER = re.compile(r';([^:;"=]{1,40})=(?:"([^"]*)"|([^":;]*))')
ESCAPED = re.compile(r"\\(.)")
MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(?:\d\d)?(Z?))?")
MAILTO = re.compile(r"mailto:", re.IGNORECASE)


@dataclass(slots=True)
class Event:
    """One VEVENT: its shown properties with their parameters, the first of each name."""

    properties: dict[str, tuple[dict[str, str], str]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A property of type TEXT, its escapes read (RFC 5545 section 3.3.11)."""
        _, value = self.properties.get(name, ({}, ""))
        return ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value[: 2 * MAX_VALUE])[:MAX_VALUE]

    def moment(self, name: str) -> str:
        """A date or a time; the end of whole days is not one of them (RFC 5545 section 3.6.1)."""
        parameters, value = self.properties.get(name, ({}, ""))
        match = MOMENT.fullmatch(value.strip())
        if match is None:
            return value[:MAX_VALUE]
        day = f"{match[1]}-{match[2]}-{match[3]}"
        if match[4] is None:
            return _day_before(day) if name == "DTEND" and value != self.properties.get("DTSTART", ({}, ""))[1] else day
        zone = "UTC" if match[6] else parameters.get("TZID", "")
        return f"{day} {match[4]}:{match[5]} {zone[:100]}".rstrip()

    def organiser(self) -> str:
        """Name and address."""
        parameters, value = self.properties.get("ORGANIZER", ({}, ""))
        address = MAILTO.sub("", value, count=1)[:MAX_VALUE]
        name = parameters.get("CN", "")[:MAX_VALUE]
        return f"{name} <{address}>" if name and name != address and address else name or address


def calendar_body(text: str, language: str = "en") -> str:
    """The fragment of a calendar's events; empty when it has none."""
    what, start, end, place, organiser, cancelled = LABELS.get(language, LABELS["en"])
    fragments: dict[str, None] = {}
    for event in read_events(text):
        is_cancelled = event.text("STATUS").strip().upper() == "CANCELLED"
        summary = event.text("SUMMARY")
        rows = [
            (what, f"{summary} ({cancelled})" if is_cancelled else summary),
            (start, event.moment("DTSTART")),
            (end, event.moment("DTEND")),
            (place, event.text("LOCATION")),
            (organiser, event.organiser()),
        ]
        fragments[field_table(rows)] = None
    return f'<div class="sheet">{"".join(fragments)}</div>' if any(fragments) else ""


def read_events(text: str) -> list[Event]:
    """The first MAX_EVENTS events of a calendar, in its order; one that is cut off in the midst counts."""
    events: list[Event] = []
    inside: list[str] = []
    for name, parameters, value in _lines(text[:MAX_CHARACTERS]):
        if name == "BEGIN":
            inside.append(value.strip().upper())
            if inside[-1] == "VEVENT":
                if len(events) == MAX_EVENTS:
                    break
                events.append(Event())
        elif name == "END":
            del inside[-1:]
        elif name in SHOWN and inside[-1:] == ["VEVENT"]:
            events[-1].properties.setdefault(name, (_parameters(parameters), value))
    return events


def _lines(text: str) -> Iterator[tuple[str, str, str]]:
    """(name in upper case, parameters as they stand, value) of each content line; what is none is passed over."""
    for line in FOLD.sub("", text).splitlines():
        match = LINE.fullmatch(line)
        if match:
            yield match[1].upper(), match[2], match[3]


def _parameters(written: str) -> dict[str, str]:
    return {name.upper(): quoted or bare for name, quoted, bare in PARAMETER.findall(written)}


def _day_before(day: str) -> str:
    try:
        return (date.fromisoformat(day) - timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return day
