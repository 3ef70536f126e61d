"""Mails written for the tests of accounting documents: what people of many languages send, and what only looks like it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sample:
    """A mail's subject, sender and text, and what is to be read in it."""

    language: str
    subject: str
    sender: str
    text: str
    total: str = ""
    currency: str = ""
    number: str = ""
    issue_date: str = ""


INVOICES = [
    Sample(
        "de", "Ihre Rechnung RE-2024-0815", "Muster GmbH <rechnung@muster.example>",
        "Muster GmbH\nHauptstr. 1\n10115 Berlin\n\nRechnung\n\nRechnungsnummer: RE-2024-0815\nRechnungsdatum: 03.05.2024\n"
        "Pos  Bezeichnung  Menge  Preis  Gesamt\n1  Beratung  8  110,00 €  880,00 €\n2  Fahrt  1  120,00 €  120,00 €\n"
        "Nettobetrag  1.000,00 €\nzzgl. 19 % MwSt.  190,00 €\nGesamtbetrag  1.190,00 €\n\nZahlbar bis 17.05.2024\n"
        "IBAN DE89 3704 0044 0532 0130 00",
        "1190.00", "EUR", "RE-2024-0815", "2024-05-03",
    ),
    Sample(
        "en", "Your receipt from Acme (#2211-7742)", "Acme Billing <billing@acme.example>",
        "Receipt from Acme, Inc.\n\nAmount paid  $1,249.50\nDate paid  Mar 4, 2024\nPayment method  Visa - 4242\n\n"
        "Receipt number  2211-7742\n\nTeam plan  $1,200.00\nSales tax (4.125%)  $49.50\nTotal  $1,249.50",
        "1249.50", "USD", "2211-7742", "2024-03-04",
    ),
    Sample(
        "nl", "Factuur 2024-118", "Bakkerij Voorbeeld <administratie@bakkerij.example>",
        "FACTUUR\n\nFactuurnummer: 2024-118\nFactuurdatum: 12 maart 2024\nVervaldatum: 26 maart 2024\n\n"
        "Subtotaal  € 100,00\nBTW 21%  € 21,00\nTotaal te betalen  € 121,00\n\nIBAN: NL91 ABNA 0417 1643 00",
        "121.00", "EUR", "2024-118", "2024-03-12",
    ),
    Sample(
        "fr", "Votre facture n° FA-2024-77", "Exemple SARL <facturation@exemple.example>",
        "Exemple SARL\n\nFacture n° FA-2024-77\nDate de facture : 5 février 2024\nDate d'échéance : 06/03/2024\n\n"
        "Total HT  1 250,00 €\nTVA 20 %  250,00 €\nTotal TTC  1 500,00 €\n\nNet à payer : 1 500,00 €",
        "1500.00", "EUR", "FA-2024-77", "2024-02-05",
    ),
    Sample(
        "es", "Factura F24/0093", "Ejemplo S.L. <facturas@ejemplo.example>",
        "FACTURA\nNúmero de factura: F24/0093\nFecha de emisión: 15 de enero de 2024\n\nBase imponible  200,00 €\n"
        "IVA 21%  42,00 €\nTotal a pagar  242,00 €\n\nForma de pago: transferencia",
        "242.00", "EUR", "F24/0093", "2024-01-15",
    ),
    Sample(
        "it", "Fattura n. 45/2024", "Esempio S.r.l. <amministrazione@esempio.example>",
        "Fattura n. 45/2024\nData fattura: 10/04/2024\nImponibile  € 1.000,00\nIVA 22%  € 220,00\n"
        "Totale da pagare  € 1.220,00\nScadenza: 10/05/2024\nBonifico bancario",
        "1220.00", "EUR", "45/2024", "2024-04-10",
    ),
    Sample(
        "pt", "Fatura FT 2024/88", "Exemplo Lda. <faturas@exemplo.example>",
        "Fatura nº FT 2024/88\nData de emissão: 07/03/2024\nSubtotal  100,00 €\nIVA 23%  23,00 €\nTotal a pagar  123,00 €\n"
        "Data de vencimento: 21/03/2024",
        "123.00", "EUR", "FT 2024/88", "2024-03-07",
    ),
    Sample(
        "pl", "Faktura VAT FV/2024/03/15", "Przykład Sp. z o.o. <faktury@przyklad.example>",
        "Faktura VAT nr FV/2024/03/15\nData wystawienia: 15.03.2024\nTermin płatności: 29.03.2024\n"
        "Razem netto  1 000,00 zł\nKwota VAT 23%  230,00 zł\nDo zapłaty: 1 230,00 zł\nNIP: 526-10-40-828",
        "1230.00", "PLN", "FV/2024/03/15", "2024-03-15",
    ),
    Sample(
        "sv", "Faktura 10045", "Exempel AB <ekonomi@exempel.example>",
        "FAKTURA\nFakturanummer: 10045\nFakturadatum: 2024-02-01\nFörfallodatum: 2024-03-02\nNetto  800,00 kr\n"
        "Moms 25 %  200,00 kr\nAtt betala  1 000,00 kr\nBankgiro 123-4567",
        "1000.00", "SEK", "10045", "2024-02-01",
    ),
    Sample(
        "da", "Faktura nr. 5512", "Eksempel ApS <bogholderi@eksempel.example>",
        "FAKTURA\nFakturanr.: 5512\nFakturadato: 01.02.2024\nForfaldsdato: 15.02.2024\nI alt ekskl. moms  400,00 kr\n"
        "Moms 25%  100,00 kr\nI alt inkl. moms  500,00 kr",
        "500.00", "DKK", "5512", "2024-02-01",
    ),
    Sample(
        "nb", "Kvittering for ditt kjøp", "Eksempel AS <kvittering@eksempel.example>",
        "Kvittering\nTakk for kjøpet\nKvitteringsnummer: 884411\nDato: 11.01.2024\nSum  319,20 kr\nMva 25%  79,80 kr\n"
        "Totalt å betale  399,00 kr\nBetalt med Visa 1234",
        "399.00", "NOK", "884411", "2024-01-11",
    ),
    Sample(
        "fi", "Lasku 20240123", "Esimerkki Oy <laskutus@esimerkki.example>",
        "LASKU\nLaskun numero: 20240123\nLaskun päivä: 23.1.2024\nEräpäivä: 6.2.2024\nVeroton yhteensä  100,00 €\n"
        "ALV 24 %  24,00 €\nMaksettava yhteensä  124,00 €\nViitenumero: 1234561",
        "124.00", "EUR", "20240123", "2024-01-23",
    ),
    Sample(
        "cs", "Faktura č. 2024001", "Příklad s.r.o. <fakturace@priklad.example>",
        "Faktura - daňový doklad\nČíslo faktury: 2024001\nDatum vystavení: 5.1.2024\nDatum splatnosti: 19.1.2024\n"
        "Základ daně  1 000,00 Kč\nDPH 21 %  210,00 Kč\nCelkem k úhradě  1 210,00 Kč\nVariabilní symbol: 2024001",
        "1210.00", "CZK", "2024001", "2024-01-05",
    ),
    Sample(
        "hu", "Számla: 2024-0042", "Példa Kft. <szamlazas@pelda.example>",
        "SZÁMLA\nSzámla száma: 2024-0042\nKiállítás dátuma: 2024.02.10.\nFizetési határidő: 2024.02.18.\n"
        "Nettó összesen  10 000 Ft\nÁFA 27%  2 700 Ft\nFizetendő összeg: 12 700 Ft",
        "12700.00", "HUF", "2024-0042", "2024-02-10",
    ),
    Sample(
        "ro", "Factura nr. 1077", "Exemplu SRL <facturi@exemplu.example>",
        "FACTURĂ\nNumăr factură: 1077\nData emiterii: 12.02.2024\nData scadenței: 26.02.2024\nTotal fără TVA  100,00 lei\n"
        "TVA 19%  19,00 lei\nTotal de plată  119,00 lei",
        "119.00", "RON", "1077", "2024-02-12",
    ),
    Sample(
        "ja", "請求書のご送付(2024年3月分)", "株式会社サンプル <billing@sample.example>",
        "請求書\n請求書番号:2024-0315\n発行日:2024年3月15日\n小計  10,000円\n消費税(10%)  1,000円\nご請求金額  11,000円\n"
        "お支払期限:2024年4月30日",
        "11000.00", "JPY", "2024-0315", "2024-03-15",
    ),
    Sample(
        "zh", "电子发票", "示例有限公司 <invoice@shili.example>",
        "电子发票\n发票号码:25512000\n开票日期:2024年03月20日\n金额  ¥100.00\n税额  ¥13.00\n价税合计  ¥113.00",
        "113.00", "CNY", "25512000", "2024-03-20",
    ),
    Sample(
        "tr", "Faturanız: ABC2024000001", "Örnek A.Ş. <fatura@ornek.example>",
        "FATURA\nFatura no: ABC2024000001\nFatura tarihi: 05.03.2024\nAra toplam  1.000,00 TL\nKDV %20  200,00 TL\n"
        "Genel toplam  1.200,00 TL",
        "1200.00", "TRY", "ABC2024000001", "2024-03-05",
    ),
    Sample(
        "de", "Quittung für Ihre Fahrt", "Taxi Beispiel <quittung@taxi.example>",
        "Quittung\nBeleg-Nr.: 99812\nDatum: 02.02.2024\nFahrpreis  23,36 €\nMwSt. 7 %  1,64 €\nGesamt  25,00 €\n"
        "Bezahlt mit Mastercard **** 1234",
        "25.00", "EUR", "99812", "2024-02-02",
    ),
    Sample(
        "de", "Gutschrift GS-100", "Muster GmbH <buchhaltung@muster.example>",
        "Gutschrift\nGutschriftsnummer: GS-100\nDatum: 01.03.2024\nNetto  -100,00 €\nMwSt. 19 %  -19,00 €\n"
        "Gutschriftsbetrag  -119,00 €",
        "-119.00", "EUR", "GS-100", "2024-03-01",
    ),
]

OTHER_MAIL = [
    Sample("en", "Your order has shipped", "Shop <shipping@shop.example>",
           "Good news! Your package is on its way.\nOrder #112-998\nItems  $24.00\nOrder total  $29.00\nTrack your package"),
    Sample("de", "Ihre Sendung ist unterwegs", "Shop <versand@shop.example>",
           "Ihr Paket wurde versandt.\nSendungsnummer 00340434\nBestellung 4711\nGesamtbetrag 59,90 €\nRechnung im Kundenkonto"),
    Sample("en", "50% off everything this weekend", "Shop <news@shop.example>",
           "Shop now and save up to 50%.\nShoes $49.99\nBags $29.99\nHats $9.99\nFree shipping on orders over $50.\n"
           "Limited time only.\nUnsubscribe from this newsletter"),
    Sample("de", "Nur heute: 20 % Rabatt", "Laden <newsletter@laden.example>",
           "Jetzt kaufen!\nHose 49,99 €\nHemd 19,99 €\nGesamtpreis im Set 59,99 €\nNewsletter abbestellen"),
    Sample("en", "Re: the invoice from last week", "Bob <bob@partner.example>",
           "Hi,\nI think the invoice total of $1,200.00 is wrong, can you check?\n\nOn Monday Ann wrote:\n> Here is the invoice.\n"
           "> Total: $1,200.00\n> Due date: 2024-05-01\nThanks\nBob"),
    Sample("de", "AW: Rechnung 4711", "Eva <eva@kunde.example>",
           "Hallo,\ndie Rechnung 4711 über 119,00 EUR haben wir letzte Woche überwiesen.\nGruß\nEva"),
    Sample("en", "Reset your password", "Acme <billing@acme.example>",
           "We received a request to reset your password.\nReset your password\nIf you did not ask for it, ignore this mail."),
    Sample("en", "Quote Q-1001 for your project", "Builder <sales@builder.example>",
           "Quotation\nQuote number Q-1001\nDate: 2024-05-01\nSubtotal  $1,000.00\nVAT 20%  $200.00\nTotal  $1,200.00\nValid 30 days"),
    Sample("de", "Angebot 2024-55", "Handwerk <info@handwerk.example>",
           "Angebot\nAngebotsnummer: 2024-55\nDatum: 01.05.2024\nNetto 1.000,00 €\nMwSt. 190,00 €\nGesamtbetrag 1.190,00 €"),
    Sample("en", "Your invoice is ready", "Telco <billing@telco.example>",
           "Your invoice for May is now available.\nView your invoice\nLog in to your account to download your invoice."),
    Sample("de", "Ihre Rechnung steht bereit", "Netz <rechnung@netz.example>",
           "Guten Tag,\nIhre Rechnung für Mai steht für Sie im Kundenportal zum Download bereit.\nRechnung ansehen"),
    Sample("en", "[list] Invoice software recommendations?", "Tom <tom@people.example>",
           "Which invoice software do you use? We pay $20.00 a month in total and the receipts are ugly."),
    Sample("en", "Your upcoming invoice", "Acme <billing@acme.example>",
           "This is a preview of your upcoming invoice.\nTotal  $20.00\nYou will be charged on June 1."),
    Sample("fr", "Votre commande est en route", "Boutique <noreply@boutique.example>",
           "Votre colis a été expédié.\nNuméro de commande 12345\nTotal TTC 45,00 €\nSuivre mon colis"),
    Sample("en", "Weekly digest: 5 ways to get paid faster", "Blog <hello@blog.example>",
           "In this issue: how to write an invoice, when to send a payment reminder.\nRead more\nUnsubscribe"),
    Sample("en", "Meeting on Thursday", "Ann <ann@partner.example>", "See you at 10:30. Lunch is 12.50 each."),
    Sample("es", "Presupuesto 33", "Obras <info@obras.example>",
           "PRESUPUESTO\nFecha: 01/02/2024\nBase imponible 1.000,00 €\nIVA 21% 210,00 €\nTotal 1.210,00 €"),
    Sample("en", "Salary negotiation", "Carl <carl@work.example>",
           "The total package would be $85,000.00 per year, payment monthly. The amount is before tax."),
    Sample("en", "You have won $1,000,000.00", "Lottery <win@lottery.example>",
           "Dear winner, the total amount of $1,000,000.00 will be paid by bank transfer. Reference number: 55/77/2024.\n"
           "Send your account number and date of birth."),
    Sample("nl", "Je pakket komt morgen", "Winkel <info@winkel.example>",
           "Je pakket is onderweg.\nBestelnummer 123\nTotaal € 20,00\nVolg je pakket"),
    Sample("en", "Project update: budget", "PM <pm@work.example>",
           "Budget overview\nDesign  $10,000.00\nBuild  $40,000.00\nTotal  $50,000.00\nPlease comment by 2024-06-01."),
]
