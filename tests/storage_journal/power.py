"""A file system whose power can be taken at any step, and which then shows what the medium would hold.

The files are real; beside them is noted what has been synced: contents by inode, entries by folder. After the cut
every call fails. `medium` builds what a machine finds when it starts again: what was synced for certain, and of the
rest nothing, everything, or any part, as the kernel pleases.
"""

import errno
import os
import random
import stat
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from storage.files import Octets, RealFiles

Rest = Literal["forgotten", "kept", "mixed"]
_SECTOR = 512


class PowerCut(OSError):
    """The machine is off."""

    def __init__(self) -> None:
        super().__init__(errno.EIO, "the power is off")


class PoweredFiles(RealFiles):
    """Real files below `root` until step `cut_at`; `steps` counts the calls that change something."""

    def __init__(self, root: Path, cut_at: int | None = None) -> None:
        self.root = root
        self.steps = 0
        self.is_cut = False
        self._cut_at = cut_at
        self._mutex = threading.RLock()
        self._contents: dict[int, bytes] = {}
        self._entries: dict[Path, dict[str, int]] = {}
        self._pins: dict[int, int] = {}
        self._note_existing()

    def cut(self) -> None:
        """Take the power now."""
        self.is_cut = True

    def process(self, dies_at: int | None) -> "PoweredFiles":
        """What one process on this machine has: it dies at a step of its own, and then the machine still runs."""
        return _Process(self, dies_at)

    def forget_segments(self) -> None:
        """Take what stands in segments as written by a process that died before it synced."""
        for path in self.root.rglob("*.segment"):
            self._contents.pop(path.stat().st_ino, None)

    def _step(self) -> None:
        with self._mutex:
            if self.is_cut or self.steps == self._cut_at:
                self.is_cut = True
                raise PowerCut
            self.steps += 1

    def _read_step(self) -> None:
        if self.is_cut:
            raise PowerCut

    def _note_existing(self) -> None:
        """What stands at the start is on the medium."""
        for folder, _, names in os.walk(self.root):
            self._note_folder(Path(folder))
            for name in names:
                path = Path(folder, name)
                if path.is_file():
                    self._contents[path.stat().st_ino] = path.read_bytes()

    def _note_folder(self, folder: Path) -> None:
        with self._mutex:
            self._entries[folder] = self._current_entries(folder)

    def _current_entries(self, folder: Path) -> dict[str, int]:
        entries = {}
        for entry in os.scandir(folder):
            found = entry.stat()
            if stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode):
                entries[entry.name] = self._pin(Path(entry.path))
        return entries

    def _pin(self, path: Path) -> int:
        # An O_PATH descriptor keeps the inode's number from being used again, and shares no lock.
        fd = os.open(path, os.O_PATH)
        number = os.fstat(fd).st_ino
        if self._pins.setdefault(number, fd) != fd:
            os.close(fd)
        return number

    def release(self) -> None:
        """Let go of the pins."""
        for fd in self._pins.values():
            os.close(fd)
        self._pins.clear()

    # ---- the seam

    def open(self, path: Path, flags: int) -> int:
        if flags & os.O_CREAT:
            self._step()
        else:
            self._read_step()
        fd = super().open(path, flags)
        self._pin(path)
        return fd

    def lock(self, fd: int, *, shared: bool = False, wait: bool = False) -> bool:
        self._read_step()
        return super().lock(fd, shared=shared, wait=wait)

    def read_at(self, fd: int, octets: int, offset: int) -> bytes:
        self._read_step()
        return super().read_at(fd, octets, offset)

    def names(self, folder: Path) -> list[str]:
        self._read_step()
        return super().names(folder)

    def write(self, fd: int, octets: Octets) -> None:
        self._step()
        super().write(fd, octets)

    def write_at(self, fd: int, buffers: Sequence[Octets], offset: int) -> None:
        self._step()
        super().write_at(fd, buffers, offset)

    def allocate(self, fd: int, octets: int) -> None:
        self._step()
        super().allocate(fd, octets)

    def truncate(self, fd: int, octets: int) -> None:
        self._step()
        super().truncate(fd, octets)

    def sync(self, fd: int) -> None:
        self._step()
        with self._mutex:
            self._contents[os.fstat(fd).st_ino] = Path(f"/proc/self/fd/{fd}").read_bytes()

    def sync_data(self, fd: int) -> None:
        self.sync(fd)

    def sync_folder(self, folder: Path) -> None:
        self._step()
        self._note_folder(folder)

    def make_folder(self, folder: Path) -> bool:
        self._step()
        return super().make_folder(folder)

    def remove_folder(self, folder: Path) -> None:
        self._step()
        super().remove_folder(folder)

    def rename(self, source: Path, target: Path) -> None:
        self._step()
        super().rename(source, target)

    def link(self, source: Path, target: Path) -> None:
        self._step()
        super().link(source, target)

    def unlink(self, path: Path) -> None:
        self._step()
        super().unlink(path)

    def touch(self, path: Path) -> None:
        self._step()
        super().touch(path)

    # ---- after the cut

    def medium(self, target: Path, rest: Rest, seed: int = 0) -> Path:
        """Build in `target` what is found after the cut; `rest` says what became of what was not synced."""
        self._build(self.root, target, rest, random.Random(seed))
        return target

    def _build(self, folder: Path, target: Path, rest: Rest, dice: random.Random) -> None:
        target.mkdir()
        for name, number in self._surviving_entries(folder, rest, dice).items():
            if stat.S_ISDIR(os.fstat(self._pins[number]).st_mode):
                self._build(folder / name, target / name, rest, dice)
            else:
                (target / name).write_bytes(self._surviving_content(number, rest, dice))

    def _surviving_entries(self, folder: Path, rest: Rest, dice: random.Random) -> dict[str, int]:
        synced = self._entries.get(folder, {})
        # A folder that was synced once and removed since has no entries of now.
        now = self._current_entries(folder) if folder.is_dir() else {}
        if rest == "forgotten":
            return synced
        if rest == "kept":
            return now
        names = sorted(synced.keys() | now.keys())
        chosen = {name: dice.choice([synced.get(name), now.get(name)]) for name in names}
        return {name: number for name, number in chosen.items() if number is not None}

    def _surviving_content(self, number: int, rest: Rest, dice: random.Random) -> bytes:
        synced = self._contents.get(number, b"")
        now = Path(f"/proc/self/fd/{self._pins[number]}").read_bytes()
        if rest == "forgotten":
            return synced
        if rest == "kept":
            return now
        size = dice.choice([len(synced), len(now)])
        before, after = (octets.ljust(size, b"\0")[:size] for octets in (synced, now))
        sectors = range(0, size, _SECTOR)
        return b"".join(dice.choice([before, after])[at : at + _SECTOR] for at in sectors)


class _Process(PoweredFiles):
    """One of several processes on a machine. What it wrote stays in the kernel's hands when it dies."""

    def __init__(self, machine: PoweredFiles, dies_at: int | None) -> None:
        self.root = machine.root
        self.steps = 0
        self.is_cut = False
        self._cut_at = dies_at
        self._machine = machine
        # What the medium holds is one for all.
        self._mutex, self._contents = machine._mutex, machine._contents
        self._entries, self._pins = machine._entries, machine._pins

    def _step(self) -> None:
        with self._mutex:
            super()._step()
            self._count_for_all()

    def _count_for_all(self) -> None:
        try:
            PoweredFiles._step(self._machine)
        except PowerCut:
            self.is_cut = True
            raise

    def _read_step(self) -> None:
        self.is_cut = self.is_cut or self._machine.is_cut
        super()._read_step()
