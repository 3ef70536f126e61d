"""A mail imported by hand: once, beside whoever else is at it, and by the rules of now."""

from typing import Any

from receiver.pipeline.by_hand import ByHand
from receiver.pipeline.parsing import Pool
from storage.models import Message
from storage.standards import add_standard
from storage.tenants import find_tenant
from tests.receiver_pipeline.house import House, text_mail
from tests.receiver_pipeline.shared_pool import shared_pool
from tests.receiver_pipeline.test_pipeline_rematching import do_jobs


class MeddlingPool:
    """A pool during whose first reading somebody makes a standard."""

    def __init__(self, pool: Pool, house: House) -> None:
        self._pool = pool
        self._house = house
        self.readings = 0

    def submit(self, *given: Any) -> Any:
        self.readings += 1
        if self.readings == 1:
            add(self._house, "Meanwhile", "nobody@nowhere.example")
        return self._pool.submit(*given)


def add(house: House, name: str, sender: str) -> None:
    with house.database.write() as session:
        add_standard(session, find_tenant(session, "Acme"), name, sender=sender, email_text_is_invoice=True)


def left(house: House) -> Message:
    house.accept(text_mail("Hello", "<p>5 EUR</p>", "shop@shop.example"))
    house.drain()
    (message,) = house.messages()
    assert message.state == "not_imported"
    return message


def test_two_hands_import_once(house: House) -> None:
    """Law 13: the second one changes nothing, and says so."""
    message, pool = left(house), shared_pool(house.settings)
    hand = ByHand(house.database, house.blobs, pool, "test")

    outcomes = [hand.take(message, None), hand.take(message, None)]

    assert [outcome and outcome.state for outcome in outcomes] == ["imported", None]
    assert len(house.documents()) == 1


def test_a_hand_behind_a_standard_changes_nothing(house: House) -> None:
    """Law 13: what a re-match has brought in meanwhile stays as that has it."""
    message, pool = left(house), shared_pool(house.settings)
    add(house, "Shop", "shop@shop.example")
    do_jobs(house)

    assert ByHand(house.database, house.blobs, pool, "test").take(message, "text") is None
    (now,) = house.messages()
    assert (now.state, now.reason_code, len(house.documents())) == ("imported", "standard_fits", 1)


def test_a_change_in_between_reads_again(house: House) -> None:
    """Law 12: the row says what was in force when it was written."""
    message, pool = left(house), shared_pool(house.settings)
    meddling: Any = MeddlingPool(pool, house)

    settled = ByHand(house.database, house.blobs, meddling, "test").take(message, None)

    (now,) = house.messages()
    assert settled is not None
    assert (meddling.readings, now.state, now.tenant_revision) == (2, "imported", 2)


def test_what_was_taken_by_hand_is_not_matched_again(house: House) -> None:
    """A later standard leaves it, and its documents, alone."""
    message, pool = left(house), shared_pool(house.settings)
    ByHand(house.database, house.blobs, pool, "test").take(message, None)

    add(house, "Shop", "shop@shop.example")
    do_jobs(house)

    (now,) = house.messages()
    assert (now.reason_code, len(house.documents())) == ("imported_by_hand", 1)
