"""How much one client may have: each limit ends in 421 with words, or in a wait; what is good is never touched."""

import time

from receiver.own_journal import open_journal
from receiver.smtp.door import make_lookup
from receiver.smtp.handler import ImportHandler
from tests.receiver_smtp.journals import SlowJournal

MAIL = b"Subject: probe\r\n\r\nbody\r\n.\r\n"


def begin_mail(client):
    assert client.ask(b"MAIL FROM:<a@example.org>").startswith("250 ")


def is_closed(client):
    return client.reply() == ""


def test_connections_in_total(make_other_house, start_door):
    """421 4.3.2 beyond the setting; a place that is given back is the next one's."""
    door = start_door(make_other_house(max_connections=2))
    clients = [door.connect().greet() for _ in range(2)]
    refused = door.connect()
    assert refused.reply() == "421 4.3.2 too many connections for now, try again later"
    assert is_closed(refused)
    assert clients[0].ask(b"QUIT").startswith("221 ")
    assert is_closed(clients[0])
    wait_until(lambda: len(door.sessions) == 1)
    door.connect().greet()


def test_connections_of_one_address(make_other_house, start_door):
    """421 4.7.0, in words that name the reason."""
    door = start_door(make_other_house(max_connections_per_address=2))
    kept = [door.connect().greet() for _ in range(2)]
    refused = door.connect()
    assert refused.reply() == "421 4.7.0 too many connections from your address, close some first"
    assert is_closed(refused)
    assert kept[0].ask(b"NOOP").startswith("250 ")


def wait_until(claim):
    deadline = time.monotonic() + 10
    while not claim():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_messages_of_one_session(make_other_house, start_door):
    """The message that reaches the limit is accepted; the next MAIL gets 421."""
    ours = make_other_house(max_messages=2)
    client = start_door(ours).connect().greet()
    for _ in range(2):
        client.begin(ours.acme).send(MAIL)
        assert client.reply().startswith("250 ")
    assert client.ask(b"MAIL FROM:<a@example.org>").startswith("421 4.7.0 enough messages")
    assert is_closed(client)


def test_commands_without_progress(make_other_house, start_door):
    """NOOP for ever is answered 421; a taken recipient is progress and begins the count anew."""
    house = make_other_house(max_commands_without_progress=10)
    client = start_door(house).connect().greet()
    for _ in range(3):
        for _ in range(5):
            assert client.ask(b"NOOP").startswith("250 ")
        begin_mail(client)
        assert client.ask(f"RCPT TO:<{house.acme}>".encode()).startswith("250 ")
        assert client.ask(b"RSET").startswith("250 ")
    replies = [client.ask(b"NOOP") for _ in range(11)]
    assert [reply[:3] for reply in replies[:-1]] == ["250"] * 10
    assert replies[-1].startswith("421 4.7.0 too many commands")
    assert is_closed(client)


def test_recipients_beyond_the_limit_are_no_lack_of_progress(make_other_house, start_door):
    """RFC 5321 4.5.3.1.10: a client may name all its recipients, hear 452 for the rest, and send."""
    house = make_other_house(max_commands_without_progress=10, max_recipients=100)
    client = start_door(house).connect().greet()
    begin_mail(client)
    replies = [client.ask(f"RCPT TO:<{house.acme.replace('@', f'+{n}@')}>".encode()) for n in range(150)]
    assert [reply[:3] for reply in replies] == ["250"] * 100 + ["452"] * 50
    assert client.ask(b"DATA").startswith("354")
    client.send(MAIL)
    assert client.reply().startswith("250 ")


def test_errors(make_other_house, start_door):
    """Unknown commands: 500 up to the setting, then 421."""
    client = start_door(make_other_house(max_errors=3)).connect().greet()
    assert [client.ask(b"BOGUS")[:3] for _ in range(4)] == ["500", "500", "500", "421"]
    assert is_closed(client)


def test_session_that_lasts_too_long(make_other_house, start_door):
    """A message that is under way when the time is over is accepted; the command after it gets 421."""
    house = make_other_house(session_seconds=0.5)
    client = start_door(house).connect().greet().begin(house.acme)
    time.sleep(0.6)
    client.send(MAIL)
    assert client.reply().startswith("250 ")
    assert client.ask(b"NOOP") == "421 4.4.2 connection has lasted too long, open another"
    assert is_closed(client)


def test_message_that_comes_in_too_slowly(make_other_house, start_door):
    """Octet by octet, the idle timer never ends it: the transfer rate does."""
    house = make_other_house(transfer_grace_seconds=0.2, min_octets_per_second=10_000)
    client = start_door(house).connect().greet().begin(house.acme)
    client.socket.settimeout(0.05)
    said = b""
    for _ in range(400):
        try:
            client.send(b"x")
            said = client.socket.recv(1000)
        except TimeoutError:
            continue
        break
    assert said.startswith(b"421 4.4.2 message comes in too slowly")


def test_slow_handler_is_no_slow_client(make_other_house, start_door):
    """Neither the transfer rate nor the session's time touches a message that waits for the disk."""
    house = make_other_house(transfer_grace_seconds=0.1, min_octets_per_second=1e6, session_seconds=0.2)
    real = open_journal(house.settings, "door-1")
    journal = SlowJournal(real)
    door = start_door(house, journal=journal)
    client = door.connect().greet().begin(house.acme)
    client.send(MAIL)
    assert journal.reached.wait(10)
    time.sleep(0.5)
    door.call(lambda: journal.future.set_result(None))
    assert client.reply().startswith("250 ")
    real.close()


def test_guessing_addresses_becomes_slow(make_other_house, start_door):
    """The first unknown recipients of an address are refused at once, in whichever session; then each one waits."""
    house = make_other_house(tarpit_recipients=3, tarpit_seconds=5)
    naps = []

    async def nap(seconds):
        naps.append(seconds)

    journal, lookup = open_journal(house.settings, "door-1"), make_lookup(house.settings, house.database)
    handler = ImportHandler(journal, lookup, 1000, sleep=nap)
    door = start_door(house, journal=journal, lookup=lookup, handler=handler)
    for number in range(5):
        client = door.connect().greet()
        begin_mail(client)
        assert client.ask(b"RCPT TO:<nobody%d@in.example.com>" % number).startswith("550 5.1.1")
        assert client.ask(f"RCPT TO:<{house.acme}>".encode()).startswith("250 ")
        assert client.ask(b"RCPT TO:<a@elsewhere.example>").startswith("550 5.7.1")
    assert naps == [5.0, 5.0]
