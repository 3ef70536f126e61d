"""Simulation equals reality: what `--dry-run` announced is what saving then does, on mail of many kinds.

On every third mail of the corpus; POSTBUS_LONG=1 takes them all.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from receiver.config import Settings
from storage.blobs import BlobStore
from storage.database import Database
from storage.documents import list_documents
from storage.journal import Recipient
from storage.messages import list_messages
from storage.tenants import find_tenant
from tests.receiver_cli.conftest import Postbus
from tests.receiver_pipeline.house import House
from tests.receiver_pipeline.test_pipeline_rematching import do_jobs

Outcome = tuple[str, str, str | None, int]  # state, reason, standard, documents

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
KINDS = ("invoicemail", "forwarded", "mime")

STEPS: list[tuple[str, list[str]]] = [
    ("add", ["--name", "words", "--subject-word", "invoice", "--keep", "both"]),
    (
        "add",
        [
            "--name",
            "named",
            "--any",
            "attachment_name=*.txt",
            "--any",
            "attachment_type=text/*",
            "--none",
            "size=> 1 MB",
        ],
    ),
    (
        "add",
        [
            "--name",
            "claimed",
            "--any",
            "original_sender=@gmail.com",
            "--any",
            "original_sender=john.doe@acme.com",
            "--text",
        ],
    ),
    ("set", ["--name", "words", "--subject-word", "*voice*", "--keep", "text", "--supplier", "Somebody"]),
    ("add", ["--name", "ignored", "--any", "subject_pattern=(order|bestell|rechnung)", "--keep", "ignore"]),
    ("add", ["--name", "held", "--sender", "@gmail.com", "--subject-word", "nothing like it", "--priority", "1"]),
    ("add", ["--name", "told", "--any", "body=total", "--none", "subject=re", "--keep", "both", "--priority", "200"]),
    ("set", ["--name", "told", "--none", "subject=", "--any", "language=en", "--any", "body=*"]),
    (
        "set",
        ["--name", "told", "--none", "subject=", "--any", "language=en", "--any", "body=the", "--any", "body=total"],
    ),
    ("remove", ["--name", "held"]),
    ("remove", ["--name", "ignored"]),
]
REFUSED = 7  # that step's value fits everything


@dataclass
class World:
    """A tenant with the mail of the corpus."""

    postbus: Postbus
    house: House

    def outcomes(self) -> dict[str, Outcome]:
        """What became of each mail."""
        with self.house.database.read() as session:
            owner = find_tenant(session, "Acme")
            kept = Counter(each.message_id for each in list_documents(session, owner))
            found = list_messages(session, owner)
        return {each.id: (each.state, each.reason_code, each.standard, kept[each.id]) for each in found}


@pytest.fixture(name="world")
def _world(postbus: Postbus, acme: str) -> Iterator[World]:
    if not CORPUS.is_dir():
        pytest.skip(f"{CORPUS.name}: the shared corpus is not here")
    settings = Settings.model_validate({"data": postbus.data, "pipeline": {"parsers": 2, "parse_seconds": 5}})
    house = House(settings, Database(settings.database_url()), BlobStore(settings.blob_folder()))
    with house.database.read() as session:
        owner = find_tenant(session, acme)
    house.addresses["Acme"] = Recipient("a@in.example.com", owner.id, "0" * 32, None)
    mails = sorted(path for kind in KINDS for path in (CORPUS / kind).glob("*.eml"))
    house.accept_many([path.read_bytes() for path in mails[:: 1 if os.environ.get("POSTBUS_LONG") else 3]])
    house.drain()
    yield World(postbus, house)
    house.blobs.close()
    house.database.close()


@pytest.mark.timeout(900)
def test_what_was_announced_is_what_saving_does(world: World) -> None:
    """Each change: who comes in, with which state, standard and reason; who stays, and why; nobody else is touched."""
    announced = []
    for number, (command, options) in enumerate(STEPS):
        call = ("standard", command, "-t", "Acme", *options)
        before = world.outcomes()
        tried = world.postbus(*call, "--dry-run", "--json")
        assert world.outcomes() == before
        saved = world.postbus(*call, "--json")
        assert (tried.status, saved.status) == (number == REFUSED, number == REFUSED), saved.err
        if number == REFUSED:
            assert tried.err == saved.err
            continue
        do_jobs(world.house)
        expected = before | _expected(tried.rows, before)
        assert world.outcomes() == expected, options
        announced += [trial["effect"] for trial in tried.rows]
    # Otherwise nothing was shown.
    assert min(Counter(announced)[effect] for effect in ("comes_in", "changes", "stops")) >= 5, Counter(announced)


def _expected(trials: list[dict[str, Any]], before: dict[str, Outcome]) -> dict[str, Outcome]:
    expected = {}
    for trial in trials:
        state, *_ = before[trial["id"]]
        assert trial["state"] == state
        if state == "not_imported" and trial["effect"] != "unreadable":
            code = "duplicate_invoice" if trial["becomes"] == "duplicate" else trial["reason_code"]
            documents = trial["attachments"] + trial["text"]
            expected[trial["id"]] = (trial["becomes"], code, trial["standard"], documents)
    return expected
