"""Which XML is an e-invoice in which syntax, and which is another business document: told by its first element.

Namespaces decide where names are ordinary ("Invoice"); a telling name in a foreign namespace is a damaged one.
Raises nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rules.facts import EInvoice
from rules.recognition.einvoice_enclosed import Enclosed
from rules.recognition.einvoice_making import enclosed_in, from_cii, from_ubl
from rules.recognition.einvoice_national import (
    enclosed_in_national,
    from_ebinterface,
    from_facturae,
    from_fatturapa,
    from_finvoice,
    from_ksef,
)
from rules.recognition.einvoice_national_paths import (
    EBINTERFACE,
    FACTURAE,
    FATTURA_SEMPLIFICATA,
    FATTURAPA,
    FINVOICE,
    KSEF,
)
from rules.recognition.einvoice_paths import CII, UBL, ZUGFERD_1
from rules.recognition.einvoice_reader import Node, Record

_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_UBL_INVOICES = ("Invoice", "CreditNote", "DebitNote", "SelfBilledInvoice", "SelfBilledCreditNote")


@dataclass(frozen=True, slots=True)
class Syntax:
    """One XML language of invoices."""

    name: str
    node: Node
    make: Callable[[Record, str, str], tuple[EInvoice, ...]]  # of what was found, the root's namespace and its name
    enclosed: Callable[[Record], tuple[Enclosed, ...]] = enclosed_in


def _ubl(name: str) -> Syntax:
    return Syntax(name, _UBL_NODE, lambda found, _, root: (from_ubl(found, name, root),))


def _cii(name: str, node: Node) -> Syntax:
    return Syntax(name, node, lambda found, _, root: (from_cii(found, name, root),))


def _national(name: str, node: Node, make: Callable[[Record, str], tuple[EInvoice, ...]]) -> Syntax:
    return Syntax(name, node, lambda found, namespace, _: make(found, _version(namespace)), enclosed_in_national)


_UBL_NODE = Node(UBL)
_FATTURAPA = _national("FatturaPA", Node(FATTURAPA), from_fatturapa)
_SEMPLIFICATA = _national("FatturaPA", Node(FATTURA_SEMPLIFICATA), from_fatturapa)
_EBINTERFACE = _national("ebInterface", Node(EBINTERFACE), from_ebinterface)
_FACTURAE = _national("Facturae", Node(FACTURAE), from_facturae)
_UBL_SYNTAX = _ubl("UBL")

# By the name of the first element: the beginning of its namespace, and the syntax.
_BY_ROOT: Mapping[str, tuple[tuple[str, Syntax], ...]] = {
    **{name: ((f"{_UBL}{name}-", _UBL_SYNTAX),) for name in _UBL_INVOICES},
    "Invoice": (
        (f"{_UBL}Invoice-", _UBL_SYNTAX),
        ("http://www.ebinterface.at/schema/", _EBINTERFACE),
        ("urn:sfti:documents:BasicInvoice:", _ubl("Svefaktura")),
        ("http://isdoc.cz/namespace", _ubl("ISDOC")),
        ("http://rep.oio.dk/ubl/xml/schemas/", _ubl("OIOXML")),
    ),
    "CrossIndustryInvoice": (
        ("urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:", _cii("CII", Node(CII))),
    ),
    "CrossIndustryDocument": (
        ("urn:ferd:CrossIndustryDocument:invoice:1p0", _cii("ZUGFeRD1", Node(ZUGFERD_1))),
    ),
    "FatturaElettronica": (
        ("http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/", _FATTURAPA),
        ("http://www.fatturapa.gov.it/sdi/fatturapa/", _FATTURAPA),
    ),
    "FatturaElettronicaSemplificata": (
        ("http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/", _SEMPLIFICATA),
        ("http://www.fatturapa.gov.it/sdi/fatturapa/", _SEMPLIFICATA),
    ),
    "Facturae": (
        ("http://www.facturae.es/", _FACTURAE),
        ("http://www.facturae.gob.es/", _FACTURAE),
    ),
    "Faktura": (("http://crd.gov.pl/wzor/", _national("KSeF", Node(KSEF), from_ksef)),),
    "Finvoice": (("", _national("Finvoice", Node(FINVOICE), from_finvoice)),),
}  # fmt: skip

# Peppol's envelope and Svefaktura's; an enveloping XML signature, as ebInterface 4 is signed.
_IN_OBJECT = Node({}, is_envelope=True)
_SIGNATURE = Node({}, is_envelope=True)
_SIGNATURE.children["Object"] = _IN_OBJECT
_ENVELOPES = {
    ("http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader", "StandardBusinessDocument"): _IN_OBJECT,
    ("urn:sfti:documents:ObjectEnvelope:1:0", "ObjectEnvelope"): _IN_OBJECT,
    ("http://www.w3.org/2000/09/xmldsig#", "Signature"): _SIGNATURE,
}
_NOTHING_WANTED = Node({})
# Names that nothing but invoices bears, whatever the namespace says.
_TELLING = frozenset(_BY_ROOT) - {"Invoice", "CreditNote", "DebitNote", "Faktura"}
_SDI_NOTICES = (
    "http://www.fatturapa.gov.it/sdi/messaggi/",
    "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fattura/messaggi/",
)


def syntax_of(namespace: str, name: str) -> Syntax | None:
    """The syntax of an e-invoice that begins with this element."""
    return next((syntax for start, syntax in _BY_ROOT.get(name, ()) if namespace.startswith(start)), None)


def other_kind(namespace: str, name: str) -> str | None:
    """The kind of a document with this first element that is no e-invoice; None: nothing that we know."""
    if namespace.startswith(_SDI_NOTICES):
        return "transmission_notice"
    if name.startswith(("SCRDMCCBDACIO", "CrossIndustryOrder")) or ("order" in namespace and name in _TELLING):
        return "order"
    if namespace.startswith(_UBL):
        if name.startswith("Order"):
            return "order"
        return "reminder" if name == "Reminder" else "business_document"
    if name.startswith("SCRDMCCBDACI"):
        return "business_document"
    return "damaged" if name in _TELLING else None


def choose(namespace: str, name: str) -> Node | None:
    """What is wanted of a document that begins with this element; None: it is none of ours."""
    if syntax := syntax_of(namespace, name):
        return syntax.node
    if found := _ENVELOPES.get((namespace, name)):
        return found
    return _NOTHING_WANTED if other_kind(namespace, name) else None


def format_of_root(namespace: str, name: str) -> str:
    """What to call a document of which only the first element could be read."""
    syntax = syntax_of(namespace, name)
    if syntax is None and name in _TELLING:
        syntax = _BY_ROOT[name][0][1]
    if name.startswith("SCRDMCCBDACIO"):
        return "Order-X"
    return syntax.name if syntax else name


def is_telling(name: str) -> bool:
    """Whether a first element of this name says that an e-invoice is meant, whatever its namespace."""
    return name.rpartition(":")[2] in _BY_ROOT


def _version(namespace: str) -> str:
    """The version that ends a namespace: "6.1" of http://www.ebinterface.at/schema/6p1/."""
    return namespace.rstrip("/").rpartition("/")[2].replace("p", ".")[:40]
