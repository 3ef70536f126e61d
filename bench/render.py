"""Rendering beside others: receipts and newsletters by postbus, pdfkit, Chromium and WeasyPrint in turn.

    ./dev bench render [--rounds 3] [--documents 8] [--table] [--only postbus] [--minutes 9]
    ./dev bench render --pictures

A receipt is 4 kB of nested tables, a newsletter 106 kB with four images, --table adds a statement of 6 MB. Measured for
each document: wall time, and processor time of all processes involved. Ours is cleaned, laid out, sent to a renderer
process as the unit runs it, and comes back as a PDF out of a sandbox; the others get the HTML with its images and
no sandbox. A round opens an engine, lets it make one document unmeasured, then measures. The floor is wkhtmltopdf alone
on an empty page and what one more page costs it. Printed are tables for docs/performance.md, ratios of medians first.
--pictures renders ten mails by pdfkit and by postbus into docs/pictures, and their table into docs/rendering.md.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.peers import NotHere
from bench.rendering import mails
from bench.rendering.engines import ENGINES, ChromiumEach, ChromiumKept, Engine, Pdfkit, Postbus, PostbusArchival
from bench.rendering.floor import Floor
from bench.rendering.mails import Mail
from bench.rendering.pictures import draw
from bench.rendering.processor import adopt_orphans, used_seconds

OURS, ARCHIVAL = Postbus.name, PostbusArchival.name


@dataclass
class Samples:
    """Seconds a document, one entry for each round."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    faults: int = 0  # documents that did not come


class Bench:
    """All rounds; what was measured by (mail, engine)."""

    def __init__(self, folder: Path, arguments: argparse.Namespace) -> None:
        self._folder, self._arguments = folder, arguments
        self._deadline = time.monotonic() + 60 * arguments.minutes
        self._samples: dict[tuple[str, str], Samples] = defaultdict(Samples)
        self._floors: dict[str, list[float]] = defaultdict(list)
        self._workers: dict[int, list[float]] = defaultdict(list)
        self._archival = ""
        self._mails = [mails.receipt(), mails.newsletter()] + [mails.table()] * arguments.table
        self._numbers = 0

    def run(self) -> None:
        """Measure as long as there is time, and print."""
        engines = [each for each in ENGINES if self._arguments.only in each.name]
        done = 0
        for _ in range(self._arguments.rounds):
            if time.monotonic() > self._deadline:
                break
            for kind in engines:
                self._round(kind)
            self._floor()
            self._two_workers()
            done += 1
        print(f"\n{done} rounds of {self._arguments.documents} documents, medians.\n")
        self._print_ratios()
        self._print_engines()

    def _round(self, kind: Callable[[Path], Engine]) -> None:
        try:
            engine = kind(self._own_folder())
        except NotHere as reason:
            print(f"not here: {reason}", flush=True)
            return
        try:
            for mail in self._mails:
                if time.monotonic() < self._deadline:
                    self._measure(engine, mail)
            if isinstance(engine, PostbusArchival):
                facts = engine.result(self._mails[0]).facts
                self._archival = facts.archival or facts.archival_fault
        finally:
            engine.close()

    def _measure(self, engine: Engine, mail: Mail) -> None:
        # Six megabytes once are enough, and take some engines minutes.
        count = 1 if mail.name == "table" else self._arguments.documents
        if count > 1:
            engine.render([mail])
        processor, begun = used_seconds(), time.perf_counter()
        made = engine.render([mail] * count)
        wall, processor = time.perf_counter() - begun, used_seconds() - processor
        samples = self._samples[mail.name, engine.name]
        samples.wall.append(wall / count)
        samples.processor.append(processor / count)
        samples.faults += sum(not pdf.startswith(b"%PDF-") for pdf in made)
        print(f"{mail.name:14s} {engine.name:30s} {_ms(wall / count)} wall, {_ms(processor / count)} CPU", flush=True)

    def _floor(self) -> None:
        floor = Floor(self._own_folder())
        for mail in self._mails[:2]:
            self._floors[mail.name].append(floor.of(mail, self._arguments.documents))

    def _two_workers(self) -> None:
        """Receipts by one client and by two, alternating within the round.

        Unmeasured first by two: a renderer starts the second child that finishes PDFs when it is first wanted, which
        takes longer than twenty receipts.
        """
        engine = Postbus(self._own_folder())
        pages = [self._mails[0]] * 10 * self._arguments.documents
        try:
            engine.render_with(2, pages[:8])
            for clients in (1, 2):
                begun = time.perf_counter()
                engine.render_with(clients, pages)
                self._workers[clients].append(len(pages) / (time.perf_counter() - begun))
        finally:
            engine.close()

    def _own_folder(self) -> Path:
        self._numbers += 1
        folder = self._folder / str(self._numbers)
        folder.mkdir()
        return folder

    def _print_ratios(self) -> None:
        print("| | receipt, 4 kB | newsletter, 106 kB | goal |\n| --- | --- | --- | --- |")
        wall, processor = (lambda s: s.wall), (lambda s: s.processor)
        for what, theirs, of, goal in (
            ("wall time of pdfkit's defaults to ours", Pdfkit.name, wall, "4"),
            ("processor time of pdfkit's defaults to ours", Pdfkit.name, processor, ""),
            ("processor time of Chromium kept, a context each, to ours", ChromiumKept.name, processor, "3"),
            ("wall time of Chromium kept, a context each, to ours", ChromiumKept.name, wall, ""),
            ("wall time of a Chromium each to ours", ChromiumEach.name, wall, ""),
            ("wall time of WeasyPrint kept to ours", "WeasyPrint kept", wall, ""),
            ("wall time of ours as PDF/A to ours", ARCHIVAL, wall, ""),
            ("processor time of ours as PDF/A to ours", ARCHIVAL, processor, ""),
        ):
            cells = [_times(self._median(mail, theirs, of), self._median(mail, OURS, of)) for mail in self._mails[:2]]
            print(f"| {what} | {cells[0]} | {cells[1]} | {goal} |")
        cells = [_times(_median(self._floors[m.name]), self._median(m, OURS, wall)) for m in self._mails[:2]]
        print(f"| the floor's wall time to ours | {cells[0]} | {cells[1]} | 0.6 |")
        print(f"| two workers to one, documents a second | {_times(*map(_median, self._rates()))} | - | 1.9 |\n")

    def _rates(self) -> tuple[list[float], list[float]]:
        return self._workers[2], self._workers[1]

    def _print_engines(self) -> None:
        if self._archival:
            print(f"Of the receipt as PDF/A the renderer says: {self._archival}.\n")
        print("| wall / processor time, rate | " + " | ".join(mail.title.lower() for mail in self._mails) + " |")
        print("| --- |" + " --- |" * len(self._mails))
        for name in dict.fromkeys(engine for _, engine in self._samples):
            cells = [_cell(self._samples.get((mail.name, name))) for mail in self._mails]
            print(f"| {name} | {' | '.join(cells)} |")
        cells = [_ms(_median(self._floors[mail.name])) if self._floors[mail.name] else "-" for mail in self._mails]
        print(f"| the floor | {' | '.join(cells)} |")
        for clients, rates in self._workers.items():
            print(f"| postbus, {clients} at once | {_median(rates):.1f}/s |" + " - |" * (len(self._mails) - 1))

    def _median(self, mail: Mail, engine: str, of: Callable[[Samples], list[float]]) -> float:
        samples = self._samples.get((mail.name, engine))
        return _median(of(samples)) if samples else 0.0


def _median(values: list[float]) -> float:
    return statistics.median(values) if values else 0.0


def _times(above: float, below: float) -> str:
    return f"{above / below:.2f}" if above and below else "-"


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"


def _cell(samples: Samples | None) -> str:
    if samples is None:
        return "-"
    wall, processor = _median(samples.wall), _median(samples.processor)
    failed = f" ({samples.faults} failed)" if samples.faults else ""
    return f"{1000 * wall:.0f} / {1000 * processor:.0f} ms, {1 / wall:.1f}/s{failed}"


def main() -> int:
    """Measure and print, or draw."""
    parser = argparse.ArgumentParser(prog="./dev bench render", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--documents", type=int, default=8, help="measured in each round, of each mail and engine")
    parser.add_argument("--table", action="store_true", help="with a statement of 6 MB")
    parser.add_argument("--only", default="", help="engines with this in their names")
    parser.add_argument("--minutes", type=float, default=9.0, help="no measurement begins later than this")
    parser.add_argument("--pictures", action="store_true", help="draw docs/pictures instead of measuring")
    arguments = parser.parse_args()
    adopt_orphans()
    with tempfile.TemporaryDirectory(prefix="postbus-bench-", ignore_cleanup_errors=True) as folder:
        if arguments.pictures:
            return draw(Path(folder))
        Bench(Path(folder), arguments).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
