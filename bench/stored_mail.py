"""A database full of mail that was not imported, made without settling it: the world of `./dev bench rematch`.

Most mails come from senders and hold words that no changed standard asks for; how many there are is the argument. The
mails that changed standards find, and those of them that fit, are the same ones whatever that number is. Real octets
are kept of those that fit, so that they can be imported.
"""

import hashlib
import random
import sqlite3
import string
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import accumulate, chain
from pathlib import Path

from rules.conditions import in_order
from rules.facts import MailFacts
from rules.standards import ImportStandard
from storage.blobs import BlobStore
from storage.stored_facts import encode, key_rows

VOCABULARY = 50_000
TENANTS = 200
SENDERS_OF_A_MAIL = 0.05  # one sender for every 20 mails
WITH_SENDER = 900
WORDS_ONLY = 100
NEAR_OF_A_STANDARD = 4


@dataclass(frozen=True, slots=True)
class World:
    """What changes, and what shall come of it."""

    changed: tuple[ImportStandard, ...]
    fitting: int
    near: int


class StoredMail:
    """Writes the world into a migrated SQLite file; the same seed gives the same world."""

    def __init__(self, file: Path, blobs: BlobStore, tenants: list[str], seed: int = 4) -> None:
        self._file = file
        self._blobs = blobs
        self._tenants = tenants
        self._chance = random.Random(seed)
        self._words = [_word(self._chance) for _ in range(VOCABULARY)]
        self._weights = list(accumulate(1 / rank for rank in range(1, VOCABULARY + 1)))

    def fill(self, count: int, fitting: int) -> World:
        """`count` mails that nothing concerns, and those that the changed standards find, `fitting` of which fit."""
        changed = tuple(self._changed())
        found = list(self._found(changed, fitting))
        everything = chain(self._background(count - len(found)), found)
        with closing(sqlite3.connect(self._file)) as connection:
            for pragma in ("synchronous = OFF", "cache_size = -3000000", "foreign_keys = OFF"):
                connection.execute(f"PRAGMA {pragma}")
            for some in _pieces(everything, 20_000):
                with connection:
                    self._write(connection, some)
        return World(changed, fitting, len(found) - fitting)

    def _changed(self) -> Iterator[ImportStandard]:
        for number in range(WITH_SENDER):
            asked: dict[str, tuple[str, ...]] = {
                "sender": (f"billing@changed{number}.example",),
                "subject": (f"bill{_letters(number)}",),
            }
            yield _standard(number, asked)
        for number in range(WORDS_ONLY):
            word = f"only{_letters(number)}"
            ways = (word, word, word, word, f"{word} total", f"{word} total", word, f"{word}*", f"*{word}", f"*{word}*")
            yield _standard(WITH_SENDER + number, {"subject": (ways[number % len(ways)],)})

    def _found(self, changed: tuple[ImportStandard, ...], fitting: int) -> Iterator[tuple[MailFacts, bytes | None]]:
        for number, standard in enumerate(changed):
            word = (standard.subject_word or "").strip("*")
            sender = standard.sender or f"someone@sender{number}.example"
            near = f"total {word.split(maxsplit=1)[0]}" if " " in word else "no such thing"
            if number < WITH_SENDER or " " in word:
                for _ in range(NEAR_OF_A_STANDARD):
                    yield self._facts(sender, near), None
        step = len(changed) / fitting
        for number in range(fitting):
            standard = changed[int(number * step)]
            word = (standard.subject_word or "").strip("*")
            subject, sender = f"Your {word} {number}", standard.sender or f"someone@sender{number}.example"
            octets = (
                f"From: {sender}\r\nSubject: {subject}\r\nMessage-ID: <{number}@found.example>\r\n"
                "Content-Type: text/plain\r\n\r\nPlease pay 5 EUR.\r\n"
            ).encode()
            yield self._facts(sender, subject), octets

    def _background(self, count: int) -> Iterator[tuple[MailFacts, bytes | None]]:
        senders = max(1, int(count * SENDERS_OF_A_MAIL))
        for number in range(count):
            words = self._chance.choices(self._words, cum_weights=self._weights, k=6)
            mixed = f"{_letters(number)}{number % 97}x" if number % 10 == 0 else ""
            who = self._chance.randrange(senders)
            yield self._facts(f"news@mail.shop{who}.example", f"{' '.join(words)} {number} {mixed}"), None

    def _facts(self, sender: str, subject: str) -> MailFacts:
        return replace(_USUAL, from_addresses=(sender,), from_header=sender, subject=subject, reverse_path=sender)

    def _write(self, connection: sqlite3.Connection, some: list[tuple[MailFacts, bytes | None]]) -> None:
        messages, known, keys = [], [], []
        batch = self._blobs.batch()
        for facts, octets in some:
            tenant_id = self._chance.choice(self._tenants)
            message_id = f"{self._chance.getrandbits(128):032x}"
            raw = batch.put(tenant_id, octets).sha256 if octets else "0" * 64
            values = (message_id, tenant_id, f"t{message_id}", _NOW, facts.from_header, facts.subject, raw, message_id)
            messages.append((*values, hashlib.sha256(message_id.encode()).hexdigest(), len(octets or b"")))
            known.append((message_id, tenant_id, encode(facts)))
            keys += [tuple(row.values()) for row in key_rows(facts, tenant_id, message_id)]
        batch.sync()
        keys.sort()
        connection.executemany(_INSERT_MESSAGE, messages)
        connection.executemany("INSERT INTO message_facts (message_id, tenant_id, facts) VALUES (?, ?, ?)", known)
        connection.executemany("INSERT INTO lookup_keys (kind, key, tenant_id, message_id) VALUES (?, ?, ?, ?)", keys)


_NOW = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
_USUAL = MailFacts(
    message_id="<1@mail.example>",
    has_text=True,
    text="-",
    label="",
    octets=12_000,
    sender_field=(),
    reply_to=(),
    language="en",
)
_INSERT_MESSAGE = """
INSERT INTO messages (id, tenant_id, transport_key, received_at, from_header, subject, raw_sha256, group_id,
    content_id, octets, source, peer, helo, trace, reverse_path, forward_path, other_forward_paths, address_id,
    smtputf8, defects, state, reason_code, reason_params, decision_trace, tenant_revision, settled_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'smtp', '', '', '', '', '', '[]', '', 0, '[]', 'not_imported',
    'nothing_fits_no_attachment', '{}', '[]', 1, ?4)
"""


def _standard(number: int, asked: dict[str, tuple[str, ...]]) -> ImportStandard:
    conditions = in_order(asked)  # type: ignore[arg-type]
    return ImportStandard(f"{number:032x}", f"S{number}", conditions, keep="text", origin="catalogue")


def _word(chance: random.Random) -> str:
    return "".join(chance.choices(string.ascii_lowercase, k=chance.randint(3, 12)))


def _letters(number: int) -> str:
    return "".join(string.ascii_lowercase[int(digit)] for digit in f"{number:04d}")


def _pieces(
    items: Iterator[tuple[MailFacts, bytes | None]], size: int
) -> Iterator[list[tuple[MailFacts, bytes | None]]]:
    piece = []
    for item in items:
        piece.append(item)
        if len(piece) == size:
            yield piece
            piece = []
    yield piece
