"""What goes over the renderer's socket: a header in JSON and octets, both with their length before them.

One request and one answer a connection. Never pickle (law 17). Raises WireFault when the peer does not keep to it,
OSError as the socket does.
"""

import json
import socket
import struct
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


def send(channel: socket.socket, header: dict[str, Any], octets: bytes = b"") -> None:
    """Write one request or answer."""
    text = json.dumps(header).encode()
    channel.sendall(_LENGTHS.pack(len(text), len(octets)) + text)
    channel.sendall(octets)


def receive(channel: socket.socket, max_octets: int) -> tuple[dict[str, Any], bytes | int]:
    """Read one: its header and its octets, or the number of octets (left unread) when they are too many."""
    header_length, length = _LENGTHS.unpack(_exactly(channel, _LENGTHS.size))
    if header_length > MAX_HEADER:
        raise WireFault(f"header of {header_length} octets")
    try:
        header = json.loads(_exactly(channel, header_length))
    except (ValueError, RecursionError) as error:
        raise WireFault("header is not JSON") from error
    if not isinstance(header, dict):
        raise WireFault("header is not an object")
    return header, _exactly(channel, length) if length <= max_octets else length


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


def _exactly(channel: socket.socket, length: int) -> bytes:
    collected = bytearray()
    while len(collected) < length:
        octets = channel.recv(min(CHUNK, length - len(collected)))
        if not octets:
            raise WireFault(f"ended after {len(collected)} of {length} octets")
        collected += octets
    return bytes(collected)
