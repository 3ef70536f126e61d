"""The labels in front of an accounting document's number, days and tax ids, by language.

Written as in words_of_titles.
"""

# ruff: noqa: RUF001 - letters of many scripts, meant as they stand

from typing import Final

LABELS: Final = {
    "number": {
        "en": "invoice number|invoice no|invoice id|invoice reference|bill number|bill no|receipt number|receipt no"
        "|receipt id|credit note number|credit note no|document number|document no"
        "|transaction id|transaction number|ticket number|tax invoice number"
        "|invoice ref|inv no|folio number|folio no",
        "de": "rechnungsnummer|rechnungsnr|rechnungs-nr|rechnung nr|re-nr|rg-nr|belegnummer|belegnr|beleg-nr|bon-nr"
        "|gutschriftsnummer|gutschriftnummer|fakturanummer|quittungsnummer|dokumentnummer"
        "|rechnungs-nummer|rechn-nr|rechnung nummer|beleg nr",
        "nl": "factuurnummer|factuurnr|factuur nr|bonnummer|nota nummer|notanummer|documentnummer",
        "fr": "numéro de facture|n° de facture|no de facture|facture n|référence facture|numéro de reçu"
        "|n° facture|n° de reçu|n° de document|numéro de document|numéro d'avoir",
        "es": "número de factura|nº de factura|n° factura|factura n|núm factura|num factura|número de recibo"
        "|número de documento|nº de recibo|número de comprobante",
        "it": "numero fattura|fattura n|n fattura|numero documento|numero ricevuta|fattura nr"
        "|n ricevuta|numero di fattura|numero della fattura",
        "pt": "número da fatura|fatura n|nº fatura|número do recibo|fatura nº|número da nota"
        "|número de fatura|nº do documento|número do documento",
        "pl": "numer faktury|nr faktury|faktura nr|faktura vat nr|nr paragonu|numer rachunku"
        "|numer dokumentu|nr dokumentu|numer paragonu|dokument sprzedaży nr|dokument nr",
        "sv": "fakturanummer|fakturanr|kvittonummer|kvittonr|faktura nr|verifikationsnummer",
        "da": "fakturanummer|fakturanr|kvitteringsnummer|faktura nr|bilagsnummer",
        "no": "fakturanummer|fakturanr|kvitteringsnummer|faktura nr|bilagsnummer",
        "fi": "laskunumero|laskun numero|kuitin numero|laskunro|tositenumero",
        "cs": "číslo faktury|faktura č|faktura číslo|číslo dokladu|doklad č",
        "sk": "číslo faktúry|faktúra č|číslo dokladu|faktúra číslo|číslo bločku",
        "hu": "számla száma|számlaszám|számla sorszáma|sorszám|bizonylatszám|nyugta száma"
        "|számla sorszám|bizonylat sorszáma",
        "ro": "număr factură|factura nr|nr factură|factură nr|seria și numărul",
        "hr": "broj računa|račun br|broj fakture|broj potvrde",
        "sl": "številka računa|račun št|št računa|številka dokumenta",
        "tr": "fatura no|fatura numarası|belge no|fatura numaranız|makbuz no|fiş no|işlem no",
        "el": "αριθμός τιμολογίου|αρ τιμολογίου|αριθμός παραστατικού|αρ παραστατικού|αριθμός απόδειξης|αρ απόδειξης",
        "ru": "номер счета|счет №|номер чека|номер счета-фактуры|номер квитанции|номер документа",
        "ja": "請求書番号|請求番号|領収書番号|伝票番号|決済番号|取引番号|領収番号",
        "zh": "发票号码|發票號碼|发票号|收据编号|发票编号|發票編號|收據編號|账单编号|交易号",
        "ko": "청구서 번호|영수증 번호|승인 번호|거래 번호|문서 번호",
        "et": "arve number|arve nr|kviitungi number|kviitungi nr",
        "lv": "rēķina numurs|rēķina nr|rēķins nr|čeka numurs",
        "lt": "sąskaitos numeris|sąskaitos nr|sąskaita nr|serija ir numeris|kvito nr",
        "bg": "номер на фактура|фактура номер|номер на документа|номер на касова бележка",
        "uk": "номер рахунку|номер чека|номер квитанції|рахунок номер",
        "ar": "رقم الفاتورة|رقم الإيصال",
        "he": "מספר חשבונית|מספר קבלה|חשבונית מספר|קבלה מספר",
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
        "ja": "注文番号|予約番号|ご注文番号|お問い合わせ番号",
        "zh": "订单号|訂單編號|订单编号|預訂編號|订单号码",
        "et": "tellimuse number|tellimuse nr|broneeringu number",
        "lv": "pasūtījuma numurs|pasūtījuma nr",
        "lt": "užsakymo numeris|užsakymo nr",
        "hr": "broj narudžbe",
        "sl": "številka naročila",
        "sk": "číslo objednávky",
        "bg": "номер на поръчка|поръчка номер",
        "ru": "номер заказа",
        "uk": "номер замовлення",
        "el": "αριθμός παραγγελίας|αρ παραγγελίας|κωδικός κράτησης",
        "tr": "sipariş no|sipariş numarası|rezervasyon no",
        "ar": "رقم الطلب|رقم الحجز",
        "he": "מספר הזמנה",
        "ko": "주문 번호|예약 번호",
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
        "sk": "dátum vystavenia|dátum|dátum vyhotovenia",
        "hu": "számla kelte|kiállítás dátuma|kelt|dátum|kiállítás kelte",
        "ro": "data facturii|data emiterii|data",
        "hr": "datum izdavanja|datum računa|datum",
        "tr": "fatura tarihi|tarih|düzenleme tarihi|ödeme tarihi|işlem tarihi",
        "el": "ημερομηνία|ημερομηνία έκδοσης|ημερομηνία τιμολογίου",
        "ru": "дата|дата счета|дата платежа|дата оплаты|дата выставления",
        "ja": "請求日|発行日|日付|領収日|ご利用日|決済日|利用日|購入日|お支払日|支払日|ご注文日|請求書発行日",
        "zh": "开票日期|開票日期|日期|交易日期|付款日期|支付时间|交易时间|開立日期",
        "ko": "발행일|날짜|결제일시|결제일|청구일|거래일시|거래일|발급일|작성일자|결제 일시",
        "et": "arve kuupäev|kuupäev",
        "lv": "rēķina datums|datums|izrakstīšanas datums",
        "lt": "sąskaitos data|data|išrašymo data|išrašyta",
        "sl": "datum računa|datum izdaje|datum",
        "bg": "дата|дата на издаване|дата на фактурата",
        "uk": "дата|дата виставлення|дата рахунку|дата оплати",
        "ar": "التاريخ|تاريخ الفاتورة|تاريخ الإصدار",
        "he": "תאריך|תאריך חשבונית|תאריך הפקה",
    },
    "due_date": {
        "en": "due date|payment due|due on|pay by|due by|payment due date|date due|please pay by|payable by|due",
        "de": "fällig am|fälligkeitsdatum|fälligkeit|zahlbar bis|zahlungsziel|zu zahlen bis|fällig|zahlbar bis zum",
        "nl": "vervaldatum|te betalen voor|uiterlijk op|betalen voor|uiterste betaaldatum|betaaldatum"
        "|te betalen vóór|betalen vóór",
        "fr": "date d'échéance|échéance|à payer avant|date limite de paiement|payable avant le"
        "|à régler avant|payer avant le",
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
        "hr": "datum dospijeća|rok plaćanja|dospijeće|platiti do",
        "tr": "son ödeme tarihi|vade tarihi|ödeme tarihi son|son ödeme",
        "ja": "支払期限|お支払期限|支払期日",
        "zh": "到期日|付款期限|付款截止日期",
        "et": "maksetähtaeg|maksetähtpäev|tasuda hiljemalt",
        "lv": "apmaksas termiņš|samaksas termiņš|apmaksāt līdz",
        "lt": "apmokėti iki|mokėjimo terminas|sumokėti iki|apmokėjimo terminas",
        "sl": "rok plačila|datum zapadlosti|zapadlost|plačati do",
        "bg": "падеж|срок за плащане|краен срок за плащане|платимо до",
        "uk": "сплатити до|термін оплати|строк оплати",
        "ru": "оплатить до|срок оплаты",
        "el": "ημερομηνία λήξης|προθεσμία πληρωμής|λήξη πληρωμής|πληρωμή έως",
        "ar": "تاريخ الاستحقاق",
        "he": "לתשלום עד|תאריך פירעון|מועד תשלום|מועד אחרון לתשלום",
        "ko": "납부기한|납기일|결제 기한|납부 기한",
    },
    "seller_tax_id": {
        "": "ust-idnr|ust-id|ust-id-nr|umsatzsteuer-id|uid|uid-nr|vat number|vat no|vat id|vat reg no"
        "|vat registration"
        "|btw-nummer|btw nummer|btw-nr|n tva|numéro de tva|tva intracommunautaire|partita iva|p iva|nif|cif|nip"
        "|momsnr|momsreg nr|org nr|organisationsnummer|cvr|cvr-nr|y-tunnus|dič|ičo|adószám|cui|cif|steuernummer|gstin"
        "|abn|siret|siren|kvk|rcs|vat registration number|登録番号|税号|纳税人识别号|事業者登録番号|사업자등록번호"
    },
}
