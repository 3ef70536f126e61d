"""Re-matching: a catalogue of 1,000 changed standards against stored mail that was not imported, at two sizes.

A tenth of the standards has no sender, only words (plain, phrases, open at one end or both). The mails that they find,
and those that fit, are the same at both sizes, so what is measured is what the other mails cost. All of it counts, from
the change until each mail it concerns is decided and written, those that fit imported from their octets.

    ./dev bench rematch [--mails 100000 1000000] [--fitting 100] [--rounds 3]
"""

import argparse
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.stored_mail import TENANTS, StoredMail, World
from receiver import logs
from receiver.config import LogSettings, Settings
from receiver.pipeline.parsing import Pool
from receiver.pipeline.rematching import Rematched, Rematcher
from rules.catalogue_package import Catalogue
from storage.blobs import BlobStore
from storage.catalogue import activate, keep_version
from storage.database import Database
from storage.rematching import look_up_changes
from storage.tenants import add_tenant


@dataclass
class Times:
    """Seconds of one round."""

    noted: float
    looked_up: float
    decided: float

    @property
    def together(self) -> float:
        """From the change to the last mail."""
        return self.noted + self.looked_up + self.decided


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="./dev bench rematch", description=__doc__)
    parser.add_argument("--mails", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--fitting", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    logs.configure(LogSettings(level="error"), process="bench")
    medians = []
    for count in arguments.mails:
        # Not /tmp, which may be memory.
        with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
            medians.append(measure(Path(folder), count, arguments.fitting, arguments.rounds))
    if len(medians) > 1:
        print(f"{arguments.mails[-1] / arguments.mails[0]:.0f} times the mails: {medians[-1] / medians[0]:.2f} times")
    return 0


def measure(folder: Path, count: int, fitting: int, rounds: int) -> float:
    """The median of some rounds on the same stored mail."""
    settings = Settings.model_validate({"data": folder / "data", "pipeline": {"parsers": 1}})
    settings.data.mkdir()
    started = time.monotonic()
    world = _fill(settings, count, fitting)
    stored = settings.data / "postbus.db"
    print(f"{count} mails: made in {time.monotonic() - started:.0f} s, {stored.stat().st_size / 2**20:.0f} MiB")
    together = []
    for _ in range(rounds):
        shutil.copy(stored, folder / "copy.db")
        times, done = _round(settings, f"sqlite:///{folder / 'copy.db'}", world)
        together.append(times.together)
        print(
            f"  noted {times.noted:.2f} s, looked up {times.looked_up:.2f} s, decided {done.decided} in "
            f"{times.decided:.2f} s, {done.imported} of them imported: {times.together:.2f} s",
            flush=True,
        )
        if (done.imported, done.decided) != (world.fitting, world.fitting + world.near):
            raise RuntimeError(f"found {done}, there are {world.fitting} that fit and {world.near} that nearly do")
    return sorted(together)[rounds // 2]


def _fill(settings: Settings, count: int, fitting: int) -> World:
    database = Database(settings.database_url())
    database.migrate()
    with database.write() as session:
        tenants = [add_tenant(session, f"T{number}", "standard", ["in.example"])[0].id for number in range(TENANTS)]
    database.close()
    blobs = BlobStore(settings.blob_folder())
    world = StoredMail(settings.data / "postbus.db", blobs, tenants).fill(count, fitting)
    blobs.close()
    return world


def _round(settings: Settings, url: str, world: World) -> tuple[Times, Rematched]:
    database, blobs, pool = Database(url), BlobStore(settings.blob_folder()), Pool(settings, children=1)
    rematcher = Rematcher(database, blobs, pool, lambda: False)
    begun = time.monotonic()
    with database.write() as session:
        keep_version(session, Catalogue(1, world.changed), "bench")
        activate(session, 1)
    noted = time.monotonic()
    with database.write() as session:
        look_up_changes(session, None)
    looked_up = time.monotonic()
    done = rematcher.rematch(None, lambda _: None, lambda _: None)
    times = Times(noted - begun, looked_up - noted, time.monotonic() - looked_up)
    for each in (pool, blobs, database):
        each.close()
    return times, done


if __name__ == "__main__":
    sys.exit(main())
