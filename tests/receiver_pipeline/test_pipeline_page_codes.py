"""Payment codes on the pages of PDFs: found where the text names one or there is no text, drawn within bounds."""

from receiver.pipeline import page_codes
from receiver.pipeline.message_facts import find
from receiver.pipeline.pdf import Pdf
from receiver.pipeline.structure import Limits
from receiver.pipeline.unpack import unpack
from rules.facts import Accounting
from rules.recognition.accounting.payment_codes import PaymentCode, read_payment_code
from tests.pdf_pages import pdf, square_code

EPC = "BCD\n002\n1\nSCT\n\nMuster GmbH\nDE89370400440532013000\nEUR119\n\n\nRE-1"
CREDITOR = "SPC|0200|1|CH4431999123000889012|S|Muster AG|Weg|1|8000|Bern|CH|||||||"
SWISS = f"{CREDITOR}|1949.75|CHF|S|Eva|Weg|2|8000|Bern|CH|QRR|210000000003139471430009017||EPD".replace("|", "\r\n")


def rating_of(attachment: bytes) -> Accounting | None:
    mail = b"From: a@b.example\nContent-Type: application/pdf; name=a.pdf\n\n" + attachment
    return find(unpack(mail, len(mail), Limits(9, 9, 10**7)), "", 10**7).facts.attachments[0].accounting


def read_codes(octets: bytes, pages: list[int]) -> list[str]:
    """The codes on pages of a PDF that nobody else reads."""
    with Pdf(octets) as opened:
        return page_codes.read_codes(opened, pages)


def test_a_code_on_a_page_is_read() -> None:
    """Vectors, as most programs draw them."""
    assert read_codes(pdf([], drawing=square_code(EPC, 60, 60)), [0]) == [EPC]


def test_a_scan_with_a_code_has_its_total() -> None:
    """No text at all, and yet who is paid and how much."""
    rating = rating_of(pdf([], drawing=square_code(EPC, 60, 60)))
    assert rating is not None
    assert (rating.total, rating.iban, rating.supplier) == ("119.00", "DE89370400440532013000", "Muster GmbH")
    assert rating.score >= 60


def test_pages_are_drawn_only_where_a_code_is_named() -> None:
    """Drawing costs more than reading."""
    words = [(50, 700, "A letter with many words and no code at all"), (50, 680, "Total: EUR 50,00")]
    named = [*words, (50, 660, "Bezahlen per GiroCode")]
    drawing = square_code(EPC, 60, 60)
    totals = [
        rating.total for rating in map(rating_of, (pdf(words, drawing=drawing), pdf(named, drawing=drawing))) if rating
    ]
    assert totals == ["50.00", "119.00"]


def test_swiss_codes_say_who_is_paid() -> None:
    """Swiss Implementation Guidelines QR-bill: creditor, amount, currency, reference."""
    wanted = PaymentCode(
        "swiss_qr_code", "CH4431999123000889012", "Muster AG", "1949.75", "CHF", "210000000003139471430009017"
    )
    assert read_payment_code(SWISS) == wanted


def test_other_codes_ask_for_nothing() -> None:
    """Links, wrong check digits, half a code, and one that is longer than any."""
    others = ("https://pay.example/1", EPC.replace("DE89", "DE88"), EPC[:20], SWISS[:90], EPC + "x" * 2000, "")
    assert [read_payment_code(each) for each in others] == [None] * len(others)


def test_what_cannot_be_drawn_holds_no_code() -> None:
    """Damaged, locked, or a page that is not there."""
    whole = pdf([], drawing=square_code(EPC, 60, 60))
    assert [read_codes(each, [0]) for each in (b"%PDF-1.4", b"", whole[:300])] == [[], [], []]
    assert read_codes(whole, [7]) == []


def test_a_page_as_large_as_a_house_is_drawn_small() -> None:
    """Pixels are bounded, whatever size the page claims; what claims more than any page is not drawn."""
    whole = pdf([], drawing="0 0 100 100 re f")
    large = whole.replace(b"[0 0 595 842]", b"[0 0 9e3 9e3]")
    endless = whole.replace(b"[0 0 595 842]", b"[0 0 9e9 9e9]")
    assert (read_codes(large, [0]), read_codes(endless, [0])) == ([], [])
