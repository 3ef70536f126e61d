"""Waiting for new mail: longer than any command may take, and no longer than was asked."""

import asyncio

import pytest

from receiver.imap.failures import ImapFailure
from receiver.imap.idle import has_news
from tests.receiver_imap.scripted import QUICK, Peer, Script, opened, silence

# What else may take so long is over by then.
NEWS_AFTER_SECONDS = 1.5


def idling(script: Script, seconds: float) -> bool:
    """What idling so long says; the session can do something afterwards."""

    async def run() -> bool:
        async with opened(script, QUICK) as session:
            is_news = await session.idle(seconds)
            await session.search_from(1)
            return is_news

    return asyncio.run(asyncio.wait_for(run(), 60))


async def begin(peer: Peer) -> bytes:
    """Hear IDLE and agree; gives its tag."""
    tag, command = await peer.hear()
    assert command == b"IDLE"
    await peer.say(b"+ idling\r\n")
    return tag


async def end(peer: Peer, tag: bytes) -> None:
    """Hear DONE, and go on."""
    assert (await peer.hear())[0] == b"DONE"
    await peer.say(tag + b" OK done\r\n")
    await peer.answer(b"* SEARCH 1\r\n")
    await silence(peer)


def test_idle_outlasts_the_time_of_a_command() -> None:
    """Neither a server's silence nor the length of it ends what was meant to last."""
    assert QUICK.silence_seconds < QUICK.command_seconds < NEWS_AFTER_SECONDS

    async def script(peer: Peer) -> None:
        tag = await begin(peer)
        await asyncio.sleep(NEWS_AFTER_SECONDS)
        await peer.say(b"* 10 EXISTS\r\n")
        await end(peer, tag)

    assert idling(script, 30)


def test_idle_ends_when_nothing_comes() -> None:
    """In time, with a session that can be used; a server that says that it is still there says no news."""

    async def script(peer: Peer) -> None:
        tag = await begin(peer)
        for _ in range(4):
            await asyncio.sleep(NEWS_AFTER_SECONDS / 4)
            await peer.say(b"* OK still here\r\n")
        await end(peer, tag)

    assert not idling(script, NEWS_AFTER_SECONDS)


def test_a_server_that_does_not_end_its_idle_is_left_in_time() -> None:
    """It hears DONE, and says nothing more."""

    async def script(peer: Peer) -> None:
        await begin(peer)
        await silence(peer)

    with pytest.raises(ImapFailure) as failure:
        idling(script, 0.1)
    assert failure.value.code == "server_silent"


def test_news_from_before_idle_are_news() -> None:
    """They came with the answer to the last command: nobody waits for them."""

    async def script(peer: Peer) -> None:
        await peer.answer(b"* SEARCH 1\r\n* 10 EXISTS\r\n")
        await end(peer, await begin(peer))

    async def run() -> bool:
        async with opened(script, QUICK) as session:
            await session.search_from(1)
            return await session.idle(30)

    assert asyncio.run(asyncio.wait_for(run(), 60))


@pytest.mark.parametrize(("last", "is_news"), [(8, False), (9, True)])
@pytest.mark.parametrize("says_next", [True, False])
def test_mail_that_came_before_the_watch_began_is_news(last: int, is_news: bool, says_next: bool) -> None:
    """Between a pull and IDLE; also of a server that does not say UIDNEXT, whose `9:*` holds 8 where there is no 9."""
    following = b"* OK [UIDNEXT %d] ok\r\n" % (last + 1) if says_next else b""

    async def script(peer: Peer) -> None:
        await peer.answer(b"* 8 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n" + following)
        await peer.answer(b"* SEARCH %d\r\n" % last)

    async def run() -> bool:
        async with opened(script) as session:
            return await has_news(session, "INBOX", 9)

    assert asyncio.run(asyncio.wait_for(run(), 60)) is is_news
