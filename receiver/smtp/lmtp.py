"""The session of a server that stands in front of us and hands its mail on: LMTP.

Like SMTP, but that it begins with LHLO and that a message is answered once for each recipient. All these replies are
the same: the message is made durable once for all of them, or not at all. Who comes over a Unix socket has no address:
it counts in total only, is never slowed down, and needs no TLS.
Standards: RFC 2033 (LMTP), RFC 3848 (trace).
"""

# ruff: noqa: N802, N815 - the names of the commands are aiosmtpd's
import asyncio
from typing import Any

from receiver.smtp import replies
from receiver.smtp.handler import ImportSession


class LmtpSession(ImportSession):
    """One connection of such a server."""

    listener = "lmtp"
    protocol = "LMTP"
    hello_first = replies.LHLO_FIRST
    _awaited = 1  # replies to what the client sent last

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the session."""
        super().connection_made(transport)
        if self.is_local:
            self.tls_context = None

    async def smtp_LHLO(self, argument: str) -> None:
        """RFC 2033 4.1: "identical semantics to the EHLO command"."""
        await super().smtp_EHLO(argument)

    async def _refuse_hello(self, argument: str) -> None:  # noqa: ARG002 - the signature of a command
        """RFC 2033 4.1: what speaks SMTP here is misconfigured, and would miss all replies but the first."""
        await self._refuse(replies.LMTP_SPOKEN)

    smtp_HELO = smtp_EHLO = _refuse_hello

    async def _talks_early(self) -> bool:
        # Who is let in here is no stranger.
        return False

    def _note_end_of_message(self) -> None:
        # RFC 2033 4.2 and 4.3: a reply for each RCPT that was taken; to a chunk that is not the last, one.
        self._awaited = max(1, len(self.envelope.rcpt_tos))

    async def _push_verdict(self, status: Any) -> None:
        awaited, self._awaited = self._awaited, 1
        for _ in range(awaited):
            await self.push(status)
