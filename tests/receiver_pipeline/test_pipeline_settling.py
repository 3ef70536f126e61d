"""The worker on a real journal, a real database and real children."""

import secrets
import time
from collections.abc import Callable
from concurrent.futures import Future

import pytest

from receiver.pipeline.draining import Batch, Drain
from receiver.pipeline.parsing import Choose, Mail, Parsed, Pool
from receiver.pipeline.stopping import Stop
from receiver.pipeline.worker import Worker
from storage.failures import TemporaryFailure
from storage.jobs import of_subject
from storage.journal import Recipient
from storage.standards import add_standard
from storage.tenants import find_tenant, remove_tenant
from tests.receiver_pipeline.house import PDF, House, pdf_mail, text_mail
from tests.receiver_pipeline.shared_pool import spool_of_shared_pool


def test_a_pdf_is_kept_byte_identical(house: House) -> None:
    """A mail with a PDF becomes a message and a document with exactly the PDF's octets; the raw octets are kept."""
    mail = pdf_mail()
    house.accept(mail)

    house.drain()

    (message,) = house.messages()
    (document,) = house.documents()
    assert (message.state, message.subject, message.octets) == ("imported", "Invoice 4711", len(mail))
    assert (document.filename, document.media_type) == ("Rechnung 4711.pdf", "application/pdf")
    assert house.octets(document) == PDF
    assert house.blobs.read(message.tenant_id, message.raw_sha256) == mail
    assert house.waiting() == 0


def test_a_large_message_is_kept_byte_identical(house: House) -> None:
    """A message that the journal keeps as a file, with a part too large for the worker's memory, comes out whole."""
    pdf = PDF + secrets.token_bytes(3 * 1024**2)
    mail = pdf_mail(pdf=pdf)
    house.accept(mail)

    house.drain()

    (message,) = house.messages()
    (document,) = house.documents()
    assert house.octets(document) == pdf
    assert house.blobs.read(message.tenant_id, message.raw_sha256) == mail
    assert not list(spool_of_shared_pool().iterdir())


def test_each_tenant_has_its_own_row(house: House) -> None:
    """Law 9 and 16: one row per tenant with its own recipients only; no row or blob is shared."""
    acme, other = house.tenant("Acme"), house.tenant("Other")
    second = Recipient(f"second+{acme.forward_path}", acme.tenant_id, acme.address_id, "second")
    house.accept(pdf_mail(), other, acme, second)

    house.drain()

    (of_acme,), (of_other,) = house.messages("Acme"), house.messages("Other")
    assert (of_acme.forward_path, of_acme.other_forward_paths) == (acme.forward_path, [second.forward_path])
    assert (of_other.forward_path, of_other.other_forward_paths) == (other.forward_path, [])
    for tenant in ("Acme", "Other"):
        (document,) = house.documents(tenant)
        assert house.octets(document) == PDF


def test_the_same_mail_again_is_a_duplicate(house: House) -> None:
    """Law 10: the second delivery of an imported mail, by another route, is a duplicate and keeps no documents."""
    house.accept(pdf_mail())
    house.drain()
    house.accept(b"Received: from elsewhere\r\n" + pdf_mail())

    house.drain()

    assert sorted(message.state for message in house.messages()) == ["duplicate", "imported"]
    assert len(house.documents()) == 1


def test_what_was_not_imported_is_decided_anew_with_a_standard(house: House) -> None:
    """Law 10: after the user adds a standard and forwards again, the text is kept on the old row."""
    mail = text_mail("Ihre Rechnung", "<p>Summe 12,00</p><script>alert(1)</script>")
    house.tenant("Acme")
    house.accept(mail)
    house.drain()
    assert [message.state for message in house.messages()] == ["not_imported"]
    with house.database.write() as session:
        tenant = find_tenant(session, "Acme")
        add_standard(session, tenant, "Shop", sender="shop@shop.example", email_text_is_invoice=True)

    house.accept(mail)
    house.drain()

    (message,) = house.messages()
    (document,) = house.documents()
    page = house.octets(document).decode()
    assert (message.state, message.standard) == ("imported", "Shop")
    assert (document.kind, document.filename) == ("email_html", "Ihre Rechnung.html")
    assert "Summe 12,00" in page
    assert "script" not in page.partition("<body")[2]
    with house.database.read() as session:
        assert [job.kind for job in of_subject(session, message.id)] == ["render"]


def test_a_standard_that_changes_between_decision_and_settling_counts(house: House) -> None:
    """Law 12: what was decided by standards that changed meanwhile is decided again, not written."""
    house.tenant("Acme")
    house.accept(text_mail("Order 5", "<p>thanks</p>"))
    with house.worker() as running:
        records = running.reader.read(10, 10**6)
        batch = running.drainer.start(records)
        batch.works[0].future.result()
        with house.database.write() as session:
            add_standard(
                session, find_tenant(session, "Acme"), "Orders", subject_word="Order", email_text_is_invoice=True
            )

        running.worker.settle(batch)

    (message,) = house.messages()
    assert (message.state, message.standard) == ("imported", "Orders")


def test_a_removed_tenant_holds_nobody_up(house: House) -> None:
    """Mail of a tenant that was removed on purpose is dropped; the other tenant's share of the same mail is kept."""
    acme, gone = house.tenant("Acme"), house.tenant("Gone")
    house.accept(pdf_mail(), gone, acme)
    with house.database.write() as session:
        remove_tenant(session, find_tenant(session, "Gone"))
    house.blobs.remove_tenant(gone.tenant_id)

    house.drain()

    assert [message.state for message in house.messages("Acme")] == ["imported"]
    assert house.waiting() == 0
    assert not (house.settings.blob_folder() / gone.tenant_id).exists()


def test_mail_of_a_tenant_that_nobody_removed_stays_in_the_journal(house: House) -> None:
    """A tenant that is missing though nobody removed it (a restored database) loses no mail, and stops nobody's."""
    acme = house.tenant("Acme")
    unheard = Recipient("x@in.example.com", secrets.token_hex(16), secrets.token_hex(16), None)
    house.accept(pdf_mail("<lost@supplier.example>"), unheard)
    house.accept(pdf_mail(), acme)

    house.drain()

    assert house.waiting() >= 1
    assert [message.state for message in house.messages("Acme")] == ["imported"]


def test_while_the_database_is_down_nothing_is_lost(house: House) -> None:
    """A batch that cannot be written is given again and then settled, each message once."""
    house.accept_many([pdf_mail(f"<{n}@supplier.example>", PDF + bytes([n])) for n in range(5)])
    database = house.settings.data / "postbus.db"
    with house.worker() as running:
        records = running.reader.read(10, 10**7)
        batch = running.drainer.start(records)
        for work in batch.works:
            work.future.result()
        house.database.close()
        away = database.with_suffix(".away")
        database.rename(away)
        database.mkdir()
        with pytest.raises(TemporaryFailure):
            running.drainer.settle(batch)
        house.database.close()
        database.rmdir()
        away.rename(database)

        running.worker.settle(batch)

    assert [message.state for message in house.messages()] == ["imported"] * 5
    assert house.waiting() == 0


class ReturnOfTheDatabase(Stop):
    """Whoever waits for the database gets it back."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self._house = house
        self._place = house.settings.data / "postbus.db"

    def take_away(self) -> None:
        """From now on there is a folder where the database was."""
        self._house.database.close()
        self._place.rename(self._place.with_suffix(".away"))
        self._place.mkdir()

    def wait(self, seconds: float, sleep: Callable[[float], object] = time.sleep) -> None:
        """The pause ends with the outage."""
        self._house.database.close()
        self._place.rmdir()
        self._place.with_suffix(".away").rename(self._place)


def test_what_was_read_while_the_database_is_down_is_not_forgotten(house: House) -> None:
    """A batch that cannot even be begun is begun later, by the same worker, and its attempt is counted once."""
    house.accept_many([pdf_mail(f"<{n}@supplier.example>", PDF + bytes([n])) for n in range(3)])
    with house.worker() as running:
        stop = ReturnOfTheDatabase(house)
        worker = Worker(house.settings, running.drainer, running.reader, stop)
        stop.take_away()

        batch = worker.begin_batch()
        running.reader.rewind()
        attempts = [record.attempts for record in running.reader.read(10, 10**7)]
        assert batch is not None
        worker.settle(batch)

    assert [message.state for message in house.messages()] == ["imported"] * 3
    assert (attempts, house.waiting()) == ([1, 1, 1], 0)


def test_settling_twice_writes_once(house: House) -> None:
    """Law 9: a worker killed after the commit and before the checkpoint settles again; there is one row still."""
    house.accept(pdf_mail())
    with house.worker() as running:
        records = running.reader.read(10, 10**7)
        running.worker.settle(running.drainer.start(records))
        running.worker.settle(running.drainer.start(records))

    assert len(house.messages()) == 1
    assert len(house.documents()) == 1


def test_names_never_leave_their_folder_and_are_distinct(house: House) -> None:
    """Names that hold paths, controls or devices are made safe; two of one name differ."""
    parts = "".join(
        f'--e\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="{name}"\r\n\r\n'
        f"%PDF-1.4 {number}\r\n"
        for number, name in enumerate(["../../etc/passwd", "a.pdf", "A.PDF", "CON.pdf", "x\x01\u202ey.pdf"])
    )
    head = "From: a@b.example\r\nSubject: Invoices\r\nContent-Type: multipart/mixed; boundary=e\r\n\r\n"
    house.accept(f"{head}{parts}--e--\r\n".encode())

    house.drain()

    names = [document.filename for document in house.documents()]
    assert len({name.casefold() for name in names}) == len(names) == 5
    assert not any(set(name) & set("/\\\x01\u202e") or name.upper().startswith("CON.") for name in names)


class PoolWithOneBadMail(Pool):
    """A pool that breaks in an unforeseen way over one mail."""

    def submit(self, mail: Mail, choose: Choose) -> "Future[Parsed]":
        """Fail for the mail that is marked."""
        if b"break me" not in (mail.octets or b""):
            return super().submit(mail, choose)
        broken: Future[Parsed] = Future()
        broken.set_exception(ZeroDivisionError("nobody foresaw this"))
        return broken


def test_one_bad_message_never_holds_the_others(house: House) -> None:
    """Law 5: a batch that fails is halved down to the message at fault, which gets a row and a job of its own."""
    mails = [pdf_mail(f"<{n}@s.example>", b"%%PDF-1.4 %d" % n) for n in range(7)]
    house.accept_many([*mails[:3], text_mail("break me", "x"), *mails[3:]])
    with house.worker() as running:
        bad = PoolWithOneBadMail(house.settings)
        drain = Drain(house.database, house.blobs, bad, running.reader)
        worker = Worker(house.settings, drain, running.reader, Stop())
        worker.settle(worker.begin_batch() or Batch([]))
        drain.close()
        bad.close()

    states = [message.state for message in house.messages()]
    assert sorted(states) == ["imported"] * 7 + ["received"]
    assert house.waiting() == 0


def test_a_message_whose_worker_died_over_it_is_put_aside(house: House) -> None:
    """Law 5: attempts are counted before they are made; the seventh one is not made by the worker."""
    house.accept(pdf_mail())
    for _ in range(6):
        with house.worker() as running:
            running.reader.begin(running.reader.read(10, 10**7))

    house.drain()

    (message,) = house.messages()
    assert (message.state, message.reason_code) == ("received", "worker_died")
    assert house.waiting() == 0


def test_messages_over_which_a_worker_died_are_tried_alone(house: House) -> None:
    """Law 5: after two attempts that ended with the worker, each message of the batch gets a batch of its own."""
    house.accept_many([pdf_mail(f"<{n}@s.example>", b"%%PDF-1.4 %d" % n) for n in range(3)])
    for _ in range(2):
        with house.worker() as running:
            running.worker.begin_batch()

    with house.worker() as running:
        batches = [running.worker.begin_batch() for _ in range(3)]
        sizes = [len(batch.works) for batch in batches if batch]
        for batch in batches:
            running.worker.settle(batch or Batch([]))

    assert sizes == [1, 1, 1]
    assert [message.state for message in house.messages()] == ["imported"] * 3
