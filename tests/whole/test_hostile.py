"""The hostile mails of the demo: whatever they ask for, nothing is fetched, read or run."""

import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.send import send
from bench.server import RunningPostbus

TOUR = Path(__file__).parents[1] / "corpus" / "tour"
CANARY_TEXT = "CANARY-7f3a9b"


class Canary:
    """A listener that counts whoever connects; its port stands in the hostile mails."""

    def __init__(self) -> None:
        self.visits = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.visits += 1
            connection.close()

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()


@pytest.fixture
def canary() -> Iterator[Canary]:
    """A canary on a free port."""
    bird = Canary()
    yield bird
    bird.close()


def test_the_canary_sings(canary: Canary) -> None:
    """The check itself works: a connection is counted."""
    socket.create_connection(("127.0.0.1", canary.port)).close()
    time.sleep(0.2)
    assert canary.visits == 1


def test_hostile_mails_fetch_nothing_and_read_nothing(tmp_path: Path, canary: Canary) -> None:
    """No request reaches the canary; neither HTML nor PDF holds the text of a local file or of a script that ran."""
    secret = tmp_path / "canary.txt"
    secret.write_text(CANARY_TEXT)
    postbus = RunningPostbus(tmp_path / "data", {"SMTP__DOORS": "1"})
    address = postbus.set_up()
    postbus.command(
        *("standard", "add", "--tenant", "bench", "--name", "Attacker"),
        *("--sender", "billing@attacker.example", "--email-text-is-invoice"),
    )
    with postbus:
        for file in sorted(TOUR.glob("*hostile*.eml")):
            octets = file.read_bytes().replace(b"127.0.0.1:18099", f"127.0.0.1:{canary.port}".encode())
            octets = octets.replace(b"/tmp/postbus-canary/canary.txt", str(secret).encode())
            send(octets, address, f"127.0.0.1:{postbus.port}")
        documents = wait_for_documents(postbus, 4)
    assert canary.visits == 0
    kinds = sorted(row["kind"] for row in documents)
    assert kinds == ["email_html", "email_html", "email_pdf", "email_pdf"]
    for row in documents:
        text = text_of(postbus, row, tmp_path)
        assert "BENIGN-TEXT" in text
        for forbidden in (CANARY_TEXT, "SCRIPT-RAN", "root:x:0:0"):
            assert forbidden not in text, (row["kind"], forbidden)


def wait_for_documents(postbus: RunningPostbus, count: int) -> list[dict[str, str]]:
    """The documents, once there are `count`."""
    deadline = time.monotonic() + 150
    while len(rows := postbus.rows("document", "list", "--tenant", "bench")) < count:
        assert time.monotonic() < deadline, rows
        time.sleep(0.3)
    return rows


def text_of(postbus: RunningPostbus, row: dict[str, str], folder: Path) -> str:
    """What a reader sees of a document: the PDF's text, or the HTML as it stands."""
    file = folder / row["id"]
    postbus.command("document", "get", row["id"], "--output", str(file))
    if row["kind"] == "email_html":
        return file.read_text(encoding="utf-8")
    return subprocess.run(["pdftotext", str(file), "-"], capture_output=True, text=True, check=True).stdout
