"""Attacks on the renderer with every other defence than the sandbox switched off, and what holds the sandbox itself."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from receiver.rendering.page import page
from receiver.rendering.reasons import NotRendered
from receiver.rendering.wkhtmltopdf import OPTIONS

from .test_attacks import HEADER, MOST_OCTETS, source_of

SHUT = {"disable-javascript", "disable-local-file-access", "disable-plugins", "javascript-delay"}
OPEN_OPTIONS = {name: value for name, value in OPTIONS.items() if name not in SHUT} | {
    "enable-javascript": "",
    "enable-local-file-access": "",
    "enable-plugins": "",
    "javascript-delay": "100",
}
# These wait for the deadline by design when nothing but the sandbox holds them.
SLOW_WHEN_RAW = {"07", "109", "42", "49", "82"}


def test_the_sandbox_alone_holds_an_attack(  # noqa: PLR0913, PLR0917 - fixtures
    kind: str, attack: Path, canary: Any, look: Any, watch: Any, workshop_of: Callable[..., Any]
) -> None:
    """Not cleaned, with script, plugins and local files switched on: still no request, no secret, no file."""
    if attack.name.partition("-")[0] in SLOW_WHEN_RAW and not os.environ.get("POSTBUS_LONG"):
        pytest.skip("runs into its deadline; POSTBUS_LONG=1 runs it")
    source = source_of(attack, canary).encode("utf-8", "surrogateescape")
    files = canary.files()

    workshop = workshop_of(OPEN_OPTIONS, sandbox=kind)
    workshop.prepare()
    with watch:
        try:
            pdf = workshop.render(source, seconds=12).pdf
        except NotRendered:
            pdf = None

    assert canary.requests == []
    assert canary.files() == files
    assert pdf is None or look.secrets(look.words(pdf)) == []
    assert pdf is None or not look.has_magenta(pdf)
    assert watch.octets < MOST_OCTETS


def test_without_the_sandbox_the_same_attacks_succeed(canary: Any, look: Any, workshop_of: Callable[..., Any]) -> None:
    """The canary sings when it is reached: what the tests above do not hear did not happen."""
    source = (
        f'<p>BENIGN-TEXT</p><img src="http://127.0.0.1:{canary.port}/asked.png">'
        f'<iframe src="file://{canary.folder}/canary.txt"></iframe><img src="file://{canary.folder}/canary.png">'
    )
    workshop = workshop_of(OPEN_OPTIONS, sandbox="none-i-accept-that-mail-may-run-code-here")

    pdf = workshop.render(source.encode(), seconds=20).pdf

    assert "/asked.png" in canary.requests
    assert look.secrets(look.words(pdf)) != []
    assert look.has_magenta(pdf)


def test_the_kept_page_fetches_and_runs_nothing_by_itself(
    canary: Any, look: Any, workshop_of: Callable[..., Any]
) -> None:
    """A person opens it in a browser: had cleaning missed something, the page's own rules would hold it."""
    port = canary.port
    missed = (
        f'<img src="http://127.0.0.1:{port}/img"><iframe src="http://127.0.0.1:{port}/frame"></iframe>'
        f'<link rel="stylesheet" href="http://127.0.0.1:{port}/css"><p style="background:url(http://127.0.0.1:{port}/b)">'
        f'<style>@import "http://127.0.0.1:{port}/import";</style><object data="http://127.0.0.1:{port}/o"></object>'
        f'<script src="http://127.0.0.1:{port}/js"></script><script>document.write("{canary.folder.name}-RAN")</script>'
        f'<form id="f" method="post" action="http://127.0.0.1:{port}/form"></form><script>f.submit()</script>BENIGN-TEXT'
    )
    workshop = workshop_of(OPEN_OPTIONS, sandbox="none-i-accept-that-mail-may-run-code-here")

    words = look.words(workshop.render(page(HEADER, missed).encode(), seconds=20).pdf)

    assert canary.requests == []
    assert "BENIGN-TEXT" in words
    assert "-RAN" not in words


def test_the_deadline_leaves_no_process(workshop_of: Callable[..., Any]) -> None:
    """A page that never ends is killed with everything it has started, inside the sandbox too."""
    mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"
    workshop = workshop_of({**OPEN_OPTIONS, "title": mark})
    workshop.prepare()
    faults: list[NotRendered] = []

    def render() -> None:
        try:
            workshop.render(b"<p>x</p><script>while(true){}</script>", seconds=4)
        except NotRendered as fault:
            faults.append(fault)

    thread = threading.Thread(target=render)
    thread.start()
    while thread.is_alive() and not processes_with(mark):
        time.sleep(0.01)
    most = len(processes_with(mark))
    thread.join()

    assert most > 0
    while processes_with(mark):  # a killed one is gone as soon as the kernel comes to it; pytest's timeout is the end
        time.sleep(0.01)


def processes_with(mark: str) -> list[int]:
    """Processes of the machine with `mark` in their command line."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and mark.encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found
