"""Every code in the words of the three languages: (en, de, nl).

Here stand those that the rules give; what other rooms store is in rules.phrases_of_rooms. No text of a mail stands
here: those are parameters.
"""

from rules.phrases_of_rooms import PHRASES_OF_ROOMS
from rules.phrases_of_standards import PHRASES_OF_STANDARDS

PHRASES_OF_RULES: dict[str, tuple[str, str, str]] = {
    # Reasons: why a message was imported.
    "standard_fits": (
        'imported: it fits "{standard}"',
        'importiert: passt zu "{standard}"',
        'geïmporteerd: past bij "{standard}"',
    ),
    "standard_fits_claimed": (
        'imported: its original sender {claimed} (claimed) fits "{standard}"',
        'importiert: der ursprüngliche Absender {claimed} (laut Weiterleitung) passt zu "{standard}"',
        'geïmporteerd: de oorspronkelijke afzender {claimed} (volgens het doorgestuurde bericht) past bij "{standard}"',
    ),
    "carries_pdf": (
        'imported: "{filename}" is a PDF',
        'importiert: "{filename}" ist ein PDF',
        'geïmporteerd: "{filename}" is een pdf',
    ),
    "carries_e_invoice": (
        'imported: "{filename}" is an e-invoice',
        'importiert: "{filename}" ist eine E-Rechnung',
        'geïmporteerd: "{filename}" is een e-factuur',
    ),
    "carries_unnamed_pdf": (
        "imported: an attachment without a name (part {part}) is a PDF",
        "importiert: ein Anhang ohne Namen (Teil {part}) ist ein PDF",
        "geïmporteerd: een bijlage zonder naam (deel {part}) is een pdf",
    ),
    "carries_unnamed_e_invoice": (
        "imported: an attachment without a name (part {part}) is an e-invoice",
        "importiert: ein Anhang ohne Namen (Teil {part}) ist eine E-Rechnung",
        "geïmporteerd: een bijlage zonder naam (deel {part}) is een e-factuur",
    ),
    # Reasons: why it was not.
    "standard_without_text": (
        'not imported: it fits "{standard}", which keeps the e-mail text, but there is no text',
        'nicht importiert: passt zu "{standard}", der den E-Mail-Text übernimmt, hat aber keinen Text',
        'niet geïmporteerd: past bij "{standard}", die de e-mailtekst bewaart, maar er is geen tekst',
    ),
    "standard_without_attachments": (
        'not imported: it fits "{standard}", but carries no attachment to keep',
        'nicht importiert: passt zu "{standard}", hat aber keinen Anhang, der zu übernehmen wäre',
        'niet geïmporteerd: past bij "{standard}", maar heeft geen bijlage om te bewaren',
    ),
    "word_missing_of_sender": (
        'not imported: the sender fits "{standard}", but "{word}" is not in the subject',
        'nicht importiert: der Absender passt zu "{standard}", aber "{word}" steht nicht im Betreff',
        'niet geïmporteerd: de afzender past bij "{standard}", maar "{word}" staat niet in het onderwerp',
    ),
    "word_missing_of_claimed": (
        'not imported: the original sender {sender} (claimed) fits "{standard}", but "{word}" is not in the subject',
        'nicht importiert: der ursprüngliche Absender {sender} (laut Weiterleitung) passt zu "{standard}", '
        'aber "{word}" steht nicht im Betreff',
        "niet geïmporteerd: de oorspronkelijke afzender {sender} (volgens het doorgestuurde bericht) past bij "
        '"{standard}", maar "{word}" staat niet in het onderwerp',
    ),
    "forwarder_not_registered": (
        'not imported: the original sender {claimed} (claimed) fits "{standard}", but {forwarder} is not registered '
        "as a forwarder",
        'nicht importiert: der ursprüngliche Absender {claimed} (laut Weiterleitung) passt zu "{standard}", '
        "aber {forwarder} ist nicht als Weiterleiter eingetragen",
        "niet geïmporteerd: de oorspronkelijke afzender {claimed} (volgens het doorgestuurde bericht) past bij "
        '"{standard}", maar {forwarder} staat niet als doorstuurder geregistreerd',
    ),
    "forwarder_unknown": (
        'not imported: the original sender {claimed} (claimed) fits "{standard}", but it is not known whether '
        "{forwarder} truly sent this",
        'nicht importiert: der ursprüngliche Absender {claimed} (laut Weiterleitung) passt zu "{standard}", '
        "aber es ist nicht bekannt, ob {forwarder} dies wirklich gesendet hat",
        "niet geïmporteerd: de oorspronkelijke afzender {claimed} (volgens het doorgestuurde bericht) past bij "
        '"{standard}", maar het is niet bekend of {forwarder} dit echt heeft verstuurd',
    ),
    "nothing_fits": (
        "not imported: no import standard fits, and no attachment is a PDF or an e-invoice",
        "nicht importiert: kein Importstandard passt, und kein Anhang ist ein PDF oder eine E-Rechnung",
        "niet geïmporteerd: geen importstandaard past, en geen bijlage is een pdf of e-factuur",
    ),
    "nothing_fits_shown_by_body": (
        "not imported: no import standard fits, and the PDF or e-invoice belongs to the e-mail text",
        "nicht importiert: kein Importstandard passt, und das PDF oder die E-Rechnung gehört zum E-Mail-Text",
        "niet geïmporteerd: geen importstandaard past, en de pdf of e-factuur hoort bij de e-mailtekst",
    ),
    "nothing_fits_no_attachment": (
        "not imported: no import standard fits, and there is no attachment",
        "nicht importiert: kein Importstandard passt, und es gibt keinen Anhang",
        "niet geïmporteerd: geen importstandaard past, en er is geen bijlage",
    ),
    "nothing_fits_in_what_was_read": (
        "not imported: no import standard fits, and what was read of this very large or deeply nested mail holds no "
        "PDF or e-invoice",
        "nicht importiert: kein Importstandard passt, und in dem, was von dieser sehr großen oder tief verschachtelten "
        "Mail gelesen wurde, steht weder ein PDF noch eine E-Rechnung",
        "niet geïmporteerd: geen importstandaard past, en wat van deze zeer grote of diep geneste mail gelezen is, "
        "bevat geen pdf of e-factuur",
    ),
    # Trace lines of a standard.
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
    "keeps_text": ("the e-mail text is kept", "der E-Mail-Text wird übernommen", "de e-mailtekst wordt bewaard"),
    "keeps_attachments": (
        "attachments kept: {count}",
        "übernommene Anhänge: {count}",
        "bewaarde bijlagen: {count}",
    ),
    "keeps_nothing": ("nothing to keep", "nichts zu übernehmen", "niets om te bewaren"),
    # Trace lines of built-in recognition.
    "is_pdf": ('"{filename}" is a PDF', '"{filename}" ist ein PDF', '"{filename}" is een pdf'),
    "is_e_invoice": (
        '"{filename}" is an e-invoice',
        '"{filename}" ist eine E-Rechnung',
        '"{filename}" is een e-factuur',
    ),
    "is_unnamed_pdf": (
        "an attachment without a name (part {part}) is a PDF",
        "ein Anhang ohne Namen (Teil {part}) ist ein PDF",
        "een bijlage zonder naam (deel {part}) is een pdf",
    ),
    "is_unnamed_e_invoice": (
        "an attachment without a name (part {part}) is an e-invoice",
        "ein Anhang ohne Namen (Teil {part}) ist eine E-Rechnung",
        "een bijlage zonder naam (deel {part}) is een e-factuur",
    ),
    "not_all_read": (
        "not all of this mail was read: it has more parts, levels or octets than are read of one",
        "diese Mail wurde nicht ganz gelesen: sie hat mehr Teile, Ebenen oder Oktette, als von einer gelesen werden",
        "deze mail is niet helemaal gelezen: ze heeft meer delen, niveaus of octetten dan van één mail gelezen worden",
    ),
    "nothing_recognised": (
        "no attachment is a PDF or an e-invoice that stands by itself",
        "kein Anhang ist ein PDF oder eine E-Rechnung, die für sich steht",
        "geen bijlage is een pdf of e-factuur die op zichzelf staat",
    ),
    "recognition_held_back": (
        'not asked, because "{standard}" names this sender',
        'nicht gefragt, weil "{standard}" diesen Absender nennt',
        'niet gevraagd, omdat "{standard}" deze afzender noemt',
    ),
}

PHRASES_OF_RULES |= PHRASES_OF_STANDARDS
PHRASES = PHRASES_OF_RULES | PHRASES_OF_ROOMS
