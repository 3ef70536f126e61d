"""Mail providers by name, by the domain of an address, and by the MX of a domain.

Data as the providers publish it (November 2026). An empty host must be asked for. Pure; never asks a network.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from receiver.linking.proposal import Auth, Security

UsernameForm = Literal["address", "local part", "ask"]
Advice = tuple[str, Mapping[str, str]]  # a code of rules.phrases_of_linking, and its parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """How the mailboxes of a provider are reached.

    domains: of its addresses; mx: ends of the names in the MX of others' domains that it hosts. `host_is_mx`: each
    customer has a server of its own, which the MX names. oauth: the client (accounts.oauth) for auth xoauth2.
    """

    name: str
    host: str
    port: int = 993
    security: Security = "tls"
    auth: Auth = "password"
    username: UsernameForm = "address"
    domains: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    mx: tuple[str, ...] = ()
    host_is_mx: bool = False
    oauth: str = ""
    advice: Advice = ("advice_usual", MappingProxyType({}))
    other_hosts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))  # host by domain

    def host_for(self, domain: str) -> str:
        """The server of an address's domain."""
        return self.other_hosts.get(domain, self.host)


def _app_password(url: str) -> Advice:
    return "advice_app_password", {"url": url}


def _switch_on(url: str) -> Advice:
    return "advice_switch_on", {"url": url}


def _mail_password(url: str) -> Advice:
    return "advice_mail_password", {"url": url}


def _ask_host(url: str) -> Advice:
    return "advice_ask_host", {"url": url}


_TWO_LETTERS = ("de", "fr", "it", "es", "nl", "be", "at", "ie", "dk", "se")

PRESETS: tuple[Preset, ...] = (
    Preset(
        name="gmail",
        host="imap.gmail.com",
        domains=("gmail.com", "googlemail.com"),
        aliases=("google", "googlemail", "google-workspace"),
        mx=("google.com", "googlemail.com"),
        oauth="google",
        advice=("advice_google", {"url": "https://myaccount.google.com/apppasswords"}),
    ),
    Preset(
        name="icloud",
        host="imap.mail.me.com",
        domains=("icloud.com", "me.com", "mac.com"),
        aliases=("apple", "me", "mac"),
        mx=("mail.icloud.com",),
        advice=("advice_icloud", {"url": "https://account.apple.com/account/manage"}),
    ),
    Preset(
        name="outlook",
        host="outlook.office365.com",
        auth="xoauth2",
        domains=(
            *("outlook.com", "hotmail.com", "live.com", "msn.com", "hotmail.co.uk", "live.co.uk", "windowslive.com"),
            *(f"{name}.{end}" for name in ("outlook", "hotmail", "live") for end in _TWO_LETTERS),
        ),
        aliases=("hotmail", "live", "outlook.com"),
        mx=("olc.protection.outlook.com",),
        oauth="microsoft",
        advice=("advice_microsoft", {}),
    ),
    Preset(
        name="microsoft365",
        host="outlook.office365.com",
        auth="xoauth2",
        aliases=("office365", "m365", "exchange-online"),
        mx=("mail.protection.outlook.com", "mx.microsoft"),
        oauth="microsoft",
        advice=("advice_microsoft", {}),
    ),
    Preset(name="exchange", host="", username="ask", advice=("advice_exchange", {})),
    Preset(
        name="yahoo",
        host="imap.mail.yahoo.com",
        domains=(
            *("yahoo.com", "ymail.com", "rocketmail.com", "yahoo.co.uk", "yahoo.ca", "yahoo.com.br"),
            *(f"yahoo.{end}" for end in _TWO_LETTERS),
        ),
        mx=("yahoodns.net",),
        advice=_app_password("https://login.yahoo.com/account/security"),
    ),
    Preset(
        name="aol",
        host="imap.aol.com",
        domains=("aol.com", "aol.de", "aim.com"),
        advice=_app_password("https://login.aol.com/account/security"),
    ),
    # Germany, Austria, Switzerland
    Preset(
        name="gmx",
        host="imap.gmx.net",
        domains=("gmx.de", "gmx.net", "gmx.at", "gmx.ch", "gmx.eu", "gmx.com", "gmx.us", "gmx.co.uk"),
        other_hosts={"gmx.com": "imap.gmx.com", "gmx.us": "imap.gmx.com", "gmx.co.uk": "imap.gmx.com"},
        mx=("gmx.net",),
        advice=_switch_on("https://www.gmx.net"),
    ),
    Preset(
        name="web.de",
        host="imap.web.de",
        domains=("web.de", "email.de"),
        aliases=("webde",),
        advice=_switch_on("https://web.de"),
    ),
    Preset(name="mail.de", host="imap.mail.de", domains=("mail.de",), advice=_app_password("https://mail.de")),
    Preset(
        name="t-online",
        host="secureimap.t-online.de",
        domains=("t-online.de", "magenta.de"),
        aliases=("telekom", "magenta"),
        mx=("t-online.de",),
        advice=_mail_password("https://account.idm.telekom.com"),
    ),
    Preset(
        name="ionos",
        host="imap.ionos.de",
        domains=("online.de", "onlinehome.de", "sofortstart.de", "go4more.de"),
        aliases=("1und1", "1and1"),
        mx=("kundenserver.de", "ionos.de", "ionos.com", "ionos.co.uk", "ionos.fr", "1and1.com"),
    ),
    Preset(name="strato", host="imap.strato.de", mx=("rzone.de", "strato.de")),
    Preset(
        name="freenet", host="mx.freenet.de", domains=("freenet.de",), advice=_switch_on("https://webmail.freenet.de")
    ),
    Preset(
        name="posteo",
        host="posteo.de",
        domains=("posteo.de", "posteo.net", "posteo.org", "posteo.eu", "posteo.at", "posteo.ch"),
        mx=("posteo.de",),
    ),
    Preset(
        name="mailbox.org",
        host="imap.mailbox.org",
        domains=("mailbox.org",),
        aliases=("mailbox",),
        mx=("mailbox.org",),
    ),
    Preset(
        name="vodafone",
        host="imap.vodafonemail.de",
        domains=("vodafonemail.de", "vodafone.de", "arcor.de", "kabelmail.de", "nexgo.de"),
    ),
    Preset(
        name="all-inkl", host="", mx=("kasserver.com",), host_is_mx=True, advice=_ask_host("https://kas.all-inkl.com")
    ),
    Preset(name="hosteurope", host="", mx=("hosteurope.de",), advice=_ask_host("https://kis.hosteurope.de")),
    Preset(name="hetzner", host="mail.your-server.de", mx=("your-server.de",)),
    Preset(name="domainfactory", host="sslin.df.eu", aliases=("df",), mx=("ispgateway.de",)),
    Preset(name="united-domains", host="imaps.udag.de", mx=("udag.de",), username="ask"),
    Preset(name="a1", host="imap.a1.net", domains=("a1.net", "aon.at")),
    Preset(name="bluewin", host="imaps.bluewin.ch", domains=("bluewin.ch", "bluemail.ch"), aliases=("swisscom",)),
    Preset(
        name="infomaniak",
        host="mail.infomaniak.com",
        domains=("ik.me", "etik.com"),
        mx=("infomaniak.ch", "infomaniak.com"),
        advice=_app_password("https://config.infomaniak.com"),
    ),
    # Netherlands, Belgium
    Preset(name="kpn", host="imap.kpnmail.nl", domains=("kpnmail.nl", "kpnplanet.nl", "planet.nl", "hetnet.nl")),
    Preset(name="xs4all", host="imap.xs4all.nl", domains=("xs4all.nl",)),
    Preset(
        name="ziggo", host="imap.ziggo.nl", domains=("ziggo.nl", "home.nl", "upcmail.nl", "casema.nl", "quicknet.nl")
    ),
    Preset(name="transip", host="imap.transip.email", mx=("transip.email",)),
    Preset(name="telenet", host="imap.telenet.be", domains=("telenet.be", "pandora.be")),
    Preset(name="proximus", host="imap.proximus.be", domains=("proximus.be", "skynet.be")),
    # France, Italy
    Preset(name="orange.fr", host="imap.orange.fr", domains=("orange.fr", "wanadoo.fr"), aliases=("orange",)),
    Preset(name="free.fr", host="imap.free.fr", domains=("free.fr",), aliases=("free",), username="local part"),
    Preset(name="laposte", host="imap.laposte.net", domains=("laposte.net",), username="local part"),
    Preset(name="sfr", host="imap.sfr.fr", domains=("sfr.fr", "neuf.fr", "cegetel.net")),
    Preset(
        name="ovh",
        host="ssl0.ovh.net",
        mx=("mail.ovh.net", "mx1.ovh.net", "mx2.ovh.net", "mx3.ovh.net", "mx0.ovh.net"),
    ),
    Preset(name="gandi", host="mail.gandi.net", mx=("mail.gandi.net",)),
    Preset(
        name="libero",
        host="imapmail.libero.it",
        domains=("libero.it", "inwind.it", "iol.it", "blu.it", "giallo.it"),
        advice=_app_password("https://login.libero.it"),
    ),
    Preset(name="aruba", host="imaps.aruba.it", domains=("aruba.it", "technet.it"), mx=("aruba.it",)),
    # Elsewhere
    Preset(
        name="fastmail",
        host="imap.fastmail.com",
        domains=("fastmail.com", "fastmail.fm", "messagingengine.com"),
        mx=("messagingengine.com",),
        advice=_app_password("https://app.fastmail.com/settings/security/apps"),
    ),
    Preset(
        name="zoho",
        host="imap.zoho.com",
        domains=("zoho.com", "zohomail.com", "zohomail.eu"),
        other_hosts={"zohomail.eu": "imap.zoho.eu"},
        advice=_app_password("https://accounts.zoho.com/home#security/app_password"),
    ),
    Preset(
        name="zoho-pro",
        host="imappro.zoho.com",
        mx=("zoho.com",),
        advice=_app_password("https://accounts.zoho.com/home#security/app_password"),
    ),
    Preset(
        name="zoho-eu",
        host="imappro.zoho.eu",
        mx=("zoho.eu",),
        advice=_app_password("https://accounts.zoho.eu/home#security/app_password"),
    ),
    Preset(
        name="proton-bridge",
        host="127.0.0.1",
        port=1143,
        security="starttls",
        domains=("proton.me", "protonmail.com", "protonmail.ch", "pm.me"),
        aliases=("proton", "protonmail"),
        mx=("protonmail.ch",),
        advice=("advice_bridge", {}),
    ),
    Preset(name="namecheap", host="mail.privateemail.com", mx=("privateemail.com",)),
    Preset(name="godaddy", host="imap.secureserver.net", mx=("secureserver.net",)),
    Preset(name="hostinger", host="imap.hostinger.com", mx=("hostinger.com",)),
    Preset(name="one.com", host="imap.one.com", mx=("one.com",)),
    Preset(name="migadu", host="imap.migadu.com", mx=("migadu.com",)),
    Preset(name="seznam", host="imap.seznam.cz", domains=("seznam.cz", "email.cz"), mx=("seznam.cz",)),
    Preset(
        name="yandex",
        host="imap.yandex.com",
        domains=("yandex.com", "yandex.ru", "ya.ru"),
        mx=("yandex.net", "yandex.ru"),
        advice=_app_password("https://id.yandex.com/security/app-passwords"),
    ),
)

_BY_NAME = {name: each for each in PRESETS for name in (each.name, *each.aliases)}
_BY_DOMAIN = {domain: each for each in PRESETS for domain in each.domains}
_BY_MX = {end: each for each in PRESETS for end in each.mx}


def names() -> list[str]:
    """The names of all providers, without their aliases."""
    return [each.name for each in PRESETS]


def preset_named(name: str) -> Preset | None:
    """The provider of that name or alias; case does not count."""
    return _BY_NAME.get(name.strip().lower())


def preset_of_domain(domain: str) -> Preset | None:
    """The provider whose addresses end in this domain (in small letters)."""
    return _BY_DOMAIN.get(domain)


def preset_of_mx(exchanges: Sequence[str]) -> Preset | None:
    """The provider that takes mail at these names, the preferred first; the longest known end decides."""
    for exchange in exchanges:
        labels = exchange.lower().rstrip(".").split(".")
        for start in range(len(labels)):
            found = _BY_MX.get(".".join(labels[start:]))
            if found is not None:
                return found
    return None
