"""Where UBL and CII, and the syntaxes made after them, keep the fields we read: trees for einvoice_reader.Node.

One tree for all versions of a language: their names do not collide. Namespaces are checked at the root only, since
producers mix versions below it. Standards: OASIS UBL 1.0 to 2.4, Svefaktura 1.0, OIOXML 0.7, ISDOC 6; UN/CEFACT
CrossIndustryInvoice D16B (ZUGFeRD 2, Factur-X), ZUGFeRD 1.0.
"""

from rules.recognition.einvoice_reader import Paths

_UBL_ADDRESS: Paths = {"Country": {"IdentificationCode": "country"}}
_UBL_PARTY: Paths = {
    "PartyName": {"Name": "name"},
    "PartyLegalEntity": {"RegistrationName": "legal_name"},
    "PartyTaxScheme*": {
        "CompanyID": "id",
        "CompanyTaxID": "id",  # OIOXML
        "TaxScheme": {"": "scheme", "ID": "scheme"},  # ISDOC writes it into the element itself
    },
    "PostalAddress": _UBL_ADDRESS,
    "Address": _UBL_ADDRESS,
    "Person": {"FirstName": "first_name", "FamilyName": "family_name"},
}
_UBL_ANY_PARTY: Paths = {**_UBL_PARTY, "Party": _UBL_PARTY}
_UBL_LINE: Paths = {
    "ID": "number",
    "InvoicedQuantity": {"": "quantity", "@unitCode": "unit", "@quantityUnitCode": "unit"},
    "CreditedQuantity": {"": "quantity", "@unitCode": "unit"},
    "DebitedQuantity": {"": "quantity", "@unitCode": "unit"},
    "LineExtensionAmount": "amount",
    "Item": {
        "Name": "name",
        "Description": "description",
        "BasePrice": {"PriceAmount": "unit_price"},  # UBL 1.0
    },
    "Price": {"PriceAmount": "unit_price"},
    "BasePrice": {"PriceAmount": "unit_price"},
    "UnitPrice": "unit_price",  # ISDOC
}
_UBL_TOTALS: Paths = {
    "TaxExclusiveAmount": "net",
    "TaxInclusiveAmount": "total",
    "PayableAmount": "payable",
    # UBL 1.0
    "TaxExclusiveTotalAmount": "net",
    "TaxInclusiveTotalAmount": "total",
    # OIOXML
    "LineExtensionTotalAmount": "lines",
    "ToBePaidTotalAmount": "total",
    # ISDOC: in the currency of the invoice, where that is not the seller's own
    "TaxExclusiveAmountCurr": "net_foreign",
    "TaxInclusiveAmountCurr": "total_foreign",
    "PayableAmountCurr": "payable_foreign",
}
_UBL_ACCOUNT: Paths = {"ID": "iban"}
_UBL_MEANS: Paths = {
    "PaymentDueDate": "due_date",
    "DuePaymentDate": "due_date",
    "PayeeFinancialAccount": _UBL_ACCOUNT,
    "Payment": {"Details": {"PaymentDueDate": "due_date", "IBAN": "iban"}},
}
UBL: Paths = {
    "CustomizationID": "profile",
    "ID": "number",
    "IssueDate": "issue_date",
    "DueDate": "due_date",
    "InvoiceTypeCode": "type",
    "CreditNoteTypeCode": "type",
    "InvoiceType": "type",
    "DocumentType": "type",
    "DocumentCurrencyCode": "currency",
    "InvoiceCurrencyCode": "currency",
    "ForeignCurrencyCode": "foreign_currency",
    "LocalCurrencyCode": "local_currency",
    "AccountingSupplierParty*": _UBL_ANY_PARTY,
    "SellerParty*": _UBL_ANY_PARTY,
    "AccountingCustomerParty*": _UBL_ANY_PARTY,
    "BuyerParty*": _UBL_ANY_PARTY,
    "PaymentMeans*": _UBL_MEANS,
    "PaymentTerms": {"PaymentDueDate": "due_date"},
    "TaxTotal*": {"TaxAmount": {"": "amount", "@currencyID": "currency"}, "TotalTaxAmount": "amount"},
    "LegalMonetaryTotal": _UBL_TOTALS,
    "RequestedMonetaryTotal": _UBL_TOTALS,  # of a debit note
    "LegalTotal": _UBL_TOTALS,
    "LegalTotals": _UBL_TOTALS,
    "InvoiceLine*": _UBL_LINE,
    "CreditNoteLine*": _UBL_LINE,
    "DebitNoteLine*": _UBL_LINE,
    "InvoiceLines": {"InvoiceLine*": _UBL_LINE},
    "AdditionalDocumentReference*": {
        "ID": "id",
        "Attachment": {"EmbeddedDocumentBinaryObject": {"": "size#", "@mimeCode": "media_type", "@filename": "name"}},
    },
}

_CII_PARTY: Paths = {
    "Name": "name",
    "SpecifiedLegalOrganization": {"TradingBusinessName": "trading_name"},
    "PostalTradeAddress": {"CountryID": "country"},
    "SpecifiedTaxRegistration*": {"ID": {"": "id", "@schemeID": "scheme"}},
}
_CII_SUMMATION: Paths = {
    "TaxBasisTotalAmount*": {"": "amount", "@currencyID": "currency"},
    "TaxTotalAmount*": {"": "amount", "@currencyID": "currency"},
    "GrandTotalAmount*": {"": "amount", "@currencyID": "currency"},
    "DuePayableAmount": "payable",
}
_CII_DOCUMENT: Paths = {
    "ID": "number",
    "TypeCode": "type",
    "IssueDateTime": {"DateTimeString": "issue_date", "DateTime": "issue_date"},
}
_CII_CONTEXT: Paths = {
    "GuidelineSpecifiedDocumentContextParameter": {"ID": "profile"},
}


def _cii_agreement(price: str) -> Paths:
    return {price: {"NetPriceProductTradePrice": {"ChargeAmount": "unit_price"}}}


def _cii_settlement(totals: str) -> Paths:
    return {
        "InvoiceCurrencyCode": "currency",
        "SpecifiedTradeSettlementPaymentMeans*": {"PayeePartyCreditorFinancialAccount": {"IBANID": "iban"}},
        "SpecifiedTradePaymentTerms*": {"DueDateDateTime": {"DateTimeString": "due_date", "DateTime": "due_date"}},
        totals: _CII_SUMMATION,
    }


_CII_REFERENCES: Paths = {
    "IssuerAssignedID": "id",
    "Name": "title",
    "AttachmentBinaryObject": {"": "size#", "@mimeCode": "media_type", "@filename": "name"},
}
CII: Paths = {
    "ExchangedDocumentContext": _CII_CONTEXT,
    "ExchangedDocument": _CII_DOCUMENT,
    "SupplyChainTradeTransaction": {
        "ApplicableHeaderTradeAgreement": {
            "SellerTradeParty*": _CII_PARTY,
            "BuyerTradeParty*": _CII_PARTY,
            "AdditionalReferencedDocument*": _CII_REFERENCES,
        },
        "ApplicableHeaderTradeSettlement": _cii_settlement("SpecifiedTradeSettlementHeaderMonetarySummation"),
        "IncludedSupplyChainTradeLineItem*": {
            "AssociatedDocumentLineDocument": {"LineID": "number"},
            "SpecifiedTradeProduct": {"Name": "name", "Description": "description"},
            **_cii_agreement("SpecifiedLineTradeAgreement"),
            "SpecifiedLineTradeDelivery": {"BilledQuantity": {"": "quantity", "@unitCode": "unit"}},
            "SpecifiedLineTradeSettlement": {
                "SpecifiedTradeSettlementLineMonetarySummation": {"LineTotalAmount": "amount"}
            },
        },
    },
}
ZUGFERD_1: Paths = {
    "SpecifiedExchangedDocumentContext": _CII_CONTEXT,
    "HeaderExchangedDocument": _CII_DOCUMENT,
    "SpecifiedSupplyChainTradeTransaction": {
        "ApplicableSupplyChainTradeAgreement": {
            "SellerTradeParty*": _CII_PARTY,
            "BuyerTradeParty*": _CII_PARTY,
            "AdditionalReferencedDocument*": _CII_REFERENCES,
        },
        "ApplicableSupplyChainTradeSettlement": _cii_settlement("SpecifiedTradeSettlementMonetarySummation"),
        "IncludedSupplyChainTradeLineItem*": {
            "AssociatedDocumentLineDocument": {"LineID": "number"},
            "SpecifiedTradeProduct": {"Name": "name", "Description": "description"},
            **_cii_agreement("SpecifiedSupplyChainTradeAgreement"),
            "SpecifiedSupplyChainTradeDelivery": {"BilledQuantity": {"": "quantity", "@unitCode": "unit"}},
            "SpecifiedSupplyChainTradeSettlement": {
                "SpecifiedTradeSettlementMonetarySummation": {"LineTotalAmount": "amount"}
            },
        },
    },
}
