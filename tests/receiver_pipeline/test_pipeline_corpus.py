"""Every mail of the shared corpus is read: none crashes, none hangs, what is read can be stored."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from receiver.pipeline.body import body_page
from receiver.pipeline.message_facts import find
from receiver.pipeline.structure import Limits
from receiver.pipeline.unpack import unpack
from rules.facts import MailFacts
from storage.filenames import safe_filename
from tests.receiver_pipeline.house import House
from tests.thorough import some_of

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
SETS = ("mime", "forwarded", "invoicemail")


def mails(name: str) -> Sequence[Path]:
    """The mails of a set; skips when the corpus is not there."""
    found = sorted((CORPUS / name).glob("*.eml"))
    if not found:
        pytest.skip(f"no mails in {CORPUS / name}: the shared corpus is not beside this checkout")
    return found


@pytest.mark.parametrize("name", SETS)
def test_every_mail_of_the_corpus_is_read(name: str) -> None:
    """Facts and page of every mail can be made and stored; no name leaves its folder; no two parts have one path."""
    for path in some_of(mails(name), 3):
        octets = path.read_bytes()
        unpacked = unpack(octets, len(octets), Limits())
        findings = find(unpacked, "", 2**28)
        page = body_page(unpacked, findings, "en")

        facts = findings.facts
        assert MailFacts.from_json(facts.to_json()) == facts
        for text in (facts.subject, facts.from_header, facts.text, facts.message_id or "", page.decode()):
            assert "\0" not in text, path.name
            text.encode("utf-8")
        parts = [each.part for each in facts.attachments]
        assert len(set(parts)) == len(parts), path.name
        for each in facts.attachments:
            safe = safe_filename(each.filename, each.media_type, "document")
            assert Path(safe).name == safe, path.name


def test_every_forwarded_mail_is_settled(house: House) -> None:
    """Through journal, children, rules, blobs and database: each mail has its row, and none is left."""
    octets = [path.read_bytes() for path in some_of(mails("forwarded"), 2)]
    house.accept_many(octets)

    house.drain()

    states = {message.state for message in house.messages()}
    assert house.waiting() == 0
    assert states <= {"imported", "not_imported", "duplicate"}
