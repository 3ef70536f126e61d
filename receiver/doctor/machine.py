"""Whether the machine is fit: the data folder, room on its disk, the clock, systemd's units.

Writes one small file into the data folder and removes it again.
"""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from receiver.config import Settings
from receiver.doctor.findings import PATIENCE_SECONDS, Finding
from receiver.setting_values import UNIX_PREFIX
from storage.files import REAL
from storage.journal.room import Room

_INIT = "run postbus init as the user who runs postbus"
# Between the clock of this machine and that of a file system elsewhere (NFS).
_MOST_SECONDS_APART = 5.0
# A file from the future: the clock was set back since it was written.
_MOST_SECONDS_AHEAD = 120.0
_WATCH_SECONDS = 0.2
_MOST_SECONDS_STEPPED = 0.1
UNITS = ("postbus.socket", "postbus.service", "postbus-renderer.socket")


def judge_data_folder(data: Path) -> Finding:
    """Whether what is written there is there, synced."""
    try:
        with tempfile.TemporaryFile(dir=data, prefix=".doctor-") as file:
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
    except FileNotFoundError:
        return Finding("data", "failed", f"{data}: there is no such folder", _INIT)
    except OSError as error:
        remedy = "give it to the user who runs postbus (chown), or look at the disk"
        return Finding("data", "failed", f"{data}: cannot be written to ({error.strerror})", remedy)
    return Finding("data", "ok", f"{data}: can be written to, and synced")


def judge_room(settings: Settings) -> Finding:
    """Whether doors take mail with the space there is (law 6)."""
    reserve = settings.journal.reserve_octets
    shelves = (settings.data, settings.blob_folder())
    try:
        free = min(REAL.free(folder) for folder in (settings.journal_folder(), *shelves) if folder.exists())
        has_room = Room(REAL, settings.journal_folder(), reserve, shelves).has_room(0)
    except (OSError, ValueError):
        return Finding("space", "skipped", f"{settings.data}: there is no data folder to look at", _INIT)
    told = f"{settings.data}: {_mebioctets(free)} free, {_mebioctets(reserve)} in reserve (journal.reserve_octets)"
    if not has_room:
        remedy = "make room, or give the disk more inodes (df -i); mail is taken again by itself"
        return Finding("space", "failed", f"{told}: senders get 452 and wait", remedy)
    if free < 2 * reserve:
        return Finding("space", "warning", f"{told}: little is left", "make room before senders have to wait")
    return Finding("space", "ok", told)


def judge_clock(data: Path) -> Finding:
    """Whether the time we write into mail and rows can be right: against the file system, itself, and NTP."""
    remedy = "set the clock and keep it set: timedatectl set-ntp true, or install chrony"
    try:
        with tempfile.NamedTemporaryFile(dir=data, prefix=".doctor-") as file:
            apart = Path(file.name).stat().st_mtime - time.time()
        newest = max(path.stat().st_mtime for path in data.iterdir())
    except (OSError, ValueError):
        apart, newest = 0.0, 0.0  # what is wrong with the folder is told by its own check
    if abs(apart) > _MOST_SECONDS_APART:
        return Finding("clock", "warning", f"{data}: its file system's clock is {apart:+.0f} seconds off", remedy)
    if newest - time.time() > _MOST_SECONDS_AHEAD:
        words = f"{data}: holds files from the future, the clock was set back"
        return Finding("clock", "warning", words, remedy)
    stepped = _step()
    if abs(stepped) > _MOST_SECONDS_STEPPED:
        return Finding("clock", "warning", f"the clock jumps: {stepped:+.1f} seconds just now", remedy)
    return _judge_ntp(remedy)


def _step() -> float:
    """How far the clock moved against the monotonic one while it was watched."""
    before = time.time() - time.monotonic()
    time.sleep(_WATCH_SECONDS)
    return time.time() - time.monotonic() - before


def _judge_ntp(remedy: str) -> Finding:
    answer = _output("timedatectl", "show", "--property=NTPSynchronized", "--value")
    match answer:
        case "yes":
            return Finding("clock", "ok", "steady, and kept by a time server")
        case "no":
            return Finding("clock", "warning", "no time server keeps it", remedy)
    return Finding("clock", "ok", "steady; whether a time server keeps it cannot be told here")


def judge_units() -> list[Finding]:
    """The units of deploy/systemd, where they are installed."""
    states = {unit: _properties(unit) for unit in UNITS}
    if all(properties.get("LoadState") != "loaded" for properties in states.values()):
        return [Finding("unit", "skipped", "no systemd unit of postbus is installed here")]
    return [_judge_unit(unit, properties) for unit, properties in states.items()]


def _judge_unit(unit: str, properties: dict[str, str]) -> Finding:
    loaded, active = properties.get("LoadState", "unknown"), properties.get("ActiveState", "unknown")
    if loaded != "loaded":
        return Finding("unit", "warning", f"{unit}: {loaded}", "run deploy/systemd/install again")
    if active != "active":
        remedy = f"systemctl enable --now {unit}; journalctl -u {unit} says why it is not"
        return Finding("unit", "failed", f"{unit}: {active}", remedy)
    if properties.get("UnitFileState") not in {"enabled", "static", "indirect", "linked"}:
        return Finding("unit", "warning", f"{unit}: active, but not after the next boot", f"systemctl enable {unit}")
    return Finding("unit", "ok", f"{unit}: active")


def listening_of_systemd(unit: str) -> str:
    """HOST:PORT, or unix:/PATH, at which systemd listens for us by this unit; empty when it does not."""
    properties = _properties(unit)
    if properties.get("ActiveState") != "active":
        return ""
    place = properties.get("Listen", "").partition(" ")[0]
    return f"{UNIX_PREFIX}{place}" if place.startswith("/") else place


def _properties(unit: str) -> dict[str, str]:
    answer = _output("systemctl", "show", "--property=LoadState,ActiveState,UnitFileState,Listen", unit)
    return dict(line.split("=", 1) for line in answer.splitlines() if "=" in line)


def _output(program: str, *arguments: str) -> str:
    """What a program of the system says; empty when it is not there or does not answer."""
    path = shutil.which(program)
    if path is None:
        return ""
    try:
        ran = subprocess.run(
            [path, *arguments], capture_output=True, text=True, timeout=PATIENCE_SECONDS / 4, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ran.stdout.strip() if ran.returncode == 0 else ""


def _mebioctets(octets: int) -> str:
    return f"{octets / 1024**2:,.0f} MiB"
