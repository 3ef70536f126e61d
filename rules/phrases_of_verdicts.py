"""What a standard says of a mail, step by step, in the three languages: (en, de, nl).

The parameter `fact` names what a condition asks about; it is put into words as well (FACT_WORDS).
"""

FACT_WORDS: dict[str, tuple[str, str, str]] = {
    "sender": ("sender", "Absender", "afzender"),
    "original_sender": ("original sender", "ursprünglicher Absender", "oorspronkelijke afzender"),
    "sender_field": ("header field Sender", "Kopffeld Sender", "kopveld Sender"),
    "reply_to": ("header field Reply-To", "Kopffeld Reply-To", "kopveld Reply-To"),
    "reverse_path": ("reverse-path", "Rückpfad", "retourpad"),
    "label": ("label", "Etikett", "label"),
    "subject": ("subject", "Betreff", "onderwerp"),
    "subject_pattern": ("pattern in the subject", "Muster im Betreff", "patroon in het onderwerp"),
    "attachment_name": ("name of an attachment", "Name eines Anhangs", "naam van een bijlage"),
    "body": ("text", "Text", "tekst"),
    "body_pattern": ("pattern in the text", "Muster im Text", "patroon in de tekst"),
    "attachment_type": ("type of an attachment", "Art eines Anhangs", "soort bijlage"),
    "language": ("language", "Sprache", "taal"),
    "authentication": ("authentication", "Authentifizierung", "authenticatie"),
    "size": ("size", "Größe", "grootte"),
    "document_type": ("type of the document", "Art des Dokuments", "soort document"),
    "seller": ("seller", "Verkäufer", "verkoper"),
    "vat_id": ("VAT id of the seller", "USt-IdNr. des Verkäufers", "btw-nummer van de verkoper"),
    "e_invoice": ("format of the e-invoice", "Format der E-Rechnung", "formaat van de e-factuur"),
    "currency": ("currency", "Währung", "valuta"),
}

PHRASES_OF_VERDICTS: dict[str, tuple[str, str, str]] = {
    "sender_fits": ("fits: sender {sender}", "passt: Absender {sender}", "past: afzender {sender}"),
    "claimed_fits": (
        "fits: original sender {sender} (claimed)",
        "passt: ursprünglicher Absender {sender} (laut Weiterleitung)",
        "past: oorspronkelijke afzender {sender} (volgens het doorgestuurde bericht)",
    ),
    "word_fits": (
        'fits: "{word}" is in the subject',
        'passt: "{word}" steht im Betreff',
        'past: "{word}" staat in het onderwerp',
    ),
    "condition_fits": ("fits: {fact} {value}", "passt: {fact} {value}", "past: {fact} {value}"),
    "condition_differs": (
        "{fact} does not fit: {value}",
        "{fact} passt nicht: {value}",
        "{fact} past niet: {value}",
    ),
    "condition_excluded": (
        "excluded, {fact}: {value}",
        "ausgeschlossen, {fact}: {value}",
        "uitgesloten, {fact}: {value}",
    ),
    "condition_unknown": (
        "{fact} is not known",
        "{fact} ist nicht bekannt",
        "{fact} is niet bekend",
    ),
    "sender_fits_rest_differs": (
        "the sender {sender} fits, but {fact} does not: {value}",
        "der Absender {sender} passt, aber {fact} nicht: {value}",
        "de afzender {sender} past, maar {fact} niet: {value}",
    ),
    "claimed_fits_rest_differs": (
        "the original sender {sender} (claimed) fits, but {fact} does not: {value}",
        "der ursprüngliche Absender {sender} (laut Weiterleitung) passt, aber {fact} nicht: {value}",
        "de oorspronkelijke afzender {sender} (volgens het doorgestuurde bericht) past, maar {fact} niet: {value}",
    ),
    "sender_fits_rest_excluded": (
        "the sender {sender} fits, but it is excluded, {fact}: {value}",
        "der Absender {sender} passt, aber ausgeschlossen, {fact}: {value}",
        "de afzender {sender} past, maar uitgesloten, {fact}: {value}",
    ),
    "claimed_fits_rest_excluded": (
        "the original sender {sender} (claimed) fits, but it is excluded, {fact}: {value}",
        "der ursprüngliche Absender {sender} (laut Weiterleitung) passt, aber ausgeschlossen, {fact}: {value}",
        "de oorspronkelijke afzender {sender} (volgens het doorgestuurde bericht) past, maar uitgesloten, "
        "{fact}: {value}",
    ),
    "sender_fits_rest_unknown": (
        "the sender {sender} fits, but {fact} is not known",
        "der Absender {sender} passt, aber {fact} ist nicht bekannt",
        "de afzender {sender} past, maar {fact} is niet bekend",
    ),
    "claimed_fits_rest_unknown": (
        "the original sender {sender} (claimed) fits, but {fact} is not known",
        "der ursprüngliche Absender {sender} (laut Weiterleitung) passt, aber {fact} ist nicht bekannt",
        "de oorspronkelijke afzender {sender} (volgens het doorgestuurde bericht) past, maar {fact} is niet bekend",
    ),
    "sender_differs": (
        "the sender is not {sender}",
        "der Absender ist nicht {sender}",
        "de afzender is niet {sender}",
    ),
    "word_missing": (
        '"{word}" is not in the subject',
        '"{word}" steht nicht im Betreff',
        '"{word}" staat niet in het onderwerp',
    ),
    "sender_fits_word_missing": (
        'the sender {sender} fits, but "{word}" is not in the subject',
        'der Absender {sender} passt, aber "{word}" steht nicht im Betreff',
        'de afzender {sender} past, maar "{word}" staat niet in het onderwerp',
    ),
    "claimed_fits_word_missing": (
        'the original sender {sender} (claimed) fits, but "{word}" is not in the subject',
        'der ursprüngliche Absender {sender} (laut Weiterleitung) passt, aber "{word}" steht nicht im Betreff',
        'de oorspronkelijke afzender {sender} (volgens het doorgestuurde bericht) past, maar "{word}" staat niet in '
        "het onderwerp",
    ),
    "claimed_fits_forwarder_not_registered": (
        "the original sender {claimed} (claimed) fits, but {forwarder} is not registered as a forwarder",
        "der ursprüngliche Absender {claimed} (laut Weiterleitung) passt, aber {forwarder} ist nicht als Weiterleiter "
        "eingetragen",
        "de oorspronkelijke afzender {claimed} (volgens het doorgestuurde bericht) past, maar {forwarder} staat niet "
        "als doorstuurder geregistreerd",
    ),
    "claimed_fits_forwarder_unknown": (
        "the original sender {claimed} (claimed) fits, but it is not known whether {forwarder} truly sent this",
        "der ursprüngliche Absender {claimed} (laut Weiterleitung) passt, aber es ist nicht bekannt, ob {forwarder} "
        "dies wirklich gesendet hat",
        "de oorspronkelijke afzender {claimed} (volgens het doorgestuurde bericht) past, maar het is niet bekend of "
        "{forwarder} dit echt heeft verstuurd",
    ),
    "claimed_fits_forwarder_not_authenticated": (
        "the original sender {claimed} (claimed) fits, but it is not proven that {forwarder} sent this",
        "der ursprüngliche Absender {claimed} (laut Weiterleitung) passt, aber es ist nicht erwiesen, dass {forwarder} "
        "dies gesendet hat",
        "de oorspronkelijke afzender {claimed} (volgens het doorgestuurde bericht) past, maar het is niet bewezen dat "
        "{forwarder} dit heeft verstuurd",
    ),
    "has_last_word": (
        "has the last word about this sender: nothing else was asked",
        "hat das letzte Wort über diesen Absender: sonst wurde nichts gefragt",
        "heeft het laatste woord over deze afzender: verder is niets gevraagd",
    ),
    "ignores": (
        "such mail is no document",
        "solche Mail ist kein Dokument",
        "zulke mail is geen document",
    ),
    "keeps_text": ("the e-mail text is kept", "der E-Mail-Text wird übernommen", "de e-mailtekst wordt bewaard"),
    "keeps_attachments": (
        "attachments kept: {count}",
        "übernommene Anhänge: {count}",
        "bewaarde bijlagen: {count}",
    ),
    "keeps_nothing": ("nothing to keep", "nichts zu übernehmen", "niets om te bewaren"),
}
