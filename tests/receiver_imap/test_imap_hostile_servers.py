"""Servers that hang, lie, flood or break off: every session ends in time, with the right code, in little memory."""

import asyncio
import resource
from collections.abc import Awaitable, Callable

import pytest

from receiver.imap.failures import ImapFailure, Undeliverable
from receiver.imap.session import Session
from receiver.imap.uid_sets import UidSet
from receiver.imap.values import Head, Limits
from tests.receiver_imap.scripted import CAPABILITIES, LIMITS, LOGIN, QUICK, Peer, Script, opened, server, silence

MIB = 1024**2
HEADER = b"BODY[HEADER.FIELDS (FROM)] {6}\r\nA: b\r\n"


def head_line(uid: int, structure: bytes = b'("text" "plain" NIL NIL NIL "7bit" 5 1)') -> bytes:
    """The answer to one UID of a batch of heads."""
    return b'* 1 FETCH (UID %d INTERNALDATE "01-Nov-2026 10:00:00 +0000" RFC822.SIZE 5 BODYSTRUCTURE %s %s)\r\n' % (
        uid,
        structure,
        HEADER,
    )


async def heads(session: Session, last: int = 3) -> list[Head]:
    """All heads up to `last`."""
    return [head async for head in session.heads(UidSet.span(1, last))]


def outcome(script: Script, act: Callable[[Session], Awaitable[object]], limits: Limits = LIMITS) -> ImapFailure:
    """How a session with an open mailbox fails."""

    async def run() -> None:
        async with opened(script, limits) as session:
            await act(session)

    with pytest.raises(ImapFailure) as failure:
        asyncio.run(asyncio.wait_for(run(), 120))
    return failure.value


def says(octets: bytes, status: bytes = b"OK done") -> Script:
    """A server that says `octets` to the next command, and then nothing more."""

    async def script(peer: Peer) -> None:
        await peer.answer(octets, status)
        await silence(peer)

    return script


@pytest.mark.parametrize("steps", range(5))
def test_a_server_that_falls_silent_is_left_in_time(steps: int) -> None:
    """At the greeting, at the login, at EXAMINE, at SEARCH, in the middle of an answer."""

    async def script(peer: Peer) -> None:
        told = [
            lambda: peer.say(b"* OK [CAPABILITY " + CAPABILITIES + b"] hello\r\n"),
            lambda: peer.answer(status=b"OK [CAPABILITY " + CAPABILITIES + b"] in"),
            lambda: peer.answer(b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n"),
            lambda: peer.say(b"* SEARCH 1 2"),
        ]
        for tell in told[:steps]:
            await tell()
        await silence(peer)

    async def run() -> None:
        async with server(script) as place:
            session = await Session.open(place, QUICK)
            await session.login(LOGIN)
            await session.examine("INBOX")
            await session.search_from(1)

    with pytest.raises(ImapFailure) as failure:
        asyncio.run(asyncio.wait_for(run(), 60))
    assert failure.value.code == "server_silent"


def test_a_server_that_drips_is_left_when_the_command_has_taken_too_long() -> None:
    """An octet now and then is no silence, and yet no end."""

    async def drip(peer: Peer) -> None:
        while True:
            await peer.say(b"* OK still here\r\n")
            await asyncio.sleep(0.05)

    assert outcome(drip, lambda session: session.search_from(1), QUICK).code == "server_silent"


def test_a_line_without_end_costs_little_memory() -> None:
    """A gigabyte would do the same as these 200 MB: the server is left at the limit, what came before is not kept."""

    async def flood(peer: Peer) -> None:
        await peer.hear()
        await peer.say(b"* 1 FETCH (UID 1 BODYSTRUCTURE (")
        for _ in range(200):
            await peer.say(b"(" * MIB)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    failure = outcome(flood, heads)

    assert (failure.code, failure.params) == ("server_nonsense", {"what": "endless response"})
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 48 * 1024


def test_a_flood_of_what_nobody_asked_for_costs_little_memory() -> None:
    """Untagged data is read and forgotten, until the command has taken too long."""
    line = b"* 5 FETCH (UID 77 FLAGS (\\Seen))\r\n* 9 EXISTS\r\n* LIST () NIL x\r\n" * 2000

    async def flood(peer: Peer) -> None:
        while True:
            await peer.say(line)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    failure = outcome(flood, heads, Limits(silence_seconds=5, command_seconds=0.1))

    assert failure.code == "server_silent"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 48 * 1024


@pytest.mark.parametrize(
    "answer",
    [
        b"* 1 FETCH (UID 1 RFC822.SIZE {99999999999999999999}\r\n",
        b"* 1 FETCH (UID 1 BODY[HEADER.FIELDS (FROM)] {100000000}\r\n",
        b"* LIST () NIL {9999999999}\r\n",
    ],
)
def test_a_literal_beyond_all_measure_ends_the_session(answer: bytes) -> None:
    """Nobody waits for octets that can never come."""
    assert outcome(says(answer), heads, QUICK).code == "server_nonsense"


def test_a_literal_longer_than_said_breaks_nothing_but_this_session() -> None:
    """What follows is no response."""
    longer = head_line(1).replace(b"{6}\r\nA: b\r\n", b"{3}\r\nA: b\r\nnonsense here\r\n")
    assert outcome(says(longer), heads).code == "server_nonsense"


def test_a_literal_shorter_than_said_swallows_no_time() -> None:
    """It eats the tagged answer, and the server is left in time."""
    shorter = head_line(1).replace(b"{6}", b"{500}")
    assert outcome(says(shorter), heads, QUICK).code == "server_silent"


def test_a_negative_literal_is_no_literal() -> None:
    """And what follows is no response."""
    negative = head_line(1).replace(b"{6}\r\nA: b\r\n", b"{-6}\r\n")
    assert outcome(says(negative), heads).code == "server_nonsense"


def test_a_structure_nested_a_thousand_deep_is_cut() -> None:
    """It is marked, and the heads after it are read."""
    deep = b"(" * 1000 + b'"text" "plain" NIL NIL NIL "7bit" 5 1)' + b' "mixed")' * 999

    async def run() -> list[Head]:
        async with opened(says(head_line(1, deep) + head_line(2))) as session:
            return await heads(session)

    first, second = asyncio.run(run())
    assert first.is_cut
    assert len(list(first.structure.walk())) == LIMITS.depth + 1
    assert not second.is_cut


@pytest.mark.parametrize("parts", [10_000, 100_000])
def test_a_structure_of_very_many_parts_is_cut(parts: int) -> None:
    """Whether it fits into a line or not."""
    wide = b"(" + b'("text" "plain" NIL NIL NIL "7bit" 5 1)' * parts + b' "mixed")'

    async def run() -> list[Head]:
        async with opened(says(head_line(1, wide) + head_line(2))) as session:
            return await heads(session)

    first, second = asyncio.run(run())
    assert (first.uid, first.is_cut) == (1, True)
    assert len(list(first.structure.walk())) == LIMITS.parts
    assert (second.uid, second.is_cut) == (2, False)


def test_heads_that_nobody_asked_for_are_not_given_out() -> None:
    """Nor is one given twice."""
    lines = head_line(77) + head_line(1) + head_line(1) + b"* 4 FETCH (FLAGS ())\r\n" + head_line(2)

    async def run() -> list[int]:
        async with opened(says(lines)) as session:
            return [head.uid for head in await heads(session)]

    assert asyncio.run(run()) == [1, 2]


def test_news_during_a_fetch_changes_nothing() -> None:
    """EXPUNGE, EXISTS, flags, and a head in two responses."""
    lines = (
        b"* 3 EXPUNGE\r\n* 8 EXISTS\r\n* 0 RECENT\r\n* OK [ALERT] hi {5}\r\n* 2 FETCH (UID 2 FLAGS (\\Seen))\r\n"
        b"* 2 FETCH (UID 2 RFC822.SIZE 5 INTERNALDATE NIL)\r\n"
        b'* 2 FETCH (UID 2 BODYSTRUCTURE ("text" "plain" NIL NIL NIL "7bit" 5 1) ' + HEADER + b")\r\n"
    )

    async def run() -> list[Head]:
        async with opened(says(lines + head_line(1))) as session:
            return await heads(session)

    assert [(head.uid, head.size, head.is_cut) for head in asyncio.run(run())] == [(2, 5, False), (1, 5, False)]


def test_a_uid_that_cannot_be_told_about_does_not_hide_the_others() -> None:
    """A refused batch is asked for in halves; what is refused by itself is handed out as cut."""

    async def script(peer: Peer) -> None:
        while True:
            tag, command = await peer.hear()
            first, _, last = command.split()[2].decode().partition(":")
            uids = range(int(first), int(last or first) + 1)
            if 5 in uids:
                await peer.say(tag + b" NO cannot parse this one\r\n")
            else:
                await peer.say(b"".join(map(head_line, uids)) + tag + b" OK done\r\n")

    async def run() -> list[Head]:
        async with opened(script) as session:
            return await heads(session, 8)

    assert sorted((head.uid, head.is_cut) for head in asyncio.run(run())) == [(n, n == 5) for n in range(1, 9)]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"A99 OK who asked\r\n", "server_nonsense"),
        (b"\r\n", "server_nonsense"),
        (b"\x00\xff\xfe\r\n", "server_nonsense"),
        (b"* \r\n", "server_nonsense"),
        (b"* BYE [UNAVAILABLE] maintenance\r\n", "server_busy"),
        (b"* BYE Too many simultaneous connections\r\n", "too_many_connections"),
        (b"* BYE idle for too long\r\n", "connection_lost"),
    ],
)
def test_what_breaks_a_session_has_a_code(said: bytes, code: str) -> None:
    """Whatever a server says out of turn."""

    async def script(peer: Peer) -> None:
        await peer.hear()
        await peer.say(said)
        await silence(peer)

    assert outcome(script, heads).code == code


def test_a_refusal_that_concerns_the_account_ends_the_session() -> None:
    """Microsoft's way to say that this mailbox cannot be read now."""
    failure = outcome(says(b"", b"BAD User is authenticated but not connected."), heads)
    assert (failure.code, failure.health) == ("not_connected", "unreachable")


def test_a_connection_cut_in_a_message_names_the_message() -> None:
    """It counts as an attempt at this UID."""

    async def script(peer: Peer) -> None:
        await peer.hear()
        await peer.say(b"* 1 FETCH (UID 5 BODY[]<0> {1000}\r\nhalf of it")
        peer.hang_up()

    failure = outcome(script, lambda session: session.whole(5, bytes))
    assert (failure.code, failure.uid) == ("connection_lost", 5)


def test_a_login_in_clear_is_refused_by_us() -> None:
    """The password does not leave this machine where the server forbids it to."""
    heard: list[bytes] = []

    async def script(peer: Peer) -> None:
        await peer.say(b"* OK [CAPABILITY IMAP4rev1 LOGINDISABLED STARTTLS] hello\r\n")
        heard.append((await peer.hear())[1])

    async def run() -> None:
        async with server(script) as place:
            session = await Session.open(place, LIMITS)
            await session.login(LOGIN)

    with pytest.raises(ImapFailure) as failure:
        asyncio.run(run())
    assert failure.value.code == "plaintext_refused"
    assert heard == []


def test_one_message_refused_is_not_the_end() -> None:
    """Undeliverable, and the session goes on."""

    async def script(peer: Peer) -> None:
        await peer.answer(status=b"NO cannot be read")
        await peer.answer(b"* SEARCH 4\r\n")

    async def run() -> UidSet:
        async with opened(script) as session:
            with pytest.raises(Undeliverable) as failure:
                await session.whole(5, bytes)
            assert not failure.value.is_gone
            return await session.search_from(1)

    assert asyncio.run(run()) == UidSet.of([4])


def test_a_mailbox_of_a_million_mails_is_searched() -> None:
    """By a server without ESEARCH, in one line of 7 MB."""
    line = b"* SEARCH " + b" ".join(b"%d" % n for n in range(1, 2_000_001, 2)) + b"\r\n"

    async def run() -> UidSet:
        async with opened(says(line)) as session:
            return await session.search_from(1)

    found = asyncio.run(run())
    assert len(found) == 1_000_000
    assert 999_999 in found
    assert 1_000_000 not in found
