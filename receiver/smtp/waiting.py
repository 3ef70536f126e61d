"""What waits in a socket that nobody has read yet. Never reads it."""

import asyncio
import fcntl
import socket
import termios


def has_unread_octets(transport: asyncio.BaseTransport) -> bool:
    """What the system holds for us and no reader was told of yet. Under TLS it would be a record of unknown content."""
    peer = transport.get_extra_info("socket")
    if peer is None or transport.get_extra_info("ssl_object") is not None:
        return False
    try:
        return fcntl.ioctl(peer.fileno(), termios.FIONREAD, bytes(4)) != bytes(4)
    except (OSError, ValueError):  # closed already
        return False


async def octets_waiting(peer: socket.socket) -> None:
    """Done when there is something to read, or the end of it; for sockets without a transport."""
    loop, is_readable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(peer.fileno(), is_readable.set)
    try:
        await is_readable.wait()
    finally:
        loop.remove_reader(peer.fileno())
