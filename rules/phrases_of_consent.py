"""What can go wrong with an account's consent (OAuth), in the words of the three languages: (en, de, nl).

The words say what to do: most are read by whoever links a mailbox, some by the operator, whose configuration is meant.
"""

PHRASES_OF_CONSENT: dict[str, tuple[str, str, str]] = {
    "link_again": (
        "{provider} takes our permission no more (withdrawn, expired, or the password was changed): link the "
        "account again",
        "{provider} erkennt unsere Erlaubnis nicht mehr an (widerrufen, abgelaufen oder Passwort geändert): Konto "
        "neu verbinden",
        "{provider} aanvaardt onze toestemming niet meer (ingetrokken, verlopen of wachtwoord gewijzigd): koppel "
        "het account opnieuw",
    ),
    "oauth_client_missing": (
        "the operator has not set up {provider}: accounts.oauth.{provider}.client_id and its endpoints in the "
        "configuration",
        "{provider} ist vom Betreiber nicht eingerichtet: accounts.oauth.{provider}.client_id und seine Adressen in"
        " der Konfiguration",
        "{provider} is niet ingesteld door de beheerder: accounts.oauth.{provider}.client_id en de adressen in de "
        "configuratie",
    ),
    "oauth_client_refused": (
        "{provider} refuses our client ({error}): the operator checks accounts.oauth.{provider} in the configuration",
        "{provider} weist unseren Client ab ({error}): der Betreiber prüft accounts.oauth.{provider} in der "
        "Konfiguration",
        "{provider} weigert onze client ({error}): de beheerder controleert accounts.oauth.{provider} in de "
        "configuratie",
    ),
    "sign_in_unreachable": (
        "the sign-in server of {provider} cannot be reached; it is tried again by itself",
        "der Anmeldeserver von {provider} ist nicht erreichbar; es wird von selbst wieder versucht",
        "de aanmeldserver van {provider} is niet bereikbaar; het wordt vanzelf opnieuw geprobeerd",
    ),
    "sign_in_busy": (
        "the sign-in server of {provider} asks us to wait; it is tried again by itself",
        "der Anmeldeserver von {provider} bittet um Geduld; es wird von selbst wieder versucht",
        "de aanmeldserver van {provider} vraagt ons te wachten; het wordt vanzelf opnieuw geprobeerd",
    ),
    "sign_in_nonsense": (
        "the sign-in server of {provider} answers what we cannot use ({what}): the operator checks its endpoints in"
        " accounts.oauth.{provider}",
        "der Anmeldeserver von {provider} antwortet Unbrauchbares ({what}): der Betreiber prüft die Adressen in "
        "accounts.oauth.{provider}",
        "de aanmeldserver van {provider} antwoordt iets onbruikbaars ({what}): de beheerder controleert de adressen"
        " in accounts.oauth.{provider}",
    ),
    "consent_denied": (
        "permission was not given at {provider}: begin again and allow access to the mail",
        "die Erlaubnis wurde bei {provider} nicht erteilt: neu beginnen und den Zugriff auf die Mail erlauben",
        "de toestemming is bij {provider} niet gegeven: begin opnieuw en sta toegang tot de mail toe",
    ),
    "consent_expired": (
        "the code of {provider} was used too late, or twice: begin again",
        "der Code von {provider} wurde zu spät oder zweimal benutzt: neu beginnen",
        "de code van {provider} is te laat of twee keer gebruikt: begin opnieuw",
    ),
    "consent_timed_out": (
        "nobody came back from {provider} in time: begin again, with --no-browser where the browser runs on another"
        " machine",
        "niemand kam rechtzeitig von {provider} zurück: neu beginnen, mit --no-browser, wenn der Browser auf einem "
        "anderen Rechner läuft",
        "niemand kwam op tijd terug van {provider}: begin opnieuw, met --no-browser als de browser op een andere "
        "machine draait",
    ),
    "consent_foreign": (
        "this address does not belong to what was begun here: paste the one to which {provider} has just sent the "
        "browser",
        "diese Adresse gehört nicht zu dem, was hier begonnen wurde: diejenige einfügen, zu der {provider} den "
        "Browser eben geschickt hat",
        "dit adres hoort niet bij wat hier begonnen is: plak het adres waar {provider} de browser net heen heeft "
        "gestuurd",
    ),
    "consent_without_mail": (
        "{provider} gave permission, but not for the mail: begin again and leave access to the mail ticked",
        "{provider} hat eine Erlaubnis erteilt, aber nicht für die Mail: neu beginnen und den Zugriff auf die Mail "
        "angekreuzt lassen",
        "{provider} gaf toestemming, maar niet voor de mail: begin opnieuw en laat toegang tot de mail aangevinkt",
    ),
    "consent_not_lasting": (
        "{provider} gave permission for an hour only: the operator lets accounts.oauth.{provider}.scope ask for a "
        "lasting one",
        "{provider} hat nur für eine Stunde erlaubt: der Betreiber lässt accounts.oauth.{provider}.scope eine "
        "dauerhafte Erlaubnis verlangen",
        "{provider} gaf maar voor een uur toestemming: de beheerder laat accounts.oauth.{provider}.scope om een "
        "blijvende vragen",
    ),
    "device_codes_off": (
        "{provider} gives no mail by device code (Google never, Microsoft where the directory forbids it): link "
        "with the browser, or with --no-browser",
        "{provider} gibt Mail nicht per Gerätecode frei (Google nie, Microsoft nicht, wo das Verzeichnis es "
        "verbietet): mit dem Browser verbinden, oder mit --no-browser",
        "{provider} geeft geen mail vrij met een apparaatcode (Google nooit, Microsoft niet waar de directory het "
        "verbiedt): koppel met de browser, of met --no-browser",
    ),
}
