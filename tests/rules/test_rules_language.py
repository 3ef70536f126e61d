"""The language of a mail's text: known where it is clear, unknown where it is not (law 20)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.recognition.language import language_of

LETTERS = {
    "de": "Sehr geehrte Damen und Herren, anbei erhalten Sie die Rechnung für den Monat November. Vielen Dank!",
    "en": "Dear customer, please find attached the invoice for your order. Thank you for shopping with us.",
    "nl": "Geachte heer, hierbij ontvangt u de factuur voor uw bestelling. Met vriendelijke groet, het team.",
    "fr": "Bonjour, veuillez trouver ci-joint la facture de votre commande. Merci pour la confiance que vous avez.",
    "it": "Gentile cliente, in allegato la fattura del suo ordine. Grazie per la fiducia e cordiali saluti.",
    "es": "Hola, le enviamos la factura de su pedido en el archivo adjunto. Gracias por confiar en nosotros, saludos.",
    "pt": "Prezado cliente, segue a fatura do seu pedido. Obrigado por confiar em nossa empresa, não esqueça.",
    "pl": "Dzień dobry, w załączniku przesyłamy fakturę za usługi oraz potwierdzenie. Dziękujemy i pozdrawiamy.",
    "sv": "Hej, här kommer fakturan för din beställning från oss. Tack för att du handlar och vänliga hälsningar.",
    "ja": "いつもお世話になっております。11月分の請求書を添付いたします。",
    "zh": "您好\uff0c附件是您十一月份的发票\uff0c请查收。",
    "ko": "안녕하세요, 11월 청구서를 첨부합니다.",
}


@pytest.mark.parametrize(("language", "text"), LETTERS.items(), ids=LETTERS)
def test_a_letter_tells_its_language(language: str, text: str) -> None:
    """Two sentences that come with an invoice are enough."""
    assert language_of(text) == language


@pytest.mark.parametrize("text", ["", "4711", "Invoice", "ACME GmbH Musterstr. 1 Berlin", "de la in", "en en en en"])
def test_what_is_not_clear_is_unknown(text: str) -> None:
    """Law 20: no guess where too little is said, or several languages say it."""
    assert language_of(text) is None


def test_two_languages_side_by_side_are_unknown() -> None:
    """A mail that says everything twice has no language that one could ask for."""
    assert language_of(LETTERS["de"] + " " + LETTERS["en"]) is None


@given(st.text(max_size=500))
def test_no_text_hurts(text: str) -> None:
    """Whatever a mail says, a language or none comes of it."""
    assert language_of(text) is None or len(language_of(text) or "") == 2
