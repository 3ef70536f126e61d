"""The bubblewrap command line that wkhtmltopdf runs behind.

Assume code execution inside: its WebKit has not been patched for years. So the new root holds the program, its
libraries, our fonts and an empty /tmp; no /proc, no /etc, no home, no network, no other process; and the seccomp filter
leaves it few system calls. Flags of the program and the cleaning of mail are not the boundary, this is.
Raises NotRendered when the program or bubblewrap is not there.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from receiver.rendering import bounded_run
from receiver.rendering.bounded_run import Besides, Limits, Outcome, Whole
from receiver.rendering.font_folder import INSIDE, FontFolder
from receiver.rendering.reasons import NotRendered

Kind = Literal["bubblewrap", "landlock", "none"]
ENVIRONMENT = {
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "HOME": "/tmp",  # noqa: S108 - the sandbox's own
    "XDG_RUNTIME_DIR": "/tmp",  # noqa: S108 - the sandbox's own
    "QT_QPA_PLATFORM": "offscreen",
    "QT_HASH_SEED": "0",
    "JSC_useJIT": "0",
}
NAMESPACES = """
    --unshare-user --unshare-pid --unshare-net --unshare-ipc --unshare-uts --unshare-cgroup-try
    --uid 65534 --gid 65534 --die-with-parent --new-session --as-pid-1 --clearenv
    """.split()  # noqa: SIM905 - reads better than a column of quoted words
TEMPORARY_OCTETS = 64 * 1024**2
LINKED_AT_THE_TOP = ("bin", "lib", "lib32", "lib64", "sbin")
# Code that a page never needs; faster without.
UNUSED_QT_PLUGINS = ("bearer", "printsupport", "iconengines", "sensors", "sensorgestures")


@dataclass(frozen=True, slots=True)
class Program:
    """wkhtmltopdf on this machine."""

    path: Path
    loader: Path  # as the program names it, e.g. /lib64/ld-linux-x86-64.so.2
    library_folders: tuple[Path, ...]  # resolved
    reads: tuple[Path, ...] = ()  # further folders, e.g. a probe's standard library


@dataclass(frozen=True, slots=True)
class Confinement:
    """How to start the program on one page: the prefix of its command line, and the environment of that."""

    program: Path
    prefix: tuple[str, ...]
    environment: dict[str, str]
    kind: Kind = "none"
    # What the program is told to write to; "-" is its standard output.
    output: str = "-"

    def run(self, command: Sequence[str], octets: bytes, limits: Limits, is_whole: Whole | None = None) -> Outcome:
        """Run `command` (the program and its arguments) on `octets`; the Outcome's stdout is what went to `output`.

        `is_whole`: as bounded_run.Besides has it.
        """
        besides = Besides(is_whole=is_whole)
        return bounded_run.run([*self.prefix, *command], octets, limits, self.environment, besides)


@dataclass(frozen=True, slots=True)
class Bubblewrapped(Confinement):
    """Behind bubblewrap, with the compiled seccomp filter in this file."""

    filter: Path = Path()

    def run(self, command: Sequence[str], octets: bytes, limits: Limits, is_whole: Whole | None = None) -> Outcome:
        """As above. bwrap reads the filter to its end, so it is opened anew for each run."""
        opened = os.open(self.filter, os.O_RDONLY | os.O_CLOEXEC)
        try:
            bubblewrap, *words = self.prefix
            whole = [bubblewrap, "--seccomp", str(opened), *words, *command]
            return bounded_run.run(whole, octets, limits, self.environment, Besides((opened,), is_whole=is_whole))
        finally:
            os.close(opened)


def find_program(command: str) -> Program:
    """wkhtmltopdf with its libraries, whatever the architecture and the layout of /usr."""
    found = shutil.which(command or "wkhtmltopdf")
    if found is None:
        raise NotRendered("render_no_command", command=command or "wkhtmltopdf")
    path = Path(found).resolve()
    needed = _needed_by(path)
    if not needed:
        raise NotRendered("render_no_command", command=str(path))
    loader = next((one for one in needed if one.name.startswith("ld")), needed[-1])
    folders = sorted({one.parent.resolve() for one in needed if one != loader})
    return Program(path, loader, tuple(folders))


def confine(program: Program, fonts: FontFolder, seccomp: Path, *, fills_font_cache: bool = False) -> Confinement:
    """Behind bubblewrap. The font folder is read-only but to fill its cache; `seccomp`: the compiled filter's file."""
    bubblewrap = shutil.which("bwrap")
    if bubblewrap is None:
        raise NotRendered("render_no_sandbox", command="bwrap")
    bind_fonts = "--bind" if fills_font_cache else "--ro-bind"
    environment = ENVIRONMENT | {"FONTCONFIG_FILE": str(fonts.configuration(is_inside=True))}
    prefix = [
        bubblewrap,
        *NAMESPACES,
        *(word for name, value in environment.items() for word in ("--setenv", name, value)),
        *_root_of(program),
        *("--ro-bind", str(fonts.source), str(fonts.source), bind_fonts, str(fonts.path), str(INSIDE)),
        *("--dev-bind", "/dev/null", "/dev/null", "--dev-bind", "/dev/urandom", "/dev/urandom"),
        *("--size", str(TEMPORARY_OCTETS), "--tmpfs", "/tmp", "--chdir", "/tmp"),  # noqa: S108 - the sandbox's own
        *("--remount-ro", "/"),
        "--",
    ]
    return Bubblewrapped(program.path, tuple(prefix), {"LC_ALL": "C.UTF-8"}, "bubblewrap", filter=seccomp)


def leave_open(program: Program, fonts: FontFolder, home: Path) -> Confinement:
    """Without any sandbox: only for the operator who has accepted in words that mail may run code here."""
    environment = ENVIRONMENT | {"FONTCONFIG_FILE": str(fonts.configuration(is_inside=False)), "HOME": str(home)}
    return Confinement(program.path, (), environment)


def _root_of(program: Program) -> list[str]:
    words: list[str] = []
    for name in LINKED_AT_THE_TOP:
        top = Path("/", name)
        if top.is_symlink():
            words += ["--symlink", str(top.readlink()), str(top)]
    # The loader is named by a path of its own (/lib64/…), often a link into the library folder.
    loader = program.loader.parent.resolve() / program.loader.name
    binds = {**{folder: folder for folder in program.library_folders}, program.path: program.path}
    binds |= {folder: folder for folder in program.reads}
    if loader.parent not in program.library_folders:
        binds[loader] = program.loader.resolve()
    for target, source in sorted(binds.items()):
        words += ["--ro-bind", str(source), str(target)]
    words += ["--ro-bind-try", "/usr/lib/locale/C.utf8", "/usr/lib/locale/C.utf8"]
    for folder in program.library_folders:
        for plugin in UNUSED_QT_PLUGINS:
            if (folder / "qt5" / "plugins" / plugin).is_dir():
                words += ["--tmpfs", str(folder / "qt5" / "plugins" / plugin)]
    return words


def _needed_by(program: Path) -> list[Path]:
    """Every shared object of a program, its loader last: what ldd(1) prints, asked of the loader itself."""
    try:
        listing = subprocess.run(
            [program], env={"LD_TRACE_LOADED_OBJECTS": "1"}, capture_output=True, timeout=10, check=False, text=True
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    words = [word for line in listing.stdout.splitlines() for word in line.split() if word.startswith("/")]
    libraries = list(dict.fromkeys(Path(word) for word in words))
    return sorted(libraries, key=lambda one: one.name.startswith("ld-"))
