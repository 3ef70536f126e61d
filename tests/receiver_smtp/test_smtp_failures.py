"""When something of ours fails: the client may try again, and learns nothing of our insides."""

import threading
from concurrent.futures import Future

from receiver.own_journal import open_journal
from receiver.smtp.door import make_lookup
from receiver.smtp.handler import ImportHandler
from storage.failures import NoRoom, TemporaryFailure
from tests.receiver_smtp.journals import LetterByLetter

MAIL = b"Subject: probe\r\n\r\nbody\r\n"
INSIDES = "insides /var/lib Traceback"


class FaultyJournal(LetterByLetter):
    """The real journal, until told otherwise."""

    def __init__(self, real):
        self.real = real
        self.room = True
        self.submit_raises = None
        self.future = None
        self.sinks = []
        self.write_raises = None

    def has_room(self, octets):
        return self.room and self.real.has_room(octets)

    def sink(self):
        sink = self.real.sink()
        if self.write_raises is not None:
            sink = FaultySink(sink, self.write_raises)
        self.sinks.append(sink)
        return sink

    def submit(self, envelope, sink):
        if self.submit_raises is not None:
            raise self.submit_raises
        return self.future or self.real.submit(envelope, sink)


class FaultySink:
    def __init__(self, real, error):
        self.real, self.error, self.is_discarded = real, error, False

    def write(self, octets):
        raise self.error

    def discard(self):
        self.is_discarded = True
        self.real.discard()


def faulty(house, start_door):
    journal = FaultyJournal(open_journal(house.settings, "door-1"))
    return journal, start_door(house, journal=journal)


def send(client, house):
    client.begin(house.acme).send(MAIL + b".\r\n")
    return client.reply()


def test_no_room_is_told_at_mail(house, start_door):
    """Law 6: 452 4.3.1 before a single octet is sent, and mail again once there is room."""
    journal, door = faulty(house, start_door)
    client = door.connect().greet()
    journal.room = False
    assert client.ask(b"MAIL FROM:<a@example.org>").startswith("452 4.3.1")
    journal.room = True
    assert send(client, house).startswith("250 ")
    journal.real.close()


def test_no_room_is_told_at_data(house, start_door):
    """Law 6: room that went between MAIL and DATA is noticed before 354."""
    journal, door = faulty(house, start_door)
    client = door.connect().greet()
    client.ask(b"MAIL FROM:<a@example.org>")
    client.ask(f"RCPT TO:<{house.acme}>".encode())
    journal.room = False
    assert client.ask(b"DATA").startswith("452 4.3.1")
    journal.real.close()


def test_disk_that_fills_during_the_message_is_452(house, start_door):
    """What the sink raises is kept until the final dot, and the octets are thrown away."""
    journal, door = faulty(house, start_door)
    journal.write_raises = NoRoom(INSIDES)
    client = door.connect().greet()
    assert send(client, house).startswith("452 4.3.1")
    assert journal.sinks[0].is_discarded
    journal.write_raises = None
    assert send(client, house).startswith("250 ")
    journal.real.close()


def test_endless_message_is_never_read_as_commands(make_other_house, start_door):
    """A sink that failed and a message that does not end: the session is over, whatever the rest looks like."""
    house = make_other_house(max_message_octets=64 * 1024)
    journal, door = faulty(house, start_door)
    journal.write_raises = TemporaryFailure(INSIDES)
    client = door.connect().greet().begin(house.acme)
    client.send(b"NOOP\r\n" * 100_000)
    assert client.reply()[:9] in {"552 5.3.4", ""}
    assert client.reply() == ""
    journal.real.close()


def test_sync_that_fails_is_451(house, start_door):
    """Law 1: what could not be synced is not accepted, and the client hears nothing of why."""
    journal, door = faulty(house, start_door)
    journal.future = Future()
    journal.future.set_exception(TemporaryFailure(INSIDES))
    client = door.connect().greet()
    assert send(client, house) == "451 4.3.0 local error in processing, try again later"
    journal.future = None
    assert send(client, house).startswith("250 ")
    journal.real.close()


def test_exception_is_451_without_its_text(house, start_door, read_journal):
    """Whatever goes wrong in a command: our words, and the next message does not go to the old recipients."""
    journal, door = faulty(house, start_door)
    journal.submit_raises = ValueError(f"{INSIDES}\r\n250 OK")
    client = door.connect().greet()
    assert send(client, house) == "451 4.3.0 local error in processing, try again later"
    assert client.ask(b"DATA").startswith("503 5.5.1")
    journal.submit_raises = None
    client.begin(house.acme_second).send(MAIL + b".\r\n")
    assert client.reply().startswith("250 ")
    journal.real.close()
    assert [[r.forward_path for r in record.envelope.recipients] for record in read_journal()] == [[house.acme_second]]


def test_exception_in_rcpt_resets_the_transaction(house, start_door):
    """Also a lookup that breaks in a way nobody thought of."""

    class BrokenLookup:
        async def refresh_if_old(self):
            pass

        async def judge(self, forward_path):
            raise RuntimeError(INSIDES)

        def close(self):
            pass

    client = start_door(house, lookup=BrokenLookup()).connect().greet()
    client.ask(b"MAIL FROM:<a@example.org>")
    assert client.ask(f"RCPT TO:<{house.acme}>".encode()) == "451 4.3.0 local error in processing, try again later"
    assert client.ask(b"RCPT TO:<x@example.org>").startswith("503 5.5.1")


def test_hang_up_after_the_final_dot_cancels_nothing(house, start_door, read_journal):
    """Acceptance that runs is finished although the client is gone (stock aiosmtpd cancels it)."""
    journal, door = faulty(house, start_door)
    reached, future = threading.Event(), Future()
    real_submit = journal.real.submit

    def submit(envelope, sink):
        journal.submitted = real_submit(envelope, sink)
        reached.set()
        return future

    journal.submit = submit
    client = door.connect().greet().begin(house.acme)
    client.send(MAIL + b".\r\n")
    assert reached.wait(10)
    client.close()
    journal.submitted.result(10)
    door.call(lambda: future.set_result(None))
    door.stop()
    journal.real.close()
    assert len(read_journal()) == 1
    assert not future.cancelled()


def test_message_accepted_is_logged_without_content(house, start_door, capture_log):
    """One canonical line a message: id, tenants, octets, peer and who told of it, TLS; nothing of subject or body."""
    client = start_door(house).connect().greet()
    reply = send(client, house)
    lines = [line for line in capture_log if line["event"] == "message_accepted"]
    assert [set(line) - {"log_level"} for line in lines] == [{"event", "id", "tenants", "octets", "peer", "via", "tls"}]
    assert reply.endswith(lines[0]["id"])
    assert lines[0]["tenants"] == [house.tenants["acme"]]
    assert lines[0]["octets"] == len(MAIL)
    assert "probe" not in repr(capture_log)


def test_session_end_is_logged_once(house, start_door, capture_log):
    """One canonical line a session, with why it ended."""
    door = start_door(house)
    client = door.connect().greet()
    send(client, house)
    client.ask(b"QUIT")
    client.reply()
    door.stop()
    ended = [line for line in capture_log if line["event"] == "session_ended"]
    assert [(line["reason"], line["accepted"], line["helo"]) for line in ended] == [("quit", 1, "client.example")]


def test_failure_is_logged_by_kind_and_place(house, start_door, capture_log):
    """The log names the exception's kind and line, not its text: that may quote mail."""
    journal, door = faulty(house, start_door)
    journal.submit_raises = ValueError(INSIDES)
    send(door.connect().greet(), house)
    failed = next(line for line in capture_log if line["event"] == "command_failed")
    assert failed["error"] == "ValueError"
    assert "test_smtp_failures.py" in failed["place"]
    assert INSIDES not in repr(capture_log)
    journal.real.close()


def test_a_handler_hook_that_fails_too_is_still_451(house, start_door):
    """The exception hook itself may break; the client cannot tell."""
    lookup = make_lookup(house.settings, house.database)
    journal = open_journal(house.settings, "door-1")

    class Handler(ImportHandler):
        async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
            raise ValueError(INSIDES)

        async def handle_exception(self, error):
            raise RuntimeError(INSIDES)

    client = start_door(house, lookup=lookup, journal=journal, handler=Handler(journal, lookup, 100)).connect().greet()
    assert client.ask(b"MAIL FROM:<>") == "451 4.3.0 local error in processing, try again later"
