"""Calendar parts as tables for people."""

import pytest

from receiver.rendering.calendar_view import MAX_EVENTS, calendar_body, read_events

INVITE = """BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VTIMEZONE
TZID:Europe/Vienna
BEGIN:STANDARD
DTSTART:19701025T030000
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
DTSTART;TZID="Europe/Vienna":20261122T150400
DTEND;TZID=Europe/Vienna:20261122T160000
SUMMARY:Invoices\\, paid and un
 paid <2026>
LOCATION:Room 1\\nVienna
ORGANIZER;CN="Eva: Muster";ROLE=CHAIR:MAILTO:eva@x.example
BEGIN:VALARM
SUMMARY:Alarm
END:VALARM
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")


def test_an_invitation_is_a_table() -> None:
    """What, when, where and who, as text; folded lines are joined, escapes read, alarms and zones left alone."""
    body = calendar_body(INVITE, "de")

    assert "<th>Termin</th><td>Invoices, paid and unpaid &lt;2026&gt;</td>" in body
    assert "<th>Beginn</th><td>2026-11-22 15:04 Europe/Vienna</td>" in body
    assert "<th>Ende</th><td>2026-11-22 16:00 Europe/Vienna</td>" in body
    assert "<th>Ort</th><td>Room 1<br>Vienna</td>" in body
    assert "<th>Veranstalter</th><td>Eva: Muster &lt;eva@x.example&gt;</td>" in body
    assert "Alarm" not in body


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        (":20261122T150400Z", ":20261122T160400Z", ["2026-11-22 15:04 UTC", "2026-11-22 16:04 UTC"]),
        (";VALUE=DATE:20261231", ";VALUE=DATE:20270102", ["2026-12-31", "2027-01-01"]),
        (";VALUE=DATE:20261231", ";VALUE=DATE:20261231", ["2026-12-31", "2026-12-31"]),
        (":tomorrow", ":00010101", ["tomorrow", "0001-01-01"]),
    ],
)
def test_times_stand_as_written(start: str, end: str, shown: list[str]) -> None:
    """UTC and zones are named, the end of whole days is their last one, and nonsense is shown rather than lost."""
    event = read_events(f"BEGIN:VEVENT\nDTSTART{start}\nDTEND{end}\nEND:VEVENT")[0]

    assert [event.moment("DTSTART"), event.moment("DTEND")] == shown


def test_a_cancelled_event_says_so() -> None:
    """The reader's language says it; the same event twice is one."""
    event = "BEGIN:VEVENT\nSUMMARY:Party\nSTATUS:CANCELLED\nEND:VEVENT\n"

    assert calendar_body(event * 2, "nl").count("Party (geannuleerd)") == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\r\n ",
        "BEGIN:VEVENT\n" * 100_000,
        "END:VEVENT\n" * 100_000 + "SUMMARY:x",
        "BEGIN:VEVENT\n" + "A;" * 100_000 + ":x",
        'BEGIN:VEVENT\nORGANIZER;CN="' * 10_000,
        "BEGIN:VEVENT\nSUMMARY:" + "\n x" * 100_000,
        "BEGIN:VEVENT\nX" + ";a=b,c" * 40_000,
        "BEGIN:VEVENT\nSUMMARY:" + "\\" * 100_000,
    ],
)
def test_hostile_calendars_are_no_burden(text: str) -> None:
    """Whatever stands there is read in one go, and no more than some events are shown."""
    assert len(read_events(text)) <= MAX_EVENTS
    assert len(calendar_body(text)) < 200_000
