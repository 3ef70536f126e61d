"""How well mails are unpacked, beside three independent readers, and what reading one costs.

Called by `./dev bench recognition`, and alone: `.venv/bin/python -m bench.recognition_mime [--set mime] [--bombs]`.

Over a set of the shared corpus: subject, first sender, number of attachments and the hashes of their contents where
the three readers of its `reference.jsonl` agree (CPython's email, npm's mailparser and postal-mime). Compared is what
all of them count: parts that stand directly in the mail, not what is inside an attached message or an archive, which
they leave packed. White space counts as one blank, as they have it. Where the readers themselves show U+FFFD, they
lost octets that we may have read: then what they could read must be in ours, in its order.
"""

import argparse
import csv
import json
import re
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.recognition import Figure
from bench.recognition import Score as Section
from receiver.pipeline.message_facts import Findings, find
from receiver.pipeline.structure import Limits
from receiver.pipeline.unpack import Unpacked, unpack

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
SETS = ("mime", "invoicemail")
READERS = ("mailparser", "postalmime", "python_email")
_LOST = "\ufffd"


@dataclass
class Score:
    """One thing compared: how often it was the same, and where not."""

    name: str
    goal: float
    same: int = 0
    all: int = 0
    misses: list[str] = field(default_factory=list)

    def note(self, file: str, wanted: object, got: object, *, is_same: bool) -> None:
        """One comparison."""
        self.all += 1
        self.same += is_same
        if not is_same:
            self.misses.append(f"{file}: {self.name} {wanted!r:.120}, we read {got!r:.120}")

    def line(self) -> str:
        """The score in words."""
        share = self.same / self.all if self.all else 1.0
        mark = "" if share >= self.goal else f"   BELOW {self.goal:.3f}"
        return f"  {self.name:<24}{self.same:>5} of {self.all:<5} {share:.4f}{mark}"


@dataclass
class Tally:
    """The scores of one set."""

    subject: Score = field(default_factory=lambda: Score("subject", 0.99))
    sender: Score = field(default_factory=lambda: Score("sender", 0.99))
    count: Score = field(default_factory=lambda: Score("attachment count", 0.99))
    hashes: Score = field(default_factory=lambda: Score("contents", 1.0))

    def scores(self) -> tuple[Score, ...]:
        """All of them."""
        return self.subject, self.sender, self.count, self.hashes


def read_mail(octets: bytes) -> tuple[Unpacked, Findings]:
    """One mail as the child reads it."""
    unpacked = unpack(octets, len(octets), Limits())
    return unpacked, find(unpacked, "", Limits().decoded_octets)


def references(name: str) -> Iterator[tuple[str, bytes, dict[str, Any], str]]:
    """File, octets, the readers' answers, and the attachment count of the manifest ("" where they differ)."""
    folder = CORPUS / name
    with (folder / "manifest.csv").open(encoding="utf-8") as manifest:
        counts = {row["file"]: row["ref_attachment_count"] for row in csv.DictReader(manifest)}
    for line in (folder / "reference.jsonl").read_text(encoding="utf-8").splitlines():
        answer = json.loads(line)
        path = folder / answer["file"]
        if path.exists():
            yield answer["file"], path.read_bytes(), answer, counts.get(answer["file"], "")


def compare(tally: Tally, file: str, findings: Findings, answer: dict[str, Any], count: str) -> None:
    """One mail against what its readers agree on."""
    agreed, facts = answer["consensus"], findings.facts
    if "subject" in agreed:
        wanted = agreed["subject"] or ""
        tally.subject.note(file, wanted, facts.subject, is_same=is_same_text(wanted, facts.subject))
    if "from_first" in agreed:
        wanted = [each.lower() for each in agreed["from_first"] or []][:1]
        got = [each.lower() for each in findings.reading.from_addresses][:1]
        tally.sender.note(file, wanted, got, is_same=wanted == got)
    direct = {part: each for part, each in ((each.part, each) for each in facts.attachments) if is_direct(part, facts)}
    if count:
        tally.count.note(file, int(count), sorted(direct), is_same=int(count) == len(direct))
        hashes = [sorted(each["sha256_16"] for each in answer[reader]["attachments"]) for reader in READERS]
        if hashes[0] and hashes[0] == hashes[1] == hashes[2]:
            got = sorted(each.sha256[:16] for each in direct.values())
            tally.hashes.note(file, hashes[0], got, is_same=hashes[0] == got)


def is_direct(part: str, facts: Any) -> bool:
    """Whether a part stands in the mail itself, not in an attached message, an archive or its text."""
    others = [each.part for each in facts.attachments]
    return "/" not in part and not any(part.startswith(f"{other}.") for other in others)


def is_same_text(wanted: str, got: str) -> bool:
    """Whether two texts are one, white space aside; a wanted one that lost octets may be completed."""
    wanted, got = " ".join(wanted.split()), " ".join(got.split())
    if wanted == got:
        return True
    # Ours is cut at 2,000 characters: a list of mails has no room for more.
    if len(got) >= 1900 and wanted.startswith(got):
        return True
    if _LOST not in wanted:
        return False
    pattern = ".+".join(re.escape(piece) for piece in re.split(f"{_LOST}+", wanted))
    return re.fullmatch(pattern, got, re.DOTALL) is not None


def score(folder: Path) -> Section:
    """The set of that name as a section of ./dev bench recognition."""
    tally, mails, section = Tally(), [], Section()
    for file, octets, answer, count in references(folder.name):
        compare(tally, file, read_mail(octets)[1], answer, count)
        mails.append(octets)
    for each in tally.scores():
        section.add(f"{each.name} as three readers agree", each.same, each.all, each.goal)
        section.misses += each.misses
    median, high = cost(mails)
    section.figures.append(Figure("median ms of CPU a mail", median, 5.0, at_most=True, of=len(mails)))
    section.figures.append(Figure("95 of 100 mails below ms of CPU", high))
    return section


def cost(mails: list[bytes]) -> tuple[float, float]:
    """Median and 95th percentile of processor milliseconds for a mail."""
    for octets in mails[:50]:
        read_mail(octets)
    spent = []
    for octets in mails:
        start = time.process_time()
        read_mail(octets)
        spent.append(1000 * (time.process_time() - start))
    return statistics.median(spent), statistics.quantiles(spent, n=20)[-1]


def main(args: list[str] | None = None) -> int:
    """Print scores and misses; 1 when a goal is missed or a mail breaks the reader."""
    parser = argparse.ArgumentParser(
        prog="bench.recognition_mime", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", action="append", choices=SETS, help="a set of the shared corpus (all)")
    parser.add_argument("--quiet", action="store_true", help="scores without the misses")
    arguments = parser.parse_args(args)
    mails, is_good = [], True
    for name in arguments.set or SETS:
        tally = Tally()
        for file, octets, answer, count in references(name):
            compare(tally, file, read_mail(octets)[1], answer, count)
            mails.append(octets)
        print(f"{name}: where three readers agree")
        for score in tally.scores():
            print(score.line())
            is_good &= score.same >= score.goal * score.all
            for miss in () if arguments.quiet else score.misses:
                print(f"      {miss}")
    median, high = cost(mails)
    print(f"processor time of a mail: median {median:.2f} ms, 95 % below {high:.2f} ms ({len(mails)} mails)")
    return 0 if is_good and median < 5 else 1


if __name__ == "__main__":
    sys.exit(main())
