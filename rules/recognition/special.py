"""Mail that is about mail: bounces and auto-replies, a provider's forwarding confirmation, a bill that lies elsewhere.

Bounces and auto-replies are told by what machines write for machines, never by a word alone: invoices are sent
automatically as well. Links are read and never followed; code and link are claims of whoever wrote the mail. Pure.
Raises nothing. Standard: RFC 3464 and 8098 (reports), RFC 3834 (Auto-Submitted).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Final
from urllib.parse import urlsplit

from rules.facts import Special
from rules.recognition.accounting.lexicon import find, fold

HEADER_NAMES: Final = (
    "auto-submitted",
    "precedence",
    "x-autoreply",
    "x-autorespond",
    "x-auto-reply",
    "x-failed-recipients",
)
_LONGEST_LINK: Final = 2000
_MOST_READ: Final = 60_000
_NOT: Final = frozenset({"", "no", "false", "0"})  # seen in practice: programs say that their mail is none
_REPORT = re.compile(r"report-type=\W?(?:delivery|disposition)")
_DAEMON = re.compile(r"^(?:mailer-daemon|postmaster|mail-daemon|mdaemon|bounces?)(?:[+@-]|$)")
_BOUNCE_WORDS = re.compile(
    r"undeliver|delivery status|delivery (?:has )?failed|delivery failure|returned mail|mail delivery|failure notice"
    r"|unzustellbar|nicht zugestellt|zustellung fehlgeschlagen|onbestelbaar|niet (?:af)?geleverd|non remis"
    r"|echec de la remise"
    r"|no se (?:puede|pudo) entregar|no entregado|mancata consegna|non recapitato|nao entregue|niedostarcz"
    r"|kan inte leverer"
    r"|kunne ikke leveres|toimitus epaonnistui|nedorucit|kezbesithetetlen"
)
_REPLY_WORDS = re.compile(
    r"^(?:automatic reply|auto-?reply|automatische antwort|abwesenheit|out of (?:the )?office|automatisch antwoord"
    r"|reponse automatique|respuesta automatica|risposta automatica|resposta automatica|autosvar|automatiskt svar"
    r"|automaattinen vastaus|automatyczna odpowiedz|automaticka odpoved|automatikus valasz|raspuns automat"
    r"|自動返信|自动回复)"
)
_FORWARDING = re.compile(
    r"forward|weiterleit|doorstu|transfert|reexped|reenvi|inoltr|encaminh|przekaz|przekier|vidarebefordr|videresend|viderebring"
    r"|edelleen|valitys|prepos|preposilan|tovabbit|redirectiona|yonlendir|転送|转发|轉寄|포워딩|전달|пересыл"
)
_CONFIRMING = re.compile(
    r"confirm|verif|bestatig|bevestig|conferm|potwierd|bekraft|bekreft|vahvist|potvrd|overen|megerosit|onayla|確認|确认|確認碼|확인|подтвер"
)
_OF_MICROSOFT: Final = (
    *("account.live.com", "account.microsoft.com", "mail.live.com", "outlook.live.com"),
    *("outlook.com", "outlook.office.com", "outlook.office365.com"),
)
# Whose forwarding asks the address it goes to, and where its links lead: facts of these services. Only to their mail:
# under the same domains lie pages of anybody (sites, forms) and redirects to anywhere, and anybody writes a From.
_PROVIDERS: Final = {
    "google.com": ("mail.google.com", "mail-settings.google.com"),
    "microsoft.com": _OF_MICROSOFT,
    "outlook.com": _OF_MICROSOFT,
    "live.com": _OF_MICROSOFT,
}
_CODE_IN_SUBJECT = re.compile(r"\(#(\d{5,12})\)")
_CODE = re.compile(r"(?<![\d/=#&?-])(\d{4,10})(?![\d-])")
_LINK = re.compile(r"https?://[^\s<>\"'\]\[\\^`{|}]{4,2000}", re.IGNORECASE)
_ANCHOR = re.compile(
    r"<a\b[^<>]{0,500}?href\s{0,3}=\s{0,3}[\"']?(https?://[^\"'<>\s]{4,2000})[^<>]{0,2000}>", re.IGNORECASE
)
_TAG = re.compile(r"<[^<>]{0,2000}>")


@dataclass(frozen=True, slots=True)
class Head:
    """What the header says of how a mail came to be."""

    media_type: str  # of the whole mail, with its parameters, in lower case
    header: Mapping[str, str]  # the fields of HEADER_NAMES, by lower-case name
    sender: str  # the address in From, in lower case
    subject: str


def find_special(head: Head, text: str) -> Special | None:
    """What kind of mail about mail this is; None of any other. `text`: the body as plain text."""
    if _is_bounce(head):
        return Special("bounce")
    if _is_auto_reply(head):
        return Special("auto_reply")
    return _forwarding_confirmation(head.sender, head.subject, text[:_MOST_READ])


def find_link(text: str, html: str) -> Special | None:
    """Where the bill lies that a mail only announces: the link that its words name, never followed."""
    for words, link in _named_links(html[: 8 * _MOST_READ]):
        if any(each.meaning == "against.elsewhere" for each in find(fold(words))):
            return _elsewhere(link)
    text = text[:_MOST_READ]
    named = next((each for each in find(fold(text)) if each.meaning == "against.elsewhere"), None)
    if named is None:
        return None
    in_text = _LINK.search(text, named.start) or _LINK.search(text)
    return _elsewhere(in_text[0]) if in_text else next((_elsewhere(each) for _, each in _named_links(html)), None)


def _is_bounce(head: Head) -> bool:
    # A read receipt is a report, too: RFC 8098.
    if head.media_type.startswith("multipart/report") and _REPORT.search(head.media_type):
        return True
    if head.header.get("x-failed-recipients"):
        return True
    # A null reverse-path says little: a mailbox may not keep it, and parcels are "not delivered" as well.
    return bool(_DAEMON.match(head.sender)) and bool(_BOUNCE_WORDS.search(fold(head.subject)))


def _is_auto_reply(head: Head) -> bool:
    submitted = head.header.get("auto-submitted", "").strip().lower()
    # RFC 3834 5: "auto-generated" is what every invoicing program is, "auto-replied" answers somebody.
    if submitted.startswith("auto-replied") or head.header.get("precedence", "").strip().lower() == "auto_reply":
        return True
    said = {head.header.get(name, "").strip().lower() for name in ("x-autoreply", "x-autorespond", "x-auto-reply")}
    if said - _NOT:
        return True
    return submitted not in {"", "no"} and bool(_REPLY_WORDS.match(fold(head.subject)))


def _forwarding_confirmation(sender: str, subject: str, text: str) -> Special | None:
    hosts = _hosts_of(sender.rpartition("@")[2])
    words = fold(subject + "\n" + text[:4000])
    if not hosts or not _FORWARDING.search(words) or not _CONFIRMING.search(words):
        return None
    code = _CODE_IN_SUBJECT.search(subject) or _CODE.search(_LINK.sub(" ", subject + "\n" + text))
    links = [match[0].rstrip(".,)") for match in _LINK.finditer(text)]
    link = next((each for each in links if _is_confirming(each, hosts)), None)
    if code is None and link is None:
        return None
    return Special(
        "forwarding_confirmation", link=link, domain=_domain(link) if link else None, code=code[1] if code else None
    )


def _hosts_of(domain: str) -> tuple[str, ...]:
    return next((hosts for name, hosts in _PROVIDERS.items() if domain == name or domain.endswith("." + name)), ())


def _is_confirming(link: str, hosts: tuple[str, ...]) -> bool:
    """Whether a link leads to the provider and carries a token: help pages and the front door carry none."""
    domain = _domain(link) or ""
    is_theirs = any(domain == host or domain.endswith("." + host) for host in hosts)
    path = link.partition("://")[2].partition("/")[2]
    return is_theirs and not domain.startswith("support.") and max(map(len, re.split(r"[/?&=]", path))) >= 16


def _named_links(html: str) -> Iterator[tuple[str, str]]:
    """The words and the target of each link, a bounded number of them."""
    for count, anchor in enumerate(_ANCHOR.finditer(html)):
        if count >= 200:
            return
        end = html.find("</a", anchor.end(), anchor.end() + 4000)
        words = _TAG.sub(" ", html[anchor.end() : end if end >= 0 else anchor.end() + 200])
        yield " ".join(unescape(words).split()), unescape(anchor[1])


def _elsewhere(link: str) -> Special | None:
    link = link.rstrip(".,);")[:_LONGEST_LINK]
    domain = _domain(link)
    return Special("link_only", link=link, domain=domain) if domain else None


def _domain(link: str | None) -> str | None:
    try:
        return (urlsplit(link or "").hostname or "").lower() or None
    except ValueError:
        return None
