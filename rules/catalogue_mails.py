"""The mails that prove a catalogue's standards, described in a few keys, and the facts they stand for.

Small, made by us, and part of a supplier's file: whoever writes a standard sees beside it what it is for. They say what
a condition can see, no more; nothing of a real mail is in them. Raises nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rules.addresses import canonical
from rules.facts import AttachmentFacts, MailFacts

_TYPES = {
    "pdf": "application/pdf",
    "xml": "application/xml",
    "zip": "application/zip",
    "csv": "text/csv",
    "png": "image/png",
    "jpg": "image/jpeg",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "ics": "text/calendar",
}
_TEXTS = ("from", "subject", "text", "reply_to", "sender_field")
_KEYS = (*_TEXTS, "attachments")
_OCTETS = 20_000  # of each attachment: as large as a small invoice


@dataclass(frozen=True, slots=True)
class ExampleMail:
    """A mail as its author describes it."""

    sender: str  # header From, an address
    subject: str = ""
    text: str = ""
    attachments: tuple[str, ...] = ()  # file names, whose suffixes say what they are
    reply_to: str | None = None
    sender_field: str | None = None


def read_mail(values: Mapping[str, Any]) -> tuple[ExampleMail, list[str]]:
    """The mail that a table describes, and every fault."""
    faults = [f"there is no key {each!r}; there are {', '.join(_KEYS)}" for each in values if each not in _KEYS]
    faults += [f"{each}: expected a text" for each in _TEXTS if not isinstance(values.get(each, ""), str)]
    texts = {each: values[each] for each in _TEXTS if isinstance(values.get(each), str)}
    for each in ("from", "reply_to", "sender_field"):
        if each in texts and canonical(texts[each]) is None:
            faults.append(f"{each}: {texts[each]!r} is no e-mail address")
    if "from" not in texts:
        faults.append("from: an address is missing")
    names = values.get("attachments", [])
    if not isinstance(names, list) or not all(isinstance(each, str) and _type_of(each) for each in names):
        faults.append(f"attachments: expected a list of file names that end in {', '.join(_TYPES)}")
        names = []
    mail = ExampleMail(
        texts.get("from", ""),
        texts.get("subject", ""),
        texts.get("text", ""),
        tuple(names),
        texts.get("reply_to"),
        texts.get("sender_field"),
    )
    return mail, faults


def facts_of(mail: ExampleMail) -> MailFacts:
    """What the rules see of it."""
    return MailFacts(
        from_addresses=_addresses(mail.sender),
        from_header=mail.sender,
        subject=mail.subject,
        text=mail.text,
        has_text=bool(mail.text.strip()),
        sender_field=_addresses(mail.sender_field),
        reply_to=_addresses(mail.reply_to),
        attachments=tuple(_attachment(number, name) for number, name in enumerate(mail.attachments, 2)),
        octets=len(mail.text) + _OCTETS * len(mail.attachments),
        label="",
    )


def _addresses(address: str | None) -> tuple[str, ...]:
    known = canonical(address) if address else None
    return (known,) if known else ()


def _attachment(number: int, name: str) -> AttachmentFacts:
    media_type = _type_of(name) or ""
    return AttachmentFacts(str(number), name, media_type, media_type, _OCTETS, sha256=f"{number:064x}")


def _type_of(name: str) -> str | None:
    return _TYPES.get(name.rpartition(".")[2].lower()) if "." in name else None
