"""One case of the abuse corpus, played as a client of octets from a loopback address of its own.

Replies are compared with those that the case calls safe; what is not goes to the outcome in words. Never judges memory,
messages or sessions: that is for who can look at the server.
"""

import base64
import contextlib
import re
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from bench.server import RunningPostbus

THEIR_ADDRESS = re.compile(rb"invoices(\+tag)?@inbox\.example", re.IGNORECASE)
FASTER = 100  # drips and the patience for them
PATIENCE = 90.0

Case = dict[str, Any]


@dataclass
class Outcome:
    """What one case gave."""

    case: str
    faults: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)  # ids
    replies: list[str] = field(default_factory=list)
    growth: int = 0
    seconds: float = 0.0

    def line(self) -> str:
        """One line for people."""
        verdict = "; ".join(self.faults) if self.faults else "safe"
        last = self.replies[-1] if self.replies else "no reply"
        figures = f"{len(self.accepted)} taken, {self.growth / 2**20:4.1f} MiB, {self.seconds:5.1f} s"
        return f"{self.case:45s} {figures}  {verdict}   ({last[:60]!r})"


class Player:
    """Plays one case: a client of octets from an address of its own."""

    def __init__(self, postbus: RunningPostbus, address: str, case: Case, source: str, outcome: Outcome) -> None:
        self._postbus, self._address, self._case, self._outcome = postbus, address, case, outcome
        self._socket = socket.create_connection(("127.0.0.1", postbus.port), PATIENCE, (source, 0))
        self._buffer = b""

    def play(self) -> None:
        """All steps, then hear the rest and close; faults go to the outcome."""
        try:
            steps = self._case["steps"]
            for before, step in zip([{}, *steps], steps, strict=False):
                if not self._step(step, is_last=not before.get("repeat")):
                    break
            self._finish()
        except TimeoutError:
            self._outcome.faults.append(f"stuck: no answer in {PATIENCE:.0f} s")
        except OSError as error:
            # Hung up on: whether it was told why was judged where a reply was expected.
            self._outcome.replies.append(type(error).__name__)
        finally:
            self._socket.close()

    def _step(self, step: dict[str, Any], *, is_last: bool) -> bool:  # noqa: PLR0911 - the corpus has so many kinds
        if "expect" in step:
            return self._expect(tuple(step["expect"]), is_last=is_last)
        if "send_b64" in step or "chunk_b64" in step:
            self._send(self._octets_of(step))
        elif "send_slow_b64" in step:
            self._drip(self._octets(step["send_slow_b64"]), step["interval_seconds"] / FASTER)
        elif "starttls" in step:
            return self._start_tls()
        elif "expect_silence_seconds" in step:
            return self._hear_nothing(step["expect_silence_seconds"])
        elif "expect_close_within_seconds" in step:
            return self._hear_close(step["expect_close_within_seconds"] / FASTER)
        elif "expect_close_or_alert" in step:
            return self._hear_close(PATIENCE)
        elif step.get("close"):
            return False
        elif step.get("flush"):
            time.sleep(0.005)
        return True

    def _octets_of(self, step: dict[str, Any]) -> bytes:
        if "send_b64" in step:
            return self._octets(step["send_b64"]) * int(step.get("repeat", 1))
        chunk = self._octets(step["chunk_b64"])
        return b"BDAT %d%s\r\n" % (len(chunk), b" LAST" if step["is_last"] else b"") + chunk

    def _octets(self, encoded: str) -> bytes:
        local, _, domain = self._address.partition("@")

        def ours(found: re.Match[bytes]) -> bytes:
            theirs = f"{local}{(found[1] or b'').decode().lower()}@{domain}".encode()
            return theirs.upper() if found[0].isupper() else theirs

        return THEIR_ADDRESS.sub(ours, base64.b64decode(encoded))

    def _send(self, octets: bytes) -> None:
        # In a thread: a client that sends much and reads nothing would wait for the server as the server for it.
        def send() -> None:
            with contextlib.suppress(OSError):
                self._socket.sendall(octets)

        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        if len(octets) < 65536:
            sender.join(PATIENCE)

    def _drip(self, octets: bytes, seconds: float) -> None:
        with contextlib.suppress(ConnectionError):
            for position in range(len(octets)):
                self._socket.sendall(octets[position : position + 1])
                time.sleep(seconds)

    def _expect(self, beginnings: tuple[str, ...], *, is_last: bool) -> bool:
        while True:
            reply = self._reply()
            if reply.startswith(beginnings):
                return True
            if not reply:
                if not self._was_told_off():
                    self._outcome.faults.append(f"hung up without words where {beginnings} was expected")
                return False
            if is_last:
                self._outcome.faults.append(f"{reply[:60]!r} where {beginnings} was expected")
                return False

    def _was_told_off(self) -> bool:
        return bool(self._outcome.replies) and self._outcome.replies[-1].startswith(("421", "5"))

    def _start_tls(self) -> bool:
        if not self._outcome.replies[-1].startswith("220"):
            return False
        context = ssl.create_default_context(cafile=self._postbus.data / "tls" / "certificate.pem")
        context.check_hostname = False
        self._socket = context.wrap_socket(self._socket)
        return True

    def _hear_nothing(self, seconds: float) -> bool:
        self._socket.settimeout(seconds)
        with contextlib.suppress(TimeoutError):
            if octets := self._socket.recv(4096):
                self._outcome.faults.append(f"{octets[:60]!r} where silence was expected")
        self._socket.settimeout(PATIENCE)
        return True

    def _hear_close(self, seconds: float) -> bool:
        self._socket.settimeout(seconds)
        with contextlib.suppress(ConnectionError):
            while self._socket.recv(4096):
                pass
        return False

    def _finish(self) -> None:
        if not any(step.get("close") for step in self._case["steps"]):
            self._socket.shutdown(socket.SHUT_WR)
            while self._reply():
                pass

    def _reply(self) -> str:
        lines: list[str] = []
        while not lines or lines[-1][3:4] == "-":
            while b"\r\n" not in self._buffer:
                octets = self._socket.recv(65536)
                if not octets:
                    return ""
                self._buffer += octets
            line, _, self._buffer = self._buffer.partition(b"\r\n")
            lines.append(line.decode("latin-1"))
        self._outcome.replies.append("\n".join(lines))
        return self._outcome.replies[-1]
