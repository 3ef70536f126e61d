"""Pages become PDFs: the whole order, one document each whatever happens meanwhile, and reasons that stay with them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from receiver.pipeline.job_results import GivenUp
from receiver.pipeline.jobs import JobRunner
from receiver.pipeline.render_job import do_render_job
from receiver.pipeline.render_order import facts_of
from receiver.rendering.order import Original
from storage import jobs
from storage.blobs import BlobBatch, BlobStore
from storage.documents import documents_json
from storage.failures import NoRoom
from storage.jobs import LeaseLost
from storage.tenants import find_tenant, remove_tenant
from tests.receiver_pipeline.house import PDF, House, text_mail
from tests.receiver_pipeline.press import FACTS, Press, claim, keep_all_of, maker_of, render, xml_mail

CORPUS = Path(__file__).parents[1] / "corpus" / "einvoice"
CII = (CORPUS / "cii-invoice.xml").read_bytes()
UBL = (CORPUS / "ubl-invoice.xml").read_bytes()


def kinds(house: House, tenant: str = "Acme") -> list[str]:
    """The kinds of the tenant's documents."""
    return sorted(document.kind for document in house.documents(tenant))


def remarks(house: House) -> dict[str, str | None]:
    """The code of what is to be said of each document, by kind."""
    with house.database.read() as session:
        told = documents_json(session, house.documents(), lambda code, _params: code)
    return {each["kind"]: each["remark_code"] for each in told}


def settle(house: House, *mails: bytes) -> None:
    """Accept and settle some mails."""
    house.accept_many(list(mails))
    house.drain()


def test_an_order_says_all_that_its_pdf_is_to_say(house: House) -> None:
    """Title, author, the mail's own date in UTC, the language, and the mail octet for octet as it was received."""
    keep_all_of(house, "billing@supplier.example")
    mail = xml_mail(pdf=PDF)
    settle(house, mail)
    press = Press()

    render(house, press)

    (order,) = press.orders
    assert (order.title, order.author, order.language) == ("Your invoice", "Seller <billing@supplier.example>", "en")
    assert order.date == datetime(2026, 1, 6, 4, 30, tzinfo=UTC)
    assert order.original == Original(mail, "Your invoice.eml", "message/rfc822")
    assert order.page.startswith(b"<!DOCTYPE html>")
    (pdf,) = [each for each in house.documents() if each.kind == "email_pdf"]
    assert pdf.facts == facts_of(FACTS)
    assert {"rung", "pages", "renderer", "template", "sandbox", "archival", "archival_fault"} <= pdf.facts.keys()
    assert "milliseconds" not in pdf.facts  # never the same twice


def test_the_original_names_no_other_tenant(house: House) -> None:
    """Law 16: one mail to two tenants. Neither our trace nor the other's address is in what is embedded."""
    for tenant in ("Acme", "Other"):
        keep_all_of(house, "shop@shop.example", tenant)
    mail = text_mail("Receipt", "<p>Total 12.00</p>")
    house.accept(mail, house.tenant("Acme"), house.tenant("Other"))
    house.drain()
    press = Press()
    for _ in range(2):
        render(house, press)

    originals = [order.original.octets for order in press.orders if order.original]
    assert originals == [mail, mail]
    for address in (house.tenant("Acme").forward_path, house.tenant("Other").forward_path):
        assert address.encode() not in mail


def test_an_invoice_that_is_data_only_is_made_readable(house: House) -> None:
    """A page of its leading fields, as HTML and PDF of the XML's part, with the XML inside."""
    settle(house, xml_mail(CII))
    press = Press()
    assert kinds(house) == ["attachment", "invoice_html"]

    render(house, press)

    by_kind = {each.kind: each for each in house.documents()}
    assert sorted(by_kind) == ["attachment", "invoice_html", "invoice_pdf"]
    assert len({each.part for each in by_kind.values()}) == 1
    assert (by_kind["invoice_html"].filename, by_kind["invoice_pdf"].filename) == ("rechnung 1.html", "rechnung 1.pdf")
    assert press.orders[0].original == Original(CII, "rechnung 1.xml", "application/xml")
    page = house.octets(by_kind["invoice_html"]).decode()
    assert press.orders[0].page.decode() == page
    for told in ("Invoice 471102", "Lieferant GmbH", "235.62 EUR", "2024-11-15"):
        assert told in page


def test_an_invoice_with_a_pdf_beside_it_needs_no_page(house: House) -> None:
    """The PDF is what its sender wants people to read."""
    settle(house, xml_mail(CII, pdf=PDF))

    assert kinds(house) == ["attachment", "attachment"]


def test_text_and_invoices_of_one_mail_become_pdfs_by_one_job(house: House) -> None:
    """Each page its own PDF, named apart; the job is done once all are there."""
    keep_all_of(house, "billing@supplier.example")
    settle(house, xml_mail(CII, UBL))
    press = Press()

    render(house, press)

    documents = house.documents()
    assert kinds(house) == [
        "attachment",
        "attachment",
        "email_html",
        "email_pdf",
        *["invoice_html"] * 2,
        *["invoice_pdf"] * 2,
    ]
    assert len({each.filename for each in documents}) == len(documents)
    assert len(press.orders) == 3
    with house.database.read() as session:
        assert jobs.counts(session).pending == 0


def test_whoever_dies_in_the_midst_leaves_the_rest_to_the_next(house: House) -> None:
    """After the first page the process is gone: the next one makes what is missing, and nothing twice."""
    settle(house, xml_mail(CII, UBL))

    class Gone(BaseException):
        """The process ends here."""

    def die() -> None:
        raise Gone

    first = Press()
    first.meanwhile = lambda: setattr(first, "meanwhile", die)
    with pytest.raises(Gone):
        do_render_job(house.settings, house.database, house.blobs, claim(house, seconds=0), first)
    between = kinds(house).count("invoice_pdf")
    second = Press()
    render(house, second)

    assert (between, len(second.orders)) == (1, 1)
    assert kinds(house).count("invoice_pdf") == 2


def test_a_page_that_cannot_be_rendered_holds_up_no_other(house: House) -> None:
    """Its HTML stays, the reason stands with it and with the job; made at last, nothing is said any more."""
    keep_all_of(house, "billing@supplier.example")
    settle(house, xml_mail(CII, text="This page is too slow."))
    press = Press(refuses=b"too slow")
    runner = runner_of(house, press)

    runner.turn()
    runner.close()

    assert kinds(house) == ["attachment", "email_html", "invoice_html", "invoice_pdf"]
    assert remarks(house)["email_html"] == "render_took_too_long"
    assert remarks(house)["invoice_html"] is None
    with house.database.read() as session:
        assert jobs.counts(session).failed == 1
        (row,) = jobs.of_subject(session, house.messages()[0].id)
    assert row.error_code == "render_took_too_long"

    maker_of(house, Press()).make(house.messages()[0].id)
    assert remarks(house)["email_html"] is None
    assert all(each.facts == {} for each in house.documents() if each.kind.endswith("_html"))


def test_a_page_less_than_whole_says_so(house: House) -> None:
    """A PDF of the words alone is remarked on."""
    settle(house, xml_mail(CII))
    press = Press()
    press.facts = type(press.facts)(rung="text", pages=1)

    render(house, press)

    assert remarks(house)["invoice_pdf"] == "rung_text"


def test_a_page_that_ends_the_renderer_is_not_tried_for_ever(house: House) -> None:
    """Each time it counts, and no other job waits for it; at last it is given up, with the reason."""
    settle(house, xml_mail(CII))
    for attempt in range(1, house.settings.jobs.attempts + 1):
        runner = runner_of(house, Press(is_fit=False))
        runner.turn()
        runner.close()
        with house.database.read() as session:
            (row,) = jobs.of_subject(session, house.messages()[0].id)
        assert (row.attempts, row.failed_at is not None) == (attempt, attempt == house.settings.jobs.attempts)
        with house.database.write() as session:
            session.connection().exec_driver_sql("UPDATE jobs SET run_at = '2020-01-01 00:00:00.000000'")

    assert remarks(house)["invoice_html"] == "render_interrupted"


def test_two_who_render_the_same_page_make_one_document(house: House) -> None:
    """`document convert` while the job runs: the first one's PDF stays, the other one finds it there."""
    settle(house, xml_mail(CII))
    message = house.messages()[0].id
    by_hand = Press(pages=[[], []])
    press = Press()
    press.meanwhile = lambda: maker_of(house, by_hand).make(message)

    render(house, press)

    (pdf,) = [each for each in house.documents() if each.kind == "invoice_pdf"]
    assert (len(by_hand.orders), len(press.orders)) == (1, 1)
    assert house.octets(pdf) == by_hand(press.orders[0]).pdf


def test_whose_lease_ran_out_writes_no_document(house: House) -> None:
    """Suspended past its lease, it finds the job another's: its PDF is rolled back, the other's is the one."""
    settle(house, xml_mail(CII))
    other = Press()
    slow = Press(pages=[[], []])
    slow.meanwhile = lambda: render(house, other)

    with pytest.raises(LeaseLost):
        do_render_job(house.settings, house.database, house.blobs, claim(house, seconds=0), slow)

    (pdf,) = [each for each in house.documents() if each.kind == "invoice_pdf"]
    assert house.octets(pdf) == other(slow.orders[0]).pdf


def test_a_full_disk_counts_no_attempt_and_loses_nothing(house: House) -> None:
    """Law 6: the PDF that found no room is made again once there is some."""
    settle(house, xml_mail(CII))

    class FullStore(BlobStore):
        def batch(self) -> BlobBatch:
            raise NoRoom("full")

    full = FullStore(house.settings.blob_folder())
    runner = runner_of(house, Press(), full)
    runner.turn()
    runner.close()
    full.close()
    with house.database.read() as session:
        (row,) = jobs.of_subject(session, house.messages()[0].id)
    with house.database.write() as session:
        session.connection().exec_driver_sql("UPDATE jobs SET run_at = '2020-01-01 00:00:00.000000'")
    between = kinds(house)
    render(house, Press())

    assert (row.attempts, row.failed_at, row.error_code) == (0, None, "storage_away")
    assert "invoice_pdf" not in between
    assert kinds(house).count("invoice_pdf") == 1


def test_a_message_removed_meanwhile_is_let_go(house: House) -> None:
    """Its tenant is removed while its page is laid out: nothing is written, and the process goes on."""
    settle(house, xml_mail(CII))

    def remove() -> None:
        with house.database.write() as session:
            remove_tenant(session, find_tenant(session, "Acme"))

    runner = runner_of(house, Press(meanwhile=remove))
    runner.turn()
    runner.close()

    with house.database.read() as session:
        counts = jobs.counts(session)
    assert (counts.pending, counts.failed) == (0, 0)


def test_a_damaged_original_is_told_and_not_left_out(house: House) -> None:
    """A PDF without the record that it is a view of would pass for one that never had one."""
    keep_all_of(house, "shop@shop.example")
    settle(house, text_mail("Receipt", "<p>Total 12.00</p>"))
    (message,) = house.messages()
    raw = house.blobs.path(message.tenant_id, message.raw_sha256)
    raw.chmod(0o600)
    raw.write_bytes(b"changed")

    with pytest.raises(GivenUp, match="render_nothing_to_render"):
        render(house, Press())


def runner_of(house: House, press: Press, blobs: BlobStore | None = None) -> JobRunner:
    """The job process's runner, of render jobs."""
    store = blobs or house.blobs
    handlers = {jobs.RENDER: lambda job: do_render_job(house.settings, house.database, store, job, press)}
    return JobRunner(house.settings, house.database, handlers, owner="test")
