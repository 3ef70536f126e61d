"""Choose what holds wkhtmltopdf on this machine: bubblewrap, else landlock, else a refusal; and make it for a program.

Never falls back to no sandbox: that has to be set by name, in words that cannot be misread. Tells, without starting
anything, what is not installed.
Raises NotRendered.
"""

import errno
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from receiver.config import RenderingSettings
from receiver.rendering import landlock, landlocked, sandbox, seccomp
from receiver.rendering.font_folder import FontFolder
from receiver.rendering.reasons import NotRendered
from receiver.rendering.sandbox import Confinement, Kind, Program

# By rendering.sandbox: what is tried, in this order.
KINDS: dict[str, tuple[Kind, ...]] = {
    "auto": ("bubblewrap", "landlock"),
    "bubblewrap": ("bubblewrap",),
    "landlock": ("landlock",),
    "none-i-accept-that-mail-may-run-code-here": ("none",),
}
FILTER = "seccomp.bpf"


@dataclass(frozen=True, slots=True)
class Confiner:
    """Makes confinements. `folder`: one of our own, for the filter and for pages in hand."""

    folder: Path
    fonts: FontFolder

    def confine(self, kind: Kind, program: Program, *, fills_font_cache: bool = False) -> Confinement:
        """How to start `program` behind the sandbox of this kind."""
        if kind == "none":
            return sandbox.leave_open(program, self.fonts, self.folder)
        if kind == "bubblewrap":
            return sandbox.confine(program, self.fonts, self._filter(), fills_font_cache=fills_font_cache)
        return landlocked.confine(program, self.fonts, self._filter(), fills_font_cache=fills_font_cache)

    def has_font_cache(self, kind: Kind) -> bool:
        """Whether one was filled by a program behind this kind, or one that sees the fonts at the same place."""
        return self.fonts.is_filled(is_inside=kind == "bubblewrap")

    def note_font_cache(self, kind: Kind) -> None:
        """A program behind this kind has filled it."""
        self.fonts.note_filled(is_inside=kind == "bubblewrap")

    def _filter(self) -> Path:
        """Compiled at each start and not at install: it takes a millisecond, and fits the kernel and library of now."""
        path = self.folder / FILTER
        if not path.exists():
            compiled = seccomp.compiled()
            new = path.with_suffix(".new")
            new.write_bytes(compiled)
            new.rename(path)
        return path


def choose(setting: str, prove: Callable[[Kind], Confinement]) -> Confinement:
    """The first kind of rendering.sandbox that `prove` is content with."""
    faults: dict[Kind, NotRendered] = {}
    for kind in KINDS[setting]:
        try:
            return prove(kind)
        except NotRendered as fault:
            faults[kind] = fault
    if len(faults) == 1:
        raise next(iter(faults.values()))
    details = {kind: _detail(fault) for kind, fault in faults.items()}
    raise NotRendered(
        "render_no_sandbox_works", bubblewrap=details["bubblewrap"], landlock=details["landlock"]
    ) from faults["landlock"]


def missing(settings: RenderingSettings, find: Callable[[str], str | None] = shutil.which) -> NotRendered | None:
    """What is not installed here, found without starting anything."""
    command = settings.command or "wkhtmltopdf"
    if find(command) is None:
        return NotRendered("render_no_command", command=command)
    if "bubblewrap" not in KINDS[settings.sandbox] or find("bwrap") is not None:
        return None
    if "landlock" not in KINDS[settings.sandbox]:
        return NotRendered("render_no_sandbox", command="bwrap")
    try:
        landlock.version()
    except OSError as error:
        bubblewrap, old = os.strerror(errno.ENOENT), f"{error.strerror}"
        return NotRendered("render_no_sandbox_works", bubblewrap=bubblewrap, landlock=old)
    return None


def _detail(fault: NotRendered) -> str:
    """What the system said, in its own words."""
    params = fault.reason.params
    return str(params["detail"] if "detail" in params else os.strerror(errno.ENOENT))
