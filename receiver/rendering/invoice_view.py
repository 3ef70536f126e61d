"""The readable page of an invoice that is data only: its leading fields, and tables of its lines, taxes and totals.

Plain values in, a fragment for `page` out; every value is text, never markup. Knows no format and no language: labels
come in the reader's words. What is more than a page can bear is cut, and "…" says so. Never raises.
"""

import html as markup
import re
from collections.abc import Iterable, Sequence

MAX_ROWS = 500
MAX_TABLES = 20
MAX_COLUMNS = 12
MAX_LINES = 5000
MAX_VALUE = 2000
CUT = "…"

# Sums and quantities stand under each other: digits with their separators, a sign, a currency, a percent sign.
FIGURE = re.compile(
    r"[-+\u2212]?\s?(?:[A-Z]{3}\s|[€$£]\s?)?[-+\u2212]?\d[\d.,'\u2019\u00a0\u202f ]*(?:\s?[%€$£]|\s[A-Z]{3})?"
)
UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")

Table = tuple[Sequence[str], Sequence[Sequence[str]]]


def invoice_body(title: str, rows: Sequence[tuple[str, str]], tables: Sequence[Table] = ()) -> str:
    """The body of an invoice's page: a title, (label, value) rows, then each table as (column names, its lines)."""
    pieces = [f'<div class="sheet"><h1>{_text(title)}</h1>', field_table(rows)]
    pieces += [_table(columns, lines) for columns, lines in tables[:MAX_TABLES]]
    return "".join(pieces) + "</div>"


def field_table(rows: Sequence[tuple[str, str]]) -> str:
    """(label, value) rows as a table; those without a value are left out."""
    told = [(label, value) for label, value in rows if value.strip()]
    lines = [f"<tr><th>{_text(label)}</th><td>{_text(value)}</td></tr>" for label, value in told[:MAX_ROWS]]
    if len(told) > MAX_ROWS:
        lines.append(f"<tr><th>{CUT}</th><td>{CUT}</td></tr>")
    return f'<table class="fields">{"".join(lines)}</table>' if lines else ""


def _table(columns: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    width = min(max([len(columns), *map(len, lines[:MAX_LINES])]), MAX_COLUMNS)
    if not width:
        return ""
    rows = [_filled(line, width) for line in lines[:MAX_LINES]]
    names = enumerate(_filled(columns, width)) if columns else ()
    head = "".join(f"<th{_kind(row[index] for row in rows)}>{_text(name)}</th>" for index, name in names)
    shown = [_line(row) for row in rows]
    if len(lines) > MAX_LINES:
        shown.append(_line([CUT] * width))
    body = "".join(shown)
    return f'<table class="lines">{f"<thead><tr>{head}</tr></thead>" if head else ""}<tbody>{body}</tbody></table>'


def _line(values: Sequence[str]) -> str:
    return f"<tr>{''.join(_cell(value) for value in values)}</tr>"


def _cell(value: str) -> str:
    return f"<td{_kind([value])}>{_text(value)}</td>"


def _kind(values: Iterable[str]) -> str:
    """What sets figures apart; a column's name stands where its figures stand."""
    told = [value.strip() for value in values if value.strip()]
    is_figure = bool(told) and all(len(value) <= 40 and FIGURE.fullmatch(value) for value in told)
    return ' class="figure"' if is_figure else ""


def _filled(values: Sequence[str], width: int) -> list[str]:
    return [*values[:width], *([""] * (width - len(values)))]


def _text(value: str) -> str:
    """A value as markup that keeps its lines: free text of an invoice has some."""
    shown = value if len(value) <= MAX_VALUE else value[:MAX_VALUE] + CUT
    return markup.escape(UNSTORABLE.sub("\ufffd", shown.replace("\r\n", "\n").strip())).replace("\n", "<br>")
