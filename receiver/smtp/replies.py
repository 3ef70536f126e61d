"""Every reply of the door.

Each has a code, an enhanced status and words that the sender's administrator can act on: nothing of our insides, no
exception text, printable ASCII, at most 510 octets a line. What a client wrote comes back only through `printable`.
Standards: RFC 5321 4.2 (codes), RFC 3463 and 2034 (enhanced status codes).
"""

from collections.abc import Iterable
from dataclasses import dataclass

LONGEST_REPLY = 510  # RFC 5321 4.5.3.1.5: 512 octets with CRLF.
NO_SUCH_ADDRESS = "5.1.1"
_LONGEST_ECHO = 256  # RFC 5321 4.5.3.1.3: a path.


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply line; `str()` gives it as it goes over the wire, without CRLF."""

    code: int
    status: str
    words: str

    def __str__(self) -> str:
        status = f"{self.status} " if self.status else ""
        return printable(f"{self.code} {status}{self.words}", LONGEST_REPLY)


def printable(text: str, longest: int = _LONGEST_ECHO) -> str:
    """`text` in printable ASCII, at most `longest` characters; whatever else it held shows as "?"."""
    if len(text) <= longest and text.isascii() and text.isprintable():
        return text
    shown = "".join(character if " " <= character <= "~" else "?" for character in text[:longest])
    return shown if len(text) <= longest else shown[:-3] + "..."


def greeting(hostname: str, protocol: str) -> Reply:
    """The banner."""
    return Reply(220, "", f"{hostname} {protocol} postbus")


def helo(hostname: str) -> Reply:
    """The answer to HELO."""
    return Reply(250, "", hostname)


def ehlo(hostname: str, extensions: Iterable[str]) -> list[str]:
    """The answer to EHLO, line by line (RFC 5321 4.1.1.1: no enhanced status here)."""
    lines = [hostname, *extensions]
    return [f"250-{line}" for line in lines[:-1]] + [f"250 {lines[-1]}"]


def accepted(message_id: str) -> Reply:
    """Said once the message would survive a power cut."""
    return Reply(250, "2.0.0", f"accepted as {message_id}")


def chunk_taken(octets: int) -> Reply:
    """A chunk that is not the last (RFC 3030 section 2)."""
    return Reply(250, "2.0.0", f"{octets} octets received")


def recipient_taken(forward_path: str) -> Reply:
    """A forward-path of ours."""
    return Reply(250, "2.1.5", f"<{printable(forward_path)}>: mail is taken")


def unknown_import_address(forward_path: str) -> Reply:
    """A domain of ours, but nobody's import address."""
    return Reply(550, NO_SUCH_ADDRESS, f"<{printable(forward_path)}>: no such import address here")


def plan_without_mailbox(forward_path: str, refusal: str) -> Reply:
    """The tenant's plan takes no mail; `refusal` are the operator's words for it, if any."""
    ours = "this account's plan has no central mailbox; its owner can change the plan"
    return Reply(550, "5.7.1", f"<{printable(forward_path)}>: {printable(refusal) or ours}")


def relaying_denied(forward_path: str) -> Reply:
    """A domain that is not ours."""
    return Reply(550, "5.7.1", f"<{printable(forward_path)}>: relaying denied, mail for this domain is not taken here")


def recipient_not_known_now(forward_path: str) -> Reply:
    """Whether the address exists cannot be said at the moment (law 7)."""
    return Reply(451, "4.3.0", f"<{printable(forward_path)}>: cannot be looked up now, try again later")


def too_many_recipients(most: int) -> Reply:
    """RFC 5321 4.5.3.1.10: the client delivers to the rest in another transaction."""
    return Reply(452, "4.5.3", f"at most {most} recipients a message, send the others separately")


def message_too_large(most: int) -> Reply:
    """RFC 1870 section 6.1 and 6.2."""
    return Reply(552, "5.3.4", f"message exceeds the limit of {most} octets")


def line_too_long(most: int) -> Reply:
    """A line of the message is longer than the setting allows."""
    return Reply(550, "5.6.0", f"message has a line of more than {most} octets, encode it as RFC 2045 describes")


def sender_malformed() -> Reply:
    """The reverse-path does not fit RFC 5321 4.1.2."""
    return Reply(553, "5.1.7", "reverse-path is malformed, expected <local-part@domain> or <>")


def recipient_malformed() -> Reply:
    """The forward-path does not fit RFC 5321 4.1.2."""
    return Reply(553, "5.1.3", "forward-path is malformed, expected <local-part@domain>")


def parameter_unknown(keyword: str) -> Reply:
    """RFC 5321 4.1.1.11."""
    return Reply(555, "5.5.4", f"parameter {printable(keyword, 64)} is not recognised")


def parameter_malformed(keyword: str) -> Reply:
    """A parameter that we know, with a value that it cannot have, or given twice."""
    return Reply(501, "5.5.4", f"parameter {printable(keyword, 64)} is malformed")


OK = Reply(250, "2.0.0", "OK")
SENDER_OK = Reply(250, "2.1.0", "reverse-path OK")
GOODBYE = Reply(221, "2.0.0", "goodbye")
START_MESSAGE = Reply(354, "", "start mail input, end with <CRLF>.<CRLF>")
CANNOT_VERIFY = Reply(252, "2.0.0", "addresses are not verified, send the message to find out")
READY_FOR_TLS = Reply(220, "2.0.0", "ready to start TLS")

IDLE_TOO_LONG = Reply(421, "4.4.2", "idle for too long, closing the connection")
TOO_MANY_SESSIONS = Reply(421, "4.3.2", "too many connections for now, try again later")
TOO_MANY_OF_ADDRESS = Reply(421, "4.7.0", "too many connections from your address, close some first")
TOO_MANY_MESSAGES = Reply(421, "4.7.0", "enough messages for one connection, open another for the rest")
NO_PROGRESS = Reply(421, "4.7.0", "too many commands without a message, closing the connection")
SESSION_TOO_LONG = Reply(421, "4.4.2", "connection has lasted too long, open another")
TRANSFER_TOO_SLOW = Reply(421, "4.4.2", "message comes in too slowly, closing the connection")
SHUTTING_DOWN = Reply(421, "4.3.2", "service is restarting, try again in a minute")
TOO_MANY_ERRORS = Reply(421, "4.7.0", "too many errors, closing the connection")

FAILED_HERE = Reply(451, "4.3.0", "local error in processing, try again later")
NO_ROOM = Reply(452, "4.3.1", "insufficient storage for now, try again later")

LINE_ENDING = Reply(500, "5.5.2", "command lines end with CRLF and hold no other control characters")
COMMAND_TOO_LONG = Reply(500, "5.5.2", "command line is too long")
COMMAND_UNKNOWN = Reply(500, "5.5.1", "command not recognised")
COMMAND_NOT_IMPLEMENTED = Reply(502, "5.5.1", "command not implemented")
NOT_SMTP = Reply(421, "4.7.0", "this is an SMTP server, closing the connection")
ARGUMENT_NEEDED = Reply(501, "5.5.4", "HELO, EHLO and LHLO need the client's name, without blanks")
NO_ARGUMENT_ALLOWED = Reply(501, "5.5.4", "this command takes no argument")
SENDER_SYNTAX = Reply(501, "5.5.4", "syntax: MAIL FROM:<reverse-path> [parameters]")
RECIPIENT_SYNTAX = Reply(501, "5.5.4", "syntax: RCPT TO:<forward-path> [parameters]")
PARAMETERS_NEED_EHLO = Reply(501, "5.5.4", "parameters are for sessions opened with EHLO")
NEEDS_SMTPUTF8 = Reply(553, "5.6.7", "addresses outside ASCII need the SMTPUTF8 parameter of MAIL")
CHUNK_SYNTAX = Reply(501, "5.5.4", "syntax: BDAT SIZE [LAST], closing the connection")
CHUNKS_BEGUN = Reply(503, "5.5.1", "the message comes in chunks already, go on with BDAT or RSET")
HELO_FIRST = Reply(503, "5.5.1", "send EHLO first")
ATTRIBUTE_SYNTAX = Reply(501, "5.5.4", "syntax: ATTRIBUTE=VALUE ..., attributes as announced, values in xtext")
LHLO_FIRST = Reply(503, "5.5.1", "send LHLO first")
LMTP_SPOKEN = Reply(500, "5.5.1", "this is LMTP, send LHLO")
NESTED_MAIL = Reply(503, "5.5.1", "a transaction is open already, end it with RSET")
MAIL_FIRST = Reply(503, "5.5.1", "send MAIL first")
RECIPIENT_FIRST = Reply(503, "5.5.1", "no valid recipients")
TLS_ALREADY = Reply(503, "5.5.1", "TLS is in use already")
TLS_NOT_OFFERED = Reply(502, "5.5.1", "TLS is not offered here")
TALKED_EARLY = Reply(554, "5.5.1", "nothing may be sent before the banner, closing the connection")
TLS_NOT_LAST = Reply(554, "5.5.1", "nothing may follow STARTTLS before the handshake, closing the connection")
TLS_REFUSED = Reply(554, "5.7.0", "command refused after the TLS handshake")
FORWARDING_DENIED = Reply(550, "5.7.1", "XCLIENT and XFORWARD are for mail servers that are listed here")
BARE_NEWLINE = Reply(550, "5.6.11", "message has a bare CR or LF, lines end with CRLF (RFC 5321 2.3.8)")
EMPTY_MESSAGE = Reply(550, "5.6.0", "message is empty")
NUL_OCTET = Reply(550, "5.6.0", "message has a NUL octet, which RFC 5321 2.3.1 does not allow")
