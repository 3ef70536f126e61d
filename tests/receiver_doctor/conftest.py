"""A name server on loopback that answers from a table."""

import socket
import threading
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from receiver.doctor.resolver import Resolver


class NameServer:
    """Answers what `records` holds, as (name, type) -> texts; NXDOMAIN for every other name."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.fails = False  # SERVFAIL to everything
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def resolver(self) -> Resolver:
        return Resolver(self.address)

    def stop(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            host, _, port = self.address.partition(":")
            waker.sendto(b"", (host, int(port)))
        self._thread.join(10)
        self._socket.close()

    def _run(self) -> None:
        while True:
            octets, client = self._socket.recvfrom(4096)
            if not octets:
                return
            self._socket.sendto(self._answer(dns.message.from_wire(octets)).to_wire(), client)

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if self.fails:
            response.set_rcode(dns.rcode.SERVFAIL)
            return response
        (question,) = query.question
        name, kind = question.name.to_text().lower(), dns.rdatatype.to_text(question.rdtype)
        while alias := self.records.get((name, "CNAME")):
            response.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", *alias))
            (name,) = alias
        if texts := self.records.get((name, kind)):
            response.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *texts))
        elif not any(known == name for known, _ in self.records):
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response


@pytest.fixture(name="name_server")
def _name_server() -> Iterator[NameServer]:
    server = NameServer()
    yield server
    server.stop()
