"""Law 10 for each invoice of a mail: what is there joins its group, what is new is imported, whatever comes first."""

import random
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from typing import Any, TypeAlias

import pytest
from sqlmodel import Session

from rules.decision import CarriedInvoice
from storage import jobs
from storage.database import Database
from storage.documents import add_document, list_documents
from storage.failures import TemporaryFailure
from storage.messages import get_message, list_messages
from storage.models import ImportAddress, Tenant
from storage.resettling import settle_again
from storage.settling import NewDocument, Settled, Settlement, settle, settle_many
from storage.tenants import add_tenant
from tests.storage_database.settlements import attachment, digest, imported, invoice, left

Owner: TypeAlias = tuple[Tenant, ImportAddress]
Partition: TypeAlias = set[frozenset[str]]

# One invoice in the dresses in which it comes: what each tells of the seller.
DRESSES = {
    "xml": invoice("vat", "name", seller="vat=1"),
    "scan": invoice("iban", "short name", seller="iban=1"),
    "whole": invoice("vat", "iban", "name", seller="vat=1 iban=1"),
}


def mail(owner: Owner, key: str, *invoices: CarriedInvoice) -> Settlement:
    """A mail with one document for each invoice, named after the mail."""
    placed = tuple(
        CarriedInvoice(each.ids, (str(number),), each.seller) for number, each in enumerate(invoices, start=2)
    )
    kept = tuple(attachment(f"{key} {each.parts[0]}", each.parts[0]) for each in placed)
    return imported(owner, key, invoices=placed, documents=kept)


def partition(database: Database, owner: Owner) -> Partition:
    """Which documents are of one group, by their names."""
    found: dict[str, set[str]] = defaultdict(set)
    with database.read() as session:
        for each in list_documents(session, owner[0]):
            found[each.group_id].add(each.filename.removesuffix(".pdf"))
    return set(map(frozenset, found.values()))


def settled(database: Database, *mails: Settlement) -> list[Settled]:
    """Each in a transaction of its own."""
    made = []
    for each in mails:
        with database.write() as session:
            made.append(settle(session, each))
    return made


def test_a_known_invoice_beside_a_new_one_joins_its_group(database: Database, acme: Owner) -> None:
    """The mail stays imported and tells of the known one; the next mail with the new one is a duplicate of this."""
    first, both, third = settled(
        database,
        mail(acme, "a", invoice("one")),
        mail(acme, "b", invoice("one"), invoice("two")),
        mail(acme, "c", invoice("two")),
    )
    assert [each.state for each in (first, both, third)] == ["imported", "imported", "duplicate"]
    assert partition(database, acme) == {frozenset({"a 2", "b 2"}), frozenset({"b 3", "c 2"})}
    with database.read() as session:
        trace = get_message(session, both.message_id).decision_trace
        assert [(line["code"], line["params"]) for line in trace] == [("invoice_is_there", {"of": first.message_id})]
        assert get_message(session, third.message_id).duplicate_of == both.message_id


def test_a_mail_of_known_invoices_is_a_duplicate_though_they_came_by_several(database: Database, acme: Owner) -> None:
    """Each of its documents joins the group of its own invoice."""
    *_, both = settled(
        database,
        mail(acme, "a", invoice("one")),
        mail(acme, "b", invoice("two")),
        mail(acme, "c", invoice("two"), invoice("one")),
    )
    assert both.state == "duplicate"
    assert partition(database, acme) == {frozenset({"a 2", "c 3"}), frozenset({"b 2", "c 2"})}


def test_an_invoice_that_nobody_can_tell_keeps_its_mail_imported(database: Database, acme: Owner) -> None:
    """Beside a known one, or alone and twice."""
    unknown = invoice()
    made = settled(
        database,
        mail(acme, "a", invoice("one")),
        mail(acme, "b", invoice("one"), unknown),
        mail(acme, "c", unknown),
        mail(acme, "d", unknown),
    )
    assert {each.state for each in made} == {"imported"}


@pytest.mark.parametrize("order", list(permutations(DRESSES)))
def test_whatever_dress_comes_first_all_end_in_one_group(database: Database, acme: Owner, order: Sequence[str]) -> None:
    """What tells both VAT id and account shows that the two others are one, also when it is the last."""
    made = settled(database, *(mail(acme, name, DRESSES[name]) for name in order))
    assert partition(database, acme) == {frozenset(f"{name} 2" for name in DRESSES)}
    assert made[0].state == "imported"
    assert made[2].state == "duplicate"
    with database.read() as session:
        assert len({each.group_id for each in list_messages(session, acme[0])}) == 1


def test_what_a_later_dress_tells_makes_the_next_one_known(database: Database, acme: Owner) -> None:
    """The ids of a duplicate are the invoice's from then on."""
    made = settled(
        database,
        mail(acme, "a", invoice("iban", seller="iban=1")),
        mail(acme, "b", invoice("vat", "iban", seller="vat=1 iban=1")),
        mail(acme, "c", invoice("vat", seller="vat=1")),
    )
    assert [each.state for each in made] == ["imported", "duplicate", "duplicate"]
    assert {each.duplicate_of for each in rows(database, made[1:])} == {made[0].message_id}


def test_a_strangers_copy_under_another_vat_id_is_no_earlier_invoice(database: Database, acme: Owner) -> None:
    """The name, number, day and total of a supplier above somebody else's account: the real one is imported."""
    forged = invoice("forged vat", "forged iban", "name", seller="vat=9 iban=9")
    made = settled(
        database,
        mail(acme, "a", forged),
        mail(acme, "b", DRESSES["whole"]),
        mail(acme, "c", DRESSES["xml"]),
    )
    assert [each.state for each in made] == ["imported", "imported", "duplicate"]
    assert partition(database, acme) == {frozenset({"a 2"}), frozenset({"b 2", "c 2"})}


def test_what_a_group_has_learnt_of_its_seller_parts_strangers_from_it(database: Database, acme: Owner) -> None:
    """Who came first told a name only; since the VAT id is known, another one's does not join."""
    made = settled(
        database,
        mail(acme, "a", invoice("name")),
        mail(acme, "b", DRESSES["xml"]),
        mail(acme, "c", invoice("forged vat", "name", seller="vat=9")),
    )
    assert [each.state for each in made] == ["imported", "duplicate", "imported"]


def test_one_file_of_several_invoices_is_one_document_of_one_group(database: Database, acme: Owner) -> None:
    """Each of them is known by it; the file is a duplicate once all of them are there."""
    whole = imported(acme, "a", invoices=(invoice("one"), invoice("two")))
    made = settled(database, whole, mail(acme, "b", invoice("two")), mail(acme, "c", invoice("three")))
    assert [each.state for each in made] == ["imported", "duplicate", "imported"]
    more = settled(database, imported(acme, "d", invoices=(invoice("two"), invoice("three"), invoice("four"))))
    assert more[0].state == "imported"


def test_matched_again_it_joins_as_a_new_mail_does(database: Database, acme: Owner) -> None:
    """Law 13 and 10: a mail that waited brings a known invoice, a new one, and what shows two groups to be one."""
    settled(database, mail(acme, "a", DRESSES["xml"]), mail(acme, "b", DRESSES["scan"]))
    (waiting,) = settled(database, left(acme, "c"))
    again = mail(acme, "c", DRESSES["whole"], invoice("new"))
    with database.write() as session:
        outcome = settle_again(session, waiting.message_id, again)
    assert outcome
    assert outcome.state == "imported"
    assert partition(database, acme) == {frozenset({"a 2", "b 2", "c 2"}), frozenset({"c 3"})}
    assert settled(database, mail(acme, "d", invoice("new")))[0].state == "duplicate"


def test_a_page_made_later_has_the_group_of_what_it_shows(database: Database, acme: Owner) -> None:
    """The PDF of an e-invoice's page, of the second invoice of a mail whose first was known."""
    settled(database, mail(acme, "a", invoice("one")))
    (made,) = settled(database, mail(acme, "b", invoice("one"), invoice("two")))
    with database.write() as session:
        message = get_message(session, made.message_id)
        page = NewDocument("invoice_pdf", "2", "p.pdf", "application/pdf", 9, digest("p"))
        assert add_document(session, message, page).group_id == group_of(session, acme, "a 2.pdf")
        terms = NewDocument("email_pdf", "text", "t.pdf", "application/pdf", 9, digest("t"))
        assert add_document(session, message, terms).group_id == message.group_id


def test_what_was_rolled_back_leaves_nothing_of_its_groups(database: Database, acme: Owner) -> None:
    """A worker that dies before its commit: who comes after it settles the same mails, and all ends the same."""
    mails = [mail(acme, "a", DRESSES["xml"]), mail(acme, "b", DRESSES["scan"]), mail(acme, "c", DRESSES["whole"])]

    def dies() -> None:
        with database.write() as session:
            settle_many(session, mails)
            raise ConnectionError

    settled(database, *mails[:2])
    with pytest.raises(ConnectionError):
        dies()
    assert len(partition(database, acme)) == 2
    settled(database, *mails)
    assert partition(database, acme) == {frozenset({"a 2", "b 2", "c 2"})}


def _stream(owner: Owner, seed: int) -> list[Settlement]:
    """Mails of one to three dresses of few invoices."""
    dice = random.Random(seed)
    mails = []
    for number in range(40):
        of = dice.sample(range(6), dice.choice([1, 1, 2, 3]))
        told = [DRESSES[dice.choice(list(DRESSES))] for _ in of]
        dressed = [
            invoice(*(f"{which} {name}" for name in ids_of(each)), seller=f"{each.seller}")
            for which, each in zip(of, told, strict=True)
        ]
        mails.append(mail(owner, f"k{number}", *dressed))
    return mails


def ids_of(dress: CarriedInvoice) -> list[str]:
    names = {digest(name): name for name in ("vat", "iban", "name", "short name")}
    return [names[each] for each in dress.ids]


@pytest.mark.parametrize("seed", range(3))
def test_two_workers_end_as_one_does(database: Database, acme: Owner, seed: int) -> None:
    """Each worker takes the mails in an order of its own, in batches of its own; the groups are the same."""
    with database.write() as session:
        other = add_tenant(session, "Other", "standard", ["in.example.com"])
    settled(database, *_stream(other, seed))

    def work(number: int) -> None:
        own = random.Random(f"{seed}{number}")
        mails = _stream(acme, seed)
        own.shuffle(mails)
        while mails:
            size = own.randint(1, 6)
            try:
                with database.write() as session:
                    assert all(isinstance(each, Settled) for each in settle_many(session, mails[:size]))
            except TemporaryFailure:  # PostgreSQL breaks a deadlock of two batches: one is tried again
                continue
            mails = mails[size:]

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    assert partition(database, acme) == partition(database, other)
    with database.read() as session:
        for row in list_messages(session, acme[0]):
            if row.duplicate_of:
                assert get_message(session, row.duplicate_of).state == "imported"
            assert not jobs.of_subject(session, row.id)


def rows(database: Database, made: Sequence[Settled]) -> list[Any]:
    with database.read() as session:
        return [get_message(session, each.message_id) for each in made]


def group_of(session: Session, owner: Owner, filename: str) -> str:
    return next(each.group_id for each in list_documents(session, owner[0]) if each.filename == filename)
