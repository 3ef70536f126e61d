"""Who a client is when another server speaks for it: XCLIENT and XFORWARD of listed mail servers.

XCLIENT changes whose session this is: its address counts everywhere from then on, and the session begins anew. XFORWARD
tells of one message's client, whose connection has long ended: it is recorded, and counts for nothing else. Who is not
listed learns of neither; over a Unix socket the socket's mode is the list.
Standards: Postfix's XCLIENT_README and XFORWARD_README.
"""

# ruff: noqa: N802 - the names of the commands are aiosmtpd's

from typing import Any

from receiver.smtp import replies
from receiver.smtp.attributes import OF_XCLIENT, OF_XFORWARD, Client, told
from receiver.smtp.limits import Refusal
from receiver.smtp.messages import MessageSession
from receiver.smtp.networks import is_listed
from receiver.smtp.replies import Reply
from receiver.smtp.trace import peer_name


class ForwardingSession(MessageSession):
    """What a session knows of clients that do not stand at its other end."""

    _own_peer: Any = None  # of the connection, once a proxy has said who that is
    _is_forwarder = False
    _told = Client()  # by XCLIENT

    # -- commands ------------------------------------------------------------------------------------------------------

    async def smtp_XCLIENT(self, argument: str) -> None:
        """The connection is the given client's from now on, until the next XCLIENT."""
        if reply := self._forwarding_fault():
            return await self._refuse(reply)
        self._told = told(argument, OF_XCLIENT, self._told)
        self._begin_for_client()
        if refusal := self._count():
            return self.hang_up(*refusal)
        return await self.push(self._greeting())

    async def smtp_XFORWARD(self, argument: str) -> None:
        """The next message is of the given client."""
        if reply := self._forwarding_fault():
            return await self._refuse(reply)
        self.envelope.forwarded = told(argument, OF_XFORWARD, self.envelope.forwarded)
        return await self.push(replies.OK)

    # -- what others ask -----------------------------------------------------------------------------------------------

    @property
    def client(self) -> Client:
        """Whose message this is, as far as those say who are trusted to."""
        forwarded = self.envelope.forwarded
        # XFORWARD_README: no mixture of both; without an address the message began at the forwarder itself.
        if forwarded.address:
            return forwarded
        helo = self._told.helo or self.session.host_name or ""
        return Client(peer_name(self.session.peer), helo=helo)

    @property
    def teller(self) -> str:
        """The address of whoever said so; "" when nobody had to."""
        return peer_name(self._own_peer) if self.envelope.forwarded.address else self.session_teller

    @property
    def session_teller(self) -> str:
        """The address of whoever said whose session this is; "" when nobody had to."""
        return peer_name(self._own_peer) if self._told.address else self.via

    # -- within --------------------------------------------------------------------------------------------------------

    def _enter(self) -> Refusal | None:
        """Let the connection in, or say why not."""
        self._own_peer = self.session.peer
        # Behind a proxy that names nobody may be anybody, whatever else its own address may do.
        is_trusted = self.is_local or is_listed(self._own_peer, self.terms.forwarder_networks)
        self._is_forwarder = is_trusted and not self.is_unnamed
        return self.turned_away or self._count()

    def _count(self) -> Refusal | None:
        # All clients of a forwarder come from its address: it counts in total alone.
        speaks_for_others = self._is_forwarder and not self._told.address
        return self.visit.enter(None if speaks_for_others else self.session.peer)

    def _forwarding_fault(self) -> Reply | None:
        if not self._is_forwarder:
            return replies.FORWARDING_DENIED
        return replies.NESTED_MAIL if self._in_transaction else None

    def _begin_for_client(self) -> None:
        """As after connecting, save TLS."""
        self._set_rset_state()
        self._errors = 0
        secured, self.session = self.session.ssl, self._create_session()
        self.session.ssl = secured
        peer: Any = (self._told.address, self._told.port) if self._told.address else self._own_peer
        self.session.peer = peer

    def _greeting(self) -> Reply:
        return replies.greeting(self.hostname, self.protocol)

    def _forwarding_extensions(self) -> list[str]:
        if not self._is_forwarder:
            return []
        return [f"XCLIENT {' '.join(OF_XCLIENT)}", f"XFORWARD {' '.join(OF_XFORWARD)}"]
