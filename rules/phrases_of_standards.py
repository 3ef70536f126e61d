"""Why a standard cannot be taken, and what is said of one that can, in the three languages: (en, de, nl).

No text of a mail or a standard stands here: those are parameters.
"""

PHRASES_OF_STANDARDS: dict[str, tuple[str, str, str]] = {
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
    "ignores_everything": (
        "an empty standard would ignore every mail: say of which senders or words",
        "ein leerer Importstandard überginge jede Mail: Absender oder Wörter angeben",
        "een lege importstandaard zou elke mail negeren: geef afzenders of woorden",
    ),
    "only_excludes": (
        "it only says what must not be: under any_of, say what it fits",
        "er sagt nur, was nicht sein darf: unter any_of angeben, worauf er passt",
        "hij zegt alleen wat er niet mag zijn: zeg onder any_of waarop hij past",
    ),
    "stops_without_sender": (
        "stop_here has the last word about a sender: name a sender under any_of",
        "stop_here hat das letzte Wort über einen Absender: unter any_of einen Absender nennen",
        "stop_here heeft het laatste woord over een afzender: noem onder any_of een afzender",
    ),
    "keeps_no_attachments": (
        "it keeps no attachments (keep is {keep}), so attachment_names says nothing",
        "er übernimmt keine Anhänge (keep ist {keep}), also sagt attachment_names nichts",
        "hij bewaart geen bijlagen (keep is {keep}), dus attachment_names zegt niets",
    ),
    "stamp_cannot_be_shown": (
        "this text cannot be shown, or is longer than {longest} characters",
        "dieser Text lässt sich nicht anzeigen oder hat mehr als {longest} Zeichen",
        "deze tekst kan niet getoond worden of heeft meer dan {longest} tekens",
    ),
    "too_many_values": ("at most {most} values", "höchstens {most} Werte", "hoogstens {most} waarden"),
    "value_is_missing": ("a value is missing", "ein Wert fehlt", "er ontbreekt een waarde"),
    "value_is_too_long": (
        "a value is too long: at most {longest} characters",
        "ein Wert ist zu lang: höchstens {longest} Zeichen",
        "een waarde is te lang: hoogstens {longest} tekens",
    ),
    "value_says_nothing": (
        '"{value}" would fit everything',
        '"{value}" passte auf alles',
        '"{value}" zou op alles passen',
    ),
    "value_is_unknown": (
        '{fact}: "{value}" is none (attachment_type: image/png or image/*; language: de; authentication: pass, fail '
        "or none; vat_id: DE123456789; currency: EUR)",
        '{fact}: "{value}" gibt es nicht (attachment_type: image/png oder image/*; language: de; authentication: '
        "pass, fail oder none; vat_id: DE123456789; currency: EUR)",
        '{fact}: "{value}" bestaat niet (attachment_type: image/png of image/*; language: de; authentication: pass, '
        "fail of none; vat_id: DE123456789; currency: EUR)",
    ),
    "value_is_not_known": (
        '{fact}: "{value}" is none; for example {known}',
        '{fact}: "{value}" gibt es nicht; zum Beispiel {known}',
        '{fact}: "{value}" bestaat niet; bijvoorbeeld {known}',
    ),
    "value_is_no_size": (
        '"{value}" is no size: write >= 20000, or < 5 MB, or both with a comma between',
        '"{value}" ist keine Größe: >= 20000 oder < 5 MB schreiben, oder beides mit Komma dazwischen',
        '"{value}" is geen grootte: schrijf >= 20000 of < 5 MB, of beide met een komma ertussen',
    ),
    "pattern_is_not_taken": (
        "RE2 does not take the pattern {value}: {detail}",
        "RE2 nimmt das Muster {value} nicht an: {detail}",
        "RE2 neemt het patroon {value} niet aan: {detail}",
    ),
    "too_many_patterns": (
        "{count} patterns in all standards together, {most} are the most: each may cost any mail a second",
        "{count} Muster in allen Standards zusammen, {most} sind das Höchste: jedes kann jede Mail eine Sekunde kosten",
        "{count} patronen in alle standaarden samen, {most} is het maximum: elk kan elke mail een seconde kosten",
    ),
    # Faults of the form in which a standard is written.
    "key_is_unknown": (
        '"{key}" is unknown; the nearest is "{near}"',
        '"{key}" ist unbekannt; am nächsten kommt "{near}"',
        '"{key}" is onbekend; het dichtst erbij komt "{near}"',
    ),
    "keep_is_unknown": (
        'keep: "{value}" is none of {known}',
        'keep: "{value}" ist keines von {known}',
        'keep: "{value}" is geen van {known}',
    ),
    "is_no_text": ("{key} must be a text", "{key} muss ein Text sein", "{key} moet een tekst zijn"),
    "is_no_truth": (
        "{key} must be true or false",
        "{key} muss true oder false sein",
        "{key} moet true of false zijn",
    ),
    "is_no_number": (
        "{key} must be a whole number from {least} to {most}",
        "{key} muss eine ganze Zahl von {least} bis {most} sein",
        "{key} moet een geheel getal van {least} tot {most} zijn",
    ),
    "is_no_list_of_texts": (
        "{key} must be a list of texts",
        "{key} muss eine Liste von Texten sein",
        "{key} moet een lijst van teksten zijn",
    ),
    "is_no_table": ("{key} must be a table", "{key} muss eine Tabelle sein", "{key} moet een tabel zijn"),
}
