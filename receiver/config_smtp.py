"""The settings of the SMTP door, `[smtp]`.

Pure but for the number of cores; raises nothing beyond what pydantic says of a value.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from receiver.setting_values import HostName, Listen, ListenOrNothing, ListenOrSocket, Network, Section, SocketMode

MOST_DOORS = 8


@dataclass(frozen=True, slots=True)
class PemPair:
    """The files of a certificate and its key; one file may hold both."""

    certificate: Path
    key: Path


class CertificateEntry(Section):
    """One of smtp.tls_certificates."""

    certificate: str = Field(min_length=1, description="PEM chain.")
    key: str = Field("", description="PEM key; empty: in the same file.")


class SmtpSettings(Section):
    """The SMTP door."""

    listen: Listen = Field(
        "127.0.0.1:2525", description="Address and port; ignored when systemd hands over the socket."
    )
    listen_tls: ListenOrNothing = Field(
        "", description="Address and port where TLS begins at once (RFC 8314), for example 0.0.0.0:465; empty: none."
    )
    listen_lmtp: ListenOrSocket = Field(
        "", description="LMTP (RFC 2033) for a server in front: HOST:PORT or unix:/PATH; empty: none."
    )
    lmtp_socket_mode: SocketMode = Field("0660", description="Permissions of the Unix socket in listen_lmtp.")
    doors: int = Field(0, ge=0, le=MOST_DOORS, description="Processes that take mail; 0: one per core, at most 8.")
    hostname: HostName = Field("", description="Name in banner, EHLO reply and trace; empty: the machine's full name.")
    max_message_octets: int = Field(
        50 * 1024**2, ge=64 * 1024, description="SIZE (RFC 1870); larger messages get 552 5.3.4."
    )
    max_line_octets: int = Field(64 * 1024, ge=1000, description="Longest line accepted in a message.")
    normalize_networks: list[Network] = Field(
        default=[],
        description="Networks (CIDR) whose mail may have a bare CR or LF: it becomes CRLF, and that is recorded.",
    )
    proxy_networks: list[Network] = Field(
        default=[],
        description="Networks (CIDR) of proxies: their connections begin with a PROXY header (v1, v2), or are closed.",
    )
    proxy_seconds: float = Field(5.0, ge=0.1, description="How long the PROXY header of a listed proxy may take.")
    forwarder_networks: list[Network] = Field(
        default=[],
        description="Networks (CIDR) of mail servers whose word on their clients (XCLIENT, XFORWARD) is taken.",
    )
    max_recipients: int = Field(
        1000, ge=100, description="Recipients of one message (RFC 5321 4.5.3.1.8 asks for 100)."
    )
    max_connections: int = Field(
        2000, ge=1, description="Connections at once, of all doors together; further ones get 421 4.3.2."
    )
    max_connections_per_address: int = Field(
        50, ge=1, description="Connections at once from one IPv4 address or IPv6 /64; further ones get 421 4.7.0."
    )
    max_messages: int = Field(1000, ge=1, description="Messages of one session; the next MAIL gets 421 4.7.0.")
    max_errors: int = Field(
        20, ge=1, description="Unknown, malformed or misplaced commands of one session; then 421 4.7.0."
    )
    max_commands_without_progress: int = Field(
        100, ge=10, description="Commands in a row that bring neither a recipient nor a message; then 421 4.7.0."
    )
    session_seconds: float = Field(
        3600.0, gt=0, description="Age at which a session is closed, at its next command; never within a message."
    )
    min_octets_per_second: float = Field(
        100.0, ge=0, description="Slowest transfer of a message, on average after transfer_grace_seconds; 0: any."
    )
    transfer_grace_seconds: float = Field(
        60.0, ge=0, description="Time for which each message may come in however slowly."
    )
    tarpit_recipients: int = Field(
        10, ge=0, description="Unknown recipients that an address may name in tarpit_window_seconds without delay."
    )
    tarpit_window_seconds: float = Field(600.0, gt=0, description="How long unknown recipients are remembered.")
    tarpit_seconds: float = Field(
        5.0, ge=0, le=60, description="How long each further unknown recipient waits for its 550; 0: no tarpit."
    )
    smtputf8: bool = Field(True, description="Announce SMTPUTF8 (RFC 6531).")
    starttls: bool = Field(True, description="Announce STARTTLS (RFC 3207).")
    tls_certificate: str = Field("", description="PEM chain; empty: the self-signed one made by `postbus init`.")
    tls_key: str = Field("", description="PEM key of tls_certificate.")
    tls_certificates: list[CertificateEntry] = Field(
        default=[], description="Further ones, {certificate, key}, for clients that ask for a name in them (SNI)."
    )
    handshake_seconds: float = Field(30.0, gt=0, description="How long a TLS handshake may take.")
    idle_seconds: float = Field(300.0, gt=0, description="Silence after which a session is closed (RFC 5321 4.5.3.2).")
    lookup_seconds: float = Field(5.0, gt=0, description="How long RCPT waits for the database before it says 451.")
    drain_seconds: float = Field(60.0, gt=0, description="How long SIGTERM waits for running transactions.")

    def number_of_doors(self) -> int:
        """How many processes take mail; each does from every listening socket."""
        return self.doors or min(MOST_DOORS, len(os.sched_getaffinity(0)))

    def tls_pairs(self) -> list[PemPair]:
        """The files of the further certificates."""
        return [PemPair(Path(each.certificate), Path(each.key or each.certificate)) for each in self.tls_certificates]
