"""A tenant's thresholds decide, those of now: whatever they were when the mail was read."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from receiver.pipeline.parsing import Mail, Pool
from receiver.pipeline.past import Past
from receiver.pipeline.trying import Change, Trier, read_facts
from receiver.rulebook import Rulebook
from rules.standards import ImportStandard
from storage.tenants import set_thresholds
from storage.trial_mail import mail_since
from tests.receiver_pipeline.house import House
from tests.receiver_pipeline.test_pipeline_judging import facts
from tests.receiver_pipeline.test_pipeline_rematching import acme, do_jobs, only

RECEIPT = (
    b"From: shop@shop.example\r\nSubject: Your visit\r\nContent-Type: text/plain\r\n\r\n"
    b"Receipt\r\nReceipt number: 4711\r\nTotal: EUR 35.70\r\n"
)
LETTER = "Thank you for staying with us. " * 12


def in_two_dresses(subject: str, plain: str, html: str) -> bytes:
    """A mail with its text as plain text and as HTML."""
    return (
        f"From: Shop <post@shop.example>\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/alternative; boundary=e\r\n\r\n"
        f"--e\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{plain}\r\n"
        f"--e\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n--e--\r\n"
    ).encode()


def points_of(octets: bytes) -> int:
    """What the text of a mail is rated."""
    rating = facts(octets).accounting
    assert rating is not None
    return rating.score


POINTS = points_of(RECEIPT)  # in the middle; what exactly is the table's business

# The plain text is sure enough for the usual thresholds, and the HTML alone for a tenant who wants more.
SURE = f"Invoice\r\nInvoice number: 4711\r\n{LETTER}\r\nTotal: EUR 119.00"
CAREFUL = in_two_dresses(
    "Invoice",
    SURE,
    "<p>Invoice</p><p>Invoice number: 4711</p><p>Net: EUR 100.00</p><p>VAT 19 %: EUR 19.00</p><p>Total: EUR 119.00</p>",
)
# The plain text says next to nothing, and the HTML enough for a tenant who wants to see whatever has some points.
LITTLE = f"Hello\r\n{LETTER}\r\nParking costs 12.00 EUR a day"
CURIOUS = in_two_dresses(
    "Thanks",
    LITTLE,
    "<p>Order number: 77</p><p>Total: EUR 12.00</p><p>VAT 19 %: EUR 1.92</p>",
)


def set_points(house: House, import_score: int | None, possible_score: int | None) -> None:
    house.tenant("Acme")
    with house.database.write() as session:
        set_thresholds(session, acme(session), import_score, possible_score)


def bring(house: House, octets: bytes) -> None:
    house.accept(octets)
    house.drain()


def before(house: House, octets: bytes, points: tuple[int | None, int | None]) -> None:
    """The thresholds, then the mail."""
    set_points(house, *points)
    bring(house, octets)


def after(house: House, octets: bytes, points: tuple[int | None, int | None]) -> None:
    """The mail by the usual thresholds, then a re-match by others; nothing waits where it came in at once."""
    bring(house, octets)
    set_points(house, *points)
    do_jobs(house)


IN_BOTH_ORDERS = pytest.mark.parametrize("come", [before, after])
Come = Callable[[House, bytes, tuple[int | None, int | None]], None]


@IN_BOTH_ORDERS
@pytest.mark.parametrize(
    ("points", "wanted"),
    [
        ((None, None), ("not_imported", "possible_invoice")),
        ((POINTS, None), ("imported", "text_is_document")),
        ((POINTS + 1, None), ("not_imported", "possible_invoice")),
        ((90, POINTS), ("not_imported", "possible_invoice")),
        ((90, POINTS + 1), ("not_imported", "nothing_fits_no_attachment")),
    ],
)
def test_a_mail_in_the_middle(
    house: House, come: Come, points: tuple[int | None, int | None], wanted: tuple[str, str]
) -> None:
    """Possible, imported or left, to the point; set before it comes, or decided again from its stored facts."""
    come(house, RECEIPT, points)
    message = only(house)
    assert (message.state, message.reason_code) == wanted


def test_thresholds_move_as_often_as_one_likes(house: House) -> None:
    """One mail, read once: left, possible, and in; then it stays in."""
    set_points(house, 95, 90)
    bring(house, RECEIPT)
    told = [only(house).reason_code]
    for points in ((95, POINTS), (POINTS, 20), (95, 90)):
        set_points(house, *points)
        do_jobs(house)
        told.append(only(house).reason_code)
    assert told == ["nothing_fits_no_attachment", "possible_invoice", "text_is_document", "text_is_document"]
    assert [each.claims["score"] for each in house.documents()] == [POINTS]


def test_a_careful_tenant_has_the_html_looked_at(house: House) -> None:
    """What has too few points for him as plain text, and enough as HTML, comes in."""
    wanted, plain = points_of(CAREFUL), points_of(in_two_dresses("Invoice", SURE, "<p></p>"))
    assert 80 <= plain < wanted
    before(house, CAREFUL, (wanted, None))
    assert (only(house).state, only(house).reason_code) == ("imported", "text_is_document")


@IN_BOTH_ORDERS
def test_a_curious_tenant_has_the_html_looked_at(house: House, come: Come) -> None:
    """What has too few points for him as plain text, and enough as HTML, is possible."""
    wanted, plain = points_of(CURIOUS), points_of(in_two_dresses("Thanks", LITTLE, "<p></p>"))
    assert plain < wanted < 40
    come(house, CURIOUS, (None, wanted))
    message = only(house)
    assert (message.reason_code, message.reason_params) == ("possible_invoice", {"score": wanted})


@pytest.mark.parametrize(
    ("points", "state", "effect"),
    [
        ((None, None), "not_imported", "changes"),
        ((POINTS, None), "imported", "stops"),
        ((90, POINTS + 1), "not_imported", "changes"),
    ],
)
def test_a_trial_decides_by_the_tenant_s_points(
    house: House, points: tuple[int | None, int | None], state: str, effect: str
) -> None:
    """A mail in a file is told as the worker decides it; what a new standard would change, likewise."""
    before(house, RECEIPT, points)
    file = house.settings.data / "mail.eml"
    file.write_bytes(RECEIPT)
    owner, pool, past = house.tenant("Acme").tenant_id, Pool(house.settings, children=1), Past(house.database)
    rules = Rulebook(house.database).rules_for([owner])[owner]
    told = rules.decide(read_facts(pool, past, owner, Mail(None, file, len(RECEIPT), ""), None))
    names_sender = ImportStandard.simple("s", "Shop", "shop@shop.example", "Another", email_text_is_invoice=True)
    with house.database.read() as session:
        trier = Trier(house.blobs, pool, past, Change.of(rules, (), (names_sender,)))
        (trial,) = trier.try_on(mail_since(session, acme(session), datetime(2020, 1, 1, tzinfo=UTC)), set())
    pool.close()
    assert (told.state, told.reason.code) == (only(house).state, only(house).reason_code)
    assert (only(house).state, trial.effect) == (state, effect)
