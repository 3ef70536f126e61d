"""The doors that scripts are played at: one row a kind, with its settings.

A new listener joins with a row here and a dialogue in words.py. Makes sessions; runs none.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from receiver.config import Settings
from receiver.smtp.certificates import Certificates
from receiver.smtp.door import make_terms
from receiver.smtp.handler import ImportHandler, ImportSession
from receiver.smtp.limits import Visits
from receiver.smtp.lmtp import LmtpSession
from receiver.smtp.session import SmtpSession
from receiver.smtp.wire import Terms

_SMALL: dict[str, Any] = {
    "hostname": "mx.example",
    "max_message_octets": 65536,
    "max_line_octets": 2000,
    "max_recipients": 100,
}
# The client's address, as MemoryTransport has it.
_CLIENT = "192.0.2.7/32"


@dataclass(frozen=True)
class DoorKind:
    """Settings under [smtp] besides the small limits, and the session that is made."""

    smtp: dict[str, Any] = field(default_factory=dict)
    session: Callable[[ImportHandler, Terms], SmtpSession] = ImportSession


KINDS: Mapping[str, DoorKind] = {
    "smtp": DoorKind(),
    "lenient": DoorKind({"normalize_networks": [_CLIENT]}),
    "forwarded": DoorKind({"forwarder_networks": [_CLIENT]}),
    "lmtp": DoorKind({"forwarder_networks": [_CLIENT]}, LmtpSession),
    "strict": DoorKind({"max_messages": 2, "max_errors": 3, "max_commands_without_progress": 10, "smtputf8": False}),
}


class Doors:
    """Makes sessions of every kind."""

    def __init__(self, certificates: Certificates, kinds: Mapping[str, DoorKind]) -> None:
        self._certificates = certificates
        self._kinds = kinds
        self._settings = {name: Settings(data=Path("unused"), smtp=_SMALL | kind.smtp) for name, kind in kinds.items()}

    def most_recipients(self, door: str) -> int:
        """Of one message."""
        return self._settings[door].smtp.max_recipients

    def session(self, door: str, handler: ImportHandler, *, offers_tls: bool) -> SmtpSession:
        """A session of a door of its own, in the running loop."""
        terms = make_terms(self._settings[door], handler, self._certificates if offers_tls else None)
        # Age and pace of a session pass in the loop's time.
        visits = Visits(terms.visits.limits, clock=asyncio.get_running_loop().time)
        return self._kinds[door].session(handler, replace(terms, visits=visits))
