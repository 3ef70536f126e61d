"""How far the reader is with one segment: the cursor in memory, the checkpoint and the attempts in a file.

The checkpoint is the end of the unbroken run of settled records; what was settled out of turn is remembered until
the run reaches it. Nothing here is synced: a checkpoint that a power cut throws back costs work, never mail, since
the database knows what it has settled (law 9).
"""

import os
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from storage.files import Files
from storage.journal.frames import Damage, Frame, ReadAt, content, next_frame, walk
from storage.journal.marks import ATTEMPTS_AT, MOST_ATTEMPTS, Checkpoint, Mark, pack_checkpoint
from storage.journal.room import read_checkpoint
from storage.journal.segments import FIRST_RECORD, SegmentName, read_mark, reads


@dataclass(frozen=True, slots=True)
class Found:
    """A record whose checksums hold."""

    frame: Frame
    envelope: bytes
    message: bytes | None


class Progress:
    """One segment as the reader sees it."""

    def __init__(self, files: Files, name: SegmentName) -> None:
        """Open a segment for reading. Raises OSError."""
        self.name = name
        self._files = files
        self._checkpoint = read_checkpoint(files, name)
        self._offset, self._sequence = self._checkpoint.offset, self._checkpoint.records
        self._settled_octets = self._checkpoint.octets
        self._unsettled: deque[Frame] = deque()
        self._settled: set[int] = set()
        self._fd = files.open(name.records, os.O_RDONLY)
        try:
            self._notes_fd = files.open(name.checkpoint, os.O_RDWR | os.O_CREAT)
        except OSError:
            files.close(self._fd)
            raise
        self._read_at: ReadAt = reads(files, self._fd)
        self._mark = Mark(self._offset, self._sequence, 0, is_sealed=False)

    def next(self) -> Found | Damage | None:
        """The next record not yet read, or a stretch of damage, or None at the synced mark. Moves the cursor."""
        if self._offset >= self._mark.offset:
            self._look_at_mark()
        while (found := self._next_frame()) is not None:
            self._offset, self._sequence = found.end, found.next_sequence
            if isinstance(found, Damage):
                return found
            held = content(found, self._read_at)
            if held is None:
                return Damage(found.start, found.end, found.next_sequence)
            self._unsettled.append(found)
            if found.start not in self._settled:
                return Found(found, *held)
        return None

    def octets_of(self, damage: Damage, start: int, octets: int) -> bytes:
        """A piece of a damaged stretch, as it lies there."""
        return self._read_at(min(octets, damage.end - start), start)

    def attempts(self, sequence: int) -> int:
        """How often an attempt at this record was begun."""
        return int.from_bytes(self._files.read_at(self._notes_fd, 1, ATTEMPTS_AT + sequence), "little")

    def count_attempts(self, sequences: Iterable[int]) -> None:
        """Count one more attempt for each record; a crash from here on has been counted (law 5)."""
        for sequence in sequences:
            count = min(self.attempts(sequence) + 1, MOST_ATTEMPTS)
            self._files.write_at(self._notes_fd, [count.to_bytes(1, "little")], ATTEMPTS_AT + sequence)

    def settle(self, frames: Iterable[Frame]) -> None:
        """These are done for good: move the checkpoint as far as the run of settled records goes."""
        self._settled.update(frame.start for frame in frames)
        self.move_checkpoint()

    def move_checkpoint(self) -> None:
        """Write the checkpoint when the run of settled records, or of damage, has grown.

        After OSError the next call writes what this one could not.
        """
        while self._unsettled and self._unsettled[0].start in self._settled:
            done = self._unsettled.popleft()
            self._settled.discard(done.start)
            self._settled_octets += done.message_octets
        first = self._unsettled[0] if self._unsettled else None
        offset, records = (first.start, first.sequence) if first else (self._offset, self._sequence)
        if offset > self._checkpoint.offset:
            moved = Checkpoint(offset, records, self._settled_octets, self._checkpoint.generation + 1)
            stamp, slot = pack_checkpoint(self.name.seed, moved)
            self._files.write_at(self._notes_fd, [stamp], slot)
            self._checkpoint = moved

    def rewind(self) -> None:
        """Forget what was read and not settled."""
        self._offset, self._sequence = self._checkpoint.offset, self._checkpoint.records
        self._settled_octets = self._checkpoint.octets
        self._unsettled.clear()

    def is_read(self) -> bool:
        """Whether everything was given out and nothing more can come."""
        return self._mark.is_sealed and self._offset >= self._mark.offset

    def is_finished(self) -> bool:
        """Whether nothing more can come and everything is settled."""
        if not self._mark.is_sealed:
            self._look_at_mark()
        return self._mark.is_sealed and self._checkpoint.offset >= self._mark.offset

    def large_files(self) -> list[bytes]:
        """The tokens of every large message that the segment refers to."""
        found = walk(self._read_at, self.name.seed, FIRST_RECORD, self._mark.offset, 0)
        return [frame.token for frame in found if isinstance(frame, Frame) and frame.is_large]

    def close(self) -> None:
        """Let go of both files."""
        self._files.close(self._fd)
        self._files.close(self._notes_fd)

    def _next_frame(self) -> Frame | Damage | None:
        return next_frame(self._read_at, self.name.seed, self._offset, self._mark.offset, self._sequence)

    def _look_at_mark(self) -> None:
        # A mark that does not hold is being written right now, or was lost; the one before stays true.
        self._mark = read_mark(self._files, self.name) or self._mark
