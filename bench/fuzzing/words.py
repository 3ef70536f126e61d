"""What the fuzzer's clients say: valid dialogues to begin with, and pieces to put anywhere.

A new command joins with a dialogue that uses it well and a table of its forms, right and wrong: nothing else of the
fuzzer needs to know of it. `HANDSHAKE` among the steps of a dialogue is a TLS handshake; what follows is encrypted.
Pure tables.
"""

from bench.fuzzing.scripts import HANDSHAKE, Script, Step

_GREET = b"EHLO client.example\r\n"
_LHLO = b"LHLO client.example\r\n"
_ENVELOPE = b"MAIL FROM:<a@example.org>\r\nRCPT TO:<invoices@inbox.example>\r\n"
_MAIL = b"From: a@example.org\r\nSubject: fuzz\r\n\r\nline\r\n..stuffed\r\n.\r\n"
_TLS: tuple[Step, ...] = (_GREET, b"STARTTLS\r\n", HANDSHAKE, _GREET)

# Each with the door it is for (doors.py).
_DIALOGUES: tuple[tuple[str, tuple[Step, ...]], ...] = (
    ("smtp", (_GREET, _ENVELOPE, b"DATA\r\n", _MAIL, b"QUIT\r\n")),
    ("smtp", (_GREET + _ENVELOPE + b"DATA\r\n", _MAIL + _ENVELOPE + b"DATA\r\n", _MAIL + b"QUIT\r\n")),
    ("smtp", (_GREET, _ENVELOPE, b"BDAT 5\r\nabcd\r", b"BDAT 7 LAST\r\n\nefgh\r\n", b"QUIT\r\n")),
    (
        "smtp",
        (
            _GREET
            + _ENVELOPE
            + b"BDAT 6\r\na\r\nb\r\nBDAT 3\r\nc\r\nBDAT 0 LAST\r\n"
            + _ENVELOPE
            + b"BDAT 2 LAST\r\nx\n",
        ),
    ),
    ("smtp", (_GREET, _ENVELOPE, b"BDAT 40000\r\n" + b"x" * 2000, 400.0)),
    (
        "smtp",
        (_GREET, _ENVELOPE, b"BDAT 0 LAST\r\n", b"RSET\r\nNOOP x\r\nVRFY a\r\n", 200.0, b"HELO again\r\nQUIT\r\n"),
    ),
    (
        "smtp",
        (b"LHLO client.example\r\n", b"MAIL FROM:<> SIZE=100 BODY=8BITMIME\r\nRCPT TO:<invoices+a@inbox.example>\r\n"),
    ),
    ("smtp", (_GREET, b"STARTTLS\r\n", b"\x16\x03\x01\x00\x05hello")),
    ("smtp", (_GREET, b"STARTTLS\r\nMAIL FROM:<>\r\n", HANDSHAKE, _ENVELOPE)),
    ("smtp", (*_TLS, _ENVELOPE + b"DATA\r\n", _MAIL, b"QUIT\r\n")),
    ("smtp", (*_TLS, b"STARTTLS\r\n", _ENVELOPE, b"BDAT 3\r\na\r\nBDAT 3 LAST\r\nb\r\n", b"RSET\r\nQUIT\r\n")),
    ("smtp", (_GREET, _ENVELOPE, b"STARTTLS\r\n", HANDSHAKE, b"DATA\r\n", _MAIL)),
    ("smtp", (b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 25\r\n", _GREET, b"XCLIENT ADDR=192.0.2.9 NAME=x\r\n", _GREET)),
    ("smtp", (_GREET + _ENVELOPE + b"DATA\r\n", b"slow", 200.0, b"er", 200.0, _MAIL)),
    ("smtp", (_GREET, *(250.0, b"NOOP\r\n") * 15, b"QUIT\r\n")),
    ("lenient", (_GREET + _ENVELOPE + b"DATA\r\n", b"a\nb\rc\n.\nd\r\n.\r\n", b"QUIT\r\n")),
    ("lenient", (_GREET + _ENVELOPE, b"BDAT 4\r\na\nb\r", b"BDAT 2 LAST\r\n\nc", b"QUIT\r\n")),
    (
        "forwarded",
        (
            _GREET,
            b"XCLIENT ADDR=192.0.2.9 NAME=mx.example HELO=x PROTO=ESMTP\r\n" + _GREET,
            b"XFORWARD NAME=spike.example ADDR=IPV6:2001:db8::1 HELO=a+20b\r\n",
            _ENVELOPE + b"DATA\r\n",
            _MAIL,
        ),
    ),
    ("lmtp", (_LHLO, _ENVELOPE + b"RCPT TO:<invoices+b@inbox.example>\r\nDATA\r\n", _MAIL, b"QUIT\r\n")),
    ("lmtp", (_LHLO + _ENVELOPE + b"BDAT 6\r\na\r\nb\r\nBDAT 3 LAST\r\nc\r\n", _ENVELOPE + b"BDAT 3 LAST\r\nd\r\n")),
    (
        "lmtp",
        (
            _LHLO,
            b"XFORWARD NAME=spike.example ADDR=192.0.2.9\r\n",
            _ENVELOPE + b"RCPT TO:<nobody@inbox.example>\r\n" + b"RCPT TO:<invoices@inbox.example>\r\n" * 3,
            b"DATA\r\n",
            b"a\nb\r\n.\r\n",
            b"RSET\r\n" + _GREET + b"QUIT\r\n",
        ),
    ),
    ("strict", (_GREET, b"NOOP\r\n" * 12, _ENVELOPE, b"RCPT TO:<nobody@inbox.example>\r\n" * 5, b"DATA\r\n", _MAIL)),
)
DIALOGUES = tuple(Script(steps, door=door, seed=1) for door, steps in _DIALOGUES)

_LINE_ENDS = (
    *(b"\r\n", b"\n", b"\r", b"\0", b".\r\n", b"\r\n.\r\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b".."),
    *(b" ", b"\t", b"\xff"),
)
_PATHS = (
    *(b"<", b">", b"@", b'"', b"\\", b":", b"=", b"+", b",", b"(", b"[127.0.0.1]", b"[IPv6:::1]"),
    *(b"=?utf-8?q?=0d=0a?=", "bücher@例え.example".encode(), b"\xc3", b"xn--a"),
    *(b"A" * 1100, b"a" * 2100 + b"\r\n", b"a" * 64, b"a." * 130),
)
_COMMANDS = (
    *(
        b"HELO x\r\n",
        _GREET,
        _LHLO,
        b"MAIL FROM:<>\r\n",
        b"RSET\r\n",
        b"NOOP\r\n",
        b"QUIT\r\n",
        b"DATA\r\n",
        b"VRFY x\r\n",
    ),
    *(b"RCPT TO:<invoices@inbox.example>\r\n", b"RCPT TO:<nobody@inbox.example>\r\n", b"EXPN x\r\n", b"HELP\r\n"),
    *(b"AUTH PLAIN AAAA\r\n", b"AUTH LOGIN\r\n", b"ETRN x\r\n", b"TURN\r\n", b"GET / HTTP/1.1\r\n"),
)
_PARAMETERS = (
    *(b" SIZE=1", b" SIZE=99999999999", b" BODY=8BITMIME", b" BODY=BINARYMIME", b" SMTPUTF8", b" RET=FULL"),
    b" ORCPT=rfc822;a",
)
_CHUNKS = (
    *(b"BDAT 10\r\n", b"BDAT 3 LAST\r\nabc", b"BDAT 0 LAST\r\n", b"BDAT 0\r\n", b"BDAT 4\r\n\r\n\r\n", b" LAST"),
    *(b"BDAT 99999999999999999999\r\n", b"BDAT -1\r\n", b"BDAT 1 LAST\r\n\r", b"BDAT 2000 LAST\r\n", b"BDAT 70000\r\n"),
)
_TLS_WORDS = (
    b"STARTTLS\r\n",
    b"STARTTLS\r\nNOOP\r\n",
    b"STARTTLS x\r\n",
    b"\x16\x03\x01\x02\0",
    b"\x15\x03\x03\0\x02\x01\0",
)
_PROXY = (
    *(b"PROXY UNKNOWN\r\n", b"PROXY TCP6 ::1 ::1 1 2\r\n", b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 25\r\n"),
    *(b"\r\n\r\n\0\r\nQUIT\n!\x11\0\x0c", b"\r\n\r\n\0\r\nQUIT\n \0\0\0"),
)
_XCLIENT = (
    b"XCLIENT ADDR=[UNAVAILABLE]\r\n",
    b"XCLIENT ADDR=192.0.2.9 PORT=1 HELO=x PROTO=ESMTP\r\n",
    b"XFORWARD NAME=x\r\n",
    b"XFORWARD ADDR=+0d+0a HELO=+ff\r\n",
    b"XCLIENT NAME=[TEMPUNAVAIL] LOGIN=a+40b\r\n",
)
_LMTP = (b"LHLO x\r\n", b"LHLO\r\n")

WORDS: tuple[bytes, ...] = (
    *_LINE_ENDS,
    *_PATHS,
    *_COMMANDS,
    *_PARAMETERS,
    *_CHUNKS,
    *_TLS_WORDS,
    *_PROXY,
    *_XCLIENT,
    *_LMTP,
)
PAUSES = (0.1, 29.0, 60.0, 299.0, 301.0, 4000.0)
