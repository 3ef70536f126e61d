"""What people enter of a linked account, and whether it can be one.

Pure. Never holds the secret. Raises Invalid with every fault in words.
"""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, get_args

from rules.addresses import canonical, canonical_domain
from storage.account_models import LinkedAccount
from storage.failures import Invalid

Security = Literal["tls", "starttls", "none"]
Auth = Literal["password", "xoauth2"]
LONGEST_USERNAME = 320
LONGEST_MAILBOX = 1000
MOST_MAILBOXES = 200
SHORTEST_INTERVAL, HOUR, LONGEST_INTERVAL = 60, 3600, 86_400  # seconds
EARLIEST_START = date(1970, 1, 1)
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


# Host and port: two ports of one host are two servers, and a tenant may name any.
Server = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFields:
    """A linked account as its tenant describes it."""

    address: str
    username: str
    host: str
    port: int
    security: str  # tls, starttls or none
    auth: str  # password or xoauth2
    start_date: date  # mail that the server received before it is left alone (INTERNALDATE, UTC)
    mailboxes: tuple[str, ...] = ()  # (): those that are watched by default
    provider: str = ""
    idle: bool = False
    interval_seconds: int | None = None  # None: as the configuration says

    @property
    def server(self) -> Server:
        """Where its pulls go."""
        return self.host, self.port


def tidy_fields(fields: AccountFields) -> AccountFields:
    """The fields as they are stored: address canonical, host in small letters. Raises Invalid with all faults."""
    faults = list(_faults(fields))
    if faults:
        raise Invalid("; ".join(faults))
    return replace(
        fields,
        address=canonical(fields.address) or "",
        username=fields.username.strip(),
        host=_host(fields.host) or "",
        mailboxes=tuple(dict.fromkeys(fields.mailboxes)),
    )


def fields_of(account: LinkedAccount) -> AccountFields:
    """The fields that a row holds."""
    return AccountFields(
        address=account.address,
        username=account.username,
        host=account.host,
        port=account.port,
        security=account.security,
        auth=account.auth,
        start_date=account.start_date,
        mailboxes=tuple(account.mailboxes),
        provider=account.provider,
        idle=account.idle,
        interval_seconds=account.interval_seconds,
    )


def _faults(fields: AccountFields) -> Iterator[str]:
    if canonical(fields.address) is None:
        yield f"e-mail address {fields.address[:80]!r}: expected an address, for example office@example.com"
    if not 1 <= len(fields.username.strip()) <= LONGEST_USERNAME or not fields.username.isprintable():
        yield f"user name {fields.username[:80]!r}: expected 1 to {LONGEST_USERNAME} printable characters"
    if _host(fields.host) is None:
        yield f"server name {fields.host[:80]!r}: expected a host name, for example imap.example.com"
    if not 1 <= fields.port <= 65_535:
        yield f"port {fields.port}: expected 1 to 65535 (993 with TLS, 143 with STARTTLS)"
    if fields.security not in get_args(Security):
        yield f"security {fields.security[:40]!r}: expected {', '.join(get_args(Security))}"
    if fields.auth not in get_args(Auth):
        yield f"authentication {fields.auth[:40]!r}: expected {', '.join(get_args(Auth))}"
    if fields.start_date < EARLIEST_START:
        yield f"start date {fields.start_date}: expected a day from {EARLIEST_START} on"
    yield from _mailbox_faults(fields.mailboxes)
    yield from _interval_faults(fields)


def _mailbox_faults(mailboxes: tuple[str, ...]) -> Iterator[str]:
    if len(mailboxes) > MOST_MAILBOXES:
        yield f"{len(mailboxes)} mailboxes: expected at most {MOST_MAILBOXES}"
    for name in mailboxes:
        if not 1 <= len(name) <= LONGEST_MAILBOX or not name.isprintable():
            yield f"mailbox {name[:80]!r}: expected 1 to {LONGEST_MAILBOX} printable characters"


def _interval_faults(fields: AccountFields) -> Iterator[str]:
    seconds = fields.interval_seconds
    if seconds is None:
        return
    if not SHORTEST_INTERVAL <= seconds <= LONGEST_INTERVAL:
        yield f"interval of {seconds} seconds: expected {SHORTEST_INTERVAL} to {LONGEST_INTERVAL}"
    elif seconds > HOUR and not fields.idle:
        yield f"interval of {seconds} seconds: more than {HOUR} only where IDLE keeps watch"


def _host(host: str) -> str | None:
    """A host name in its canonical form, or an address; None for anything else."""
    plain = host.strip().removesuffix(".").lower()
    try:
        return str(ipaddress.ip_address(plain.removeprefix("[").removesuffix("]")))
    except ValueError:
        # A name of one label: localhost, or a server of the own network.
        return plain if _LABEL.fullmatch(plain) else canonical_domain(plain)
