"""How often the sender of a forwarded mail is found, with the list of misses. A section of ./dev bench recognition.

Reads every mail of the set as the parsing child does, in this process, and compares the claim with the key in
manifest.csv. Says nothing of dates: clients write them as they like.
"""

import csv
from pathlib import Path

from bench.recognition import Score
from receiver.pipeline.message_facts import find
from receiver.pipeline.structure import Limits
from receiver.pipeline.unpack import unpack
from rules.facts import ForwardClaim

GOALS = {"sender": 0.98, "subject": 0.97, "name": None}
_COLUMNS = {"sender": "expected_from", "subject": "expected_subject", "name": "expected_from_name"}


def score(folder: Path) -> Score:
    """Compare every row of the key with what is found."""
    result = Score()
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    claims = {row["file"]: claim_in(folder / row["file"]) for row in rows}
    forwards = [row for row in rows if row["is_forward"] == "yes"]
    for question, goal in GOALS.items():
        asked = [row for row in forwards if row[_COLUMNS[question]]]
        right = [row for row in asked if _is_right(result, row, question, claims[row["file"]])]
        result.add(f"{question} right", len(right), len(asked), goal)
    others = [row for row in rows if row["is_forward"] != "yes"]
    false = [row["file"] for row in others if claims[row["file"]] is not None]
    result.add("nothing claimed of others", len(others) - len(false), len(others), 1.0)
    result.misses += [f"{file}: no forward, yet a claim" for file in false]
    return result


def claim_in(mail: Path) -> ForwardClaim | None:
    """What postbus says of who an inner message is from."""
    octets = mail.read_bytes()
    return find(unpack(octets, len(octets), Limits()), "", Limits().decoded_octets).facts.forward


def _is_right(result: Score, row: dict[str, str], question: str, claim: ForwardClaim | None) -> bool:
    expected = row[_COLUMNS[question]]
    told = {
        "sender": claim.sender if claim else None,
        "subject": claim.subject if claim else None,
        "name": claim.sender_name if claim else None,
    }[question]
    if _folded(expected) == _folded(told):
        return True
    result.miss(row["file"], question, expected, told)
    return False


def _folded(value: str | None) -> str:
    return " ".join((value or "").casefold().split())
