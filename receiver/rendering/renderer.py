"""The renderer's process: pages come over a Unix socket, PDFs go back; several at once, as many as there are cores.

Holds no database, no key and no mail beyond the page in hand (law 17). SIGTERM: pages in hand are finished first.
Raises RendererRunning when another one listens at the same place.
"""

import os
import selectors
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import structlog

from receiver.config import RenderingSettings, Settings
from receiver.rendering import wire
from receiver.rendering.order_fields import Asked, answer_of, read_order
from receiver.rendering.own_folder import own_folder
from receiver.rendering.reasons import NotRendered
from receiver.rendering.workshop import Rendered, Workshop

# A peer on this machine sends at once; one that does not would hold a place, and there are as many as cores.
REQUEST_SECONDS = 3.0
ANSWER_SECONDS = 30.0
BACKLOG = 256
# A page above the limit is still read, up to this many times it, for the rung that keeps its words only.
READ_FACTOR = 4

log = structlog.get_logger()


class RendererRunning(Exception):
    """Another renderer answers at this socket; stop it, or set rendering.socket to another path."""


def run_renderer(settings: Settings, *, ready: Callable[[], None], listener: socket.socket | None = None) -> None:
    """Serve until SIGTERM. `listener`: the socket that systemd has handed over; None: ours, at its configured path."""
    with (
        own_folder() as folder,
        closing(Workshop(settings.rendering, folder, lasting=settings.font_folder())) as workshop,
    ):
        service = Service(listener or listen(settings.render_socket()), workshop, settings.rendering)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: service.stop())
        _tell_state(workshop)
        ready()
        service.serve()
        log.info("renderer_stopped")


def listen(path: Path) -> socket.socket:
    """A socket at `path` that only our own user may connect to; one left by a dead renderer is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wire.address_of(path) as address, socket.socket(socket.AF_UNIX) as probe:
        if probe.connect_ex(address) == 0:
            raise RendererRunning(f"{path}: another renderer answers here")
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o177)
    try:
        with wire.address_of(path) as address:
            listener.bind(address)
    finally:
        os.umask(mask)
    listener.listen(BACKLOG)
    return listener


@dataclass(frozen=True, slots=True)
class Question:
    """Asked about this machine instead of a page. `port`: of a listener that the sandbox's proof tries to reach."""

    wants_proof: bool
    port: int | None = None


class Service:
    """Accepts connections and hands each to a thread, never more at once than cores; the others wait in the kernel."""

    def __init__(self, listener: socket.socket, workshop: Workshop, settings: RenderingSettings) -> None:
        self._listener = listener
        self._workshop = workshop
        self._settings = settings
        self._places = threading.BoundedSemaphore(os.cpu_count() or 1)
        self._woken, self._wake = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._is_stopping = False

    def stop(self) -> None:
        """Take no further page; safe in a signal handler."""
        self._is_stopping = True
        os.write(self._wake, b".")

    def serve(self) -> None:
        """Until stop(), then until the pages in hand are done."""
        self._listener.setblocking(False)
        threads: list[threading.Thread] = []
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while not self._is_stopping:
                selector.select()
                threads = [thread for thread in threads if thread.is_alive()]
                threads += self._accept()
        self._listener.close()
        for thread in threads:
            thread.join()

    def _accept(self) -> list[threading.Thread]:
        self._places.acquire()
        try:
            channel = None if self._is_stopping else self._listener.accept()[0]
        except BlockingIOError:
            channel = None
        if channel is None:
            self._places.release()
            return []
        thread = threading.Thread(target=self._converse, args=(channel,), name="page")
        thread.start()
        return [thread]

    def _converse(self, channel: socket.socket) -> None:
        try:
            with channel:
                channel.settimeout(REQUEST_SECONDS)
                answer, pdf = self._answer(*self._received(channel))
                channel.settimeout(ANSWER_SECONDS)
                wire.send(channel, answer, pdf)
        except (wire.WireFault, OSError) as fault:
            log.warning("render_request_dropped", why=type(fault).__name__)
        finally:
            self._places.release()

    def _received(self, channel: socket.socket) -> tuple[Asked | Question, bytes]:
        """What is asked and its page; an original too large is passed over."""
        header, octets = wire.receive_header(channel)
        if header.get("ask") in {"available", "proof"}:
            port = header.get("port")
            return Question(header["ask"] == "proof", port if isinstance(port, int) else None), b""
        asked = read_order(header, octets)
        if asked.page_octets > READ_FACTOR * self._settings.max_input_octets:
            return asked, b""
        page = wire.receive_octets(channel, asked.page_octets)
        if asked.announced is None:
            return asked, page
        if asked.original_octets > self._settings.max_original_octets:
            wire.skip_octets(channel, asked.original_octets)
            return asked, page
        original = wire.receive_octets(channel, asked.original_octets)
        return asked.with_original(original), page

    def _answer(self, asked: Asked | Question, page: bytes) -> tuple[dict[str, Any], bytes]:
        started = time.monotonic()
        try:
            if isinstance(asked, Question):
                return self._told(asked), b""
            rendered = self._render(asked, page)
        except NotRendered as fault:
            milliseconds = round(1000 * (time.monotonic() - started))
            log.info("page_refused", code=fault.reason.code, milliseconds=milliseconds)
            return {"reason": {"code": fault.reason.code, "params": dict(fault.reason.params)}}, b""
        milliseconds = round(1000 * (time.monotonic() - started))
        facts = replace(rendered.facts, milliseconds=milliseconds, original=asked.became_of_original)
        log.info(
            "page_rendered",
            rung=facts.rung,
            pages=facts.pages,
            milliseconds=milliseconds,
            archival=facts.archival,
            archival_fault=facts.archival_fault,
        )
        return answer_of(facts), rendered.pdf

    def _told(self, question: Question) -> dict[str, Any]:
        """What is said about this machine: whether it can render, and whether its sandbox holds."""
        if not question.wants_proof:
            return {"sandbox": self._workshop.prepare().kind}
        proof = self._workshop.prove_sandbox(question.port)
        return {"sandbox": proof.kind, "attempts": [[one.name, one.result, one.error] for one in proof.attempts]}

    def _render(self, asked: Asked, page: bytes) -> Rendered:
        limit = READ_FACTOR * self._settings.max_input_octets
        if asked.page_octets > limit:
            raise NotRendered("render_too_large", octets=asked.page_octets, limit=limit)
        seconds = min(self._settings.seconds, asked.seconds or self._settings.seconds)
        return self._workshop.render(page, seconds, asked.particulars)


def _tell_state(workshop: Workshop) -> None:
    try:
        confinement = workshop.prepare()
    except NotRendered as fault:
        log.warning("renderer_cannot_render", code=fault.reason.code, **fault.reason.params)
    else:
        log.info("renderer_started", sandbox=confinement.kind)
