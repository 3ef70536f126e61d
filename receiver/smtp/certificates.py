"""The certificates of a door: a default one, and others for those who ask for their names (SNI).

Names are read from the certificates themselves: whoever renews one may add a name. `renew` looks at the files again;
one that cannot be used leaves what was in force and holds up no other. Never logs: what went wrong is handed back.
Raises CertificateUnusable when the default one cannot be loaded at the start.
Standards: RFC 6066 section 3 (SNI), RFC 5280 4.2.1.6 (names), RFC 6125 6.4.3 (wildcards).
"""

import ssl
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509

from receiver.smtp.tls import CertificateUnusable, server_context

_REMEDY_OF_OTHERS = "check its entry in smtp.tls_certificates"


class WatchedCertificate:
    """A certificate and its key in files that somebody renews: once loaded, there is always a usable context."""

    def __init__(self, certificate: Path, key: Path, *remedy: str) -> None:
        self.certificate = certificate
        self.context: ssl.SSLContext | None = None
        self.names: tuple[str, ...] = ()
        self._files = (certificate, key)
        self._remedy = remedy
        self._seen: object = None

    def renew(self) -> bool:
        """Load the files when they have changed since the last look (the first one included); whether they had.

        Raises CertificateUnusable, once for each change; what was in force before stays.
        """
        stamp = [_stamp_of(file) for file in self._files]
        if stamp == self._seen:
            return False
        self._seen = stamp
        context = server_context(*self._files, *self._remedy)
        self.context, self.names = context, names_in(self.certificate)
        return True


class Certificates:
    """All of them; `context` is what handshakes begin with."""

    def __init__(self, default: WatchedCertificate, others: Sequence[WatchedCertificate] = ()) -> None:
        """Load them. Raises CertificateUnusable for the default one; `faults` tells of the others that are left out."""
        self._all = (default, *others)
        self._by_name: dict[str, ssl.SSLContext] = {}
        default.renew()
        _, self.faults = self._look(others)
        self.context = self._arrange()

    def renew(self) -> tuple[list[Path], list[CertificateUnusable]]:
        """Look at the files again: which certificates are new from now on, and what is wrong with others."""
        renewed, faults = self._look(self._all)
        if renewed:
            self.context = self._arrange()
        return renewed, faults

    def _look(self, certificates: Sequence[WatchedCertificate]) -> tuple[list[Path], list[CertificateUnusable]]:
        renewed, faults = [], []
        for each in certificates:
            try:
                if each.renew():
                    renewed.append(each.certificate)
            except CertificateUnusable as fault:
                faults.append(fault)
        return renewed, faults

    def _arrange(self) -> ssl.SSLContext:
        loaded = [(each.context, each.names) for each in self._all if each.context is not None]
        # The first one that bears a name shows it, the default one before all others.
        self._by_name = {name: context for context, names in reversed(loaded) for name in names}
        context, _ = loaded[0]
        context.sni_callback = self._choose
        return context

    def _choose(self, handshake: ssl.SSLObject, server_name: str | None, _context: ssl.SSLContext) -> None:
        """Show the certificate of the name that is asked for; the default one when nobody has it."""
        name = (server_name or "").lower().rstrip(".")
        chosen = self._by_name.get(name) or self._by_name.get(f"*.{name.partition('.')[2]}")
        if chosen is not None:
            handshake.context = chosen


def watched_for_name(certificate: Path, key: Path) -> WatchedCertificate:
    """One of smtp.tls_certificates."""
    return WatchedCertificate(certificate, key, _REMEDY_OF_OTHERS)


def names_in(file: Path) -> tuple[str, ...]:
    """The DNS names of the first certificate in a PEM file, in lower case. Raises CertificateUnusable."""
    try:
        certificate = x509.load_pem_x509_certificates(file.read_bytes())[0]
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    except (OSError, ValueError) as error:
        raise CertificateUnusable(f"{file}: cannot be read as a certificate; renew it") from error
    return tuple(name.lower().rstrip(".") for name in names.get_values_for_type(x509.DNSName))


def _stamp_of(file: Path) -> tuple[int, int, int] | None:
    try:
        status = file.stat()  # behind links: certbot's are such
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size
