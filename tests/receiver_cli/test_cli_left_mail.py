"""Mail that was left in its mailbox, by command: it is listed, explained and tried as other mail, and asked for."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from receiver.config import Settings
from storage.accounts import remove_account
from storage.models import Message
from tests.receiver_cli.conftest import Postbus
from tests.receiver_pipeline.house import House, open_house
from tests.receiver_pipeline.test_pipeline_left_mail import LETTER, Mailbox

SHOP = ("--sender", "billing@shop.example", "--keep", "text")


@dataclass
class Left:
    """One mail in a linked mailbox of Acme, and the command beside it."""

    postbus: Postbus
    house: House
    mailbox: Mailbox
    id: str

    def __call__(self, *words: str) -> Any:
        return self.postbus(*words)

    def row(self) -> Message:
        """The mail as it is now."""
        (only,) = self.house.messages("Acme")
        return only

    def rematch(self) -> list[dict[str, Any]]:
        """Match stored mail again, as an operator does; what that said."""
        done = self.postbus.process("rematch", "--tenant", "Acme", "--json")
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def left(postbus: Postbus, tmp_path: Path) -> Iterator[Left]:
    """A letter that no standard fits, left where it is."""
    settings = {"data": postbus.data, "pipeline": {"parsers": 1}, "journal": {"reserve_octets": 0}}
    house = open_house(Settings.model_validate(settings))
    mailbox = Mailbox(house, tmp_path)
    mailbox.look(LETTER)
    house.drain()
    yield Left(postbus, house, mailbox, house.messages("Acme")[0].id)
    house.database.close()
    house.blobs.close()


def test_it_is_listed_and_shown_as_other_mail(left: Left) -> None:
    """With sender, subject, size and reason; shown with the hint that only its head was read."""
    (listed,) = left("message", "list", "--tenant", "Acme", "--json").rows
    shown = left("message", "show", left.id)
    record = left("message", "show", left.id, "--json").row

    assert (listed["source"], listed["subject"], listed["octets"]) == ("imap", "Ihr Besuch 7", len(LETTER))
    assert (listed["state"], listed["reason_code"]) == ("not_imported", "nothing_fits_no_attachment")
    assert f"{len(LETTER)} B, left in its mailbox" in shown.out
    assert record["is_downloaded"] is False


def test_it_is_explained_step_by_step(left: Left) -> None:
    """What decided is stored with it."""
    said = left("message", "why", left.id)

    assert said.out.startswith("not imported: no import standard fits")
    assert "1. recognition:" in said.out


def test_its_octets_are_not_here(left: Left, fails_with: Any) -> None:
    """And how to have them is said."""
    fails_with(left("message", "raw", left.id), "left in its mailbox, never downloaded", f"message import {left.id}")


def test_a_standard_is_tried_on_it(left: Left) -> None:
    """`--dry-run` says that it would come in, and from where; nothing is asked for."""
    tried = left("standard", "add", "--tenant", "Acme", "Shop", *SHOP, "--dry-run", "--json").row

    assert (tried["effect"], tried["id"], tried["becomes"]) == ("comes_in", left.id, "imported")
    assert tried["reason"] == 'not imported yet: it fits "Shop", and is fetched from its mailbox'
    assert (left.row().reason_code, left.mailbox.state_of()) == ("nothing_fits_no_attachment", None)


def test_a_standard_is_suggested_for_it(left: Left) -> None:
    """By its head and the beginning of its text."""
    suggested = left("standard", "suggest", left.id, "--json").row

    assert suggested["standard"]["any_of"]["sender"] == ["billing@shop.example"]
    assert [each["effect"] for each in suggested["would"]] == ["comes_in"]


def test_rematching_asks_for_it_and_it_comes(left: Left) -> None:
    """Law 14: it waits, with its reason, until its puller has fetched it; then it is imported."""
    assert left("standard", "add", "--tenant", "Acme", "Shop", *SHOP).status == 0

    left.rematch()
    waiting = left("message", "why", left.id).out
    wanted = left.mailbox.state_of()
    left.mailbox.fetch(LETTER)
    left.house.drain()

    assert waiting.startswith('not imported yet: it fits "Shop", and is fetched from its mailbox')
    assert wanted == "wanted"
    record = left("message", "show", left.id, "--json").row
    assert (record["state"], record["is_downloaded"], record["standard"]) == ("imported", True, "Shop")
    assert left.postbus.process("message", "raw", left.id).stdout == LETTER


def test_it_is_imported_by_hand_once_it_is_here(left: Left) -> None:
    """The command says that it is being fetched; asked once more, too."""
    asked = left("message", "import", left.id, "--keep", "text")
    again = left("message", "import", left.id, "--keep", "text", "--json").row
    left.mailbox.fetch(LETTER)
    left.house.drain()

    assert "somebody asked for it, and it is fetched from its mailbox" in asked.out
    assert (again["state"], again["reason_code"]) == ("not_imported", "waits_by_hand")
    assert left.row().state == "imported"


def test_what_is_gone_says_to_forward_it(left: Left) -> None:
    """Its owner has deleted it meanwhile."""
    assert left("standard", "add", "--tenant", "Acme", "Shop", *SHOP).status == 0
    left.rematch()
    left.mailbox.look(LETTER, look="gone")
    left.house.drain()

    assert 'fits "Shop", but is no longer in the mailbox: forward it' in left("message", "why", left.id).out


def test_mail_of_a_removed_account_is_not_there(left: Left, fails_with: Any) -> None:
    """It was not imported: it is forgotten with its account."""
    with left.house.database.write() as session:
        remove_account(session, left.mailbox.account)

    fails_with(left("message", "import", left.id), f"no message '{left.id}'")
