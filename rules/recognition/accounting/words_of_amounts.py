"""The labels in front of an accounting document's amounts, by language.

Written as in words_of_titles.
"""

# ruff: noqa: RUF001 - letters of many scripts, meant as they stand

from typing import Final

AMOUNTS: Final = {
    # What the customer pays, or has paid, with tax.
    "payable": {
        "en": "amount due|total due|balance due|grand total|total amount due|amount payable|total payable"
        "|total incl vat|total including vat"
        "|total inc vat|total incl tax|total including tax|total inc gst|order total|invoice total|total amount"
        "|total for this invoice|payment amount|total cost|total price|ticket amount|total with tax"
        "|total to pay|total payment|amount billed|receipt total|amount total"
        "|gross amount|gross total|total gross|net payable|amount to pay|amount outstanding|outstanding amount"
        "|outstanding balance|balance outstanding|total outstanding|amount owing|amount overdue|overdue amount"
        "|refund amount|refund total|fare total"
        "|total fare|total premium|total due now|total due today|donation amount"
        "|total donation|invoice amount|bill total|bill amount|total bill"
        "|invoice value|amount incl vat|amount including vat|you owe|to be paid|total outlay"
        "|total for your order|total fees"
        "|credit total|total credit|credit amount|total credited|amount credited",
        "de": "gesamtbetrag|rechnungsbetrag|endbetrag|zu zahlen|zu zahlender betrag|zahlbetrag|bruttobetrag"
        "|gesamtsumme|endsumme|gesamt brutto|summe brutto|gesamtbetrag brutto|rechnungssumme|gesamtpreis|bruttosumme"
        "|gesamt inkl mwst|summe inkl mwst|gesamtsumme brutto|zahlungsbetrag|fälliger betrag|rechnungsendbetrag"
        "|offener betrag|gesamtforderung|bruttogesamtbetrag|gutschriftsbetrag"
        "|gesamtbetrag inkl mwst|gesamtbetrag inkl ust|gesamtrechnungsbetrag|zu zahlender gesamtbetrag|total chf"
        "|gesamt zu zahlen|zu überweisen"
        "|zu überweisender betrag|überweisungsbetrag|forderungsbetrag|offene forderung|offener gesamtbetrag"
        "|rechnungstotal|totalbetrag|total inkl mwst"
        "|gesamtkosten|zu zahlende summe|spendenbetrag|jahresprämie|zahlbetrag brutto|rechnungsbetrag brutto"
        "|abschlagsbetrag|nachzahlung"
        "|gesamtbeitrag|jahresbeitrag|bruttobeitrag|gesamtprämie|bruttoprämie|gesamtgebühr|gesamtentgelt"
        "|bruttopreis|rechnungspreis"
        "|gutschriftbetrag|gutschrift gesamt|rückzahlungsbetrag",
        "nl": "te betalen|totaalbedrag|totaal te betalen|factuurbedrag|totaal incl btw|totaal inclusief btw"
        "|eindtotaal"
        "|totaal bedrag|te voldoen|totaalprijs|bedrag incl btw"
        "|totaal factuur|totaal te voldoen"
        "|te betalen bedrag|openstaand bedrag|totaal incl",
        "fr": "total ttc|net à payer|montant total|montant dû|total à payer|montant ttc|montant à payer"
        "|total général|solde à payer|montant total ttc|prix total|total eur"
        "|total de la commande|montant de la facture"
        "|total facture|montant facturé|somme à payer|total tva incluse|total tvac"
        "|montant de l'avoir|à régler|reste à payer|montant du don"
        "|prime totale|montant tvac|total facturé|solde dû|montant restant dû",
        "es": "total a pagar|importe total|total factura|total con iva|importe a pagar|total general|monto total"
        "|total iva incluido|líquido a percibir|precio total"
        "|total con impuestos|total del pedido|total de la factura"
        "|importe de la factura|total compra|monto a pagar|cargo total"
        "|total impuestos incluidos|importe pendiente"
        "|importe total a pagar|total recibo|importe del recibo|a pagar"
        "|tot factura|tot a pagar",
        "it": "totale da pagare|totale fattura|totale documento|importo totale|netto a pagare|totale a pagare"
        "|importo da pagare|totale complessivo|totale iva inclusa|prezzo totale"
        "|totale ordine|totale con iva|totale ivato"
        "|importo della fattura|totale bolletta|importo dovuto"
        "|totale dovuto|da pagare|totale ricevuta|importo scaduto"
        "|tot fattura|tot documento|tot da pagare|tot da versare|totale generale",
        "pt": "total a pagar|valor total|montante total|total geral|valor a pagar|total com iva"
        "|preço total"
        "|valor da fatura|total a cobrar|total da compra|montante a pagar"
        "|valor do documento|total do pedido|valor em dívida|total fatura"
        "|a pagar|total do documento",
        "pl": "do zapłaty|razem do zapłaty|kwota do zapłaty|należność ogółem|suma brutto|wartość brutto"
        "|łącznie do zapłaty|razem brutto|kwota brutto|pozostało do zapłaty|ogółem|kwota całkowita"
        "|łączna kwota|suma do zapłaty|razem z vat"
        "|do zapłaty razem|wartość zamówienia|zaległa kwota|kwota zaległości"
        "|całkowity koszt",
        "sv": "att betala|summa att betala|totalt att betala|totalbelopp|fakturabelopp|totalsumma|slutsumma"
        "|belopp att betala|totalt inkl moms|summa inkl moms|totalt belopp"
        "|belopp inkl moms|total inkl moms|totalt inklusive moms"
        "|summa att betala inkl moms",
        "da": "at betale|i alt at betale|total inkl moms|i alt inkl moms|beløb at betale|til betaling|fakturabeløb"
        "|samlet beløb|totalbeløb|beløb i alt|i alt dkk"
        "|at betale i alt|i alt til betaling|i alt inklusive moms"
        "|samlet pris|skyldigt beløb|beløb til betaling|ialt",
        "no": "å betale|beløp å betale|sum å betale|totalt å betale|totalbeløp|fakturabeløp|å betale nok"
        "|total inkl mva|sum inkl mva|totalsum|beløp inkl mva"
        "|totalt inkl mva"
        "|skyldig beløp|totalpris|totalt inklusive mva",
        "fi": "maksettava|maksettavaa|yhteensä maksettava|laskun loppusumma|loppusumma|summa yhteensä"
        "|maksettava yhteensä"
        "|verollinen yhteensä|yhteensä eur|kokonaissumma|laskun summa"
        "|yhteensä sis alv|lasku yhteensä|hinta yhteensä"
        "|kokonaishinta|erääntynyt summa|maksun summa|maksettava summa|yhteensä sis",
        "cs": "celkem k úhradě|k úhradě|částka k úhradě|celkem s dph|celková částka|celková cena|celkem kč"
        "|celkem k platbě|celkem k zaplacení|k zaplacení|celkem vč dph|celkem včetně dph|cena celkem"
        "|dlužná částka|částka celkem",
        "sk": "celkom k úhrade|k úhrade|suma k úhrade|spolu s dph|celková suma"
        "|celkom na úhradu|na úhradu|celková cena|spolu na úhradu|celkom s dph"
        "|cena celkom|dlžná suma|suma celkom|k zaplateniu",
        "hu": "fizetendő|fizetendő összeg|fizetendő végösszeg|bruttó végösszeg|végösszeg|bruttó összesen"
        "|összesen fizetendő"
        ""
        "|teljes összeg|bruttó összeg|fizetendő összesen"
        "|számla összege|számla végösszege|tartozás összege"
        "|mindösszesen bruttó",
        "ro": "total de plată|total de plata|sumă de plată|total general|total cu tva|suma totală"
        "|total de achitat|de plată|total comandă|valoare totală"
        "|suma de plată|total factură|sumă restantă",
        "hr": "ukupno za platiti|za platiti|sveukupno|ukupan iznos"
        "|ukupno za plaćanje|za plaćanje|iznos za plaćanje|sveukupno za platiti|ukupno s pdv"
        "|iznos računa|ukupna cijena|iznos povrata|ukupno eur",
        "sl": "za plačilo|skupaj za plačilo|skupaj z ddv"
        "|znesek za plačilo|skupni znesek|znesek računa|skupaj eur|končni znesek"
        "|plačilo skupaj",
        "tr": "genel toplam|ödenecek tutar|toplam tutar"
        "|ödenecek toplam|ödeme tutarı|toplam ödeme|kdv dahil toplam"
        "|vergiler dahil toplam tutar|toplam ücret|fatura tutarı|toplam fiyat"
        "|kdv dahil toplam tutar|ödenecek",
        "el": "πληρωτέο ποσό|συνολικό ποσό|γενικό σύνολο"
        "|σύνολο πληρωμής|πληρωτέο|σύνολο με φπα|τελικό ποσό|τελικό σύνολο|πληρωτέο σύνολο"
        "|σύνολο προς πληρωμή|ποσό πληρωμής|οφειλόμενο ποσό|συνολική αξία|τελική αξία",
        "ru": "итого к оплате|всего к оплате|сумма к оплате"
        "|к оплате|итоговая сумма|общая сумма|сумма платежа|сумма оплаты|итого с ндс|всего с ндс"
        "|сумма заказа|общая стоимость",
        "ja": "合計金額|ご請求金額|請求金額|お支払い金額|お支払金額|税込合計|ご請求額"
        "|お支払い総額|支払総額|支払い総額|ご利用金額|お支払い合計|お支払合計|総合計|お買上合計|お買い上げ合計|ご請求合計|税込金額|ご請求総額|お支払額|お支払い額|請求額"
        "|税込総額|ご利用料金合計|領収金額合計",
        "zh": "价税合计|應付總額|应付金额|合计金额|总金额|總金額|订单总额"
        "|应付总额|應付金額|付款金额|合計金額|订单金额|应付款|付款總額|總計金額|支付總額|总价|本期应付|应缴金额|應繳金額",
        "ko": "총 금액|합계 금액|청구 금액"
        "|납부 금액|납부할 금액|총 청구 금액|총 합계|이번 달 청구 금액|총 납부 금액|환불 금액",
        "et": "kokku tasuda|tasuda|tasumisele kuulub|arve summa|summa kokku|kokku km-ga|kuulub tasumisele"
        "|maksmisele kuulub|kokku koos käibemaksuga",
        "lv": "kopā apmaksai|summa apmaksai|kopā ar pvn|kopējā summa|apmaksai|kopsumma|rēķina summa|pavisam apmaksai",
        "lt": "iš viso mokėti|mokėtina suma|suma su pvm|iš viso su pvm|bendra suma|mokėti"
        "|viso su pvm|galutinė suma|suma apmokėti|bendra mokėtina suma",
        "bg": "общо за плащане|сума за плащане|обща сума|крайна сума|всичко за плащане|обща стойност"
        "|дължима сума|общо с ддс",
        "uk": "до сплати|всього до сплати|разом до сплати|сума до сплати|загальна сума|всього з пдв"
        "|до оплати|сума платежу|сума оплати|разом з пдв|усього до сплати",
        "ar": "المبلغ الإجمالي|المبلغ المستحق|المجموع الكلي|إجمالي المبلغ|الإجمالي شامل الضريبة"
        "|المجموع شامل الضريبة|إجمالي الفاتورة|المبلغ الكلي",
        "he": 'סה"כ לתשלום|סכום לתשלום|סך הכל לתשלום|סה"כ כולל מע"מ|סך הכל|סכום כולל|סה"כ לתשלום כולל מע"מ',
        "th": "ยอดชำระ|รวมทั้งสิ้น|ยอดรวมสุทธิ|จำนวนเงินรวมทั้งสิ้น|ยอดชำระเงิน",
        "id": "total pembayaran|total bayar|total tagihan|jumlah tagihan|total dibayar",
        "vi": "tổng cộng|tổng thanh toán|tổng tiền thanh toán|số tiền thanh toán",
    },
    # What has been paid: money moved, so there is something to book.
    "paid": {
        "en": "amount paid|total paid|total charged|amount charged|you paid|we charged|paid|charged|total charges"
        "|total charge|amount received|amount debited|total debited|you were charged|amount donated"
        "|total donated|total refunded|amount refunded|total paid today",
        "de": "bezahlter betrag|gezahlter betrag|sie haben bezahlt|bezahlt|gezahlt|abgebuchter betrag"
        "|abbuchungsbetrag|erstatteter betrag|erstattungsbetrag",
        "nl": "betaald bedrag|totaal betaald|afgeschreven bedrag|totaal afgeschreven|betaald|terugbetaald bedrag",
        "fr": "montant payé|montant réglé|total payé|montant prélevé|montant débité|vous avez payé|total réglé"
        "|montant remboursé|total remboursé",
        "es": "total pagado|importe pagado|importe cobrado|total cobrado|total abonado|has pagado|monto pagado"
        "|importe reembolsado|total reembolsado|total cargado",
        "it": "totale pagato|importo pagato|totale addebitato|importo addebitato|hai pagato|importo rimborsato"
        "|totale rimborsato",
        "pt": "total pago|valor pago|valor cobrado|montante pago|valor reembolsado|total cobrado",
        "pl": "zapłacono|zapłacona kwota|wpłacono|opłacono|kwota transakcji|kwota płatności|kwota zwrotu",
        "sv": "betalat|betald summa|betalt|återbetalat belopp|debiterat belopp",
        "da": "betalt beløb|beløb betalt|trukket beløb|refunderet beløb|betalt",
        "no": "betalt beløp|totalt betalt|beløp betalt|betalt|sum betalt|trukket beløp|totalt belastet|refundert beløp",
        "fi": "maksettu|maksettu summa|veloitettu summa|veloitettu|palautettu summa",
        "cs": "zaplaceno|uhrazeno|zaplacená částka|vrácená částka|celkem zaplaceno",
        "sk": "zaplatené|uhradené|celkom zaplatené",
        "hu": "fizetve|összesen fizetve|fizetett összeg|kifizetett összeg|visszatérített összeg|levont összeg",
        "ro": "total plătit|total achitat|achitat|suma achitată|sumă rambursată",
        "hr": "plaćeno|ukupno plaćeno",
        "sl": "plačano|skupaj plačano",
        "et": "tasutud|kokku makstud|makstud summa",
        "lv": "samaksāts|samaksātā summa",
        "lt": "sumokėta|apmokėta|sumokėta suma",
        "bg": "платено|платена сума",
        "uk": "сплачено|оплачено",
        "ru": "оплачено|итого оплачено|сумма возврата",
        "el": "πληρωθέν ποσό|πληρώσατε",
        "tr": "ödenen tutar|ödenen toplam|toplam ödenen|ödenen|iade tutarı",
        "ar": "المبلغ المدفوع",
        "he": 'סכום ששולם|סה"כ שולם',
        "ko": "결제하신 금액|총 결제 금액|최종 결제 금액|실 결제 금액|결제 금액",
        "ja": "領収金額|決済金額|返金額",
        "zh": "实付金额|實付金額|实付款|支付金额|退款金额",
    },
    "total": {
        "en": "total|totals|amount|sum",
        "de": "gesamt|summe|total|betrag|insgesamt|brutto|summe eur|zusammen|*betrag|*summe",
        "nl": "totaal|bedrag|samen|*bedrag",
        "fr": "total|montant|somme",
        "es": "total|importe|monto|suma",
        "it": "totale|importo|somma|tot",
        "pt": "total|montante|valor",
        "pl": "razem|suma|łącznie|kwota|razem pln",
        "sv": "totalt|summa|belopp|total|*belopp",
        "da": "i alt|total|beløb|sum|*beløb",
        "no": "totalt|sum|beløp|total|*beløp",
        "fi": "yhteensä|summa|*summa",
        "cs": "celkem|částka|součet",
        "sk": "spolu|celkom|suma|súčet",
        "hu": "összesen|összeg|mindösszesen|végösszesen",
        "ro": "total|suma",
        "hr": "ukupno|iznos",
        "sl": "skupaj|znesek",
        "et": "kokku|summa",
        "lv": "kopā|summa",
        "lt": "iš viso|suma",
        "tr": "toplam|tutar",
        "el": "σύνολο|ποσό|συνολο",
        "ru": "итого|всего|сумма|итог|итог по чеку",
        "uk": "разом|всього|сума|підсумок|усього",
        "bg": "общо|сума|всичко",
        "ar": "المجموع|الإجمالي|المبلغ",
        "he": 'סה"כ|סכום|סהכ',
        "ja": "合計|総計|金額|総額",
        "zh": "合计|總計|总计|金额",
        "ko": "합계|총액|총 금액|금액",
        "th": "ยอดรวม|รวมเงิน",
        "id": "jumlah",
        "vi": "tổng tiền",
        "is": "samtals",
    },
    "net": {
        "en": "subtotal|sub total|sub-total|net amount|net total|total excl vat|total excluding vat|total ex vat"
        "|total before tax|taxable amount|total net|total excluding tax|items subtotal|net",
        "de": "zwischensumme|nettobetrag|netto|summe netto|gesamt netto|nettosumme|warenwert|gesamtnetto"
        "|zwischentotal"
        "|summe positionen"
        "|nettobeitrag|nettoprämie|nettopreis|nettoentgelt|nettorechnungsbetrag",
        "nl": "subtotaal|totaal excl btw|totaal exclusief btw|exclusief btw|excl btw|netto|bedrag excl btw",
        "fr": "sous-total|total ht|montant ht|total hors taxe|net ht|base ht",
        "es": "subtotal|base imponible|total sin iva|importe neto",
        "it": "imponibile|subtotale|totale imponibile|totale netto|netto"
        "|tot imponibile|tot merce|totale merce|totale merci|totale imponibili",
        "pt": "subtotal|valor líquido|base tributável|total sem iva",
        "pl": "netto|wartość netto|razem netto|suma netto|kwota netto",
        "sv": "delsumma|netto|exkl moms|summa exkl moms|belopp exkl moms",
        "da": "subtotal|netto|i alt ekskl moms|ekskl moms|momspligtigt beløb",
        "no": "delsum|netto|eks mva|sum eks mva|netto beløp",
        "fi": "välisumma|veroton|veroton summa|veroton yhteensä|netto",
        "cs": "mezisoučet|základ daně|celkem bez dph|bez dph|základ dph|základ",
        "sk": "medzisúčet|základ dane|bez dph|celkom bez dph|základ dph",
        "hu": "részösszeg|nettó|nettó összesen|adóalap",
        "ro": "subtotal|total fără tva|valoare netă|bază de impozitare|total fara tva|fără tva",
        "hr": "osnovica|međuzbroj|bez pdv|ukupno bez pdv|porezna osnovica",
        "tr": "ara toplam|matrah|kdv hariç|kdv hariç toplam",
        "ja": "小計|税抜金額|税抜合計|税抜",
        "zh": "小计|小計|不含税金额|税前金额",
        "et": "summa km-ta|käibemaksuta|summa käibemaksuta|vahesumma",
        "lv": "summa bez pvn|kopā bez pvn|starpsumma",
        "lt": "suma be pvm|iš viso be pvm|be pvm|tarpinė suma",
        "sl": "osnova|brez ddv|vmesni seštevek|vmesna vsota",
        "bg": "данъчна основа|междинна сума|сума без ддс|без ддс",
        "uk": "сума без пдв|без пдв|проміжний підсумок",
        "ru": "без ндс|подытог|сумма без ндс|промежуточный итог",
        "el": "καθαρή αξία|υποσύνολο|αξία χωρίς φπα|μερικό σύνολο",
        "he": 'סכום ביניים|לפני מע"מ|סה"כ לפני מע"מ',
        "ar": "المجموع الفرعي|المبلغ قبل الضريبة|الإجمالي قبل الضريبة",
        "ko": "공급가액|소계",
    },
    # What was paid before, and stands between the total and what is left to pay.
    "deposit": {
        "en": "deposit|deposit received|deposit paid|less deposit|advance payment|prepayment|prepaid|already paid"
        "|less payments|payments received|credit applied|gift card|store credit|account credit|retainer"
        "|paid on account",
        "de": "anzahlung|abschlagszahlung|abschlagszahlungen|bereits gezahlt|bereits bezahlt|vorauszahlung"
        "|geleistete anzahlung|geleistete zahlungen|guthaben|geschenkkarte|akonto|abzüglich anzahlung"
        "|abschläge",
        "nl": "aanbetaling|voorschot|voorschotten|reeds betaald|vooruitbetaling|cadeaubon|reeds voldaan",
        "fr": "acompte|acomptes|déjà réglé|déjà payé|arrhes|carte cadeau|acompte versé|avance versée",
        "es": "anticipo|depósito|a cuenta|ya pagado|tarjeta regalo|pago a cuenta",
        "it": "acconto|acconti|già pagato|anticipo|già versato|caparra|buono regalo",
        "pt": "adiantamento|já pago|sinal pago|pagamento por conta|vale-presente",
        "pl": "zaliczka|przedpłata|zadatek|wpłacona zaliczka|karta podarunkowa|wpłacono zaliczkę",
        "sv": "förskott|handpenning|redan betalt|presentkort|a conto",
        "da": "depositum|forudbetaling|allerede betalt|acontobeløb|aconto|gavekort",
        "no": "depositum|forskudd|allerede betalt|gavekort|akonto",
        "fi": "ennakkomaksu|käsiraha|jo maksettu|lahjakortti|ennakko",
        "cs": "záloha|zálohy|zaplacená záloha|uhrazená záloha|dárkový poukaz",
        "sk": "záloha|preddavok|preddavky|uhradená záloha",
        "hu": "előleg|foglaló|már kifizetve",
        "ro": "avans|avans achitat",
        "hr": "predujam|avans|kapara",
        "sl": "predplačilo|avans",
        "et": "ettemaks",
        "lv": "avanss|priekšapmaksa",
        "lt": "avansas|išankstinis mokėjimas",
        "tr": "avans|ön ödeme|kapora",
        "el": "προκαταβολή",
        "ru": "аванс|предоплата|задаток",
        "uk": "аванс|передоплата",
        "bg": "аванс|депозит|капаро",
        "ja": "前払金|内金|手付金",
        "zh": "预付款|定金|訂金|礼品卡",
        "ko": "선급금|계약금",
        "he": "מקדמה",
        "ar": "دفعة مقدمة|عربون",
    },
    "tax": {
        "en": "vat|sales tax|tax|taxes|gst|hst|total tax|total vat|vat amount|tax amount|gst included|service tax",
        "de": "mwst|ust|umsatzsteuer|mehrwertsteuer|zzgl mwst|steuerbetrag|ust-betrag|steuer|inkl mwst"
        "|enthaltene mwst"
        "|mwst-betrag|summe mwst|gesamt mwst"
        "|versicherungsteuer|versicherungssteuer|vst",
        "nl": "btw|btw bedrag|totaal btw|btw hoog|btw laag|waarvan btw",
        "fr": "tva|montant tva|total tva|dont tva|taxe|taxes",
        "es": "iva|cuota iva|total iva|igic|impuesto|impuestos|iva incluido",
        "it": "iva|importo iva|totale iva|imposta|di cui iva|tot iva|totale imposta|totale imposte",
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
        "sl": "ddv|znesek ddv",
        "et": "käibemaks|käibemaksu",
        "lv": "pvn|pvn summa",
        "lt": "pvm|pvm suma",
        "tr": "kdv|toplam kdv",
        "el": "φπα|ποσό φπα|αξία φπα",
        "ru": "ндс|в том числе ндс|сумма ндс|в т ч ндс",
        "uk": "пдв|сума пдв|у тому числі пдв|в т ч пдв",
        "bg": "ддс|начислен ддс|ддс сума",
        "he": 'מע"מ|מעמ',
        "ja": "消費税|税額|内消費税",
        "zh": "税额|稅額|增值税|税率|稅金|营业税",
        "ko": "부가세|세액|부가가치세",
        "ar": "ضريبة القيمة المضافة|الضريبة",
        "th": "ภาษีมูลค่าเพิ่ม",
        "id": "ppn",
        "vi": "thuế gtgt|thuế",
    },
}
