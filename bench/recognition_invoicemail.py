"""What recognition makes of invoices, receipts and other mail: precision, reach, totals, speed, and every miss.

    .venv/bin/python -m bench.recognition_invoicemail [--corpus FOLDER] [--half 0|1] [--no-speed]

Reads each row of the answer key as the parsing child does, in this process, and has the rules decide for a tenant
without standards. A file that is no mail is put into one that says nothing. Rows marked ambiguous count neither way.
Files are parted by a hash of their names: words and weights were worked on with half 0 in sight; half 1 was measured.
Speed: beside CPython's email parser on the same mails, and beside invoice2data (.tools/invoice2data, where ./dev has
installed it) on the same PDFs, in the same run. Processor time.
"""

import argparse
import csv
import hashlib
import json
import statistics
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from bench.recognition import Score
from receiver.pipeline.message_facts import find
from receiver.pipeline.pdf import Pdf
from receiver.pipeline.pdf_text import PdfText, read_text
from receiver.pipeline.structure import Limits
from receiver.pipeline.unpack import unpack
from rules.decision import Decision
from rules.engine import decide
from rules.facts import Accounting, MailFacts, TenantPolicy
from rules.recognition.accounting.hints import Hints
from rules.recognition.accounting.rating import FileText, rate_file
from rules.recognition.language import language_of

HOUSE = Path(__file__).parents[1]
CORPUS = HOUSE.parent / "shared" / "corpus" / "invoicemail"
LIMITS = Limits(depth=30, parts=1000, decoded_octets=100 * 1024**2)
_TYPES = {"pdf": ("application", "pdf"), "png": ("image", "png"), "jpg": ("image", "jpeg")}
_PAGES = 3


@dataclass(frozen=True, slots=True)
class Case:
    """A row of the key with its mail."""

    row: dict[str, str]
    octets: bytes

    @property
    def half(self) -> int:
        """0 or 1, by the name."""
        return hashlib.sha256(self.row["file"].encode()).digest()[0] % 2


@dataclass(slots=True)
class Tally:
    """Counts of one half."""

    imported_right: int = 0
    imported_wrong: int = 0
    possible: int = 0
    documents: int = 0
    others: int = 0
    totals_right: int = 0
    totals: int = 0
    misses: list[str] = field(default_factory=list)

    def lines(self, name: str) -> Iterator[str]:
        """The figures in words, counts beside ratios."""
        imported = self.imported_right + self.imported_wrong
        reached = self.imported_right + self.possible
        yield f"{name}: {self.documents} accounting documents, {self.others} other mails"
        yield f"  precision of what imports by itself  {_ratio(self.imported_right, imported)}"
        yield f"  imported by itself                   {_ratio(self.imported_right, self.documents)}"
        yield f"  imported or possible                 {_ratio(reached, self.documents)}"
        yield f"  totals right                         {_ratio(self.totals_right, self.totals)}"
        yield from (f"  miss: {each}" for each in self.misses)


def score(folder: Path) -> Score:
    """The set as a section of ./dev bench recognition; both halves together, then what reading costs in words."""
    found, tally, result = cases(folder), Tally(), Score()
    for case in found:
        if case.row["is_accounting_document"] != "ambiguous":
            judge(case, tally)
    imported = tally.imported_right + tally.imported_wrong
    result.add("precision of what imports itself", tally.imported_right, imported, 0.98)
    result.add("imported or possible", tally.imported_right + tally.possible, tally.documents, 0.90)
    result.add("imported by itself", tally.imported_right, tally.documents)
    result.add("totals right", tally.totals_right, tally.totals, 0.85)
    result.misses += tally.misses
    speed(found, folder)
    return result


def cases(corpus: Path) -> list[Case]:
    """Every row of the key, each as a mail."""
    with (corpus / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return [
            Case(row, _as_mail(row["container"], (corpus / row["file"]).read_bytes())) for row in csv.DictReader(file)
        ]


def facts_of(octets: bytes) -> MailFacts:
    """What the parsing child finds."""
    return find(unpack(octets, len(octets), LIMITS), "", LIMITS.decoded_octets).facts


def judge(case: Case, tally: Tally) -> None:
    """Decide about one mail and count what came of it."""
    facts = facts_of(case.octets)
    decision = decide(facts, [], TenantPolicy())
    is_document = case.row["is_accounting_document"] == "yes"
    is_imported = decision.state == "imported"
    is_possible = decision.reason.code == "possible_invoice"
    tally.documents += is_document
    tally.others += not is_document
    tally.imported_right += is_imported and is_document
    tally.imported_wrong += is_imported and not is_document
    tally.possible += is_possible and is_document
    if is_document != is_imported and not (is_document and is_possible):
        tally.misses.append(
            f"{case.row['file']}: {decision.state}, {decision.reason.code} {dict(decision.reason.params)}"
        )
    if is_document and case.row["total"]:
        told = _total(facts, decision)
        is_right = told is not None and Decimal(told) == Decimal(case.row["total"])
        tally.totals += 1
        tally.totals_right += is_right
        if not is_right:
            tally.misses.append(f"{case.row['file']}: total {told}, key {case.row['total']}")


def best_of(facts: MailFacts) -> Accounting | None:
    """The best rating in a mail."""
    ratings = [each for each in (facts.accounting, *(file.accounting for file in facts.attachments)) if each]
    return max(ratings, key=lambda each: each.score, default=None)


def _total(facts: MailFacts, decision: Decision) -> str | None:
    if decision.keep_text and facts.accounting:
        return facts.accounting.total
    by_xml = [each.e_invoice.total for each in facts.attachments if each.e_invoice and each.e_invoice.total]
    best = best_of(facts)
    return by_xml[0] if by_xml else best.total if best else None


def _as_mail(container: str, octets: bytes) -> bytes:
    if container == "eml":
        return octets
    mail = EmailMessage()
    mail["From"] = "sender@sender.example"
    mail["Subject"] = "Document"
    if container in _TYPES:
        mail.set_content("")
        maintype, subtype = _TYPES[container]
        mail.add_attachment(octets, maintype=maintype, subtype=subtype, filename=f"file.{container}")
    else:
        mail.set_content(octets.decode("utf-8", "replace"))
    return mail.as_bytes()


def speed(found: list[Case], corpus: Path) -> None:
    """Print what reading costs."""
    plain = [case for case in found if not any(each.accounting for each in facts_of(case.octets).attachments)]
    ours = [_milliseconds(lambda case=case: facts_of(case.octets)) for case in plain]  # type: ignore[misc]
    theirs = [_milliseconds(lambda case=case: _read_by_python(case.octets)) for case in plain]  # type: ignore[misc]
    print(f"{len(plain)} mails without PDF: median {statistics.median(ours):.2f} ms, 95th of 100 {_high(ours):.2f} ms;")
    print(f"  CPython's email parser, bodies read: median {statistics.median(theirs):.2f} ms")
    pdfs = sorted(corpus.glob("*.pdf"))
    costs = {path: _milliseconds(lambda path=path: _read_by_us(path.read_bytes())) for path in pdfs}  # type: ignore[misc]
    of_three = [cost for path, cost in costs.items() if _text_of(path.read_bytes()).pages >= _PAGES]
    median, most = statistics.median(costs.values()), max(costs.values())
    print(f"{len(pdfs)} PDFs, text and rating: median {median:.1f} ms, most {most:.1f} ms")
    if of_three:
        print(f"  of {_PAGES} pages and more: " + ", ".join(f"{each:.1f} ms" for each in of_three))
    _beside_invoice2data(pdfs)


def _beside_invoice2data(pdfs: list[Path]) -> None:
    python = HOUSE / ".tools" / "invoice2data" / "bin" / "python"
    if not python.exists():
        print("  invoice2data is not installed (.tools/invoice2data)")
        return
    program = (
        "import json,logging,resource,sys\nlogging.disable(50)\n"
        "from invoice2data import extract_data\nfrom invoice2data.extract.loader import read_templates\n"
        "templates=read_templates()\n"
        "def used():\n return sum(sum(resource.getrusage(w)[:2]) for w in (0,-1))\n"
        "told=[]\n"
        "for path in sys.argv[1:]:\n start=used()\n"
        " try:\n  got=extract_data(path,templates=templates)\n except Exception:\n  got=None\n"
        " told.append((used()-start,str((got or {}).get('amount',''))))\n"
        "print(json.dumps(told))\n"
    )
    run = subprocess.run([python, "-c", program, *pdfs], capture_output=True, text=True, check=False, timeout=600)
    if run.returncode:
        print(f"  invoice2data failed: {run.stderr.strip().splitlines()[-1:]}")
        return
    told = json.loads(run.stdout.splitlines()[-1])
    costs = [seconds * 1000 for seconds, _ in told]
    answered = sum(1 for _, amount in told if amount)
    median, most = statistics.median(costs), max(costs)
    print(f"  invoice2data, the same PDFs: median {median:.1f} ms, most {most:.1f} ms; amounts: {answered}")


def _read_by_us(octets: bytes) -> Accounting:
    read = _text_of(octets)
    return rate_file(FileText(read.text, read.state, "file.pdf", language_of(read.text)), Hints())


def _text_of(octets: bytes) -> PdfText:
    with Pdf(octets) as pdf:
        return read_text(pdf)


def _read_by_python(octets: bytes) -> int:
    mail = message_from_bytes(octets, policy=policy.default)
    length = 0
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            try:
                length += len(part.get_content())
            except (LookupError, ValueError):
                continue
    return length


def _milliseconds(work) -> float:  # type: ignore[no-untyped-def]
    times = []
    for _ in range(3):
        start = time.process_time()
        work()
        times.append((time.process_time() - start) * 1000)
    return min(times)


def _high(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def _ratio(part: int, whole: int) -> str:
    return f"{part / whole:.3f} ({part} of {whole})" if whole else "nothing to count"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--half", type=int, choices=(0, 1))
    parser.add_argument("--no-speed", action="store_true")
    arguments = parser.parse_args()
    found = cases(arguments.corpus)
    for half in (0, 1) if arguments.half is None else (arguments.half,):
        tally = Tally()
        for case in found:
            if case.half == half and case.row["is_accounting_document"] != "ambiguous":
                judge(case, tally)
        print("\n".join(tally.lines("half 0, worked with" if half == 0 else "half 1, held out")))
    if not arguments.no_speed:
        speed(found, arguments.corpus)


if __name__ == "__main__":
    main()
