"""The words for mail that was left in its mailbox: (en, de, nl)."""

PHRASES_OF_LEFT_MAIL: dict[str, tuple[str, str, str]] = {
    "waits_in_mailbox": (
        'not imported yet: it fits "{standard}", and is fetched from its mailbox',
        'noch nicht importiert: passt zu "{standard}" und wird aus dem Postfach geholt',
        'nog niet geïmporteerd: past bij "{standard}" en wordt uit de mailbox gehaald',
    ),
    "waits_to_be_read": (
        "not imported yet: only the whole mail can tell, and it is fetched from its mailbox",
        "noch nicht importiert: erst die ganze E-Mail kann es zeigen, und sie wird aus dem Postfach geholt",
        "nog niet geïmporteerd: pas de hele e-mail kan het zeggen, en die wordt uit de mailbox gehaald",
    ),
    "waits_by_hand": (
        "not imported yet: somebody asked for it, and it is fetched from its mailbox",
        "noch nicht importiert: jemand möchte sie haben, und sie wird aus dem Postfach geholt",
        "nog niet geïmporteerd: iemand wil hem hebben, en hij wordt uit de mailbox gehaald",
    ),
    "fits_but_gone": (
        'not imported: it fits "{standard}", but is no longer in the mailbox: forward it',
        'nicht importiert: passt zu "{standard}", liegt aber nicht mehr im Postfach: bitte weiterleiten',
        'niet geïmporteerd: past bij "{standard}", maar staat niet meer in de mailbox: stuur hem door',
    ),
    "gone_from_mailbox": (
        "not imported: only the whole mail could tell, and it is no longer in the mailbox: forward it",
        "nicht importiert: erst die ganze E-Mail könnte es zeigen, und sie liegt nicht mehr im Postfach: bitte "
        "weiterleiten",
        "niet geïmporteerd: pas de hele e-mail kan het zeggen, en die staat niet meer in de mailbox: stuur hem door",
    ),
}
