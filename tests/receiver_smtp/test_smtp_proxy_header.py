"""The PROXY header's decoder: whole headers in any pieces, and nothing that only looks like one."""

import struct
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from receiver.smtp.proxy import MOST_OCTETS, HeaderDecoder, HeaderFault

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
PORTS = st.integers(0, 65535)
PIECES = st.lists(st.integers(1, 60), max_size=8)
# RFC 3720 B.4 prints the last two; the first is the usual check value of CRC-32C.
KNOWN_CHECKSUMS = [(b"123456789", 0xE3069283), (bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43)]


def crc32c(octets: bytes) -> int:
    """Bit by bit, as the polynomial says."""
    crc = 0xFFFFFFFF
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 * (crc & 1))
    return crc ^ 0xFFFFFFFF


def line(source, destination, ports) -> bytes:
    kind = "TCP4" if isinstance(source, IPv4Address) else "TCP6"
    return f"PROXY {kind} {source} {destination} {ports[0]} {ports[1]}\r\n".encode()


def block(source, destination, ports, values=b"", command=0x21) -> bytes:
    family = 0x11 if isinstance(source, IPv4Address) else 0x21
    octets = source.packed + destination.packed + struct.pack("!HH", *ports) + values
    return raw_block(octets, family, command)


def raw_block(octets: bytes, family: int, command: int = 0x21) -> bytes:
    return SIGNATURE + bytes([command, family]) + len(octets).to_bytes(2, "big") + octets


def value(kind: int, octets: bytes) -> bytes:
    return bytes([kind]) + len(octets).to_bytes(2, "big") + octets


def signed(header: bytes, wrong: int = 0) -> bytes:
    """A header whose last value is a checksum of nothing, with the true one in its place."""
    return header[:-4] + (crc32c(header) ^ wrong).to_bytes(4, "big")


def decode(octets: bytes, pieces=()):
    """Feed in pieces up to the end of the header; gives the decoder and everything behind the header."""
    decoder, behind, at = HeaderDecoder(), b"", 0
    for size in [*pieces, len(octets) or 1]:
        rest = decoder.feed(octets[at : at + size])
        assert decoder.is_finished or not rest
        behind += rest
        at += size
    return decoder, behind


def both(addresses):
    return st.tuples(addresses, addresses)


PAIRS = st.one_of(both(st.ip_addresses(v=4)), both(st.ip_addresses(v=6)))


@settings(max_examples=300, deadline=None)
@given(PAIRS, st.tuples(PORTS, PORTS), PIECES, st.binary(max_size=20))
@example((IPv6Address("::ffff:192.0.2.7"), IPv6Address("::1")), (1, 2), [], b"")
def test_line_gives_the_client_however_it_is_cut(pair, ports, pieces, behind):
    """Version 1: address and port of the source, and not one octet of what follows."""
    decoder, rest = decode(line(*pair, ports) + behind, pieces)
    mapped = getattr(pair[0], "ipv4_mapped", None)
    assert decoder.source == (str(mapped or pair[0]), ports[0])
    assert rest == behind


@settings(max_examples=300, deadline=None)
@given(
    PAIRS,
    st.tuples(PORTS, PORTS),
    st.lists(st.tuples(st.integers(4, 255), st.binary(max_size=40)), max_size=4),
    PIECES,
    st.binary(max_size=20),
)
def test_block_gives_the_client_however_it_is_cut(pair, ports, values, pieces, behind):
    """Version 2, with values of any kind behind the addresses, without and with a checksum."""
    others = b"".join(value(*each) for each in values)
    mapped = getattr(pair[0], "ipv4_mapped", None)
    for header in (block(*pair, ports, others), signed(block(*pair, ports, others + value(3, bytes(4))))):
        decoder, rest = decode(header + behind, pieces)
        assert decoder.source == (str(mapped or pair[0]), ports[0])
        assert rest == behind


@pytest.mark.parametrize(("octets", "checksum"), KNOWN_CHECKSUMS)
def test_the_tests_own_checksum_is_the_standards(octets, checksum):
    """What the checksums above are made with gives what the RFCs print."""
    assert crc32c(octets) == checksum


V4 = (IPv4Address("192.0.2.7"), IPv4Address("198.51.100.1"))


@settings(deadline=None)
@given(st.integers(1, 2**32 - 1))
def test_wrong_checksum_is_a_fault(wrong):
    """One bit is enough; also in a header that is the proxy's own."""
    for command in (0x21, 0x20):
        header = signed(block(*V4, (1, 2), value(3, bytes(4)), command), wrong)
        with pytest.raises(HeaderFault) as raised:
            decode(header)
        assert raised.value.is_header


NOBODY = {
    "v1 unknown": b"PROXY UNKNOWN\r\n",
    "v1 unknown with whatever": b"PROXY UNKNOWN ffff::1 \xff 0 x\r\n",
    "v2 local": raw_block(b"", 0x00, 0x20),
    "v2 local with addresses": block(*V4, (1, 2), command=0x20),
    "v2 local with rubbish": raw_block(b"\3\xff\xffrubbish", 0x11, 0x20),
    "v2 local, signed": signed(raw_block(value(3, bytes(4)), 0x00, 0x20)),
    "v2 unspecified family": raw_block(b"rubbish", 0x00),
    "v2 unspecified transport": raw_block(bytes(12), 0x10),
    "v2 datagrams": raw_block(bytes(12), 0x12),
    "v2 Unix socket": raw_block(b"/run/x".ljust(108, b"\0") * 2, 0x31),
}


@pytest.mark.parametrize("header", NOBODY.values(), ids=NOBODY)
def test_proxy_that_tells_no_address(header):
    """LOCAL, UNKNOWN, UNSPEC and Unix sockets: a sound header, and the connection stays the proxy's."""
    decoder, rest = decode(header + b"EHLO x\r\n", [5, 9])
    assert decoder.is_finished
    assert decoder.source is None
    assert rest == b"EHLO x\r\n"


DAMAGED = {
    "v1 leading zero": b"PROXY TCP4 192.0.2.07 192.0.2.1 1 2\r\n",
    "v1 octet too large": b"PROXY TCP4 192.0.2.256 192.0.2.1 1 2\r\n",
    "v1 port too large": b"PROXY TCP4 192.0.2.7 192.0.2.1 65536 2\r\n",
    "v1 port with zero": b"PROXY TCP4 192.0.2.7 192.0.2.1 01 2\r\n",
    "v1 other family": b"PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
    "v1 zone": b"PROXY TCP6 fe80::1%eth0 fe80::2 1 2\r\n",
    "v1 two blanks": b"PROXY TCP4  192.0.2.7 192.0.2.1 1 2\r\n",
    "v1 lower case": b"PROXY tcp4 192.0.2.7 192.0.2.1 1 2\r\n",
    "v1 without ports": b"PROXY TCP4 192.0.2.7 192.0.2.1\r\n",
    "v1 digits of another script": "PROXY TCP4 192.0.2.\u0667 192.0.2.1 1 2\r\n".encode(),
    "v1 UNKNOWNS": b"PROXY UNKNOWNS\r\n",
    "v1 bare LF": b"PROXY UNKNOWN\n",
    "v1 bare LF before the end": b"PROXY UNKNOWN x\n\r\n",
    "v1 two CRs": b"PROXY UNKNOWN\r\r\n",
    "v1 bare CR": b"PROXY UNKNOWN\rX",
    "v1 without end": b"PROXY UNKNOWN " + b"x" * 93,
    "v2 version 1": raw_block(bytes(12), 0x11, 0x11),
    "v2 version 3": raw_block(bytes(12), 0x11, 0x31),
    "v2 other command": raw_block(bytes(12), 0x11, 0x22),
    "v2 other family": raw_block(bytes(12), 0x41),
    "v2 other transport": raw_block(bytes(12), 0x13),
    "v2 too short for IPv4": raw_block(bytes(11), 0x11),
    "v2 too short for IPv6": raw_block(bytes(35), 0x21),
    "v2 too short for Unix": raw_block(bytes(215), 0x31),
    "v2 value beyond the end": block(*V4, (1, 2), b"\4\0\2x"),
    "v2 piece of a value": block(*V4, (1, 2), b"\4\0"),
    "v2 longer than we read": SIGNATURE + b"\x21\x11" + (MOST_OCTETS - 15).to_bytes(2, "big"),
}  # fmt: skip


@pytest.mark.parametrize("octets", DAMAGED.values(), ids=DAMAGED)
def test_damaged_header(octets):
    """What begins as a header and is none is never taken for one, nor waited for."""
    with pytest.raises(HeaderFault) as raised:
        decode(octets)
    assert raised.value.is_header


@pytest.mark.parametrize(
    "octets", [b"EHLO x\r\n", b"P", b"PROXI", b"PROXY\t", b"\r\n\r\n\0\r\nQUIT\r", b"\x16\x03\x01", b"\r\n\r\n\r\n"]
)
def test_other_octets_are_no_header(octets):
    """Seen at the first octet that does not fit; what still may become a header is waited for."""
    if octets == b"P":
        assert not decode(octets)[0].is_finished
        return
    with pytest.raises(HeaderFault) as raised:
        decode(octets, [1] * len(octets))
    assert not raised.value.is_header


def outcome(octets, pieces):
    """What becomes of octets that are fed in pieces."""
    try:
        decoder, behind = decode(octets, pieces)
    except HeaderFault:
        return "fault"
    return decoder.is_finished, decoder.source, behind


@st.composite
def nearly_headers(draw):
    """Headers, sound and damaged, with some octets changed, and other octets behind."""
    octets = bytearray(
        draw(st.sampled_from([line(*V4, (1, 2)), block(*V4, (1, 2)), *NOBODY.values(), *DAMAGED.values()]))
    )
    for place, octet in draw(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), max_size=3)):
        octets[place % len(octets)] = octet
    return bytes(octets) + draw(st.sampled_from([b"", b"\n", b"\r\n", b"EHLO x\r\n", SIGNATURE]))


@settings(max_examples=1000, deadline=None)
@given(nearly_headers(), PIECES)
def test_cuts_never_matter(octets, pieces):
    """However octets arrive, the same is found: the client, what follows, or a fault; nothing else is ever raised."""
    assert outcome(octets, pieces) == outcome(octets, [])


@settings(max_examples=1000, deadline=None)
@given(
    st.sampled_from([b"", b"PROXY ", b"PROXY TCP4 192.0.2.7 ", b"PROXY UNKNOWN", SIGNATURE, SIGNATURE + b"\x21\x11"]),
    st.binary(max_size=300),
    PIECES,
)
def test_garbage_raises_its_fault_or_waits(start, garbage, pieces):
    """Nothing else is ever raised; a header that is found was whole."""
    decoder, fed = HeaderDecoder(), 0
    octets = start + garbage
    for size in [*pieces, len(octets) or 1]:
        piece = octets[fed : fed + size]
        try:
            rest = decoder.feed(piece)
        except HeaderFault:
            return
        fed += len(piece)
        if decoder.is_finished:
            header = octets[: fed - len(rest)]
            assert header.startswith((b"PROXY ", SIGNATURE))
            assert decode(header)[0].source == decoder.source
            return
    assert fed < MOST_OCTETS
