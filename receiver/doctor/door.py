"""Whether our door answers: banner at smtp.listen and at the addresses of the MX, STARTTLS, and what it shows.

A client like any sender; sends no mail.
"""

from collections.abc import Sequence

from receiver.doctor.certificate import judge_certificate
from receiver.doctor.dialogue import Dialogue, Handshake, Unexpected
from receiver.doctor.findings import Finding
from receiver.doctor.resolver import Address

_START = "start postbus: systemctl start postbus, or postbus serve"


def judge_port(address: tuple[str, int], hostname: str) -> Finding:
    """Whether this postbus answers where it listens."""
    shown = _shown(address)
    try:
        with Dialogue(address) as dialogue:
            banner = dialogue.greeting()
            dialogue.quit()
    except (OSError, Unexpected) as failure:
        return Finding("port", "failed", f"{shown}: {_words(failure)}", _START)
    if not is_ours(banner, hostname):
        remedy = "stop the other server, or set smtp.listen to another port"
        return Finding("port", "warning", f"{shown}: answers as {_name_in(banner)}, not as {hostname}", remedy)
    return Finding("port", "ok", f"{shown}: answers as {hostname}")


def judge_reach(address: Address, port: int, hostname: str) -> Finding:
    """Whether who connects to the address of an MX comes here. Seen from this machine, which may differ."""
    shown = _shown((str(address), port))
    outside = "from inside a network the way may differ: try from outside, swaks --quit-after EHLO --server ADDRESS"
    try:
        with Dialogue((str(address), port)) as dialogue:
            banner = dialogue.greeting()
            dialogue.quit()
    except ConnectionRefusedError:
        remedy = f"let postbus listen there (postbus.socket, smtp.listen), or lead port {port} to it"
        return Finding("reach", "failed", f"{shown}: nobody listens there", remedy)
    except (OSError, Unexpected) as failure:
        remedy = f"open port {port} in firewall and router; {outside}"
        return Finding("reach", "warning", f"{shown}: {_words(failure)}", remedy)
    if not is_ours(banner, hostname):
        remedy = f"fine where another server stands in front of postbus; else lead {shown} here"
        return Finding("reach", "warning", f"{shown}: answers as {_name_in(banner)}, not as {hostname}", remedy)
    return Finding("reach", "ok", f"{shown}: answers as {hostname}")


def judge_tls(address: tuple[str, int], server_name: str) -> Sequence[Finding]:
    """Whether a sender that knows us by this name gets TLS, and whether the certificate fits."""
    try:
        handshake = _shake_hands(address, server_name)
    except (OSError, Unexpected) as failure:
        remedy = "look for tls_failed in the log; check smtp.tls_certificate with postbus check-config"
        return [Finding("starttls", "failed", f"{server_name}: no handshake, {_words(failure)}", remedy)]
    if handshake is None:
        remedy = "run postbus init, which makes a certificate, or set smtp.tls_certificate; then start postbus anew"
        return [Finding("starttls", "failed", f"{server_name}: not announced", remedy)]
    told = f"{server_name}: {handshake.version} {handshake.cipher}"
    return [Finding("starttls", "ok", told), judge_certificate(handshake.certificate, server_name)]


def _shake_hands(address: tuple[str, int], server_name: str) -> Handshake | None:
    with Dialogue(address) as dialogue:
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


def _shown(address: tuple[str, int]) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
