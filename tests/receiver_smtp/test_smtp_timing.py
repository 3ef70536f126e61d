"""Time: who is idle, who only seems so, and how a door closes."""

import os
import signal
import socket
import subprocess
import sys
import time

from receiver.own_journal import open_journal
from tests.receiver_smtp.journals import SlowJournal

MAIL = b"Subject: probe\r\n\r\nbody\r\n"

CHILD = """
import socket, sys
from receiver.config import Settings
from receiver.listening import Listener
from receiver.smtp.door import run_door
settings = Settings.model_validate_json(sys.stdin.buffer.read())
listeners = [Listener("smtp", socket.socket(fileno=int(sys.argv[1])))]
run_door(settings, listeners, name="door-1", ready=lambda: print("ready", flush=True))
print("returned", flush=True)
"""


def trickle(client, octets, pause):
    """Send octet by octet until the server closes; gives what it said."""
    client.socket.settimeout(pause)
    for octet in octets:
        try:
            client.send(bytes([octet]))
            said = client.socket.recv(1000)
        except TimeoutError:
            continue
        except ConnectionError:
            return b""
        return said
    return None


def test_idle_session_is_closed_in_words(make_other_house, start_door):
    """RFC 5321 4.5.3.2: 421 4.4.2 before we hang up."""
    client = start_door(make_other_house(idle_seconds=0.2)).connect().greet()
    assert client.reply().startswith("421 4.4.2")
    assert client.reply() == ""


def test_commands_octet_by_octet_are_idleness(make_other_house, start_door):
    """A client that trickles a command without end makes no progress."""
    client = start_door(make_other_house(idle_seconds=0.3)).connect().greet()
    assert trickle(client, b"NOOP " + b"x" * 500, 0.02).startswith(b"421 4.4.2")


def test_data_re_arms_the_timer(make_other_house, start_door):
    """A slow line is no idle line: octets of the message keep the session, and it is accepted."""
    house = make_other_house(idle_seconds=0.5)
    client = start_door(house).connect().greet().begin(house.acme)
    for octet in MAIL[:25]:
        client.send(bytes([octet]))
        time.sleep(0.04)  # twice the idle time in all
    client.send(MAIL[25:] + b".\r\n")
    assert client.reply().startswith("250 ")


def test_silence_within_the_message_is_idleness(make_other_house, start_door):
    """Half a message and then nothing: 421, and nothing is stored."""
    house = make_other_house(idle_seconds=0.2)
    client = start_door(house).connect().greet().begin(house.acme)
    client.send(b"Subject: half\r\n")
    assert client.reply().startswith("421 4.4.2")


def test_timer_never_touches_a_running_handler(make_other_house, start_door):
    """A sync that takes longer than the idle time is waited for (stock aiosmtpd closes the connection)."""
    house = make_other_house(idle_seconds=0.1)
    real = open_journal(house.settings, "door-1")
    journal = SlowJournal(real)
    door = start_door(house, journal=journal)
    client = door.connect().greet().begin(house.acme)
    client.send(MAIL + b".\r\n")
    assert journal.reached.wait(10)
    time.sleep(0.5)  # five times the idle time
    door.call(lambda: journal.future.set_result(None))
    assert client.reply().startswith("250 ")
    real.close()


def test_client_that_never_reads_is_dropped(make_other_house, start_door):
    """Replies that nobody reads stop the session, and the timer aborts it although its buffer is full."""
    door = start_door(make_other_house(idle_seconds=0.5, max_commands_without_progress=10**9))
    client = door.connect()
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.socket.settimeout(30)
    try:
        while True:
            client.send(b"NOOP\r\n" * 10_000)
    except ConnectionError:
        pass
    door.stop()
    assert not door.sessions


class DoorProcess:
    """run_door in a process of its own."""

    def __init__(self, settings):
        listener = socket.create_server(("127.0.0.1", 0))
        os.set_inheritable(listener.fileno(), True)
        self.port = listener.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(listener.fileno())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            close_fds=False,
        )
        self.process.stdin.write(settings.model_dump_json().encode())
        self.process.stdin.close()
        listener.close()
        while (line := self.process.stdout.readline()) != b"ready\n":  # log lines go to stdout, too, unless configured
            assert line

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def rest(self):
        rest = self.process.stdout.read()
        return rest, self.process.wait(30)


def test_sigterm_drains(house, raw_client, read_journal):
    """SIGTERM: idle clients get 421 4.3.2, the open transaction is finished, then run_door returns."""
    child = DoorProcess(house.settings)
    idle, busy = raw_client(child.port).greet(), raw_client(child.port).greet()
    busy.begin(house.acme).send(b"Subject: half\r\n")
    child.terminate()
    assert idle.reply().startswith("421 4.3.2")
    assert idle.reply() == ""
    busy.send(b"\r\nother half\r\n.\r\n")
    assert busy.reply().startswith("250 ")
    assert busy.reply().startswith("421 4.3.2")
    rest, code = child.rest()
    assert (rest.endswith(b"returned\n"), code) == (True, 0)
    assert read_journal()[0].read() == b"Subject: half\r\n\r\nother half\r\n"


def test_who_has_only_just_come_is_served(house, raw_client, read_journal):
    """SIGTERM: who has had a message is told 421 at once, who was let in a moment ago delivers one first."""
    child = DoorProcess(house.settings)
    old, new = raw_client(child.port).greet(), raw_client(child.port)
    assert new.reply().startswith("220 ")
    old.begin(house.acme).send(MAIL + b".\r\n")
    assert old.reply().startswith("250 ")
    child.terminate()
    assert old.reply().startswith("421 4.3.2")
    assert new.ask(b"EHLO client.example").startswith("250-")
    new.begin(house.acme).send(MAIL + b".\r\n")
    assert new.reply().startswith("250 ")
    assert new.reply().startswith("421 4.3.2")
    assert child.rest()[1] == 0
    assert len(read_journal()) == 2


def test_drain_ends_at_its_deadline(make_other_house, raw_client):
    """A transaction that nobody finishes is told 421 when drain_seconds are over."""
    house = make_other_house(drain_seconds=0.3)
    child = DoorProcess(house.settings)
    stuck = raw_client(child.port).greet().begin(house.acme)
    child.terminate()
    assert stuck.reply().startswith("421 4.3.2")
    assert child.rest()[1] == 0
