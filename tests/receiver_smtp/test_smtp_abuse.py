"""The abuse corpus, dialogue by dialogue, against a running door."""

import base64
import json
import ssl
import threading
import time
from pathlib import Path

import pytest

from storage.journal import JournalReader

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "smtp_abuse"
ELSEWHERE = {
    "client-side-pop3-starttls-injection": "is for clients of mailboxes",
    "slowloris-command": "takes minutes; test_smtp_timing.py has it at another speed",
    "slowloris-data": "takes minutes; test_smtp_timing.py has its silent half, test_smtp_limits.py the least rate",
}
CASES = sorted(CORPUS.glob("*.json"))


class Dialogue:
    """Plays the steps of one case."""

    def __init__(self, client, house):
        self.client = client
        self.house = house
        self.replies = []
        self.sender = None

    def octets(self, encoded):
        """With an import address of ours in the place of the corpus's."""
        octets = base64.b64decode(encoded)
        for theirs, ours in (("invoices@inbox.example", self.house.acme), ("invoices+tag@inbox.example", self.tagged)):
            octets = octets.replace(theirs.encode(), ours.encode())
            octets = octets.replace(theirs.upper().encode(), ours.upper().encode())
        return octets

    @property
    def tagged(self):
        return self.house.acme.replace("@", "+tag@")

    def play(self, steps):
        for before, step in zip([{}, *steps], steps, strict=False):
            if "starttls" in step:
                if not self.replies[-1].startswith("220"):
                    return
                self.start_tls()
            elif "expect" in step:
                self.expect(step["expect"], is_last=not before.get("repeat"))
            elif "send_b64" in step:
                self.send(self.octets(step["send_b64"]) * step.get("repeat", 1))
            elif "expect_silence_seconds" in step:
                assert self.hears_nothing()
            elif step.get("close"):
                self.client.close()
            elif step.get("flush"):
                time.sleep(0.005)

    def hears_nothing(self):
        self.client.socket.settimeout(0.3)
        try:
            return self.client.socket.recv(1) == b""
        except (TimeoutError, ConnectionError):
            return True

    def send(self, octets):
        # In a thread: a client that sends much and reads nothing would wait for us as we for it.
        sender = threading.Thread(target=self.send_quietly, args=(octets, self.sender), daemon=True)
        self.sender = sender
        sender.start()
        if len(octets) < 65536:
            sender.join(10)

    def send_quietly(self, octets, before):
        if before is not None:  # in the order of the script
            before.join()
        try:
            self.client.send(octets)
        except OSError:
            return

    def expect(self, beginnings, *, is_last):
        """The next reply begins so; after many commands at once, one of the replies does."""
        while True:
            reply = self.client.reply()
            self.replies.append(reply)
            if reply.startswith(tuple(beginnings)) or (reply == "" and self.was_told_off()):
                return
            assert not is_last, (beginnings, reply)
            assert reply, beginnings

    def was_told_off(self):
        return self.replies[-2:-1] and self.replies[-2].startswith(("421", "5"))

    def start_tls(self):
        context = ssl.create_default_context(cafile=self.house.settings.data / "tls" / "certificate.pem")
        self.client.socket = context.wrap_socket(self.client.socket, server_hostname="mx.in.example.com")

    def finish(self):
        """Send no more and hear the rest."""
        try:
            self.client.socket.shutdown(1)
            self.client.socket.settimeout(10)
            while reply := self.client.reply():
                self.replies.append(reply)
        except (OSError, UnicodeDecodeError):
            return
        finally:
            self.client.close()


@pytest.fixture(scope="module")
def reader(shared_door):
    reader = JournalReader(shared_door.house.settings.journal_folder())
    yield reader
    reader.close()


@pytest.mark.skipif(not CASES, reason=f"no corpus at {CORPUS}")
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_abuse_is_answered_safely(shared_door, reader, path):
    """The replies are those the case allows, and no more messages are taken than it allows."""
    case = json.loads(path.read_bytes())
    if case["id"] in ELSEWHERE:
        pytest.skip(ELSEWHERE[case["id"]])
    dialogue = Dialogue(shared_door.connect(), shared_door.house)
    dialogue.play(case["steps"])
    dialogue.finish()
    records = delivered(shared_door, reader)
    acknowledged = [reply for reply in dialogue.replies if "accepted as" in reply]
    allowed = {int(number) for number in str(case["expected"]["messages_delivered"]).split(" or ")}
    assert len(records) in allowed
    if "close" not in str(case["steps"][-1]):
        assert len(acknowledged) == len(records)
    for record in records:
        assert b"\n.\r" not in record.read().replace(b"\r\n", b"")
        if "body_b64" in case["expected"]:
            body = record.read().partition(b"\r\n\r\n")[2] or record.read()
            assert body == base64.b64decode(case["expected"]["body_b64"])


def delivered(door, reader):
    """What the journal has new, once every session of the door is over."""
    deadline = time.monotonic() + 20
    while door.sessions and time.monotonic() < deadline:
        time.sleep(0.002)
    assert not door.sessions, "a session is stuck"
    records = reader.read(100, 1 << 30)
    reader.settle(records)
    return records
