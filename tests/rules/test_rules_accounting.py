"""Whether a text is an accounting document, and what it says: mails of many languages, and what only looks like one."""

import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.facts import Accounting, MailFacts
from rules.recognition.accounting.evidence import WEIGHTS
from rules.recognition.accounting.hints import Hints
from rules.recognition.accounting.lexicon import fold
from rules.recognition.accounting.payment_codes import PaymentCode
from rules.recognition.accounting.rating import FileText, rate_file, rate_text
from rules.recognition.accounting.structured import Structured, read_structured
from rules.recognition.language import language_of

MAILS = tomllib.loads((Path(__file__).parents[1] / "corpus" / "accounting" / "mails.toml").read_text(encoding="utf-8"))
VALUES = ("total", "currency", "number", "issue_date")
INVOICE = MAILS["document"][0]


def rated(mail: dict[str, Any], **header: str) -> Accounting:
    """The rating of one of MAILS, with some header fields."""
    name, _, address = mail["sender"].rstrip(">").rpartition(" <")
    return rate_text(mail["text"], Hints.of(mail["subject"], name, address, header), language_of(mail["text"]))


def codes(rating: Accounting) -> set[str]:
    return {each.code for each in rating.evidence}


@pytest.mark.parametrize("mail", MAILS["document"], ids=lambda each: each["subject"])
def test_a_document_imports_by_itself_in_its_language(mail: dict[str, Any]) -> None:
    """Above the threshold, with number, day, total and currency as they stand there."""
    rating = rated(mail)
    assert rating.score >= 80
    assert {name: getattr(rating, name) for name in VALUES} == {name: mail[name] for name in VALUES}


@pytest.mark.parametrize("mail", MAILS["other"], ids=lambda each: each["subject"])
def test_other_mail_is_not_even_possible(mail: dict[str, Any]) -> None:
    """Parcels, offers, newsletters, quotes, talk about invoices: below the middle band, whatever totals they name."""
    assert rated(mail).score < 40


def test_the_score_is_the_sum_of_its_evidence() -> None:
    """Law 26: each piece has its code, its points and its place, and nothing else counts."""
    rating = rated(MAILS["other"][7])
    points = sum(each.weight for each in rating.evidence)
    assert rating.score == max(0, min(100, points))
    assert all(WEIGHTS[each.code] == each.weight and each.place for each in rating.evidence)


def test_ratings_survive_the_way_out_of_the_child() -> None:
    """Law 17: facts go as JSON, and come back the same."""
    facts = MailFacts(accounting=rated(INVOICE))
    assert MailFacts.from_json(facts.to_json()) == facts


def test_a_discussion_list_talks_about_invoices() -> None:
    """RFC 2369: what a list distributes is somebody's words, and no document."""
    assert "mailing_list" in codes(rated(INVOICE, **{"list-post": "<mailto:list@people.example>"}))


def test_a_list_nobody_may_post_to_is_none() -> None:
    """RFC 2369 3.4: List-Post: NO is how announcements are marked, receipts among them."""
    assert "mailing_list" not in codes(rated(INVOICE, **{"list-post": "NO"}))


def test_a_total_below_zero_makes_a_credit_note() -> None:
    """The minus in front, behind or in brackets: the type says it, and the total has no sign, as in EN 16931."""
    for written in ("-119,00 €", "119,00- €", "(119,00) €"):
        text = f"Rechnung\nRechnungsnummer: 77-1\nGesamtbetrag  {written}"
        rating = rate_text(text, Hints(), "de")
        assert (rating.total, rating.document_type) == ("119.00", "credit_note")


def test_net_and_tax_confirm_the_total() -> None:
    """Of several totals the one counts that net and tax add up to."""
    text = "Invoice 2024-118\nTotal  $50.00\nSubtotal  $100.00\nTax 20%  $20.00\nTotal  $120.00\nTotal  $7.00"
    rating = rate_text(text, Hints(), "en")
    assert rating.total == "120.00"
    assert "sum_agrees" in codes(rating)


def test_a_balance_of_nothing_is_not_the_total() -> None:
    """What was paid already says zero where it says what is due."""
    rating = rate_text("Invoice #9911\nTotal  $80.00\nAmount paid  $80.00\nAmount due  $0.00", Hints(), "en")
    assert rating.total == "80.00"


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("Total:  £138.46 (includes £23.08 VAT)", "138.46"),
        ("Å betale (inkl. 149,80 mva.)\n\nkr 749,00", "749.00"),
        ("Total à régler avant le 10/01/2026\n\n642,18 €", "642.18"),
        ("Total / Σύνολο EUR\n\n3,451.00", "3451.00"),
        ("Avoir, facture d'un montant de 121,90 € TTC\nTotal de l'avoir TTC  86,40 €", "86.40"),
        ("Total: $4,312.75\nDeposit received: ($2,000.00)\nBalance due: $2,312.75", "4312.75"),
        ("Základ DPH 21 %  22 800,00\nDPH  4 788,00\nCelkem s DPH  27 588,00\nK úhradě Kč  17 588,00", "27588.00"),
        ("Total  $120.00\nDiscount  -$20.00\nAmount due  $100.00", "100.00"),
        ("Summa                        364:-\nvarav moms 6 %  20:60", "364.00"),
        ("ご請求金額 ¥418,000-\n消費税(10%) ¥38,000", "418000.00"),
        ("총결제금액  31,500원", "31500.00"),
        ("ИТОГ  =3 290.00", "3290.00"),
        ("Bandomoji sąskaita\nIš viso su PVM: 60,50 EUR", "60.50"),
        ('סה"כ לתשלום: 234.00 ₪', "234.00"),
    ],
)
def test_the_total_is_what_a_bookkeeper_would_book(text: str, total: str) -> None:
    """With tax, before a deposit, whatever stands in brackets, below its label or beside it in another language."""
    assert rate_text(text, Hints(), language_of(text)).total == total


def test_a_sentence_names_no_total() -> None:
    """Amounts far behind a label belong to a sentence."""
    text = "Receipt\nYou earn 5x total points on rides and get up to $120.00 a year\nVisa *1234  $49.19"
    assert rate_text(text, Hints(), "en").total == "49.19"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Invoice date: 03/04/2024\nTotal $1.00", "2024-03-04"),
        ("Invoice date: 03/04/2024\nTotal £1.00", "2024-04-03"),
        ("Invoice date: 24/03/2024\nTotal $1.00", "2024-03-24"),
        ("Invoice date: 2024-03-04", "2024-03-04"),
        ("Invoice date\nMarch 4, 2024", "2024-03-04"),
        ("Invoice date  Due date\n4 March 2024  18 March 2024", "2024-03-04"),
        ("Invoice date: 31.02.2024", None),
        ("Számla kelte: 2024. március 4.", "2024-03-04"),
        ("Sąskaitos data: 2024 m. kovo 4 d.", "2024-03-04"),
        ("Rēķina datums: 2024. gada 4. marts", "2024-03-04"),
        ("Дата: 4 березня 2024", "2024-03-04"),
        ("Ημερομηνία έκδοσης: 4 Μαρτίου 2024", "2024-03-04"),
    ],
)
def test_days_are_read_as_their_country_writes_them(text: str, day: str | None) -> None:
    """Only where dollars and English meet stands the month first; what is no day is none."""
    assert rate_text(text, Hints(), "en").issue_date == day


def test_numbers_are_believed_with_their_check_digits_only() -> None:
    """ISO 13616 and the countries' own: a digit that is wrong makes no VAT id and no IBAN."""
    good = rate_text("IBAN: NL91 ABNA 0417 1643 00 BIC ABNANL2A\nUSt-ID: DE136695976", Hints(), "de")
    bad = rate_text("IBAN: NL92 ABNA 0417 1643 00\nUSt-ID: DE136695975", Hints(), "de")
    assert (good.iban, good.vat_id) == ("NL91ABNA0417164300", "DE136695976")
    assert (bad.iban, bad.vat_id) == (None, None)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("Rechnungsnummer: 2026 / 118", "2026/118"),
        ("Rechnungs-Nr. 118 / 2026", "118/2026"),
        ("Rechnungsnummer 2026 118", "2026 118"),
        ("Rechnungsnummer 2026 / 02.11.2026", "2026"),
        ("Invoice No: DE 4711", "DE 4711"),
        ("Rechnung Nr.\nSeite 1 von 2", None),
        ("Invoice number\nPage 1 of 2", None),
        ("Rechnung Nr.\nDatum 02.11.2026", None),
        ("Kundennummer: 12345", None),
        ("Kundennummer: 12345\nRechnungsnummer: siehe oben", None),
        ("Kundennummer  Rechnungsnummer\n12345 RE-7", None),
        ("Kundennummer  Rechnungsnummer\n12345  RE-7", "RE-7"),
    ],
)
def test_a_number_is_the_invoice_s_own(written: str, number: str | None) -> None:
    """Pages, days and customers' numbers stand beside its label, and would make all invoices of a supplier one."""
    assert rate_file(FileText(f"Muster GmbH\n{written}\nNetto 1,00 EUR", "text"), Hints()).number == number


SUPPLIERS, CUSTOMERS = "DE136695976", "DE129273398"  # their check digits are right


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (f"Ihre USt-IdNr.: {CUSTOMERS}\nUSt-IdNr.: {SUPPLIERS}", SUPPLIERS),
        (f"Bill to\nAcme Ltd\nHigh Street 1\nDE VAT {CUSTOMERS}\nInvoice number: 7\nVAT {SUPPLIERS}", SUPPLIERS),
        (f"n° TVA client : {CUSTOMERS}", None),
        (f"Rechnung an\nAcme GmbH\n{CUSTOMERS}", None),
        (f"Kundenservice: 0800 12. USt-IdNr.: {SUPPLIERS}", SUPPLIERS),
        (f"Kunde\nAcme GmbH\nRechnungsnummer: 7\nUSt-IdNr.: {SUPPLIERS}", SUPPLIERS),
    ],
)
def test_the_customer_s_vat_id_is_not_the_supplier_s(written: str, found: str | None) -> None:
    """Law 10: by it, two suppliers' invoices of one number, day and total would be one. It still speaks for a bill."""
    rating = rate_file(FileText(f"Rechnung\n{written}", "text"), Hints())
    assert rating.vat_id == found
    assert "vat_id" in codes(rating)


def test_a_code_for_an_instalment_is_not_the_total() -> None:
    """A payment code counts before the text, but not before what net and tax add up to."""
    code = PaymentCode("swiss_qr_code", "CH9300762011623852957", "Muster AG", "29.75", "CHF", None)
    sums = "Rechnung\nNetto  CHF 100.00\nMWST  CHF 19.00\nTotal  CHF 119.00"
    certain, unsure = (rate_file(FileText(text, "text", code=code), Hints()) for text in (sums, "Total  CHF 119.00"))
    assert (certain.total, certain.currency, certain.iban) == ("119.00", "CHF", code.iban)
    assert unsure.total == "29.75"


@pytest.mark.parametrize("label", ["Gesamtbetrag in EUR", "Total (EUR)", "Summe (€):"])
def test_the_total_stands_below_a_label_with_its_currency(label: str) -> None:
    """As the head of a column writes it."""
    rating = rate_text(f"{label}\n119,00", Hints())
    assert (rating.total, rating.currency) == ("119.00", "EUR")


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("Den Betrag buchen wir von Ihrem Konto DE02 1203 0000 0000 2020 51 ab.", None),
        ("SEPA-Lastschrift von IBAN: DE02120300000000202051\nIBAN: AT61 1904 3002 3457 3201", "AT611904300234573201"),
        ("We will debit your account DE02 1203 0000 0000 2020 51", None),
        ("Bitte überweisen Sie auf unser Konto DE02 1203 0000 0000 2020 51", "DE02120300000000202051"),
    ],
)
def test_an_account_that_is_debited_is_not_the_supplier_s(written: str, found: str | None) -> None:
    """Law 10: by it, all suppliers who debit one customer would be one. It still speaks for a bill."""
    rating = rate_file(FileText(f"Rechnung\n{written}", "text"), Hints())
    assert rating.iban == found
    assert "iban" in codes(rating)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("Total $50.00\nAll prices in AUD", "AUD"),
        ("Total CAD $50.00", "CAD"),
        ("Total $50.00\nAUD or USD", "USD"),
        ("Total $50.00", "USD"),
    ],
)
def test_dollars_are_told_apart(text: str, currency: str) -> None:
    """By the code that the text names once, else American."""
    assert rate_text(text, Hints()).currency == currency


def test_a_file_is_rated_with_its_mail() -> None:
    """A scan has no text: its name, the subject and "please find attached" speak for it, or nothing does."""
    scan = FileText("", "no_text", "Invoice_2024-118.pdf")
    alone = rate_file(FileText("", "no_text", "scan.pdf"), Hints())
    announced = rate_file(scan, Hints(subject="Invoice 2024-118"), "Please find attached our invoice.")
    assert 40 <= alone.score < 80 <= announced.score


def test_a_file_that_is_clearly_something_else_is_left() -> None:
    """Terms, manuals and tickets have no number, no total, and another title."""
    terms = (
        "General terms and conditions\n1. Scope\nThese terms apply to every invoice.\n2. Prices\nAs in the price list."
    )
    assert rate_file(FileText(terms, "text", "terms.pdf", "en"), Hints(subject="Your contract")).score < 40


def test_a_picture_beside_a_long_mail_is_an_aside() -> None:
    """A photograph that is all of a mail may be a receipt; one beside a letter is not even possible."""
    picture = FileText("", "picture", "IMG_0001.jpg")
    assert rate_file(picture, Hints(), "").score >= 40 > rate_file(picture, Hints(), "words " * 100).score


JSON_LD = (
    '<script type="application/ld+json">{"@context":"http://schema.org","@type":"Invoice","confirmationNumber":"A-1",'
    '"totalPaymentDue":{"@type":"PriceSpecification","price":"12.50","priceCurrency":"EUR"},'
    '"provider":{"@type":"Organization","name":"Acme"},"paymentDueDate":"2024-05-01T10:00"}</script>'
)
MICRODATA = (
    '<div itemscope itemtype="http://schema.org/Invoice"><meta itemprop="confirmationNumber" content="A-1">'
    '<meta itemprop="price" content="12.50"><meta itemprop="priceCurrency" content="EUR"></div>'
)

LD = (
    '<script type="application/ld+json">{"@context":"http://schema.org","@type":"Invoice","confirmationNumber":"A-1",'
    '"totalPaymentDue":{"price":%s,"priceCurrency":"EUR"},"paymentDueDate":"%s"}</script>'
)


@pytest.mark.parametrize("html", [JSON_LD, MICRODATA], ids=["json-ld", "microdata"])
def test_what_is_said_to_machines_is_read(html: str) -> None:
    """schema.org Invoice: number, total and currency."""
    told = read_structured(html)
    assert (told.codes, told.number, told.total, told.currency) == (("schema_invoice",), "A-1", "12.50", "EUR")


@pytest.mark.parametrize(
    "html",
    [
        '<script type="application/ld+json">' + "[" * 100_000 + "</script> schema.org",
        '<script type="application/ld+json">{"@type": schema.org}</script>',
        '<script type="application/ld+json">schema.org',
        '<div itemtype="http://schema.org/Thing" itemprop=' + "x" * 100_000,
        '<script type="application/ld+json">{"@type":"Invoice","price":"NaN","a":"schema.org"}</script>',
    ],
)
def test_hostile_vocabulary_says_nothing(html: str) -> None:
    """Depth, length and nonsense end within their limits, and no value comes of them."""
    assert read_structured(html).total is None


@pytest.mark.parametrize(
    "price", ['"1e999999999"', '"1e-999999999"', "1e999", '"Infinity"', "true", '"9,99 or 5,00"', "[]"]
)
def test_an_impossible_price_is_none(price: str) -> None:
    """Nothing is computed with it either: an amount without bounds ended the child, and the mail was parked."""
    told = read_structured(LD % (price, "2024-05-01"))
    assert (told.number, told.total) == ("A-1", None)


@pytest.mark.parametrize(
    ("price", "total"), [('"1.234,56"', "1234.56"), ('"12,50 €"', "12.50"), ('"1,234.56"', "1234.56"), ("-0", "0.00")]
)
def test_a_price_in_its_country_s_spelling_is_read(price: str, total: str) -> None:
    """It counts before the text, so "1.234,56" must not be 1.23."""
    assert read_structured(LD % (price, "2024-05-01")).total == total


@pytest.mark.parametrize("day", ["9999-99-99", "2024-02-30", "0001-01-01", "9999-12-31"])
def test_what_is_no_day_of_the_calendar_is_no_date(day: str) -> None:
    """Days are stored, compared and sorted by."""
    assert read_structured(LD % ("5", day)).due_date is None
    assert read_structured(LD % ("5", "２０２４-０５-０１")).due_date == "2024-05-01"  # noqa: RUF001 - of Japan


def test_text_without_vocabulary_costs_nothing() -> None:
    """Most mails never heard of it."""
    assert read_structured("<p>hello</p>") == Structured()


@given(st.text(max_size=300))
def test_folding_keeps_every_character_in_its_place(text: str) -> None:
    """What is found in the folded text is cut out of the text as written."""
    assert len(fold(text)) == len(text)


@given(st.text(alphabet="Invoice total amount due €$.,-+()\n 0123456789/:#%kr", max_size=400))
def test_any_text_has_a_rating(text: str) -> None:
    """No text raises, and no score leaves its bounds."""
    rating = rate_text(text, Hints(subject=text[:40]), None)
    assert 0 <= rating.score <= 100
    assert asdict(rating)["evidence"] is not None
