"""How something is paid, by language.

Written as in words_of_titles; never names a sender: schemes of payment cards and of transfers are words of payment in
every language.
"""

# ruff: noqa: RUF001 - letters of many scripts, meant as they stand

from typing import Final

PAYMENT: Final = {
    "payment": {
        "en": "payment method|paid with|paid by|method of payment|card ending|ending in|ending|charged to your card"
        "|charged to your|credit card|debit card|bank transfer|wire transfer|payment terms|billed to|bill to"
        "|billing address|paid in full|remittance|direct debit|card number|payment reference|payment details"
        "|to be charged"
        "|sepa|iban|paid via|paid using|payable to|card payment|bank details|sort code|account number"
        "|charged to",
        "de": "zahlungsart|zahlungsmethode|zahlungsweise|lastschrift|überweisung|bankverbindung|kreditkarte"
        "|bezahlt mit"
        "|zahlungsbedingungen|rechnungsadresse|rechnungsanschrift|verwendungszweck|kartenzahlung|rechnungsempfänger"
        "|leistungszeitraum|leistungsdatum|lieferdatum|abgebucht|eingezogen|skonto|ec-cash"
        "|per lastschrift|sepa|vorkasse|bezahlt per|bezahlt über|kontoinhaber|zahlbar",
        "nl": "betaalwijze|betaalmethode|overschrijving|incasso|factuuradres|betalingskenmerk|betaald met"
        "|rekeningnummer"
        "|betalingstermijn|betalingsvoorwaarden|ideal"
        "|automatische incasso|creditcard|betaald via|sepa|bancontact|klantgegevens",
        "fr": "mode de paiement|moyen de paiement|mode de règlement|virement|prélèvement|carte bancaire"
        "|adresse de facturation|payé par|conditions de paiement|réglé par"
        "|payé avec|moyen de règlement|réglée par|payée par|prélevé|prélevée|sepa|chèque|carte bleue"
        "|domiciliation",
        "es": "forma de pago|método de pago|transferencia|domiciliación|tarjeta de crédito|dirección de facturación"
        "|datos de facturación|pagado con"
        "|medio de pago|pagado mediante|adeudo directo|transferencia bancaria|condiciones de pago"
        "|bizum|recibo domiciliado",
        "it": "metodo di pagamento|modalità di pagamento|bonifico|carta di credito|indirizzo di fatturazione"
        "|condizioni di pagamento|pagato con"
        "|pagamento con|addebito diretto|iban|coordinate bancarie|addebitato su",
        "pt": "forma de pagamento|método de pagamento|transferência|cartão de crédito|endereço de faturação|multibanco"
        "|pago com|cartão|mb way|pix|referência multibanco|débito direto|boleto bancário|meio de pagamento"
        "|pago por",
        "pl": "forma płatności|sposób płatności|metoda płatności|przelew|sprzedawca|nabywca|numer konta"
        "|karta płatnicza"
        "|płatność kartą|kartą|płatność|blik|nr konta|termin płatności",
        "sv": "betalningssätt|betalsätt|bankgiro|plusgiro|betalningsvillkor|kortbetalning|faktureringsadress|ocr"
        "|autogiro|betald med|swish|faktureras",
        "da": "betalingsmåde|betalingsmetode|betalingsbetingelser|kortbetaling|faktureringsadresse|bankoverførsel"
        "|dankort|mobilepay|betalingsservice|betalt med|reg nr",
        "no": "betalingsmåte|betalingsmetode|betalingsbetingelser|kontonummer|kid|fakturaadresse|kortbetaling"
        "|vipps|avtalegiro|betalt med|bankkort",
        "fi": "maksutapa|maksuehto|viitenumero|tilinumero|laskutusosoite|korttimaksu"
        "|maksukortti|pankkikortti|mobilepay|maksettu kortilla|verkkomaksu|saajan tilinumero",
        "cs": "způsob platby|způsob úhrady|variabilní symbol|bankovní účet|dodavatel|odběratel|fakturační adresa"
        "|platební karta|kartou|převodem|bankovní převod|číslo účtu|konstantní symbol",
        "sk": "spôsob platby|variabilný symbol|dodávateľ|odberateľ"
        "|platobná karta|kartou|prevodom|bankový prevod|číslo účtu",
        "hu": "fizetési mód|átutalás|bankszámlaszám|eladó|vevő|számlázási cím"
        "|bankkártya|bankkártyával|fizetés módja|készpénz|közlemény",
        "ro": "metodă de plată|modalitate de plată|furnizor|cumpărător|transfer bancar|adresa de facturare"
        "|card bancar|cu cardul|numerar|plătitor|metoda de plată|modalitatea de plată",
        "tr": "ödeme yöntemi|banka havalesi|kredi kartı|ödeme şekli|havale|banka kartı",
        "ja": "お支払い方法|支払方法|振込先|お振込先|クレジットカード|銀行振込|決済方法|振込期限|口座番号",
        "zh": "付款方式|支付方式|开户行|银行账号|信用卡|银行转账|支付宝|微信支付|付款帳號|购买方|销售方",
        "ko": "결제 수단|결제 방법|신용카드|계좌이체|공급자|공급받는자|입금 계좌|체크카드",
        "et": "makseviis|pangaülekanne|kaardimakse|arvelduskonto|viitenumber|maksja|ostja|müüja",
        "lv": "maksājuma veids|bankas pārskaitījums|ar karti|maksātājs|apmaksas veids|pircējs|norēķinu konts",
        "lt": "mokėjimo būdas|banko pavedimas|pirkėjas|pardavėjas|mokėtojas|atsiskaitomoji sąskaita|kortele",
        "sl": "način plačila|kupec|prodajalec|bančno nakazilo|trr|plačilna kartica|sklic",
        "hr": "način plaćanja|kupac|prodavatelj|poziv na broj|bankovni račun|karticom|kartica",
        "bg": "начин на плащане|банков превод|получател|доставчик|банкова сметка|банкова карта|с карта",
        "uk": "спосіб оплати|банківський переказ|покупець|постачальник|продавець|призначення платежу|карткою|картка"
        "|платник"
        "|безготівковий|готівка",
        "ru": "способ оплаты|банковский перевод|покупатель|поставщик|продавец|банковская карта|назначение платежа"
        "|картой|плательщик"
        "|безналичными|наличными",
        "el": "τρόπος πληρωμής|τραπεζική κατάθεση|πιστωτική κάρτα|χρεωστική κάρτα|με κάρτα|πελάτης",
        "ar": "طريقة الدفع|بطاقة الائتمان|تحويل بنكي|بطاقة",
        "he": "אמצעי תשלום|כרטיס אשראי|העברה בנקאית|פרטי תשלום|כרטיס המסתיים",
    },
    # Card schemes: an amount in their line is what was paid.
    "card": {"": "visa|mastercard|amex|american express|maestro|girocard|diners club|discover card|bancontact|vpay"},
}
