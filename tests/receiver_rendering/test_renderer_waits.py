"""What a job hears when pages cannot be rendered now: a reason that waits, with what is missing."""

import shutil
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from receiver.config import RenderingSettings
from receiver.rendering import wire
from receiver.rendering.client import RenderResult, available, render
from receiver.rendering.order import Original, RenderOrder
from receiver.rendering.page import HeaderBlock, page

DOCUMENT = page(HeaderBlock("a@x.example", "b@x.example", None, "Invoice"), "<p>BENIGN-TEXT</p>").encode()


def test_without_a_renderer_the_job_waits(tmp_path: Path) -> None:
    """Nothing listens: the reason names the socket, and is no fault of the mail."""
    reason = render(tmp_path / "render.sock", RenderOrder(DOCUMENT), 30).reason

    assert reason
    assert (reason.code, reason.params["socket"], reason.waits) == (
        "render_no_renderer",
        str(tmp_path / "render.sock"),
        True,
    )


def test_a_renderer_that_dies_makes_the_job_wait(tmp_path: Path) -> None:
    """It hangs up in the midst of a page: try again later."""
    path = tmp_path / "render.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def hang_up() -> None:
            channel, _ = listener.accept()
            wire.receive(channel, 10**6)
            channel.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        reason = render(path, RenderOrder(DOCUMENT), 30).reason
        thread.join()

    assert reason
    assert (reason.code, reason.waits) == ("render_interrupted", True)


def told(path: Path, answer: dict[str, Any], original: Original | None = None) -> RenderResult:
    """What is made of this answer of a renderer."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def say() -> None:
            channel, _ = listener.accept()
            with channel:
                wire.receive(channel, 10**6)
                wire.send(channel, answer, b"%PDF-")

        thread = threading.Thread(target=say)
        thread.start()
        result = render(path, RenderOrder(DOCUMENT, original=original), 30)
        thread.join()
    return result


@pytest.mark.parametrize("answer", [{}, {"reason": 5}, {"reason": {"code": "x"}}, {"rung": "full", "pages": "many"}])
def test_an_answer_that_makes_no_sense_makes_the_job_wait(answer: dict[str, Any], tmp_path: Path) -> None:
    """Whatever goes wrong comes back as a reason, never as an exception."""
    result = told(tmp_path / "render.sock", answer)

    assert result.pdf is None
    assert result.reason
    assert (result.reason.code, result.reason.waits) == ("render_interrupted", True)


@pytest.mark.parametrize("newer", [{}, {"template": "2"}])
def test_a_renderer_from_before_an_update_makes_the_job_wait(newer: dict[str, str], tmp_path: Path) -> None:
    """It would print the original behind the page, and embed nothing; what it does not tell gives it away."""
    answer = {"rung": "full", "pages": 1, "milliseconds": 70} | newer

    result = told(tmp_path / "render.sock", answer, Original(b"mail", "message.eml", "message/rfc822"))

    assert result.pdf is None
    assert result.reason
    assert (result.reason.code, result.reason.waits) == ("render_other_version", True)


def test_without_wkhtmltopdf_the_job_waits_until_it_is_installed(
    tmp_path: Path, start_renderer: Callable[..., Any]
) -> None:
    """The reason names the command; once it is there, pages are rendered without a restart."""
    command = tmp_path / "bin" / "wkhtmltopdf"
    command.parent.mkdir()
    start_renderer(tmp_path, POSTBUS_RENDERING__COMMAND=str(command))
    address = tmp_path / "run" / "render.sock"
    settings = RenderingSettings(command=str(command))

    reason = available(settings, address)
    assert reason
    assert (reason.code, reason.params["command"], reason.waits) == ("render_no_command", str(command), True)
    assert render(address, RenderOrder(DOCUMENT), 30).reason == reason

    command.symlink_to(shutil.which("wkhtmltopdf") or "")
    while available(settings, address) is not None:  # it looks again every few seconds; pytest's timeout is the end
        time.sleep(0.1)
    assert render(address, RenderOrder(DOCUMENT), 30).pdf


def test_without_bubblewrap_nothing_is_rendered(tmp_path: Path, start_renderer: Callable[..., Any]) -> None:
    """Never unsandboxed by accident, where bubblewrap is asked for by name."""
    folder = programs(tmp_path, "wkhtmltopdf")
    start_renderer(tmp_path, PATH=str(folder), POSTBUS_RENDERING__SANDBOX="bubblewrap")

    reason = render(tmp_path / "run" / "render.sock", RenderOrder(DOCUMENT), 30).reason

    assert reason
    assert (reason.code, reason.waits) == ("render_no_sandbox", True)


def test_where_namespaces_are_not_permitted_the_job_waits(tmp_path: Path, start_renderer: Callable[..., Any]) -> None:
    """What bubblewrap says stands in the reason."""
    folder = programs(tmp_path, "wkhtmltopdf")
    refusing = folder / "bwrap"
    refusing.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    refusing.chmod(0o755)
    start_renderer(tmp_path, PATH=str(folder), POSTBUS_RENDERING__SANDBOX="bubblewrap")

    reason = render(tmp_path / "run" / "render.sock", RenderOrder(DOCUMENT), 30).reason

    assert reason
    assert reason.code == "render_sandbox_refused"
    assert "No permissions" in str(reason.params["detail"])
    assert reason.waits


def programs(folder: Path, *names: str) -> Path:
    """A folder for PATH with these programs alone."""
    (folder / "bin").mkdir()
    for name in names:
        (folder / "bin" / name).symlink_to(shutil.which(name) or "")
    return folder / "bin"
