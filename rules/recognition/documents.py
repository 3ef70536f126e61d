"""Which parts of a mail are documents: not its logos, signatures, cards, and what only packs other parts.

Pure: what is known of a mail's parts in, a role for each out. How often a picture came before is among what is known
(law 26). Whether a document is imported is decided elsewhere.
"""

import re
from collections.abc import Iterable, Sequence
from enum import Enum

from rules.facts import AttachmentFacts
from rules.recognition.content import is_accessory, is_invoice_format, is_wrapping
from rules.recognition.pictures import may_be_page
from rules.words import plain

# A picture that a sender sends again and again is no invoice: from the third time on.
OFTEN_SEEN = 2
SMALLEST_PICTURE = 8 * 1024  # octets; a page that anybody can read takes more
_OFFICE = re.compile(
    r"application/(?:vnd\.(?:openxmlformats-officedocument|oasis\.opendocument|ms-excel|ms-powerpoint|ms-word)"
    r"|msword|rtf|postscript|x-ole-storage)"
)
# Names of terms and conditions, withdrawal and privacy notices, in the languages of Europe; without case and accents.
_TERMS = re.compile(
    r"\b(?:agb|avb|allgemeine\w* geschafts\w*|\w*bedingungen|widerruf\w*|datenschutz\w*|dsgvo"
    r"|verbraucher(?:schutz)?information(?:en)?|terms|conditions|t ?& ?c|tandc|tncs?|gdpr|privacy|right of withdrawal"
    r"|withdrawal (?:form|notice)|cancellation policy|\w*voorwaarden|herroeping\w*|privacyverklaring"
    r"|c ?g ?v|cgu|retractation|condiciones|privacidad|condizioni|recesso|informativa|condicoes|regulamin"
    r"|ogolne warunki|rodo|\w*villkor|\w*betingelser|vilkar|obchodni podminky|obchodne podmienky|aszf|toimitusehdot"
    r"|yleiset ehdot|opsti uslovi)\b"
)
_SEPARATORS = re.compile(r"[_.+-]+")


class Role(Enum):
    """What a part is to its mail."""

    DOCUMENT = "document"  # PDF, e-invoice, office file, scan
    FILE = "file"  # something else that somebody attached: a table, a text, an archive that stays closed
    COMPANION = "companion"  # terms and conditions beside an invoice, and what an e-invoice carries within it
    DECORATION = "decoration"  # a picture of the text, a logo, a tracking pixel
    ACCESSORY = "accessory"  # signature, calendar, card, font, style sheet
    WRAPPING = "wrapping"  # its contents stand as parts of their own


def roles(attachments: Iterable[AttachmentFacts]) -> dict[str, Role]:
    """The role of every part, by its path."""
    known = list(attachments)
    within = carriers(known)
    found = {each.part: (each, _alone(each, is_carried=each.part in within)) for each in known}
    documents = [each for each, role in found.values() if role is Role.DOCUMENT and not is_terms(each)]
    stands_beside = any(is_invoice_format(each) for each in documents)
    return {
        part: Role.COMPANION if stands_beside and role is Role.DOCUMENT and is_terms(each) else role
        for part, (each, role) in found.items()
    }


def carriers(attachments: Sequence[AttachmentFacts]) -> dict[str, str]:
    """By the part of what stands within an XML e-invoice, however packed there, the part of that e-invoice."""
    carrying = {each.part for each in attachments if each.e_invoice and each.media_type != "application/pdf"}
    found = {}
    for each in attachments if carrying else ():
        around = each.part.split("/")
        parts = ("/".join(around[:depth]) for depth in range(1, len(around)))
        carrier = next((part for part in parts if part in carrying), None)
        if carrier is not None:
            found[each.part] = carrier
    return found


def is_terms(attachment: AttachmentFacts) -> bool:
    """Whether a part names itself terms and conditions, or a notice that a law wants beside an invoice."""
    if attachment.e_invoice is not None:
        return False
    return _TERMS.search(_SEPARATORS.sub(" ", plain((attachment.filename or "")[:300]))) is not None


def is_picture_of_text(attachment: AttachmentFacts) -> bool:
    """Whether a picture belongs to the text or the signature: shown there, too small for a page, or often seen."""
    return is_shown_or_small(attachment) or is_often_seen(attachment)


def is_often_seen(attachment: AttachmentFacts) -> bool:
    """Whether this sender's mail has brought the same picture again and again."""
    return attachment.media_type.startswith("image/") and attachment.seen_before >= OFTEN_SEEN


def is_left_out(attachment: AttachmentFacts) -> bool:
    """Whether a picture would be a document, had it not come so often."""
    return is_often_seen(attachment) and not is_shown_or_small(attachment)


def is_shown_or_small(attachment: AttachmentFacts) -> bool:
    """Whether a picture belongs to the text by itself, whatever came before."""
    if not attachment.media_type.startswith("image/"):
        return False
    if attachment.is_referenced or attachment.media_type == "image/svg+xml":
        return True
    if not (attachment.width and attachment.height):
        return False
    return attachment.octets < SMALLEST_PICTURE or not may_be_page(attachment.width, attachment.height)


def _alone(attachment: AttachmentFacts, *, is_carried: bool) -> Role:
    if is_wrapping(attachment):
        return Role.WRAPPING
    if is_carried and attachment.octets and not attachment.group and not attachment.e_invoice:
        return Role.COMPANION
    if attachment.octets == 0 or is_accessory(attachment):
        return Role.ACCESSORY
    if attachment.is_referenced or is_picture_of_text(attachment):
        return Role.DECORATION
    if is_invoice_format(attachment) or attachment.media_type.startswith("image/"):
        return Role.DOCUMENT
    return Role.DOCUMENT if _OFFICE.match(attachment.media_type) else Role.FILE
