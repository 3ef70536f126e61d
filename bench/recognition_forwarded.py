"""How often the sender of a forwarded mail is found: scored against an answer key, with the list of misses.

    .venv/bin/python -m bench.recognition_forwarded [FOLDER]

Reads every mail of FOLDER (the corpus beside the checkout) as the parsing child does, in this process, and compares the
claim with the key in manifest.csv. Says nothing of dates: clients write them as they like.
"""

import csv
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from receiver.pipeline.message_facts import find
from receiver.pipeline.structure import Limits
from receiver.pipeline.unpack import unpack
from rules.facts import ForwardClaim

CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "forwarded"
LIMITS = Limits(depth=30, parts=1000, decoded_octets=100 * 1024**2)


@dataclass(frozen=True, slots=True)
class Score:
    """Right answers of all asked, by question, and each miss in words."""

    right: Counter[str]
    asked: Counter[str]
    misses: list[str]

    def share(self, question: str) -> float:
        """Right answers among those asked; 1 when nothing was."""
        return self.right[question] / self.asked[question] if self.asked[question] else 1.0


def claim_in(mail: Path) -> ForwardClaim | None:
    """What postbus says of who an inner message is from."""
    octets = mail.read_bytes()
    return find(unpack(octets, len(octets), LIMITS), "", LIMITS.decoded_octets).facts.forward


def score(folder: Path) -> Score:
    """Compare every row of the key with what is found."""
    found = Score(Counter(), Counter(), [])
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        claim = claim_in(folder / row["file"])
        if row["is_forward"] != "yes":
            _note(found, row["file"], "negative", None, claim.sender if claim else None)
            continue
        if row["expected_from"]:
            _note(found, row["file"], "sender", row["expected_from"], claim.sender if claim else None)
        if row["expected_subject"]:
            _note(found, row["file"], "subject", row["expected_subject"], claim.subject if claim else None)
        if row["expected_from_name"]:
            _note(found, row["file"], "name", row["expected_from_name"], claim.sender_name if claim else None)
    return found


def _note(score_: Score, file: str, question: str, wanted: str | None, got: str | None) -> None:
    score_.asked[question] += 1
    if _folded(wanted) == _folded(got):
        score_.right[question] += 1
    else:
        score_.misses.append(f"{question}: {file}: expected {wanted!r}, found {got!r}")


def _folded(value: str | None) -> str:
    return " ".join((value or "").casefold().split())


def main() -> int:
    """Print the score; 1 when the corpus is not there."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS
    if not (folder / "manifest.csv").exists():
        print(f"{folder}: no answer key there", file=sys.stderr)
        return 1
    found = score(folder)
    for question, asked in found.asked.items():
        print(f"{question:10} {found.right[question]:4} of {asked:4}  {found.share(question):.3f}")
    print("\n".join(found.misses))
    return 0


if __name__ == "__main__":
    sys.exit(main())
