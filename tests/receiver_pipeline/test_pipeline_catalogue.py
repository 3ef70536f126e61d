"""The catalogue at work: it decides about mail, a change counts at once, and a tenant may do without."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from receiver.cataloguing.index_file import open_index
from receiver.pipeline.catalogue_job import do_activate_job
from rules.catalogue_package import Catalogue, catalogue_from, payload_of
from rules.conditions import condition
from rules.standards import ImportStandard
from storage import jobs
from storage.catalogue import activate, keep_version, roll_back, schedule, state_of
from storage.catalogue_switches import switch_off, switch_on
from storage.jobs import LeaseLost
from storage.tenants import find_tenant
from tests.receiver_pipeline.house import House, text_mail


def receipts(version: int, sender: str = "shop@shop.example") -> Catalogue:
    """A catalogue that keeps a shop's receipts."""
    any_of = (condition("sender", sender), condition("subject", "receipt"))
    standard = ImportStandard(
        "shop/receipts",
        "Shop: receipts",
        any_of,
        keep="text",
        document_type="receipt",
        supplier="Shop",
        origin="catalogue",
    )
    return catalogue_from([standard], version)


def put(house: House, catalogue: Catalogue) -> None:
    """Have a version in force."""
    with house.database.write() as session:
        keep_version(session, catalogue, "key")
        activate(session, catalogue.version)


def test_a_standard_of_the_catalogue_imports_and_says_so(house: House) -> None:
    """With the version that it was decided with."""
    put(house, receipts(7))
    house.accept_many([text_mail("Your receipt 1", "<p>Total 5 EUR</p>"), text_mail("News", "<p>Hello</p>")])

    house.drain()

    rows = {row.subject: row for row in house.messages()}
    assert (rows["Your receipt 1"].state, rows["Your receipt 1"].standard) == ("imported", "Shop: receipts")
    assert rows["News"].state == "not_imported"
    assert {row.catalogue_version for row in rows.values()} == {7}


def test_a_running_worker_decides_by_what_is_in_force_now(house: House) -> None:
    """No restart and no signal: each batch asks which version holds; a rollback counts as well."""
    house.tenant("Acme")
    with house.worker() as running:
        for number, change in enumerate(
            (lambda: None, lambda: put(house, receipts(1)), lambda: put(house, receipts(2, "other@x.example")))
        ):
            change()
            house.accept(text_mail(f"Your receipt {number}", "<p>Total</p>"), owner=f"door{number}")
            running.drain()
        with house.database.write() as session:
            roll_back(session)
        house.accept(text_mail("Your receipt 3", "<p>Total</p>"), owner="door3")
        running.drain()

    rows = {row.subject: (row.state, row.catalogue_version) for row in house.messages()}
    assert rows == {
        "Your receipt 0": ("not_imported", None),
        "Your receipt 1": ("imported", 1),
        "Your receipt 2": ("not_imported", 2),
        "Your receipt 3": ("imported", 1),
    }


def test_a_catalogue_that_changes_between_decision_and_settling_counts(house: House) -> None:
    """Law 12: what was decided by the old version is decided again."""
    put(house, receipts(1, "other@x.example"))
    house.accept(text_mail("Your receipt", "<p>Total</p>"))
    with house.worker() as running:
        records = running.reader.read(64, 2**20)
        running.reader.begin(records)
        batch = running.drainer.start(records)
        assert batch.lots is not None
        batch.lots.result()
        put(house, receipts(2))
        running.worker.settle(batch)

    (row,) = house.messages()
    assert (row.state, row.catalogue_version) == ("imported", 2)


def test_a_tenant_may_do_without_a_standard(house: House) -> None:
    """The other tenants keep it; switched on again, it decides again."""
    put(house, receipts(1))
    acme, other = house.tenant("Acme"), house.tenant("Other")
    for number, switch in enumerate((switch_off, switch_on)):
        with house.database.write() as session:
            switch(session, find_tenant(session, "Acme"), "Shop: receipts")
        house.accept(text_mail(f"Your receipt {number}", "<p>Total</p>"), acme, other, owner=f"door{number}")
        house.drain()

    assert {row.subject: row.state for row in house.messages("Acme")} == {
        "Your receipt 0": "not_imported",
        "Your receipt 1": "imported",
    }
    assert {row.state for row in house.messages("Other")} == {"imported"}


def test_a_scheduled_version_comes_by_its_job(house: House) -> None:
    """In one transaction with the job's end; a claim that ran out changes nothing."""
    put(house, receipts(1))
    with house.database.write() as session:
        keep_version(session, receipts(2), "key")
        schedule(session, 2, datetime.now(UTC))
    with house.database.write() as session:
        (stale,) = jobs.claim(session, "gone", [jobs.ACTIVATE], 1, timedelta(0))
    with house.database.write() as session:
        (job,) = jobs.claim(session, "here", [jobs.ACTIVATE], 1, timedelta(seconds=60))

    with pytest.raises(LeaseLost):
        do_activate_job(house.database, stale)
    with house.database.read() as session:
        assert state_of(session).active_version == 1
    do_activate_job(house.database, job)
    with house.database.read() as session:
        assert state_of(session).active_version == 2
        assert jobs.of_subject(session, job.subject_id) == []


def replaced(path: Path, octets: bytes) -> None:
    """Another file of that name; the old one stays as long as it is mapped."""
    path.unlink()
    path.write_bytes(octets)


def test_the_index_is_compiled_once_and_shared(tmp_path: Path) -> None:
    """The second process maps what the first one made; a damaged file is made anew; without a folder it works too."""
    payload = payload_of(receipts(1))
    first = open_index(tmp_path, payload)
    (path,) = tmp_path.iterdir()
    made = path.stat().st_ino
    second = open_index(tmp_path, payload)
    assert path.stat().st_ino == made
    replaced(path, path.read_bytes()[:-8])
    third = open_index(tmp_path, payload)
    replaced(path, b"")
    fourth = open_index(tmp_path, payload)

    for each in (first, second, third, fourth, open_index(None, payload), open_index(tmp_path / "missing", payload)):
        assert (list(each.standards()), each.version) == (list(receipts(1).standards), 1)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
