"""Why there is no PDF: every code, and whether it waits for the house or ends with the page.

A reason that waits is about this machine (nothing is wrong with the mail: try later, count no attempt); the others
are about the page and will be the same next time. Words are made elsewhere (law 25).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

# code: parameters, all of them about the machine
WAITING: dict[str, tuple[str, ...]] = {
    "render_no_renderer": ("socket",),  # nothing listens at the renderer's socket
    "render_interrupted": (),  # the renderer ended, or did not answer in time
    "render_other_version": (),  # a renderer of another version answers, which does not know what is asked of it
    "render_no_command": ("command",),  # wkhtmltopdf is not installed
    "render_no_sandbox": ("command",),  # bubblewrap is not installed
    "render_no_landlock": ("detail",),  # the kernel has none, or it is switched off or forbidden
    "render_no_seccomp": ("detail",),  # libseccomp is not installed, or does not know this architecture
    "render_sandbox_refused": ("detail",),  # the sandbox or wkhtmltopdf cannot start here, as a page of ours proves
    "render_no_sandbox_works": ("bubblewrap", "landlock"),  # what each of them said
}
# code: parameters, all of them about the page
FINAL: dict[str, tuple[str, ...]] = {
    "render_too_large": ("octets", "limit"),
    "render_took_too_long": ("seconds",),
    "render_gave_no_pdf": (),
    "render_gave_damaged_pdf": (),
    "render_gave_too_much": ("limit",),
    "render_too_many_pages": ("pages", "limit"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a page could not be rendered, as a code with its parameters."""

    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def waits(self) -> bool:
        """Whether the same page may well be rendered later."""
        return self.code in WAITING


class NotRendered(Exception):
    """No PDF came of it; `reason` says why."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.reason = Reason(code, params)
