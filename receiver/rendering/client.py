"""Ask the renderer for a PDF. Whatever goes wrong comes back as a reason, never as an exception.

Never starts wkhtmltopdf itself.
"""

import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from receiver.config import RenderingSettings
from receiver.rendering import wire
from receiver.rendering.choosing import missing
from receiver.rendering.order import MAX_FINISHED_OCTETS, RenderFacts, RenderOrder
from receiver.rendering.order_fields import header_of, read_facts
from receiver.rendering.proof import Attempt, Proof
from receiver.rendering.reasons import NotRendered, Reason

CONNECT_SECONDS = 5.0
# Others may be before us: the renderer takes as many pages at once as it has cores, the rest wait.
QUEUE_SECONDS = 120.0
# What an answer raises that lacks something, or holds something else than it should.
_NONSENSE = (KeyError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class RenderResult:
    """A PDF and how it came about, or the reason why there is none."""

    pdf: bytes | None = None
    reason: Reason | None = None
    facts: RenderFacts = field(default_factory=RenderFacts)


def render(renderer: Path, order: RenderOrder, seconds: float) -> RenderResult:
    """Have a page rendered within `seconds`, once it is its turn."""
    octets = (order.page, order.original.octets) if order.original else (order.page,)
    answer, pdf = _ask(renderer, header_of(order, seconds), octets, seconds + QUEUE_SECONDS)
    if isinstance(answer, Reason):
        return RenderResult(reason=answer)
    try:
        facts = read_facts(answer)
    except wire.WireFault:
        return RenderResult(reason=Reason("render_interrupted"))
    # One from before an update that still runs takes the original behind the page for more of the page.
    knows_us = facts.template and (facts.original or not order.original)
    return RenderResult(pdf, None, facts) if knows_us else RenderResult(reason=Reason("render_other_version"))


def available(settings: RenderingSettings, renderer: Path) -> Reason | None:
    """None when pages can be rendered now, else why not; asks the renderer, which has proved it on a page."""
    answer, _ = _ask(renderer, {"ask": "available"}, (), settings.seconds)
    if not isinstance(answer, Reason):
        return None
    if answer.code != "render_no_renderer":
        return answer
    fault: NotRendered | None = missing(settings)
    return fault.reason if fault else answer


def prove(renderer: Path, port: int, seconds: float) -> Proof | Reason:
    """Have the renderer attempt to break out of its sandbox; `port`: of a listener on loopback to connect to."""
    answer, _ = _ask(renderer, {"ask": "proof", "port": port}, (), seconds)
    if isinstance(answer, Reason):
        return answer
    try:
        attempts = tuple(Attempt(str(name), result, str(error)) for name, result, error in answer["attempts"])
        return Proof(answer["sandbox"], attempts)
    except _NONSENSE:
        return Reason("render_interrupted")


def _ask(
    renderer: Path, header: dict[str, Any], octets: Iterable[bytes], seconds: float
) -> tuple[dict[str, Any] | Reason, bytes]:
    with socket.socket(socket.AF_UNIX) as channel:
        channel.settimeout(CONNECT_SECONDS)
        try:
            with wire.address_of(renderer) as address:
                channel.connect(address)
        except OSError:
            return Reason("render_no_renderer", {"socket": str(renderer)}), b""
        channel.settimeout(seconds)
        try:
            _send(channel, header, octets)
            answer, pdf = wire.receive(channel, MAX_FINISHED_OCTETS)
        except (wire.WireFault, OSError):
            return Reason("render_interrupted"), b""
    reason = answer.get("reason")
    if reason is not None:
        try:
            return Reason(str(reason["code"]), dict(reason["params"])), b""
        except _NONSENSE:
            return Reason("render_interrupted"), b""
    return (answer, pdf) if isinstance(pdf, bytes) else (Reason("render_interrupted"), b"")


def _send(channel: socket.socket, header: dict[str, Any], octets: Iterable[bytes]) -> None:
    try:
        wire.send(channel, header, *octets)
    except (BrokenPipeError, ConnectionResetError):
        # A page that is far too large is refused before it is read: the answer is there all the same.
        return
