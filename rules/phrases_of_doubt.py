"""What speaks against a text being an accounting document, and where it stood: (en, de, nl)."""

PHRASES_OF_DOUBT: dict[str, tuple[str, str, str]] = {
    "evidence_no_total": ("no total", "keine Summe", "geen totaal"),
    "evidence_no_number_no_title": ("neither a number nor a title", "weder Nummer noch Titel", "nummer noch titel"),
    "evidence_mailing_list": (
        "it came by a mailing list",
        "es kam über eine Mailingliste",
        "het kwam via een mailinglijst",
    ),
    "evidence_bulk": ("it was sent to many", "es ging an viele", "het ging naar velen"),
    "evidence_reply": ("it is a reply", "es ist eine Antwort", "het is een antwoord"),
    "evidence_quoted": ("it stands in a quotation", "es steht in einem Zitat", "het staat in een citaat"),
    "evidence_order_title": (
        "its title is that of an order",
        "sein Titel ist der einer Bestellung",
        "de titel is die van een bestelling",
    ),
    "evidence_order_in_subject": (
        "the subject names an order",
        "der Betreff nennt eine Bestellung",
        "het onderwerp noemt een bestelling",
    ),
    "evidence_booking_title": (
        "its title is that of a booking",
        "sein Titel ist der einer Buchung",
        "de titel is die van een boeking",
    ),
    "evidence_booking_in_subject": (
        "the subject names a booking",
        "der Betreff nennt eine Buchung",
        "het onderwerp noemt een boeking",
    ),
    "evidence_purchase_order_title": (
        "its title is that of an order to a supplier",
        "sein Titel ist der einer Bestellung beim Lieferanten",
        "de titel is die van een inkooporder",
    ),
    "evidence_purchase_order_in_subject": (
        "the subject names an order to a supplier",
        "der Betreff nennt eine Bestellung beim Lieferanten",
        "het onderwerp noemt een inkooporder",
    ),
    "evidence_quote_title": (
        "its title is that of an offer",
        "sein Titel ist der eines Angebots",
        "de titel is die van een offerte",
    ),
    "evidence_quote_in_subject": (
        "the subject names an offer",
        "der Betreff nennt ein Angebot",
        "het onderwerp noemt een offerte",
    ),
    "evidence_delivery_in_subject": (
        "the subject speaks of a delivery",
        "der Betreff spricht von einer Lieferung",
        "het onderwerp gaat over een levering",
    ),
    "evidence_delivery_title": (
        "its title is that of a delivery note",
        "sein Titel ist der eines Lieferscheins",
        "de titel is die van een pakbon",
    ),
    "evidence_delivery_words": ("words of delivering", "Wörter des Lieferns", "woorden van leveren"),
    "evidence_terms_title": (
        "its title is that of terms and conditions",
        "sein Titel ist der von Geschäftsbedingungen",
        "de titel is die van voorwaarden",
    ),
    "evidence_statement_title": (
        "its title is that of a statement of account",
        "sein Titel ist der eines Kontoauszugs",
        "de titel is die van een rekeningoverzicht",
    ),
    "evidence_proforma_title": (
        "its title is that of a pro forma invoice",
        "sein Titel ist der einer Proforma-Rechnung",
        "de titel is die van een pro-formafactuur",
    ),
    "evidence_account_in_subject": (
        "the subject speaks of a user account",
        "der Betreff spricht von einem Benutzerkonto",
        "het onderwerp gaat over een gebruikersaccount",
    ),
    "evidence_account_words": ("words of user accounts", "Wörter von Benutzerkonten", "woorden van gebruikersaccounts"),
    "evidence_newsletter_in_subject": (
        "the subject names a newsletter",
        "der Betreff nennt einen Newsletter",
        "het onderwerp noemt een nieuwsbrief",
    ),
    "evidence_newsletter_words": ("words of newsletters", "Wörter von Newslettern", "woorden van nieuwsbrieven"),
    "evidence_marketing_in_subject": ("the subject advertises", "der Betreff wirbt", "het onderwerp maakt reclame"),
    "evidence_marketing_words": ("words of advertising", "Wörter der Werbung", "woorden van reclame"),
    "evidence_not_yet": (
        "it says that the invoice follows",
        "es sagt, dass die Rechnung noch folgt",
        "het zegt dat de factuur nog volgt",
    ),
    "evidence_denied": (
        "it says that it is no invoice",
        "es sagt, dass es keine Rechnung ist",
        "het zegt dat het geen factuur is",
    ),
    "evidence_elsewhere": (
        "it says that the invoice lies elsewhere",
        "es sagt, dass die Rechnung anderswo liegt",
        "het zegt dat de factuur ergens anders staat",
    ),
    "evidence_schema_delivery": (
        "the mail carries a parcel's data (schema.org)",
        "die Mail trägt Daten eines Pakets (schema.org)",
        "de mail draagt gegevens van een pakket (schema.org)",
    ),
    "evidence_schema_booking": (
        "the mail carries a reservation's data (schema.org)",
        "die Mail trägt Daten einer Reservierung (schema.org)",
        "de mail draagt gegevens van een reservering (schema.org)",
    ),
}

PHRASES_OF_DOUBT |= {
    # Where evidence stood.
    "place_subject": ("in the subject", "im Betreff", "in het onderwerp"),
    "place_sender": ("in the sender", "im Absender", "in de afzender"),
    "place_header": ("in the header", "im Kopf der Mail", "in de kop van de mail"),
    "place_filename": ("in the file's name", "im Dateinamen", "in de bestandsnaam"),
    "place_html": ("in the HTML", "im HTML", "in de HTML"),
    "place_code": ("in a payment code", "in einem Zahlungscode", "in een betaalcode"),
    "place_mail": ("in the mail around it", "in der Mail darum", "in de mail eromheen"),
    "place_values": ("in what it says", "in dem, was da steht", "in wat er staat"),
    "place_line": ("line {number}", "Zeile {number}", "regel {number}"),
}
