"""Reloads that go wrong, and what doors leave to each other: nothing that takes mail is given up for what does not."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.load import pdf_mails, send_all
from bench.postbus_command import COMMAND
from bench.server import NO_RENDERER, RunningPostbus, processes_below
from tests.whole.test_service import is_alive, until

Start = Callable[..., RunningPostbus]


@contextlib.contextmanager
def standing_still(pid: int) -> Iterator[None]:
    """A door that accepts nothing for a while: whoever comes is the other door's."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_the_predecessor_of_a_door_that_does_not_get_ready_stays(postbus_at: Start) -> None:
    """SIGHUP: the first new door is ready, the second cannot have its journal: the old second one goes on.

    The log says why; mail is taken all the while; the next reload replaces everything.
    """
    postbus = postbus_at(settings={**NO_RENDERER, "SMTP__DOORS": "2"})
    address = postbus.set_up()
    postbus.start()
    old = set(postbus.doors())
    obstacle = postbus.data / "journal" / "door-4"
    obstacle.write_text("a file where a folder should be")

    os.kill(postbus.pid, signal.SIGHUP)
    assert until(lambda: postbus.logged("service_reloaded"))
    assert "door-4" in postbus.logged("reload_failed")[0]["reason"]
    doors = [name for name in postbus.logged("service_reloaded")[0]["processes"] if name.startswith("door")]
    assert sorted(doors) == ["door-2", "door-3"]
    assert until(lambda: len(postbus.doors()) == 2)
    assert len(old & set(postbus.doors())) == 1
    assert send_all(postbus.port, address, list(pdf_mails(4, 2000, address, "half")), 2).refused == []

    obstacle.unlink()
    os.kill(postbus.pid, signal.SIGHUP)
    assert until(lambda: len(postbus.logged("service_reloaded")) == 2)
    assert until(lambda: len(postbus.doors()) == 2 and not old & set(postbus.doors()))
    assert postbus.stop() == 0


def test_what_a_killed_door_had_is_free_although_none_takes_its_place(postbus_at: Start) -> None:
    """A door dies and its successor cannot start: the places of its clients are given to others by the supervisor."""
    postbus = postbus_at(settings={**NO_RENDERER, "SMTP__DOORS": "2", "SMTP__MAX_CONNECTIONS": "2"})
    postbus.set_up()
    postbus.start()
    doomed, steady = postbus.doors()
    with contextlib.ExitStack() as clients:

        def greeting() -> bytes:
            client = clients.enter_context(socket.create_connection(("127.0.0.1", postbus.port), timeout=30))
            return client.recv(200)[:9]

        with standing_still(steady):
            assert [greeting()[:3] for _ in range(2)] == [b"220"] * 2
        assert greeting() == b"421 4.3.2"
        (postbus.data / "tls" / "certificate.pem").write_text("no certificate")
        os.kill(doomed, signal.SIGKILL)
        assert until(lambda: greeting()[:3] == b"220")
        assert steady in postbus.doors()


@pytest.fixture(name="drained", scope="module")
def _drained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningPostbus, str]]:
    """A running postbus whose doors drain for a while, with an import address; a test leaves it running."""
    settings = {**NO_RENDERER, "SMTP__DOORS": "2", "SMTP__DRAIN_SECONDS": "5"}
    postbus = RunningPostbus(tmp_path_factory.mktemp("drained") / "data", settings)
    address = postbus.set_up()
    with postbus:
        yield postbus, address


@pytest.mark.parametrize("moment", ["the first new door starts", "an old door drains"])
def test_sigterm_during_a_reload(drained: tuple[RunningPostbus, str], moment: str) -> None:
    """Everything ends in order, whichever half of the doors stands: exit 0, no process left, what was accepted kept."""
    postbus, address = drained
    drains = len(postbus.logged("door_draining"))
    assert send_all(postbus.port, address, list(pdf_mails(5, 2000, address, moment)), 1).refused == []
    busy = socket.create_connection(("127.0.0.1", postbus.port), timeout=30)
    assert busy.recv(200).startswith(b"220")
    busy.sendall(b"EHLO x.example\r\nMAIL FROM:<a@example.org>\r\n")

    os.kill(postbus.pid, signal.SIGHUP)
    if moment == "the first new door starts":
        assert until(lambda: len(postbus.doors()) == 3)
    else:
        assert until(lambda: len(postbus.logged("door_draining")) > drains)
    pids = [pid for pid, _ in postbus.processes()]
    assert postbus.stop() == 0
    busy.close()

    assert [pid for pid in pids if is_alive(pid)] == []
    assert postbus.logged("process_killed") == []
    postbus.start()
    postbus.until_settled()
    rows = postbus.rows("message", "list", "--tenant", "bench")
    assert len([row for row in rows if row["subject"].startswith(f"Invoice {moment} ")]) == 5


def test_a_door_that_is_full_leaves_clients_to_the_other(tmp_path: Path) -> None:
    """Nobody is told 421 while a door has room; when none has, each says so."""
    postbus = RunningPostbus(tmp_path / "data", {**NO_RENDERER, "SMTP__DOORS": "2"})
    postbus.set_up()
    with (
        subprocess.Popen(
            ["prlimit", "--nofile=128:128", COMMAND, "serve"],
            env=postbus.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process,
        contextlib.ExitStack() as clients,
    ):
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline().rpartition(":")[2])
            doors = [pid for pid, role in processes_below(process.pid, "supervisor") if role == "door"]

            def connect() -> socket.socket:
                return clients.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))

            with standing_still(doors[0]):
                assert [connect().recv(200)[:3] for _ in range(40)] == [b"220"] * 40
                waiting = [connect() for _ in range(10)]
                time.sleep(0.5)
            assert [client.recv(200)[:3] for client in waiting] == [b"220"] * 10
            assert [connect().recv(200)[:3] for _ in range(30)] == [b"220"] * 30
            assert connect().recv(200)[:9] == b"421 4.3.2"
            process.terminate()
            assert process.wait(90) == 0
        finally:
            process.kill()
