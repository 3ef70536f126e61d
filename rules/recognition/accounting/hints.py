"""What a mail's header says about what it brings: the same for each of its texts and files. Pure. Raises nothing.

Standard: RFC 2369 and 2919 (List-Post, List-Id, List-Unsubscribe), RFC 5322 3.6.4 (In-Reply-To).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rules.recognition.accounting.amounts import amounts_in
from rules.recognition.accounting.lexicon import find, fold
from rules.recognition.forwarded import mark_of

HEADER_NAMES: Final = ("list-id", "list-post", "list-unsubscribe", "precedence", "in-reply-to", "x-mailing-list")
_LOCAL_PARTS: Final = re.compile(
    r"(?:^|[._+-])(?:billing|invoices?|receipts?|accounts?[._-]?receivable|accounting|finance|payments?|ar|e?invoicing"
    r"|rechnung(?:en|sstelle)?|buchhaltung|fakturierung|factu(?:ra|ras|ur|ration|racion)|facturen|administratie"
    r"|compta(?:bilite)?|factures?|fatture?|fatturazione|amministrazione|faktur[ay]?|faktury|ksiegowosc|ekonomi"
    r"|lasku(?:tus)?|szamla(?:zas)?|facturi|kvittering|kvitto|recibos?|boletos?|contabilidad|administracion)(?:$|[._+-])"
)
_ANNOUNCING: Final = (
    "title.",
    "other.order",
    "other.booking",
    "for.",
    "label.payable",
    "label.paid",
    "label.payment",
    "label.number",
    "label.reference",
)
_TITLES: Final = frozenset({"title.invoice", "title.receipt", "title.credit_note", "title.reminder"})


@dataclass(frozen=True, slots=True)
class Hints:
    """What the header says. The defaults are those of a file that came alone."""

    subject: str = ""
    sender_name: str = ""
    sender_address: str = ""
    is_list: bool = False  # a discussion list
    is_bulk: bool = False
    is_reply: bool = False

    @classmethod
    def of(cls, subject: str, sender_name: str, sender_address: str, header: Mapping[str, str]) -> "Hints":
        """From a subject, the (original) sender and the fields of HEADER_NAMES, lower-case names."""
        precedence = header.get("precedence", "").strip().lower()
        is_list = bool(header.get("list-post") or header.get("x-mailing-list"))
        mark = mark_of(subject)
        return cls(
            subject=subject,
            sender_name=sender_name,
            sender_address=sender_address,
            is_list=is_list and header.get("list-post", "").strip().lower() != "no",
            is_bulk=precedence in {"bulk", "list", "junk"} or bool(header.get("list-id")),
            is_reply=mark == "reply" or (bool(header.get("in-reply-to")) and mark is None),
        )

    @property
    def has_amount(self) -> bool:
        """Whether the subject holds an amount with its currency."""
        return any(each.currency for each in amounts_in(fold(self.subject)))

    @property
    def may_announce(self) -> bool:
        """Whether subject or sender suggest that the text may be a document: worth reading before one knows."""
        if self.names_titles or self.has_amount:
            return True
        return any(each.meaning.startswith(_ANNOUNCING) for each in find(fold(self.subject)))

    @property
    def names_titles(self) -> bool:
        """Whether the sender's name or local part says that bills come from there."""
        if any(each.meaning in _TITLES for each in find(fold(self.sender_name))):
            return True
        return bool(_LOCAL_PARTS.search(fold(self.sender_address.rpartition("@")[0])))
