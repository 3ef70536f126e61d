"""What goes over the renderer's socket: a header in JSON and octets, both with their length before them.

One request and one answer a connection. Never pickle (law 17). Raises WireFault when the peer does not keep to it,
OSError as the socket does.
"""

import json
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from os import O_CLOEXEC, O_DIRECTORY, O_PATH, close
from os import open as open_folder
from pathlib import Path
from typing import Any

_LENGTHS = struct.Struct(">II")
MAX_HEADER = 64 * 1024
CHUNK = 1024**2
# sun_path holds 108 octets, unix(7).
MAX_PATH = 107


class WireFault(Exception):
    """The peer went away in the midst, or sent something else than a request or an answer."""


class Deadline:
    """A moment until which a conversation may last, however slowly the peer speaks."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that remain. Raises TimeoutError when there are none."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def send(channel: socket.socket, header: dict[str, Any], *octets: bytes) -> None:
    """Write one request or answer."""
    text = json.dumps(header).encode()
    channel.sendall(_LENGTHS.pack(len(text), sum(map(len, octets))) + text)
    for piece in octets:
        channel.sendall(piece)


def receive(
    channel: socket.socket, max_octets: int, deadline: Deadline | None = None
) -> tuple[dict[str, Any], bytes | int]:
    """Read one: its header and its octets, or the number of octets (left unread) when they are too many."""
    header, length = receive_header(channel, deadline)
    return header, receive_octets(channel, length, deadline) if length <= max_octets else length


def receive_header(channel: socket.socket, deadline: Deadline | None = None) -> tuple[dict[str, Any], int]:
    """Read the header of one, and how many octets follow."""
    header_length, length = _LENGTHS.unpack(receive_octets(channel, _LENGTHS.size, deadline))
    if header_length > MAX_HEADER:
        raise WireFault(f"header of {header_length} octets")
    try:
        header = json.loads(receive_octets(channel, header_length, deadline))
    except (ValueError, RecursionError) as error:
        raise WireFault("header is not JSON") from error
    if not isinstance(header, dict):
        raise WireFault("header is not an object")
    return header, length


def receive_octets(channel: socket.socket, length: int, deadline: Deadline | None = None) -> bytes:
    """Read exactly so many."""
    collected = bytearray()
    while len(collected) < length:
        collected += _some(channel, length - len(collected), deadline)
    return bytes(collected)


def skip_octets(channel: socket.socket, length: int) -> None:
    """Read so many and forget them."""
    while length:
        length -= len(_some(channel, length, None))


@contextmanager
def address_of(path: Path) -> Iterator[str]:
    """`path` as a socket address, by way of its opened folder when it is too long for one."""
    if len(str(path).encode()) <= MAX_PATH:
        yield str(path)
        return
    folder = open_folder(path.parent, O_PATH | O_DIRECTORY | O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        close(folder)


def _some(channel: socket.socket, most: int, deadline: Deadline | None) -> bytes:
    if deadline:
        channel.settimeout(deadline.left())
    octets = channel.recv(min(CHUNK, most))
    if not octets:
        raise WireFault(f"ended {most} octets too early")
    return octets
