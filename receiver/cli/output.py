"""Print records: one JSON object a line for programs, tables for people.

Every record is a mapping with the keys that docs/reference.md promises; a table is another view of the same records.
Nothing from a mail reaches a terminal raw (receiver/cli/terminal.py) and nothing is read as markup. A table that would
not fit becomes a list of records, so that ids stay whole on a narrow terminal.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from receiver.cli import terminal

Record = Mapping[str, Any]
# Without a terminal (a pipe, a file) there is no width to fit into: wide enough for whole ids and addresses.
_WIDTH_WITHOUT_TERMINAL = 200
_UNLIMITED = 100_000


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its title, how its cell is made, and whether the cell may be broken over lines."""

    title: str
    cell: Callable[[Record], object]
    may_wrap: bool = True
    is_number: bool = False


def column(title: str, key: str, *, may_wrap: bool = True) -> Column:
    """A column that shows the record's value of that key as text."""
    return Column(title, lambda record: record[key], may_wrap)


def time_column(title: str, key: str) -> Column:
    """A column that shows a time in the reader's own zone, to the second."""
    return Column(title, lambda record: local_time(record[key]), may_wrap=False)


def octets_column(title: str, key: str) -> Column:
    """A column that shows a count of octets in units people read."""
    return Column(title, lambda record: readable_octets(record[key]), may_wrap=False, is_number=True)


def show(records: Sequence[Record], columns: Sequence[Column], *, as_json: bool, when_empty: str) -> None:
    """Print all records; without any, JSON prints nothing and the table says what to do next."""
    if as_json:
        print_json(records)
    elif not records:
        say(when_empty)
    else:
        _print_table(records, columns)


def print_json(records: Iterable[Record]) -> None:
    """One object a line, ASCII only: no locale can break it and no terminal is steered by it."""
    for record in records:
        sys.stdout.write(json.dumps(record, default=_as_json) + "\n")
    sys.stdout.flush()


def show_change(record: Record, sentence: str, *, as_json: bool) -> None:
    """Print what a command has made or changed: the record for programs, a sentence for people."""
    if as_json:
        print_json([record])
    else:
        say(sentence)


def say(sentence: str) -> None:
    """Print words for people on standard output."""
    _console().print(Text(terminal.on_many_lines(sentence)))


def show_fields(fields: Iterable[tuple[str, object]]) -> None:
    """Print one thing as `title  value` lines. Long ones are left to the terminal to wrap, so that they copy whole."""
    shown = [(title, _text(value)) for title, value in fields]
    widest = max((len(title) for title, _ in shown), default=0)
    console = _console()
    for title, value in shown:
        console.print(Text(f"{title:<{widest}}  ", style="bold"), value, sep="", soft_wrap=True)


def write_octets(octets: bytes) -> None:
    """Write octets to standard output exactly; made harmless when a terminal would show them."""
    if sys.stdout.isatty():
        say(octets.decode("utf-8", "replace").replace("\r\n", "\n"))
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(octets)
    sys.stdout.buffer.flush()


def rfc3339(moment: datetime) -> str:
    """A time in UTC as RFC 3339 writes it, to the microsecond where there is one."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def local_time(moment: datetime | str | None) -> str:
    """A time for people: in their zone, to the second."""
    if moment is None:
        return ""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def readable_octets(octets: int) -> str:
    """`812 B`, `34.1 KiB`, `2.0 MiB`."""
    size = float(octets)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":
            break
        size /= 1024
    return f"{octets} B" if unit == "B" else f"{size:.1f} {unit}"


def _as_json(value: object) -> object:
    if isinstance(value, datetime):
        return rfc3339(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _console() -> Console:
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else _WIDTH_WITHOUT_TERMINAL
    return Console(file=sys.stdout, width=width, markup=False, highlight=False, emoji=False, soft_wrap=False)


def _print_table(records: Sequence[Record], columns: Sequence[Column]) -> None:
    console = _console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for one in columns:
        table.add_column(
            one.title,
            no_wrap=not one.may_wrap,
            overflow="fold",
            min_width=min(_WORD, _longest(records, one)) if one.may_wrap else None,
            justify="right" if one.is_number else "left",
        )
    for record in records:
        table.add_row(*(_text(one.cell(record)) for one in columns))
    if Measurement.get(console, console.options.update(width=_UNLIMITED), table).minimum <= console.width:
        console.print(table)
    else:
        _print_one_by_one(records, columns)


# A column of words narrower than this is harder to read than a list of records.
_WORD = 16


def _longest(records: Sequence[Record], one: Column) -> int:
    return max(len(one.title), *(_text(one.cell(record)).cell_len for record in records))


def _print_one_by_one(records: Sequence[Record], columns: Sequence[Column]) -> None:
    for number, record in enumerate(records):
        if number:
            say("")
        show_fields([(one.title, one.cell(record)) for one in columns])


def _text(value: object) -> Text:
    if value is None:
        return Text("")
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    return Text(terminal.on_one_line(str(value)))
