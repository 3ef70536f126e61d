"""The client's end of TLS on a MemoryTransport: encrypts what a script sends, and reads what it is answered."""

import contextlib
import ssl

from bench.virtual_time import MemoryTransport

_CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_CONTEXT.check_hostname = False
_CONTEXT.verify_mode = ssl.CERT_NONE  # the fuzzer's door has a certificate of its own making


class TlsClient:
    """From the moment at which the server said that it is ready."""

    def __init__(self, transport: MemoryTransport, begins_at: int) -> None:
        """`begins_at`: where in what the server wrote its own handshake begins."""
        self.said = bytearray()  # what the server said under TLS
        self._transport = transport
        self._seen = begins_at
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = _CONTEXT.wrap_bio(self._incoming, self._outgoing)
        self._is_up = False

    def turn(self, octets: bytes = b"") -> None:
        """Take what has come, say `octets` if the handshake is done, and hand over what there is to send."""
        self._incoming.write(self._transport.written[self._seen :])
        self._seen = len(self._transport.written)
        # A server that refuses the handshake or hung up is no fault here: what it said is judged elsewhere.
        with contextlib.suppress(ssl.SSLError):
            if not self._is_up:
                self._tls.do_handshake()
                self._is_up = True
            if octets:
                self._tls.write(octets)
            while piece := self._tls.read(65536):
                self.said += piece
        if self._outgoing.pending:
            self._transport.give(self._outgoing.read())
