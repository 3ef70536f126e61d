"""Framing: what was written is read back, and nothing else ever is."""

from datetime import UTC, datetime
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.failures import Damaged
from storage.journal import Envelope, Recipient
from storage.journal.frames import MAGIC, NO_TOKEN, Damage, Frame, ReadAt, content, encode_head, walk
from storage.journal.marks import (
    STAMP_OCTETS,
    Checkpoint,
    Mark,
    pack_checkpoint,
    pack_mark,
    unpack_checkpoint,
    unpack_mark,
)
from tests.storage_journal.mail import envelope

SEED = bytes(range(16))
seeds = st.binary(min_size=16, max_size=16)
# Octets that look like our own heads, too.
octets = st.one_of(st.binary(max_size=200), st.binary(max_size=60).map(lambda rest: MAGIC + rest + MAGIC))
records = st.lists(st.tuples(octets, octets), min_size=1, max_size=6)


def written(seed: bytes, pairs: list[tuple[bytes, bytes]]) -> tuple[bytes, list[int]]:
    """A segment's records, and where each ends."""
    stream, ends = b"", []
    for sequence, (kept, message) in enumerate(pairs):
        stream += encode_head(seed, sequence, kept, (len(message), crc32(message))) + message
        ends.append(len(stream))
    return stream, ends


def reading(stream: bytes) -> ReadAt:
    """A file of these octets."""
    return lambda count, offset: stream[offset : offset + count]


def good(stream: bytes, seed: bytes = SEED) -> list[tuple[bytes, bytes | None]]:
    """The contents of all records that can be read."""
    read_at = reading(stream)
    frames = [found for found in walk(read_at, seed, 0, len(stream), 0) if isinstance(found, Frame)]
    return [held for frame in frames if (held := content(frame, read_at)) is not None]


@given(records, seeds)
def test_records_are_read_back_as_written(pairs: list[tuple[bytes, bytes]], seed: bytes) -> None:
    """Any envelope and message comes back octet by octet, in order."""
    stream, _ = written(seed, pairs)
    assert good(stream, seed) == pairs


@given(records, st.data())
def test_a_torn_end_costs_the_torn_record_only(pairs: list[tuple[bytes, bytes]], data: st.DataObject) -> None:
    """A stream cut anywhere gives the records that are whole, and stops."""
    stream, ends = written(SEED, pairs)
    cut = data.draw(st.integers(0, len(stream)))
    assert good(stream[:cut]) == pairs[: sum(end <= cut for end in ends)]
    assert good(stream[:cut] + bytes(len(stream) - cut)) == [
        pair for pair, end in zip(pairs, ends, strict=True) if end <= cut or not any(stream[cut:end])
    ]


@given(records, st.data())
def test_one_bad_octet_costs_one_record(pairs: list[tuple[bytes, bytes]], data: st.DataObject) -> None:
    """Whatever octet rots, every other record is still read, and the bad one never is."""
    stream, ends = written(SEED, pairs)
    at = data.draw(st.integers(0, len(stream) - 1))
    rotten = bytearray(stream)
    rotten[at] ^= data.draw(st.integers(1, 255))
    hit = sum(end <= at for end in ends)
    assert good(bytes(rotten)) == pairs[:hit] + pairs[hit + 1 :]


@given(records, seeds, seeds)
def test_old_records_do_not_rise_again(pairs: list[tuple[bytes, bytes]], old: bytes, new: bytes) -> None:
    """Law 2: records of another segment on the same blocks are no records, whole as they are."""
    stream, _ = written(old, pairs)
    assert good(stream, new) == (pairs if old == new else [])


def test_a_record_out_of_sequence_is_damage() -> None:
    """Law 2: a record that stood elsewhere in the same segment is not taken for the one that belongs here."""
    record = encode_head(SEED, 1, b"old", (0, 0))
    size = len(record)
    assert list(walk(reading(record + record), SEED, size, 2 * size, 2)) == [Damage(size, 2 * size, 2)]


def test_a_forged_record_inside_a_message_is_not_found() -> None:
    """A sender who writes our framing into a mail does not know the seed: behind damage it is never taken."""
    forged = encode_head(bytes(16), 1, b"forged", (0, 0))
    stream, _ = written(SEED, [(b"one", forged), (b"two", b"message")])
    rotten = b"\0" * 8 + stream[8:]
    assert good(rotten) == [(b"two", b"message")]


def test_a_large_record_refers_and_does_not_hold() -> None:
    """The head of a large message names its file; the next record follows the envelope at once."""
    large = encode_head(SEED, 0, b"big", (10**9, 7), token=b"t" * 16)
    stream = large + encode_head(SEED, 1, b"small", (2, crc32(b"ok"))) + b"ok"
    first, second = walk(reading(stream), SEED, 0, len(stream), 0)
    assert isinstance(first, Frame)
    assert (first.token, first.message_octets, first.end) == (b"t" * 16, 10**9, len(large))
    assert isinstance(second, Frame)
    assert second.token == NO_TOKEN


numbers = st.integers(0, 2**63)


@given(seeds, numbers, numbers, numbers, st.booleans())
def test_a_mark_is_read_back(seed: bytes, offset: int, count: int, total: int, is_sealed: bool) -> None:
    """Marks come back as set, and only for their own segment."""
    mark = Mark(offset, count, total, is_sealed)
    assert unpack_mark(seed, pack_mark(seed, mark)) == mark
    assert unpack_mark(bytes(b ^ 1 for b in seed), pack_mark(seed, mark)) is None


@given(st.integers(0, STAMP_OCTETS - 1), st.integers(1, 255))
def test_a_torn_checkpoint_leaves_the_one_before(at: int, change: int) -> None:
    """A checkpoint is written into the other slot: what tears it leaves the one before, whichever octet it hits."""
    slots = bytearray(128)
    before, torn = Checkpoint(5000, 1, 10, 4), Checkpoint(6000, 2, 20, 5)
    for checkpoint in (before, torn):
        stamp, slot = pack_checkpoint(SEED, checkpoint)
        slots[slot : slot + len(stamp)] = stamp
    assert unpack_checkpoint(SEED, bytes(slots)) == torn
    slots[slot + at] ^= change
    assert unpack_checkpoint(SEED, bytes(slots)) == before


texts = st.text(st.characters(exclude_categories=[]), max_size=30)


@given(texts, texts, texts, st.none() | texts, st.datetimes(timezones=st.just(UTC)))
def test_an_envelope_survives_any_text(peer: str, helo: str, path: str, label: str | None, when: datetime) -> None:
    """Every character a client can send comes back, lone surrogates and NUL too."""
    recipients = (Recipient(path, "t", "a", label), Recipient(helo, "u", "b", None))
    kept = envelope(peer=peer, helo=helo, recipients=recipients, received_at=when, tls=label)
    assert Envelope.from_json(kept.to_json()) == kept


def test_an_envelope_of_a_later_version_is_read() -> None:
    """Keys that this version does not know are passed over."""
    kept = envelope()
    assert Envelope.from_json(kept.to_json().replace(b"{", b'{"later":1,', 1)) == kept


def test_an_envelope_of_an_earlier_version_is_read() -> None:
    """A record written before line ends could be normalised is of a message that was not."""
    kept = envelope()
    octets = kept.to_json()
    assert b',"normalized":false' in octets
    assert Envelope.from_json(octets.replace(b',"normalized":false', b"")) == kept
    assert Envelope.from_json(envelope(normalized=True).to_json()).normalized


def test_an_envelope_says_that_its_octets_are_a_look() -> None:
    """A look is told from a mail by its envelope alone, and the envelope of a mail is no longer for it."""
    look = envelope(look="gone")
    assert Envelope.from_json(look.to_json()) == look
    assert b"look" not in envelope().to_json()


@pytest.mark.parametrize("wrong", [b"", b"[]", b"{}", b"\xff", b'{"id":1,"recipients":3}', b"[" * 100000])
def test_octets_that_are_no_envelope_are_damage(wrong: bytes) -> None:
    """What is no envelope says so in one way."""
    with pytest.raises(Damaged):
        Envelope.from_json(wrong)
