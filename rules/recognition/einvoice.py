"""Say what structured business document these octets are, and read its leading fields if it is an e-invoice.

By content alone, never by a name or a declared type. What is damaged is named so, and is no e-invoice; so are orders,
reminders and the notices of Italy's exchange system. Raises nothing.
Standards: EN 16931 in UBL and CII (XRechnung, Peppol BIS, Factur-X, ZUGFeRD), the syntaxes of einvoice_syntaxes, and
EDIFACT INVOIC.
"""

import codecs
import re
from dataclasses import dataclass, replace

from rules.facts import EInvoice, EnclosedFile
from rules.recognition.edifact import may_be_edifact, read_interchange
from rules.recognition.einvoice_enclosed import Enclosed
from rules.recognition.einvoice_reader import LARGEST_OCTETS, Unreadable, read_records
from rules.recognition.einvoice_syntaxes import choose, format_of_root, is_telling, other_kind, syntax_of

BUSINESS_KINDS = (
    "e_invoice",
    "order",
    "reminder",
    "transmission_notice",  # of Italy's exchange system about an invoice
    "business_document",
    "damaged",  # meant as an e-invoice, but not to be read as one
)

_HEAD_OCTETS = 1024
_XML_START = re.compile(rb"<(?:\?xml[\s?]|!--|!DOCTYPE|\?|[A-Za-z_])")
_HTML_START = re.compile(rb"<(?:!doctype\s+html|html|head|body|table|div|p|meta)[\s>]", re.IGNORECASE)
_DECLARATION = re.compile(rb"<\?xml[^>]{0,200}\?>")
_DECLARED = re.compile(rb"""encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_WIDE = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class BusinessDocument:
    """What a file of structured data is."""

    kind: str  # one of BUSINESS_KINDS
    format: str  # for people
    invoices: tuple[EInvoice, ...] = ()  # sound ones; only of an e-invoice, and then at least one
    within: tuple[Enclosed, ...] = ()
    mended: int = 0  # how often it had to be read as it was meant (_as_meant)

    @property
    def enclosed(self) -> tuple[EnclosedFile, ...]:
        """The files within it, as it names them."""
        return tuple(each.file for each in self.within)

    def content(self, octets: bytes, number: int) -> bytes:
        """One of the files within it, which are counted from 0; `octets` are the document's. Raises ValueError."""
        xml = plain_xml(octets)
        for _ in range(self.mended):
            xml = _as_meant(xml or b"")
        return self.within[number].decoded(xml or b"")


def read_document(octets: bytes) -> BusinessDocument | None:
    """The business document that these octets are, or None."""
    if may_be_edifact(octets):
        return _edifact(octets)
    xml = plain_xml(octets)
    return _read(xml) if xml else None


def read_einvoice(octets: bytes) -> EInvoice | None:
    """The first e-invoice in these octets, or None."""
    document = read_document(octets)
    return document.invoices[0] if document and document.invoices else None


def plain_xml(octets: bytes) -> bytes | None:
    """XML as a parser takes it, without what some programs put around it; None when it is none."""
    if len(octets) > LARGEST_OCTETS:
        return None
    octets = _narrow(octets)
    head = octets[:_HEAD_OCTETS].lstrip(b"\xef\xbb\xbf \t\r\n\x00")
    if not head.startswith(b"<"):
        # Seen in practice: a line or two of another program's before the declaration.
        start = head.find(b"<?xml")
        if start < 0 or b"<" in head[:start]:
            return None
        head = head[start:]
    if not _XML_START.match(head) or _HTML_START.match(head):
        return None
    octets = octets[octets.index(head[:20]) :]
    return octets[: octets.rfind(b">") + 1]  # transports leave NUL or ^Z behind the end


def _narrow(octets: bytes) -> bytes:
    """UTF-16 and UTF-32 as UTF-8; a declaration goes where a byte order mark or the octets themselves know better."""
    encoding = next((name for start, name in _WIDE if octets.startswith(start)), None)
    if encoding:
        octets = octets.decode(encoding, "replace").encode()
    is_marked = octets.startswith(codecs.BOM_UTF8)
    if encoding or is_marked or _declared(octets).startswith((b"utf-16", b"ucs-2", b"utf-32")):
        return _DECLARATION.sub(b"", octets, 1)
    return octets


def _declared(octets: bytes) -> bytes:
    declaration = _DECLARATION.search(octets, 0, _HEAD_OCTETS)
    found = _DECLARED.search(declaration[0]) if declaration else None
    return found[1].lower() if found else b""


def _read(xml: bytes) -> BusinessDocument | None:
    try:
        (namespace, name), found = read_records(xml, choose)
    except Unreadable as error:
        if (again := _as_meant(xml)) is not None:
            read = _read(again)
            return read and replace(read, mended=read.mended + 1)
        return _damaged(error.root)
    syntax = syntax_of(namespace, name)
    if syntax is None:
        kind = other_kind(namespace, name)
        return BusinessDocument(kind, format_of_root(namespace, name)) if kind else None
    invoices = tuple(each for each in syntax.make(found, namespace, name) if _is_sound(each))
    if not invoices:
        return BusinessDocument("damaged", syntax.name)
    return BusinessDocument("e_invoice", invoices[0].format, invoices, syntax.enclosed(found))


def _as_meant(xml: bytes) -> bytes | None:
    """XML whose declaration is not true of it, as its writer most likely meant it; None without such a doubt."""
    declared = _declared(xml)
    if declared not in {b"", b"utf-8", b"utf8"}:
        return _DECLARATION.sub(b"", xml, 1)
    try:
        xml.decode()
    except UnicodeDecodeError:
        return _DECLARATION.sub(b"", xml, 1).decode("cp1252", "replace").encode()
    return None


def _damaged(root: tuple[str, str] | None) -> BusinessDocument | None:
    if root is None:
        return None
    namespace, name = root
    # A DOCTYPE is refused before the first element: it tells a name alone.
    is_meant = syntax_of(namespace, name) or other_kind(namespace, name) or (not namespace and is_telling(name))
    return BusinessDocument("damaged", format_of_root(namespace, name)) if is_meant else None


def _edifact(octets: bytes) -> BusinessDocument | None:
    found = read_interchange(octets)
    if found is None:
        return None
    kind, invoices = found
    sound = tuple(filter(_is_sound, invoices))
    if kind == "e_invoice" and not sound:
        kind = "damaged"
    return BusinessDocument(kind, "EDIFACT", sound)


def _is_sound(invoice: EInvoice) -> bool:
    """Whether an accountant could tell which invoice this is."""
    return bool(invoice.number and (invoice.issue_date or invoice.total or invoice.seller_name))
