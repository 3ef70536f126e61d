"""Text from mails cannot steer a terminal."""

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.cli import output, terminal

HOSTILE = {
    "ANSI colour": "\x1b[31mred\x1b[0m",
    "window title": "\x1b]0;root shell\x07",
    "C1 control sequence introducer": "\x9b2J",
    "carriage return": "paid\runpaid",
    "backspace": "1000\x08\x08\x08",
    "right-to-left override": "invoice\u202efdp.exe",
    "isolate": "a\u2066b\u2069",
    "zero width no-break space": "a\ufeffb",
    "language tag": "a\U000e0041b",
    "lone surrogate": "a\udce4b",
    "line separator": "a\u2028b",
    "NUL": "a\x00b",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_steers_a_terminal_is_replaced(text: str) -> None:
    """Nothing that moves a cursor, changes a colour, or reorders text is left."""
    safe = terminal.on_one_line(text)

    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in safe)
    assert len(safe) == len(text)


@pytest.mark.parametrize("text", ["Rechnung № 7 für Müller", "請求書", "فاتورة", "می‌خواهم", "👨‍👩‍👧 invoice"])
def test_words_of_all_scripts_stay(text: str) -> None:
    """Joiners of words and emoji are text, not steering."""
    assert terminal.on_one_line(text) == text


@given(st.text())
def test_any_text_is_harmless_and_can_be_encoded(text: str) -> None:
    """Whatever a mail holds: no control character, no lone surrogate."""
    safe = terminal.on_one_line(text)

    assert not any(unicodedata.category(c) in {"Cc", "Cs"} for c in safe)
    safe.encode("utf-8")


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_a_hostile_record_prints_harmlessly(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a table and in a list of records, control characters and markup of a subject show as text."""
    monkeypatch.setenv("COLUMNS", columns)
    subject = "[red]x[/red] [link=http://x]y[/link] :smile: " + "".join(HOSTILE.values())

    output.show([{"id": "f" * 32, "subject": subject}], COLUMNS, as_json=False, when_empty="")

    printed = capsys.readouterr().out
    assert "[red]x[/red]" in printed
    assert ":smile:" in printed.replace("\n", " ").replace("  ", "")
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs"} for c in printed if c != "\n")


COLUMNS = [output.column("Id", "id", may_wrap=False), output.column("Subject", "subject")]


@pytest.mark.parametrize("columns", ["20", "40", "80", "200"])
def test_ids_stay_whole(columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An id can be copied in one piece, however narrow the terminal is."""
    monkeypatch.setenv("COLUMNS", columns)
    identity = "0123456789abcdef" * 2

    output.show([{"id": identity, "subject": "long " * 30}], COLUMNS, as_json=False, when_empty="")

    assert identity in capsys.readouterr().out


def test_json_is_ascii_and_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    """No locale can break it, no terminal is steered by it, no line feed in a subject splits a record."""
    output.print_json([{"subject": each} for each in HOSTILE.values()])

    printed = capsys.readouterr().out
    assert printed.isascii()
    assert printed.count("\n") == len(HOSTILE)
    assert not any(ord(c) < 32 for c in printed if c != "\n")


def test_a_pipe_that_knows_no_unicode_still_gets_the_table(postbus: Any) -> None:
    """A table printed where the encoding is ASCII shows question marks, it does not fail."""
    assert postbus("tenant", "add", "Müller & Söhne").status == 0

    listed = postbus.fresh_process("tenant", "list", PYTHONIOENCODING="ascii")

    assert listed.returncode == 0
    assert b"M?ller & S?hne" in listed.stdout
