"""An IMAP server with one mailbox as large as a test wants it: what it holds is made when it is asked for.

    with LargeMailbox(100_000) as server:
        server.mails[2_000_001] = octets       # beside the newsletters, at a UID of its own

Every other UID is missing, as in mailboxes that are in use, so that there are as many ranges as mails.
"""

import re
import socketserver
import threading
from types import TracebackType
from typing import Self

from receiver.imap.uid_sets import UidSet

_HEAD = (
    b"From: Shop <news@shop.example>\r\nSubject: News %d\r\nMessage-ID: <%d@shop.example>\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
)
_TEXT = b'("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 1000 20 NIL NIL NIL NIL)'
_WITH_PDF = (
    b'(("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 36 1 NIL NIL NIL NIL)("application" "pdf" NIL NIL NIL '
    b'"base64" 900 NIL ("attachment" ("filename" "Rechnung.pdf")) NIL NIL) "mixed" ("boundary" "edge") NIL NIL NIL)'
)
_NEWSLETTER_OCTETS = 1500
_CAPABILITIES = b"IMAP4rev1 SASL-IR AUTH=PLAIN"


class LargeMailbox:
    """`count` newsletters at UIDs 1, 3, 5 …, and `mails`. `heads`: the UIDs whose heads were asked for, in order."""

    def __init__(self, count: int, capabilities: bytes = b"") -> None:
        self.newsletters = range(1, 2 * count, 2)
        self.mails: dict[int, bytes] = {}
        self.heads: list[int] = []
        self._made: list[bytes] = []
        self.uidvalidity = 7
        self._capabilities = capabilities
        able = b"CAPABILITY " + _CAPABILITIES + capabilities
        box = self

        class Connection(socketserver.StreamRequestHandler):
            wbufsize = -1

            def handle(self) -> None:
                self.wfile.write(b"* OK [" + able + b"] hello\r\n")
                self.wfile.flush()
                for line in self.rfile:
                    tag, _, command = line.rstrip(b"\r\n").partition(b" ")
                    for said in box.answer(command):
                        self.wfile.write(said)
                    self.wfile.write(tag + b" OK done\r\n")
                    self.wfile.flush()

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def uid_next(self) -> int:
        """Above all mails."""
        return max([self.newsletters[-1], *self.mails]) + 1

    def make_search(self) -> None:
        """Make the answer to all searches now, so that a measurement of memory does not hold what making it takes."""
        self._made = [b"".join(self._search(b"RETURN" if b"ESEARCH" in self._capabilities else b""))]

    def answer(self, command: bytes) -> list[bytes]:
        """What is said to a command before its OK."""
        words = command.split(b" ")
        if words[0] == b"EXAMINE":
            count = len(self.newsletters) + len(self.mails)
            told = (count, self.uidvalidity, self.uid_next)
            return [b"* %d EXISTS\r\n* OK [UIDVALIDITY %d] ok\r\n* OK [UIDNEXT %d] ok\r\n" % told]
        if words[:2] == [b"UID", b"SEARCH"]:
            return self._made or self._search(command)
        if words[:2] == [b"UID", b"FETCH"]:
            return [self._fetch(uid, command) for uid in _uids(words[2]) if self._has(uid)]
        return []

    def _has(self, uid: int) -> bool:
        return uid in self.newsletters or uid in self.mails

    def _search(self, command: bytes) -> list[bytes]:
        above = re.search(rb" UID (\d+):\*", command)
        first = int(above[1]) if above else 1
        found = [b"%d" % uid for uid in self.newsletters[first // 2 :]]
        found += [b"%d" % uid for uid in sorted(self.mails) if uid >= first]
        if b"RETURN" in command:
            return [b'* ESEARCH (TAG "x") UID ALL ', b",".join(found), b"\r\n"]
        return [b"* SEARCH ", b" ".join(found), b"\r\n"]

    def _fetch(self, uid: int, command: bytes) -> bytes:
        mail = self.mails.get(uid)
        if b"BODY.PEEK[]" in command:
            octets = mail or (_HEAD % (uid, uid)).ljust(_NEWSLETTER_OCTETS, b".")
            return b"* 1 FETCH (UID %d BODY[]<0> {%d}\r\n%b)\r\n" % (uid, len(octets), octets)
        if b"BODY.PEEK[1]" in command:
            return b"* 1 FETCH (UID %d BODY[1]<0> {6}\r\nHello.)\r\n" % uid
        self.heads.append(uid)
        head = _HEAD % (uid, uid) if mail is None else mail.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        size, structure = (_NEWSLETTER_OCTETS, _TEXT) if mail is None else (len(mail), _WITH_PDF)
        told = (uid, size, structure, len(head), head)
        return (
            b'* 1 FETCH (UID %d INTERNALDATE "01-Mar-2026 12:00:00 +0000" RFC822.SIZE %d BODYSTRUCTURE %b'
            b" BODY[HEADER.FIELDS (From)] {%d}\r\n%b)\r\n" % told
        )


def _uids(asked: bytes) -> UidSet:
    ranges = (each.partition(":") for each in asked.decode().split(","))
    return UidSet((int(first), int(last or first)) for first, _, last in ranges)
