"""The PROXY header that a proxy puts before a client's first octet: who the client is.

Pure, bounded, in whatever pieces it arrives. Never guesses: what is no whole and sound header raises HeaderFault, and
the connection is no client's. What else version 2 may carry (names, TLS) is passed over; its checksum is not.
Standard: HAProxy's proxy-protocol.txt, 2.1 (version 1, a line) and 2.2 (version 2, binary).
"""

import re
import struct
from ipaddress import IPv4Address, IPv6Address, ip_address

# What is read of one header at most. The standard asks for 536; certificates of clients may stand in it.
MOST_OCTETS = 16 * 1024
# So much a line of version 1 has at most, CRLF included.
_LONGEST_LINE = 107

_LINE_START = b"PROXY "
_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_PREFIX_OCTETS = 16
_LINE = re.compile(
    r"PROXY (?:TCP4 ([0-9.]{7,15}) ([0-9.]{7,15})|TCP6 ([0-9A-Fa-f:.]{2,45}) ([0-9A-Fa-f:.]{2,45}))"
    r" (0|[1-9][0-9]{0,4}) (0|[1-9][0-9]{0,4})"
)
_LOCAL, _PROXY = 0x20, 0x21  # version and command
_STREAM, _DATAGRAM = 1, 2
_INET, _INET6, _UNIX = 1, 2, 3
_ADDRESS_OCTETS = {0: 0, _INET: 12, _INET6: 36, _UNIX: 216}
_CHECKSUM_TYPE = 3

Source = tuple[str, int]


class HeaderFault(Exception):
    """What came is no PROXY header (`is_header` false), or a damaged one."""

    def __init__(self, *, is_header: bool) -> None:
        super().__init__("damaged PROXY header" if is_header else "no PROXY header")
        self.is_header = is_header


class HeaderDecoder:
    """One header. `source` is the client's address and port; None when the proxy speaks for itself or cannot tell."""

    def __init__(self) -> None:
        self.is_finished = False
        self.source: Source | None = None
        self._octets = b""

    def feed(self, octets: bytes) -> bytes:
        """Take octets off the wire; gives back what stands behind the header. Raises HeaderFault."""
        if self.is_finished:
            return octets
        self._octets += octets
        end = _end_of_line(self._octets) if self._is_line() else _end_of_block(self._octets)
        if end is None:
            return b""
        self.source = _read_line(self._octets[:end]) if self._is_line() else _read_block(self._octets[:end])
        self.is_finished = True
        return self._octets[end:]

    def _is_line(self) -> bool:
        for start in (_LINE_START, _SIGNATURE):
            if start.startswith(self._octets[: len(start)]):
                return start is _LINE_START
        raise HeaderFault(is_header=False)


def _end_of_line(octets: bytes) -> int | None:
    line = octets[:_LONGEST_LINE]
    end = line.find(b"\r\n")
    text = line[:end] if end >= 0 else line.removesuffix(b"\r")
    # Neither CR nor LF ends a line alone.
    if b"\n" in text or b"\r" in text or (end < 0 and len(line) == _LONGEST_LINE):
        raise HeaderFault(is_header=True)
    return end + 2 if end >= 0 else None


def _read_line(line: bytes) -> Source | None:
    if line == b"PROXY UNKNOWN\r\n" or line.startswith(b"PROXY UNKNOWN "):
        return None  # whatever else stands in it
    match = _LINE.fullmatch(line[:-2].decode("latin-1"))
    if match is None:
        raise HeaderFault(is_header=True)
    kind = IPv4Address if match[1] else IPv6Address
    try:
        source, _ = kind(match[1] or match[3]), kind(match[2] or match[4])
    except ValueError as error:
        raise HeaderFault(is_header=True) from error
    ports = int(match[5]), int(match[6])
    if max(ports) > 0xFFFF:
        raise HeaderFault(is_header=True)
    return plain(source), ports[0]


def _end_of_block(octets: bytes) -> int | None:
    if len(octets) < _PREFIX_OCTETS:
        return None
    end = _PREFIX_OCTETS + int.from_bytes(octets[14:16], "big")
    if end > MOST_OCTETS:
        raise HeaderFault(is_header=True)
    return end if len(octets) >= end else None


def _read_block(header: bytes) -> Source | None:
    command, family, transport = header[12], header[13] >> 4, header[13] & 15
    if command not in {_LOCAL, _PROXY} or family not in _ADDRESS_OCTETS or transport > _DATAGRAM:
        raise HeaderFault(is_header=True)
    tells = command == _PROXY and family in {_INET, _INET6} and transport == _STREAM
    values = _PREFIX_OCTETS + _ADDRESS_OCTETS[family]
    # Of what tells no address the standard has even the shape ignored.
    checksum = _checksum_place(header, values, is_strict=command == _PROXY and family != 0)
    if checksum and _crc32c(header[:checksum] + bytes(4) + header[checksum + 4 :]) != header[checksum : checksum + 4]:
        raise HeaderFault(is_header=True)
    if not tells:
        return None
    if family == _INET:
        address, _, port, _ = struct.unpack_from("!4s4sHH", header, _PREFIX_OCTETS)
        return str(IPv4Address(address)), port
    address, _, port, _ = struct.unpack_from("!16s16sHH", header, _PREFIX_OCTETS)
    return plain(IPv6Address(address)), port


def _checksum_place(header: bytes, at: int, *, is_strict: bool) -> int:
    """Where the checksum stands among the values from `at` on; 0 without one. Raises HeaderFault where it must fit."""
    place = 0
    while at + 3 <= len(header):
        octets = int.from_bytes(header[at + 1 : at + 3], "big")
        if header[at] == _CHECKSUM_TYPE and octets == 4:
            place = at + 3
        at += 3 + octets
    if at == len(header):
        return place
    if is_strict:
        raise HeaderFault(is_header=True)
    return 0


def plain(address: IPv4Address | IPv6Address) -> str:
    """An address as text; IPv4 within IPv6 as what it is."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or ip_address(address))


def _crc_of(octet: int) -> int:
    crc = octet
    for _ in range(8):
        crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc


_CRC_TABLE = tuple(map(_crc_of, range(256)))


def _crc32c(octets: bytes) -> bytes:
    """RFC 4960 appendix B; zlib has another polynomial."""
    crc = 0xFFFFFFFF
    for octet in octets:
        crc = crc >> 8 ^ _CRC_TABLE[(crc ^ octet) & 0xFF]
    return (crc ^ 0xFFFFFFFF).to_bytes(4, "big")
