"""Every code that another room stores beside a message or a job, in the words of the three languages: (en, de, nl).

Codes and parameters are theirs; the words stand here, because words are made at one edge (law 25).
"""

PHRASES_OF_ROOMS: dict[str, tuple[str, str, str]] = {
    # What became of a message without a decision of the rules.
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
    "invoice_is_there": (
        "one of its invoices was imported before ({of}): its document stands beside the first ones",
        "eine ihrer Rechnungen wurde schon importiert ({of}): ihr Dokument steht bei den ersten",
        "een van de facturen is al eerder geïmporteerd ({of}): het document staat bij de eerste",
    ),
    "duplicate_other_account": (
        "duplicate of an invoice that was imported before ({of}), but it names another bank account: ask the "
        "supplier, by a way you know, before you pay",
        "Dublette einer Rechnung, die schon importiert wurde ({of}), nennt aber ein anderes Bankkonto: vor dem "
        "Bezahlen beim Lieferanten nachfragen, auf einem bekannten Weg",
        "dubbel van een factuur die al eerder is geïmporteerd ({of}), maar met een andere bankrekening: vraag het de "
        "leverancier, langs een bekende weg, voordat u betaalt",
    ),
    "invoice_is_there_other_account": (
        "one of its invoices was imported before ({of}), but here it names another bank account: ask the "
        "supplier, by a way you know, before you pay",
        "eine ihrer Rechnungen wurde schon importiert ({of}), nennt hier aber ein anderes Bankkonto: vor dem "
        "Bezahlen beim Lieferanten nachfragen, auf einem bekannten Weg",
        "een van de facturen is al eerder geïmporteerd ({of}), maar noemt hier een andere bankrekening: vraag het de "
        "leverancier, langs een bekende weg, voordat u betaalt",
    ),
    "expired": (
        "expired: kept as long as mail that is not imported is kept",
        "abgelaufen: so lange aufbewahrt, wie nicht importierte Mail aufbewahrt wird",
        "verlopen: zo lang bewaard als niet-geïmporteerde mail bewaard wordt",
    ),
    # Steps of a trace: the decision was made again.
    "matched_again": (
        'matched again on {date} by standard "{standard}", version {version}',
        'am {date} erneut geprüft: Standard "{standard}", Version {version}',
        'op {date} opnieuw vergeleken: standaard "{standard}", versie {version}',
    ),
    "matched_again_unhindered": (
        "matched again on {date}: no standard holds it back any more",
        "am {date} erneut geprüft: kein Standard hält es mehr zurück",
        "op {date} opnieuw vergeleken: geen standaard houdt het nog tegen",
    ),
    # What a mail was decided with (law 12).
    "decided_with_catalogue": (
        "decided by the tenant's standards at revision {revision}, and the catalogue at version {version}",
        "entschieden nach den Standards des Kunden in Revision {revision} und dem Katalog in Version {version}",
        "beslist volgens de standaarden van de klant in revisie {revision} en de catalogus in versie {version}",
    ),
    "decided_without_catalogue": (
        "decided by the tenant's standards at revision {revision}, without a catalogue",
        "entschieden nach den Standards des Kunden in Revision {revision}, ohne Katalog",
        "beslist volgens de standaarden van de klant in revisie {revision}, zonder catalogus",
    ),
    # What somebody did.
    "imported_by_hand": (
        "imported by hand: no standard asked for it",
        "von Hand importiert: kein Standard verlangte es",
        "met de hand geïmporteerd: geen standaard vroeg erom",
    ),
    "taken_by_hand": (
        "imported by hand on {date}",
        "am {date} von Hand importiert",
        "op {date} met de hand geïmporteerd",
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
    "interrupted": (
        "the process ended in the midst of it; the next one goes on",
        "der Prozess endete mittendrin; der nächste macht weiter",
        "het proces stopte halverwege; het volgende gaat verder",
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
    "render_other_version": (
        "the renderer is of another version: restart postbus-renderer.service",
        "der Renderer hat eine andere Version: postbus-renderer.service neu starten",
        "de renderer heeft een andere versie: herstart postbus-renderer.service",
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
    "render_no_landlock": (
        "landlock cannot be used here ({detail}): boot with lsm=…,landlock, or install bubblewrap and set"
        " rendering.sandbox to auto",
        "Landlock ist hier nicht verfügbar ({detail}): mit lsm=…,landlock starten, oder bubblewrap installieren und"
        " rendering.sandbox auf auto setzen",
        "landlock kan hier niet worden gebruikt ({detail}): start met lsm=…,landlock, of installeer bubblewrap en zet"
        " rendering.sandbox op auto",
    ),
    "render_no_seccomp": (
        "system calls cannot be filtered ({detail}), and without that nothing of a mail is run: install libseccomp2",
        "Systemaufrufe lassen sich nicht filtern ({detail}), und ohne das läuft nichts aus einer Mail: libseccomp2"
        " installieren",
        "systeemaanroepen kunnen niet worden gefilterd ({detail}), en zonder dat draait er niets uit een mail:"
        " installeer libseccomp2",
    ),
    "render_no_sandbox_works": (
        "no sandbox starts on this machine (bubblewrap: {bubblewrap}; landlock: {landlock}), and without one nothing of"
        " a mail is run: install bubblewrap and permit user namespaces, or boot a kernel with landlock",
        "auf dieser Maschine startet keine Sandbox (bubblewrap: {bubblewrap}; landlock: {landlock}), und ohne eine"
        " läuft nichts aus einer Mail: bubblewrap installieren und User-Namespaces erlauben, oder einen Kernel mit"
        " Landlock starten",
        "op deze machine start geen sandbox (bubblewrap: {bubblewrap}; landlock: {landlock}), en zonder een draait er"
        " niets uit een mail: installeer bubblewrap en sta user-namespaces toe, of start een kernel met landlock",
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
