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
    # What a tenant needs to do at the provider.
    "advice_usual": (
        "the mailbox's own password is the right one; with two-step verification, make an app-specific password there",
        "das Passwort des Postfachs ist das richtige; bei Bestätigung in zwei Schritten dort ein App-Passwort erzeugen",
        "het wachtwoord van de mailbox is het juiste; maak bij verificatie in twee stappen daar een app-wachtwoord",
    ),
    "advice_app_password": (
        "make an app-specific password here: {url}; the usual one is refused",
        "hier ein App-Passwort erzeugen: {url}; das übliche wird abgewiesen",
        "maak hier een app-wachtwoord: {url}; het gewone wordt geweigerd",
    ),
    "advice_google": (
        "make an app password here: {url} (2-Step Verification must be on); or link by Google's permission, with "
        "--auth xoauth2",
        "hier ein App-Passwort erzeugen: {url} (die Bestätigung in zwei Schritten muss an sein); oder mit Googles "
        "Erlaubnis verbinden, mit --auth xoauth2",
        "maak hier een app-wachtwoord: {url} (verificatie in twee stappen moet aanstaan); of koppel met toestemming "
        "van Google, met --auth xoauth2",
    ),
    "advice_icloud": (
        "make an app-specific password here: {url}; all of them end when the Apple password changes. The user name is "
        "often only what stands before the @: both are tried",
        "hier ein anwendungsspezifisches Passwort erzeugen: {url}; alle enden, wenn sich das Apple-Passwort ändert. "
        "Der Benutzername ist oft nur, was vor dem @ steht: beides wird versucht",
        "maak hier een app-specifiek wachtwoord: {url}; ze vervallen allemaal als het Apple-wachtwoord verandert. De "
        "gebruikersnaam is vaak alleen wat voor de @ staat: beide worden geprobeerd",
    ),
    "advice_microsoft": (
        "Microsoft takes no passwords, app passwords neither: give permission with `postbus account authorize`; IMAP "
        "must be allowed for the mailbox",
        "Microsoft nimmt keine Passwörter an, auch keine App-Passwörter: mit `postbus account authorize` die Erlaubnis "
        "geben; IMAP muss für das Postfach erlaubt sein",
        "Microsoft neemt geen wachtwoorden aan, ook geen app-wachtwoorden: geef toestemming met `postbus account "
        "authorize`; IMAP moet voor de mailbox toegestaan zijn",
    ),
    "advice_exchange": (
        "ask your administrator for the server name, whether IMAP is switched on, and for the user name (often "
        "DOMAIN\\user, not the address)",
        "beim Verwalter Servernamen und Benutzernamen erfragen (oft DOMÄNE\\Benutzer, nicht die Adresse), und ob IMAP "
        "eingeschaltet ist",
        "vraag de beheerder naar de servernaam, of IMAP aanstaat, en naar de gebruikersnaam (vaak DOMEIN\\gebruiker, "
        "niet het adres)",
    ),
    "advice_switch_on": (
        "switch on IMAP first, in the settings of the mailbox: {url}; with two-step verification, make an app-specific "
        "password there too",
        "zuerst IMAP einschalten, in den Einstellungen des Postfachs: {url}; bei Bestätigung in zwei Schritten dort "
        "auch ein App-Passwort erzeugen",
        "zet eerst IMAP aan, in de instellingen van de mailbox: {url}; maak bij verificatie in twee stappen daar ook "
        "een app-wachtwoord",
    ),
    "advice_mail_password": (
        "mail programs need a password of their own: set it here: {url}",
        "Mailprogramme brauchen ein eigenes Passwort: hier setzen: {url}",
        "mailprogramma's hebben een eigen wachtwoord nodig: stel het hier in: {url}",
    ),
    "advice_ask_host": (
        "the server name stands in your customer area: {url}",
        "der Servername steht im Kundenbereich: {url}",
        "de servernaam staat in uw klantomgeving: {url}",
    ),
    "advice_bridge": (
        "start Proton Mail Bridge on this machine; user name and password are those that it shows, and the operator "
        "sets accounts.allow_internal_hosts",
        "Proton Mail Bridge auf diesem Rechner starten; Benutzername und Passwort sind die dort gezeigten, und der "
        "Betreiber setzt accounts.allow_internal_hosts",
        "start Proton Mail Bridge op deze machine; gebruikersnaam en wachtwoord zijn die welke het toont, en de "
        "beheerder zet accounts.allow_internal_hosts",
    ),
}
