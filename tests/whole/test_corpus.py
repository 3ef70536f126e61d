"""Every mail of the corpus goes in over SMTP and is settled; what was sent comes back octet by octet."""

import contextlib
import hashlib
import re
import smtplib
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.send import with_crlf
from bench.server import LEAN, RunningPostbus

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
SETS = ("mime", "forwarded", "invoicemail")

# These hold a bare CR, a bare LF among CRLF, or NUL. Who sends such octets may be refused (RFC 5321 2.3.8).
MAY_BE_REFUSED = frozenset(
    {
        "flanker__messages_dashed-boundaries.eml",
        "flanker__messages_enclosed-bad-encoding.eml",
        "flanker__messages_enclosed-broken.eml",
        "flanker__messages_mailformed-headers.eml",
        "flanker__messages_missing-final-boundary.eml",
        "kmime__clusterfuzz-testcase-minimized-kmime_fuzzer-5255984894509056.eml",
        "kmime__headers-with-nullbytes.eml",
        "kmime__yenc-mail-part.txt.eml",
        "kmime__yenc-single-part.txt.eml",
        "rspamd__numeric_urls.eml",
        "spamscope__mail_malformed_3.eml",
        "stalwart__legacy_049.eml",
        "stalwart__malformed_000.eml",
        "stalwart__malformed_018.eml",
        "stalwart__thirdparty_001.eml",
        "stalwart__thirdparty_003.eml",
        "stalwart__thirdparty_005.eml",
    }
)


@dataclass
class Sent:
    """A mail that was answered 250, and under which id."""

    name: str
    octets: bytes
    accepted_as: str


def wire_form(octets: bytes) -> bytes:
    """As a client sends it: a file with bare LF throughout gets CRLF; one that mixes is sent as it stands."""
    return octets if b"\r\n" in octets else with_crlf(octets)


def deliver(port: int, address: str, octets: bytes) -> tuple[int, str]:
    """Send exactly these octets (dot-stuffed), ending in CRLF; the final reply."""
    with smtplib.SMTP("127.0.0.1", port, local_hostname="client.example", timeout=60) as client:
        client.ehlo("corpus.example")
        client.mail("sender@example.org")
        client.rcpt(address)
        assert client.docmd("DATA")[0] == 354
        stuffed = re.sub(rb"(?:\A|(?<=\r\n))\.", b"..", octets)
        assert client.sock is not None
        client.sock.sendall(stuffed + (b"" if stuffed.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        code, words = client.getreply()
    return code, words.decode()


def send_everything(postbus: RunningPostbus, address: str) -> tuple[list[Sent], list[str]]:
    """All mails of the sets, one connection each; the accepted ones and the names of the refused."""
    accepted, refused = [], []
    for file in sorted(path for name in SETS for path in (CORPUS / name).glob("*.eml")):
        octets = wire_form(file.read_bytes())
        octets += b"" if octets.endswith(b"\r\n") else b"\r\n"
        code, words = deliver(postbus.port, address, octets)
        if code == 250:
            accepted.append(Sent(file.name, octets, words.split()[-1]))
        else:
            assert code in {550, 552, 554}, (file.name, code, words)
            refused.append(file.name)
    return accepted, refused


def rows_of(data: Path) -> dict[str, tuple[str, str, str]]:
    """Accepted id -> (message id, sha256 of raw, state)."""
    query = (
        "SELECT k.key, m.id, m.raw_sha256, m.state FROM message_keys k JOIN messages m ON m.id = k.message_id "
        "WHERE k.kind = 'transport'"
    )
    with contextlib.closing(sqlite3.connect(f"file:{data}/postbus.db?mode=ro", uri=True)) as database:
        return {key: (message, digest, state) for key, message, digest, state in database.execute(query)}


@pytest.mark.skipif(not CORPUS.exists(), reason="../shared/corpus stands beside a developer's checkout only")
@pytest.mark.timeout(600)
def test_every_mail_of_the_corpus_is_accepted_and_settled(tmp_path: Path) -> None:
    """None lost, none parked, the worker never dies, raw octets come back as sent, no name leaves its folder."""
    postbus = RunningPostbus(tmp_path / "data", LEAN)
    address = postbus.set_up()
    with postbus:
        worker = postbus.pid_of("worker")
        sent, refused = send_everything(postbus, address)
        postbus.until_settled(300)
        assert postbus.pid_of("worker") == worker
        status = postbus.rows("status")[0]
        documents = postbus.rows("document", "list", "--tenant", "bench")
        for mail in sent[::75]:
            row = rows_of(postbus.data)[mail.accepted_as][0]
            shown = postbus.command("message", "raw", row).stdout
            assert shown == mail.octets or copies(sent, postbus.data, row) > 1, mail.name
    assert set(refused) <= MAY_BE_REFUSED
    assert len(sent) + len(refused) > 700

    rows = rows_of(postbus.data)
    assert {state for _, _, state in rows.values()} <= {"imported", "not_imported", "duplicate"}
    assert status["jobs_failed"] == 0
    by_row: dict[str, set[str]] = {}
    for mail in sent:
        by_row.setdefault(rows[mail.accepted_as][0], set()).add(hashlib.sha256(mail.octets).hexdigest())
    # Copies of one mail that was not imported share a row (law 10), which then holds one of them.
    assert all(rows[mail.accepted_as][1] in by_row[rows[mail.accepted_as][0]] for mail in sent)
    blobs = {path.name: path for path in (postbus.data / "blobs").rglob("*") if path.is_file()}
    for _, digest, _ in rows.values():
        assert hashlib.sha256(blobs[digest].read_bytes()).hexdigest() == digest
    for row in documents:
        assert is_safe_name(row["filename"]), row["filename"]


def copies(sent: list[Sent], data: Path, row: str) -> int:
    """How many of the mails that were sent are this row."""
    rows = rows_of(data)
    return sum(1 for mail in sent if rows[mail.accepted_as][0] == row)


def is_safe_name(name: str) -> bool:
    """A name that stays in the folder it is put in, on any system, and looks like what it is."""
    return (
        0 < len(name.encode()) <= 255
        and not set(name) & set('/\\:*?"<>|\0')
        and name not in {".", ".."}
        and not re.search(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", name)
        and not name.endswith((" ", "."))
    )
