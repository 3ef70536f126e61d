"""Before a session begins: a listed proxy says who its client is.

Reads the PROXY header off the socket and not one octet more, so that whatever comes next (TLS, a client that talks too
early) finds the socket as if the client had connected itself. Never looks at what others send, nor at what comes over a
Unix socket: servers that have no header to send hand mail on there. Raises OSError when the connection breaks.
"""

import asyncio
import socket

from receiver.smtp.networks import is_listed
from receiver.smtp.proxy import MOST_OCTETS, HeaderDecoder, HeaderFault
from receiver.smtp.trace import peer_name
from receiver.smtp.waiting import octets_waiting
from receiver.smtp.wire import Wire


async def introduce(session: Wire, client: socket.socket) -> None:
    """Learn whom `client` speaks for, if it is a proxy; a connection without use is noted in `session.turned_away`."""
    terms = session.terms
    session.is_local = client.family == socket.AF_UNIX
    if session.is_local or not terms.proxy_networks or not is_listed(proxy := session.connected, terms.proxy_networks):
        return
    # In total alone: all clients come from the proxy's address. Theirs are counted when they are known.
    session.turned_away = session.visit.enter(None)
    if session.turned_away is not None:
        return
    try:
        async with asyncio.timeout(terms.proxy_seconds):
            session.proxied_peer = await _read_header(client)
        session.is_unnamed = session.proxied_peer is None
        session.via = "" if session.is_unnamed else peer_name(proxy)
    except (HeaderFault, TimeoutError) as fault:
        is_header = isinstance(fault, HeaderFault) and fault.is_header
        session.turned_away = ("bad_proxy_header" if is_header else "no_proxy_header"), None


async def _read_header(client: socket.socket) -> tuple[str, int] | None:
    decoder = HeaderDecoder()
    while not decoder.is_finished:
        await octets_waiting(client)
        try:
            octets = client.recv(MOST_OCTETS, socket.MSG_PEEK)
        except BlockingIOError:
            continue
        if not octets:
            raise HeaderFault(is_header=False)
        rest = decoder.feed(octets)
        client.recv(len(octets) - len(rest))
    return decoder.source
