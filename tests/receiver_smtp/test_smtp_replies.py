"""The funnel: whatever the door can say is well formed."""

import inspect
import re

import pytest

from receiver.smtp import replies
from receiver.smtp.replies import Reply, printable

HOSTILE = "a\r\n250 OK\x00\x1b[2J\u202eé" + "x" * 3000
CONSTANTS = {name: value for name, value in vars(replies).items() if isinstance(value, Reply)}
MAKERS = {
    name: function
    for name, function in vars(replies).items()
    if inspect.isfunction(function) and function.__annotations__.get("return") is Reply
}
FORM = re.compile(r"[2-5][0-9]{2}( [245]\.[0-9]{1,3}\.[0-9]{1,3})? [ -~]+")


def every_reply():
    for name, reply in CONSTANTS.items():
        yield pytest.param(reply, id=name)
    for name, make in MAKERS.items():
        kinds = inspect.signature(make).parameters.values()
        arguments = [10**30 if kind.annotation is int else HOSTILE for kind in kinds]
        yield pytest.param(make(*arguments), id=name)


@pytest.mark.parametrize("reply", list(every_reply()))
def test_reply_is_one_short_printable_line(reply):
    """Each reply is one line of printable ASCII of at most 510 octets, whatever a client made us quote."""
    line = str(reply)
    assert FORM.fullmatch(line)
    assert len(line) <= 510


@pytest.mark.parametrize("reply", list(every_reply()))
def test_status_agrees_with_code(reply):
    """RFC 2034: the class of the enhanced status is the first digit of the code, and refusals always have one."""
    if reply.code >= 400 or reply.status:
        assert reply.status[0] == str(reply.code)[0]


@pytest.mark.parametrize("reply", list(every_reply()))
def test_says_nothing_of_our_insides(reply):
    """No reply names a module, a language or an exception."""
    assert not re.search(r"python|aiosmtpd|traceback|error:|sqlite|exception", str(reply), re.IGNORECASE)


def test_ehlo_lines_are_joined_by_hyphens():
    """RFC 5321 4.2.1: all lines but the last have a hyphen behind the code."""
    assert replies.ehlo("mx.example", ["SIZE 1", "PIPELINING"]) == ["250-mx.example", "250-SIZE 1", "250 PIPELINING"]


def test_printable_shortens_with_dots():
    """What is too long is cut visibly."""
    assert printable("abcdefgh", 6) == "abc..."


def test_plan_refusal_uses_the_operators_words():
    """The words of the plan go to the sender, made printable."""
    reply = replies.plan_without_mailbox("x@in.example.com", "Bitte\r\nbuchen")
    assert str(reply) == "550 5.7.1 <x@in.example.com>: Bitte??buchen"
