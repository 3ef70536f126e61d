"""Where the national syntaxes keep the fields we read: trees for einvoice_reader.Node.

Standards: ebInterface 3.0 to 6.1 (Austria), FatturaPA 1.0 to 1.2 and Fattura semplificata 1.0 (Italy), Facturae 3.0 to
3.2.2 (Spain), KSeF FA(1) to FA(3) (Poland), Finvoice 1.2 to 3.0 (Finland).
"""

from rules.recognition.einvoice_reader import Paths

_EB_ADDRESS: Paths = {"Name": "name", "Country": {"": "country", "@CountryCode": "country_code"}}
_EB_PARTY: Paths = {"VATIdentificationNumber": "vat", "Address": _EB_ADDRESS, "Contact": {"Name": "contact"}}
_EB_ACCOUNT: Paths = {"IBAN": "iban"}
EBINTERFACE: Paths = {
    "@DocumentType": "type",
    "@InvoiceCurrency": "currency",
    "InvoiceNumber": "number",
    "InvoiceDate": "issue_date",
    "Biller*": _EB_PARTY,
    "InvoiceRecipient*": _EB_PARTY,
    "Details": {
        "ItemList": {
            "ListLineItem*": {
                "PositionNumber": "number",
                "Description": "description",
                "Quantity": {"": "quantity", "@Unit": "unit"},
                "UnitPrice": "unit_price",
                "LineItemAmount": "amount",
            }
        }
    },
    "Tax": {
        "VAT": {
            "Item*": {"TaxedAmount": "net", "Amount": "tax"},
            "VATItem*": {"TaxedAmount": "net", "Amount": "tax"},
        },
        "TaxItem*": {"TaxableAmount": "net", "TaxAmount": "tax"},
    },
    "TotalGrossAmount": "total",
    "PayableAmount": "payable",
    "PaymentMethod": {
        "BeneficiaryAccount": _EB_ACCOUNT,
        "UniversalBankTransaction": {"BeneficiaryAccount": _EB_ACCOUNT},
    },
    "PaymentConditions": {"DueDate": "due_date"},
}

_IT_VAT: Paths = {"IdPaese": "vat_country", "IdCodice": "vat_number"}
_IT_NAME: Paths = {"Denominazione": "name", "Nome": "first_name", "Cognome": "family_name"}
_IT_PARTY: Paths = {
    "DatiAnagrafici": {"IdFiscaleIVA": _IT_VAT, "CodiceFiscale": "tax_code", "Anagrafica": _IT_NAME},
    "Sede": {"Nazione": "country"},
    # Fattura semplificata
    "IdFiscaleIVA": _IT_VAT,
    "CodiceFiscale": "tax_code",
    **_IT_NAME,
    "IdentificativiFiscali": {"IdFiscaleIVA": _IT_VAT, "CodiceFiscale": "tax_code"},
    "AltriDatiIdentificativi": {**_IT_NAME, "Sede": {"Nazione": "country"}},
}
FATTURAPA: Paths = {
    "@versione": "version",
    "FatturaElettronicaHeader": {
        "DatiTrasmissione": {"FormatoTrasmissione": "profile"},
        "CedentePrestatore*": _IT_PARTY,
        "CessionarioCommittente*": _IT_PARTY,
    },
    "FatturaElettronicaBody*": {
        "DatiGenerali": {
            "DatiGeneraliDocumento": {
                "TipoDocumento": "type",
                "Divisa": "currency",
                "Data": "issue_date",
                "Numero": "number",
                "ImportoTotaleDocumento": "total",
            }
        },
        "DatiBeniServizi": {
            "DettaglioLinee*": {
                "NumeroLinea": "number",
                "Descrizione": "description",
                "Quantita": "quantity",
                "UnitaMisura": "unit",
                "PrezzoUnitario": "unit_price",
                "PrezzoTotale": "amount",
            },
            "DatiRiepilogo*": {"ImponibileImporto": "net", "Imposta": "tax"},
        },
        "DatiPagamento": {
            "DettaglioPagamento*": {
                "DataScadenzaPagamento": "due_date",
                "ImportoPagamento": "amount",
                "IBAN": "iban",
            }
        },
        "Allegati*": {"NomeAttachment": "name", "FormatoAttachment": "format", "Attachment": "size#"},
    },
}
# In a simplified one, the goods themselves stand where the other one has lines.
FATTURA_SEMPLIFICATA: Paths = {
    **FATTURAPA,
    "FatturaElettronicaBody*": {
        "DatiGenerali": {
            "DatiGeneraliDocumento": {
                "TipoDocumento": "type",
                "Divisa": "currency",
                "Data": "issue_date",
                "Numero": "number",
            }
        },
        "DatiBeniServizi*": {"Descrizione": "description", "Importo": "amount", "DatiIVA": {"Imposta": "tax"}},
        "Allegati*": {"NomeAttachment": "name", "FormatoAttachment": "format", "Attachment": "size#"},
    },
}

_ES_ADDRESS: Paths = {"CountryCode": "country"}
_ES_PARTY: Paths = {
    "TaxIdentification": {"TaxIdentificationNumber": "vat"},
    "LegalEntity": {
        "CorporateName": "name",
        "AddressInSpain": _ES_ADDRESS,
        "OverseasAddress": _ES_ADDRESS,
    },
    "Individual": {
        "Name": "first_name",
        "FirstSurname": "family_name",
        "SecondSurname": "second_family_name",
        "AddressInSpain": _ES_ADDRESS,
        "OverseasAddress": _ES_ADDRESS,
    },
}
FACTURAE: Paths = {
    "FileHeader": {"SchemaVersion": "version", "Batch": {"InvoiceCurrencyCode": "currency"}},
    "Parties": {"SellerParty*": _ES_PARTY, "BuyerParty*": _ES_PARTY},
    "Invoices": {
        "Invoice*": {
            "InvoiceHeader": {
                "InvoiceNumber": "number",
                "InvoiceDocumentType": "type",
                "InvoiceClass": "class",
            },
            "InvoiceIssueData": {"IssueDate": "issue_date", "InvoiceCurrencyCode": "currency"},
            "InvoiceTotals": {
                "TotalGrossAmountBeforeTaxes": "net",
                "TotalTaxOutputs": "tax",
                "InvoiceTotal": "total",
                "TotalExecutableAmount": "payable",
            },
            "Items": {
                "InvoiceLine*": {
                    "ItemDescription": "description",
                    "Quantity": "quantity",
                    "UnitOfMeasure": "unit",
                    "UnitPriceWithoutTax": "unit_price",
                    "GrossAmount": "amount",
                }
            },
            "PaymentDetails": {
                "Installment*": {"InstallmentDueDate": "due_date", "AccountToBeCredited": {"IBAN": "iban"}}
            },
            "AdditionalData": {
                "RelatedDocuments": {
                    "Attachment*": {
                        "AttachmentFormat": "format",
                        "AttachmentDescription": "name",
                        "AttachmentData": "size#",
                    }
                }
            },
        }
    },
}

_PL_PARTY: Paths = {
    "PrefiksPodatnika": "prefix",
    "DaneIdentyfikacyjne": {
        "NIP": "nip",
        "KodUE": "prefix",
        "NrVatUE": "vat",
        "Nazwa": "name",
        "PelnaNazwa": "name",
        "ImiePierwsze": "first_name",
        "Nazwisko": "family_name",
    },
    "Adres": {"KodKraju": "country"},
}
_PL_NET = ("1", "2", "3", "4", "5", "6", "6_1", "6_2", "6_3", "7", "8", "9", "10", "11")
_PL_TAX = ("1", "2", "3", "4", "5")
KSEF: Paths = {
    "Naglowek": {"KodFormularza": {"": "form", "@kodSystemowy": "profile"}},
    "Podmiot1*": _PL_PARTY,
    "Podmiot2*": _PL_PARTY,
    "Fa": {
        "KodWaluty": "currency",
        "P_1": "issue_date",
        "P_2": "number",
        "P_15": "total",
        "RodzajFaktury": "type",
        **{f"P_13_{each}*": {"": "amount"} for each in _PL_NET},
        **{f"P_14_{each}*": {"": "amount"} for each in _PL_TAX},
        "FaWiersz*": {
            "NrWierszaFa": "number",
            "P_7": "description",
            "P_8A": "unit",
            "P_8B": "quantity",
            "P_9A": "unit_price",
            "P_9B": "unit_price_gross",
            "P_11": "amount",
            "P_11A": "amount_gross",
        },
        "Platnosc": {"TerminPlatnosci": {"Termin": "due_date"}, "RachunekBankowy": {"NrRB": "iban"}},
    },
}
KSEF_NET = tuple(f"P_13_{each}" for each in _PL_NET)
KSEF_TAX = tuple(f"P_14_{each}" for each in _PL_TAX)

FINVOICE: Paths = {
    "@Version": "version",
    "SellerPartyDetails*": {
        "SellerOrganisationName": "name",
        "SellerOrganisationTaxCode": "vat",
        "SellerPostalAddressDetails": {"CountryCode": "country"},
    },
    "BuyerPartyDetails*": {
        "BuyerOrganisationName": "name",
        "BuyerOrganisationTaxCode": "vat",
        "BuyerPostalAddressDetails": {"CountryCode": "country"},
    },
    "InvoiceDetails": {
        "InvoiceTypeCode": "type",
        "InvoiceNumber": "number",
        "InvoiceDate": "issue_date",
        "InvoiceTotalVatExcludedAmount": {"": "net", "@AmountCurrencyIdentifier": "currency"},
        "InvoiceTotalVatAmount": "tax",
        "InvoiceTotalVatIncludedAmount": {"": "total", "@AmountCurrencyIdentifier": "currency"},
        "PaymentTermsDetails": {"InvoiceDueDate": "due_date"},
    },
    "InvoiceRow*": {
        "RowPositionIdentifier": "number",
        "ArticleName": "description",
        "DeliveredQuantity": {"": "quantity", "@QuantityUnitCode": "unit"},
        "InvoicedQuantity": {"": "quantity", "@QuantityUnitCode": "unit"},
        "UnitPriceAmount": "unit_price",
        "RowVatExcludedAmount": "amount",
    },
    "EpiDetails": {
        "EpiPartyDetails": {"EpiBeneficiaryPartyDetails": {"EpiAccountID": "iban"}},
        "EpiPaymentInstructionDetails": {"EpiDateOptionDate": "due_date"},
    },
}
