"""The other listeners of a running postbus: implicit TLS and LMTP, with the servers and clients that use them."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import smtplib
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.load import pdf_mails
from bench.postbus_command import COMMAND
from bench.postfix import PrivatePostfix, free_port
from bench.server import LEAN, NO_RENDERER, RunningPostbus

Start = Callable[..., RunningPostbus]
MAIL = "From: a@example.org\r\nSubject: {}\r\nMessage-ID: <{}@listeners.example>\r\n\r\nbody\r\n"
# What systemd does: sockets from descriptor 3 on, with names, for this very process.
SERVE = """
import os, sys
names, given = sys.argv[2], sys.argv[3:]
for wanted, descriptor in enumerate(map(int, given), 3):
    os.dup2(descriptor, wanted)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(given)), "LISTEN_FDNAMES": names}
os.execv(sys.argv[1], [sys.argv[1], "serve"])
"""


def until(claim: Callable[[], object], seconds: float = 90.0) -> bool:
    """Whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not claim() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(claim())


def careless() -> ssl.SSLContext:
    """A context that takes any certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@pytest.fixture(name="folder")
def _folder() -> Iterator[Path]:
    """A folder that every user may pass through, as pytest's own are not: Postfix delivers as its own."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(name="everywhere", scope="module")
def _everywhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningPostbus, str]]:
    """A postbus of two doors with all three kinds of listeners, and an import address; a test leaves it running."""
    folder = tmp_path_factory.mktemp("everywhere")
    settings = {"LISTEN_TLS": "127.0.0.1:0", "LISTEN_LMTP": f"unix:{folder}/lmtp", "DOORS": "2"}
    renamed = {f"SMTP__{name}": value for name, value in settings.items()}
    postbus = RunningPostbus(folder / "data", {**NO_RENDERER, **renamed})
    address = postbus.set_up()
    with postbus:
        yield postbus, address


def port_of(postbus: RunningPostbus, kind: str) -> int:
    """Where it listens, when that is a port."""
    return int(postbus.places[kind].rpartition(":")[2])


def subjects(postbus: RunningPostbus) -> dict[str, dict[str, Any]]:
    """Settled mail by subject."""
    postbus.until_settled()
    rows = postbus.rows("message", "list", "--tenant", "bench", "--limit", "10000")
    return {row["subject"]: row for row in rows}


def test_every_kind_takes_mail_and_is_announced(everywhere: tuple[RunningPostbus, str]) -> None:
    """One `ready` line with the places of all; a mail over each arrives."""
    postbus, address = everywhere
    assert set(postbus.places) == {"smtp", "smtps", "lmtp"}
    unix = postbus.places["lmtp"].removeprefix("unix:")
    with (
        smtplib.SMTP("127.0.0.1", postbus.port, local_hostname="c.example") as plain,
        smtplib.SMTP_SSL("127.0.0.1", port_of(postbus, "smtps"), context=careless(), local_hostname="c.example") as tls,
        smtplib.LMTP(unix, local_hostname="c.example") as lmtp,
    ):
        for subject, client in (("plain", plain), ("tls", tls), ("lmtp", lmtp)):
            assert client.sendmail("a@example.org", [address], MAIL.format(subject, subject)) == {}
    settled = subjects(postbus)
    assert {"plain", "tls", "lmtp"} <= set(settled)
    assert postbus.rows("message", "show", settled["lmtp"]["id"])[0]["peer"] == "local"


def listening(postbus: RunningPostbus) -> dict[str, str]:
    """The places that status tells, by kind."""
    return {row["kind"]: row["address"] for row in postbus.rows("status")[0]["listening"]}


def test_what_a_kill_leaves_behind_misleads_nobody(everywhere: tuple[RunningPostbus, str]) -> None:
    """A Unix socket of mode 0660 is replaced at the next start; status tells the places of the `ready` line, or none.

    To programs and to people; none once postbus was killed, although the file with them is there.
    """
    postbus, address = everywhere
    path = Path(postbus.places["lmtp"].removeprefix("unix:"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert listening(postbus) == postbus.places
    table = postbus.command("status").stdout.decode()
    assert all(f"{kind} {place}" in table for kind, place in postbus.places.items())
    postbus.kill()
    assert path.is_socket()
    assert (postbus.data / "run" / "listening.json").exists()
    assert listening(postbus) == {}
    postbus.start()
    assert listening(postbus) == postbus.places
    with smtplib.LMTP(str(path), local_hostname="c.example") as client:
        assert client.sendmail("a@example.org", [address], MAIL.format("again", "again")) == {}


def test_what_status_cannot_tell_stops_no_mail(tmp_path: Path) -> None:
    """The file with the places cannot be written: a line in the log, and mail is taken."""
    postbus = RunningPostbus(tmp_path / "data", LEAN)
    address = postbus.set_up()
    (postbus.data / "run" / "listening.new").mkdir(parents=True)
    with postbus, smtplib.SMTP("127.0.0.1", postbus.port, local_hostname="c.example") as client:
        assert client.sendmail("a@example.org", [address], MAIL.format("a", "a")) == {}
        assert len(postbus.logged("listening_not_told")) == 1
        assert postbus.rows("status")[0]["listening"] == []


def test_what_stands_in_the_way_of_the_unix_socket_is_told(tmp_path: Path) -> None:
    """A file, or a socket that answers: exit 1, path and remedy in words, and it is left alone."""
    file = tmp_path / "file"
    file.write_text("precious")
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as holder:
        holder.bind(str(tmp_path / "held"))
        holder.listen()
        for place in (file, tmp_path / "held", tmp_path / "none" / "lmtp"):
            postbus = RunningPostbus(tmp_path / f"data of {place.name}", {"SMTP__LISTEN_LMTP": f"unix:{place}"})
            postbus.set_up()
            refused = postbus.command("serve", check=False)
            assert refused.returncode == 1
            assert f"{place}: " in refused.stderr.decode()
            assert "smtp.listen_lmtp" in refused.stderr.decode()
            assert b"Traceback" not in refused.stderr
    assert file.read_text() == "precious"
    assert (tmp_path / "held").is_socket()


@pytest.mark.skipif(shutil.which("swaks") is None, reason="swaks is not installed")
@pytest.mark.parametrize("kind", ["smtps", "lmtp"])
def test_swaks_delivers(everywhere: tuple[RunningPostbus, str], kind: str) -> None:
    """swaks --tls-on-connect, and swaks --protocol LMTP over the Unix socket."""
    postbus, address = everywhere
    if kind == "smtps":
        where = ["--server", "127.0.0.1", "--port", str(port_of(postbus, kind)), "--tls-on-connect"]
    else:
        where = ["--socket", postbus.places[kind].removeprefix("unix:"), "--protocol", "LMTP"]
    command = ["swaks", "--to", address, "--from", "a@example.org", "--header", f"Subject: swaks {kind}", *where]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stdout
    assert f"swaks {kind}" in subjects(postbus)


@pytest.mark.skipif(shutil.which("postfix", path="/usr/sbin") is None, reason="Debian's postfix is not installed")
@pytest.mark.skipif(os.geteuid() != 0, reason="a private Postfix needs root to drop to its own user")
@pytest.mark.parametrize("way", ["inet", "unix"])
def test_a_postfix_in_front_delivers_over_lmtp(folder: Path, way: str) -> None:
    """What Postfix accepted arrives, per recipient: the known get it, the sender hears of the unknown one alone."""
    place = f"127.0.0.1:{free_port()}" if way == "inet" else f"unix:{folder}/lmtp"
    postbus = RunningPostbus(folder / "data", {**LEAN, "SMTP__LISTEN_LMTP": place, "SMTP__LMTP_SOCKET_MODE": "0666"})
    address = postbus.set_up()
    second = postbus.rows("address", "add", "--tenant", "bench")[0]["import_address"]
    # Postfix looks for a Unix socket below its queue; one of ours is named by the way up from there.
    relay = f"lmtp:inet:{place}" if way == "inet" else f"lmtp:unix:{'../' * 20}{folder}/lmtp"
    unknown = "nobody@in.example.com"
    with postbus, PrivatePostfix(relay) as postfix:
        with smtplib.SMTP("127.0.0.1", postfix.port, local_hostname="client.example", timeout=30) as client:
            mail = next(pdf_mails(1, 30_000, address, "in front"))
            assert client.sendmail("billing@supplier.example", [address, unknown, second], mail) == {}
        assert until(lambda: len(deliveries(postfix.log)) >= 3)
        sent = deliveries(postfix.log)
        message = postbus.rows("message", "show", subjects(postbus)["Invoice in front 0"]["id"])[0]
    assert {to: sent[to] for to in (address, second, unknown)} == {address: "sent", second: "sent", unknown: "bounced"}
    assert message["state"] == "imported"
    assert message["helo"] == "mx.bench.example"
    assert message["peer"] == ("local" if way == "unix" else "127.0.0.1")
    # TLS is offered on a port, and Postfix takes it.
    assert bool(message["tls"]) is (way == "inet")


def deliveries(maillog: Path) -> dict[str, str]:
    """What became of each recipient by Postfix's log, lines of its lmtp client."""
    words = [line.split() for line in maillog.read_text().splitlines() if "/lmtp[" in line and " status=" in line]
    found = {}
    for line in words:
        to = next(word for word in line if word.startswith("to=<"))
        found[to[4:].rstrip(">,")] = next(word for word in line if word.startswith("status=")).partition("=")[2]
    return found


class Visitors:
    """Clients that connect, greet and leave on every listener until they are told to stop; what failed is kept."""

    def __init__(self, postbus: RunningPostbus) -> None:
        self._postbus = postbus
        self._is_over = threading.Event()
        self.failures: list[str] = []
        self.visits = dict.fromkeys(("smtp", "smtps", "lmtp"), 0)
        self._threads = [threading.Thread(target=self._run, args=(kind,)) for kind in self.visits for _ in range(2)]

    def __enter__(self) -> "Visitors":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _run(self, kind: str) -> None:
        while not self._is_over.is_set():
            try:
                self._visit(kind)
            except OSError as error:
                self.failures.append(f"{kind}: {error!r}")
            self.visits[kind] += 1

    def _visit(self, kind: str) -> None:
        with contextlib.suppress(smtplib.SMTPServerDisconnected):  # with 421 in words before it
            client = self._connect(kind)
            code, words = client.ehlo("visitor.example")
            if code not in {250, 421}:
                self.failures.append(f"{kind}: {code} {words!r}")
            client.close()

    def _connect(self, kind: str) -> smtplib.SMTP:
        if kind == "lmtp":
            return smtplib.LMTP(self._postbus.places[kind].removeprefix("unix:"))
        if kind == "smtps":
            return smtplib.SMTP_SSL("127.0.0.1", port_of(self._postbus, kind), timeout=30, context=careless())
        return smtplib.SMTP("127.0.0.1", self._postbus.port, timeout=30)


def test_a_reload_loses_no_connection_on_any_listener(everywhere: tuple[RunningPostbus, str]) -> None:
    """Two SIGHUPs while clients come and go on all three: none is refused or cut without words."""
    postbus, _ = everywhere
    first = set(postbus.doors())
    before = len(postbus.logged("tls_failed"))
    with Visitors(postbus) as visitors:
        for reloads in (1, 2):
            os.kill(postbus.pid, signal.SIGHUP)
            assert until(lambda done=reloads: len(postbus.logged("service_reloaded")) == done)
        assert until(lambda: not first & set(postbus.doors()))
        assert until(lambda: min(visitors.visits.values()) > 10)
    assert visitors.failures == []
    assert len(postbus.logged("tls_failed")) == before


@contextlib.contextmanager
def activated(
    postbus: RunningPostbus, names: str, *given: socket.socket
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """postbus as systemd would start it with these sockets; gives its first line, and the process."""
    # Beyond 3 and 4, where they have to go.
    high = [fcntl.fcntl(each, fcntl.F_DUPFD, 200) for each in given]
    command = [sys.executable, "-c", SERVE, COMMAND, names, *map(str, high)]
    with postbus.log_file.open("w") as log:
        process = subprocess.Popen(
            command, env=postbus.environment, pass_fds=high, stdout=subprocess.PIPE, stderr=log, text=True
        )
    for each in high:
        os.close(each)
    assert process.stdout is not None
    with process.stdout as said:
        try:
            yield said.readline(), process
        finally:
            process.terminate()
            process.wait(90)


def test_systemd_sockets_are_told_apart_by_their_names(tmp_path: Path) -> None:
    """smtps, lmtp and, without a name of ours, smtp; what is configured for a kind that was handed over is not opened.

    A socket of systemd's stays in the file system.
    """
    postbus = RunningPostbus(
        tmp_path / "data", {**LEAN, "SMTP__LISTEN_TLS": "127.0.0.1:1", "SMTP__LISTEN_LMTP": "unix:/nowhere/x"}
    )
    address = postbus.set_up()
    path = tmp_path / "handed.sock"
    with contextlib.ExitStack() as sockets:
        tls = sockets.enter_context(socket.create_server(("127.0.0.1", 0)))
        plain = sockets.enter_context(socket.create_server(("127.0.0.1", 0)))
        unix = sockets.enter_context(socket.socket(socket.AF_UNIX))
        unix.bind(str(path))
        unix.listen()
        with activated(postbus, "smtps:postbus.socket:lmtp", tls, plain, unix) as (line, _):
            ports = [each.getsockname()[1] for each in (plain, tls)]
            assert line == f"ready smtp=127.0.0.1:{ports[0]} smtps=127.0.0.1:{ports[1]} lmtp=unix:{path}\n"
            with smtplib.SMTP_SSL("127.0.0.1", ports[1], context=careless(), local_hostname="c.example") as client:
                assert client.sendmail("a@example.org", [address], MAIL.format("a", "a")) == {}
            with smtplib.LMTP(str(path), local_hostname="c.example") as client:
                assert client.sendmail("a@example.org", [address], MAIL.format("b", "b")) == {}
            postbus.until_settled()
    assert path.is_socket()
    assert {row["subject"] for row in postbus.rows("message", "list", "--tenant", "bench")} == {"a", "b"}


def test_a_mistyped_name_of_a_systemd_socket_is_told(tmp_path: Path) -> None:
    """It would speak SMTP in the clear where TLS is expected: exit 1, with the names that there are."""
    postbus = RunningPostbus(tmp_path / "data")
    postbus.set_up()
    listener = socket.create_server(("127.0.0.1", 0))
    with listener, activated(postbus, "smpts", listener) as (line, process):
        assert line == ""
        assert process.wait(90) == 1
    assert "FileDescriptorName" in postbus.log_file.read_text()


def test_listeners_end_with_postbus(everywhere: tuple[RunningPostbus, str]) -> None:
    """The doctor tries implicit TLS and LMTP, and fails what does not answer any more.

    The Unix socket and the file with the places are removed at the end, and status tells none.
    """
    postbus, _ = everywhere
    path = Path(postbus.places["lmtp"].removeprefix("unix:"))
    for kind, name in (("smtps", "LISTEN_TLS"), ("lmtp", "LISTEN_LMTP")):
        postbus.environment[f"POSTBUS_SMTP__{name}"] = postbus.places[kind]
    postbus.environment["POSTBUS_SMTP__LISTEN"] = postbus.places["smtp"]

    def found() -> dict[str, dict[str, str]]:
        answer = postbus.command("doctor", "--json", check=False)
        return {row["check"]: row for row in map(json.loads, answer.stdout.splitlines())}

    before = found()
    assert (before["smtps"]["result"], before["lmtp"]["result"]) == ("ok", "ok")
    assert "TLSv1.3" in before["smtps"]["what"]
    assert postbus.stop() == 0
    assert not path.exists()
    assert not (postbus.data / "run" / "listening.json").exists()
    assert listening(postbus) == {}
    after = found()
    assert (after["smtps"]["result"], after["lmtp"]["result"]) == ("failed", "failed")
    postbus.start()
