"""The process that parses what wkhtmltopdf wrote: `python -m receiver.rendering.finishing_child`. One PDF at a time.

It imports what it will need, locks itself in for good, and then answers on the socket that is its standard input. It
opens nothing, keeps nothing of the PDF before, and may be killed at any moment. A failure that is not foreseen ends
it: the next one is fresh. It logs nothing.
"""

import codecs
import gc
import json
import logging
import math
import resource
import signal
import socket
import sys
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO

from fontTools.ttLib import getTableModule
from pikepdf import Pdf

from receiver.rendering import wire
from receiver.rendering.finishing import TooManyPages, finish
from receiver.rendering.finishing_work import Work
from receiver.rendering.lockdown import Allowance, LockdownRefused, lock_down
from receiver.rendering.order import Original
from receiver.rendering.stripping import Unfit
from receiver.rendering.xmp import Imprint

# Of fonts, imported when they are first met, which is too late in here.
TABLES = ("glyf", "head", "hhea", "hmtx", "loca", "maxp", "cmap", "post", "name", "OS/2", "CFF ", "fpgm", "prep")
# Likewise.
ENCODINGS = ("ascii", "latin-1", "cp1252", "mac-roman", "utf-8", "utf-16", "utf-16-be", "utf-16-le", "pdfdoc")
MAX_OCTETS = 2**32


def serve(channel: socket.socket) -> None:
    """Answer until the renderer hangs up."""
    with suppress(wire.WireFault, OSError):
        wire.send(channel, {"ready": True})
        while True:
            header, octets = wire.receive(channel, MAX_OCTETS)
            # Should the renderer die while we work, nobody else ends us.
            signal.setitimer(signal.ITIMER_REAL, math.ceil(header["seconds"]) + 1)
            _answer(channel, header, octets if isinstance(octets, bytes) else b"")
            signal.setitimer(signal.ITIMER_REAL, 0)


def _answer(channel: socket.socket, header: dict[str, object], octets: bytes) -> None:
    memory = {"memory": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}
    try:
        finished = finish(Work.of(header, octets))
    except Unfit:
        wire.send(channel, memory | {"refused": True})
    except TooManyPages as many:
        wire.send(channel, memory | {"pages": many.pages})
    else:
        wire.send(channel, memory | finished.header(), finished.pdf)


def _warm_up() -> None:
    """Have everything imported and every table read that the first page would ask for."""
    for tag in TABLES:
        getTableModule(tag)
    empty, octets = Pdf.new(), BytesIO()
    empty.add_blank_page()
    empty.save(octets)
    for encoding in ENCODINGS:
        codecs.lookup(encoding)
    everything = Imprint("\u2713", "author", "en", datetime(2000, 1, 1, tzinfo=UTC))
    original = Original(b"mail", "message.eml", "message/rfc822")
    finish(Work(octets.getvalue(), everything, original, 1, needs_text=False, archival=True))
    # What is here stays; the collector looks seldom, and at what a page has left behind only.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


def main() -> None:
    """Serve the renderer on descriptor 0."""
    told = json.loads(sys.argv[1])
    # A stop is the renderer's to order: it lets a page be finished. We end when it hangs up.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.disable(logging.CRITICAL)
    _warm_up()
    with socket.socket(fileno=0) as channel:
        try:
            lock_down(Allowance(told["memory_octets"], told["processor_seconds"]))
        except LockdownRefused as refused:
            if not told["may_be_open"]:
                wire.send(channel, {"ready": False, "why": str(refused)})
                return
        serve(channel)


if __name__ == "__main__":
    main()
