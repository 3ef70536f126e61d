"""What speaks for a text being an accounting document, in the words of the three languages: (en, de, nl)."""

PHRASES_OF_EVIDENCE: dict[str, tuple[str, str, str]] = {
    "evidence_title_line": (
        'a title such as "invoice" stands by itself',
        "ein Titel wie „Rechnung“ steht für sich",
        'een titel zoals "factuur" staat op zichzelf',
    ),
    "evidence_title_in_text": (
        'a title such as "invoice" is in the text',
        "ein Titel wie „Rechnung“ kommt im Text vor",
        'een titel zoals "factuur" komt in de tekst voor',
    ),
    "evidence_number": (
        "a document number behind its label",
        "eine Belegnummer hinter ihrer Bezeichnung",
        "een documentnummer achter zijn aanduiding",
    ),
    "evidence_reference_number": ("a reference number", "eine Referenznummer", "een referentienummer"),
    "evidence_order_number": ("an order number", "eine Bestellnummer", "een bestelnummer"),
    "evidence_customer_number": ("a customer number", "eine Kundennummer", "een klantnummer"),
    "evidence_total": ("a total with its currency", "eine Summe mit Währung", "een totaal met valuta"),
    "evidence_total_without_currency": (
        "a total without a currency",
        "eine Summe ohne Währung",
        "een totaal zonder valuta",
    ),
    "evidence_paid": ("it says that it was paid", "er sagt, dass bezahlt wurde", "het zegt dat er betaald is"),
    "evidence_card_amount": (
        "an amount beside a payment card, and no total",
        "ein Betrag bei einer Zahlungskarte, ohne Summe",
        "een bedrag bij een betaalkaart, zonder totaal",
    ),
    "evidence_sum_agrees": (
        "net and tax add up to the total",
        "Netto und Steuer ergeben die Summe",
        "netto en belasting vormen samen het totaal",
    ),
    "evidence_tax": (
        "a tax with its amount or rate",
        "eine Steuer mit Betrag oder Satz",
        "een belasting met bedrag of tarief",
    ),
    "evidence_amounts": ("several lines with amounts", "mehrere Zeilen mit Beträgen", "meerdere regels met bedragen"),
    "evidence_date_label": (
        "a date behind its label",
        "ein Datum hinter seiner Bezeichnung",
        "een datum achter zijn aanduiding",
    ),
    "evidence_due_date": (
        "a date until which to pay",
        "ein Tag, bis zu dem zu zahlen ist",
        "een datum waarvoor betaald moet worden",
    ),
    "evidence_vat_id": (
        "a VAT id whose check digits are right",
        "eine USt-IdNr. mit richtigen Prüfziffern",
        "een btw-nummer met juiste controlecijfers",
    ),
    "evidence_tax_id_label": (
        "a tax number's label",
        "die Bezeichnung einer Steuernummer",
        "de aanduiding van een belastingnummer",
    ),
    "evidence_several_ibans": ("several accounts", "mehrere Konten", "meerdere rekeningen"),
    "evidence_iban": (
        "an IBAN whose check digits are right",
        "eine IBAN mit richtigen Prüfziffern",
        "een IBAN met juiste controlecijfers",
    ),
    "evidence_payment_words": ("words of paying", "Wörter des Bezahlens", "woorden van betalen"),
    "evidence_purchase_words": ("words of buying", "Wörter des Kaufens", "woorden van kopen"),
    "evidence_title_in_subject": (
        "the subject names an invoice or a receipt",
        "der Betreff nennt eine Rechnung oder einen Beleg",
        "het onderwerp noemt een factuur of een bon",
    ),
    "evidence_number_in_subject": (
        "the subject holds a document number",
        "im Betreff steht eine Belegnummer",
        "in het onderwerp staat een documentnummer",
    ),
    "evidence_payment_in_subject": (
        "the subject speaks of a payment",
        "der Betreff spricht von einer Zahlung",
        "het onderwerp gaat over een betaling",
    ),
    "evidence_amount_in_subject": (
        "the subject holds an amount",
        "im Betreff steht ein Betrag",
        "in het onderwerp staat een bedrag",
    ),
    "evidence_title_in_filename": ("the file's name says so", "der Dateiname sagt es", "de bestandsnaam zegt het"),
    "evidence_title_in_sender": (
        "the sender's name or address says so",
        "Name oder Adresse des Absenders sagt es",
        "naam of adres van de afzender zegt het",
    ),
    "evidence_announced": (
        "the e-mail text announces it as attached",
        "der E-Mail-Text kündigt es als Anhang an",
        "de e-mailtekst kondigt het als bijlage aan",
    ),
    "evidence_schema_invoice": (
        "the mail carries an invoice's data (schema.org)",
        "die Mail trägt Daten einer Rechnung (schema.org)",
        "de mail draagt gegevens van een factuur (schema.org)",
    ),
    "evidence_schema_order": (
        "the mail carries an order's data (schema.org)",
        "die Mail trägt Daten einer Bestellung (schema.org)",
        "de mail draagt gegevens van een bestelling (schema.org)",
    ),
    "evidence_epc_code": ("a payment code (EPC)", "ein Zahlungscode (EPC)", "een betaalcode (EPC)"),
    "evidence_swiss_qr_code": ("a Swiss QR-bill", "eine Schweizer QR-Rechnung", "een Zwitserse QR-factuur"),
    "evidence_unreadable_file": (
        "a file without text that can be read: it may be a scan",
        "eine Datei ohne lesbaren Text: sie kann ein Scan sein",
        "een bestand zonder leesbare tekst: het kan een scan zijn",
    ),
    "evidence_picture_aside": (
        "a picture beside a long text",
        "ein Bild neben einem langen Text",
        "een afbeelding naast een lange tekst",
    ),
}
