"""What the codes of e-invoices mean: kinds of document, and the profiles and formats that identifiers name.

Standards: UNTDID 1001 (as EN 16931 and France's continuous transaction controls use it), CEN/TS 16931-3 (identifiers),
FatturaPA TipoDocumento, ebInterface DocumentType, Facturae InvoiceClass, KSeF RodzajFaktury, ISDOC DocumentType.
"""

KINDS = (
    "invoice",
    "credit_note",
    "correction",  # of an invoice by another one
    "self_billed",  # written by the buyer
    "prepayment",
    "partial",
    "debit_note",
    "proforma",
)

_UNTDID_1001 = {
    "credit_note": "81 83 261 262 296 308 381 396 420 458 502 503 532",
    "correction": "384 471 472 473",
    "self_billed": "389 501 527",
    "prepayment": "386 500",
    "partial": "326 202 204 211",
    "debit_note": "80 84 383 456",
    "proforma": "325",
}
_OWN = {
    # FatturaPA
    "TD02": "prepayment",
    "TD03": "prepayment",
    "TD04": "credit_note",
    "TD05": "debit_note",
    "TD08": "credit_note",
    "TD09": "debit_note",
    "TD16": "self_billed",
    "TD17": "self_billed",
    "TD18": "self_billed",
    "TD19": "self_billed",
    "TD20": "self_billed",
    "TD21": "self_billed",
    "TD27": "self_billed",
    # ebInterface
    "CreditMemo": "credit_note",
    "SubsequentCredit": "credit_note",
    "SubsequentDebit": "debit_note",
    "InvoiceForAdvancePayment": "prepayment",
    "InvoiceForPartialDelivery": "partial",
    "SelfBilling": "self_billed",
    # Facturae, by its class
    "OR": "correction",
    "CR": "correction",
    # KSeF
    "KOR": "correction",
    "KOR_ZAL": "correction",
    "KOR_ROZ": "correction",
    "ZAL": "prepayment",
    # OIOXML and Finvoice
    "PCM": "credit_note",
    "INV02": "credit_note",
}
_ISDOC = {"2": "credit_note", "3": "debit_note", "4": "proforma", "5": "prepayment", "6": "credit_note"}
_KIND_BY_CODE = {code: kind for kind, codes in _UNTDID_1001.items() for code in codes.split()} | _OWN

# The first that an identifier (BT-24, BT-23 or the syntax's own) contains.
_PROFILES = (
    ("extension:xrechnung", "XRECHNUNG EXTENSION"),
    (":xrechnung", "XRECHNUNG"),
    ("peppol.eu:2017:poacc:selfbilling", "Peppol BIS Self-Billing 3"),
    ("peppol.eu:2017:poacc:billing:3", "Peppol BIS Billing 3"),
    ("peppol:pint:", "Peppol PINT"),
    ("peppol4a", "Peppol BIS 4A"),
    ("peppol5a", "Peppol BIS 5A"),
    ("simplerinvoicing.org:si-ubl", "NLCIUS / SI-UBL"),
    ("simplerinvoicing.org", "NLCIUS / SI-UBL"),
    ("nen.nl:nlcius", "NLCIUS / SI-UBL"),
    ("cius-ro", "CIUS-RO"),
    ("cius-at", "CIUS-AT"),
    ("mfin.gov.rs:srbdt", "SRBDT"),
    ("zatca.gov.sa", "ZATCA"),
    ("cpro.gouv.fr", "FR CTC / Chorus"),
    ("extended-ctc-fr", "FR CTC / Chorus"),
    ("oioubl", "OIOUBL"),
    ("ehf", "EHF"),
    (":minimum", "MINIMUM"),
    (":basicwl", "BASIC WL"),
    (":basic", "BASIC"),
    (":comfort", "COMFORT"),
    (":extended", "EXTENDED"),
    (":en16931", "EN 16931"),
)
_FORMATS = (
    ("xrechnung", "XRechnung"),
    ("factur-x", "Factur-X"),
    ("zugferd.de:2p", "ZUGFeRD 2"),
    ("peppol", "Peppol BIS"),
    ("cius-ro", "CIUS-RO"),
    ("simplerinvoicing", "SI-UBL"),
    ("nlcius", "SI-UBL"),
    ("oioubl", "OIOUBL"),
    ("srbdt", "UBL-RS"),
    ("zatca", "ZATCA"),
)


def kind_of(code: str | None) -> str:
    """The kind of a document by its code; whatever is no code of another kind is an invoice."""
    return _KIND_BY_CODE.get(code or "", "invoice")


def kind_of_isdoc(code: str | None) -> str:
    """The kind of an ISDOC document."""
    return _ISDOC.get(code or "", "invoice")


def profile_of(identifier: str | None) -> str | None:
    """The name of a profile by its identifier; the identifier itself where it has no name."""
    if not identifier:
        return None
    plain = identifier.lower()
    if plain == "urn:cen.eu:en16931:2017":
        return "EN 16931"
    if plain.startswith("tr1"):
        return "UBL-TR"
    return next((name for part, name in _PROFILES if part in plain), identifier[:100])


def format_of(syntax: str, identifier: str | None) -> str:
    """What people call a document of this syntax whose identifier says so."""
    plain = (identifier or "").lower()
    if syntax == "UBL" and plain.startswith("tr1"):
        return "UBL-TR"
    return next((name for part, name in _FORMATS if part in plain), _BY_SYNTAX.get(syntax, syntax))


_BY_SYNTAX = {"ZUGFeRD1": "ZUGFeRD 1"}
_SYNTAXES = ("UBL", "CII", "FatturaPA", "ebInterface", "Facturae", "Svefaktura", "Finvoice", "KSeF", "ISDOC", "OIOXML")
# By which people may name a format or a profile; other profiles are told by their identifiers.
NAMES = tuple(
    {
        name.lower(): name
        for name in (*(name for _, name in (*_PROFILES, *_FORMATS)), "ZUGFeRD 1", "UBL-TR", "EDIFACT", *_SYNTAXES)
    }.values()
)
