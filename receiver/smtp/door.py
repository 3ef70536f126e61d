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
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import structlog
import uvloop

from receiver.config import Settings
from receiver.listening import Listener
from receiver.own_journal import open_journal
from receiver.smtp import tls
from receiver.smtp.accepting import Door
from receiver.smtp.certificates import Certificates, WatchedCertificate, watched_for_name
from receiver.smtp.handler import ImportHandler
from receiver.smtp.limits import SessionLimits, Visits
from receiver.smtp.networks import Networks
from receiver.smtp.recipients import RecipientLookup
from receiver.smtp.session import hooks_of
from receiver.smtp.shared import Slot, slot_number
from receiver.smtp.text import DataLimits
from receiver.smtp.wire import Terms
from storage.database import Database
from storage.directory import AddressDirectory

# How often the files of the certificate are looked at.
_CERTIFICATE_SECONDS = 10.0
# Descriptors that are no client's: listener, journal, database, what Python holds.
_OWN_DESCRIPTORS = 48

log = structlog.get_logger()


def run_door(
    settings: Settings,
    listeners: Sequence[Listener],
    *,
    name: str,
    ready: Callable[[], None],
    shared_fd: int | None = None,
) -> None:
    """Take mail from all `listeners` until SIGTERM or SIGINT; `ready` is called once it can be accepted.

    `shared_fd` is the region of all doors (shared.new_region); without it the door counts for itself alone.
    """
    # What aiosmtpd logs quotes clients.
    logging.getLogger("mail.log").disabled = True
    raise_descriptor_limit()
    certificates = _certificates(settings, needs_tls=any(each.kind == "smtps" for each in listeners))
    journal = open_journal(settings, name)
    database = Database(settings.database_url())
    try:
        lookup = make_lookup(settings, database)
        handler = ImportHandler(journal, lookup, settings.smtp.max_recipients)
        # Only now that the journal is ours: the door of this name before us has ended, and with it the use of its slot.
        terms = make_terms(settings, handler, certificates, Slot(shared_fd, slot_number(name)))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run(settings, handler, lookup, terms, listeners, ready))
    finally:
        journal.close()
        database.close()


def make_lookup(settings: Settings, database: Database) -> RecipientLookup:
    """Who owns which forward-path, by the directory of this machine."""
    directory = AddressDirectory(database, settings.data / "run" / "directory.stamp")
    return RecipientLookup(directory, settings.all_plans(), settings.addresses.domains, settings.smtp.lookup_seconds)


def make_terms(
    settings: Settings, handler: ImportHandler, certificates: Certificates | None, slot: Slot | None = None
) -> Terms:
    """What the sessions of a door share."""
    here = most_sessions()
    given = settings.smtp.model_dump(include={each.name for each in dataclasses.fields(SessionLimits)})
    return Terms(
        hostname=settings.smtp.hostname or socket.getfqdn(),
        limits=DataLimits(settings.smtp.max_message_octets, settings.smtp.max_line_octets),
        hooks=hooks_of(handler),
        smtputf8=settings.smtp.smtputf8,
        certificates=certificates,
        offers_starttls=settings.smtp.starttls,
        handshake_seconds=settings.smtp.handshake_seconds,
        idle_seconds=settings.smtp.idle_seconds,
        visits=Visits(
            SessionLimits(
                **given, max_connections_here=here, max_connections_of_doors=here * settings.smtp.number_of_doors()
            ),
            slot,
        ),
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
    listeners: Sequence[Listener],
    ready: Callable[[], None],
) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # A database that is down now must not keep the door shut: misses are told to come back.
    await lookup.refresh_if_old()
    door = Door(handler, terms, listeners)
    door.open()
    ready()
    log.info("door_opened", hostname=terms.hostname, tls=terms.certificates is not None)
    while not stop.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _CERTIFICATE_SECONDS)
        renew_certificates(terms.certificates)
    log.info("door_draining", sessions=len(terms.sessions))
    await door.drain(settings.smtp.drain_seconds)
    lookup.close()
    log.info("door_closed", sessions_cut=len(terms.sessions))


def renew_certificates(certificates: Certificates | None) -> None:
    """Take renewed certificates into use for the handshakes to come; keep an old one whose files cannot be used."""
    if certificates is None:
        return
    renewed, faults = certificates.renew()
    for file in renewed:
        log.info("certificate_renewed", certificate=str(file))
    for fault in faults:
        log.error("certificate_not_renewed", reason=str(fault))


def _certificates(settings: Settings, *, needs_tls: bool) -> Certificates | None:
    """What is shown in handshakes. Raises CertificateUnusable for the default one."""
    if not settings.smtp.starttls and not needs_tls:
        return None
    folder = settings.data / "tls"
    certificate, key = folder / tls.CERTIFICATE_NAME, folder / tls.KEY_NAME
    if settings.smtp.tls_certificate:
        certificate = Path(settings.smtp.tls_certificate)
        key = Path(settings.smtp.tls_key or certificate)
    elif not certificate.exists() and not needs_tls:
        log.warning("starttls_not_offered", missing=str(certificate), remedy="run postbus init")
        return None
    others = [watched_for_name(each.certificate, each.key) for each in settings.smtp.tls_pairs()]
    certificates = Certificates(WatchedCertificate(certificate, key), others)
    for fault in certificates.faults:
        log.error("certificate_left_out", reason=str(fault))
    return certificates
