"""The settings of linked accounts, `[accounts]`.

Pure; raises nothing beyond what pydantic says of a value.
"""

from pydantic import Field

from receiver.config_oauth import OAuthSettings
from receiver.setting_values import Section


class AccountSettings(Section):
    """Linked accounts: mailboxes of tenants that are pulled over IMAP."""

    interval_seconds: float = Field(
        3600.0,
        ge=1,
        le=86_400,
        description="From one pull of an account to the next; a longer one of its own needs IDLE.",
    )
    jitter: float = Field(
        0.1, ge=0, le=0.5, description="Share of the interval by which pulls are moved apart, at random."
    )
    sessions: int = Field(16, ge=1, le=1000, description="Accounts pulled at once by one postbus.")
    sessions_per_host: int = Field(
        8, ge=1, le=1000, description="Of these, accounts of one mail server (host and port)."
    )
    idle_sessions: int = Field(
        200, ge=0, le=10000, description="Connections that wait for new mail (IDLE); further accounts are only pulled."
    )
    idle_seconds: float = Field(1500.0, ge=10, le=1740, description="How long one IDLE waits (RFC 2177: under 30 min).")
    poll_seconds: float = Field(1.0, gt=0, description="How often due accounts are looked for.")
    lease_seconds: float = Field(
        120.0,
        ge=3,
        le=86_400,
        description="How long an account that is pulled is left alone by others; renewed at a third of it.",
    )
    connect_seconds: float = Field(20.0, gt=0, description="How long connecting may take, TLS and greeting included.")
    silence_seconds: float = Field(60.0, gt=0, description="How long a server may send nothing while it is waited for.")
    command_seconds: float = Field(300.0, gt=0, description="How long a server may take to answer one command.")
    pull_seconds: float = Field(
        3600.0, gt=0, description="How long one pull may take; the next goes on where it ended."
    )
    octets_per_day: int = Field(
        2_500_000_000, ge=1024, description="Octets fetched of one account a day (UTC); Gmail allows as many."
    )
    batch_messages: int = Field(250, ge=1, le=2000, description="Messages looked at with one command.")
    text_octets: int = Field(
        32 * 1024, ge=1024, le=1024**2, description="Octets of text read of a mail without a possible document."
    )
    max_line_octets: int = Field(1024**2, ge=8192, description="Longest line taken from a server.")
    max_literal_octets: int = Field(
        1024**2, ge=8192, description="Longest literal taken from a server, other than pieces of mail."
    )
    allow_internal_hosts: bool = Field(
        False, description="Whether mail servers may have internal addresses (10.0.0.0/8, 127.0.0.1, fd00::/8 …)."
    )
    ca_file: str = Field(
        "", description="PEM certificates trusted beside the system's, for mail servers with a CA of their own."
    )
    contact: str = Field(
        "", description="Address or URL told to servers that ask who we are (RFC 2971), for their administrators."
    )
    oauth: OAuthSettings = OAuthSettings()
