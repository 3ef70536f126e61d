"""Whether our door answers: banner at its listeners and at the addresses of the MX, TLS, and what it shows.

A client like any sender; sends no mail.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from receiver.config_smtp import PemPair
from receiver.doctor.certificate import der_of, judge_certificate, judge_file
from receiver.doctor.dialogue import Dialogue, Handshake, Unexpected
from receiver.doctor.findings import Finding
from receiver.setting_values import UNIX_PREFIX, host_and_port
from receiver.smtp.certificates import names_in
from receiver.smtp.networks import Networks
from receiver.smtp.tls import CertificateUnusable

_START = "start postbus: systemctl start postbus, or postbus serve"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a door listens, and the proxies from whom it awaits a PROXY header there."""

    address: tuple[str, int]
    proxies: Networks = ()

    def dialogue(self) -> Dialogue:
        """A connection to it."""
        return Dialogue.at(self.address, self.proxies)

    def __str__(self) -> str:
        host, port = self.address
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def judge_port(place: Place, hostname: str) -> Finding:
    """Whether this postbus answers where it listens."""
    try:
        with place.dialogue() as dialogue:
            banner = dialogue.greeting()
            dialogue.quit()
    except (OSError, Unexpected) as failure:
        return Finding("port", "failed", f"{place}: {_words(failure)}", _START)
    if not is_ours(banner, hostname):
        remedy = "stop the other server, or set smtp.listen to another port"
        return Finding("port", "warning", f"{place}: answers as {_name_in(banner)}, not as {hostname}", remedy)
    return Finding("port", "ok", f"{place}: answers as {hostname}")


def judge_reach(place: Place, hostname: str) -> Finding:
    """Whether who connects to the address of an MX comes here. Seen from this machine, which may differ."""
    port = place.address[1]
    outside = "from inside a network the way may differ: try from outside, swaks --quit-after EHLO --server ADDRESS"
    try:
        with place.dialogue() as dialogue:
            banner = dialogue.greeting()
            dialogue.quit()
    except ConnectionRefusedError:
        remedy = f"let postbus listen there (postbus.socket, smtp.listen), or lead port {port} to it"
        return Finding("reach", "failed", f"{place}: nobody listens there", remedy)
    except (OSError, Unexpected) as failure:
        remedy = f"open port {port} in firewall and router; {outside}"
        return Finding("reach", "warning", f"{place}: {_words(failure)}", remedy)
    if not is_ours(banner, hostname):
        remedy = f"fine where another server stands in front of postbus; else lead {place} here"
        return Finding("reach", "warning", f"{place}: answers as {_name_in(banner)}, not as {hostname}", remedy)
    return Finding("reach", "ok", f"{place}: answers as {hostname}")


def judge_tls(place: Place, server_name: str) -> Sequence[Finding]:
    """Whether a sender that knows us by this name gets TLS, and whether the certificate fits."""
    try:
        handshake = _shake_hands(place, server_name)
    except (OSError, Unexpected) as failure:
        remedy = "look for tls_failed in the log; check smtp.tls_certificate with postbus check-config"
        return [Finding("starttls", "failed", f"{server_name}: no handshake, {_words(failure)}", remedy)]
    if handshake is None:
        remedy = "run postbus init, which makes a certificate, or set smtp.tls_certificate; then start postbus anew"
        return [Finding("starttls", "failed", f"{server_name}: not announced", remedy)]
    told = f"{server_name}: {handshake.version} {handshake.cipher}"
    return [Finding("starttls", "ok", told), judge_certificate(handshake.certificate, server_name)]


def judge_implicit_tls(place: Place, hostname: str) -> Finding:
    """Whether a handshake is the first thing at smtp.listen_tls, and the banner the next."""
    try:
        with place.dialogue() as dialogue:
            handshake = dialogue.shake_hands(hostname)
            banner = dialogue.greeting()
            dialogue.quit()
    except (OSError, Unexpected) as failure:
        remedy = f"{_START}; look for tls_failed in the log"
        return Finding("smtps", "failed", f"{place}: {_words(failure)}", remedy)
    if not is_ours(banner, hostname):
        remedy = "stop the other server, or set smtp.listen_tls to another port"
        return Finding("smtps", "warning", f"{place}: answers as {_name_in(banner)}, not as {hostname}", remedy)
    return Finding("smtps", "ok", f"{place}: {handshake.version} {handshake.cipher}")


def judge_lmtp(place: str, hostname: str, proxies: Networks = ()) -> Finding:
    """Whether LMTP is spoken at a place (HOST:PORT or unix:/PATH)."""
    try:
        with _dialogue_at(place, proxies) as dialogue:
            banner = dialogue.greeting()
            dialogue.extensions("LHLO")
            dialogue.quit()
    except PermissionError:
        remedy = "run the doctor as the user of postbus or of the server in front, or look at smtp.lmtp_socket_mode"
        return Finding("lmtp", "warning", f"{place}: this user may not connect", remedy)
    except (OSError, Unexpected) as failure:
        return Finding("lmtp", "failed", f"{place}: {_words(failure)}", _START)
    if not is_ours(banner, hostname):
        remedy = "stop the other server, or set smtp.listen_lmtp to another place"
        return Finding("lmtp", "warning", f"{place}: answers as {_name_in(banner)}, not as {hostname}", remedy)
    return Finding("lmtp", "ok", f"{place}: speaks LMTP")


def _dialogue_at(place: str, proxies: Networks) -> Dialogue:
    if place.startswith(UNIX_PREFIX):
        return Dialogue.at_unix_socket(place.removeprefix(UNIX_PREFIX))
    return Dialogue.at(reachable(place), proxies)


def reachable(listen: str) -> tuple[str, int]:
    """Where who listens at HOST:PORT is found: nobody connects to "any address"."""
    host, port = host_and_port(listen)
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104 - not bound


def judge_shown(place: Place | None, pair: PemPair) -> Finding:
    """Whether a further certificate is good, and is shown to who asks for its name, if a door answers."""
    try:
        names = names_in(pair.certificate)
    except CertificateUnusable:
        return judge_file(pair.certificate, str(pair.certificate))
    if not names:
        remedy = "use one with a DNS name, or take it out of smtp.tls_certificates"
        return Finding("certificate", "warning", f"{pair.certificate}: has no DNS name, nobody can ask for it", remedy)
    asked = names[0].replace("*", "doctor", 1)
    finding = judge_file(pair.certificate, asked)
    try:
        handshake = _shake_hands(place, asked) if place else None
    except (OSError, Unexpected):
        handshake = None
    if finding.result != "failed" and handshake and handshake.certificate != der_of(pair.certificate):
        remedy = "look for certificate_not_renewed and certificate_left_out in the log"
        return Finding("certificate", "warning", f"{asked}: the door shows another one than {pair.certificate}", remedy)
    return finding


def _shake_hands(place: Place, server_name: str) -> Handshake | None:
    with place.dialogue() as dialogue:
        dialogue.greeting()
        if "STARTTLS" not in dialogue.extensions():
            return None
        return dialogue.start_tls(server_name)


def is_ours(banner: str, hostname: str) -> bool:
    """Whether a banner carries our name: RFC 5321 4.2 puts it first."""
    return _name_in(banner).lower() == hostname.lower()


def _name_in(banner: str) -> str:
    name = banner.partition(" ")[0]
    return "".join(each if each.isprintable() else "?" for each in name)[:255] or "nobody"


def _words(failure: OSError | Unexpected) -> str:
    if isinstance(failure, TimeoutError):
        return "no answer"
    reason = getattr(failure, "reason", None) or getattr(failure, "strerror", None)
    return str(reason or failure)
