"""The renderer's process: octets in, PDF out, over a socket; and every way in which it cannot."""

import os
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from receiver.config import RenderingSettings
from receiver.rendering.client import RenderResult, available, render
from receiver.rendering.order import RenderOrder
from receiver.rendering.page import HeaderBlock, page

HEADER = HeaderBlock("a@x.example", "b@x.example", None, "Invoice")
DOCUMENT = page(HEADER, "<p>BENIGN-TEXT</p>").encode()
# Some seconds of work.
LARGE = page(HEADER, "<table>" + "<tr><td>1</td><td>2</td></tr>" * 12_000 + "</table>").encode()


def children_of(pid: int) -> list[int]:
    """Processes that `pid` has started for pages that are being laid out: not those that finish PDFs, which stay."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    children = []
    for task in tasks:
        with suppress(FileNotFoundError):  # a thread that has ended meanwhile
            children += [int(one) for one in (task / "children").read_text().split()]
    return [child for child in children if not name_of(child).startswith("python")]


def name_of(pid: int) -> str:
    """The program that a process runs; empty when it has ended."""
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return ""


def render_in_thread(address: Path, document: bytes, results: list[RenderResult]) -> threading.Thread:
    """One client more."""
    thread = threading.Thread(target=lambda: results.append(render(address, RenderOrder(document), 60)))
    thread.start()
    return thread


def test_a_page_becomes_a_pdf(tmp_path: Path, start_renderer: Callable[..., Any], look: Any) -> None:
    """The words of the page are in the PDF, and the answer says how it was made."""
    start_renderer(tmp_path)

    result = render(tmp_path / "run" / "render.sock", RenderOrder(DOCUMENT), 30)

    assert result.reason is None
    assert (result.facts.rung, result.facts.pages) == ("full", 1)
    assert result.pdf
    assert "BENIGN-TEXT" in look.words(result.pdf)
    assert available(RenderingSettings(), tmp_path / "run" / "render.sock") is None


def test_only_our_own_user_may_connect(tmp_path: Path, start_renderer: Callable[..., Any]) -> None:
    """The socket is closed to others from its first moment."""
    start_renderer(tmp_path)

    mode = (tmp_path / "run" / "render.sock").stat().st_mode

    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


def test_the_renderer_holds_no_code_that_opens_the_database() -> None:
    """Law 17: neither storage nor a key is within its reach."""
    program = "import sys, receiver.rendering.renderer; print(*{name.partition('.')[0] for name in sys.modules})"

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()

    assert "receiver" in loaded
    assert {"storage", "sqlmodel", "sqlalchemy", "sqlite3", "psycopg", "cryptography"}.isdisjoint(loaded)


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core renders one page at a time")
def test_several_pages_at_once_but_no_more_than_cores(tmp_path: Path, start_renderer: Callable[..., Any]) -> None:
    """Pages run side by side; the others wait and are answered all the same."""
    process = start_renderer(tmp_path)
    results: list[RenderResult] = []

    threads = [render_in_thread(tmp_path / "run" / "render.sock", LARGE, results) for _ in range(4)]
    most = 0
    while any(thread.is_alive() for thread in threads):
        most = max(most, len(children_of(process.pid)))
        time.sleep(0.005)

    assert [result.facts.rung for result in results] == ["full"] * 4
    assert 2 <= most <= (os.cpu_count() or 1)


def test_sigterm_finishes_the_page_in_hand(tmp_path: Path, start_renderer: Callable[..., Any]) -> None:
    """The running one is answered, then the process ends with 0 and takes nothing more."""
    process = start_renderer(tmp_path)
    results: list[RenderResult] = []
    thread = render_in_thread(tmp_path / "run" / "render.sock", LARGE, results)
    while not children_of(process.pid):
        time.sleep(0.005)

    process.send_signal(signal.SIGTERM)
    thread.join()

    assert results[0].facts.rung == "full"
    assert process.wait() == 0
    after = render(tmp_path / "run" / "render.sock", RenderOrder(DOCUMENT), 30).reason
    assert after
    assert after.code == "render_no_renderer"


def test_nothing_outlives_a_renderer_that_is_killed(tmp_path: Path, start_renderer: Callable[..., Any]) -> None:
    """kill -9: those that finish PDFs notice and end, too."""
    process = start_renderer(tmp_path)
    tasks = Path(f"/proc/{process.pid}/task").iterdir()
    beside = [int(one) for task in tasks for one in (task / "children").read_text().split()]

    process.kill()
    process.wait()

    assert beside
    while any(name_of(each).startswith("python") for each in beside):  # pytest's timeout is the end
        time.sleep(0.01)


def test_a_socket_left_by_a_dead_renderer_is_replaced(tmp_path: Path, start_renderer: Callable[..., Any]) -> None:
    """kill -9 and start again: it serves."""
    process = start_renderer(tmp_path)
    process.kill()
    process.wait()

    start_renderer(tmp_path)

    assert render(tmp_path / "run" / "render.sock", RenderOrder(DOCUMENT), 30).pdf


def test_folders_of_dead_renderers_are_removed(tmp_path: Path, start_renderer: Callable[..., Any]) -> None:
    """kill -9 leaves one behind; the next start removes it, but none that a living renderer holds."""
    living = start_renderer(tmp_path / "living")
    (held,) = tmp_path.glob("postbus-render-*")
    dead = start_renderer(tmp_path / "dead")
    dead.kill()
    dead.wait()
    left_behind = set(tmp_path.glob("postbus-render-*")) - {held}
    for folder in (*left_behind, held):
        os.utime(folder, (0, 0))

    start_renderer(tmp_path / "next")

    assert len(left_behind) == 1
    assert not any(folder.exists() for folder in left_behind)
    assert held.exists()
    assert living.poll() is None


def test_a_long_data_folder_is_no_obstacle(tmp_path: Path, start_renderer: Callable[..., Any]) -> None:
    """unix(7) allows 108 octets for an address; data folders may be deeper."""
    data = tmp_path / ("d" * 100) / ("e" * 60)
    start_renderer(data)

    assert render(data / "run" / "render.sock", RenderOrder(DOCUMENT), 30).pdf


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\xff" * 8,
        struct.pack(">II", 5, 0) + b"nojso",
        struct.pack(">II", 60000, 0) + b"[" * 60000,
        b"GET / HTTP/1.0\r\n\r\n",
    ],
)
def test_a_peer_that_speaks_something_else_is_dropped(
    octets: bytes, tmp_path: Path, start_renderer: Callable[..., Any]
) -> None:
    """It gets no answer, and the next one is served."""
    start_renderer(tmp_path)
    with socket.socket(socket.AF_UNIX) as channel:
        channel.connect(str(tmp_path / "run" / "render.sock"))
        channel.sendall(octets)
        channel.shutdown(socket.SHUT_WR)
        answer = b""
        with suppress(ConnectionResetError):
            answer = channel.recv(1)

    assert answer == b""
    assert render(tmp_path / "run" / "render.sock", RenderOrder(DOCUMENT), 30).pdf


def test_peers_that_say_nothing_hold_no_place_for_long(tmp_path: Path, start_renderer: Callable[..., Any]) -> None:
    """More half requests than cores, none of them ever finished: the page behind them is rendered all the same."""
    start_renderer(tmp_path)
    silent = [socket.socket(socket.AF_UNIX) for _ in range(2 * (os.cpu_count() or 1))]
    for channel in silent:
        channel.connect(str(tmp_path / "run" / "render.sock"))
        channel.sendall(struct.pack(">II", 10, 1000) + b"{}")

    result = render(tmp_path / "run" / "render.sock", RenderOrder(DOCUMENT), 30)

    for channel in silent:
        channel.close()
    assert result.pdf


def test_a_page_far_too_large_is_refused(tmp_path: Path, start_renderer: Callable[..., Any]) -> None:
    """Refused by its announced length, with the limit, for good."""
    start_renderer(tmp_path, POSTBUS_RENDERING__MAX_INPUT_OCTETS="65536")

    reason = render(tmp_path / "run" / "render.sock", RenderOrder(b"x" * 8_000_000), 30).reason

    assert reason
    assert (reason.code, reason.params["octets"], reason.waits) == ("render_too_large", 8_000_000, False)


def test_what_cannot_be_laid_out_keeps_its_words(tmp_path: Path, start_renderer: Callable[..., Any], look: Any) -> None:
    """The second rung: a page too large for the layout becomes plain text below the same header block."""
    start_renderer(tmp_path, POSTBUS_RENDERING__MAX_INPUT_OCTETS="65536")
    body = '<p style="color:red">Total 12,00</p>' + '<p title="' + "x" * 100_000 + '">EUR</p>'

    result = render(tmp_path / "run" / "render.sock", RenderOrder(page(HEADER, body).encode()), 30)

    assert result.facts.rung == "text"
    assert result.pdf
    words = look.words(result.pdf)
    assert "Total 12,00" in words
    assert "a@x.example" in words


def test_a_page_that_fails_on_every_rung_ends_with_its_reason(
    tmp_path: Path, start_renderer: Callable[..., Any]
) -> None:
    """A mail that cannot be rendered says why, and the next one is rendered."""
    start_renderer(tmp_path, POSTBUS_RENDERING__MAX_PAGES="1")

    reason = render(tmp_path / "run" / "render.sock", RenderOrder(page(HEADER, "<p>x</p>" * 500).encode()), 30).reason

    assert reason
    assert (reason.code, reason.params["limit"], reason.waits) == ("render_too_many_pages", 1, False)
    assert render(tmp_path / "run" / "render.sock", RenderOrder(DOCUMENT), 30).pdf
