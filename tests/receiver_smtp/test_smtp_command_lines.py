"""Command lines: one CRLF, one command."""

import pytest

from receiver.smtp import replies
from receiver.smtp.command_lines import LONGEST_COMMAND, Command, CommandLines


def commands(*chunks):
    lines = CommandLines()
    found = []
    for chunk in chunks:
        lines.feed(chunk)
        while (command := lines.next()) is not None:
            found.append(command)
    return found


def test_reads_commands_however_they_are_cut():
    """Several in one chunk, one in several chunks."""
    assert commands(b"EHLO a\r\nno", b"op\r", b"\nQUIT\r\n") == [
        Command("EHLO", "a"),
        Command("NOOP", ""),
        Command("QUIT", ""),
    ]


@pytest.mark.parametrize(
    "line", [b"NOOP\n", b"NO\rOP\r\n", b"NOOP\0\r\n", b"NOOP\x1b[2J\r\n", b"NOOP\r\r\n", b"NO\tOP\r\n"]
)
def test_controls_are_refused(line):
    """A bare CR or LF, NUL or another control refuses the whole line."""
    assert commands(line) == [Command(fault=replies.LINE_ENDING)]


def test_bare_newline_never_joins_two_lines():
    """The line behind a bare LF is a line of its own."""
    assert commands(b"RSET\nNOOP\r\n") == [Command(fault=replies.LINE_ENDING), Command("NOOP", "")]


def test_overlong_line_is_thrown_away_up_to_its_end():
    """What hides behind the limit is never run, and the next command is."""
    found = commands(b"NOOP " + b"x" * 5000, b"QUIT" * 5000, b" QUIT\r\nNOOP\r\n")
    assert found == [Command(fault=replies.COMMAND_TOO_LONG), Command("NOOP", "")]


def test_overlong_line_takes_no_memory():
    """A line without end is not kept."""
    lines = CommandLines()
    for _ in range(100):
        lines.feed(b"x" * 10_000)
        assert lines.next() is None
        assert len(lines) <= LONGEST_COMMAND


def test_other_protocols_are_told_apart():
    """HTTP and TLS on this port are no commands at all."""
    assert commands(b"GET / HTTP/1.1\r\n")[0].fault is replies.NOT_SMTP
    assert commands(b"\x16\x03\x01\x02\x00\x01")[0].fault is replies.NOT_SMTP


def test_octets_outside_utf_8_are_refused():
    """They are no command in any extension."""
    assert commands(b"MAIL FROM:<\xff@example.org>\r\n") == [Command(fault=replies.COMMAND_UNKNOWN)]
