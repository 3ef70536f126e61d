"""A mailbox as people have it, in a Maildir: what `./dev bench imap` pulls. Made once, each side gets hard links.

Of a hundred mails five are to be imported (invoices with a PDF, a few receipts that are only text) and hold at most a
tenth of the octets; the others are newsletters with pictures, notifications, mailing lists, letters, invitations, and
mails with photos, which hold most of the octets. The same seed gives the same mailbox. Mails stand as Dovecot files
them: lines end in LF, sizes stand in the names.
"""

import base64
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

RECEIPTS = "receipts@taxi.example"
RECIPIENT = "someone@bench.example"
FIRST_DAY = datetime(2026, 1, 1, 6, 0, tzinfo=UTC)
_DAYS = 300
_TEXT = (
    "we you the of and to in is for with this offer order today week new more read here please thank account team "
    "delivery update project meeting report question answer summer garden kitchen travel train ticket price free "
    "customer service support season family photo holiday dinner friday monday morning release patch branch review"
)
_WORDS = _TEXT.split()


@dataclass(frozen=True)
class Filed:
    """What was made: mails in all and to import, with their octets."""

    mails: int
    octets: int
    to_import: int
    octets_to_import: int


class Mailbox:
    """Makes mails; one in twenty is to be imported."""

    def __init__(self, seed: int = 5) -> None:
        self._chance = random.Random(seed)
        self._noise = self._chance.randbytes(4_000_000)
        self._number = 0

    def fill(self, folder: Path, count: int, since: datetime = FIRST_DAY, *, are_new: bool = False) -> Filed:
        """Write `count` mails into a Maildir, their times spread from `since` on."""
        for name in ("cur", "new", "tmp"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        mails = octets = chosen = octets_chosen = 0
        step = timedelta(days=_DAYS) / count if not are_new else timedelta(seconds=1)
        for number in range(count):
            is_chosen = number % 20 == 7
            mail = self._invoice(number) if is_chosen else self._other()
            _file(folder, mail, since + step * number, is_new=are_new)
            mails, octets = mails + 1, octets + len(mail)
            chosen, octets_chosen = chosen + is_chosen, octets_chosen + len(mail) * is_chosen
        return Filed(mails, octets, chosen, octets_chosen)

    def _other(self) -> bytes:
        kinds: tuple[Callable[[], bytes], ...] = (
            self._newsletter,
            self._notification,
            self._list_mail,
            self._letter,
            self._invitation,
            self._photos,
        )
        (make,) = self._chance.choices(kinds, weights=(42, 15, 17, 18, 3, 5))
        return make()

    def _invoice(self, number: int) -> bytes:
        self._number += 1
        sender = f"billing@supplier{number % 40}.example"
        subject = f"Your invoice {self._number:06d}"
        text = f"Dear customer,\n\nplease find invoice {self._number} of {number % 90 + 10},90 EUR.\n" + self._prose(60)
        if number % 400 == 7:  # the text is the receipt
            return self._head(RECEIPTS, subject, "text/plain; charset=utf-8") + text.encode()
        pdf = b"%PDF-1.4\n%" + self._octets(self._chance.randint(30_000, 220_000)) + b"\n%%EOF\n"
        name = f"invoice-{self._number}.pdf"
        parts = [_text("plain", text), _attached("application/pdf", name, pdf)]
        return self._head(sender, subject, 'multipart/mixed; boundary="b"') + _joined("b", parts)

    def _newsletter(self) -> bytes:
        plain = self._prose(self._chance.randint(200, 700))
        rows = [
            f'<tr><td style="padding:0 12px;font-family:Arial,Helvetica,sans-serif;font-size:14px">{self._prose(24)}'
            f'</td><td><a href="https://click.shop.example/{self._chance.getrandbits(96):x}">more</a></td></tr>\n'
            for _ in range(self._chance.randint(60, 260))
        ]
        page = f"<html><body><table>{''.join(rows)}</table><img src='cid:logo@shop'></body></html>"
        alternative = _joined("a", [_text("plain", plain), _text("html", page)])
        pictures = [
            _shown(f"banner{number}.png", "logo@shop" if not number else f"p{number}@shop", self._octets(size))
            for number, size in enumerate(self._chance.choices((4_000, 12_000, 40_000), k=self._chance.randint(0, 2)))
        ]
        parts = [b'Content-Type: multipart/alternative; boundary="a"\n\n' + alternative, *pictures]
        sender = f"news@shop{self._chance.randrange(300)}.example"
        return self._head(sender, self._prose(7), 'multipart/related; boundary="b"', bulk=True) + _joined("b", parts)

    def _notification(self) -> bytes:
        page = "".join(f"<p class='row'>{self._prose(20)}</p>\n" for _ in range(self._chance.randint(20, 120)))
        parts = [_text("plain", self._prose(80)), _text("html", f"<html><body>{page}</body></html>")]
        sender = f"no-reply@service{self._chance.randrange(100)}.example"
        kind = 'multipart/alternative; boundary="a"'
        return self._head(sender, self._prose(6), kind, bulk=True) + _joined("a", parts)

    def _list_mail(self) -> bytes:
        quoted = "".join(f"> {self._prose(11)}\n" for _ in range(self._chance.randint(10, 160)))
        sender = f"person{self._chance.randrange(500)}@lists.example"
        head = self._head(sender, f"Re: [dev] {self._prose(5)}", "text/plain; charset=utf-8", bulk=True)
        return head + (quoted + self._prose(120)).encode()

    def _letter(self) -> bytes:
        text = self._prose(self._chance.randint(30, 400))
        parts = [_text("plain", text), _text("html", f"<html><body><p>{text}</p></body></html>")]
        sender = f"friend{self._chance.randrange(200)}@mail.example"
        return self._head(sender, self._prose(4), 'multipart/alternative; boundary="a"') + _joined("a", parts)

    def _invitation(self) -> bytes:
        event = "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nSUMMARY:Meeting\nEND:VEVENT\nEND:VCALENDAR\n"
        calendar = b"Content-Type: text/calendar; charset=utf-8; method=REQUEST\n\n" + event.encode()
        kind = 'multipart/alternative; boundary="a"'
        parts = [_text("plain", self._prose(40)), calendar]
        return self._head("colleague@work.example", f"Invitation: {self._prose(4)}", kind) + _joined("a", parts)

    def _photos(self) -> bytes:
        sizes = self._chance.choices((150_000, 350_000, 700_000, 1_400_000), k=self._chance.randint(1, 2))
        photos = [
            _attached(
                "image/jpeg", f"IMG_{self._chance.randrange(9999):04d}.jpg", b"\xff\xd8\xff\xe0" + self._octets(n)
            )
            for n in sizes
        ]
        sender = f"friend{self._chance.randrange(200)}@mail.example"
        kind = 'multipart/mixed; boundary="b"'
        return self._head(sender, "Photos", kind) + _joined("b", [_text("plain", self._prose(30)), *photos])

    def _head(self, sender: str, subject: str, kind: str, *, bulk: bool = False) -> bytes:
        number = self._chance.getrandbits(96)
        received = "".join(
            f"Received: from mx{hop}.{sender.partition('@')[2]} (mx{hop} [198.51.100.{hop}])\n\tby mx.bench.example "
            f"with ESMTPS id {number:x}{hop}\n\tfor <{RECIPIENT}>; Thu, 1 Jan 2026 06:00:0{hop} +0000\n"
            for hop in (1, 2, 3)
        )
        signature = base64.b64encode(self._octets(256)).decode()
        signed = f"DKIM-Signature: v=1; a=rsa-sha256; d=mail.example; s=k1;\n\th=from:to:subject;\n\tb={signature}\n"
        bulky = f"List-Unsubscribe: <https://mail.example/u/{number:x}>\nPrecedence: bulk\n" if bulk else ""
        return (
            f"Return-Path: <{sender}>\n{received}{signed}From: Somebody Else <{sender}>\nTo: <{RECIPIENT}>\n"
            f"Subject: {subject}\nDate: Thu, 1 Jan 2026 06:00:00 +0000\nMessage-ID: <{number:x}@mail.example>\n"
            f"{bulky}MIME-Version: 1.0\nContent-Type: {kind}\n\n"
        ).encode()

    def _prose(self, words: int) -> str:
        chosen = self._chance.choices(_WORDS, k=words)
        return "\n".join(" ".join(chosen[at : at + 12]) for at in range(0, words, 12))

    def _octets(self, size: int) -> bytes:
        """Octets that do not compress; no two calls give the same."""
        at = self._chance.randrange(len(self._noise) - size)
        return self._chance.randbytes(16) + self._noise[at : at + size]


def files_of(folder: Path) -> Iterator[Path]:
    """The mails of a Maildir."""
    for name in ("cur", "new"):
        yield from (folder / name).iterdir()


def _text(kind: str, text: str) -> bytes:
    return f"Content-Type: text/{kind}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}\n".encode()


def _attached(kind: str, name: str, octets: bytes) -> bytes:
    head = f'Content-Type: {kind}; name="{name}"\nContent-Transfer-Encoding: base64\n'
    return f'{head}Content-Disposition: attachment; filename="{name}"\n\n'.encode() + base64.encodebytes(octets)


def _shown(name: str, cid: str, octets: bytes) -> bytes:
    head = f'Content-Type: image/png; name="{name}"\nContent-Transfer-Encoding: base64\nContent-ID: <{cid}>\n'
    return f'{head}Content-Disposition: inline; filename="{name}"\n\n'.encode() + base64.encodebytes(octets)


def _joined(boundary: str, parts: list[bytes]) -> bytes:
    line = f"--{boundary}".encode()
    return b"".join(line + b"\n" + part + b"\n" for part in parts) + line + b"--\n"


_UNIQUE = iter(range(1, 1 << 62))


def _file(folder: Path, mail: bytes, when: datetime, *, is_new: bool) -> None:
    on_the_wire = len(mail) + mail.count(b"\n")
    stamp = int(when.timestamp())
    name = f"{stamp}.M{next(_UNIQUE):09d}P{os.getpid()}.bench,S={len(mail)},W={on_the_wire}"
    file = folder / "new" / name if is_new else folder / "cur" / f"{name}:2,S"
    file.write_bytes(mail)
    os.utime(file, (stamp, stamp))
