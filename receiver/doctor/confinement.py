"""Whether the sandbox that mail is rendered in holds: attempts to read, write, connect and the like from inside it.

Asked of the renderer, because it is its user, its unit and its namespaces that decide. Has it start a probe; changes
nothing itself.
"""

import socket

from receiver.config import Settings
from receiver.doctor.findings import PATIENCE_SECONDS, Finding
from receiver.rendering.client import prove
from receiver.rendering.proof import Attempt
from receiver.rendering.reasons import Reason
from rules.wording import words

_ATTEMPTED = {
    "read": "reading a file outside",
    "write": "writing a file outside",
    "connect": "connecting to a Unix socket outside",
    "connect_loopback": "connecting to a port of this machine",
    "start": "starting a process",
    "signal": "sending the renderer a signal",
    "write_and_execute": "memory that is written and executed",
}
_HOLE = (
    "stop the renderer (systemctl stop postbus-renderer.socket postbus-renderer.service) until this is understood; mail"
    " comes in all the same"
)


def judge_confinement(settings: Settings) -> list[Finding]:
    """One finding for each attempt."""
    with socket.socket() as canary:
        canary.bind(("127.0.0.1", 0))
        canary.listen()
        told = prove(settings.render_socket(), canary.getsockname()[1], PATIENCE_SECONDS)
    if isinstance(told, Reason):
        return [Finding("sandbox", "skipped", f"not proved: {words(told.code, told.params, settings.language)}")]
    if told.kind == "none":
        remedy = "set rendering.sandbox to auto"
        return [Finding("sandbox", "warning", "none, as rendering.sandbox says: mail may run code here", remedy)]
    return [_judge(told.kind, attempt) for attempt in told.attempts]


def _judge(kind: str, attempt: Attempt) -> Finding:
    told = f"{kind}: {_ATTEMPTED.get(attempt.name, attempt.name)}"
    match attempt.result:
        case "stopped":
            return Finding("sandbox", "ok", f"{told} was stopped ({attempt.error})")
        case "succeeded":
            return Finding("sandbox", "failed", f"{told} succeeded", _HOLE)
    why = f" ({attempt.error})" if attempt.error else ""
    return Finding("sandbox", "skipped", f"{told} proves nothing here: it fails outside too{why}")
