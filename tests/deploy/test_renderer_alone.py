"""The renderer as a service of its own: `postbus render` on the socket that systemd opened."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from receiver.rendering.client import render
from receiver.rendering.order import RenderOrder

COMMAND = str(Path(sys.executable).with_name("postbus"))
PAGE = b"<!DOCTYPE html><html><head><meta charset='utf-8'></head><body><p>An invoice of 12 euro</p></body></html>"

pytestmark = pytest.mark.skipif(
    not Path("/usr/bin/systemd-socket-activate").exists(), reason="systemd-socket-activate is not installed"
)


def test_the_renderer_serves_the_socket_it_was_handed(tmp_path: Path) -> None:
    """Socket activation: a page comes back as a PDF, without any data folder; SIGTERM ends it with 0."""
    socket_path = tmp_path / "render.sock"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("POSTBUS_")}
    process = subprocess.Popen(
        ["systemd-socket-activate", f"--listen={socket_path}", COMMAND, "render"],
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    try:
        deadline = time.monotonic() + 30
        # The socket has a name a moment before it listens.
        while (
            result := render(socket_path, RenderOrder(PAGE), 60.0)
        ).reason is not None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert result.reason is None
        assert result.pdf is not None
        assert result.pdf.startswith(b"%PDF-1.")
        process.terminate()
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
