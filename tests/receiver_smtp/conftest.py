"""A real door on a loopback port: real journal, real SQLite database, sessions on uvloop in a thread of the test."""

import asyncio
import contextlib
import functools
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import uvloop

from receiver.config import Plan, Settings, SmtpSettings
from receiver.listening import KINDS, Listener, bound_unix
from receiver.own_journal import open_journal
from receiver.smtp import tls
from receiver.smtp.certificates import Certificates, WatchedCertificate, watched_for_name
from receiver.smtp.door import Door, make_lookup, make_terms
from receiver.smtp.handler import ImportHandler
from receiver.smtp.recipients import RecipientLookup
from storage.addresses import add_address
from storage.database import Database
from storage.directory import bump
from storage.failures import TemporaryFailure
from storage.journal import Journal, JournalReader, Record
from storage.tenants import add_tenant

DOMAIN = "in.example.com"
HOSTNAME = "mx.in.example.com"


@dataclass
class House:
    """A data folder with a database that knows three tenants."""

    settings: Settings
    database: Database
    acme: str  # import addresses
    acme_second: str
    candis: str
    tenants: dict[str, str]

    def bump(self) -> None:
        bump(self.settings.data / "run" / "directory.stamp")

    def add_tenant(self, name: str) -> str:
        with self.database.write() as session:
            return add_tenant(session, name, "standard", [DOMAIN])[1].address


class RunningDoor:
    """A door in a thread; `run` carries a coroutine function into its loop."""

    def __init__(self, house: House, **parts: Any) -> None:
        self.house = house
        self.port = 0
        self.ports: dict[str, int] = {}  # by kind of listener
        self.socket_path: Path | None = parts.get("socket_path")  # LMTP over a Unix socket too
        self._parts = parts
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started = threading.Event()
        self._stop: asyncio.Event | None = None
        self._drain_seconds = 0.2
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._failure: BaseException | None = None
        self.sessions: Any = None
        self.certificates: Any = None

    def start(self) -> "RunningDoor":
        self._thread.start()
        assert self._started.wait(20)
        if self._failure:
            raise self._failure
        return self

    def stop(self, drain_seconds: float = 0.2) -> None:
        self._drain_seconds = drain_seconds
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(30)

    def call(self, function: Callable[[], Any]) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(function)

    def connect(self, source: str = "127.0.0.1", *, kind: str = "smtp") -> "RawClient":
        return RawClient(self.ports[kind], source)

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - told to the test's own thread
            self._failure = error
            self._started.set()

    async def _serve(self) -> None:
        settings = self.house.settings
        journal = self._parts.get("journal") or open_journal(settings, "door-1")
        lookup = self._parts.get("lookup") or make_lookup(settings, self.house.database)
        handler = self._parts.get("handler") or ImportHandler(journal, lookup, settings.smtp.max_recipients)
        folder = settings.data / "tls"
        others = [watched_for_name(each.certificate, each.key) for each in settings.smtp.tls_pairs()]
        certificates = Certificates(WatchedCertificate(*tls.make_self_signed(folder, HOSTNAME)), others)
        terms = make_terms(settings, handler, certificates)
        listeners = [Listener(kind, socket.create_server(("127.0.0.1", 0))) for kind in KINDS]
        self.ports = {each.kind: each.socket.getsockname()[1] for each in listeners}
        self.port = self.ports["smtp"]
        if self.socket_path is not None:
            listeners.append(Listener("lmtp", bound_unix(self.socket_path, 0o600, "smtp.listen_lmtp")))
        self.sessions = terms.sessions
        self.certificates = certificates
        await lookup.refresh_if_old()
        door = Door(handler, terms, listeners)
        door.open()
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._started.set()
        await self._stop.wait()
        await door.drain(self._drain_seconds)
        lookup.close()
        if isinstance(journal, Journal):
            journal.close()


class RawClient:
    """Octets over a socket; replies as whole texts."""

    def __init__(self, port: int, source: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0))
        self._buffer = b""

    def send(self, octets: bytes) -> None:
        self.socket.sendall(octets)

    def reply(self) -> str:
        """The next reply, continuation lines included; "" when the server closed."""
        lines: list[str] = []
        while True:
            while b"\r\n" not in self._buffer:
                try:
                    octets = self.socket.recv(65536)
                except ConnectionError:
                    return ""
                if not octets:
                    return ""
                self._buffer += octets
            line, _, self._buffer = self._buffer.partition(b"\r\n")
            lines.append(line.decode("ascii"))
            if line[3:4] != b"-":
                return "\n".join(lines)

    def ask(self, command: bytes) -> str:
        self.send(command + b"\r\n")
        return self.reply()

    def greet(self) -> "RawClient":
        assert self.reply().startswith("220 ")
        assert self.ask(b"EHLO client.example").startswith("250")
        return self

    def begin(self, *recipients: str, sender: str = "a@example.org") -> "RawClient":
        """Up to 354."""
        assert self.ask(f"MAIL FROM:<{sender}>".encode()).startswith("250")
        for recipient in recipients:
            assert self.ask(f"RCPT TO:<{recipient}>".encode()).startswith("250")
        assert self.ask(b"DATA").startswith("354")
        return self

    def close(self) -> None:
        self.socket.close()


class DownDirectory:
    """A directory whose database stopped answering after its last refresh."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self.is_down = False

    def is_current(self) -> bool:
        return not self.is_down and self._real.is_current()

    def refresh(self) -> None:
        if self.is_down:
            raise TemporaryFailure("the database does not answer")
        self._real.refresh()

    def ask(self, address: str) -> Any:
        if self.is_down:
            raise TemporaryFailure("the database does not answer")
        return self._real.ask(address)

    def find(self, address: str) -> Any:
        return self._real.find(address)

    def owns_domain(self, domain: str) -> bool:
        return self._real.owns_domain(domain)


@functools.cache
def _empty_database() -> bytes:
    """A file with its tables and nothing in them: to make one takes longer than most dialogues."""
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/postbus.db")
        database.migrate()
        database.close()
        return Path(folder, "postbus.db").read_bytes()


def make_house(data: Path, **smtp: Any) -> House:
    data.mkdir()
    settings = Settings(
        data=data,
        smtp=SmtpSettings(hostname=HOSTNAME, **smtp),
        journal={"reserve_octets": 0, "segment_octets": 1024**2},
        plans={"worded": Plan(central_mailbox=False, refusal="Please book the mailbox at example.com")},
    )
    (data / "postbus.db").write_bytes(_empty_database())
    database = Database(settings.database_url())
    with database.write() as session:
        acme, address = add_tenant(session, "Acme", "standard", [DOMAIN])
        second = add_address(session, acme, DOMAIN)
        candis, candis_address = add_tenant(session, "Candid Ltd", "candis", [DOMAIN])
        addresses = (address.address, second.address, candis_address.address)
        tenants = {"acme": acme.id, "candis": candis.id}
    return House(settings, database, *addresses, tenants)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Settings, database, tenants."""
    house = make_house(tmp_path / "data")
    yield house
    house.database.close()


@pytest.fixture
def start_door() -> Iterator[Callable[..., RunningDoor]]:
    """Start a door on a house; stopped at the end of the test."""
    with contextlib.ExitStack() as stack:

        def start(house: House, **parts: Any) -> RunningDoor:
            door = RunningDoor(house, **parts).start()
            stack.callback(door.stop)
            return door

        yield start


@pytest.fixture
def door(house: House, start_door: Callable[..., RunningDoor]) -> RunningDoor:
    """A door with everything in order."""
    return start_door(house)


@pytest.fixture
def read_journal(house: House) -> Callable[[], list[Record]]:
    """Everything the journal holds, as the worker would read it."""

    def read() -> list[Record]:
        return JournalReader(house.settings.journal_folder()).read(1000, 1 << 30)

    return read


@pytest.fixture
def make_lookup_that_fails(house: House) -> Callable[[], tuple[RecipientLookup, DownDirectory]]:
    """A lookup whose database can be taken down."""

    def make() -> tuple[RecipientLookup, DownDirectory]:
        from storage.directory import AddressDirectory

        directory = DownDirectory(AddressDirectory(house.database, house.settings.data / "run" / "directory.stamp"))
        lookup = RecipientLookup(directory, house.settings.all_plans(), house.settings.addresses.domains, 1.0)
        return lookup, directory

    return make


@pytest.fixture
def make_other_house(tmp_path: Path) -> Iterator[Callable[..., House]]:
    """A house with other smtp settings."""
    houses: list[House] = []

    def make(**smtp: Any) -> House:
        house = make_house(tmp_path / f"data-{len(houses)}", **smtp)
        houses.append(house)
        return house

    yield make
    for house in houses:
        house.database.close()


@pytest.fixture(scope="session")
def shared_door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDoor]:
    """One door for the many dialogues of the corpus."""
    house = make_house(tmp_path_factory.mktemp("shared") / "data")
    door = RunningDoor(house).start()
    yield door
    door.stop()
    house.database.close()


@pytest.fixture(autouse=True)
def capture_log() -> Iterator[list[Any]]:
    """What is logged, as structlog's own test helper gives it."""
    from structlog.testing import capture_logs

    with capture_logs() as entries:
        yield entries


@pytest.fixture
def raw_client() -> Callable[[int], RawClient]:
    """A client of octets for any port."""
    return RawClient
