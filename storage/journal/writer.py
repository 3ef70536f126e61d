"""The writing side of the journal: one owner's folder, held by a lock, and `accept`, which returns when it is true.

    journal/                 wake (the bell), reader.lock, damaged/ (what could not be read, set aside)
    journal/<owner>/         lock, <segment>.segment, .mark (synced so far), .checkpoint (settled so far)
    journal/<owner>/large/   messages too large for a segment, one file each

Never reads mail, never settles, never looks into another owner's folder but to recover a dead one's.
Raises TemporaryFailure, and NoRoom when the disk is full; then nothing was accepted, and the sink is spent.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from errno import ENOENT
from pathlib import Path

from storage.failures import Invalid, NoRoom, TemporaryFailure
from storage.files import REAL, Files, as_failure
from storage.journal.commit import Answer, GroupCommit, Letter, Waiting
from storage.journal.envelope import Envelope
from storage.journal.recovery import Recovery, lock_owner, recover, recover_if_dead
from storage.journal.room import DAMAGED_FOLDER, OWNER, Room, owners_in
from storage.journal.segments import LARGE_FOLDER, SegmentWriter, segments_in
from storage.journal.sinks import Sink
from storage.journal.wake import Bell

# A sibling or the reader may be recovering our folder at this very moment.
_LOCK_SECONDS = 10.0
ROTATE_SECONDS = 300.0


class Journal:
    """One process's way into the journal. `accept`, `submit`, `sink` and `has_room` may be called from any thread."""

    def __init__(  # noqa: PLR0913 - settings, each by its name
        self,
        folder: Path,
        owner: str,
        *,
        segment_octets: int,
        memory_octets: int,
        reserve_octets: int,
        rotate_seconds: float = ROTATE_SECONDS,
        shelves: Sequence[Path] = (),
        files: Files = REAL,
        on_commit: Callable[[int], None] = lambda _: None,
    ) -> None:
        """`folder` is the whole journal; `owner` names this process's folder in it. Nothing is touched yet.

        `shelves` are the folders settled mail goes to; their file systems need room too (law 6).
        `on_commit` hears how many messages each sync made durable, in the journal's own thread; it must not raise.
        """
        if not OWNER.fullmatch(owner) or owner == DAMAGED_FOLDER:
            raise Invalid(f"journal owner {owner!r}: letters, digits, - and _ make a folder's name")
        self._folder = folder
        self._home = folder / owner
        self._segment_octets = segment_octets
        # A record in memory must fit into a segment.
        self._memory_octets = min(memory_octets, segment_octets // 2)
        self._rotate_seconds = rotate_seconds
        self._files = files
        self._on_commit = on_commit
        self._room = Room(files, folder, reserve_octets, shelves)
        self._last_number = 0
        self._lock: int | None = None
        self._bell: Bell | None = None
        self._commit: GroupCommit | None = None

    def open(self, lock_seconds: float = _LOCK_SECONDS) -> Recovery:
        """Take the lock, recover what no living process owns, make a new segment. Raises TemporaryFailure.

        Returns what was recovered. With no room for a segment the journal opens nevertheless and refuses mail
        until there is some.
        """
        try:
            self._make_folders()
            self._lock = self._take_lock(lock_seconds)
            report = recover(self._files, self._home)
            for folder in owners_in(self._files, self._folder):
                if folder != self._home:
                    report.add(recover_if_dead(self._files, folder))
            self._bell = Bell(self._folder)
            names = segments_in(self._files, self._home)
        except OSError as error:
            self._let_go()
            raise as_failure(error, f"{self._folder}: the journal could not be opened") from error
        self._last_number = names[-1].number if names else 0
        self._start(GroupCommit(self._new_segment, self._bell.ring, self._rotate_seconds, self._on_commit))
        return report

    def has_room(self, octets: int) -> bool:
        """Whether a message of this size may come in: False asks the door for 452 (law 6). Cheap."""
        try:
            return self._room.has_room(octets)
        except OSError:
            return False

    def sink(self) -> Sink:
        """Where the octets of the next message go."""
        return Sink(self._files, self._home / LARGE_FOLDER, self._memory_octets, self.has_room)

    def accept(self, envelope: Envelope, sink: Sink) -> None:
        """Make a message durable; when this returns, it survives a power cut. Raises TemporaryFailure."""
        self.submit(envelope, sink).result()

    def submit(self, envelope: Envelope, sink: Sink) -> "Future[None]":
        """Like `accept`, without waiting. The future cannot be cancelled, and fails with TemporaryFailure only."""
        done: Future[None] = Future()
        done.set_running_or_notify_cancel()
        self.submit_all([Letter(envelope.to_json(), sink, done)], _set_future)
        return done

    def submit_all(self, letters: Sequence[Letter], answer: Answer) -> None:
        """Like `submit` for several at once; `answer` hears of them in the journal's threads, each letter once."""
        if self._commit is None:
            raise TemporaryFailure(f"{self._home}: the journal is not open")
        self._room.take(len(letters), _octets(letters))

        def answer_and_count(answered: Sequence[Letter], failure: TemporaryFailure | None) -> None:
            self._room.hand_over(len(answered), _octets(answered))
            answer(answered, failure)

        self._commit.put([Waiting(letter, answer_and_count) for letter in letters])

    def close(self) -> None:
        """Make durable what was submitted, seal the segment and let the folder go."""
        if self._commit is not None:
            self._commit.close()
            self._commit = None
        self._let_go()

    def _make_folders(self) -> None:
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        large = self._home / LARGE_FOLDER
        for folder in (self._folder, self._home, large):
            self._files.make_folder(folder)
        # Also when they stood already: whoever made them may have died before this.
        for folder in (self._folder.parent, self._folder, self._home):
            self._files.sync_folder(folder)

    def _take_lock(self, seconds: float) -> int:
        deadline = time.monotonic() + seconds
        while (fd := lock_owner(self._files, self._home)) is None:
            if time.monotonic() > deadline:
                raise TemporaryFailure(f"{self._home}: another process owns this part of the journal; stop it first")
            time.sleep(0.02)
        return fd

    def _start(self, commit: GroupCommit) -> None:
        self._commit = commit
        try:
            commit.start()
        except NoRoom:
            return  # every accept tries again, and refuses meanwhile
        except TemporaryFailure:
            self.close()
            raise

    def _new_segment(self) -> SegmentWriter:
        if self._lock is None or not self._files.has_name(self._lock):
            # Another folder may stand in its place by now; that one is not ours to write into (law 4).
            raise FileNotFoundError(ENOENT, f"{self._home} was taken away")
        self._last_number = max(self._last_number + 1, time.time_ns())
        return SegmentWriter(self._files, self._home, self._last_number, self._segment_octets)

    def _let_go(self) -> None:
        if self._bell is not None:
            self._bell.close()
            self._bell = None
        if self._lock is not None:
            self._files.close(self._lock)
            self._lock = None


def _set_future(letters: Sequence[Letter], failure: TemporaryFailure | None) -> None:
    for letter in letters:
        if failure is None:
            letter.token.set_result(None)
        else:
            letter.token.set_exception(failure)


def _octets(letters: Sequence[Letter]) -> int:
    return sum(letter.sink.size for letter in letters)
