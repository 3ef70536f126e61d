"""One process of the SMTP door.

Wires journal, directory, handler and sessions together and runs them on uvloop until SIGTERM. Then it takes no new
connection, tells idle clients to come back, lets open transactions finish within smtp.drain_seconds, and returns.
Never decides about mail. Raises TemporaryFailure when the journal cannot be opened, CertificateUnusable when the
configured certificate cannot.
"""

import asyncio
import dataclasses
import ipaddress
import logging
import resource
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import structlog
import uvloop

from receiver.config import Settings
from receiver.smtp import tls
from receiver.smtp.handler import ImportHandler, ImportSession
from receiver.smtp.limits import SessionLimits, Visits
from receiver.smtp.networks import Networks
from receiver.smtp.recipients import RecipientLookup
from receiver.smtp.session import ARRIVAL_SECONDS, SmtpSession, hooks_of
from receiver.smtp.shared import Slot
from receiver.smtp.text import DataLimits
from receiver.smtp.wire import Terms
from receiver.tally import COMMIT_MESSAGES
from storage.database import Database
from storage.directory import AddressDirectory
from storage.journal import Journal

# How often the files of the certificate are looked at.
_CERTIFICATE_SECONDS = 10.0
# How long a door that could not accept leaves the others to try.
_ACCEPT_PAUSE = 1.0
# How long a door that has more sessions than another leaves it the next one.
_YIELD_SECONDS = 0.001
# What a handler may still take when the drain is over: a lookup or a sync, both with deadlines of their own.
_LAST_SECONDS = 5.0
# Descriptors that are no client's: listener, journal, database, what Python holds.
_OWN_DESCRIPTORS = 48

log = structlog.get_logger()


class Door:
    """A listening socket, shared with other doors, and the sessions of this one; within a running loop."""

    def __init__(self, handler: ImportHandler, terms: Terms, listener: socket.socket) -> None:
        self._handler = handler
        self._terms = terms
        self._listener = listener
        self._slot = terms.visits.slot
        self._arriving: set[asyncio.Task[object]] = set()
        self._is_draining = False

    def open(self) -> None:
        """Begin to accept connections."""
        self._listener.setblocking(False)
        self._slot.set_open(is_open=True)
        self._watch()

    def _watch(self) -> None:
        if not self._is_draining:
            asyncio.get_running_loop().add_reader(self._listener.fileno(), self._accept_or_yield)

    def _accept_or_yield(self) -> None:
        # The kernel wakes whoever sleeps: without this, one door may end up with all the sessions and the other cores
        # with none.
        if self._slot.has_more_than_others:
            self._pause(_YIELD_SECONDS, self._accept_and_watch)
        else:
            self._accept()

    def _accept_and_watch(self) -> None:
        if not self._is_draining:
            self._watch()
            self._accept()

    def _pause(self, seconds: float, then: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._listener.fileno())
        loop.call_later(seconds, then)

    def _accept(self) -> None:
        # One at a time: a server of the loop takes all that wait, and leaves the other doors without work.
        loop = asyncio.get_running_loop()
        try:
            client, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionError):  # another door was faster, or the client is gone
            return
        except OSError as error:  # no descriptor or memory left
            log.warning("accept_failed", error=error.strerror)
            self._pause(_ACCEPT_PAUSE, self._watch)
            return
        client.setblocking(False)
        arriving = loop.create_task(self._begin(client))
        self._arriving.add(arriving)
        arriving.add_done_callback(self._arriving.discard)

    async def _begin(self, client: socket.socket) -> None:
        try:
            await ImportSession(self._handler, self._terms).open(client)
        except OSError:  # it hung up at once
            client.close()

    async def drain(self, seconds: float) -> None:
        """Accept no more connections and end the sessions: the idle now, the others within `seconds`."""
        self._is_draining = True
        self._slot.set_open(is_open=False)
        asyncio.get_running_loop().remove_reader(self._listener.fileno())
        # Else the kernel would count this door among those that accept. The socket itself lives in the other doors.
        self._listener.close()
        if self._arriving:  # accepted already: nobody else can serve them
            await asyncio.wait(self._arriving)
        arrival = min(seconds, ARRIVAL_SECONDS)
        for session in self._sessions():
            session.drain()
        await self._wait_for_sessions(arrival)
        for session in self._sessions():  # those who had only just come and sent nothing since
            session.drain()
        await self._wait_for_sessions(seconds - arrival)
        for session in self._sessions():
            session.end_if_waiting()
        await self._wait_for_sessions(_LAST_SECONDS)

    def _sessions(self) -> list[SmtpSession]:
        return [session for session in self._terms.sessions if isinstance(session, SmtpSession)]

    async def _wait_for_sessions(self, seconds: float) -> None:
        tasks = [session.task for session in self._sessions()]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)


def run_door(
    settings: Settings, listener: socket.socket, *, name: str, ready: Callable[[], None], shared_fd: int | None = None
) -> None:
    """Take mail from `listener` until SIGTERM or SIGINT; `ready` is called once it can be accepted.

    `shared_fd` is the region of all doors (shared.new_region); without it the door counts for itself alone.
    """
    # What aiosmtpd logs quotes clients.
    logging.getLogger("mail.log").disabled = True
    raise_descriptor_limit()
    certificate = _certificate(settings)
    journal = open_journal(settings, name)
    database = Database(settings.database_url())
    try:
        lookup = make_lookup(settings, database)
        handler = ImportHandler(journal, lookup, settings.smtp.max_recipients)
        # Only now that the journal is ours: the door of this name before us has ended, and with it the use of its slot.
        terms = make_terms(settings, handler, certificate, Slot(shared_fd, slot_number(name)))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run(settings, handler, lookup, terms, listener, ready))
    finally:
        journal.close()
        database.close()


def open_journal(settings: Settings, name: str) -> Journal:
    """This door's part of the journal, recovered and ready. Raises TemporaryFailure."""
    journal = Journal(
        settings.journal_folder(),
        name,
        segment_octets=settings.journal.segment_octets,
        memory_octets=settings.journal.memory_octets,
        reserve_octets=settings.journal.reserve_octets,
        rotate_seconds=settings.journal.rotate_seconds,
        shelves=(settings.data, settings.blob_folder()),
        on_commit=COMMIT_MESSAGES.observe,
    )
    recovery = journal.open()
    log.info("journal_opened", owner=name, **dataclasses.asdict(recovery))
    return journal


def make_lookup(settings: Settings, database: Database) -> RecipientLookup:
    """Who owns which forward-path, by the directory of this machine."""
    directory = AddressDirectory(database, settings.data / "run" / "directory.stamp")
    return RecipientLookup(directory, settings.all_plans(), settings.addresses.domains, settings.smtp.lookup_seconds)


def slot_number(name: str) -> int:
    """The slot of the door of this name: doors are counted from door-1."""
    number = name.rpartition("-")[2]
    return int(number) - 1 if number.isdecimal() else 0


def make_terms(
    settings: Settings, handler: ImportHandler, certificate: tls.WatchedCertificate | None, slot: Slot | None = None
) -> Terms:
    """What the sessions of a door share."""
    given = settings.smtp.model_dump(include={each.name for each in dataclasses.fields(SessionLimits)})
    return Terms(
        hostname=settings.smtp.hostname or socket.getfqdn(),
        limits=DataLimits(settings.smtp.max_message_octets, settings.smtp.max_line_octets),
        hooks=hooks_of(handler),
        smtputf8=settings.smtp.smtputf8,
        certificate=certificate,
        handshake_seconds=settings.smtp.handshake_seconds,
        idle_seconds=settings.smtp.idle_seconds,
        visits=Visits(SessionLimits(**given, max_connections_here=most_sessions()), slot),
        normalize_networks=_networks(settings.smtp.normalize_networks),
        proxy_networks=_networks(settings.smtp.proxy_networks),
        proxy_seconds=settings.smtp.proxy_seconds,
        forwarder_networks=_networks(settings.smtp.forwarder_networks),
    )


def _networks(names: list[str]) -> Networks:
    return tuple(map(ipaddress.ip_network, names))


def raise_descriptor_limit() -> None:
    """Use what the system allows: the usual soft limit of 1,024 is for programs that call select(2). Doors do not."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def most_sessions() -> int:
    """How many clients this process has descriptors for: each needs a socket, and another one for a large message."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, (allowed - _OWN_DESCRIPTORS) // 2)


async def _run(  # noqa: PLR0913, PLR0917 - the wiring, called once
    settings: Settings,
    handler: ImportHandler,
    lookup: RecipientLookup,
    terms: Terms,
    listener: socket.socket,
    ready: Callable[[], None],
) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # A database that is down now must not keep the door shut: misses are told to come back.
    await lookup.refresh_if_old()
    door = Door(handler, terms, listener)
    door.open()
    ready()
    log.info("door_opened", hostname=terms.hostname, tls=terms.certificate is not None)
    while not stop.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _CERTIFICATE_SECONDS)
        renew_certificate(terms.certificate)
    log.info("door_draining", sessions=len(terms.sessions))
    await door.drain(settings.smtp.drain_seconds)
    lookup.close()
    log.info("door_closed", sessions_cut=len(terms.sessions))


def renew_certificate(certificate: tls.WatchedCertificate | None) -> None:
    """Take a renewed certificate into use for the handshakes to come; keep the old one when it cannot be used."""
    try:
        if certificate is not None and certificate.renew():
            log.info("certificate_renewed")
    except tls.CertificateUnusable as fault:
        log.error("certificate_not_renewed", reason=str(fault))


def _certificate(settings: Settings) -> tls.WatchedCertificate | None:
    if not settings.smtp.starttls:
        return None
    if settings.smtp.tls_certificate:
        certificate = Path(settings.smtp.tls_certificate)
        return tls.WatchedCertificate(certificate, Path(settings.smtp.tls_key or certificate))
    folder = settings.data / "tls"
    certificate, key = folder / tls.CERTIFICATE_NAME, folder / tls.KEY_NAME
    if not certificate.exists():
        log.warning("starttls_not_offered", missing=str(certificate), remedy="run postbus init")
        return None
    return tls.WatchedCertificate(certificate, key)
