"""A write that a power cut tore, at every octet, whatever stands behind: nothing whole goes, nothing torn comes."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from storage.files import REAL
from storage.journal import JournalReader
from storage.journal.marks import unpack_mark
from storage.journal.segments import SegmentName, segments_in
from tests.storage_journal.mail import MEMORY_OCTETS, accept, contents, drain, journal
from tests.thorough import some_of

FIRST = b"the first message"
SMALL, LARGE = b"a later message", b"L" * (MEMORY_OCTETS + 1)


@dataclass
class Torn:
    """A segment whose last write can be torn: its octets, and where each record of that write ends."""

    folder: Path
    segment: SegmentName
    whole: bytes
    mark: bytes  # as it stood before that write
    start: int
    ends: dict[int, str]  # place -> id
    sent: dict[str, bytes]

    def tear(self, at: int, behind: bytes) -> None:
        """Let `behind` stand from `at` on."""
        self.segment.records.write_bytes(self.whole[:at] + behind)
        self.segment.mark.write_bytes(self.mark)

    def expected(self) -> dict[str, bytes]:
        """What must be found: the first message, and what stands there whole, if by chance."""
        octets = self.segment.records.read_bytes()
        torn = {name for end, name in self.ends.items() if octets[:end] != self.whole[:end]}
        return {name: octets for name, octets in self.sent.items() if name not in torn}


def _end(segment: SegmentName) -> int:
    mark = unpack_mark(segment.seed, segment.mark.read_bytes())
    assert mark is not None
    return mark.offset


def write(folder: Path, later: list[bytes]) -> Torn:
    """A first message, and then a batch of later ones, all in one segment."""
    door = journal(folder)
    door.open()
    sent = {accept(door, FIRST): FIRST}
    (segment,) = segments_in(REAL, folder / "door-1")
    mark, start, ends = segment.mark.read_bytes(), _end(segment), dict[int, str]()
    for octets in later:
        name = accept(door, octets)
        sent[name], ends[_end(segment)] = octets, name
    whole = segment.records.read_bytes()
    door.close()
    return Torn(folder, segment, whole, mark, start, ends, sent)


def by_the_worker(folder: Path) -> dict[str, bytes]:
    """What a worker finds that starts while no door does."""
    reader = JournalReader(folder)
    found = contents(drain(reader, settle=False))
    reader.close()
    return found


def by_the_door(folder: Path) -> dict[str, bytes]:
    """What is found when the door itself comes back, takes new mail, and then the worker starts."""
    door = journal(folder)
    door.open()
    later = accept(door, b"new mail")
    found = by_the_worker(folder)
    door.close()
    assert found.pop(later) == b"new mail"
    return found


def nothing(torn: Torn, at: int) -> bytes:
    """The file ends at the tear."""
    return b""


def zeros(torn: Torn, at: int) -> bytes:
    """Preallocated and never written."""
    return bytes(len(torn.whole) - at)


def noise(torn: Torn, at: int) -> bytes:
    """A sector of anything."""
    return random.Random(at).randbytes(600)


def earlier_segment(torn: Torn, at: int) -> bytes:
    """Blocks that once held another segment, with good records of its own: the same batch, under another seed."""
    other = torn.folder.with_name("other") / "door-1"
    octets = next(other.glob("*.segment")).read_bytes()
    return octets[at:]


@pytest.mark.parametrize("behind", [nothing, zeros, noise, earlier_segment])
@pytest.mark.parametrize("later", [[SMALL], [LARGE]], ids=["small", "large"])
def test_a_last_record_torn_at_every_octet_is_not_given_out(
    memory: Path, later: list[bytes], behind: Callable[[Torn, int], bytes]
) -> None:
    """Law 1: what was written before is whole; the torn record is nobody's mail, whatever stands behind the tear."""
    torn = write(memory / "journal", later)
    write(memory / "other", later)
    large = {path: path.read_bytes() for path in (torn.folder / "door-1" / "large").iterdir()}
    for at in some_of(range(torn.start, max(torn.ends)), 3):
        torn.tear(at, behind(torn, at))
        for path, octets in large.items():
            path.write_bytes(octets)
        expected = torn.expected()
        assert by_the_worker(torn.folder) == expected
    # With its last octet it is whole: else the loop above would show nothing.
    torn.tear(max(torn.ends), zeros(torn, max(torn.ends)))
    for path, octets in large.items():
        path.write_bytes(octets)
    assert by_the_worker(torn.folder) == torn.sent


def test_a_batch_torn_at_every_octet_gives_out_what_was_written_whole(memory: Path) -> None:
    """Law 2: records of the batch before the tear were promised to nobody, yet are whole: they are mail."""
    torn = write(memory / "journal", [SMALL, b"", SMALL * 9])
    for at in some_of(range(torn.start, max(torn.ends)), 7):
        torn.tear(at, zeros(torn, at))
        expected = torn.expected()
        assert by_the_worker(torn.folder) == expected


def test_a_door_that_comes_back_to_a_torn_write_takes_new_mail(memory: Path) -> None:
    """Laws 2 and 3: recovery by the door itself, and mail accepted after it, hide nothing of each other."""
    torn = write(memory / "journal", [SMALL])
    made = {path.name for path in (torn.folder / "door-1").iterdir()}
    for at in some_of(range(torn.start, max(torn.ends)), 3):
        torn.tear(at, zeros(torn, at))
        expected = torn.expected()
        assert by_the_door(torn.folder) == expected
        for path in (torn.folder / "door-1").iterdir():
            if path.name not in made:
                path.unlink()
