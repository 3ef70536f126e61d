"""The whole examination: what is looked at, in which order. Read this first.

Three rounds, the checks of each side by side, because a later one asks what an earlier one found: domains → MX,
MX → addresses and certificates, addresses → PTR and reach. Never longer than five seconds a round.
"""

import socket
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import ParamSpec, TypeVar

from receiver.config import Settings
from receiver.config_smtp import PemPair
from receiver.doctor import machine, stores
from receiver.doctor.certificate import judge_file
from receiver.doctor.confinement import judge_confinement
from receiver.doctor.door import (
    Place,
    judge_implicit_tls,
    judge_lmtp,
    judge_port,
    judge_reach,
    judge_shown,
    judge_tls,
    reachable,
)
from receiver.doctor.findings import Check, Finding, run_together
from receiver.doctor.fonts import judge_fonts
from receiver.doctor.names import judge_host, judge_hostname, judge_mx, judge_ptr
from receiver.doctor.resolver import Address, Resolver
from receiver.smtp import tls

P = ParamSpec("P")
T = TypeVar("T")
# A domain may have any number of exchanges, and each of them of addresses; ours has few.
_MOST_NAMES = 10
# Of findings that belong together, what is shown first.
_ORDER = ("mx", "address", "reach", "ptr", "hostname", "port", "smtps", "lmtp", "starttls", "certificate")


def examine(settings: Settings) -> list[Finding]:
    """Everything that was found, in a settled order."""
    examination = Examination(settings)
    found = [*examination.first_round(), *examination.second_round(), *examination.third_round()]
    # Sorting is stable: what has no place of its own stays behind, as it was found.
    return sorted(found, key=lambda each: _ORDER.index(each.check) if each.check in _ORDER else len(_ORDER))


class Examination:
    """One examination; a round remembers what the next one asks."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._resolver = Resolver(settings.doctor.resolver)
        self._hostname = settings.smtp.hostname or socket.getfqdn()
        self._proxies = tuple(map(ip_network, settings.smtp.proxy_networks))
        self._listen: Place | None = None
        self._answers = False
        # By what was asked: checks end in any order.
        self._exchanges: dict[str, list[str]] = {}
        self._addresses: dict[str, list[Address]] = {}

    def first_round(self) -> list[Finding]:
        """What needs no earlier answer."""
        settings, data = self._settings, self._settings.data
        return run_together(
            [
                *(Check("mx", domain, partial(self._mx, domain)) for domain in settings.addresses.domains),
                Check("hostname", self._hostname, _alone(judge_hostname, self._resolver, self._hostname)),
                Check("port", settings.smtp.listen, self._port),
                Check("smtps", settings.smtp.listen_tls, self._smtps),
                Check("lmtp", settings.smtp.listen_lmtp, self._lmtp),
                Check("data", str(data), _alone(machine.judge_data_folder, data)),
                Check("space", str(data), _alone(machine.judge_room, settings)),
                Check("clock", "this machine", _alone(machine.judge_clock, data)),
                Check("database", "the database", partial(stores.judge_database, settings)),
                Check("accounts", "linked accounts", partial(stores.judge_accounts, settings)),
                Check("journal", str(settings.journal_folder()), partial(stores.judge_journal, settings)),
                Check("renderer", "the renderer", _alone(stores.judge_renderer, settings)),
                Check("fonts", settings.rendering.fonts, partial(judge_fonts, Path(settings.rendering.fonts))),
                Check("sandbox", "the renderer's sandbox", partial(judge_confinement, settings)),
                Check("unit", "systemd", machine.judge_units),
            ]
        )

    def second_round(self) -> list[Finding]:
        """The machines that the MX records name, and what our door shows to senders who know us by these names."""
        names = self._names()
        return run_together(
            [
                *(Check("address", name, partial(self._host, name)) for name in names),
                *(Check("starttls", name, partial(self._tls, name)) for name in names or [self._hostname]),
                *(
                    Check("certificate", str(pair.certificate), partial(self._further, pair))
                    for pair in self._settings.smtp.tls_pairs()
                ),
            ]
        )

    def third_round(self) -> list[Finding]:
        """The addresses of these machines."""
        port, checks = self._settings.doctor.mx_port, []
        for address in _distinct(each for name in self._names() for each in self._addresses.get(name, [])):
            reach = _alone(judge_reach, self._exchange(f"{address}", port), self._hostname)
            ptr = _alone(judge_ptr, self._resolver, address, self._hostname)
            checks += [Check("reach", f"{address}", reach), Check("ptr", f"{address}", ptr)]
        return run_together(checks)

    def _exchange(self, address: str, port: int) -> Place:
        # At another port than ours it is the proxy who answers, to senders and to us.
        is_door = self._listen is not None and self._listen.address[1] == port
        return Place((address, port), self._proxies if is_door else ())

    def _names(self) -> list[str]:
        return _distinct(
            each for domain in self._settings.addresses.domains for each in self._exchanges.get(domain, [])
        )

    def _mx(self, domain: str) -> Sequence[Finding]:
        finding, exchanges = judge_mx(self._resolver, domain, self._hostname)
        self._exchanges[domain] = exchanges
        return [finding]

    def _host(self, name: str) -> Sequence[Finding]:
        finding, addresses = judge_host(self._resolver, name)
        self._addresses[name] = addresses
        return [finding]

    def _at_systemd(self, unit: str) -> str:
        # Units serve the folder that is the default; another folder is somebody's own postbus.
        is_of_units = self._settings.data == Settings.model_fields["data"].default
        return machine.listening_of_systemd(unit) if is_of_units else ""

    def _port(self) -> Sequence[Finding]:
        address = reachable(self._at_systemd("postbus.socket") or self._settings.smtp.listen)
        if address[1] == 0:
            return [Finding("port", "skipped", "smtp.listen leaves the port to the system: nobody knows it here")]
        self._listen = Place(address, self._proxies)
        finding = judge_port(self._listen, self._hostname)
        self._answers = finding.result != "failed"
        return [finding]

    def _smtps(self) -> Sequence[Finding]:
        place = self._at_systemd("postbus-smtps.socket") or self._settings.smtp.listen_tls
        if not place:
            return []
        address = reachable(place)
        if address[1] == 0:
            return [Finding("smtps", "skipped", "smtp.listen_tls leaves the port to the system")]
        return [judge_implicit_tls(Place(address, self._proxies), self._hostname)]

    def _lmtp(self) -> Sequence[Finding]:
        place = self._at_systemd("postbus-lmtp.socket") or self._settings.smtp.listen_lmtp
        if place.endswith(":0"):
            return [Finding("lmtp", "skipped", "smtp.listen_lmtp leaves the port to the system")]
        return [judge_lmtp(place, self._hostname, self._proxies)] if place else []

    def _further(self, pair: PemPair) -> Sequence[Finding]:
        return [judge_shown(self._listen if self._answers else None, pair)]

    def _tls(self, name: str) -> Sequence[Finding]:
        if not self._settings.smtp.starttls:
            return [Finding("starttls", "skipped", "smtp.starttls is off", "mail comes in unencrypted")]
        if self._listen is not None and self._answers:
            return judge_tls(self._listen, name)
        return [
            Finding("starttls", "skipped", f"{name}: nobody answers at smtp.listen"),
            judge_file(self._certificate_file(), name),
        ]

    def _certificate_file(self) -> Path:
        named = self._settings.smtp.tls_certificate
        return Path(named) if named else self._settings.data / "tls" / tls.CERTIFICATE_NAME


def _alone(judge: Callable[P, Finding], *arguments: P.args, **keywords: P.kwargs) -> Callable[[], list[Finding]]:
    return lambda: [judge(*arguments, **keywords)]


def _distinct(things: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(things))[:_MOST_NAMES]
