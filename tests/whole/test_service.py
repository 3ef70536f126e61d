"""postbus as an operator meets it: starting, stopping, dying, ports, systemd's socket."""

import contextlib
import os
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.load import pdf_mails, send_all
from bench.postbus_command import COMMAND
from bench.postfix import free_port
from bench.server import LEAN, RunningPostbus

Start = Callable[..., RunningPostbus]


@pytest.fixture(name="two_doors", scope="module")
def _two_doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningPostbus, str]]:
    """A postbus with two doors for several tests, and an import address."""
    postbus = RunningPostbus(tmp_path_factory.mktemp("two-doors") / "data", {"SMTP__DOORS": "2"})
    address = postbus.set_up()
    yield postbus, address
    postbus.kill()


@pytest.fixture(name="running")
def _running(two_doors: tuple[RunningPostbus, str]) -> tuple[RunningPostbus, str]:
    """The same, started where the test before has stopped it."""
    postbus, address = two_doors
    if not postbus.is_running:
        postbus.start()
    return postbus, address


def settled(postbus: RunningPostbus, name: str) -> list[dict[str, Any]]:
    """The messages that were sent with this seed, when all have settled."""
    postbus.until_settled()
    rows = postbus.rows("message", "list", "--tenant", "bench", "--limit", "100000")
    return [row for row in rows if row["subject"].startswith(f"Invoice {name} ")]


def is_alive(pid: int) -> bool:
    """Whether a process still runs (a zombie does not)."""
    with contextlib.suppress(OSError):
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    return False


def test_ready_is_said_once_and_mail_is_accepted_then(postbus_at: Start) -> None:
    """Exactly one line on stdout, `ready smtp=HOST:PORT`; at that moment a mail is taken."""
    postbus = postbus_at(settings=LEAN)
    address = postbus.set_up()
    postbus.start()
    outcome = send_all(postbus.port, address, list(pdf_mails(1, 2000, address, "ready")), 1)
    assert outcome.accepted == [0]
    assert postbus.stop() == 0
    assert postbus._process is not None
    assert postbus._process.stdout is not None
    assert postbus._process.stdout.read() == ""


def test_sigterm_lets_a_running_transaction_finish(running: tuple[RunningPostbus, str]) -> None:
    """SIGTERM in the midst of DATA: the mail is still answered 250 and kept; a new connection is not taken; exit 0."""
    postbus, address = running
    mail = next(pdf_mails(1, 50_000, address, "drain"))
    client = smtplib.SMTP("127.0.0.1", postbus.port, local_hostname="client.example", timeout=30)
    client.ehlo("client.example")
    client.mail("billing@supplier.example")
    client.rcpt(address)
    assert client.docmd("DATA")[0] == 354
    client.sock.sendall(mail[:10_000])
    stopped: list[int] = []
    stopping = threading.Thread(target=lambda: stopped.append(postbus.stop()))
    stopping.start()
    time.sleep(0.5)
    client.sock.sendall(mail[10_000:] + b".\r\n")
    assert client.getreply()[0] == 250
    stopping.join()
    assert stopped == [0]
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", postbus.port), timeout=1)
    postbus.start()
    assert [row["state"] for row in settled(postbus, "drain")] == ["imported"]


def test_no_process_outlives_a_killed_supervisor(running: tuple[RunningPostbus, str]) -> None:
    """kill -9 of the supervisor alone: every process ends, port and locks are free, the next start succeeds."""
    postbus, _ = running
    pids = [pid for pid, _ in postbus.processes()]
    assert len(pids) >= 5
    postbus.kill()
    assert [pid for pid in pids if is_alive(pid)] == []
    postbus.start()
    assert len(postbus.doors()) == 2


def test_who_waits_for_the_door_comes_first(running: tuple[RunningPostbus, str]) -> None:
    """Reading, deciding and rendering leave the processor to the doors when there is not enough of it for all."""
    postbus, _ = running
    niceness = {role: os.getpriority(os.PRIO_PROCESS, pid) for pid, role in postbus.processes()}
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert niceness["door"] == niceness["supervisor"] == own
    assert {niceness[role] for role in ("worker", "jobs", "puller", "renderer")} == {min(19, own + 10)}


@pytest.mark.parametrize("role", ["door", "worker", "jobs", "puller", "renderer"])
def test_a_process_that_dies_is_started_again(running: tuple[RunningPostbus, str], role: str) -> None:
    """kill -9 of one process: the supervisor starts another, and mail flows on."""
    postbus, address = running
    before = list(postbus.processes())
    old = postbus.pid_of(role)
    os.kill(old, signal.SIGKILL)
    deadline = time.monotonic() + 60
    count = [name for _, name in before].count(role)
    while time.monotonic() < deadline:
        now = [pid for pid, name in postbus.processes() if name == role]
        if old not in now and len(now) == count:
            break
        time.sleep(0.05)
    assert postbus.pid_of(role) != old
    # The new door may still be starting: its connections wait in the shared socket.
    outcome = send_all(postbus.port, address, list(pdf_mails(3, 2000, address, role)), 1)
    assert outcome.refused == []
    ids = {row["id"] for row in settled(postbus, role)}
    assert len(ids) == 3
    documents = postbus.rows("document", "list", "--tenant", "bench")
    assert len([document for document in documents if document["message"] in ids]) == 3


def test_a_taken_port_is_named_with_the_remedy(postbus_at: Start) -> None:
    """Port in use: exit 1, the address and what to do on stderr, no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        postbus = postbus_at(settings={"SMTP__LISTEN": f"127.0.0.1:{port}"})
        postbus.set_up()
        result = postbus.command("serve", check=False)
    assert result.returncode == 1
    assert f"127.0.0.1:{port}" in result.stderr.decode()
    assert "smtp.listen" in result.stderr.decode()
    assert b"Traceback" not in result.stderr
    assert result.stdout == b""


def until(claim: Callable[[], object], seconds: float = 90.0) -> bool:
    """Whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not claim() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(claim())


def test_sighup_to_a_child_ends_nothing(running: tuple[RunningPostbus, str]) -> None:
    """`kill -HUP` out of habit: every process but the supervisor ignores it, and mail is taken."""
    postbus, address = running
    before = dict(postbus.processes())
    for pid in before:
        if pid != postbus.pid:
            os.kill(pid, signal.SIGHUP)
    assert send_all(postbus.port, address, list(pdf_mails(1, 2000, address, "hup")), 1).refused == []
    postbus.until_settled()
    assert before.items() <= dict(postbus.processes()).items()


def test_sighup_with_a_door_that_cannot_start_changes_nothing(running: tuple[RunningPostbus, str]) -> None:
    """A certificate that was damaged meanwhile: the old doors stay and take mail, the log says why."""
    postbus, address = running
    before = dict(postbus.processes())
    certificate = postbus.data / "tls" / "certificate.pem"
    good = certificate.read_bytes()
    certificate.write_text("no certificate")
    os.kill(postbus.pid, signal.SIGHUP)
    assert until(lambda: postbus.logged("reload_failed"))
    assert "certificate.pem" in postbus.logged("reload_failed")[0]["reason"]
    assert before.items() <= dict(postbus.processes()).items()
    assert send_all(postbus.port, address, list(pdf_mails(1, 2000, address, "old")), 1).refused == []
    certificate.write_bytes(good)


@pytest.mark.parametrize("loss", ["reader gone", "disk full"])
def test_a_log_that_cannot_be_written_costs_no_mail(tmp_path: Path, loss: str) -> None:
    """Who reads the log has ended, or its disk is full: mail is answered 250, settled once, and nothing dies."""
    postbus = RunningPostbus(tmp_path / "data", LEAN)
    address = postbus.set_up()
    read, write = os.pipe()
    log = write if loss == "reader gone" else os.open("/dev/full", os.O_WRONLY)
    with subprocess.Popen(
        [COMMAND, "serve"], env=postbus.environment, stdout=subprocess.PIPE, stderr=log, text=True
    ) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline().rpartition(":")[2])
            os.close(read)
            outcome = send_all(port, address, list(pdf_mails(5, 2000, address, "unlogged")), 1)
            assert outcome.refused == []
            postbus.until_settled()
            assert [row["state"] for row in postbus.rows("message", "list", "--tenant", "bench")] == ["imported"] * 5
            process.terminate()
            assert process.wait(60) == 0
        finally:
            process.kill()
            os.close(write)


def test_a_process_that_cannot_work_says_why(postbus_at: Start) -> None:
    """A damaged certificate: exit 1, the file and the remedy on stderr, no traceback."""
    postbus = postbus_at(settings=LEAN)
    postbus.set_up()
    (postbus.data / "tls" / "certificate.pem").write_text("no certificate")
    result = postbus.command("serve", check=False)
    assert result.returncode == 1
    assert b"Traceback" not in result.stderr
    said = [line for line in result.stderr.decode().splitlines() if line.startswith("postbus: ")]
    assert len(said) == 1
    assert "tls/certificate.pem" in said[0]
    assert "postbus init" in said[0]
    assert result.stdout == b""


def test_nobody_is_connected_during_the_drain(running: tuple[RunningPostbus, str]) -> None:
    """While a last transaction runs, new clients are refused at once and go elsewhere: none waits for a greeting."""
    postbus, address = running
    last = smtplib.SMTP("127.0.0.1", postbus.port, local_hostname="client.example", timeout=30)
    last.ehlo("client.example")
    last.mail("billing@supplier.example")
    os.kill(postbus.pid, signal.SIGTERM)

    def is_refused() -> bool:
        try:
            socket.create_connection(("127.0.0.1", postbus.port), timeout=5).close()
        except ConnectionRefusedError:
            return True
        return False

    assert until(is_refused)
    assert last.rcpt(address)[0] == 250
    assert last.data(next(pdf_mails(1, 2000, address, "last")))[0] == 250
    assert postbus.stop() == 0


def test_idle_clients_cannot_use_up_the_descriptors(tmp_path: Path) -> None:
    """Connections that only hang around are told 421 before journal and database want for descriptors."""
    postbus = RunningPostbus(tmp_path / "data", LEAN)
    address = postbus.set_up()
    limited = ["prlimit", "--nofile=128:128", COMMAND, "serve"]
    with (
        subprocess.Popen(
            limited, env=postbus.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process,
        contextlib.ExitStack() as clients,
    ):
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline().rpartition(":")[2])
            early = smtplib.SMTP("127.0.0.1", port, local_hostname="client.example", timeout=30)
            greetings = []
            for _ in range(150):
                idle = clients.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
                greetings.append(idle.recv(200)[:9])
            assert greetings[0].startswith(b"220 ")
            assert greetings[-1] == b"421 4.3.2"
            large = next(pdf_mails(1, 500_000, address, "early"))
            assert early.sendmail("billing@supplier.example", [address], large) == {}
            early.quit()
            postbus.until_settled()
            process.terminate()
            assert process.wait(60) == 0
        finally:
            process.kill()


def test_a_folder_that_was_not_initialised_is_told(postbus_at: Start) -> None:
    """serve before init: exit 1 and the command that helps."""
    result = postbus_at().command("serve", check=False)
    assert result.returncode == 1
    assert b"postbus init" in result.stderr
    assert b"Traceback" not in result.stderr


@pytest.mark.skipif(
    not Path("/usr/bin/systemd-socket-activate").exists(), reason="systemd-socket-activate is not installed"
)
def test_systemd_hands_over_the_socket(tmp_path: Path) -> None:
    """Socket activation: the port that systemd opened is served, the configured one is not."""
    postbus = RunningPostbus(tmp_path / "data", LEAN)
    address = postbus.set_up()
    port = free_port()
    environment = postbus.environment
    command = ["systemd-socket-activate", f"--listen=127.0.0.1:{port}"]
    command += [f"--setenv={name}={value}" for name, value in environment.items() if name.startswith("POSTBUS_")]
    process = subprocess.Popen(
        [*command, COMMAND, "serve"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        deadline = time.monotonic() + 90
        outcome = send_all(port, address, list(pdf_mails(1, 2000, address, "activated")), 1)
        while not outcome.accepted and time.monotonic() < deadline:
            time.sleep(0.1)
            outcome = send_all(port, address, list(pdf_mails(1, 2000, address, "activated")), 1)
        assert outcome.accepted == [0]
        assert process.stdout is not None
        assert process.stdout.readline() == f"ready smtp=127.0.0.1:{port}\n"
        process.terminate()
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()


def test_reading_the_help_needs_no_folder() -> None:
    """`postbus --help` works anywhere, at once."""
    result = subprocess.run(
        [sys.executable, COMMAND, "--help"], capture_output=True, check=True, env={"PATH": "/usr/bin"}
    )
    assert b"serve" in result.stdout
