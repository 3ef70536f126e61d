"""How linking an account goes, step by step, in the words of the three languages: (en, de, nl).

What was found out at each step of `account test`; what failed is said by rules.phrases_of_accounts.
"""

PHRASES_OF_LINKING: dict[str, tuple[str, str, str]] = {
    "name_found": (
        "{host} is at {address}",
        "{host} hat die Adresse {address}",
        "{host} heeft het adres {address}",
    ),
    "connected": (
        "the server answers at port {port}",
        "der Server antwortet an Port {port}",
        "de server antwoordt op poort {port}",
    ),
    "certificate_holds": (
        "the connection is private ({tls}), and the certificate is that of {host}",
        "die Verbindung ist vertraulich ({tls}), und das Zertifikat ist das von {host}",
        "de verbinding is vertrouwelijk ({tls}) en het certificaat is dat van {host}",
    ),
    "nothing_is_private": (
        "the connection is not protected: whoever is on the way can read along",
        "die Verbindung ist nicht geschützt: unterwegs kann mitgelesen werden",
        "de verbinding is niet beveiligd: onderweg kan meegelezen worden",
    ),
    "logged_in": (
        'logged in as "{username}"',
        'angemeldet als "{username}"',
        'ingelogd als "{username}"',
    ),
    "mailboxes_found": (
        "{count} mailboxes; watched: {mailboxes}",
        "{count} Postfächer; beobachtet: {mailboxes}",
        "{count} mappen; gevolgd: {mailboxes}",
    ),
    "would_look_at": (
        "{count} mails since {date} would be looked at; {before} older ones stay untouched",
        "{count} Mails seit {date} würden angesehen; {before} ältere bleiben unberührt",
        "{count} mails sinds {date} zouden bekeken worden; {before} oudere blijven onaangeroerd",
    ),
    "not_tried": (
        "not tried, since an earlier step failed",
        "nicht versucht, weil ein früherer Schritt fehlschlug",
        "niet geprobeerd, omdat een eerdere stap mislukte",
    ),
}
