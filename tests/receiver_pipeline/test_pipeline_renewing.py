"""PDFs made anew: from the mail as received, compared, and put in the place of the old ones without losing those."""

from dataclasses import replace
from pathlib import Path

import pytest

from receiver.pipeline.parsing import Pool
from receiver.pipeline.renewing import Renewed, Renewer
from receiver.rendering.order import RenderFacts
from storage.audit import lines_about
from storage.blobs import BlobBatch, BlobStore
from storage.failures import NoRoom, NotFound
from storage.models import Document
from storage.pages import Overtaken
from storage.pages import replace as put_octets
from storage.settling import NewDocument
from storage.tenants import find_tenant, remove_tenant
from tests.receiver_pipeline.house import House, text_mail
from tests.receiver_pipeline.press import FACTS, Press, keep_all_of, maker_of, render, xml_mail
from tests.receiver_pipeline.shared_pool import shared_pool

CII = (Path(__file__).parents[1] / "corpus" / "einvoice" / "cii-invoice.xml").read_bytes()
BLOCK = (100, 600, 200, 100)


@pytest.fixture
def pool(house: House) -> Pool:
    """One parsing child."""
    return shared_pool(house.settings)


@pytest.fixture
def receipt(house: House) -> str:
    """A message whose text is kept, with its PDF; its id."""
    keep_all_of(house, "shop@shop.example")
    house.accept(text_mail("Receipt", "<p>Total 12.00</p>"))
    house.drain()
    render(house, Press())
    return house.messages()[0].id


def by_kind(house: House) -> dict[str, Document]:
    """The tenant's documents."""
    return {each.kind: each for each in house.documents()}


def make_anew(house: House, pool: Pool, message: str, press: Press) -> tuple[Renewer, Renewed]:
    """The one PDF of a message, made anew by that renderer."""
    renewer = Renewer(maker_of(house, press), pool)
    (renewed,) = renewer.renew(message)
    return renewer, renewed


def change_kept_page(house: House) -> None:
    """The kept page is one that an older template made."""
    (page,) = [each for each in house.documents() if each.kind.endswith("_html")]
    batch = house.blobs.batch()
    ref = batch.put(page.tenant_id, b"<!DOCTYPE html><p>of an older template")
    batch.sync()
    with house.database.write() as session:
        put_octets(session, page, NewDocument("email_html", page.part, "", "text/html", ref.octets, ref.sha256))


def test_the_same_pdf_is_left_alone(house: House, pool: Pool, receipt: str) -> None:
    """The same mail gives the same octets: there is nothing to store and nothing to ask."""
    _, renewed = make_anew(house, pool, receipt, Press())

    assert (renewed.is_unchanged, renewed.looks_the_same, renewed.is_lesser) == (True, True, False)


def test_page_and_pdf_are_made_from_the_mail_and_replaced_together(house: House, pool: Pool, receipt: str) -> None:
    """What a new template makes of the octets as received takes the place of both; ids stay, the audit tells."""
    first = by_kind(house)
    change_kept_page(house)
    press = Press([[BLOCK]], replace(FACTS, template="2"))

    renewer, renewed = make_anew(house, pool, receipt, press)
    identity = renewer.put_in_place(renewed)

    after = by_kind(house)
    assert b"Total 12.00" in press.orders[0].page
    assert renewed.comparison is not None
    assert list(renewed.comparison.differing) == [1]
    assert after["email_html"].sha256 == first["email_html"].sha256
    assert house.octets(after["email_pdf"]) == renewed.result.pdf
    assert {each.id for each in after.values()} == {each.id for each in first.values()}
    assert (identity, after["email_pdf"].facts["template"]) == (first["email_pdf"].id, "2")
    with house.database.read() as session:
        line = lines_about(session, after["email_pdf"].tenant_id, identity)[-1]
    assert (line.action, line.params["from"]) == ("document_replaced", first["email_pdf"].sha256)


def test_an_invoices_page_is_made_anew_too(house: House, pool: Pool) -> None:
    """From the XML in the mail."""
    house.accept(xml_mail(CII))
    house.drain()
    render(house, Press())
    change_kept_page(house)
    press = Press([[BLOCK]])

    renewer, renewed = make_anew(house, pool, house.messages()[0].id, press)
    renewer.put_in_place(renewed)

    assert b"471102" in press.orders[0].page
    assert b"471102" in house.octets(by_kind(house)["invoice_html"])
    assert house.octets(by_kind(house)["invoice_pdf"]) == renewed.result.pdf


def test_without_the_mail_the_kept_page_is_rendered(house: House, pool: Pool, receipt: str) -> None:
    """A mail that its child cannot read any more does not keep its page from a new PDF."""
    page = by_kind(house)["email_html"]
    with house.database.write() as session:
        session.connection().exec_driver_sql("UPDATE messages SET raw_sha256 = ''")
    press = Press([[BLOCK]])

    renewer, renewed = make_anew(house, pool, receipt, press)
    renewer.put_in_place(renewed)

    assert press.orders[0].page == house.octets(page)
    assert by_kind(house)["email_html"].sha256 == page.sha256
    assert house.octets(by_kind(house)["email_pdf"]) == renewed.result.pdf


def test_a_lower_rung_is_told_as_such(house: House, pool: Pool, receipt: str) -> None:
    """A busy machine must not turn a page into plain text."""
    _, renewed = make_anew(house, pool, receipt, Press([[BLOCK]], RenderFacts(rung="text")))
    _, better = make_anew(house, pool, receipt, Press([[BLOCK]]))

    assert (renewed.is_lesser, better.is_lesser) == (True, False)


def test_a_pdf_that_lost_what_no_picture_shows_is_a_question(house: House, pool: Pool, receipt: str) -> None:
    """PDF/A for want of time, the original by another setting: nobody may lose them unasked."""
    renewer, full = make_anew(house, pool, receipt, Press(facts=replace(FACTS, original="embedded")))
    renewer.put_in_place(full)

    _, bare = make_anew(house, pool, receipt, Press(facts=replace(FACTS, archival="", original="too_large")))
    _, again = make_anew(house, pool, receipt, Press(facts=replace(FACTS, original="embedded")))

    assert bare.comparison is not None
    assert bare.comparison.looks_the_same
    assert (bare.lacks, bare.looks_the_same) == (("original", "archival"), False)
    assert (again.lacks, again.looks_the_same) == ((), True)


def test_a_page_that_cannot_be_rendered_any_more_keeps_its_pdf(house: House, pool: Pool, receipt: str) -> None:
    """The reason is told; nothing is compared and nothing stored."""
    _, renewed = make_anew(house, pool, receipt, Press(refuses=b"Total"))

    assert renewed.result.reason is not None
    assert renewed.result.reason.code == "render_took_too_long"
    assert (renewed.comparison, renewed.looks_the_same) == (None, False)


def test_of_two_at_once_one_is_told_that_it_came_second(house: House, pool: Pool, receipt: str) -> None:
    """Both had compared with the same old PDF: the second one compares anew, and has written nothing."""
    first, one = make_anew(house, pool, receipt, Press([[BLOCK]]))
    second, other = make_anew(house, pool, receipt, Press([[], []]))
    first.put_in_place(one)

    with pytest.raises(Overtaken):
        second.put_in_place(other)

    assert house.octets(by_kind(house)["email_pdf"]) == one.result.pdf


def test_a_pdf_made_meanwhile_by_the_job_is_not_mixed_with_another_page(house: House, pool: Pool) -> None:
    """There was no PDF when we began: the job's is of the page that it read, so ours is withdrawn with its page."""
    keep_all_of(house, "shop@shop.example")
    house.accept(text_mail("Receipt", "<p>Total 12.00</p>"))
    house.drain()
    change_kept_page(house)
    kept = by_kind(house)["email_html"].sha256
    renewer, renewed = make_anew(house, pool, house.messages()[0].id, Press([[BLOCK]]))
    render(house, Press())

    with pytest.raises(Overtaken):
        renewer.put_in_place(renewed)

    assert by_kind(house)["email_html"].sha256 == kept
    assert house.octets(by_kind(house)["email_pdf"]) != renewed.result.pdf


def test_a_full_disk_leaves_the_old_pdf_in_its_place(house: House, pool: Pool, receipt: str) -> None:
    """The old octets are there until the new row is committed, and longer."""

    class FullStore(BlobStore):
        def batch(self) -> BlobBatch:
            raise NoRoom("full")

    before = by_kind(house)
    octets = house.octets(before["email_pdf"])
    full = FullStore(house.settings.blob_folder())
    renewer = Renewer(maker_of(house, Press([[BLOCK]]), full), pool)
    (renewed,) = renewer.renew(receipt)
    with pytest.raises(NoRoom):
        renewer.put_in_place(renewed)
    full.close()
    assert {each.sha256 for each in house.documents()} == {each.sha256 for each in before.values()}

    Renewer(maker_of(house, Press()), pool).put_in_place(renewed)

    assert house.blobs.read(before["email_pdf"].tenant_id, before["email_pdf"].sha256) == octets
    assert house.octets(by_kind(house)["email_pdf"]) == renewed.result.pdf


def test_a_document_removed_meanwhile_does_not_come_back(house: House, pool: Pool, receipt: str) -> None:
    """Its tenant was removed while it was compared."""
    renewer, renewed = make_anew(house, pool, receipt, Press([[BLOCK]]))
    with house.database.write() as session:
        remove_tenant(session, find_tenant(session, "Acme"))

    with pytest.raises(NotFound):
        renewer.put_in_place(renewed)
