"""Ours among the clients of `./dev bench imap`: a running postbus with one linked account.

Its puller runs all the time; memory that counts is the puller's above what it had before. A pull ends when all of it is
settled, its documents kept; when the puller itself was done is said beside.
"""

import time
from pathlib import Path

from bench.imap_clients import Client, Place
from bench.linked import Linked
from bench.mailbox_of_a_year import FIRST_DAY, RECEIPTS
from bench.server import RunningPostbus, forget_peak, resident_octets

_SETTINGS = {"ACCOUNTS__ALLOW_INTERNAL_HOSTS": "true", "ACCOUNTS__POLL_SECONDS": "0.1"}


class PostbusPuller(Client):
    """Looks at everything, fetches what may matter."""

    name = "postbus"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._service: RunningPostbus | None = None
        self._linked: Linked | None = None
        self._pulls: dict[str, int] = {}
        self.seconds_until_pulled = 0.0

    @property
    def service(self) -> RunningPostbus:
        """What runs."""
        assert self._service is not None
        return self._service

    def prepare(self, place: Place) -> None:
        """Start it, with nothing to pull."""
        self._service = RunningPostbus(self.folder / "data", _SETTINGS | {"ACCOUNTS__CA_FILE": str(place.ca_file)})
        self.service.set_up()
        self.service.start()
        time.sleep(2)  # what it does at its start is none of the pull's memory

    def pull(self, place: Place) -> list[int]:
        """Link the account, or ask for it once more."""
        puller = self.service.pid_of("puller")
        forget_peak(puller)
        self.idle_memory = resident_octets(puller)
        self._begun = time.monotonic()
        if self._linked is None:
            self._linked = Linked(self.service, place.port, FIRST_DAY.date())
            self._linked.standard(RECEIPTS, "invoice")
            self._pulls = self._linked.link({place.user: place.password})
        else:
            self._pulls = self._linked.ask()
        return [puller]

    def wait(self, seconds: float) -> int:
        """Until all is settled; 1 when the account does not do well."""
        assert self._linked is not None
        self.seconds_until_pulled = self._linked.until_settled(self._pulls, seconds) - self._begun
        return int(set(self._linked.health()) != {"ok"})

    def remark(self) -> str:
        """When the puller itself was done."""
        return f"  (pulled after {self.seconds_until_pulled:.1f} s, all settled at the end)"

    def has(self) -> int:
        """Messages that are imported."""
        return sum(row["state"] == "imported" for row in self.service.rows("message", "list", "--tenant", "bench"))

    def last_words(self) -> str:
        """The end of its log."""
        return self.service.log_file.read_text()[-1500:]

    def close(self) -> None:
        """Stop the service."""
        if self._service is not None:
            self._service.kill()

    def _command(self, place: Place) -> list[str]:  # noqa: ARG002 - the service pulls
        raise AssertionError("the service pulls")
