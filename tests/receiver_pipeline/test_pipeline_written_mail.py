"""Recognition over mails written by somebody who did not know it; docs/recognition.md tells of them."""

import csv
from pathlib import Path

from bench.recognition_forwarded import claim_in
from bench.recognition_invoicemail import Tally, cases, judge

WRITTEN = Path(__file__).parents[1] / "corpus" / "written"


def test_documents_are_told_from_other_mail_in_31_languages() -> None:
    """None imports by itself that is none, nearly each is imported or possible, and nearly each total is right."""
    tally = Tally()
    for case in cases(WRITTEN / "invoicemail"):
        if case.row["is_accounting_document"] != "ambiguous":
            judge(case, tally)
    assert (tally.documents, tally.others) == (127, 43)
    assert tally.imported_wrong == 0, tally.misses
    assert tally.imported_right >= 0.85 * tally.documents, tally.misses
    assert tally.imported_right + tally.possible >= 0.97 * tally.documents, tally.misses
    assert tally.totals_right >= 0.97 * tally.totals, tally.misses


def test_senders_are_found_in_forwards_of_thirty_programs() -> None:
    """The sender is right in nearly all, and nothing is claimed of replies and of what only looks like a forward."""
    folder = WRITTEN / "forwarded"
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    claims = {row["file"]: claim_in(folder / row["file"]) for row in rows}
    asked = [row for row in rows if row["is_forward"] == "yes"]
    wrong = [row["file"] for row in asked if getattr(claims[row["file"]], "sender", None) != row["expected_from"]]
    assert len(asked) == 76
    assert len(wrong) <= 0.02 * len(asked), wrong
    assert [row["file"] for row in rows if row not in asked and claims[row["file"]] is not None] == []
