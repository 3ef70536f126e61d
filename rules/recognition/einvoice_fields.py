"""Where each e-invoice syntax keeps the fields we read: paths of local names below the root, as a tree.

Namespaces are checked at the root only: producers mix versions below it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Leaf:
    """An element whose text is a field; `needs` is an attribute and the value it must have where it is there."""

    field: str
    needs: tuple[str, str] | None = None

    def means(self, attributes: Mapping[str, str]) -> bool:
        """Whether an element with these attributes is the one that is meant."""
        return self.needs is None or attributes.get(self.needs[0]) == self.needs[1]


Branch: TypeAlias = dict[str, "Branch | Leaf"]


@dataclass(frozen=True, slots=True)
class Syntax:
    """One XML language of invoices."""

    name: str
    root: str
    namespace: str  # the root's namespace starts with this
    fields: Branch


_UBL_PARTY: Branch = {
    "PartyName": {"Name": Leaf("seller_name")},
    "PartyLegalEntity": {"RegistrationName": Leaf("legal_name")},
    "PartyTaxScheme": {"CompanyID": Leaf("tax_number"), "TaxScheme": {"ID": Leaf("tax")}},
}
_UBL: Branch = {
    "ID": Leaf("number"),
    "IssueDate": Leaf("issue_date"),
    "InvoiceTypeCode": Leaf("type"),
    "CreditNoteTypeCode": Leaf("type"),
    "DocumentCurrencyCode": Leaf("currency"),
    "AccountingSupplierParty": {"Party": _UBL_PARTY},
    "PaymentMeans": {"PayeeFinancialAccount": {"ID": Leaf("iban")}},
    "LegalMonetaryTotal": {"TaxInclusiveAmount": Leaf("total"), "PayableAmount": Leaf("payable")},
}

_TRADE_PARTY: Branch = {
    "Name": Leaf("seller_name"),
    "SpecifiedTaxRegistration": {"ID": Leaf("seller_vat", ("schemeID", "VA"))},
}
_PAYMENT: Branch = {"PayeePartyCreditorFinancialAccount": {"IBANID": Leaf("iban")}}
_SUMMATION: Branch = {"GrandTotalAmount": Leaf("total"), "DuePayableAmount": Leaf("payable")}
_DOCUMENT: Branch = {
    "ID": Leaf("number"),
    "TypeCode": Leaf("type"),
    "IssueDateTime": {"DateTimeString": Leaf("issue_date")},
}
_CII: Branch = {
    "ExchangedDocument": _DOCUMENT,
    "SupplyChainTradeTransaction": {
        "ApplicableHeaderTradeAgreement": {"SellerTradeParty": _TRADE_PARTY},
        "ApplicableHeaderTradeSettlement": {
            "InvoiceCurrencyCode": Leaf("currency"),
            "SpecifiedTradeSettlementPaymentMeans": _PAYMENT,
            "SpecifiedTradeSettlementHeaderMonetarySummation": _SUMMATION,
        },
    },
}
_ZUGFERD_1: Branch = {
    "HeaderExchangedDocument": _DOCUMENT,
    "SpecifiedSupplyChainTradeTransaction": {
        "ApplicableSupplyChainTradeAgreement": {"SellerTradeParty": _TRADE_PARTY},
        "ApplicableSupplyChainTradeSettlement": {
            "InvoiceCurrencyCode": Leaf("currency"),
            "SpecifiedTradeSettlementPaymentMeans": _PAYMENT,
            "SpecifiedTradeSettlementMonetarySummation": _SUMMATION,
        },
    },
}

SYNTAXES = (
    Syntax("CII", "CrossIndustryInvoice", "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:", _CII),
    Syntax("UBL", "Invoice", "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2", _UBL),
    Syntax("UBL", "CreditNote", "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2", _UBL),
    Syntax("ZUGFeRD1", "CrossIndustryDocument", "urn:ferd:CrossIndustryDocument:invoice:1p0", _ZUGFERD_1),
)
