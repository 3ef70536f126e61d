"""Hostile mails made up by mutation, read in this process as the child reads them.

    ./dev fuzz mime [--seconds 60] [--seed N] [--corpus FOLDER]

Mails grow out of the shared corpus, the test corpus and packings that are made here: pieces of several are spliced,
octets flipped, lengths made false, archives cut and nested, boundaries and encodings changed. What must hold of each:

- nothing is raised, and it ends within 20 seconds of processor time;
- the facts can be stored and come back; no text of them holds NUL or half a character; no two parts have one path;
- every attachment can be given again, and is the octets whose hash its facts hold;
- reading it twice gives the same facts and ids.

A mail that breaks one of these is printed and kept in `found-*.eml` in the corpus folder (`fuzz/mime` below the data
folder); exit code 1.
"""

import argparse
import base64
import hashlib
import logging
import os
import random
import re
import signal
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from receiver.pipeline.message_facts import find
from receiver.pipeline.packings.room import Damaged, NoRoom
from receiver.pipeline.structure import Limits
from receiver.pipeline.unpack import Unpacked, unpack
from rules.facts import MailFacts
from tests.receiver_pipeline.packed_files import PDF, Signer, compound_file, nested_zip, stored, tnef_of, zip_of

_ROOT = Path(__file__).parents[1]
_MAILS = (_ROOT.parent / "shared" / "corpus" / "mime", _ROOT / "tests" / "corpus" / "tour")
_OUTLOOK = _ROOT / "tests" / "corpus" / "outlook" / "with-picture.msg"
_MOST_OCTETS = 200_000
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_MOST_FAULTS = 10
_SECONDS = 20
_LIMITS = Limits(depth=100, parts=300, decoded_octets=16 * 1024**2)
_TYPES = (
    *("application/octet-stream", "application/zip", "application/ms-tnef", "application/vnd.ms-outlook"),
    *("message/rfc822", "application/pkcs7-mime", "application/pkcs7-signature", "application/pgp-encrypted"),
    *("multipart/mixed; boundary=e", "multipart/signed; boundary=b", "text/html", "image/png", "x"),
)
_NAMES = ("a.pdf", "a.zip", "a.eml", "a.msg", "winmail.dat", "a.xml.p7m", "../a\\b", "")
_WORDS = (
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b"--e\r\n",
        b"--e--\r\n",
        b"--b\r\n",
        b"\xff\xff\xff\xff",
        b"\0\0\0\0",
        b"\x7f\xff",
    ),
    *(b"begin 644 x\r\n", b"\r\nend\r\n", b"=?utf-8?B?", b"?=", b"; name*0*=utf-8''%ff", b"boundary=b", b"\x80\xfe"),
    *(
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"\x78\x9f\x3e\x22",
        b"%PDF-1.4",
        b"Content-Type: message/rfc822\r\n\r\n",
        b"0\x80",
    ),
)


def packings() -> list[bytes]:
    """Files that pack others, in good order."""
    signer = Signer()
    return [
        zip_of({"a.pdf": PDF, "b/c.xml": b"<a/>"}),
        nested_zip(3, 2, PDF),
        tnef_of({"a.pdf": PDF, "b.zip": zip_of({"x": b"y"})}, {0x1000: "text", 0x1013: b"<p>html", 0x0037: "s"}),
        tnef_of({"a.pdf": PDF}, {0x1009: stored(rb"{\rtf1\fromhtml1{\*\htmltag <p>}\'e4\u8364?\htmlrtf x\htmlrtf0 }")}),
        compound_file(),
        compound_file(loops=True),
        _OUTLOOK.read_bytes(),
        signer.opaque(b"Content-Type: text/plain\r\n\r\nhello"),
        signer.detached(b"hello"),
    ]


class Mutator:
    """Makes up mails, by chance alone."""

    def __init__(self, chance: random.Random, mails: list[bytes], packed: list[bytes]) -> None:
        self._chance = chance
        self._mails = mails
        self._packed = packed

    def mail(self) -> bytes:
        """The next one."""
        chance = self._chance
        octets = chance.choice(self._mails)
        if chance.random() < 0.5:
            octets = self._with_packing(octets)
        for _ in range(chance.choice((0, 1, 1, 2, 5, 20))):
            octets = self._changed(octets)
        return octets[:_MOST_OCTETS]

    def _with_packing(self, octets: bytes) -> bytes:
        """A mail that carries a packing, damaged more often than not."""
        chance, packed = self._chance, chance_of(self._chance, self._packed)
        for _ in range(chance.choice((0, 1, 3, 10))):
            packed = self._changed(packed)
        if chance.random() < 0.3:
            packed = zip_of({chance.choice(_NAMES) or "x": packed})
        disposition = f'Content-Disposition: attachment; filename="{chance.choice(_NAMES)}"'
        head = f"Content-Type: {chance.choice(_TYPES)}\r\n{disposition}"
        part = head.encode() + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(packed)
        if chance.random() < 0.3:
            return b"From: a@b.example\r\n" + part
        return (
            b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=e\r\n\r\n--e\r\n\r\n"
            + octets[: chance.randint(0, 2000)]
            + b"\r\n--e\r\n"
            + part
            + b"\r\n--e--\r\n"
        )

    def _changed(self, octets: bytes) -> bytes:
        chance = self._chance
        at = chance.randint(0, len(octets))
        match chance.randrange(6):
            case 0:
                return octets[:at] + chance.choice(_WORDS) + octets[at:]
            case 1:
                return octets[:at] + chance.choice(_WORDS) + octets[at + chance.randint(0, 8) :]
            case 2:
                return octets[:at] + bytes([chance.randrange(256)]) + octets[at + 1 :]
            case 3:
                return octets[:at] + octets[at + chance.randint(0, 200) :]
            case 4:
                end = min(len(octets), at + chance.randint(0, 400))
                return octets[:end] + octets[at:end] * chance.choice((1, 2, 20)) + octets[end:]
            case _:
                number = chance.choice((0, 1, 2**31 - 1, 2**32 - 1, len(octets)))
                return octets[:at] + struct.pack(chance.choice(("<I", ">I")), number) + octets[at + 4 :]


def chance_of(chance: random.Random, packed: list[bytes]) -> bytes:
    """One of these, or two in a row."""
    first = chance.choice(packed)
    return first if chance.random() < 0.9 else first[: chance.randint(0, len(first))] + chance.choice(packed)


def faults_of(octets: bytes) -> list[str]:
    """What does not hold of a mail."""
    try:
        with deadline(_SECONDS):
            unpacked = unpack(octets, len(octets), _LIMITS)
            findings = find(unpacked, "", _LIMITS.decoded_octets)
            again = find(unpack(octets, len(octets), _LIMITS), "", _LIMITS.decoded_octets)
            facts = findings.facts
            faults = [] if (again.facts, again.content_id) == (facts, findings.content_id) else ["read otherwise twice"]
            return faults + _faults_of_facts(facts) + _faults_of_parts(unpacked, facts)
    except Exception as error:  # noqa: BLE001 - the edge: this is what the fuzzer looks for
        return [f"raised {type(error).__name__}: {error!s:.200}"]


def _faults_of_facts(facts: MailFacts) -> list[str]:
    faults = [] if MailFacts.from_json(facts.to_json()) == facts else ["facts do not come back"]
    names = (each.filename or "" for each in facts.attachments)
    texts = (facts.subject, facts.from_header, facts.text, facts.message_id or "", *names)
    faults += [f"a text that cannot be stored: {text[:60]!r}" for text in texts if _UNSTORABLE.search(text)]
    parts = [each.part for each in facts.attachments]
    return faults if len(set(parts)) == len(parts) else [*faults, "two parts of one path"]


def _faults_of_parts(unpacked: Unpacked, facts: MailFacts) -> list[str]:
    faults, known = [], {each.part: each for each in facts.attachments}
    for leaf in unpacked.attachments():
        if leaf.part not in known:
            continue
        try:
            octets = leaf.entity.decoded()
        except (Damaged, NoRoom) as error:
            faults.append(f"part {leaf.part} cannot be given again: {error!r}")
            continue
        if hashlib.sha256(octets).hexdigest() != known[leaf.part].sha256:
            faults.append(f"part {leaf.part} is another one the second time")
    return faults


@contextmanager
def deadline(seconds: int) -> Iterator[None]:
    """Processor seconds that a mail may take."""

    def strike(_: int, frame: FrameType | None) -> None:
        place = f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else "somewhere"
        raise TimeoutError(f"runs in circles at {place}")

    before = signal.signal(signal.SIGVTALRM, strike)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def run(seconds: float, seed: int, folder: Path) -> tuple[int, int]:
    """Fuzz until the time is over or ten faults were found: how many mails, how many faults."""
    seeds = [path.read_bytes() for each in _MAILS for path in sorted(each.glob("*.eml"))]
    known = [path.read_bytes() for path in sorted(folder.glob("found-*.eml"))]
    mutator = Mutator(random.Random(seed), [each for each in seeds if len(each) < _MOST_OCTETS], packings())
    until, count, found = time.monotonic() + seconds, 0, 0
    while found < _MOST_FAULTS and (known or time.monotonic() < until):
        octets = known.pop() if known else mutator.mail()
        count += 1
        faults = faults_of(octets)
        if faults:
            found += 1
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"found-{hashlib.sha256(octets).hexdigest()[:12]}.eml"
            path.write_bytes(octets)
            print(f"{path}: {faults[0]}", flush=True)
    return count, found


def main(arguments: list[str] | None = None) -> int:
    """Fuzz and say what was found."""
    parser = argparse.ArgumentParser(
        prog="./dev fuzz mime", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    default = Path(os.environ.get("POSTBUS_DATA", "var")) / "fuzz" / "mime"
    parser.add_argument("--corpus", type=Path, default=default, help="where found mails are kept (%(default)s)")
    chosen = parser.parse_args(arguments)
    print(f"seed {chosen.seed}", flush=True)
    logging.disable(logging.CRITICAL)  # mail-parser writes what it finds in a mail
    count, found = run(chosen.seconds, chosen.seed, chosen.corpus)
    print(f"{count} mails, {found} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
