"""What is proposed for an address: server, port, security, how to log in, and who said so.

Pure values. Standards: RFC 8314 (implicit TLS first), Mozilla's autoconfiguration for the forms of a user name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Security = Literal["tls", "starttls", "none"]
Auth = Literal["password", "xoauth2"]
# In the order in which they are asked.
Source = Literal["provider", "domain", "autoconfig", "srv", "mx", "guess"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One way to reach a mailbox.

    usernames: what to try, the likeliest first; () where people must say it. advice: a code of
    rules.phrases_of_linking. oauth: the client of accounts.oauth for auth xoauth2.
    """

    source: Source
    host: str
    port: int = 993
    security: Security = "tls"
    auth: Auth = "password"
    usernames: tuple[str, ...] = ()
    provider: str = ""
    oauth: str = ""
    advice: str = "advice_usual"
    advice_params: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
