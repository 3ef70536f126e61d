"""An invoice that is data only, as a page for people."""

from receiver.rendering.invoice_view import MAX_COLUMNS, MAX_LINES, MAX_ROWS, invoice_body


def test_every_value_is_text() -> None:
    """Nothing of an invoice's data can write into its page."""
    body = invoice_body("<b>T</b>", [("<i>", "<script>x</script>")], [(["<u>"], [["<img src=x>"]])])

    assert not any(tag in body for tag in ("<b>", "<i>", "<script", "<u>", "<img"))
    assert all(text in body for text in ("&lt;b&gt;T", "&lt;script&gt;", "&lt;img src=x&gt;"))


def test_rows_without_a_value_are_left_out() -> None:
    """A label with nothing behind it tells nothing."""
    body = invoice_body("Invoice", [("Number", "4711"), ("Order", "  ")])

    assert "<tr><th>Number</th><td>4711</td></tr>" in body
    assert "Order" not in body


def test_figures_stand_under_each_other() -> None:
    """Sums and quantities are set apart from words, whatever their separators; a date is no figure."""
    values = ["1.234,56", "-12.00 EUR", "€ 5", "19 %", "2 Stück", "2026-11-22"]

    body = invoice_body("Invoice", [], [([], [values])])

    assert body.count('<td class="figure">') == 4
    assert "<td>2 Stück</td><td>2026-11-22</td>" in body


def test_lines_of_free_text_stay_lines() -> None:
    """Terms of payment are often written in several lines."""
    assert "<td>14 days<br>net</td>" in invoice_body("Invoice", [("Terms", "14 days\r\nnet")])


def test_what_no_page_can_bear_is_cut_and_says_so() -> None:
    """Neither rows, lines, columns nor values grow without bound."""
    body = invoice_body("I", [("a", "b" * 10_000)] * 1000, [(["c"] * 50, [["d"] * 50] * 10_000)])

    assert body.count("<th>a</th>") == MAX_ROWS
    assert body.count("<th>c</th>") == MAX_COLUMNS
    assert body.count("<td>d</td>") == MAX_LINES * MAX_COLUMNS
    assert "b…</td>" in body
    assert f"<tr>{'<td>…</td>' * MAX_COLUMNS}</tr></tbody>" in body


def test_uneven_lines_get_the_cells_they_lack() -> None:
    """A table stays one, whatever its data forgot."""
    assert "<tr><td>x</td><td></td></tr>" in invoice_body("I", [], [(["a", "b"], [["x"]])])


def test_no_character_that_utf8_cannot_hold_is_left() -> None:
    """Values come from strangers' XML and EDIFACT."""
    assert invoice_body("a\x00\ud800", []).encode()
