"""How often a sender's pictures came: counted for each tenant by itself, never a mail's own, never without bound."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, update
from sqlmodel import col

from rules.facts import AttachmentFacts, MailFacts
from rules.recognition.past import MOST_COUNTED, Counts
from storage import seen_pictures
from storage.database import Database
from storage.models import ImportAddress, Tenant
from storage.rematch_models import MessageFacts
from storage.retention import expire
from storage.seen_pictures import SeenPicture, times_seen, trim
from storage.settling import Settlement, settle, settle_many
from storage.tenants import add_tenant, remove_tenant
from tests.storage_database.settlements import digest, imported, left

Owner = tuple[Tenant, ImportAddress]
JPEG = "image/jpeg"
SCAN = AttachmentFacts("2", "scan.jpg", JPEG, JPEG, 100_000, digest("scan"), width=2480, height=3508)
WITH_PICTURE = MailFacts(from_addresses=("office@supplier.example",), subject="Scan", attachments=(SCAN,))
SOON = datetime.now(UTC) + timedelta(days=1)


def pictures(*names: str, sender: str = "office@supplier.example") -> MailFacts:
    """A mail with these pictures."""
    attached = tuple(replace(SCAN, part=str(n), sha256=digest(name)) for n, name in enumerate(names, 2))
    return replace(WITH_PICTURE, from_addresses=(sender,), attachments=attached)


def seen(database: Database, owner: Owner, facts: MailFacts = WITH_PICTURE, key: str = "next") -> Counts:
    with database.read() as session:
        return times_seen(session, owner[0].id, facts, digest(f"content {key}"))


def keep(database: Database, *settlements: Settlement) -> None:
    with database.write() as session:
        settle_many(session, settlements)


def rows(database: Database) -> int:
    with database.read() as session:
        return session.connection().scalar(select(func.count()).select_from(SeenPicture)) or 0


def test_each_earlier_mail_of_the_sender_counts_once(database: Database, acme: Owner) -> None:
    """Whatever became of it; another picture, and the same one from somebody else, do not."""
    keep(database, imported(acme, "k1", facts=WITH_PICTURE), left(acme, "k2", facts=pictures("scan", "scan")))
    keep(database, left(acme, "k3", facts=pictures("other")), left(acme, "k4", facts=pictures("scan", sender="a@b.c")))
    assert seen(database, acme) == {digest("scan"): 2}
    assert seen(database, acme, pictures("scan", "other", "new")) == {digest("scan"): 2, digest("other"): 1}


def test_no_tenant_sees_anothers_counts(database: Database, acme: Owner) -> None:
    """Law 16: the same picture of the same sender, seen by one tenant, is new to the other."""
    with database.write() as session:
        other = add_tenant(session, "Other", "standard", ["in.example.com"])
    keep(database, left(other, "o1", facts=WITH_PICTURE), left(other, "o2", facts=WITH_PICTURE))
    assert (seen(database, acme), seen(database, other)) == ({}, {digest("scan"): 2})


def test_a_mail_does_not_count_itself_nor_what_came_later(database: Database, acme: Owner) -> None:
    """Law 26: read again, or come by another door, it is told what it was told at first."""
    for key in ("k1", "k2", "k3"):
        keep(database, left(acme, key, facts=WITH_PICTURE))
    assert [seen(database, acme, key=key) for key in ("k1", "k2", "k3")] == [{}, {SCAN.sha256: 1}, {SCAN.sha256: 2}]


@pytest.mark.parametrize("state", [imported, left])
def test_copies_of_a_mail_count_once(database: Database, acme: Owner, state: Any) -> None:
    """Laws 9 and 10: the same mail again is a duplicate, or decided anew on its row; in one batch or in two."""
    copies = [state(acme, f"k{n}", content_id="c" * 64, facts=WITH_PICTURE, documents=()) for n in range(3)]
    keep(database, *copies[:2])
    keep(database, copies[2])
    assert seen(database, acme) == {SCAN.sha256: 1}


def test_pictures_that_nobody_could_take_for_a_page_are_not_kept(database: Database, acme: Owner) -> None:
    """Logos by their size, vectors, and what is no picture; a large one that the text shows is."""
    small = replace(SCAN, part="3", sha256=digest("logo"), width=300, height=90)
    vector = replace(SCAN, part="4", sha256=digest("svg"), media_type="image/svg+xml")
    pdf = replace(SCAN, part="5", sha256=digest("pdf"), media_type="application/pdf")
    shown = replace(SCAN, part="6", sha256=digest("shown"), is_referenced=True)
    keep(database, left(acme, "k1", facts=replace(WITH_PICTURE, attachments=(SCAN, small, vector, pdf, shown))))
    assert rows(database) == 2
    assert seen(database, acme, pictures("shown")) == {digest("shown"): 1}


def test_mail_that_names_nobody_is_not_counted(database: Database, acme: Owner) -> None:
    """Two unknown senders are not one."""
    nobodys = replace(WITH_PICTURE, from_addresses=())
    keep(database, left(acme, "k1", facts=nobodys))
    assert (rows(database), seen(database, acme, nobodys)) == (0, {})


def test_a_mail_of_thousands_of_pictures_is_counted_by_some(database: Database, acme: Owner) -> None:
    """Hostile: a mail costs no more rows than MOST_COUNTED, and a sender's address is cut."""
    many = pictures(*(f"p{n}" for n in range(1000)), sender="a" * 60 + "@" + "b" * 400 + "\0.example")
    keep(database, left(acme, "k1", facts=many))
    assert rows(database) == MOST_COUNTED
    assert sum(seen(database, acme, many).values()) == MOST_COUNTED


def test_a_sender_of_ever_new_pictures_has_a_share(
    database: Database, acme: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hostile: after the day's work its newest rows are there, those of others untouched."""
    monkeypatch.setattr(seen_pictures, "MOST_OF_SENDER", 5)
    keep(database, left(acme, "k0", facts=pictures("friend", sender="friend@b.example")))
    for number in range(12):
        keep(database, left(acme, f"k{number + 1}", facts=pictures(f"p{number}")))
    with database.write() as session:
        assert trim(session, acme[0].id, datetime(2020, 1, 1, tzinfo=UTC)) == 7
    found = seen(database, acme, pictures(*(f"p{number}" for number in range(12))))
    assert set(found) == {digest(f"p{number}") for number in range(7, 12)}
    assert seen(database, acme, pictures("friend", sender="friend@b.example")) == {digest("friend"): 1}


def test_old_counts_go(database: Database, acme: Owner) -> None:
    """Of this tenant alone."""
    with database.write() as session:
        other = add_tenant(session, "Other", "standard", ["in.example.com"])
    keep(database, imported(acme, "k1", facts=WITH_PICTURE), imported(acme, "k2", facts=WITH_PICTURE))
    keep(database, imported(other, "o1", facts=WITH_PICTURE))
    with database.write() as session:
        long_ago = update(SeenPicture).where(col(SeenPicture.content_id) == digest("content k1"))
        session.connection().execute(long_ago.values(seen_at=datetime(2020, 1, 1, tzinfo=UTC)))
        assert trim(session, acme[0].id, datetime(2021, 1, 1, tzinfo=UTC)) == 1
    assert (seen(database, acme), seen(database, other)) == ({SCAN.sha256: 1}, {SCAN.sha256: 1})


def test_what_expires_is_not_counted_any_more(database: Database, acme: Owner) -> None:
    """Nothing is known of it; what was imported counts on, and where facts are damaged, age alone ends it."""
    keep(database, left(acme, "k1", facts=WITH_PICTURE), imported(acme, "k2", facts=WITH_PICTURE))
    keep(database, left(acme, "k3", facts=pictures("other")), left(acme, "k4"))
    with database.write() as session:
        damaged = update(MessageFacts).where(col(MessageFacts.facts).contains(digest("other")))
        session.connection().execute(damaged.values(facts='{"image/'))
        assert expire(session, acme[0], SOON) == 3
    assert seen(database, acme, pictures("scan", "other")) == {digest("scan"): 1, digest("other"): 1}


def test_a_tenant_goes_with_its_counts(database: Database, acme: Owner) -> None:
    """Nothing of it stays."""
    keep(database, left(acme, "k1", facts=WITH_PICTURE))
    with database.write() as session:
        remove_tenant(session, acme[0])
    assert rows(database) == 0


def test_workers_that_settle_at_once_count_each_mail(database: Database, acme: Owner) -> None:
    """Eight at a time, the same pictures in other orders, one mail among them twice: no row is lost or doubled."""

    def work(number: int) -> None:
        names = ("a", "b", "c") if number % 2 else ("c", "b", "a")
        with database.write() as session:
            settle(session, left(acme, f"k{number}", facts=pictures(*names), content_id=digest(f"c{number // 2}")))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(16)))
    assert seen(database, acme, pictures("a", "b", "c")) == dict.fromkeys(map(digest, "abc"), 8)


def test_counting_looks_at_the_sender_s_pictures_alone(database: Database, acme: Owner) -> None:
    """However many others there are: one look by the whole beginning of the key, on both databases."""
    keep(database, left(acme, "k1", facts=WITH_PICTURE))
    plans: list[str] = []
    with database.read() as session:
        connection = session.connection()
        is_sqlite = connection.dialect.name == "sqlite"
        if not is_sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        driver: Any = connection.connection.dbapi_connection

        def explain(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool) -> None:
            explained = driver.execute(f"EXPLAIN {'QUERY PLAN' if is_sqlite else ''} {statement}", values)
            plans.extend(str(row[-1]) for row in explained.fetchall())

        event.listen(connection, "before_cursor_execute", explain)
        times_seen(session, acme[0].id, WITH_PICTURE, "own")
        event.remove(connection, "before_cursor_execute", explain)
    told = "\n".join(plans)
    if is_sqlite:
        assert "SEARCH seen_pictures USING PRIMARY KEY (tenant_id=? AND sender=? AND sha256=?)" in told
        assert "SCAN" not in told
    else:
        assert "pk_seen_pictures" in told
        assert "Seq Scan" not in told
