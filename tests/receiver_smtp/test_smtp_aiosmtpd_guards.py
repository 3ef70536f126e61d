"""aiosmtpd is pinned because private parts of it are used; each is guarded here."""

import asyncio
import importlib.metadata
import inspect
import smtplib
import socket

import aiosmtpd.smtp
import pytest
from aiosmtpd.smtp import MISSING, SMTP, Envelope, Session

from receiver.smtp.session import SmtpSession, hooks_of
from receiver.smtp.text import DataLimits
from receiver.smtp.wire import Terms, Wire

# Set by SMTP.__init__ and used only by methods that are all replaced here.
OURS_INSTEAD = {
    "_smtp_methods",
    "_auth_methods",
    "_auth_callback",
    "_authenticator",
    "_ehlo_hook_ver",
    "_strong_reader",
}


class NoHooks:
    """A handler of nothing."""


class Collector:
    """A handler as written for stock aiosmtpd."""

    def __init__(self):
        self.calls = []
        self.content = []

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802 - aiosmtpd's name
        session.host_name = hostname
        self.calls.append("EHLO")
        return [*responses[:-1], "250-XHOOKED", responses[-1]]

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        self.calls.append("RCPT")
        if address.startswith("no"):
            return "550 5.1.1 not here"
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.calls.append("DATA")
        self.content.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 kept"

    async def handle_QUIT(self, server, session, envelope):  # noqa: N802
        self.calls.append("QUIT")
        return MISSING


def terms(handler):
    return Terms(hostname="mx.example", limits=DataLimits(1 << 20, 1 << 16), hooks=hooks_of(handler))


def in_loop(function):
    async def run():
        return function()

    return asyncio.run(run())


def test_version_is_the_one_that_was_read():
    """1.4.6 exactly: another version wants another look."""
    assert importlib.metadata.version("aiosmtpd") == "1.4.6"


def test_session_has_every_attribute_of_a_stock_session():
    """SMTP.__init__ is not called; whatever it would set is there all the same."""

    def missing():
        stock = SMTP(NoHooks(), hostname="mx.example", loop=asyncio.get_running_loop())
        ours = SmtpSession(NoHooks(), terms(NoHooks()))
        return {name for name in vars(stock) if not hasattr(ours, name) and name not in OURS_INSTEAD}

    assert in_loop(missing) == set()


@pytest.mark.parametrize(
    "name",
    ["_call_handler_hook", "_create_session", "_create_envelope", "_set_post_data_state", "_set_rset_state",
     "_handle_client", "_reset_timeout", "_timeout_cb", "handle_exception", "push"],
)  # fmt: skip
def test_inherited_or_replaced_method_is_there(name):
    """Methods of aiosmtpd that are called or overridden still exist under their names."""
    assert inspect.isfunction(getattr(SMTP, name))


def test_hook_caller_reads_the_hooks_by_command():
    """`_call_handler_hook` finds hooks in `_handle_hooks` and answers MISSING without one."""

    async def call():
        handler = Collector()
        ours = SmtpSession(handler, terms(handler))
        ours.session, ours.envelope = Session(ours.loop), ours._create_envelope()
        return await ours._call_handler_hook("DATA"), await ours._call_handler_hook("NOOP", "")

    assert asyncio.run(call()) == ("250 kept", MISSING)


def test_every_command_of_aiosmtpd_is_replaced():
    """No stock command can be reached: they read from a stream that is not there."""
    for name in dir(SMTP):
        if name.startswith("smtp_"):
            assert getattr(SmtpSession, name) is not getattr(SMTP, name)


def test_transport_callbacks_are_all_ours():
    """Nothing of the stream reader's is left in the way of octets."""
    for name in ("connection_made", "data_received", "eof_received", "connection_lost", "push", "_timeout_cb"):
        assert name in vars(Wire)


def test_flow_control_of_asyncio_is_what_we_wait_for():
    """`_paused` and `_drain_helper` belong to asyncio's mixin, below aiosmtpd."""

    async def drained():
        ours = SmtpSession(NoHooks(), terms(NoHooks()))
        ours.pause_writing()
        assert ours._paused
        waiting = asyncio.ensure_future(ours._drain_helper())
        await asyncio.sleep(0)
        assert not waiting.done()
        ours.resume_writing()
        await waiting
        return True

    assert asyncio.run(drained())


def test_envelope_and_session_have_their_fields():
    """What hooks read and write keeps its names."""
    assert {"mail_from", "mail_options", "rcpt_tos", "rcpt_options", "smtp_utf8", "content"} <= set(vars(Envelope()))
    session = in_loop(lambda: Session(asyncio.get_running_loop()))
    assert {"peer", "ssl", "host_name", "extended_smtp"} <= set(vars(session))
    assert aiosmtpd.smtp.MISSING is MISSING


def test_stock_handler_works_unchanged():
    """Hooks with aiosmtpd's signatures: EHLO lines are replaced, statuses sent, content is in the envelope."""
    handler = Collector()

    def talk(port):
        with smtplib.SMTP("127.0.0.1", port, local_hostname="client.example") as client:
            client.ehlo("client.example")
            extra = client.has_extn("xhooked")
            refused = client.sendmail("a@example.org", ["yes@example.org", "no@example.org"], b"body\r\n")
            return extra, refused

    async def serve():
        loop = asyncio.get_running_loop()
        listener = socket.create_server(("127.0.0.1", 0))
        shared = terms(handler)
        server = await loop.create_server(lambda: SmtpSession(handler, shared), sock=listener)
        result = await asyncio.to_thread(talk, listener.getsockname()[1])
        server.close()
        return result

    extra, refused = asyncio.run(serve())
    assert extra
    assert refused == {"no@example.org": (550, b"5.1.1 not here")}
    assert handler.content == [("a@example.org", ["yes@example.org"], b"body\r\n")]
    assert handler.calls == ["EHLO", "RCPT", "RCPT", "DATA", "QUIT"]
