"""How a linked account does, and why not better, in the words of the three languages: (en, de, nl).

Read by tenants: each sentence says what to do, or that nothing need be done. Codes are those of
receiver/imap/failures.py and storage/accounts.py; a server's own words never stand here.
"""

PHRASES_OF_ACCOUNTS: dict[str, tuple[str, str, str]] = {
    # Nothing is wrong.
    "waits_for_first_pull": (
        "linked; its first pull is due",
        "verbunden; der erste Abruf steht an",
        "gekoppeld; de eerste keer ophalen staat klaar",
    ),
    "changed_since": (
        "changed since the last pull; the next one tells",
        "seit dem letzten Abruf geändert; der nächste zeigt es",
        "gewijzigd sinds de laatste keer ophalen; de volgende wijst het uit",
    ),
    "paused_by_hand": (
        "paused: it is pulled no more until it is resumed",
        "angehalten: wird nicht abgerufen, bis es fortgesetzt wird",
        "gepauzeerd: er wordt niets opgehaald tot het hervat wordt",
    ),
    "no_password": (
        "there is no password yet: enter one",
        "es gibt noch kein Passwort: eines eingeben",
        "er is nog geen wachtwoord: voer er een in",
    ),
    "secret_unreadable": (
        "the stored password or permission cannot be opened: enter it anew, or let the operator restore the key",
        "das gespeicherte Passwort oder die Erlaubnis lässt sich nicht öffnen: neu eingeben, oder der Betreiber stellt "
        "den Schlüssel wieder her",
        "het opgeslagen wachtwoord of de toestemming kan niet geopend worden: voer het opnieuw in, of laat de "
        "beheerder de sleutel terugzetten",
    ),
    "no_consent": (
        "the provider was not asked for permission yet: authorize the account",
        "der Anbieter wurde noch nicht um Erlaubnis gebeten: das Konto autorisieren",
        "de aanbieder is nog niet om toestemming gevraagd: autoriseer het account",
    ),
    # The way to the server.
    "host_not_found": (
        "there is no server {host}: check the server name",
        "es gibt keinen Server {host}: den Servernamen prüfen",
        "er is geen server {host}: controleer de servernaam",
    ),
    "host_is_internal": (
        "{host} has an internal address, to which tenants' accounts may not lead: check the server name, or let the "
        "operator set accounts.allow_internal_hosts",
        "{host} hat eine interne Adresse, zu der Konten von Kunden nicht führen dürfen: den Servernamen prüfen, oder "
        "der Betreiber setzt accounts.allow_internal_hosts",
        "{host} heeft een intern adres, waarheen accounts van klanten niet mogen leiden: controleer de servernaam, of "
        "laat de beheerder accounts.allow_internal_hosts zetten",
    ),
    "connection_refused": (
        "the server takes no connection at this port: check the port (993 with TLS, 143 with STARTTLS)",
        "der Server nimmt an diesem Port keine Verbindung an: den Port prüfen (993 mit TLS, 143 mit STARTTLS)",
        "de server neemt op deze poort geen verbinding aan: controleer de poort (993 met TLS, 143 met STARTTLS)",
    ),
    "connection_timed_out": (
        "the server does not answer: check server name and port; it is tried again by itself",
        "der Server antwortet nicht: Servernamen und Port prüfen; es wird von selbst wieder versucht",
        "de server antwoordt niet: controleer servernaam en poort; het wordt vanzelf opnieuw geprobeerd",
    ),
    "connection_lost": (
        "the server broke the connection off; it is tried again by itself",
        "der Server hat die Verbindung abgebrochen; es wird von selbst wieder versucht",
        "de server heeft de verbinding verbroken; het wordt vanzelf opnieuw geprobeerd",
    ),
    "certificate_wrong": (
        "the server's certificate does not hold ({why}): check the server name, or have the server's administrator "
        "mend it; nothing was sent",
        "das Zertifikat des Servers gilt nicht ({why}): den Servernamen prüfen, oder der Verwalter des Servers "
        "erneuert es; nichts wurde gesendet",
        "het certificaat van de server deugt niet ({why}): controleer de servernaam, of laat de beheerder van de "
        "server het herstellen; er is niets verstuurd",
    ),
    "tls_failed": (
        "the server does not speak TLS at this port: check port and security (993 with TLS, 143 with STARTTLS)",
        "der Server spricht an diesem Port kein TLS: Port und Sicherheit prüfen (993 mit TLS, 143 mit STARTTLS)",
        "de server spreekt op deze poort geen TLS: controleer poort en beveiliging (993 met TLS, 143 met STARTTLS)",
    ),
    "starttls_missing": (
        "the server does not offer STARTTLS, and nothing is sent unprotected: use TLS at port 993",
        "der Server bietet kein STARTTLS an, und ungeschützt wird nichts gesendet: TLS an Port 993 nehmen",
        "de server biedt geen STARTTLS aan, en onbeveiligd wordt niets verstuurd: gebruik TLS op poort 993",
    ),
    "plaintext_refused": (
        "the server takes no password without TLS: use TLS at port 993",
        "der Server nimmt ohne TLS kein Passwort an: TLS an Port 993 nehmen",
        "de server neemt zonder TLS geen wachtwoord aan: gebruik TLS op poort 993",
    ),
    # The login.
    "password_refused": (
        "the server refuses user name or password: enter the password anew (with most providers an app-specific one), "
        "and check the user name",
        "der Server weist Benutzernamen oder Passwort ab: das Passwort neu eingeben (bei den meisten Anbietern ein "
        "App-Passwort) und den Benutzernamen prüfen",
        "de server weigert gebruikersnaam of wachtwoord: voer het wachtwoord opnieuw in (bij de meeste aanbieders een "
        "app-wachtwoord) en controleer de gebruikersnaam",
    ),
    "password_expired": (
        "the password has expired: set a new one at the provider and enter it here",
        "das Passwort ist abgelaufen: beim Anbieter ein neues setzen und hier eingeben",
        "het wachtwoord is verlopen: stel bij de aanbieder een nieuw in en voer het hier in",
    ),
    "app_password_needed": (
        "the provider wants an app-specific password instead of the usual one: make one there and enter it here",
        "der Anbieter verlangt statt des üblichen ein App-Passwort: dort eines erzeugen und hier eingeben",
        "de aanbieder wil een app-wachtwoord in plaats van het gewone: maak er daar een en voer het hier in",
    ),
    "web_login_needed": (
        "the provider wants its owner to log in with a browser first: do so once, then try again",
        "der Anbieter verlangt zuerst eine Anmeldung mit dem Browser: einmal anmelden, dann wieder versuchen",
        "de aanbieder wil dat de eigenaar eerst met een browser inlogt: doe dat één keer en probeer het dan opnieuw",
    ),
    "login_not_allowed": (
        "the server does not let this user in, whatever the password: ask the provider or the administrator",
        "der Server lässt diesen Benutzer nicht ein, gleich mit welchem Passwort: Anbieter oder Verwalter fragen",
        "de server laat deze gebruiker niet toe, met welk wachtwoord ook: vraag de aanbieder of de beheerder",
    ),
    "imap_disabled": (
        "IMAP is switched off for this mailbox: switch it on in the provider's settings",
        "IMAP ist für dieses Postfach abgeschaltet: in den Einstellungen des Anbieters einschalten",
        "IMAP is voor deze mailbox uitgeschakeld: zet het aan in de instellingen van de aanbieder",
    ),
    "password_login_off": (
        "the server takes no passwords any more: link the account by the provider's permission (auth xoauth2)",
        "der Server nimmt keine Passwörter mehr an: das Konto mit Erlaubnis des Anbieters verbinden (auth xoauth2)",
        "de server neemt geen wachtwoorden meer aan: koppel het account met toestemming van de aanbieder (auth "
        "xoauth2)",
    ),
    "token_login_missing": (
        "the server takes passwords only: set auth to password and enter one",
        "der Server nimmt nur Passwörter an: auth auf password setzen und eines eingeben",
        "de server neemt alleen wachtwoorden aan: zet auth op password en voer er een in",
    ),
    "token_refused": (
        "the server refuses the provider's permission: link the account again, with the mailbox's own user",
        "der Server weist die Erlaubnis des Anbieters ab: das Konto neu verbinden, mit dem Benutzer des Postfachs",
        "de server weigert de toestemming van de aanbieder: koppel opnieuw, met de gebruiker van de mailbox zelf",
    ),
    "token_expired": (
        "the provider's permission has expired: link the account again",
        "die Erlaubnis des Anbieters ist abgelaufen: das Konto neu verbinden",
        "de toestemming van de aanbieder is verlopen: koppel het account opnieuw",
    ),
    # Too much, or not now.
    "too_many_connections": (
        "too many programs are connected to this mailbox at once; it is tried again later",
        "zu viele Programme sind zugleich mit diesem Postfach verbunden; es wird später wieder versucht",
        "er zijn te veel programma's tegelijk met deze mailbox verbonden; het wordt later opnieuw geprobeerd",
    ),
    "rate_limited": (
        "the provider asks us to slow down; it is tried again later",
        "der Anbieter bittet um weniger Anfragen; es wird später wieder versucht",
        "de aanbieder vraagt om minder verzoeken; het wordt later opnieuw geprobeerd",
    ),
    "budget_spent": (
        "as much as may be was fetched today; it goes on tomorrow",
        "heute wurde so viel geholt wie erlaubt; morgen geht es weiter",
        "vandaag is zoveel opgehaald als mag; morgen gaat het verder",
    ),
    "server_busy": (
        "the server has no time for us; it is tried again later",
        "der Server ist überlastet; es wird später wieder versucht",
        "de server is te druk; het wordt later opnieuw geprobeerd",
    ),
    # Afterwards.
    "not_connected": (
        "the login succeeds, but the mailbox does not open: check that IMAP is allowed for it and that permission was "
        "given for this very mailbox",
        "die Anmeldung gelingt, aber das Postfach öffnet sich nicht: prüfen, ob IMAP dafür erlaubt ist und die "
        "Erlaubnis genau für dieses Postfach erteilt wurde",
        "het inloggen lukt, maar de mailbox gaat niet open: controleer of IMAP ervoor is toegestaan en of de "
        "toestemming voor precies deze mailbox gegeven is",
    ),
    "server_silent": (
        "the server stopped answering; it is tried again by itself",
        "der Server antwortet nicht mehr; es wird von selbst wieder versucht",
        "de server antwoordt niet meer; het wordt vanzelf opnieuw geprobeerd",
    ),
    "server_nonsense": (
        "this is no IMAP server that we understand ({what}): check server name and port",
        "das ist kein IMAP-Server, den wir verstehen ({what}): Servernamen und Port prüfen",
        "dit is geen IMAP-server die wij begrijpen ({what}): controleer servernaam en poort",
    ),
    "command_refused": (
        "the server refuses the command {command}, which every IMAP server must know: check server name and port",
        "der Server verweigert den Befehl {command}, den jeder IMAP-Server kennen muss: Servernamen und Port prüfen",
        "de server weigert de opdracht {command}, die elke IMAP-server moet kennen: controleer servernaam en poort",
    ),
    "mailbox_gone": (
        'the mailbox "{mailbox}" is not there any more: name those that are to be watched anew',
        'das Postfach "{mailbox}" gibt es nicht mehr: die zu beobachtenden neu angeben',
        'de map "{mailbox}" bestaat niet meer: geef opnieuw aan welke gevolgd moeten worden',
    ),
    # Here.
    "pull_broke": (
        "postbus itself failed at this mailbox; it is tried again by itself, and the cause is in its operator's log",
        "postbus selbst ist an diesem Postfach gescheitert; es wird von selbst wieder versucht, und die Ursache steht "
        "im Protokoll des Betreibers",
        "postbus zelf is op deze mailbox stukgelopen; het wordt vanzelf opnieuw geprobeerd, en de oorzaak staat in "
        "het logboek van de beheerder",
    ),
    "no_room_here": (
        "postbus has no room for more mail at the moment; it goes on by itself once there is",
        "postbus hat gerade keinen Platz für weitere E-Mails; es geht von selbst weiter, sobald er da ist",
        "postbus heeft op dit moment geen ruimte voor meer e-mail; het gaat vanzelf verder zodra die er is",
    ),
}

# What is wrong with a certificate: the parameter `why` of certificate_wrong.
WHY_WORDS: dict[str, tuple[str, str, str]] = {
    "expired": ("it has expired", "es ist abgelaufen", "het is verlopen"),
    "not_yet_valid": ("it is not valid yet", "es gilt noch nicht", "het is nog niet geldig"),
    "wrong_name": ("it is for another name", "es lautet auf einen anderen Namen", "het staat op een andere naam"),
    "self_signed": ("it is self-signed", "es ist selbst unterschrieben", "het is zelf ondertekend"),
    "unknown_issuer": (
        "nobody we trust has signed it",
        "niemand, dem wir vertrauen, hat es unterschrieben",
        "niemand die wij vertrouwen heeft het ondertekend",
    ),
    "invalid": ("it is damaged", "es ist beschädigt", "het is beschadigd"),
}
