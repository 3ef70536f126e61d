"""Proxies, mail servers and LMTP clients that are listed or let in, and turn out to be broken or hostile."""

import contextlib
import smtplib
import socket
import ssl
import struct
import time

import pytest

from receiver.own_journal import open_journal
from storage.failures import TemporaryFailure
from storage.journal import JournalReader
from tests.receiver_smtp.journals import LetterByLetter

PEER = "127.0.0.9"
PROXY = {"proxy_networks": ["127.0.0.9/32"]}
SERVER = {"forwarder_networks": ["127.0.0.9/32"]}
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
ADDRESSES = bytes([192, 0, 2, 7, 198, 51, 100, 1]) + struct.pack("!HH", 4242, 25)
MAIL = b"Subject: x\r\n\r\nbody\r\n.\r\n"


def header(values: bytes = b"", *, octets: int | None = None) -> bytes:
    """Version 2, TCP over IPv4, with further values; `octets` is the length that it claims."""
    length = len(ADDRESSES) + len(values) if octets is None else octets
    return SIGNATURE + b"\x21\x11" + struct.pack("!H", length) + ADDRESSES + values


def value(kind: int, octets: bytes, *, claimed: int | None = None) -> bytes:
    """One of the further values of a header."""
    return bytes([kind]) + struct.pack("!H", len(octets) if claimed is None else claimed) + octets


def wait_until(claim):
    deadline = time.monotonic() + 20
    while not claim():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def ends(log):
    return [entry for entry in log if entry["event"] == "session_ended"]


def envelopes(house):
    reader = JournalReader(house.settings.journal_folder())
    found = [record.envelope for record in reader.read(10, 1 << 30)]
    reader.close()
    return found


# -- PROXY -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        value(0x04, bytes(16000)),
        b"".join(value(kind, b"x") for kind in range(0x04, 0xFF)),
        value(0x20, b"\x01" + bytes(4) + value(0x21, b"TLSv1.3", claimed=60000)),
        value(0x02, b"evil\r\nMAIL FROM:<a@example.org>\r\n\0\xff"),
    ],
    ids=["padding", "every kind", "broken within TLS", "a name with commands"],
)
def test_values_behind_the_addresses_are_passed_over(make_other_house, start_door, values):
    """However many, large or odd: the client is who the addresses say, and nothing of them is a command."""
    client = start_door(make_other_house(**PROXY)).connect(PEER)
    client.send(header(values))
    client.greet()
    assert client.ask(b"NOOP") == "250 2.0.0 OK"


@pytest.mark.parametrize(
    "octets",
    [
        header(octets=0xFFFF),
        header(octets=0),
        header(octets=11),
        header(value(0x04, b"abc", claimed=4)),
        header(value(0x04, b"abc", claimed=0xFFFF)),
        header(b"\x04"),
        header(value(0x03, b"\0\0\0\0")),
    ],
    ids=["too long", "empty", "too short", "value too long", "value far too long", "torn value", "wrong checksum"],
)
def test_lengths_that_lie_end_the_connection(make_other_house, start_door, capture_log, octets):
    """At once, without waiting for octets that were claimed and never come."""
    client = start_door(make_other_house(**PROXY, proxy_seconds=60)).connect(PEER)
    client.send(octets)
    assert client.reply() == ""
    wait_until(lambda: ends(capture_log))
    assert [entry["reason"] for entry in ends(capture_log)] == ["bad_proxy_header"]


def test_a_header_that_drips_has_one_deadline(make_other_house, start_door, capture_log):
    """Each octet is progress, and gains no time: smtp.proxy_seconds are for the whole header."""
    client = start_door(make_other_house(**PROXY, proxy_seconds=0.5)).connect(PEER)
    with contextlib.suppress(OSError):
        for octet in header(value(0x04, bytes(16000))):
            client.send(bytes([octet]))
            time.sleep(0.02)
            if ends(capture_log):
                break
    assert [entry["reason"] for entry in ends(capture_log)] == ["no_proxy_header"]


# -- XCLIENT, XFORWARD -------------------------------------------------------------------------------------------------


def test_xclient_with_commands_behind_it(make_other_house, start_door):
    """Pipelined in the same segment: they are the new client's, who has not said EHLO and has no transaction."""
    house = make_other_house(**SERVER)
    client = start_door(house).connect(PEER).greet()
    client.send(b"XCLIENT ADDR=192.0.2.7\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<" + house.acme.encode() + b">\r\n")
    client.send(b"DATA\r\nEHLO client.example\r\nMAIL FROM:<b@example.org>\r\n")
    assert [client.reply()[:9] for _ in range(4)] == ["220 mx.in", "503 5.5.1", "503 5.5.1", "503 5.5.1"]
    assert client.reply().startswith("250-")
    assert client.reply().startswith("250 2.1.0")


def test_xforward_within_a_message_of_chunks(make_other_house, start_door):
    """Refused between two chunks; the message goes on, and is whose it was."""
    house = make_other_house(**SERVER)
    client = start_door(house).connect(PEER).greet()
    assert client.ask(b"XFORWARD ADDR=192.0.2.7").startswith("250 ")
    client.send(b"MAIL FROM:<a@example.org>\r\nRCPT TO:<" + house.acme.encode() + b">\r\nBDAT 12\r\nSubject: x\r\n")
    client.send(b"XFORWARD ADDR=192.0.2.8\r\nXCLIENT ADDR=192.0.2.9\r\nBDAT 8 LAST\r\n\r\nbody\r\n")
    codes = [client.reply()[:9] for _ in range(6)]
    assert codes == ["250 2.1.0", "250 2.1.5", "250 2.0.0", "503 5.5.1", "503 5.5.1", "250 2.0.0"]
    assert [each.peer for each in envelopes(house)] == ["192.0.2.7"]


# -- LMTP --------------------------------------------------------------------------------------------------------------


def greeted(door):
    client = door.connect(kind="lmtp")
    assert client.reply().startswith("220 ")
    assert client.ask(b"LHLO front.example").startswith("250")
    return client


def test_a_thousand_recipients_of_a_message_that_cannot_be_kept(house, start_door):
    """Each hears 451, no more and no less; the session goes on with the reply that belongs to the next command."""
    real = open_journal(house.settings, "door-1")

    class FailingJournal(LetterByLetter):
        has_room = staticmethod(real.has_room)
        sink = staticmethod(real.sink)

        def submit(self, envelope, sink):
            raise TemporaryFailure("the disk is gone")

    client = greeted(start_door(house, journal=FailingJournal()))
    client.send(b"MAIL FROM:<a@example.org>\r\n" + f"RCPT TO:<{house.acme}>\r\n".encode() * 1001 + b"DATA\r\n")
    replies = [client.reply()[:9] for _ in range(1003)]
    assert replies == ["250 2.1.0", *["250 2.1.5"] * 1000, "452 4.5.3", "354 start"]
    client.send(MAIL + b"NOOP\r\n")
    assert [client.reply()[:9] for _ in range(1001)] == ["451 4.3.0"] * 1000 + ["250 2.0.0"]
    real.close()


def test_rset_leaves_no_replies_to_come(door, house, read_journal):
    """Three recipients forgotten, by RSET and between two chunks; the next message has one reply."""
    client = greeted(door)
    three = f"RCPT TO:<{house.acme}>\r\n".encode() * 3
    client.send(b"MAIL FROM:<a@example.org>\r\n" + three + b"RSET\r\n")
    client.send(b"MAIL FROM:<a@example.org>\r\n" + three + b"BDAT 3\r\nabcRSET\r\nBDAT 2 LAST\r\n\r\n")
    codes = [client.reply()[:3] for _ in range(12)]
    assert codes == ["250"] * 11 + ["503"]
    client.send(f"MAIL FROM:<a@example.org>\r\nRCPT TO:<{house.acme}>\r\nDATA\r\n".encode())
    assert [client.reply()[:3] for _ in range(3)] == ["250", "250", "354"]
    client.send(MAIL + b"NOOP\r\n")
    assert [client.reply()[:22] for _ in range(2)] == ["250 2.0.0 accepted as ", "250 2.0.0 OK"]
    assert len(read_journal()) == 1


def test_half_closed_behind_the_dot_all_verdicts_come(door, house, read_journal):
    """The client says that it will send no more; it still hears of every recipient."""
    client = greeted(door)
    client.send(b"MAIL FROM:<a@example.org>\r\n" + f"RCPT TO:<{house.acme}>\r\n".encode() * 500 + b"DATA\r\n")
    assert [client.reply()[:3] for _ in range(502)] == ["250"] * 501 + ["354"]
    client.send(MAIL)
    client.socket.shutdown(socket.SHUT_WR)
    assert {client.reply()[:22] for _ in range(500)} == {"250 2.0.0 accepted as "}
    assert client.reply() == ""
    assert len(read_journal()) == 1


def test_a_unix_socket_that_is_removed_serves_who_is_in(house, start_door, tmp_path, read_journal):
    """Whoever tidied it away ends no session; newcomers are told by the system."""
    start_door(house, socket_path=tmp_path / "lmtp")
    with smtplib.LMTP(str(tmp_path / "lmtp"), local_hostname="front.example") as client:
        (tmp_path / "lmtp").unlink()
        assert client.sendmail("a@example.org", [house.acme], b"Subject: x\r\n\r\n") == {}
        with pytest.raises(FileNotFoundError):
            smtplib.LMTP(str(tmp_path / "lmtp"), local_hostname="front.example")
    assert len(read_journal()) == 1


# -- TLS ---------------------------------------------------------------------------------------------------------------


def client_hello(name: bytes) -> bytes:
    """The first octets of a handshake that asks for a server of any name, sound or not."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    stand_in = (b"abcdefgh." * 40)[: len(name) - 1] + b"z"
    outgoing = ssl.MemoryBIO()
    handshake = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=stand_in.decode())
    with contextlib.suppress(ssl.SSLWantReadError):
        handshake.do_handshake()
    octets = outgoing.read()
    assert octets.count(stand_in) == 1
    return octets.replace(stand_in, name)


@pytest.mark.parametrize(
    "name",
    [b"mx\0.in.example.com", b"b\xc3\xbccher.example", b"\xff" * 20, b"\r\nQUIT\r\n\r\n", b"." * 20, b"a" * 250],
    ids=["NUL", "not encoded", "no text", "commands", "dots", "long label"],
)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # process.py has a hook for it
def test_hostile_server_names(door, house, capture_log, name):
    """A handshake with the default certificate, or one line that it failed; the next client is served."""
    with socket.create_connection(("127.0.0.1", door.ports["smtps"]), timeout=10) as hostile:
        hostile.sendall(client_hello(name))
        hostile.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            while hostile.recv(65536):
                pass
    wait_until(lambda: ends(capture_log))
    assert [entry["reason"] for entry in ends(capture_log)] == ["tls_failed"]
    failures = [entry for entry in capture_log if entry["event"] == "tls_failed"]
    assert [(entry["peer"], entry["reason"].isprintable()) for entry in failures] == [("127.0.0.1", True)]
    context = ssl.create_default_context(cafile=house.settings.data / "tls" / "certificate.pem")
    context.check_hostname = False
    with smtplib.SMTP_SSL("127.0.0.1", door.ports["smtps"], "client.example", context=context) as client:
        assert client.noop()[0] == 250


def test_handshakes_that_never_end(make_other_house, start_door, capture_log):
    """They count from their first octet on, drip or not, and are gone after smtp.handshake_seconds."""
    house = make_other_house(max_connections=20, handshake_seconds=1.0)
    door = start_door(house)
    first = client_hello(b"mx.in.example.com")[:40]
    held = [socket.create_connection(("127.0.0.1", door.ports["smtps"]), timeout=10) for _ in range(60)]
    with contextlib.ExitStack() as stack:
        for client in held:
            stack.enter_context(client)
        with contextlib.suppress(OSError):
            for octet in first:
                for client in held:
                    with contextlib.suppress(ConnectionError):
                        client.sendall(bytes([octet]))
                time.sleep(0.05)
        wait_until(lambda: len(ends(capture_log)) >= 60)
        door.connect().greet()
    reasons = [entry["reason"] for entry in ends(capture_log)]
    assert (reasons.count("too_many_sessions"), reasons.count("tls_failed")) == (40, 20)


def test_who_resets_at_once_has_its_line(door, capture_log):
    """A connection that is gone before it is looked at is told with its address, at every listener."""
    for kind in ("smtp", "lmtp", "smtps"):
        client = door.connect("127.0.0.5", kind=kind)
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
    wait_until(lambda: len(ends(capture_log)) == 3)
    assert {entry["peer"] for entry in ends(capture_log)} == {"127.0.0.5"}
