"""Ours among the clients of `./dev bench imap`: a running postbus with one linked account.

Its puller runs all the time; memory that counts is the puller's above what it had before. A pull ends when all of it is
settled, documents included; `postbus account pull` waits for that.
"""

import time
from pathlib import Path

from bench.imap_clients import Client, Place
from bench.mailbox_of_a_year import FIRST_DAY
from bench.postbus_command import COMMAND
from bench.server import RunningPostbus, forget_peak, resident_octets


class PostbusPuller(Client):
    """Looks at everything, fetches what may matter."""

    name = "postbus"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.service = RunningPostbus(folder / "data", {"ACCOUNTS__ALLOW_INTERNAL_HOSTS": "true"})
        self._password = folder / "password"
        self._is_linked = False

    def prepare(self, place: Place) -> None:
        """Start it, with nothing to pull."""
        self._password.write_text(place.password)
        self.service.environment["SSL_CERT_FILE"] = str(place.ca_file)
        self.service.set_up()
        self.service.start()
        time.sleep(2)  # what it does at its start is none of the pull's memory

    def pull(self, place: Place) -> list[int]:
        """Link the account, or pull it once more."""
        puller = self.service.pid_of("puller")
        forget_peak(puller)
        self.idle_memory = resident_octets(puller)
        if not self._is_linked:
            server = ("--host", "localhost", "--port", str(place.port))
            since = ("--start-date", f"{FIRST_DAY:%Y-%m-%d}", "--password-file", str(self._password))
            self.service.command("account", "add", "--tenant", "bench", "--email", place.user, *server, *since)
            self._is_linked = True
        super().pull(place)
        return [puller]

    def has(self) -> int:
        """Messages that are imported."""
        return sum(row["state"] == "imported" for row in self.service.rows("message", "list", "--tenant", "bench"))

    def close(self) -> None:
        """Stop the service too."""
        super().close()
        self.service.kill()

    def _command(self, place: Place) -> list[str]:
        data = ("env", *(f"{name}={value}" for name, value in self.service.environment.items() if "POSTBUS" in name))
        return [*data, COMMAND, "account", "pull", place.user, "--json"]
