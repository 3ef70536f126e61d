"""E-mail addresses as rules compare them: canonical form, import addresses with their label, sender patterns.

Compares, never delivers: what stands in an envelope stays as it came. Nothing here raises on hostile input.
Standards: RFC 5321 4.5.3.1 (lengths), RFC 5233 (sub-addressing), RFC 5891 (a domain's ASCII form).
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

# RFC 5321 4.5.3.1.3: a path has at most 256 octets; names of 64 and 255 characters are refused by their own limits.
LONGEST_LOCAL_PART = 64
LONGEST_DOMAIN = 255
LONGEST_LABEL = 63

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_DOMAIN_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_PLAIN_ADDRESS = re.compile(rf"[a-z0-9._+=-]+@(?:{_DOMAIN_LABEL.pattern}\.)+{_DOMAIN_LABEL.pattern}")
_UNFIT_IN_LOCAL_PART = re.compile(r"[<>@,;:\\\"()\[\]\s]")


@dataclass(frozen=True, slots=True)
class ImportPath:
    """A forward-path that may be an import address: `local_part+label@domain`, canonical but for the label."""

    local_part: str
    label: str | None
    domain: str

    @property
    def address(self) -> str:
        """The import address itself, without the label."""
        return f"{self.local_part}@{self.domain}"


@dataclass(frozen=True, slots=True)
class SenderPattern:
    """What a standard says of a sender: an address, `@domain` (that domain alone) or `@*.domain` (what is below it)."""

    kind: Literal["address", "domain", "subdomains"]
    value: str  # canonical address, or canonical domain

    @classmethod
    def parse(cls, text: str) -> "SenderPattern | None":
        """The pattern written as `text`, or None when it is none."""
        text = text.strip()
        if text.startswith("@*."):
            domain = canonical_domain(text[3:])
            return cls("subdomains", domain) if domain else None
        if text.startswith("@"):
            domain = canonical_domain(text[1:])
            return cls("domain", domain) if domain else None
        address = canonical(text)
        # A star in a local part is legal and never meant: people write it for "anyone", which is @domain here.
        return cls("address", address) if address and "*" not in address else None

    @property
    def text(self) -> str:
        """This pattern written in its one canonical form."""
        return {"address": "", "domain": "@", "subdomains": "@*."}[self.kind] + self.value

    def fits(self, address: str) -> bool:
        """Whether `address` (canonical) is one that this pattern means."""
        if self.kind == "address":
            return address == self.value
        domain = address.rpartition("@")[2]
        return domain == self.value if self.kind == "domain" else domain.endswith("." + self.value)


def canonical(address: str) -> str | None:
    """`address` in the one form that rules compare: lower case, domain in ASCII. None when it is no address.

    The local part is compared without case, against RFC 5321 2.4, because every provider people use does so.
    """
    if _PLAIN_ADDRESS.fullmatch(address) and len(address) <= LONGEST_LOCAL_PART:
        return address  # most addresses stand in that form already
    local_part, at, domain = address.strip().rpartition("@")
    plain = _canonical_local_part(local_part)
    ascii_domain = canonical_domain(domain)
    return f"{plain}@{ascii_domain}" if at and plain and ascii_domain else None


def canonical_domain(domain: str) -> str | None:
    """A domain in lower case and ASCII (A-labels), without a final dot. None when it is no domain name.

    `ß` keeps its own label, as IDNA 2008 has it: straße.example and strasse.example belong to two owners.
    """
    if not domain or len(domain) > LONGEST_DOMAIN:
        return None
    labels = [_ascii_label(label) for label in domain.removesuffix(".").split(".")]
    if len(labels) < 2 or not all(_DOMAIN_LABEL.fullmatch(label) for label in labels):
        return None
    ascii_domain = ".".join(labels)
    return ascii_domain if len(ascii_domain) <= LONGEST_DOMAIN else None


def parse_import_address(forward_path: str) -> ImportPath | None:
    """The forward-path "Acme-k3+Office@IN.example.com" as its parts; None when it is no address.

    RFC 5233: what stands after the first "+" is detail; here it is the message's label, kept as it was written.
    """
    local_part, _, domain = forward_path.strip().rpartition("@")
    mailbox, plus, label = _unquoted(local_part).partition("+")
    address = canonical(f"{mailbox}@{domain}")
    if address is None or len(local_part) > LONGEST_LOCAL_PART + 2:
        return None
    mailbox, _, domain = address.rpartition("@")
    return ImportPath(mailbox, _printable(label) or None if plus else None, domain)


def _canonical_local_part(local_part: str) -> str | None:
    # UTF-8 local parts (RFC 6531) may have more octets than characters: the limit here is a guard, not the grammar.
    plain = unicodedata.normalize("NFC", _unquoted(local_part)[: 4 * LONGEST_LOCAL_PART + 1]).lower()
    is_fit = 0 < len(plain) <= 4 * LONGEST_LOCAL_PART and plain.isprintable()
    return plain if is_fit and not _UNFIT_IN_LOCAL_PART.search(plain) else None


def _unquoted(local_part: str) -> str:
    quoted = _QUOTED.fullmatch(local_part[:1024])
    return re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else local_part


def _ascii_label(label: str) -> str:
    if label.isascii():
        return label.lower()
    if len(label) > LONGEST_LABEL or not label.isprintable():
        return ""
    lower = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", label).lower())
    if lower.isascii():
        return lower
    return "xn--" + lower.encode("punycode").decode("ascii")


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())
