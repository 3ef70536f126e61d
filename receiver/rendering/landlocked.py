"""What wkhtmltopdf runs behind where bubblewrap is not permitted: landlock, seccomp, limits, a folder for each page.

Weaker than bubblewrap in what can be seen (whether a path exists, and how large it is), as strong in what can be read,
written, reached or started. The program writes its PDF to a file in the page's folder, which is watched while it runs
and removed after; the program itself can remove nothing there, so nothing it keeps escapes the count.
Raises NotRendered when this kernel has no landlock.
"""

import json
import os
import stat
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from receiver.rendering import bounded_run, landlock
from receiver.rendering.bounded_run import MODULE_ENVIRONMENT, Besides, Limits, Outcome, Whole
from receiver.rendering.font_folder import FontFolder
from receiver.rendering.reasons import NotRendered
from receiver.rendering.sandbox import ENVIRONMENT, TEMPORARY_OCTETS, UNUSED_QT_PLUGINS, Confinement, Program

PAGE = "page.pdf"
MAX_FILES = 1000
LOCALE = Path("/usr/lib/locale/C.utf8")
DEVICES = (Path("/dev/null"), Path("/dev/urandom"))


@dataclass(frozen=True, slots=True)
class Landlocked(Confinement):
    """Each run in a folder of its own beside the compiled filter."""

    filter: Path = Path()
    fonts: Path = Path()  # fontconfig's configuration
    # By right (receiver.rendering.launcher.RIGHTS), without the folder of the run.
    grants: dict[str, list[str]] = field(default_factory=dict)
    abi: int = 0  # as if the kernel's landlock were this old; 0: as new as it is

    def run(
        self,
        command: Sequence[str],
        octets: bytes,
        limits: Limits,
        is_whole: Whole | None = None,  # noqa: ARG002 - a file is read when its program has ended
    ) -> Outcome:
        """As Confinement.run; more than TEMPORARY_OCTETS on disk end it as too much output does."""
        with tempfile.TemporaryDirectory(prefix="page-", dir=self.filter.parent) as name:
            folder = Path(name)
            whole = [*self.prefix, json.dumps(self._order(folder)), *command]
            outcome = bounded_run.run(whole, octets, limits, self.environment, Besides(fits=lambda: _fits(folder)))
            written = _read(folder / PAGE, limits.output_octets)
        if written is None or outcome.end != "finished":
            end = "output" if written is None else outcome.end
            return Outcome(outcome.stdout, outcome.stderr, end)
        return Outcome(written or outcome.stdout, outcome.stderr, outcome.end)

    def _order(self, folder: Path) -> dict[str, object]:
        where = str(folder)
        return {
            "filter": str(self.filter),
            "folder": where,
            "grants": {**self.grants, "fill": [where]},
            "environment": self.program_environment(folder),
            "abi": self.abi,
        }

    def program_environment(self, folder: Path) -> dict[str, str]:
        """What the program sees instead of the launcher's environment."""
        where = str(folder)
        places = dict.fromkeys(("HOME", "XDG_RUNTIME_DIR", "TMPDIR"), where)
        return ENVIRONMENT | places | {"FONTCONFIG_FILE": str(self.fonts)}


def confine(program: Program, fonts: FontFolder, seccomp: Path, *, fills_font_cache: bool = False) -> Confinement:
    """Behind landlock. The font folder is read-only but to fill its cache.

    `seccomp`: the compiled filter's file; the folders of pages in hand are made beside it.
    """
    try:
        landlock.version()
    except OSError as error:
        raise NotRendered("render_no_landlock", detail=f"{error.strerror}") from error
    readable = (fonts.path, fonts.source, *program.reads, LOCALE, *DEVICES)
    listed = [each for folder in program.library_folders for each in _plugin_folders(folder)]
    grants = {
        "run": [str(path) for path in (program.path, program.loader, *program.library_folders)],
        "list": [str(path) for path in listed],
        "read": [str(path) for path in readable if path.exists()],
        "write": [str(DEVICES[0])],
        "keep": [str(fonts.path / "cache")] if fills_font_cache else [],
    }
    return Landlocked(
        program.path,
        (sys.executable, "-P", "-S", "-m", "receiver.rendering.launcher"),
        dict(MODULE_ENVIRONMENT),
        "landlock",
        PAGE,
        filter=seccomp,
        grants=grants,
        fonts=fonts.configuration(is_inside=False),
    )


def _plugin_folders(libraries: Path) -> list[Path]:
    """Qt loads what it finds when it lists these; in the library folders themselves nothing can be listed."""
    found = (libraries / "qt5" / "plugins").glob("*/")
    return [folder for folder in found if folder.name not in UNUSED_QT_PLUGINS]


def _fits(folder: Path) -> bool:
    """Whether a page keeps as much on disk as it may; links are impossible in there, so each entry counts once."""
    octets = files = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            files += 1
            octets += entry.stat(follow_symlinks=False).st_blocks * 512
            if files > MAX_FILES or octets > TEMPORARY_OCTETS:
                return False
    return True


def _read(path: Path, limit: int) -> bytes | None:
    """What was written there; empty when nothing was, None when it is more than `limit` or no plain file."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return b""
    except OSError:
        return None
    with os.fdopen(opened, "rb") as file:
        about = os.fstat(opened)
        if not stat.S_ISREG(about.st_mode) or about.st_size > limit:
            return None
        return file.read(limit + 1)
