"""Messages in chunks (RFC 3030): the decoder against an obvious reference, and BDAT at a real door."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from receiver.smtp.chunks import ChunkDecoder
from receiver.smtp.text import DataFault, DataLimits
from storage.failures import TemporaryFailure

LIMITS = DataLimits(message=60, line=12)
OCTETS = st.lists(
    st.sampled_from([b"\r\n", b"\r\n", b".", b"\r", b"\n", b"\r\n.\r\n", b"\0", b"a", b"bcdefgh", b"ijklmn"])
).map(b"".join)
MAIL = b"Subject: x\r\n\r\n.leading dot\r\n.\r\nafter it, no line end"


def cut(octets, places):
    edges = [0, *sorted(place % (len(octets) + 1) for place in places), len(octets)]
    return [octets[a:b] for a, b in itertools.pairwise(edges)]


def faults_of(octets, limits=LIMITS):
    lines = octets.split(b"\r\n")
    faults = set()
    if any(b"\r" in line or b"\n" in line for line in lines):
        faults.add(DataFault.BARE_NEWLINE)
    if b"\0" in octets:
        faults.add(DataFault.NUL)
    if any(len(line) > limits.line for line in lines):
        faults.add(DataFault.LINE_TOO_LONG)
    if len(octets) > limits.message:
        faults.add(DataFault.TOO_LARGE)
    return faults


def decode(chunks, places, *, normalizes=False, limits=LIMITS):
    """Feed each chunk in pieces, with the next command behind its last piece."""
    written = bytearray()
    decoder = ChunkDecoder(written.extend, limits, normalizes=normalizes)
    for number, chunk in enumerate(chunks):
        decoder.begin(len(chunk), is_last=number == len(chunks) - 1)
        *pieces, last = cut(chunk, places)
        for piece in pieces:
            assert decoder.feed(piece) == b""
        assert decoder.feed(last + b"NOOP\r\n") == b"NOOP\r\n"
        assert decoder.is_finished
    return decoder, bytes(written)


@settings(max_examples=500, deadline=None)
@given(OCTETS, st.lists(st.integers(0, 200), max_size=6), st.lists(st.integers(0, 200), max_size=6))
def test_chunks_decode_like_the_reference(octets, chunk_places, piece_places):
    """However a message is cut into chunks, and these into pieces: what is stored and refused stays the same."""
    decoder, written = decode(cut(octets, chunk_places), piece_places)
    faults = faults_of(octets)
    assert (decoder.fault in faults) if faults else (decoder.fault is None)
    if not faults:
        assert (written, decoder.size) == (octets, len(octets))


@settings(max_examples=300, deadline=None)
@given(OCTETS, st.lists(st.integers(0, 200), max_size=6), st.lists(st.integers(0, 200), max_size=6))
def test_chunks_are_normalised_like_the_reference(octets, chunk_places, piece_places):
    """Bare line ends become CRLF wherever the cuts lie, and it is noted only when there was one."""
    octets = octets.replace(b"\0", b"")
    decoder, written = decode(
        cut(octets, chunk_places), piece_places, normalizes=True, limits=DataLimits(10_000, 10_000)
    )
    assert written == octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    assert decoder.fault is None
    assert decoder.text.is_normalized == (written != octets)


def begin(client, *recipients):
    assert client.ask(b"MAIL FROM:<a@example.org>").startswith("250")
    for recipient in recipients:
        assert client.ask(f"RCPT TO:<{recipient}>".encode()).startswith("250")
    return client


def bdat(octets, last=""):
    return b"BDAT %d%s\r\n%s" % (len(octets), last.encode(), octets)


def test_chunks_make_one_message(door, house, read_journal):
    """Dots and what looks like an end are text; the octets are kept as they came, in the journal as after DATA."""
    client = begin(door.connect().greet(), house.acme)
    client.send(bdat(MAIL[:13]))
    assert client.reply() == "250 2.0.0 13 octets received"
    client.send(bdat(MAIL[13:30]) + bdat(MAIL[30:], " LAST") + b"NOOP\r\n")
    assert client.reply().startswith("250 2.0.0 17 octets")
    assert client.reply().startswith("250 2.0.0 accepted as ")
    assert client.reply() == "250 2.0.0 OK"
    assert [record.read() for record in read_journal()] == [MAIL]


def test_empty_last_chunk_ends_the_message(door, house, read_journal):
    """BDAT 0 LAST, in any case of letters, ends what came before; the session goes on with another message."""
    client = door.connect().greet()
    for _ in range(2):
        begin(client, house.acme).send(bdat(MAIL) + b"bdat 0 last\r\n")
        assert client.reply().startswith("250 2.0.0 ")
        assert client.reply().startswith("250 2.0.0 accepted as ")
    assert [record.read() for record in read_journal()] == [MAIL, MAIL]


def test_empty_message_is_refused(door, house, read_journal):
    """A last chunk with nothing before it is nobody's mail."""
    client = begin(door.connect().greet(), house.acme)
    assert client.ask(b"BDAT 0 LAST") == "550 5.6.0 message is empty"
    assert client.ask(b"BDAT 0 LAST") == "503 5.5.1 send MAIL first"
    assert read_journal() == []


def test_pipelined_chunks_are_answered_in_one_write(door, house, read_journal):
    """A whole transaction in one packet gets its replies in one."""
    client = door.connect().greet()
    client.send(f"MAIL FROM:<>\r\nRCPT TO:<{house.acme}>\r\n".encode() + bdat(b"") + b"NOOP\r\n" + bdat(b""))
    replies = client.socket.recv(65536)
    assert replies.count(b"\r\n250 ") == 4
    client.send(bdat(MAIL, " LAST"))
    assert client.reply().startswith("250 2.0.0 accepted")
    assert len(read_journal()) == 1


def test_reset_between_chunks_forgets_them(door, house, read_journal):
    """RSET ends the transaction; the next message holds nothing of the one before."""
    client = begin(door.connect().greet(), house.acme)
    client.send(bdat(b"of the first\r\n") + b"RSET\r\n")
    assert [client.reply()[:3] for _ in range(2)] == ["250", "250"]
    begin(client, house.acme).send(bdat(MAIL, " LAST"))
    assert client.reply().startswith("250 2.0.0 accepted")
    assert [record.read() for record in read_journal()] == [MAIL]


def test_data_and_recipients_after_chunks_are_refused(door, house, read_journal):
    """RFC 3030: a message that began in chunks goes on in chunks."""
    client = begin(door.connect().greet(), house.acme)
    client.send(bdat(MAIL))
    client.reply()
    assert client.ask(b"DATA").startswith("503 5.5.1")
    assert client.ask(f"RCPT TO:<{house.acme_second}>".encode()).startswith("503 5.5.1")
    assert client.ask(b"BDAT 0 LAST").startswith("250 2.0.0 accepted")
    assert len(read_journal()[0].envelope.recipients) == 1


def test_chunk_without_recipient_is_read_and_refused(door, read_journal):
    """The octets of a chunk nobody wants never pass for commands."""
    client = door.connect().greet()
    client.send(bdat(b"QUIT\r\n", " LAST"))
    assert client.reply() == "503 5.5.1 send MAIL first"
    assert client.ask(b"MAIL FROM:<a@example.org>").startswith("250")
    client.send(bdat(b"QUIT\r\n") + bdat(b"QUIT\r\n", " LAST") + b"NOOP\r\n")
    assert client.reply() == "503 5.5.1 no valid recipients"
    assert client.reply() == "503 5.5.1 send MAIL first"
    assert client.reply() == "250 2.0.0 OK"
    assert read_journal() == []


def test_bare_newlines_of_chunks_are_refused(door, house, read_journal):
    """The same police as for DATA, across the border of chunks too; nothing of the message is taken."""
    client = door.connect().greet()
    for chunks in ((b"a\nb",), (b"a\r", b"b"), (b"a", b"\nb"), (b"a\r",)):
        begin(client, house.acme)
        client.send(b"".join(bdat(chunk) for chunk in chunks) + b"BDAT 0 LAST\r\n")
        answers = [client.reply() for _ in range(len(chunks) + 1)]
        assert sum(answer.startswith("550 5.6.11") for answer in answers) == 1
        assert not any("accepted" in answer for answer in answers)
    begin(client, house.acme).send(bdat(b"a\r") + bdat(b"\nb\r\n", " LAST"))
    assert client.reply().startswith("250")
    assert client.reply().startswith("250 2.0.0 accepted")
    assert len(read_journal()) == 1


def test_chunks_over_the_limit_are_drained(make_other_house, start_door):
    """552 5.3.4 for what is too large, the session goes on; a chunk beyond all reason ends the session at once."""
    house = make_other_house(max_message_octets=65536)
    client = begin(start_door(house).connect().greet(), house.acme)
    client.send(bdat(b"x\r\n" * 20000))
    assert client.reply().startswith("250")
    client.send(bdat(b"x\r\n" * 20000, " LAST") + b"NOOP\r\n")
    assert client.reply().startswith("552 5.3.4")
    assert client.reply() == "250 2.0.0 OK"
    begin(client, house.acme).send(b"BDAT 99999999999999999999 LAST\r\n")
    assert client.reply().startswith("552 5.3.4")
    assert client.reply() == ""


def test_malformed_chunk_ends_the_session(door, house, read_journal):
    """Nobody can tell its octets from commands, so that nothing behind it is read."""
    for argument in (b"", b" -1", b" x", b" 5 LAST LAST", b" 5 FIRST", b" 123456789012345678901", b" 5LAST"):
        client = begin(door.connect().greet(), house.acme)
        client.send(b"BDAT" + argument + b"\r\nNOOP\r\n")
        assert client.reply().startswith("501 5.5.4 syntax: BDAT")
        assert client.reply() == ""
    assert read_journal() == []


class FailingSink:
    def write(self, octets):
        raise TemporaryFailure("the disk does not answer")

    def discard(self):
        pass


class FailingJournal:
    """Opens sinks that fail, or fails to open them."""

    def __init__(self, *, opens):
        self._opens = opens

    def has_room(self, octets):
        return True

    def sink(self):
        if not self._opens:
            raise TemporaryFailure("the disk does not answer")
        return FailingSink()


def test_journal_that_fails_leaves_no_octets_behind(make_other_house, start_door):
    """451 comes when the chunk has been read; what follows in the pipeline is no message any more."""
    for opens in (False, True):
        house = make_other_house()
        client = begin(start_door(house, journal=FailingJournal(opens=opens)).connect().greet(), house.acme)
        client.send(bdat(b"QUIT\r\n") + bdat(b"QUIT\r\n", " LAST") + b"NOOP\r\n")
        assert client.reply().startswith("451 4.3.0")
        assert client.reply().startswith("503 5.5.1")
        assert client.reply() == "250 2.0.0 OK"
