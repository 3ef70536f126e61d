"""The labels in front of an accounting document's values, by language. Written as in words_of_documents.

Never names a sender; schemes of payment cards and of transfers are words of payment in every language.
"""

# ruff: noqa: RUF001 - letters of many scripts, meant as they stand

from typing import Final

LABELS: Final = {
    "number": {
        "en": "invoice number|invoice no|invoice id|invoice reference|bill number|bill no|receipt number|receipt no"
        "|receipt id|credit note number|credit note no|document number|document no"
        "|transaction id|transaction number|ticket number|tax invoice number",
        "de": "rechnungsnummer|rechnungsnr|rechnungs-nr|rechnung nr|re-nr|rg-nr|belegnummer|belegnr|beleg-nr|bon-nr"
        "|gutschriftsnummer|gutschriftnummer|fakturanummer|quittungsnummer|dokumentnummer",
        "nl": "factuurnummer|factuurnr|factuur nr|bonnummer|nota nummer|notanummer|documentnummer",
        "fr": "numéro de facture|n° de facture|no de facture|facture n|référence facture|numéro de reçu",
        "es": "número de factura|nº de factura|n° factura|factura n|núm factura|num factura|número de recibo",
        "it": "numero fattura|fattura n|n fattura|numero documento|numero ricevuta|fattura nr",
        "pt": "número da fatura|fatura n|nº fatura|número do recibo|fatura nº|número da nota",
        "pl": "numer faktury|nr faktury|faktura nr|faktura vat nr|nr paragonu|numer rachunku",
        "sv": "fakturanummer|fakturanr|kvittonummer|kvittonr|faktura nr",
        "da": "fakturanummer|fakturanr|kvitteringsnummer|faktura nr|bilagsnummer",
        "no": "fakturanummer|fakturanr|kvitteringsnummer|faktura nr|bilagsnummer",
        "fi": "laskunumero|laskun numero|kuitin numero|laskunro",
        "cs": "číslo faktury|faktura č|faktura číslo|číslo dokladu|doklad č",
        "sk": "číslo faktúry|faktúra č|číslo dokladu",
        "hu": "számla száma|számlaszám|számla sorszáma|sorszám|bizonylatszám|nyugta száma",
        "ro": "număr factură|factura nr|nr factură|factură nr|seria și numărul",
        "hr": "broj računa|račun br",
        "sl": "številka računa|račun št",
        "tr": "fatura no|fatura numarası|belge no",
        "el": "αριθμός τιμολογίου|αρ τιμολογίου",
        "ru": "номер счета|счет №|номер чека",
        "ja": "請求書番号|請求番号|領収書番号|伝票番号",
        "zh": "发票号码|發票號碼|发票号|收据编号",
        "ko": "청구서 번호|영수증 번호",
    },
    # The document's own, or what its payer always writes: known by what stands beside it only.
    "reference": {
        "en": "document|reference number",
        "de": "vorgangsnummer",
    },
    "order_number": {
        "en": "order number|order no|order id|order|booking number|confirmation number|booking reference"
        "|order reference",
        "de": "bestellnummer|auftragsnummer|bestell-nr|auftrags-nr|buchungsnummer",
        "nl": "ordernummer|bestelnummer|boekingsnummer",
        "fr": "numéro de commande|commande n|n° de commande",
        "es": "número de pedido|nº de pedido|pedido n",
        "it": "numero ordine|ordine n|numero d'ordine",
        "pt": "número do pedido|pedido n|número da encomenda",
        "pl": "numer zamówienia|nr zamówienia|zamówienie nr",
        "sv": "ordernummer|ordernr",
        "da": "ordrenummer|ordrenr",
        "no": "ordrenummer|ordrenr",
        "fi": "tilausnumero|tilausnro",
        "cs": "číslo objednávky|objednávka č",
        "hu": "rendelésszám|rendelési szám",
        "ro": "număr comandă|comanda nr",
        "ja": "注文番号|予約番号",
        "zh": "订单号|訂單編號|订单编号",
    },
    # Whose bill it is: the same on each of them, and so never the number of one.
    "customer_number": {
        "en": "customer number|customer no|customer id|client number",
        "de": "kundennummer|kunden-nr|kundennr|kd-nr|vertragsnummer|vertrags-nr|vertragskonto|kassenzeichen",
        "nl": "klantnummer|klantnr|debiteurnummer|contractnummer",
        "fr": "numéro de client|n° client|n° de client|code client|référence client|numéro de contrat",
        "es": "número de cliente|nº de cliente|nº cliente|código de cliente|número de contrato",
        "it": "codice cliente|numero cliente|n° cliente|numero contratto",
        "pt": "número de cliente|nº de cliente|nº cliente|código do cliente",
        "pl": "numer klienta|nr klienta|numer umowy",
        "sv": "kundnummer|kundnr|avtalsnummer",
        "da": "kundenummer|kundenr|aftalenummer",
        "no": "kundenummer|kundenr|avtalenummer",
        "fi": "asiakasnumero|asiakasnro|sopimusnumero",
        "cs": "zákaznické číslo|číslo zákazníka|číslo smlouvy",
        "sk": "číslo zákazníka|zákaznícke číslo|číslo zmluvy",
        "hu": "ügyfélszám|ügyfél azonosító|vevőkód",
        "ro": "cod client|număr client",
        "hr": "šifra kupca|broj kupca",
        "ja": "お客様番号|顧客番号",
        "zh": "客户编号|客戶編號",
    },
    "date": {
        "en": "invoice date|date of issue|issue date|date issued|bill date|billing date|receipt date|tax point|issued"
        "|issued on|transaction date|date paid|paid on|invoiced on|date of invoice|purchase date|date",
        "de": "rechnungsdatum|belegdatum|beleg-datum|rechnungs-datum|ausstellungsdatum|datum|rechnung vom"
        "|ausgestellt am|kaufdatum|rechnungstag",
        "nl": "factuurdatum|datum|aankoopdatum|notadatum",
        "fr": "date de facture|date de facturation|date d'émission|date de la facture|date|émise le|émis le|en date du",
        "es": "fecha de factura|fecha de emisión|fecha factura|fecha de expedición|fecha|fecha de la factura",
        "it": "data fattura|data di emissione|data documento|data emissione|data",
        "pt": "data da fatura|data de emissão|data",
        "pl": "data wystawienia|data faktury|wystawiono|data sprzedaży|z dnia",
        "sv": "fakturadatum|datum|kvittodatum",
        "da": "fakturadato|dato|udstedelsesdato",
        "no": "fakturadato|dato",
        "fi": "laskun päivä|laskun päiväys|laskupäivä|päiväys|päivämäärä|pvm",
        "cs": "datum vystavení|datum|vystaveno",
        "sk": "dátum vystavenia|dátum",
        "hu": "számla kelte|kiállítás dátuma|kelt|dátum|kiállítás kelte",
        "ro": "data facturii|data emiterii|data",
        "hr": "datum izdavanja|datum računa|datum",
        "tr": "fatura tarihi|tarih",
        "el": "ημερομηνία|ημερομηνία έκδοσης",
        "ru": "дата|дата счета",
        "ja": "請求日|発行日|日付|領収日|ご利用日",
        "zh": "开票日期|開票日期|日期",
        "ko": "발행일|날짜",
    },
    "due_date": {
        "en": "due date|payment due|due on|pay by|due by|payment due date|date due|please pay by|payable by|due",
        "de": "fällig am|fälligkeitsdatum|fälligkeit|zahlbar bis|zahlungsziel|zu zahlen bis|fällig|zahlbar bis zum",
        "nl": "vervaldatum|te betalen voor|uiterlijk op|betalen voor|uiterste betaaldatum|betaaldatum",
        "fr": "date d'échéance|échéance|à payer avant|date limite de paiement|payable avant le",
        "es": "fecha de vencimiento|vencimiento|pagar antes del|fecha límite de pago",
        "it": "data di scadenza|scadenza|data scadenza|da pagare entro",
        "pt": "data de vencimento|vencimento|pagar até",
        "pl": "termin płatności|termin zapłaty|płatne do|do zapłaty do",
        "sv": "förfallodatum|förfallodag|betala senast|oss tillhanda",
        "da": "forfaldsdato|betalingsfrist|sidste rettidige betalingsdag|forfalder",
        "no": "forfallsdato|betalingsfrist|forfall",
        "fi": "eräpäivä|maksupäivä|maksettava viimeistään",
        "cs": "datum splatnosti|splatnost|splatné do",
        "sk": "dátum splatnosti|splatnosť",
        "hu": "fizetési határidő|esedékesség",
        "ro": "data scadenței|scadență|termen de plată|scadent",
        "hr": "datum dospijeća|rok plaćanja",
        "tr": "son ödeme tarihi|vade tarihi",
        "ja": "支払期限|お支払期限|支払期日",
        "zh": "到期日|付款期限|付款截止日期",
    },
    # What the customer pays, or has paid, with tax.
    "payable": {
        "en": "amount due|total due|balance due|grand total|total amount due|amount payable|total payable|amount paid"
        "|total paid|total charged|total charge|amount charged|you paid|total incl vat|total including vat"
        "|total inc vat|total incl tax|total including tax|total inc gst|order total|invoice total|total amount"
        "|total for this invoice|we charged|payment amount|total cost|total price|paid|ticket amount|total with tax"
        "|total to pay|total payment|amount billed|receipt total|charged|total charges|amount received|amount total"
        "|gross amount|gross total|total gross|net payable|amount to pay",
        "de": "gesamtbetrag|rechnungsbetrag|endbetrag|zu zahlen|zu zahlender betrag|zahlbetrag|bruttobetrag"
        "|gesamtsumme|endsumme|gesamt brutto|summe brutto|gesamtbetrag brutto|rechnungssumme|gesamtpreis|bruttosumme"
        "|gesamt inkl mwst|summe inkl mwst|gesamtsumme brutto|zahlungsbetrag|fälliger betrag|rechnungsendbetrag"
        "|bezahlter betrag|gezahlter betrag|offener betrag|gesamtforderung|bruttogesamtbetrag|gutschriftsbetrag"
        "|gesamtbetrag inkl mwst|gesamtbetrag inkl ust|gesamtrechnungsbetrag|zu zahlender gesamtbetrag|total chf",
        "nl": "te betalen|totaalbedrag|totaal te betalen|factuurbedrag|totaal incl btw|totaal inclusief btw"
        "|eindtotaal"
        "|totaal bedrag|te voldoen|betaald bedrag|totaalprijs|bedrag incl btw",
        "fr": "total ttc|net à payer|montant total|montant dû|total à payer|montant ttc|montant à payer|montant payé"
        "|total général|montant réglé|solde à payer|total payé|montant total ttc|prix total|total eur",
        "es": "total a pagar|importe total|total factura|total con iva|importe a pagar|total general|monto total"
        "|total iva incluido|total pagado|importe pagado|líquido a percibir|precio total",
        "it": "totale da pagare|totale fattura|totale documento|importo totale|netto a pagare|totale a pagare"
        "|importo da pagare|totale complessivo|totale iva inclusa|totale pagato|importo pagato|prezzo totale",
        "pt": "total a pagar|valor total|montante total|total geral|valor a pagar|total com iva|total pago|valor pago"
        "|preço total",
        "pl": "do zapłaty|razem do zapłaty|kwota do zapłaty|należność ogółem|suma brutto|wartość brutto"
        "|łącznie do zapłaty|razem brutto|kwota brutto|pozostało do zapłaty|zapłacono|ogółem|kwota całkowita",
        "sv": "att betala|summa att betala|totalt att betala|totalbelopp|fakturabelopp|totalsumma|slutsumma|betalat"
        "|belopp att betala|totalt inkl moms|summa inkl moms|totalt belopp",
        "da": "at betale|i alt at betale|total inkl moms|i alt inkl moms|beløb at betale|til betaling|fakturabeløb"
        "|samlet beløb|totalbeløb|beløb i alt|i alt dkk",
        "no": "å betale|beløp å betale|sum å betale|totalt å betale|totalbeløp|fakturabeløp|betalt beløp|å betale nok"
        "|total inkl mva|sum inkl mva|totalsum|beløp inkl mva",
        "fi": "maksettava|maksettavaa|yhteensä maksettava|laskun loppusumma|loppusumma|summa yhteensä"
        "|maksettava yhteensä"
        "|verollinen yhteensä|yhteensä eur|kokonaissumma|laskun summa",
        "cs": "celkem k úhradě|k úhradě|částka k úhradě|celkem s dph|celková částka|celková cena|zaplaceno|celkem kč",
        "sk": "celkom k úhrade|k úhrade|suma k úhrade|spolu s dph|celková suma",
        "hu": "fizetendő|fizetendő összeg|fizetendő végösszeg|bruttó végösszeg|végösszeg|bruttó összesen"
        "|összesen fizetendő"
        "|fizetve",
        "ro": "total de plată|total de plata|sumă de plată|total general|total cu tva|suma totală|total plătit",
        "hr": "ukupno za platiti|za platiti|sveukupno|ukupan iznos",
        "sl": "za plačilo|skupaj za plačilo|skupaj z ddv",
        "tr": "genel toplam|ödenecek tutar|toplam tutar",
        "el": "πληρωτέο ποσό|συνολικό ποσό|γενικό σύνολο",
        "ru": "итого к оплате|всего к оплате|сумма к оплате",
        "ja": "合計金額|ご請求金額|請求金額|お支払い金額|お支払金額|税込合計|領収金額|ご請求額",
        "zh": "价税合计|應付總額|应付金额|合计金额|总金额|總金額|实付金额|订单总额",
        "ko": "총 금액|결제 금액|합계 금액|청구 금액",
    },
    "total": {
        "en": "total|totals|amount|sum",
        "de": "gesamt|summe|total|betrag|insgesamt|brutto|summe eur",
        "nl": "totaal|bedrag",
        "fr": "total|montant|somme",
        "es": "total|importe|monto|suma",
        "it": "totale|importo|somma",
        "pt": "total|montante|valor",
        "pl": "razem|suma|łącznie|kwota|razem pln",
        "sv": "totalt|summa|belopp|total",
        "da": "i alt|total|beløb|sum",
        "no": "totalt|sum|beløp|total",
        "fi": "yhteensä|summa",
        "cs": "celkem|částka|součet",
        "sk": "spolu|celkom|suma",
        "hu": "összesen|összeg|mindösszesen",
        "ro": "total|suma",
        "hr": "ukupno|iznos",
        "sl": "skupaj|znesek",
        "et": "kokku|summa",
        "lv": "kopā|summa",
        "lt": "iš viso|suma",
        "tr": "toplam|tutar",
        "el": "σύνολο|ποσό",
        "ru": "итого|всего|сумма",
        "uk": "разом|всього|сума",
        "bg": "общо|сума",
        "ar": "المجموع|الإجمالي",
        "he": 'סה"כ|סכום',
        "ja": "合計|総計|金額",
        "zh": "合计|總計|总计|金额",
        "ko": "합계|총액",
    },
    "net": {
        "en": "subtotal|sub total|sub-total|net amount|net total|total excl vat|total excluding vat|total ex vat"
        "|total before tax|taxable amount|total net|total excluding tax|items subtotal|net",
        "de": "zwischensumme|nettobetrag|netto|summe netto|gesamt netto|nettosumme|warenwert|gesamtnetto"
        "|zwischentotal"
        "|summe positionen",
        "nl": "subtotaal|totaal excl btw|totaal exclusief btw|exclusief btw|excl btw|netto|bedrag excl btw",
        "fr": "sous-total|total ht|montant ht|total hors taxe|net ht|base ht",
        "es": "subtotal|base imponible|total sin iva|importe neto",
        "it": "imponibile|subtotale|totale imponibile|totale netto|netto",
        "pt": "subtotal|valor líquido|base tributável|total sem iva",
        "pl": "netto|wartość netto|razem netto|suma netto|kwota netto",
        "sv": "delsumma|netto|exkl moms|summa exkl moms|belopp exkl moms",
        "da": "subtotal|netto|i alt ekskl moms|ekskl moms|momspligtigt beløb",
        "no": "delsum|netto|eks mva|sum eks mva|netto beløp",
        "fi": "välisumma|veroton|veroton summa|veroton yhteensä|netto",
        "cs": "mezisoučet|základ daně|celkem bez dph|bez dph",
        "sk": "medzisúčet|základ dane|bez dph",
        "hu": "részösszeg|nettó|nettó összesen|adóalap",
        "ro": "subtotal|total fără tva|valoare netă|bază de impozitare",
        "hr": "osnovica|međuzbroj",
        "tr": "ara toplam|matrah",
        "ja": "小計|税抜金額|税抜合計",
        "zh": "小计|小計|不含税金额|税前金额",
    },
    "tax": {
        "en": "vat|sales tax|tax|taxes|gst|hst|total tax|total vat|vat amount|tax amount|gst included|service tax",
        "de": "mwst|ust|umsatzsteuer|mehrwertsteuer|zzgl mwst|steuerbetrag|ust-betrag|steuer|inkl mwst"
        "|enthaltene mwst"
        "|mwst-betrag|summe mwst|gesamt mwst",
        "nl": "btw|btw bedrag|totaal btw|btw hoog|btw laag|waarvan btw",
        "fr": "tva|montant tva|total tva|dont tva|taxe|taxes",
        "es": "iva|cuota iva|total iva|igic|impuesto|impuestos|iva incluido",
        "it": "iva|importo iva|totale iva|imposta|di cui iva",
        "pt": "iva|valor do iva|total iva|icms|iss|imposto",
        "pl": "vat|kwota vat|podatek vat|podatek|ptu|suma ptu",
        "sv": "moms|varav moms|momsbelopp|moms total",
        "da": "moms|heraf moms|momsbeløb|moms i alt",
        "no": "mva|merverdiavgift|herav mva|mva beløp|mva-beløp",
        "fi": "alv|alv yhteensä|arvonlisävero|veron osuus|vero",
        "cs": "dph|výše dph|celkem dph",
        "sk": "dph|výška dph",
        "hu": "áfa|áfa összege|áfa összesen|áfa tartalom",
        "ro": "tva|valoare tva|total tva",
        "hr": "pdv|iznos pdv",
        "sl": "ddv",
        "et": "käibemaks",
        "lv": "pvn",
        "lt": "pvm",
        "tr": "kdv|toplam kdv",
        "el": "φπα",
        "ru": "ндс|в том числе ндс",
        "uk": "пдв",
        "bg": "ддс",
        "he": 'מע"מ',
        "ja": "消費税|税額|内消費税",
        "zh": "税额|稅額|增值税|税率",
        "ko": "부가세|세액",
    },
    "payment": {
        "en": "payment method|paid with|paid by|method of payment|card ending|ending in|ending|charged to your card"
        "|charged to your|credit card|debit card|bank transfer|wire transfer|payment terms|billed to|bill to"
        "|billing address|paid in full|remittance|direct debit|card number|payment reference|payment details"
        "|to be charged",
        "de": "zahlungsart|zahlungsmethode|zahlungsweise|lastschrift|überweisung|bankverbindung|kreditkarte"
        "|bezahlt mit"
        "|zahlungsbedingungen|rechnungsadresse|rechnungsanschrift|verwendungszweck|kartenzahlung|rechnungsempfänger"
        "|leistungszeitraum|leistungsdatum|lieferdatum|abgebucht|eingezogen|skonto|ec-cash",
        "nl": "betaalwijze|betaalmethode|overschrijving|incasso|factuuradres|betalingskenmerk|betaald met"
        "|rekeningnummer"
        "|betalingstermijn|betalingsvoorwaarden|ideal",
        "fr": "mode de paiement|moyen de paiement|mode de règlement|virement|prélèvement|carte bancaire"
        "|adresse de facturation|payé par|conditions de paiement|réglé par",
        "es": "forma de pago|método de pago|transferencia|domiciliación|tarjeta de crédito|dirección de facturación"
        "|datos de facturación|pagado con",
        "it": "metodo di pagamento|modalità di pagamento|bonifico|carta di credito|indirizzo di fatturazione"
        "|condizioni di pagamento|pagato con",
        "pt": "forma de pagamento|método de pagamento|transferência|cartão de crédito|endereço de faturação|multibanco",
        "pl": "forma płatności|sposób płatności|metoda płatności|przelew|sprzedawca|nabywca|numer konta"
        "|karta płatnicza",
        "sv": "betalningssätt|betalsätt|bankgiro|plusgiro|betalningsvillkor|kortbetalning|faktureringsadress|ocr",
        "da": "betalingsmåde|betalingsmetode|betalingsbetingelser|kortbetaling|faktureringsadresse|bankoverførsel",
        "no": "betalingsmåte|betalingsmetode|betalingsbetingelser|kontonummer|kid|fakturaadresse|kortbetaling",
        "fi": "maksutapa|maksuehto|viitenumero|tilinumero|laskutusosoite|korttimaksu",
        "cs": "způsob platby|způsob úhrady|variabilní symbol|bankovní účet|dodavatel|odběratel|fakturační adresa",
        "sk": "spôsob platby|variabilný symbol|dodávateľ|odberateľ",
        "hu": "fizetési mód|átutalás|bankszámlaszám|eladó|vevő|számlázási cím",
        "ro": "metodă de plată|modalitate de plată|furnizor|cumpărător|transfer bancar|adresa de facturare",
        "tr": "ödeme yöntemi|banka havalesi",
        "ja": "お支払い方法|支払方法|振込先|お振込先",
        "zh": "付款方式|支付方式|开户行|银行账号",
        "ko": "결제 수단|결제 방법",
    },
    # Card schemes: an amount in their line is what was paid.
    "card": {"": "visa|mastercard|amex|american express|maestro|girocard|diners club|discover card|bancontact|vpay"},
    "seller_tax_id": {
        "": "ust-idnr|ust-id|ust-id-nr|umsatzsteuer-id|uid|uid-nr|vat number|vat no|vat id|vat reg no"
        "|vat registration"
        "|btw-nummer|btw nummer|btw-nr|n tva|numéro de tva|tva intracommunautaire|partita iva|p iva|nif|cif|nip"
        "|momsnr|momsreg nr|org nr|organisationsnummer|cvr|cvr-nr|y-tunnus|dič|ičo|adószám|cui|cif|steuernummer|gstin"
        "|abn|siret|siren|kvk|rcs|vat registration number|登録番号|税号|纳税人识别号|事業者登録番号|사업자등록번호"
    },
}
