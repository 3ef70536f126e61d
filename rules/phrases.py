"""Every code in the words of the three languages: (en, de, nl).

Here stand those that the rules give; what other rooms store is in rules.phrases_of_rooms. No text of a mail stands
here: those are parameters.
"""

from rules.phrases_of_accounts import PHRASES_OF_ACCOUNTS
from rules.phrases_of_consent import PHRASES_OF_CONSENT
from rules.phrases_of_documents import PHRASES_OF_DOCUMENTS
from rules.phrases_of_doubt import PHRASES_OF_DOUBT
from rules.phrases_of_evidence import PHRASES_OF_EVIDENCE
from rules.phrases_of_findings import PHRASES_OF_FINDINGS
from rules.phrases_of_left_mail import PHRASES_OF_LEFT_MAIL
from rules.phrases_of_linking import PHRASES_OF_LINKING
from rules.phrases_of_recognition import PHRASES_OF_RECOGNITION
from rules.phrases_of_rooms import PHRASES_OF_ROOMS
from rules.phrases_of_standards import PHRASES_OF_STANDARDS
from rules.phrases_of_verdicts import PHRASES_OF_VERDICTS

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
    "standard_ignores": (
        'not imported: it fits "{standard}", which says that such mail is no document',
        'nicht importiert: passt zu "{standard}", wonach solche Mail kein Dokument ist',
        'niet geïmporteerd: past bij "{standard}", die zegt dat zulke mail geen document is',
    ),
    "standard_ignores_claimed": (
        'not imported: its original sender {claimed} (claimed) fits "{standard}", which says that such mail is no '
        "document",
        'nicht importiert: der ursprüngliche Absender {claimed} (laut Weiterleitung) passt zu "{standard}", wonach '
        "solche Mail kein Dokument ist",
        "niet geïmporteerd: de oorspronkelijke afzender {claimed} (volgens het doorgestuurde bericht) past bij "
        '"{standard}", die zegt dat zulke mail geen document is',
    ),
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
    "standard_without_named_attachments": (
        'not imported: it fits "{standard}", but carries no attachment of the names that it keeps',
        'nicht importiert: passt zu "{standard}", hat aber keinen Anhang mit einem der Namen, die er übernimmt',
        'niet geïmporteerd: past bij "{standard}", maar heeft geen bijlage met een naam die hij bewaart',
    ),
    "standard_without_anything": (
        'not imported: it fits "{standard}", but has neither text nor an attachment to keep',
        'nicht importiert: passt zu "{standard}", hat aber weder Text noch einen Anhang, der zu übernehmen wäre',
        'niet geïmporteerd: past bij "{standard}", maar heeft geen tekst en geen bijlage om te bewaren',
    ),
    "last_word_differs": (
        'not imported: "{standard}" has the last word about this sender, and does not fit',
        'nicht importiert: "{standard}" hat das letzte Wort über diesen Absender und passt nicht',
        'niet geïmporteerd: "{standard}" heeft het laatste woord over deze afzender en past niet',
    ),
    "rest_differs_of_sender": (
        'not imported: the sender {sender} fits "{standard}", but not its condition ({fact}: {value})',
        'nicht importiert: der Absender {sender} passt zu "{standard}", aber nicht die Bedingung ({fact}: {value})',
        'niet geïmporteerd: de afzender {sender} past bij "{standard}", maar niet de voorwaarde ({fact}: {value})',
    ),
    "rest_differs_of_claimed": (
        'not imported: the original sender {sender} (claimed) fits "{standard}", but not its condition '
        "({fact}: {value})",
        'nicht importiert: der ursprüngliche Absender {sender} (laut Weiterleitung) passt zu "{standard}", aber nicht '
        "die Bedingung ({fact}: {value})",
        "niet geïmporteerd: de oorspronkelijke afzender {sender} (volgens het doorgestuurde bericht) past bij "
        '"{standard}", maar niet de voorwaarde ({fact}: {value})',
    ),
    "rest_excluded_of_sender": (
        'not imported: the sender {sender} fits "{standard}", which excludes such mail ({fact}: {value})',
        'nicht importiert: der Absender {sender} passt zu "{standard}", der solche Mail ausschließt ({fact}: {value})',
        'niet geïmporteerd: de afzender {sender} past bij "{standard}", die zulke mail uitsluit ({fact}: {value})',
    ),
    "rest_excluded_of_claimed": (
        'not imported: the original sender {sender} (claimed) fits "{standard}", which excludes such mail '
        "({fact}: {value})",
        'nicht importiert: der ursprüngliche Absender {sender} (laut Weiterleitung) passt zu "{standard}", der solche '
        "Mail ausschließt ({fact}: {value})",
        "niet geïmporteerd: de oorspronkelijke afzender {sender} (volgens het doorgestuurde bericht) past bij "
        '"{standard}", die zulke mail uitsluit ({fact}: {value})',
    ),
    "rest_unknown_of_sender": (
        'not imported: the sender {sender} fits "{standard}", but {fact}, which it asks for, is not known',
        'nicht importiert: der Absender {sender} passt zu "{standard}", aber {fact}, wonach er fragt, ist nicht '
        "bekannt",
        'niet geïmporteerd: de afzender {sender} past bij "{standard}", maar {fact}, waarnaar hij vraagt, is niet '
        "bekend",
    ),
    "rest_unknown_of_claimed": (
        'not imported: the original sender {sender} (claimed) fits "{standard}", but {fact}, which it asks for, is not '
        "known",
        'nicht importiert: der ursprüngliche Absender {sender} (laut Weiterleitung) passt zu "{standard}", aber '
        "{fact}, wonach er fragt, ist nicht bekannt",
        "niet geïmporteerd: de oorspronkelijke afzender {sender} (volgens het doorgestuurde bericht) past bij "
        '"{standard}", maar {fact}, waarnaar hij vraagt, is niet bekend',
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
    "forwarder_not_authenticated": (
        'not imported: the original sender {claimed} (claimed) fits "{standard}", but it is not proven that '
        "{forwarder} sent this",
        'nicht importiert: der ursprüngliche Absender {claimed} (laut Weiterleitung) passt zu "{standard}", '
        "aber es ist nicht erwiesen, dass {forwarder} dies gesendet hat",
        "niet geïmporteerd: de oorspronkelijke afzender {claimed} (volgens het doorgestuurde bericht) past bij "
        '"{standard}", maar het is niet bewezen dat {forwarder} dit heeft verstuurd',
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
    "nothing_fits_sealed": (
        'not imported: no import standard fits, and nobody can open "{filename}" without its password or key',
        'nicht importiert: kein Importstandard passt, und "{filename}" lässt sich ohne Passwort oder Schlüssel nicht '
        "öffnen",
        'niet geïmporteerd: geen importstandaard past, en "{filename}" is zonder wachtwoord of sleutel niet te openen',
    ),
    # Trace lines of built-in recognition.
    "is_companion": (
        '"{filename}" stands beside an invoice: terms and conditions, by its name',
        '"{filename}" liegt einer Rechnung bei: dem Namen nach Bedingungen oder Hinweise',
        '"{filename}" hoort bij een factuur: voorwaarden, naar de naam',
    ),
    "is_enclosed": (
        '"{filename}" stands within the e-invoice',
        "„{filename}“ steht in der E-Rechnung",
        '"{filename}" zit in de e-factuur',
    ),
    "found_inside": (
        '"{filename}" was packed in "{packing}"',
        '"{filename}" war in "{packing}" verpackt',
        '"{filename}" zat verpakt in "{packing}"',
    ),
    "is_sealed": (
        '"{filename}" is encrypted or has a password: it was not opened',
        '"{filename}" ist verschlüsselt oder hat ein Passwort: es wurde nicht geöffnet',
        '"{filename}" is versleuteld of heeft een wachtwoord: het is niet geopend',
    ),
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

PHRASES_OF_RULES |= PHRASES_OF_VERDICTS | PHRASES_OF_STANDARDS | PHRASES_OF_RECOGNITION
PHRASES = (
    PHRASES_OF_RULES
    | PHRASES_OF_ROOMS
    | PHRASES_OF_CONSENT
    | PHRASES_OF_ACCOUNTS
    | PHRASES_OF_LINKING
    | PHRASES_OF_LEFT_MAIL
    | PHRASES_OF_DOCUMENTS
    | PHRASES_OF_EVIDENCE
    | PHRASES_OF_DOUBT
    | PHRASES_OF_FINDINGS
)
