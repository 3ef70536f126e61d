"""Whether a configuration that is well formed can also work: files that exist, words a reply can carry.

Opens nothing but what the settings name, changes nothing. Answers with a sentence for every fault.
"""

import os
import shutil
import ssl
from pathlib import Path

from receiver.config import Settings
from receiver.smtp.certificates import names_in
from receiver.smtp.tls import CertificateUnusable

# A reply line holds 512 octets with CRLF (RFC 5321 4.5.3.1.5); code, enhanced code and the address need some of them.
_LONGEST_REFUSAL = 200


def faults_of(settings: Settings) -> list[str]:
    """Everything in the configuration that cannot work on this machine."""
    certificates = [*_certificate_faults(settings), *_further_certificate_faults(settings)]
    return [*certificates, *_authority_faults(settings), *_plan_faults(settings), *_command_faults(settings)]


def _certificate_faults(settings: Settings) -> list[str]:
    chain, key = settings.smtp.tls_certificate, settings.smtp.tls_key
    if not chain and not key:
        return []
    if not chain:
        return ["smtp.tls_certificate: not set, though smtp.tls_key is; set both, or leave both empty"]
    return _pair_faults("smtp.tls_certificate", chain, "smtp.tls_key", key)


def _further_certificate_faults(settings: Settings) -> list[str]:
    faults = []
    for number, entry in enumerate(settings.smtp.tls_certificates):
        place = f"smtp.tls_certificates.{number}"
        found = _pair_faults(f"{place}.certificate", entry.certificate, f"{place}.key", entry.key)
        faults += found or _name_faults(f"{place}.certificate", entry.certificate)
    return faults


def _name_faults(setting: str, chain: str) -> list[str]:
    try:
        has_name = bool(names_in(Path(chain)))
    except CertificateUnusable as fault:
        return [f"{setting}: {fault}"]
    return [] if has_name else [f"{setting} = {chain!r}: has no DNS name, so nobody can ask for it"]


def _pair_faults(certificate_setting: str, chain: str, key_setting: str, key: str) -> list[str]:
    named = {certificate_setting: chain, key_setting: key}
    unreadable = [fault for setting, file in named.items() if file and (fault := _unreadable(setting, Path(file)))]
    if unreadable:
        return unreadable
    why = _mismatch(chain, key or chain)  # one PEM file may hold both
    return [f"{certificate_setting} = {chain!r}: cannot be used with {key_setting} = {key!r} ({why})"] if why else []


def _unreadable(setting: str, file: Path) -> str | None:
    try:
        with file.open("rb"):
            return None
    except OSError as error:
        return f"{setting} = {str(file)!r}: cannot be read ({error.strerror})"


def _mismatch(chain: str, key: str) -> str:
    try:
        # A password would be asked for on the terminal; a key of a service has none.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key, password=lambda: b"")
    except (ssl.SSLError, ValueError) as error:
        return getattr(error, "reason", None) or "not PEM"
    return ""


def _authority_faults(settings: Settings) -> list[str]:
    """Else each linked account would say that TLS failed, as if its server were to blame."""
    file = settings.accounts.ca_file
    if not file:
        return []
    unreadable = _unreadable("accounts.ca_file", Path(file))
    if unreadable:
        return [unreadable]
    try:
        ssl.create_default_context(cafile=file)
    except ssl.SSLError as error:
        return [f"accounts.ca_file = {file!r}: holds no certificates in PEM ({error.reason or 'not PEM'})"]
    return []


def _plan_faults(settings: Settings) -> list[str]:
    faults = []
    for name, plan in settings.plans.items():
        if not (plan.refusal.isascii() and plan.refusal.isprintable()):
            faults.append(f"plans.{name}.refusal = {plan.refusal!r}: expected printable ASCII, since SMTP replies are")
        if len(plan.refusal) > _LONGEST_REFUSAL:
            faults.append(f"plans.{name}.refusal: {len(plan.refusal)} characters; expected at most {_LONGEST_REFUSAL}")
    return faults


def _command_faults(settings: Settings) -> list[str]:
    command = settings.rendering.command
    if command and not (shutil.which(command) and os.access(command, os.X_OK)):
        return [f"rendering.command = {command!r}: not a program that can be run; leave it empty to search PATH"]
    return []
