"""How much of the door one client may have, and when we part.

`Visits` is a door's, `Visit` one session's. Connections and unknown recipients are counted over all doors (shared.py),
the rest within the session. Says what is too much, with the reason for the log and the reply; never hangs up itself,
sets no timer, and is asked between commands or while a message comes in: no handler is ever cut short.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from receiver.smtp import replies
from receiver.smtp.replies import Reply
from receiver.smtp.shared import Slot

Refusal = tuple[str, Reply | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """The settings of the same names, under smtp."""

    max_connections: int = 1_000_000
    max_connections_per_address: int = 1_000_000
    max_connections_here: int = 1_000_000  # what this process has descriptors for
    max_connections_of_doors: int = 1_000_000  # and what all doors have
    max_messages: int = 1_000_000
    max_errors: int = 20
    max_commands_without_progress: int = 1_000_000
    session_seconds: float = 3600.0
    min_octets_per_second: float = 0.0
    transfer_grace_seconds: float = 60.0
    tarpit_recipients: int = 10
    tarpit_window_seconds: float = 600.0
    tarpit_seconds: float = 0.0


class Visits:
    """The clients of one door."""

    def __init__(
        self, limits: SessionLimits | None = None, slot: Slot | None = None, clock: Callable[[], float] = monotonic
    ) -> None:
        """Without a slot the door counts for itself alone; `clock` gives seconds."""
        self.limits = limits or SessionLimits()
        self.slot = slot or Slot()
        self.clock = clock


class Visit:
    """What one session has had so far."""

    __slots__ = (
        "_address",
        "_began_at",
        "_fruitless",
        "_is_counted",
        "_message_began_at",
        "_message_octets",
        "_messages",
        "_recipients",
        "_visits",
    )

    def __init__(self, visits: Visits) -> None:
        self._visits = visits
        self._address = 0
        self._is_counted = False
        self._began_at = visits.clock()
        self._fruitless = self._recipients = self._messages = 0
        self._message_began_at = 0.0
        self._message_octets = 0

    def enter(self, peer: object) -> Refusal | None:
        """Count the connection of `peer`, as the socket names it; asked again when it turns out to be another's."""
        self.leave()
        slot, limits = self._visits.slot, self._visits.limits
        self._address = slot.hash_of(str(peer[0])) if isinstance(peer, tuple) and peer else 0
        total, of_address = slot.add_connection(self._address)
        self._is_counted = True
        if of_address > limits.max_connections_per_address:
            self.leave()
            return "too_many_of_address", replies.TOO_MANY_OF_ADDRESS
        if total > limits.max_connections or slot.own_connections > limits.max_connections_here:
            self.leave()
            return "too_many_sessions", replies.TOO_MANY_SESSIONS
        return None

    def leave(self) -> None:
        """Give the place back; more than once is once."""
        if self._is_counted:
            self._is_counted = False
            self._visits.slot.remove_connection(self._address)

    def before(self, verb: str, recipients: int, messages: int) -> Refusal | None:
        """Whether this command is one too many; `recipients` the transaction has, `messages` the session has sent."""
        limits = self._visits.limits
        if recipients > self._recipients or messages > self._messages:
            self._fruitless = 0
        elif not (verb == "RCPT" and recipients):
            # Refused recipients beside good ones are no dawdling: RFC 5321 4.5.3.1.10 has clients go on after 452.
            self._fruitless += 1
        self._recipients, self._messages = recipients, messages
        if verb == "QUIT":
            return None
        if self._fruitless > limits.max_commands_without_progress:
            return "no_progress", replies.NO_PROGRESS
        if messages >= limits.max_messages and verb == "MAIL":
            return "too_many_messages", replies.TOO_MANY_MESSAGES
        if self._visits.clock() - self._began_at > limits.session_seconds:
            return "session_too_long", replies.SESSION_TOO_LONG
        return None

    def begin_message(self) -> None:
        """A message is about to come in."""
        self._message_began_at = self._visits.clock()
        self._message_octets = 0

    def is_too_slow(self, octets: int) -> bool:
        """Whether the message comes in too slowly, now that so many further octets have come: a stream without end."""
        self._message_octets += octets
        limits = self._visits.limits
        seconds = self._visits.clock() - self._message_began_at - limits.transfer_grace_seconds
        return seconds > 0 and self._message_octets < seconds * limits.min_octets_per_second

    def tarpit_seconds(self) -> float:
        """Count an unknown recipient; how long its 550 waits: nothing at first, for mistypings."""
        limits = self._visits.limits
        misses = self._visits.slot.add_miss(self._address, limits.tarpit_window_seconds)
        return limits.tarpit_seconds if misses > limits.tarpit_recipients else 0.0
