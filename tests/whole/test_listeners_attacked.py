"""The listeners of a running postbus under attack: what its processes log, and what a killed door costs."""

import contextlib
import json
import os
import signal
import smtplib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.server import NO_RENDERER, RunningPostbus
from tests.receiver_smtp.test_smtp_hostile_neighbours import client_hello

from .test_listeners import port_of, until


@pytest.fixture(name="attacked", scope="module")
def _attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningPostbus, str]]:
    """A postbus of two doors, its settings in a file; a test leaves it running."""
    folder = tmp_path_factory.mktemp("attacked")
    file = folder / "postbus.toml"
    lines = [
        'listen = "127.0.0.1:0"',
        'listen_tls = "127.0.0.1:0"',
        f'listen_lmtp = "unix:{folder}/lmtp"',
        "doors = 2",
    ]
    file.write_text("\n".join(["[smtp]", *lines]))
    postbus = RunningPostbus(folder / "data", NO_RENDERER)
    del postbus.environment["POSTBUS_SMTP__LISTEN"]
    postbus.environment["POSTBUS_CONFIG"] = str(file)
    address = postbus.set_up()
    with postbus:
        yield postbus, address


def test_server_names_that_are_no_text_leave_one_line(attacked: tuple[RunningPostbus, str]) -> None:
    """Not Python's own words on stderr, which quote the client's octets over several lines."""
    postbus, _ = attacked
    for name in (b"\xff" * 20, b"b\xc3\xbccher.example"):
        with socket.create_connection(("127.0.0.1", port_of(postbus, "smtps")), timeout=10) as client:
            client.sendall(client_hello(name))
            assert client.recv(100) == b""
    assert until(lambda: len(postbus.logged("session_ended")) == 2)
    assert len(postbus.logged("tls_failed")) == 2
    assert all(line.startswith("{") for line in postbus.log_file.read_text().splitlines())


def test_a_killed_door_loses_no_mail_that_lmtp_acknowledged(attacked: tuple[RunningPostbus, str]) -> None:
    """kill -9 between RCPT and DATA: clients of the other door go on, the others see the connection end."""
    postbus, address = attacked
    acknowledged = set()
    with contextlib.ExitStack() as stack:
        clients = []
        for _ in range(20):
            client = smtplib.LMTP(postbus.places["lmtp"].removeprefix("unix:"), local_hostname="front.example")
            stack.callback(client.close)
            client.ehlo_or_helo_if_needed()
            assert (client.mail("a@example.org")[0], client.rcpt(address)[0]) == (250, 250)
            clients.append(client)
        os.kill(postbus.doors()[0], signal.SIGKILL)
        for number, client in enumerate(clients):
            with contextlib.suppress(smtplib.SMTPServerDisconnected, ConnectionError):
                assert client.data(f"Subject: {number}\r\n\r\n")[0] == 250
                acknowledged.add(str(number))
    assert 0 < len(acknowledged) < 20
    postbus.until_settled()
    assert {row["subject"] for row in postbus.rows("message", "list", "--tenant", "bench")} == acknowledged


def test_a_reload_with_other_listeners_keeps_those_there_are(attacked: tuple[RunningPostbus, str]) -> None:
    """SIGHUP cannot open sockets: the log names the settings that wait for a start, status tells what is true."""
    postbus, address = attacked
    file = Path(postbus.environment["POSTBUS_CONFIG"])
    file.write_text(file.read_text().replace(f"unix:{file.parent}/lmtp", "127.0.0.1:0").replace("listen_tls", "#"))
    os.kill(postbus.pid, signal.SIGHUP)
    assert until(lambda: postbus.logged("service_reloaded"))
    (needed,) = postbus.logged("reload_needs_restart")
    assert needed["settings"] == ["smtp.listen_tls", "smtp.listen_lmtp"]
    with smtplib.LMTP(postbus.places["lmtp"].removeprefix("unix:"), local_hostname="front.example") as client:
        assert client.sendmail("a@example.org", [address], "Subject: x\r\n\r\n") == {}
    places = {
        row["kind"]: row["address"] for row in json.loads(postbus.command("status", "--json").stdout)["listening"]
    }
    assert places == postbus.places
