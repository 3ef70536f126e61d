"""The words of what recognition says about accounting documents: (en, de, nl). Used by rules.phrases."""

PHRASES_OF_RECOGNITION: dict[str, tuple[str, str, str]] = {
    "text_is_document": (
        "imported: the e-mail text is an invoice or a receipt ({score} of 100 points)",
        "importiert: der E-Mail-Text ist eine Rechnung oder ein Beleg ({score} von 100 Punkten)",
        "geïmporteerd: de tekst van de e-mail is een factuur of een bon ({score} van 100 punten)",
    ),
    "carries_picture": (
        'imported: "{filename}" is a picture of an invoice or a receipt',
        'importiert: "{filename}" ist das Bild einer Rechnung oder eines Belegs',
        'geïmporteerd: "{filename}" is een afbeelding van een factuur of een bon',
    ),
    "possible_invoice": (
        "not imported: possible invoice ({score} of 100 points)",
        "nicht importiert: mögliche Rechnung ({score} von 100 Punkten)",
        "niet geïmporteerd: mogelijke factuur ({score} van 100 punten)",
    ),
    "possible_picture": (
        'not imported: possible invoice, but its picture "{filename}" came in {count} earlier mails of this sender',
        'nicht importiert: mögliche Rechnung, doch ihr Bild "{filename}" kam in {count} früheren Mails dieses '
        "Absenders",
        'niet geïmporteerd: mogelijke factuur, maar de afbeelding "{filename}" kwam in {count} eerdere mails van deze '
        "afzender",
    ),
    "picture_left_out": (
        'left out: the picture "{filename}" came in {count} earlier mails of this sender',
        'weggelassen: das Bild "{filename}" kam in {count} früheren Mails dieses Absenders',
        'weggelaten: de afbeelding "{filename}" kwam in {count} eerdere mails van deze afzender',
    ),
    "no_accounting_document": (
        "not imported: no import standard fits, and no attached PDF is an invoice or a receipt ({score} of 100 points)",
        "nicht importiert: kein Importstandard passt, und kein angehängtes PDF ist eine Rechnung oder ein Beleg "
        "({score} von 100 Punkten)",
        "niet geïmporteerd: geen importstandaard past, en geen bijgevoegde pdf is een factuur of een bon "
        "({score} van 100 punten)",
    ),
    "nothing_fits_left_unread": (
        "not imported: no import standard fits, and not all of this mail could be read: a file in it took its reader "
        "too long, or broke it",
        "nicht importiert: kein Importstandard passt, und diese Mail war nicht ganz lesbar: an einer Datei in ihr las "
        "der Leser zu lange, oder er brach ab",
        "niet geïmporteerd: geen importstandaard past, en deze mail was niet helemaal leesbaar: over een bestand "
        "erin deed de lezer te lang, of hij brak af",
    ),
    "bounce": (
        "not imported: this is a report about a mail's delivery",
        "nicht importiert: das ist ein Bericht über die Zustellung einer Mail",
        "niet geïmporteerd: dit is een bericht over de bezorging van een mail",
    ),
    "auto_reply": (
        "not imported: this is an automatic reply",
        "nicht importiert: das ist eine automatische Antwort",
        "niet geïmporteerd: dit is een automatisch antwoord",
    ),
    "forwarding_confirmation": (
        "not imported: it says that a mail service asks whether mail may be forwarded to this address; confirm with "
        "its link or code ({domain}) if you have set this up, as anybody can write such a mail",
        "nicht importiert: angeblich fragt ein Maildienst, ob an diese Adresse weitergeleitet werden darf; mit Link "
        "oder Code ({domain}) nur bestätigen, was selbst eingerichtet wurde, denn so eine Mail kann jeder schreiben",
        "niet geïmporteerd: een maildienst zou vragen of naar dit adres doorgestuurd mag worden; bevestig met link of "
        "code ({domain}) alleen wat u zelf hebt ingesteld, want zo'n mail kan iedereen schrijven",
    ),
    "link_only": (
        "not imported: the invoice is not in this mail, it says to fetch it at {domain}",
        "nicht importiert: die Rechnung ist nicht in dieser Mail, sie soll bei {domain} abgeholt werden",
        "niet geïmporteerd: de factuur zit niet in deze mail, ze moet bij {domain} opgehaald worden",
    ),
    "is_picture": (
        '"{filename}" is a picture that may be a document',
        '"{filename}" ist ein Bild, das ein Dokument sein kann',
        '"{filename}" is een afbeelding die een document kan zijn',
    ),
    "text_rated": (
        "the e-mail text has {score} of 100 points for being an invoice or a receipt",
        "der E-Mail-Text hat {score} von 100 Punkten dafür, eine Rechnung oder ein Beleg zu sein",
        "de tekst van de e-mail heeft {score} van 100 punten voor een factuur of een bon",
    ),
    "file_rated": (
        '"{filename}" has {score} of 100 points for being an invoice or a receipt',
        '"{filename}" hat {score} von 100 Punkten dafür, eine Rechnung oder ein Beleg zu sein',
        '"{filename}" heeft {score} van 100 punten voor een factuur of een bon',
    ),
    "unread_pdf": (
        '"{filename}" could not be read in time, or ended its reader; its text was not searched',
        '"{filename}" war nicht rechtzeitig lesbar, oder der Leser brach ab; der Text wurde nicht durchsucht',
        '"{filename}" was niet op tijd leesbaar, of de lezer brak af; de tekst is niet doorzocht',
    ),
    "unread_codes": (
        '"{filename}": its pages could not be drawn in time, or ended their reader; no payment code was looked for',
        '"{filename}": die Seiten waren nicht rechtzeitig zu zeichnen, oder der Leser brach ab; es wurde kein '
        "Zahlcode gesucht",
        '"{filename}": de pagina\'s waren niet op tijd te tekenen, of de lezer brak af; er is geen betaalcode gezocht',
    ),
    "unread_files": (
        '"{filename}": the files in it could not be looked for in time, or ended their reader',
        '"{filename}": die Dateien darin waren nicht rechtzeitig zu finden, oder der Leser brach ab',
        '"{filename}": de bestanden erin waren niet op tijd te vinden, of de lezer brak af',
    ),
    "unread_xml": (
        '"{filename}": its XML could not be read in time, or ended its reader; it was not read as an e-invoice',
        '"{filename}": das XML war nicht rechtzeitig lesbar, oder der Leser brach ab; es wurde nicht als E-Rechnung '
        "gelesen",
        '"{filename}": de XML was niet op tijd leesbaar, of de lezer brak af; ze is niet als e-factuur gelezen',
    ),
    "unread_packing": (
        '"{filename}" could not be opened in time, or ended its reader; what is in it was not read',
        '"{filename}" war nicht rechtzeitig zu öffnen, oder der Leser brach ab; der Inhalt wurde nicht gelesen',
        '"{filename}" was niet op tijd te openen, of de lezer brak af; de inhoud is niet gelezen',
    ),
    "unread_picture": (
        '"{filename}": how large this picture is could not be read in time, or ended its reader',
        '"{filename}": die Größe dieses Bildes war nicht rechtzeitig lesbar, oder der Leser brach ab',
        '"{filename}": de grootte van deze afbeelding was niet op tijd leesbaar, of de lezer brak af',
    ),
}
