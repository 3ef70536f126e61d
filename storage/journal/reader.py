"""The reading side of the journal: the one worker takes accepted mail out, tries, and settles.

Reads up to each segment's synced mark, over all owners in turn. `begin` counts attempts before they are made;
`settle` is called after the caller's transaction has committed, and only then does the checkpoint move. What cannot
be read is set aside in journal/damaged/ and counted; it never stops the drain. Segments that are sealed and settled
are deleted, the file of records before the large files it refers to.
Never decides anything about mail. Raises TemporaryFailure; Damaged from `Record.read`. One thread only.
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from storage.failures import Damaged, TemporaryFailure
from storage.files import REAL, Files, as_failure
from storage.journal.envelope import Envelope
from storage.journal.frames import Damage, Frame
from storage.journal.progress import Found, Progress
from storage.journal.recovery import recover_if_dead
from storage.journal.room import DAMAGED_FOLDER, owners_in
from storage.journal.segments import SegmentName, segments_in
from storage.journal.wake import Bell

_COPY_OCTETS = 1024 * 1024
# Two descriptors for each segment: of a long backlog only so many are opened ahead.
_OPEN_AHEAD = 4


@dataclass(frozen=True, slots=True)
class Position:
    """Where a record stands; of use to the reader only."""

    segment: SegmentName
    frame: Frame


@dataclass(frozen=True, slots=True)
class Record:
    """An accepted message. `octets` is None when the message is the file `large`; `attempts` counts earlier ones."""

    envelope: Envelope
    octets: bytes | None
    large: Path | None
    size: int
    attempts: int
    position: Position

    def read(self) -> bytes:
        """The message's octets, checked. Raises Damaged when its file is gone or not what was written."""
        if self.octets is not None:
            return self.octets
        path = self.position.segment.large(self.position.frame.token)
        try:
            octets = path.read_bytes()
        except OSError as error:
            raise Damaged(f"{path}: a large message cannot be read: {error.strerror}") from error
        if len(octets) != self.size or crc32(octets) != self.position.frame.message_crc:
            raise Damaged(f"{path}: a large message is not what was written")
        return octets


class JournalReader:
    """The one reader of a journal; a second one is refused by the reader lock."""

    def __init__(self, folder: Path, files: Files = REAL) -> None:
        """Take the reader lock, and recover owners that nobody is. Raises TemporaryFailure."""
        self._aside: set[Path] = set()
        self._folder = folder
        self._files = files
        self._segments: dict[SegmentName, Progress] = {}
        self._turns: deque[Path] = deque()
        with _worded(folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = files.open(folder / "reader.lock", os.O_RDWR | os.O_CREAT)
            if not files.lock(self._lock):
                files.close(self._lock)
                raise TemporaryFailure(f"{folder}: another worker is draining this journal; stop it first")
            self._bell = Bell(folder)
            for owner in owners_in(files, folder):
                recover_if_dead(files, owner)

    @property
    def damaged(self) -> int:
        """How many unreadable stretches this reader has set aside."""
        return len(self._aside)

    def read(self, messages: int, octets: int) -> list[Record]:
        """The next unread records: at most so many, and no more octets in memory than that beyond the first."""
        with _worded(self._folder):
            while True:
                has_more = self._look_for_segments()
                batch = self._read_in_turn(messages, octets)
                # Segments may hold nothing readable: only when there are no further ones is nothing left.
                if batch or not has_more:
                    return batch

    def begin(self, records: Iterable[Record]) -> None:
        """Count an attempt at each record before it is made: it survives the end of this process."""
        with _worded(self._folder):
            for progress, frames in self._by_segment(records):
                progress.count_attempts(frame.sequence for frame in frames)

    def settle(self, records: Iterable[Record]) -> None:
        """The caller's transaction has committed: these records are never given out again."""
        with _worded(self._folder):
            for progress, frames in self._by_segment(records):
                progress.settle(frames)
                if progress.is_finished():
                    self._delete(progress)

    def rewind(self) -> None:
        """Forget what was read and not settled: the next `read` gives it out again."""
        for progress in self._segments.values():
            progress.rewind()

    def wait(self, seconds: float) -> bool:
        """Sleep until mail was accepted, at most so long; whether any was."""
        return self._bell.wait(seconds)

    def close(self) -> None:
        """Let the journal go to another worker."""
        for progress in self._segments.values():
            progress.close()
        self._segments.clear()
        self._bell.close()
        self._files.close(self._lock)

    def _look_for_segments(self) -> bool:
        for progress in list(self._segments.values()):
            if progress.is_finished():
                self._delete(progress)
        owners = owners_in(self._files, self._folder)
        self._turns = deque([owner for owner in self._turns if owner in owners])
        self._turns.extend(owner for owner in owners if owner not in self._turns)
        return sum(self._open_ahead(owner) for owner in owners) > 0

    def _open_ahead(self, owner: Path) -> bool:
        ahead, has_opened = 0, False
        for name in segments_in(self._files, owner):
            if name not in self._segments and name.mark.exists():
                self._segments[name] = Progress(self._files, name)
                has_opened = True
            ahead += name in self._segments and not self._segments[name].is_read()
            if ahead >= _OPEN_AHEAD:
                break
        return has_opened

    def _read_in_turn(self, messages: int, octets: int) -> list[Record]:
        batch: list[Record] = []
        for owner in self._owners_in_turn():
            for progress in self._of_owner(owner):
                octets -= self._read_segment(progress, batch, messages, octets)
                if len(batch) >= messages or octets <= 0:
                    return batch
        return batch

    def _owners_in_turn(self) -> list[Path]:
        # Who was first this time is last the next: a busy door must not starve the others.
        turn = list(self._turns)
        self._turns.rotate(-1)
        return turn

    def _of_owner(self, owner: Path) -> list[Progress]:
        return [self._segments[name] for name in sorted(self._segments) if name.folder == owner]

    def _read_segment(self, progress: Progress, batch: list[Record], messages: int, octets: int) -> int:
        taken = 0
        while len(batch) < messages and taken < octets and (found := progress.next()) is not None:
            if isinstance(found, Damage):
                self._set_aside(progress, found)
                continue
            record = self._record(progress, found)
            if record is not None:
                batch.append(record)
                taken += record.size
        return taken

    def _record(self, progress: Progress, found: Found) -> Record | None:
        frame = found.frame
        try:
            envelope = Envelope.from_json(found.envelope)
        except Damaged:
            self._set_aside(progress, Damage(frame.start, frame.end, frame.next_sequence))
            progress.settle([frame])
            return None
        large = progress.name.large(frame.token) if frame.is_large else None
        position = Position(progress.name, frame)
        attempts = progress.attempts(frame.sequence)
        return Record(envelope, found.message, large, frame.message_octets, attempts, position)

    def _by_segment(self, records: Iterable[Record]) -> Iterator[tuple[Progress, list[Frame]]]:
        frames: dict[SegmentName, list[Frame]] = {}
        for record in records:
            frames.setdefault(record.position.segment, []).append(record.position.frame)
        for name, found in frames.items():
            if name in self._segments:
                yield self._segments[name], found

    def _set_aside(self, progress: Progress, damage: Damage) -> None:
        aside = self._folder / DAMAGED_FOLDER
        path = aside / f"{progress.name.folder.name}.{progress.name.stem}.{damage.start}"
        if path in self._aside:
            return  # read again after a rewind
        self._aside.add(path)
        self._files.make_folder(aside)
        fd = self._files.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        try:
            for start in range(damage.start, damage.end, _COPY_OCTETS):
                self._files.write(fd, progress.octets_of(damage, start, _COPY_OCTETS))
            self._files.sync(fd)
        finally:
            self._files.close(fd)
        self._files.sync_folder(aside)
        self._files.sync_folder(self._folder)
        progress.move_checkpoint()

    def _delete(self, progress: Progress) -> None:
        name = progress.name
        large = progress.large_files()
        progress.close()
        del self._segments[name]
        # First the records, durably: with them gone nothing refers to the other files, and a recovery may take them.
        self._files.unlink(name.records)
        self._files.sync_folder(name.folder)
        for path in (*map(name.large, large), name.mark, name.checkpoint):
            self._files.unlink(path)


@contextmanager
def _worded(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise as_failure(error, f"{folder}: the journal could not be read or settled") from error
