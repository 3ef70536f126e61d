"""Every code of a reason, a trace line or a fault, in the words of the three languages: (en, de, nl).

Other rooms that store codes of their own add them here. Never holds a text of a mail: those come as parameters.
"""

PHRASES: dict[str, tuple[str, str, str]] = {
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
    # Faults of a standard's fields.
    "name_is_missing": (
        "a standard needs a name",
        "ein Importstandard braucht einen Namen",
        "een importstandaard heeft een naam nodig",
    ),
    "name_is_too_long": (
        "the name is too long: at most {longest} characters",
        "der Name ist zu lang: höchstens {longest} Zeichen",
        "de naam is te lang: hoogstens {longest} tekens",
    ),
    "name_is_not_printable": (
        "the name holds characters that cannot be shown",
        "der Name enthält Zeichen, die sich nicht anzeigen lassen",
        "de naam bevat tekens die niet getoond kunnen worden",
    ),
    "sender_is_no_address": (
        '"{sender}" is no sender: give an address, @domain, or @*.domain for what is below it',
        '"{sender}" ist kein Absender: eine Adresse, @domain oder @*.domain für alles darunter angeben',
        '"{sender}" is geen afzender: geef een adres, @domein of @*.domein voor alles daaronder',
    ),
    "subject_word_is_too_long": (
        "the subject word is too long: at most {longest} characters",
        "das Betreffwort ist zu lang: höchstens {longest} Zeichen",
        "het onderwerpwoord is te lang: hoogstens {longest} tekens",
    ),
    "subject_word_says_nothing": (
        '"{word}" holds no letter or digit: it would fit every subject',
        '"{word}" enthält weder Buchstaben noch Ziffern: es passte auf jeden Betreff',
        '"{word}" bevat geen letter of cijfer: het zou op elk onderwerp passen',
    ),
    "keeps_every_attachment": (
        "an empty standard would import the attachments of every mail: give a sender or a subject word",
        "ein leerer Importstandard übernähme die Anhänge jeder Mail: Absender oder Betreffwort angeben",
        "een lege importstandaard zou de bijlagen van elke mail importeren: geef een afzender of onderwerpwoord",
    ),
    "keeps_every_text": (
        "an empty standard would import the text of every mail: give a sender or a subject word",
        "ein leerer Importstandard übernähme den Text jeder Mail: Absender oder Betreffwort angeben",
        "een lege importstandaard zou de tekst van elke mail importeren: geef een afzender of onderwerpwoord",
    ),
    # Reasons that other rooms give: what became of a message without a decision of the rules.
    "received": ("accepted, not read yet", "angenommen, noch nicht gelesen", "aangenomen, nog niet gelezen"),
    "duplicate_mail": (
        "duplicate: this mail was imported before ({of})",
        "Dublette: diese Mail wurde schon importiert ({of})",
        "dubbel: deze mail is al eerder geïmporteerd ({of})",
    ),
    "duplicate_invoice": (
        "duplicate: this invoice was imported before ({of}); its documents stand beside the first ones",
        "Dublette: diese Rechnung wurde schon importiert ({of}); ihre Dokumente stehen bei den ersten",
        "dubbel: deze factuur is al eerder geïmporteerd ({of}); de documenten staan bij de eerste",
    ),
    "expired": (
        "expired: kept as long as mail that is not imported is kept",
        "abgelaufen: so lange aufbewahrt, wie nicht importierte Mail aufbewahrt wird",
        "verlopen: zo lang bewaard als niet-geïmporteerde mail bewaard wordt",
    ),
    # Reasons of the pipeline: why a message is parked or waits, why a job was given up.
    "worker_died": (
        "could not be read: whatever read it died of it, each time it was tried",
        "nicht lesbar: was immer sie las, ist jedes Mal daran gestorben",
        "niet leesbaar: wat het ook las, ging er telkens aan ten onder",
    ),
    "parser_died": (
        "could not be read: the process that read it ended ({status})",
        "nicht lesbar: der lesende Prozess endete ({status})",
        "niet leesbaar: het lezende proces stopte ({status})",
    ),
    "parser_too_slow": (
        "could not be read within {seconds} seconds",
        "nicht innerhalb von {seconds} Sekunden lesbar",
        "niet binnen {seconds} seconden leesbaar",
    ),
    "parser_failed": (
        "could not be read ({failure})",
        "nicht lesbar ({failure})",
        "niet leesbaar ({failure})",
    ),
    "settling_failed": (
        "could not be stored ({failure})",
        "nicht speicherbar ({failure})",
        "niet op te slaan ({failure})",
    ),
    "storage_away": (
        "waits for the database or the disk",
        "wartet auf die Datenbank oder die Festplatte",
        "wacht op de database of de schijf",
    ),
    "subject_is_gone": (
        "what it was about was removed",
        "worum es ging, wurde entfernt",
        "waar het om ging, is verwijderd",
    ),
    "job_failed": ("failed ({failure})", "fehlgeschlagen ({failure})", "mislukt ({failure})"),
    # Reasons of the renderer: why there is no PDF of an e-mail's text.
    "render_no_renderer": (
        "no renderer listens at {socket}: start postbus serve or postbus-renderer.service",
        "kein Renderer an {socket}: postbus serve oder postbus-renderer.service starten",
        "geen renderer op {socket}: start postbus serve of postbus-renderer.service",
    ),
    "render_interrupted": (
        "the renderer ended, or did not answer in time",
        "der Renderer endete oder antwortete nicht rechtzeitig",
        "de renderer stopte of antwoordde niet op tijd",
    ),
    "render_no_command": (
        "{command} is not installed: install it, or set rendering.command",
        "{command} ist nicht installiert: installieren oder rendering.command setzen",
        "{command} is niet geïnstalleerd: installeer het of stel rendering.command in",
    ),
    "render_no_sandbox": (
        "{command} is not installed, and without it nothing of a mail is run: install bubblewrap",
        "{command} ist nicht installiert, und ohne es läuft nichts aus einer Mail: bubblewrap installieren",
        "{command} is niet geïnstalleerd, en zonder draait er niets uit een mail: installeer bubblewrap",
    ),
    "render_sandbox_refused": (
        "the sandbox does not start on this machine: {detail}",
        "die Sandbox startet auf dieser Maschine nicht: {detail}",
        "de sandbox start niet op deze machine: {detail}",
    ),
    "render_too_large": (
        "no PDF: the page has {octets} octets, {limit} is the limit",
        "kein PDF: die Seite hat {octets} Oktette, {limit} sind das Höchste",
        "geen pdf: de pagina heeft {octets} octetten, {limit} is het maximum",
    ),
    "render_took_too_long": (
        "no PDF: it took longer than {seconds} seconds",
        "kein PDF: es dauerte länger als {seconds} Sekunden",
        "geen pdf: het duurde langer dan {seconds} seconden",
    ),
    "render_gave_no_pdf": ("no PDF came of it", "es wurde kein PDF daraus", "het werd geen pdf"),
    "render_gave_damaged_pdf": (
        "no PDF: what came of it is damaged",
        "kein PDF: was daraus wurde, ist beschädigt",
        "geen pdf: wat het werd, is beschadigd",
    ),
    "render_gave_too_much": (
        "no PDF: it would be larger than {limit} octets",
        "kein PDF: es wäre größer als {limit} Oktette",
        "geen pdf: het zou groter zijn dan {limit} octetten",
    ),
    "render_too_many_pages": (
        "no PDF: it would have {pages} pages, {limit} is the limit",
        "kein PDF: es hätte {pages} Seiten, {limit} sind das Höchste",
        "geen pdf: het zou {pages} pagina's hebben, {limit} is het maximum",
    ),
    "render_nothing_to_render": (
        "no PDF: the text was not kept, or is damaged ({failure})",
        "kein PDF: der Text wurde nicht behalten oder ist beschädigt ({failure})",
        "geen pdf: de tekst is niet bewaard of is beschadigd ({failure})",
    ),
}
