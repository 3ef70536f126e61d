"""Bring the folder of an owner that stopped into order: only ever under that owner's lock (law 4).

Segments that were not sealed are read to their last good record, cut there, synced and sealed. Behind a stretch of
damage good records are kept: one rotten sector must not cost the mail behind it, and a batch that a power cut
caught half way was acknowledged to nobody. Large files to which no record refers are removed; where records are
damaged they are set aside instead, because one of the lost records may have meant them.
Never settles, never reads mail for its meaning. Raises OSError when the folder itself cannot be worked on.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from storage.files import Files
from storage.journal.frames import Damage, ReadAt, content, walk
from storage.journal.marks import Mark
from storage.journal.room import DAMAGED_FOLDER
from storage.journal.segments import FIRST_RECORD, LARGE_FOLDER, SegmentName, read_mark, reads, segments_in, write_mark

_LOCK = "lock"


@dataclass(slots=True)
class Recovery:
    """What was found and done, for the caller to tell."""

    segments: int = 0
    records: int = 0  # good records that were found behind the mark
    cut_octets: int = 0
    orphans: int = 0
    damaged: int = 0
    unreadable: tuple[str, ...] = ()  # names of segments the medium does not give back; they are left alone

    def add(self, other: "Recovery") -> None:
        """Take another folder's sums in."""
        self.segments += other.segments
        self.records += other.records
        self.cut_octets += other.cut_octets
        self.orphans += other.orphans
        self.damaged += other.damaged
        self.unreadable += other.unreadable


def lock_owner(files: Files, folder: Path) -> int | None:
    """The descriptor that holds an owner's lock, or None when a living process holds it."""
    fd = files.open(folder / _LOCK, os.O_RDWR | os.O_CREAT)
    if files.lock(fd):
        return fd
    files.close(fd)
    return None


def recover_if_dead(files: Files, folder: Path) -> Recovery:
    """Recover the folder of an owner that lives no more; nothing when it lives."""
    fd = lock_owner(files, folder)
    if fd is None:
        return Recovery()
    try:
        return recover(files, folder)
    finally:
        files.close(fd)


def recover(files: Files, folder: Path) -> Recovery:
    """Recover one folder. The caller holds its lock."""
    report = Recovery()
    tokens: set[bytes] = set()
    for segment in segments_in(files, folder):
        try:
            _recover_segment(files, segment, report, tokens)
        except FileNotFoundError:
            continue  # the reader has settled and deleted it in the meantime
        except OSError:
            report.unreadable += (segment.records.name,)
    # What an unreadable segment refers to is not known, and damage may have hidden a reference.
    if not report.unreadable:
        _remove_orphans(files, folder, report, tokens)
    return report


def _recover_segment(files: Files, segment: SegmentName, report: Recovery, tokens: set[bytes]) -> None:
    mark = read_mark(files, segment) or Mark(FIRST_RECORD, 0, 0, is_sealed=False)
    fd = files.open(segment.records, os.O_RDWR)
    try:
        read_at = reads(files, fd)
        _note_references(read_at, segment, mark, report, tokens)
        if mark.is_sealed:
            return
        sealed, damaged = _find_end(read_at, segment, mark, files.size(fd), tokens)
        report.segments += 1
        report.records += sealed.records - mark.records
        report.damaged += damaged
        report.cut_octets += max(0, files.size(fd) - sealed.offset)
        files.truncate(fd, sealed.offset)
        # A record may have been written and not synced when the writer died: sync it before readers may see it.
        files.sync(fd)
        files.sync_folder(segment.folder)
    finally:
        files.close(fd)
    write_mark(files, segment, sealed)


def _note_references(read_at: ReadAt, segment: SegmentName, mark: Mark, report: Recovery, tokens: set[bytes]) -> None:
    for found in walk(read_at, segment.seed, FIRST_RECORD, mark.offset, 0):
        if isinstance(found, Damage):
            report.damaged += 1
        elif found.is_large:
            tokens.add(found.token)


def _find_end(read_at: ReadAt, segment: SegmentName, mark: Mark, size: int, tokens: set[bytes]) -> tuple[Mark, int]:
    """The mark behind the last good record, and how many bad stretches lie before it."""
    end, octets, damaged, damaged_before_end = mark, mark.octets, 0, 0
    for found in walk(read_at, segment.seed, mark.offset, size, mark.records):
        if isinstance(found, Damage) or content(found, read_at) is None:
            damaged += 1
            continue
        octets += found.message_octets
        if found.is_large:
            tokens.add(found.token)
        end, damaged_before_end = Mark(found.end, found.next_sequence, octets, is_sealed=False), damaged
    return end._replace(is_sealed=True), damaged_before_end


def _remove_orphans(files: Files, folder: Path, report: Recovery, tokens: set[bytes]) -> None:
    kept = {f"{token.hex()}.eml" for token in tokens}
    for name in files.names(folder / LARGE_FOLDER):
        if name not in kept:
            _remove_large(files, folder, name, may_be_meant=_has_damage(files, folder, report))
            report.orphans += 1
    stems = {segment.stem for segment in segments_in(files, folder)}
    for name in files.names(folder):
        stem, _, kind = name.partition(".")
        if kind in {"mark", "checkpoint"} and stem not in stems:
            files.unlink(folder / name)


def _has_damage(files: Files, folder: Path, report: Recovery) -> bool:
    aside = files.names(folder.parent / DAMAGED_FOLDER)
    return report.damaged > 0 or any(name.startswith(f"{folder.name}.") for name in aside)


def _remove_large(files: Files, folder: Path, name: str, *, may_be_meant: bool) -> None:
    path = folder / LARGE_FOLDER / name
    if not may_be_meant:
        files.unlink(path)
        return
    aside = folder.parent / DAMAGED_FOLDER
    files.make_folder(aside)
    with suppress(FileNotFoundError):  # the reader settled it meanwhile
        files.rename(path, aside / f"{folder.name}.{name}")
