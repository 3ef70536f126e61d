"""What a table of settings is and what a value may be: places to listen, names, folders, database URLs.

Pure: a value in, the value out; nothing is opened or looked up. Raises ValueError with what was expected.
"""

import re
from ipaddress import IPv6Address, ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?=.{{1,255}}\Z){_LABEL}(?:\.{_LABEL})*")
# Names of machines are freer than domains of mail: some hold underscores.
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9])?")
UNIX_PREFIX = "unix:"
MASK = "***"  # what is shown of a secret
_LONGEST_SOCKET_PATH = 107  # sun_path holds 108 octets, unix(7).
_DATABASE = re.compile(r"sqlite:///|postgresql(?:\+psycopg)?://")


class Section(BaseModel):
    """One table of the TOML file."""

    # Infinity is no length of time, and JSON, in which settings reach the processes, has no word for it.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def host_and_port(value: str) -> tuple[str, int]:
    """Split `HOST:PORT` or `[IPv6]:PORT`; port 0 lets the system choose. Raises ValueError."""
    host, colon, port = value.rpartition(":")
    is_port = port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= 65535
    if not colon or not is_port or not (_HOST.fullmatch(host) or _is_ipv6_in_brackets(host)):
        raise ValueError("expected HOST:PORT, for example 0.0.0.0:25 or [::]:25")
    return host.removeprefix("[").removesuffix("]"), int(port)


def without_password(url: str) -> str:
    """`postgresql://me:secret@host/db` as `postgresql://me:***@host/db`."""
    return re.sub(r"(?<=[?&]password=)[^&]*", "***", re.sub(r"(?<=://)([^/@:]*):[^/]*@", r"\1:***@", url))


def _is_ipv6_in_brackets(host: str) -> bool:
    if not (host.startswith("[") and host.endswith("]")):
        return False
    try:
        IPv6Address(host[1:-1])
    except ValueError:
        return False
    return True


def _listen(value: str) -> str:
    host_and_port(value)
    return value


def _listen_or_nothing(value: str) -> str:
    return _listen(value) if value else value


def _listen_or_socket(value: str) -> str:
    if not value.startswith(UNIX_PREFIX):
        return _listen_or_nothing(value)
    path = value.removeprefix(UNIX_PREFIX)
    if not path.startswith("/") or len(path.encode()) > _LONGEST_SOCKET_PATH or not path.isprintable():
        raise ValueError(f"expected unix:/ABSOLUTE/PATH of at most {_LONGEST_SOCKET_PATH} octets, or HOST:PORT")
    return value


def _socket_mode(value: str) -> str:
    if not re.fullmatch(r"0?[0-7]{3}", value, re.ASCII):
        raise ValueError('expected the permissions of a file in octal, for example "0660"')
    return value


def _domain(value: str) -> str:
    domain = value.lower()
    if not _DOMAIN.fullmatch(domain):
        raise ValueError("expected a domain name in ASCII (xn--… for others), for example in.example.com")
    return domain


def _network(value: str) -> str:
    try:
        return str(ip_network(value))
    except ValueError as error:
        raise ValueError("expected a network without host bits, for example 192.0.2.0/24 or 2001:db8::/32") from error


def _host_name(value: str) -> str:
    # It stands in the banner: a line break there would be a reply of its own (RFC 5321 4.2).
    is_literal = value.startswith("[") and value.endswith("]") and bool(re.fullmatch(r"[0-9A-Za-z.:]+", value[1:-1]))
    if value and not _HOST.fullmatch(value) and not is_literal:
        raise ValueError("expected the name of this machine in ASCII, for example mx.example.com")
    return value


def _database_url(value: str) -> str:
    expected = "expected sqlite:////FILE or postgresql+psycopg://USER@HOST/NAME, or nothing"
    if value and (not _DATABASE.match(value) or not value.isprintable()):
        raise ValueError(expected)
    try:
        _ = urlsplit(value).port
    except ValueError as error:
        raise ValueError(expected) from error
    return value


def _not_empty(value: object) -> object:
    # An unset variable of a shell would otherwise mean the folder one happens to stand in.
    if value == "":
        raise ValueError("expected the path of a folder")
    return value


def _data_folder(value: Path) -> Path:
    if "?" in str(value):  # begins the options in the URL of SQLite
        raise ValueError("expected the path of a folder, without question mark")
    return value


def _socket_path(value: str) -> str:
    if value and not value.startswith("/"):
        raise ValueError("expected an absolute path: processes with other working folders look for it")
    return value


Listen = Annotated[str, AfterValidator(_listen)]
ListenOrNothing = Annotated[str, AfterValidator(_listen_or_nothing)]
ListenOrSocket = Annotated[str, AfterValidator(_listen_or_socket)]
SocketMode = Annotated[str, AfterValidator(_socket_mode)]
Network = Annotated[str, AfterValidator(_network)]
Domain = Annotated[str, AfterValidator(_domain)]
HostName = Annotated[str, AfterValidator(_host_name)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
DataFolder = Annotated[Path, BeforeValidator(_not_empty), AfterValidator(_data_folder)]
SocketPath = Annotated[str, AfterValidator(_socket_path)]
