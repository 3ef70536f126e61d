"""kill -9 at random moments while PDFs are made: every page becomes one document, none is lost and none is there twice.

    ./dev bench kills [--jobs 1000] [--workers 2] [--seed N]

Some job processes work beside each other on one database, as nodes do, with one renderer; whenever some more jobs are
done one of them is killed, whatever it is at, and started anew at once. At the end each message must have one PDF with
the words of its own page, added once, and no job may wait or be given up. `run` is what the shorter test calls.
"""

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import TracebackType

import pypdfium2

from receiver.config import Settings
from storage import jobs
from storage.audit import list_lines
from storage.blobs import BlobStore
from storage.database import Database
from storage.documents import list_documents
from storage.models import Document
from storage.settling import NewDocument, Settlement, settle_many
from storage.tenants import add_tenant, find_tenant

_PROCESS = """
import sys
from receiver import logs
from receiver.config import Settings
settings = Settings.model_validate_json(sys.argv[2])
logs.configure(settings.log)
ready = lambda: print("ready", flush=True)
if sys.argv[1] == "renderer":
    from receiver.rendering.renderer import run_renderer
    run_renderer(settings, ready=ready)
else:
    from receiver.pipeline.jobs import run_jobs
    run_jobs(settings, name=sys.argv[1], ready=ready)
"""
# Jobs that are done between two kills, and the seconds in which a kill then comes.
_BETWEEN = (2, 25)
_MOMENT = 0.5
_TENANT = "bench"


@dataclass
class Ledger:
    """What was done, and what stands in the database at the end; messages by number."""

    jobs: int
    kills: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    made: int = 0
    rungs: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)  # without a PDF
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)  # with another one's words
    added: int = 0  # lines of the audit: how often a document was added
    left: jobs.JobCounts = field(default_factory=lambda: jobs.JobCounts(0, 0))

    def is_clean(self) -> bool:
        """Each document once, none lost."""
        is_done = (self.left.pending, self.left.failed) == (0, 0)
        return is_done and self.made == self.added == self.jobs and not (self.lost or self.doubled or self.wrong)


class Processes:
    """The renderer and the job processes, started again whenever one is killed; all are gone at the end."""

    def __init__(self, settings: Settings, workers: int) -> None:
        self._settings = settings
        self._names = ["renderer", *(f"worker {number}" for number in range(1, workers + 1))]
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Processes":
        for name in self._names:
            self._start(name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            process.wait(60)

    def kill_one(self, chance: random.Random) -> str:
        """Kill one of them, whatever it is at, and start it again; its kind."""
        # The renderer less often: it is one, and without it nothing is there to be interrupted.
        victim = chance.choices(self._names, [1, *([2] * (len(self._names) - 1))])[0]
        self._running[victim].kill()
        self._running[victim].wait()
        self._start(victim)
        return victim.partition(" ")[0]

    def _start(self, name: str) -> None:
        command = [sys.executable, "-c", _PROCESS, name, self._settings.model_dump_json()]
        self._running[name] = subprocess.Popen(
            command, cwd=Path(__file__).parents[1], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )


def run(folder: Path, count: int, seed: int, workers: int = 2, between: tuple[int, int] = _BETWEEN) -> Ledger:
    """Have `count` pages made into PDFs while processes are killed, and compare at the end."""
    chance = random.Random(seed)
    ledger = Ledger(count)
    settings = Settings.model_validate(
        {
            "data": folder,
            "log": {"level": "error"},
            # A claim whose process was killed is free soon. Every death here is ours: no page is to blame for it.
            "jobs": {"lease_seconds": 3, "poll_seconds": 0.1, "attempts": 50},
        }
    )
    folder.mkdir(exist_ok=True)
    database, blobs = Database(settings.database_url()), BlobStore(settings.blob_folder())
    database.migrate()
    _fill(database, blobs, count)
    started = time.monotonic()
    with Processes(settings, workers) as processes:
        next_kill = count - chance.randint(*between)
        while pending := _left(database).pending:
            if pending <= next_kill:
                time.sleep(chance.uniform(0, _MOMENT))
                ledger.kills[processes.kill_one(chance)] += 1
                next_kill = pending - chance.randint(*between)
            time.sleep(0.05)
    ledger.seconds = time.monotonic() - started
    _compare(database, blobs, ledger)
    blobs.close()
    database.close()
    return ledger


def _left(database: Database) -> jobs.JobCounts:
    with database.read() as session:
        return jobs.counts(session)


def _fill(database: Database, blobs: BlobStore, count: int) -> None:
    """Imported messages whose text is kept as a page, each with the job that makes its PDF."""
    with database.write() as session:
        tenant, address = add_tenant(session, _TENANT, "standard", ["in.example"])
        batch = blobs.batch()
        made = []
        for number in range(count):
            words = _words(number)
            raw = batch.put(tenant.id, f"From: a@example.com\r\nSubject: {words}\r\n\r\n{words}\r\n".encode())
            page = batch.put(tenant.id, f"<!DOCTYPE html><meta charset=utf-8><p>{words}</p>".encode())
            kept = NewDocument("email_html", "text", f"{number}.html", "text/html", page.octets, page.sha256)
            made.append(
                Settlement(
                    tenant_id=tenant.id,
                    transport_key=f"{number:032x}",
                    source="smtp",
                    received_at=datetime.now(UTC),
                    peer="192.0.2.1",
                    helo="mx.example.com",
                    tls=None,
                    trace="",
                    reverse_path="",
                    forward_path=address.address,
                    address_id=address.id,
                    raw_sha256=raw.sha256,
                    octets=raw.octets,
                    content_id=sha256(words.encode()).hexdigest(),
                    subject=words,
                    state="imported",
                    reason_code="imported_by_hand",
                    reason_params={},
                    tenant_revision=tenant.revision,
                    documents=(kept,),
                    wants_pdf=True,
                )
            )
        batch.sync()
        settle_many(session, made)


def _words(number: int) -> str:
    return f"Receipt number {number} of many"


def _compare(database: Database, blobs: BlobStore, ledger: Ledger) -> None:
    with database.read() as session:
        documents = list_documents(session, find_tenant(session, _TENANT))
        lines = list_lines(session, limit=100 * ledger.jobs)
        ledger.left = jobs.counts(session)
    ledger.added = sum(line.action == "document_added" for line in lines)
    pdfs: dict[str, list[Document]] = {}
    for document in documents:
        if document.kind == "email_pdf":
            pdfs.setdefault(document.message_id, []).append(document)
            ledger.made += 1
            ledger.rungs[document.facts.get("rung", "")] += 1
    for page in (each for each in documents if each.kind == "email_html"):
        number, found = page.filename.partition(".")[0], pdfs.get(page.message_id, [])
        if not found:
            ledger.lost.append(number)
        if len(found) > 1:
            ledger.doubled.append(number)
        if any(_words(int(number)) not in _text(blobs, document) for document in found):
            ledger.wrong.append(number)


def _text(blobs: BlobStore, document: Document) -> str:
    """The words of a PDF of ours; its octets are checked against their hash as they are read."""
    with pypdfium2.PdfDocument(blobs.read(document.tenant_id, document.sha256)) as pdf:
        return " ".join(pdf[0].get_textpage().get_text_bounded().split())


def main() -> int:
    """Run the long version and say what was found."""
    parser = argparse.ArgumentParser(prog="./dev bench kills", description=__doc__)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    arguments = parser.parse_args()
    if not (shutil.which("wkhtmltopdf") and shutil.which("bwrap")):
        sys.exit("wkhtmltopdf and bubblewrap are needed")
    print(f"seed {arguments.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        ledger = run(Path(folder) / "data", arguments.jobs, arguments.seed, arguments.workers)
    print(
        f"{ledger.jobs} render jobs, {ledger.kills.total()} kills ({dict(ledger.kills)}) in {ledger.seconds:.0f} s: "
        f"{ledger.made} PDFs ({dict(ledger.rungs)}), {ledger.added} added, {len(ledger.lost)} lost, "
        f"{len(ledger.doubled)} doubled, {len(ledger.wrong)} with another page's words, "
        f"{ledger.left.pending} jobs left, {ledger.left.failed} given up"
    )
    return 0 if ledger.is_clean() else 1


if __name__ == "__main__":
    sys.exit(main())
