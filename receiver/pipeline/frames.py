"""Frames between the worker and its parsing children: a length, a JSON object, then octets of declared length.

Never pickle: the child has read hostile octets, and what it says is data (law 17). Every length is checked
against a limit before anything is read for it. A descriptor may travel beside a frame (the large file of a message).
Raises BrokenFrame when the peer is gone, silent past the deadline, or speaks nonsense.
"""

import json
import socket
import struct
import time
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

# A frame of facts: 1,000 parts with names of 1 KiB, a capped text and a cleaned body beside them stay well below.
MAX_HEAD_OCTETS = 32 * 1024**2
CHUNK_OCTETS = 1024**2
_LENGTH = struct.Struct(">I")


class BrokenFrame(Exception):
    """The conversation with the peer is over; the text says why."""


class Deadline:
    """A moment on the monotonic clock until which a conversation may last."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that remain; never below zero."""
        return max(0.0, self._until - time.monotonic())


class Channel:
    """One end of a stream socket; not thread safe."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._deadline: Deadline | None = None

    def set_deadline(self, deadline: Deadline | None) -> None:
        """Bound everything that follows; None waits for ever (the child waits for work)."""
        self._deadline = deadline

    def send(self, head: dict[str, Any], *octets: Iterable[bytes], descriptor: int | None = None) -> None:
        """Send one frame and the octets that its head declares."""
        packed = json.dumps(head, separators=(",", ":")).encode("ascii")
        try:
            self._apply_deadline()
            start = _LENGTH.pack(len(packed)) + packed
            if descriptor is None:
                self._socket.sendall(start)
            else:
                sent = socket.send_fds(self._socket, [start], [descriptor])
                self._socket.sendall(memoryview(start)[sent:])
            for piece in chain.from_iterable(octets):
                self._apply_deadline()
                self._socket.sendall(piece)
                del piece  # before the next one is made: each may be as large as a mail
        except OSError as error:
            raise BrokenFrame(f"cannot send: {error.strerror or 'time is over'}") from error

    def receive(self) -> tuple[dict[str, Any], int | None]:
        """Read the head of the next frame, and the descriptor that came with it."""
        start, descriptor = self._receive_start()
        (length,) = _LENGTH.unpack(start)
        if length > MAX_HEAD_OCTETS:
            raise BrokenFrame(f"head of {length} octets is too long")
        try:
            head = json.loads(self.receive_octets(length))
        except (ValueError, RecursionError) as error:
            raise BrokenFrame("head is not JSON") from error
        if not isinstance(head, dict):
            raise BrokenFrame("head is not a JSON object")
        return head, descriptor

    def receive_octets(self, length: int) -> bytes:
        """Read exactly `length` octets; the caller has checked that it wants so many."""
        buffer = bytearray(length)
        self._fill(memoryview(buffer))
        return bytes(buffer)

    def receive_pieces(self, length: int) -> Iterator[bytes]:
        """Read exactly `length` octets, a chunk at a time."""
        while length:
            piece = self.receive_octets(min(length, CHUNK_OCTETS))
            length -= len(piece)
            yield piece

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _receive_start(self) -> tuple[bytes, int | None]:
        try:
            self._apply_deadline()
            start, descriptors, _, _ = socket.recv_fds(self._socket, _LENGTH.size, 1)
        except OSError as error:
            raise BrokenFrame(f"no answer: {error.strerror or 'time is over'}") from error
        if not start:
            raise BrokenFrame("peer is gone")
        rest = self.receive_octets(_LENGTH.size - len(start))
        return start + rest, descriptors[0] if descriptors else None

    def _fill(self, view: memoryview) -> None:
        try:
            while view:
                self._apply_deadline()
                received = self._socket.recv_into(view)
                if not received:
                    raise BrokenFrame("peer is gone")
                view = view[received:]
        except OSError as error:
            raise BrokenFrame(f"no answer: {error.strerror or 'time is over'}") from error

    def _apply_deadline(self) -> None:
        if self._deadline is None:
            return
        left = self._deadline.left()
        if not left:
            raise BrokenFrame("time is over")
        self._socket.settimeout(left)
