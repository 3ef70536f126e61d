"""The wiring: which processes a running postbus consists of. Read this first.

    supervisor (postbus serve)
      ├─ renderer    receiver/rendering/renderer.py   octets in, PDF out; no database, no key
      ├─ jobs        receiver/pipeline/jobs.py        what may take longer: PDFs, second attempts
      ├─ worker      receiver/pipeline/worker.py      journal → parse → decide → keep → settle
      ├─ puller      receiver/imap/puller.py          linked accounts: IMAP in, journal.submit
      └─ door        receiver/smtp/door.py            SMTP in, journal.accept; smtp.doors of them, on all sockets

The supervisor holds the listening sockets and never touches mail. SIGTERM drains: no new connections, running
transactions finish, then the others end; exit 0. SIGHUP reads the settings again and replaces the processes one by one;
settings that cannot be used are logged, and everything stays.
Raises ListenFailed, AlreadyRunning and StartFailed.
"""

import contextlib
import itertools
import os
import signal
import socket
from collections.abc import Callable, Collection, Iterator, MutableMapping, Sequence
from functools import partial

import structlog

from receiver import listening, logs, places
from receiver.config import ConfigurationError, DatabaseSettings, Settings
from receiver.config_accounts import AccountSettings
from receiver.config_oauth import WITH_SECRETS
from receiver.guarded import leave_no_dump
from receiver.listening import KINDS, Listener
from receiver.smtp.shared import clear_slot, new_region, slot_number
from receiver.sole import sole
from receiver.supervision import Child, Supervisor

# The renderer finishes the page at hand (rendering.seconds, 30 by default).
_STOP_SECONDS = 40.0
# Beyond smtp.drain_seconds: who has just arrived, and the last handler at work.
_STOP_MARGIN = 15.0
# Settings of sockets, which only a start can open.
_PLACES = ("listen", "listen_tls", "listen_lmtp", "lmtp_socket_mode")

log = structlog.get_logger()


def serve(settings: Settings, announce: Callable[[str], None], read_again: Callable[[], Settings]) -> int:
    """Run postbus until SIGTERM or SIGINT; `announce` gets `ready smtp=HOST:PORT` once mail can be accepted.

    `read_again` gives the settings for a reload, checked, or raises ConfigurationError.
    """
    leave_no_dump()  # of the settings, with the database's password and the secrets of OAuth clients
    logs.configure(settings.log, process="supervisor")
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to reload
    with contextlib.ExitStack() as closed_at_the_end:
        listeners = listening.open_all(settings.smtp)
        for listener in listeners:
            closed_at_the_end.callback(listener.close)
        if settings.metrics.listen:
            from receiver.metrics import serve_metrics  # noqa: PLC0415 - most postbuses serve none

            serve_metrics(settings.metrics.listen, settings.journal_folder())
        with sole(settings.data):
            _run(settings, listeners, announce, read_again)
    return 0


def _run(
    settings: Settings,
    listeners: Sequence[Listener],
    announce: Callable[[str], None],
    read_again: Callable[[], Settings],
) -> None:
    shared_fd = new_region()  # one for all doors, whatever becomes of each

    def renew(taken: Collection[str]) -> Sequence[Child] | None:
        fresh = _renewed(settings, read_again)
        return None if fresh is None else _children(fresh, listeners, shared_fd, taken)

    supervisor = Supervisor(_children(settings, listeners, shared_fd), renew)
    signal.signal(signal.SIGHUP, supervisor.request_reload)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, supervisor.request_stop)
    signal.signal(signal.SIGCHLD, supervisor.wake)
    supervisor.start()
    with _told(settings, listeners):
        if not supervisor.is_stopping:  # told to stop while it started: mail was never let in
            shown = _places(listeners)
            announce(f"ready {shown}")
            log.info("service_started", listening=shown.split(" "))
            notify_systemd(f"READY=1\nSTATUS=takes mail at {shown}")
        supervisor.watch()
    notify_systemd("STOPPING=1")
    log.info("service_stopping")
    # Else the kernel would connect clients that come now, and they would wait for a greeting that never comes.
    for listener in listeners:
        listener.close()
    supervisor.stop()
    log.info("service_stopped")


@contextlib.contextmanager
def _told(settings: Settings, listeners: Sequence[Listener]) -> Iterator[None]:
    """Let `postbus status` know where mail is taken; a full disk does not stop mail from being taken there."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(places.told(settings.data, listeners))
        except OSError as error:
            log.warning("listening_not_told", error=error.strerror)
        yield


def _places(listeners: Sequence[Listener]) -> str:
    """`smtp=HOST:PORT smtps=HOST:PORT lmtp=unix:PATH`, those of one kind joined by commas."""
    of_kind = {kind: ",".join(each.address() for each in listeners if each.kind == kind) for kind in KINDS}
    return " ".join(f"{kind}={addresses}" for kind, addresses in of_kind.items() if addresses)


def _renewed(running: Settings, read_again: Callable[[], Settings]) -> Settings | None:
    """The settings for a reload; None, and a word in the log, when they cannot be used."""
    try:
        fresh = read_again()
    except ConfigurationError as error:
        log.error("reload_refused", faults=error.faults)
        return None
    # What the supervisor itself holds (folder, sockets) stays until it is started anew.
    kept = {
        "data": running.data == fresh.data,
        **{f"smtp.{name}": getattr(running.smtp, name) == getattr(fresh.smtp, name) for name in _PLACES},
        "metrics.listen": running.metrics.listen == fresh.metrics.listen,
    }
    if not all(kept.values()):
        log.warning("reload_needs_restart", settings=[name for name, is_same in kept.items() if not is_same])
    logs.configure(fresh.log, process="supervisor")
    return fresh.model_copy(update={"data": running.data})


def _children(
    settings: Settings, listeners: Sequence[Listener], shared_fd: int, taken: Collection[str] = ()
) -> list[Child]:
    # Each door holds a part of the journal by its name: while one takes over from another, both live.
    free = (name for name in map("door-{}".format, itertools.count(1)) if name not in taken)
    everything = settings.model_dump_json().encode()
    with_secrets = settings.model_dump_json(context=WITH_SECRETS).encode()
    # The renderer runs what mail contains: it learns no password, nor where the database is (law 17).
    without_secrets = {"database": DatabaseSettings(), "accounts": AccountSettings()}
    for_renderer = settings.model_copy(update=without_secrets).model_dump_json().encode()
    own_renderer = [Child("renderer", "renderer", for_renderer, _STOP_SECONDS)]
    doors = [
        Child(
            "door",
            name,
            everything,
            settings.smtp.drain_seconds + _STOP_MARGIN,
            listeners,
            shared_fd=shared_fd,
            forget=partial(clear_slot, shared_fd, slot_number(name)),
        )
        for name in itertools.islice(free, settings.smtp.number_of_doors())
    ]
    # Doors last: mail is let in when what takes it further stands, and is shut out before that goes.
    return [
        *([] if settings.rendering.socket else own_renderer),
        Child("jobs", "jobs", everything, _STOP_SECONDS),
        Child("worker", "worker", everything, _STOP_SECONDS),
        Child("puller", "puller", with_secrets, _STOP_SECONDS),
        *doors,
    ]


def notify_systemd(state: str, environment: MutableMapping[str, str] = os.environ) -> None:
    """Tell systemd (sd_notify(3)), when it asked to be told."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)
