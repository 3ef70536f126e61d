"""The process that reads hostile octets: `python -m receiver.pipeline.child`. One message at a time.

It limits itself, then answers two questions on its socket: `parse` (facts, ids, and the octets of likely documents)
and `keep` (further parts, the body and e-invoices as pages, of the message parsed last). It opens no file, no network
and no database, keeps no secret, and may be killed at any moment. What it answers is JSON with declared lengths
(law 17).
It logs nothing: a failure is named by its type, for the text of an exception may quote the mail.
"""

import json
import logging
import mmap
import os
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from receiver.pipeline.frames import BrokenFrame, Channel
from receiver.pipeline.limits import allow_processor_seconds, confine
from receiver.pipeline.message_facts import Findings, find
from receiver.pipeline.pdf import library
from receiver.pipeline.structure import Limits
from receiver.pipeline.suspects import NOTE_OCTETS, Page, Watch
from receiver.pipeline.unpack import Leaf, Unpacked, unpack
from rules.facts import Unread

_STATM = Path("/proc/self/statm")
_PAGE_OCTETS = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class ChildSettings:
    """What the worker tells a child at its start, as JSON in its first argument."""

    parent: int
    memory_octets: int
    seconds: float
    language: str
    depth: int
    parts: int
    decoded_octets: int
    notes: int  # descriptor of the memory in which it notes what it reads

    def limits(self) -> Limits:
        """How much of one message is read."""
        return Limits(self.depth, self.parts, self.decoded_octets)


@dataclass(slots=True)
class _Current:
    """The message parsed last."""

    unpacked: Unpacked
    findings: Findings


class Child:
    """The conversation of a child with the worker."""

    def __init__(self, channel: Channel, settings: ChildSettings, notes: Page) -> None:
        self._channel = channel
        self._notes = notes
        self._settings = settings
        self._current: _Current | None = None

    def serve(self) -> None:
        """Say that it is ready, then answer until the worker hangs up."""
        with suppress(BrokenFrame):
            self._channel.send({"ready": True})
            while True:
                question, descriptor = self._channel.receive()
                allow_processor_seconds(self._settings.seconds)
                self._answer(question, descriptor)

    def _answer(self, question: dict[str, Any], descriptor: int | None) -> None:
        try:
            if question["ask"] == "parse":
                self._parse(question, descriptor)
            else:
                self._keep(question)
        except BrokenFrame:
            raise
        except Exception as error:  # noqa: BLE001 - the edge of this process: one mail's attempt fails, by its type
            self._channel.send({"failed": type(error).__name__, "memory": resident_octets()})

    def _parse(self, question: dict[str, Any], descriptor: int | None) -> None:
        self._current = None  # frees the message before
        watch = Watch(self._notes, (Unread(*each) for each in question["left_out"]))
        size = question["octets"]
        octets: Any = self._channel.receive_octets(size) if descriptor is None else _map(descriptor, size)
        unpacked = unpack(octets, size, self._settings.limits())
        findings = find(unpacked, question["reverse_path"], self._settings.decoded_octets, watch)
        self._current = _Current(unpacked, findings)
        head = {
            "facts": findings.facts.to_json(),
            "content_id": findings.content_id,
            "invoice_id": findings.invoice_id,
            "parts": [[part, len(decoded)] for part, decoded in findings.likely.items()],
            "memory": resident_octets(),
        }
        self._channel.send(head, findings.likely.values())

    def _keep(self, question: dict[str, Any]) -> None:
        if self._current is None:
            raise LookupError("nothing was parsed")
        wanted = set(question["parts"])
        current = self._current
        sizes = {each.part: each.octets for each in current.findings.facts.attachments}
        leaves = [leaf for leaf in current.unpacked.attachments() if leaf.part in wanted and leaf.part in sizes]
        body = self._body() if question["body"] else b""
        invoices = self._invoices(set(question["invoices"]))
        head = {
            "parts": [[leaf.part, sizes[leaf.part]] for leaf in leaves],
            "body": len(body),
            "invoices": [[part, len(octets)] for part, octets in invoices.items()],
            "memory": resident_octets(),
        }
        # One after the other: a mail of 50 MB may be kept as a whole, and is not held as a whole.
        parts = (_again(leaf, sizes[leaf.part]) for leaf in leaves)
        self._channel.send(head, parts, [body], invoices.values())

    def _body(self) -> bytes:
        if self._current is None:
            raise LookupError("nothing was parsed")
        # Costs 40 ms and 10 MB, which most children never need.
        from receiver.pipeline.body import body_page  # noqa: PLC0415

        return body_page(self._current.unpacked, self._current.findings, self._settings.language)

    def _invoices(self, wanted: set[str]) -> dict[str, bytes]:
        """The pages of these e-invoices, by part."""
        if self._current is None or not wanted:
            return {}
        from receiver.pipeline.invoice_page import invoice_page  # noqa: PLC0415 - as the body's page

        findings = self._current.findings
        return {
            each.part: invoice_page(each.e_invoices, findings.reading, self._settings.language)
            for each in findings.facts.attachments
            if each.part in wanted and each.e_invoice
        }


def _again(leaf: Leaf, size: int) -> bytes:
    """The octets of a part whose length was declared: another length would be read as the next answer (law 16)."""
    try:
        octets = leaf.entity.decoded()
    except Exception as error:
        raise BrokenFrame(f"a part cannot be decoded again ({type(error).__name__})") from error
    if len(octets) != size:
        raise BrokenFrame("a part is not as long as it was")
    return octets


def resident_octets() -> int:
    """What this process holds in memory now."""
    return int(_STATM.read_bytes().split()[1]) * _PAGE_OCTETS


def _map(descriptor: int, size: int) -> mmap.mmap | bytes:
    try:
        return mmap.mmap(descriptor, size, access=mmap.ACCESS_READ) if size else b""
    finally:
        os.close(descriptor)


def _shared(descriptor: int) -> mmap.mmap:
    """The worker's memory, written here and read there."""
    try:
        return mmap.mmap(descriptor, NOTE_OCTETS)
    finally:
        os.close(descriptor)


def main() -> None:
    """Serve the worker on descriptor 0."""
    settings = ChildSettings(**json.loads(sys.argv[1]))
    # A stop is the worker's to order: it lets a message be finished. We end when it hangs up, or dies.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Before the first message, whose time it would cost: the libraries take longer to load than a PDF to read.
    library()
    confine(settings.memory_octets, settings.parent)
    # mail-parser writes what it finds in a mail to the log: never.
    logging.disable(logging.CRITICAL)
    with socket.socket(fileno=0) as sock:
        Child(Channel(sock), settings, _shared(settings.notes)).serve()


if __name__ == "__main__":
    main()
