"""The mails that are rendered, all made here: three to be measured by, ten to be looked at.

Each is a whole message for ours (read like a real one) and HTML with its images inside for the others.
"""

import base64
import random
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from functools import cached_property
from pathlib import Path

from bench.rendering.png import as_png
from receiver.pipeline.body import body_page
from receiver.pipeline.message_facts import Findings, find
from receiver.pipeline.structure import Limits
from receiver.pipeline.unpack import Unpacked, unpack

FOLDER = Path(__file__).parent / "mails"
MOST_OCTETS = 256 * 1024**2
STORIES = (
    ("Ludlow: rye that keeps a week", "rye"),
    ("Altamura: the crust is the point", "crust"),
    ("Friesland: sugar where none is expected", "sugar"),
)
STORY_WORDS = """The oven is lit at three, and by five the street knows it. Nobody here measures anything: the dough is
ready when it sighs, the oven when flour browns on its floor while one says a short prayer. We asked for the recipe and
got a lecture on water, which is harder two villages on and therefore, we were told, no good for bread at all. """


@dataclass(frozen=True)
class Mail:
    """One mail; `html`: empty when it is plain text only."""

    name: str
    title: str
    message: EmailMessage
    html: str
    text: str = ""

    @cached_property
    def octets(self) -> bytes:
        """As it comes in."""
        return self.message.as_bytes(policy=SMTP)

    def page(self) -> bytes:
        """What ours keeps of it: unpacked, cleaned and laid out as for a mail that came in."""
        return body_page(self._unpacked(), self._findings, "en")

    @cached_property
    def _findings(self) -> Findings:
        """What rules and recognition ask of every mail, rendered or not: no part of what is measured."""
        return find(self._unpacked(), "", MOST_OCTETS)

    def _unpacked(self) -> Unpacked:
        return unpack(self.octets, len(self.octets), Limits(100, 1000, MOST_OCTETS))


def receipt() -> Mail:
    """4 kB of nested tables."""
    return _html_mail("table_receipt", "Table receipt", "Your receipt 2026-004711")


def newsletter() -> Mail:
    """Some 100 kB: three columns of stories, four images inside, one on a server."""
    images = {f"{name}@oven.example": _picture(name, width, height) for name, width, height in _PICTURES}
    stories = "".join(_story(number, title, name) for number, (title, name) in enumerate(STORIES))
    return _html_mail("newsletter", "Newsletter", "The Morning Oven, No. 48", images, ("@@STORIES@@", stories))


def table() -> Mail:
    """6 MB: a statement of 40,000 lines."""
    row = (
        '<tr><td style="padding:2px 8px">{0}</td><td>2026-11-{1:02}</td>'
        '<td>Parcel {0} to zone {1}, insured</td><td align="right">{2}.{1:02}</td></tr>\n'
    )
    rows = "".join(row.format(100_000 + number, number % 28 + 1, number % 97) for number in range(47_000))
    return _made("table", "Statement", "Statement of November", f"<html><body><table>{rows}</table></body></html>", {})


def pictured() -> list[Mail]:
    """The ten that are looked at."""
    return [
        receipt(),
        _html_mail("flex_receipt", "Flex receipt", "Rechnung WS-2026-11-0815"),
        newsletter(),
        _japanese(),
        _html_mail("arabic", "Arabic with Latin", "فاتورة INV-2026-118 من Nile Books"),
        _html_mail("hebrew", "Hebrew", "חשבונית מס / קבלה 2026-077"),
        _html_mail("emoji", "Emoji", "🎉 Your order is on its way!"),
        _plain(),
        _html_mail("dark_mode", "Dark-mode mail", "Your receipt from Orchard Music"),
        _html_mail("hostile", "Hostile overlay", "Invoice"),
    ]


def _html_mail(
    name: str,
    title: str,
    subject: str,
    images: dict[str, bytes] | None = None,
    filled: tuple[str, str] = ("", ""),
) -> Mail:
    html = (FOLDER / f"{name}.html").read_text(encoding="utf-8")
    return _made(name, title, subject, html.replace(*filled) if filled[0] else html, images or {})


def _made(name: str, title: str, subject: str, html: str, images: dict[str, bytes]) -> Mail:
    message = _addressed(subject)
    message.set_content("This mail is best read as HTML.\n")
    message.add_alternative(html, subtype="html", cte="quoted-printable" if len(html) < 1_000_000 else "base64")
    inside = html
    for content_id, octets in images.items():
        # The second part of what is multipart/alternative by now.
        related = message.get_payload()[1]  # type: ignore[index]
        related.add_related(octets, "image", "png", cid=f"<{content_id}>")  # type: ignore[union-attr]
        inside = inside.replace(f"cid:{content_id}", f"data:image/png;base64,{base64.b64encode(octets).decode()}")
    return Mail(name, title, message, inside)


def _japanese() -> Mail:
    html = (FOLDER / "japanese.html").read_text(encoding="utf-8")
    message = _addressed("11月分のご請求書 青空システム")
    message.set_content(html.encode("iso-2022-jp", "replace"), "text", "html", cte="7bit")
    message.set_param("charset", "iso-2022-jp")
    return Mail("japanese", "Japanese, ISO-2022-JP", message, html.replace("iso-2022-jp", "utf-8"))


def _plain() -> Mail:
    text = (FOLDER / "plain_table.txt").read_text(encoding="utf-8")
    message = _addressed("Invoice 2026-11-00391")
    message.set_content(text, cte="7bit")
    return Mail("plain_table", "Plain text with a table", message, "", text)


def _addressed(subject: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Billing <billing@shop.example>"
    message["To"] = "Invoices <acme-k3v9q2@in.example.com>"
    message["Subject"] = subject
    message["Date"] = "Sat, 28 Nov 2026 09:30:00 +0100"
    message["Message-ID"] = "<bench@shop.example>"
    return message


_PICTURES = (("hero", 640, 220), ("rye", 200, 130), ("crust", 200, 130), ("sugar", 200, 130))


def _story(number: int, title: str, name: str) -> str:
    image = f'<img src="cid:{name}@oven.example" width="200" height="130" alt="{title}">'
    words = (
        f'<h2>{title}</h2>{STORY_WORDS * 3}<br><br><a class="button" href="https://oven.example/48/{name}">Read on</a>'
    )
    cells = [
        f'<td class="column" width="220" valign="top">{image}</td>',
        f'<td class="column" valign="top">{words}</td>',
    ]
    return f"<tr>{''.join(cells if number % 2 == 0 else reversed(cells))}</tr>"


def _picture(name: str, width: int, height: int) -> bytes:
    """A PNG as large as a photograph of its size would be: a soft landscape with some grain."""
    chance = random.Random(name)
    tone = [chance.randrange(90, 220) for _ in range(3)]
    grain = 3 if width > 300 else 5
    lines = bytearray()
    for y in range(height):
        lines.append(0)
        for x in range(width):
            hill = 60 if y > height * 0.55 + 18 * ((x * 6 // width) % 2) else 0
            shade = (x * 40 // width) - (y * 50 // height) - hill
            noise = chance.randrange(grain) if (x + y) % 4 == 0 else 0
            lines += bytes(max(0, min(255, one + shade + noise)) for one in tone)
    return as_png(width, height, bytes(lines))
