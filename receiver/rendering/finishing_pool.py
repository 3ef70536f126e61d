"""The finishing children as the renderer sees them: kept warm, one PDF at a time each, replaced when worn or dead.

Never parses a PDF itself. A child that dies or is too slow costs its page the proof of PDF/A first, and then the page.
Raises NotRendered.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace

from receiver.config import RenderingSettings
from receiver.rendering import wire
from receiver.rendering.bounded_run import MODULE_ENVIRONMENT
from receiver.rendering.finishing_work import Finished, Work
from receiver.rendering.judge import judge_frame
from receiver.rendering.order import MAX_FINISHED_OCTETS
from receiver.rendering.reasons import NotRendered
from receiver.rendering.wire import Deadline, WireFault

START_SECONDS = 30.0
PAGES_OF_A_CHILD = 1000
GROWN_OCTETS = 256 * 1024**2
# Its own 60 MB, a PDF as it came, parsed and written; of an original six copies at the most.
MEMORY_OCTETS = 640 * 1024**2
PROCESSOR_SECONDS = 3600
# What the attempt with a proof may use of the time, so that one without can follow.
PROOF_SHARE = 0.6
PROOF_FAILED = "proof_failed"


class _ChildGone(Exception):
    """The child has died, spoken nonsense or was too slow; it is dead now."""


class _Child:
    """One process, and the conversation with it."""

    def __init__(self, settings: RenderingSettings) -> None:
        ours, theirs = socket.socketpair()
        told = {
            "memory_octets": MEMORY_OCTETS + 6 * settings.max_original_octets,
            "processor_seconds": PROCESSOR_SECONDS,
            "may_be_open": settings.sandbox == "none-i-accept-that-mail-may-run-code-here",
        }
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "receiver.rendering.finishing_child", json.dumps(told)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=dict(MODULE_ENVIRONMENT),
                cwd="/",
                process_group=0,  # Ctrl-C is for the renderer
            )
        self._channel = ours
        self._is_ready = False
        self._pages = 0
        self._memory = 0

    @property
    def is_alive(self) -> bool:
        """Whether it has not died since it was used: of old age, for want of memory, by somebody's hand."""
        return self._process.poll() is None

    @property
    def is_worn_out(self) -> bool:
        """Whether a new child is better for the next page."""
        return self._pages >= PAGES_OF_A_CHILD or self._memory > GROWN_OCTETS

    def finish(self, work: Work, seconds: float) -> Finished:
        """One PDF within `seconds`, once it is ready. Raises NotRendered as the child says, _ChildGone."""
        self._pages += 1
        self._get_ready()
        deadline = Deadline(seconds)
        try:
            self._channel.settimeout(deadline.left())
            original = work.original.octets if work.original else b""
            wire.send(self._channel, work.header(deadline.left()), work.pdf, original)
            header, octets = wire.receive(self._channel, MAX_FINISHED_OCTETS, deadline)
            memory = header.get("memory")
            self._memory = memory if isinstance(memory, int) else 0
            finished = Finished.of(header, octets, work.max_pages)
            judge_frame(finished.pdf)
        except (WireFault, OSError) as fault:
            raise _ChildGone from fault
        return finished

    def end(self) -> None:
        """Kill it, and forget it."""
        self._channel.close()
        self._process.kill()
        self._process.wait()

    def _get_ready(self) -> None:
        if self._is_ready:
            return
        try:
            header, _ = wire.receive(self._channel, 0, Deadline(START_SECONDS))
        except (WireFault, OSError) as fault:
            raise NotRendered("render_sandbox_refused", detail="the finishing child does not start") from fault
        if header.get("ready") is not True:
            raise NotRendered("render_sandbox_refused", detail=f"finishing child: {header.get('why')}")
        self._is_ready = True


class FinishingPool:
    """As many children as pages are finished at once; may be used by several threads."""

    def __init__(self, settings: RenderingSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._idle: list[_Child] = []
        self._is_closed = False

    def warm(self) -> None:
        """Start the first child; who needs it first waits until it is ready."""
        with self._lock:
            if self._idle or self._is_closed:
                return
        self._put_back(self._started())

    def finish(self, work: Work, seconds: float) -> Finished:
        """The PDF as it is kept, within `seconds`."""
        started = time.monotonic()
        if work.archival:
            with suppress(_ChildGone):
                return self._once(work, PROOF_SHARE * seconds)
        left = max((1 - PROOF_SHARE) * seconds, seconds - (time.monotonic() - started))
        try:
            finished = self._once(replace(work, archival=False), left)
        except _ChildGone as gone:
            raise NotRendered("render_gave_damaged_pdf") from gone
        return replace(finished, archival_fault=PROOF_FAILED) if work.archival else finished

    def close(self) -> None:
        """End all children."""
        with self._lock:
            idle, self._idle, self._is_closed = self._idle, [], True
        for child in idle:
            child.end()

    def _once(self, work: Work, seconds: float) -> Finished:
        child = self._idle_one() or self._started()
        is_well = False
        try:
            finished = child.finish(work, seconds)
            is_well = True
        except NotRendered as refusal:
            is_well = not refusal.reason.waits
            raise
        finally:
            if not is_well or child.is_worn_out:
                child.end()
                # Started now, a new one is warm when the next page comes.
                self.warm()
            else:
                self._put_back(child)
        return finished

    def _idle_one(self) -> _Child | None:
        """One that waits; what has died while it waited says nothing about the page to come."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                child = self._idle.pop()
            if child.is_alive:
                return child
            child.end()

    def _put_back(self, child: _Child) -> None:
        with self._lock:
            if not self._is_closed:
                self._idle.append(child)
                return
        child.end()

    def _started(self) -> _Child:
        try:
            return _Child(self._settings)
        except OSError as error:
            detail = f"the finishing child does not start: {os.strerror(error.errno or 0)}"
            raise NotRendered("render_sandbox_refused", detail=detail) from error
