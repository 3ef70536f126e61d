"""Which sandbox is taken, and that none is never taken by accident."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from receiver.rendering.choosing import KINDS, choose
from receiver.rendering.page import HeaderBlock, page
from receiver.rendering.reasons import NotRendered
from receiver.rendering.sandbox import Confinement, Kind

ROOT = Path(__file__).parents[2]
DOCUMENT = page(HeaderBlock("a@x.example", "b@x.example", None, "Invoice"), "<p>BENIGN-TEXT</p>").encode()
REFUSING = "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n"
# What a kernel without landlock answers, by a filter that every child inherits.
WITHOUT_LANDLOCK = """
import ctypes, struct
program = b"".join(struct.pack("<HBBI", *each) for each in
    [(0x20, 0, 0, 0), (0x15, 0, 1, 444), (0x06, 0, 0, 0x00050000 | 38), (0x06, 0, 0, 0x7FFF0000)])
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, ctypes.byref(Program(4, program)), 0, 0) == 0
"""
ASK = """
import json, sys
from pathlib import Path
from receiver.config import RenderingSettings
from receiver.rendering.reasons import NotRendered
from receiver.rendering.choosing import missing
from receiver.rendering.workshop import Workshop
settings = RenderingSettings(sandbox=sys.argv[1])
early = missing(settings)
try:
    told = [Workshop(settings, Path(sys.argv[2])).prepare().kind, {}]
except NotRendered as fault:
    told = [fault.reason.code, fault.reason.params]
print(json.dumps([*told, early and early.reason.code]))
"""


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., list[Any]]:
    """[kind or reason, its parameters, what is missing at a glance] for a setting, on a machine as described."""

    def asked(setting: str, *, bubblewrap: str = "", has_landlock: bool = True) -> list[Any]:
        programs = tmp_path / "bin"
        programs.mkdir()
        (programs / "wkhtmltopdf").symlink_to("/usr/bin/wkhtmltopdf")
        if bubblewrap:
            (programs / "bwrap").write_text(bubblewrap)
            (programs / "bwrap").chmod(0o755)
        workshop = tmp_path / "workshop"
        workshop.mkdir()
        script = ("" if has_landlock else WITHOUT_LANDLOCK) + ASK
        done = subprocess.run(
            [sys.executable, "-c", script, setting, str(workshop)],
            env={"PATH": str(programs)},
            cwd=ROOT,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return list(json.loads(done.stdout))

    return asked


def test_where_bubblewrap_is_not_permitted_landlock_is_taken(ask: Callable[..., Any]) -> None:
    """A container without user namespaces: pages are rendered all the same."""
    assert ask("auto", bubblewrap=REFUSING) == ["landlock", {}, None]


def test_where_bubblewrap_is_not_installed_landlock_is_taken(ask: Callable[..., Any]) -> None:
    """By the default setting."""
    assert ask("auto") == ["landlock", {}, None]


def test_where_neither_works_nothing_is_rendered(ask: Callable[..., Any]) -> None:
    """An old kernel in a container: the reason holds what each of them said."""
    code, params, early = ask("auto", bubblewrap=REFUSING, has_landlock=False)

    assert code == "render_no_sandbox_works"
    assert params == {
        "bubblewrap": "bwrap: No permissions to create new namespace",
        "landlock": "Function not implemented",
    }
    assert early is None  # bubblewrap is installed: only a page can tell that it does not start


def test_where_neither_is_there_it_is_told_at_a_glance(ask: Callable[..., Any]) -> None:
    """Also without a renderer that could try them."""
    code, params, early = ask("auto", has_landlock=False)

    assert code == early == "render_no_sandbox_works"
    assert params == {"bubblewrap": "No such file or directory", "landlock": "Function not implemented"}


def test_a_kind_by_name_is_that_kind_or_nothing(ask: Callable[..., Any]) -> None:
    """No other one is slipped in."""
    code, params, _ = ask("landlock", has_landlock=False)

    assert (code, params) == ("render_no_landlock", {"detail": "Function not implemented"})


@pytest.mark.parametrize("setting", ["auto", "bubblewrap", "landlock"])
def test_without_a_sandbox_only_by_the_words_that_say_so(setting: str) -> None:
    """Every other setting ends in a refusal, whatever fails."""
    tried: list[Kind] = []

    def refuse(kind: Kind) -> Confinement:
        tried.append(kind)
        raise NotRendered("render_sandbox_refused", detail="x")

    with pytest.raises(NotRendered) as fault:
        choose(setting, refuse)

    assert fault.value.reason.waits
    assert "none" not in tried
    assert [name for name, kinds in KINDS.items() if "none" in kinds] == ["none-i-accept-that-mail-may-run-code-here"]


@pytest.mark.parametrize("kind", ["bubblewrap", "landlock"])
def test_each_kind_makes_the_same_pdf(kind: str, look: Any, workshop_of: Callable[..., Any]) -> None:
    """Whoever stores it knows by which."""
    workshop = workshop_of(sandbox=kind)

    assert workshop.prepare().kind == kind
    assert "BENIGN-TEXT" in look.words(workshop.render(DOCUMENT, 30).pdf)
