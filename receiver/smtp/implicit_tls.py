"""The session of a client that begins with a TLS handshake, before any word of SMTP.

A client counts from its first octet, so that handshakes that never end cannot use up the door; one that fails, or takes
longer than smtp.handshake_seconds, is a line in the log and a count, as with STARTTLS. Who is one too many is closed
without words, which nobody could read.
Standard: RFC 8314 section 3.3 (implicit TLS).
"""

import asyncio
import socket

import structlog

from receiver.smtp.handler import ImportSession
from receiver.smtp.networks import is_listed
from receiver.smtp.session import tls_facts
from receiver.smtp.tls import reason_of
from receiver.smtp.trace import peer_name

log = structlog.get_logger()


class TlsImportSession(ImportSession):
    """One such client."""

    listener = "smtps"

    async def _begin_with(self, client: socket.socket) -> None:
        """Shake hands, then start the session. Raises OSError when the client has hung up already."""
        if self.terms.certificates is None:
            raise ConnectionAbortedError
        peer = self.proxied_peer or self.connected
        # All clients of a forwarder come from its address: it counts in total alone.
        counted = None if is_listed(peer, self.terms.forwarder_networks) else peer
        if refusal := self.turned_away or self.visit.enter(counted):
            client.close()
            return self._end_unopened(refusal[0])
        try:
            await self.loop.connect_accepted_socket(
                lambda: self,
                client,
                ssl=self.terms.certificates.context,
                ssl_handshake_timeout=self.terms.handshake_seconds,
            )
        except OSError as error:  # ssl.SSLError, ConnectionError and TimeoutError are such
            log.info("tls_failed", peer=peer_name(peer), reason=reason_of(error))
            self._end_unopened("tls_failed")
        except asyncio.CancelledError:
            self._end_unopened("drained")
            raise
        return None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the session: the handshake is done."""
        super().connection_made(transport)
        self.session.ssl = tls_facts(transport)
