"""What the words around say: announced attachments, thanks for a purchase; and what speaks against a document.

Written as in words_of_documents; never names a sender.
"""

# ruff: noqa: RUF001 - letters of many scripts, meant as they stand

from typing import Final

FOR: Final = {
    "announced": {
        "en": "invoice attached|attached invoice|invoice is attached|attached is your invoice|find attached"
        "|is attached"
        "|attached you will find|receipt attached|attached receipt|attached bill|enclosed invoice|find your invoice",
        "de": "anbei|im anhang|beigefügt|als anhang|angehängt|anliegend|in der anlage|als pdf",
        "nl": "bijgevoegd|in de bijlage|als bijlage|bijgaand|in bijlage",
        "fr": "ci-joint|ci-jointe|en pièce jointe|pièce jointe|veuillez trouver",
        "es": "adjunto|adjunta|adjuntamos|en el archivo adjunto",
        "it": "in allegato|allegato|allegata|alleghiamo",
        "pt": "em anexo|anexo|anexa|segue em anexo",
        "pl": "w załączniku|w załączeniu|załączona|załączamy|przesyłamy",
        "sv": "bifogad|bifogat|bifogas|i bilagan",
        "da": "vedhæftet|vedlagt",
        "no": "vedlagt|vedlegg",
        "fi": "liitteenä|oheisena|ohessa",
        "cs": "v příloze|přiložená|přikládáme|v přílohe",
        "hu": "mellékelten|csatolva|mellékletben|csatoltan",
        "ro": "atașat|atașată|în atașament|anexat",
        "ja": "添付",
        "zh": "附件",
        "ko": "첨부",
    },
    # In a subject: something was bought or paid.
    "paying": {
        "en": "purchase|payment|paid|charged|transaction",
        "de": "einkauf|zahlung|kauf|bezahlt|abbuchung|lastschrift",
        "nl": "aankoop|betaling|betaald|incasso",
        "fr": "achat|paiement|payé|prélèvement",
        "es": "compra|pago|cobro|pagado",
        "it": "acquisto|pagamento|addebito",
        "pt": "compra|pagamento|cobrança",
        "pl": "zakup|zakupy|płatność|płatności|zapłata",
        "sv": "köp|betalning|betald",
        "da": "køb|betaling|betalt",
        "no": "kjøp|betaling|betalt",
        "fi": "osto|ostos|maksu",
        "cs": "nákup|platba|platby",
        "sk": "nákup|platba",
        "hu": "vásárlás|fizetés|befizetés",
        "ro": "achiziție|plată|plata",
        "tr": "ödeme|satın alma",
        "el": "αγορά|πληρωμή",
        "ru": "покупка|оплата|платеж",
        "uk": "покупка|оплата|платіж",
        "ja": "お支払い|購入|ご請求",
        "zh": "付款|支付|购买",
        "ko": "결제|구매",
    },
    "purchase": {
        "en": "thank you for your purchase|thanks for your purchase|thank you for your payment"
        "|thanks for your payment"
        "|thank you for shopping|payment received|payment successful|your purchase|purchase summary"
        "|we received your payment"
        "|payment confirmation|thank you for your business|thanks for riding|thank you for riding"
        "|thank you for your order",
        "de": "vielen dank für ihren einkauf|vielen dank für deinen einkauf|danke für ihren einkauf|zahlung erhalten"
        "|vielen dank für ihre zahlung|zahlung erfolgt|zahlungseingang",
        "nl": "bedankt voor je aankoop|bedankt voor uw aankoop|betaling ontvangen|bedankt voor je betaling",
        "fr": "merci pour votre achat|merci de votre achat|paiement reçu|votre achat",
        "es": "gracias por tu compra|gracias por su compra|pago recibido|tu compra",
        "it": "grazie per il tuo acquisto|grazie per l'acquisto|pagamento ricevuto",
        "pt": "obrigado pela sua compra|obrigado pela compra|pagamento recebido",
        "pl": "dziękujemy za zakupy|dziękujemy za zakup|otrzymaliśmy płatność",
        "sv": "tack för ditt köp|betalning mottagen",
        "da": "tak for dit køb|betaling modtaget",
        "no": "takk for kjøpet|betaling mottatt",
        "fi": "kiitos ostoksestasi|maksu vastaanotettu",
        "cs": "děkujeme za nákup|platba přijata",
        "hu": "köszönjük a vásárlást|fizetés sikeres",
        "ro": "mulțumim pentru achiziție|plată primită",
        "ja": "お買い上げ|ご購入|お支払いが完了",
        "zh": "感谢您的购买|付款成功",
        "ko": "구매해 주셔서",
    },
}

AGAINST: Final = {
    "not_yet": {
        "en": "upcoming invoice|upcoming bill|next invoice|will be invoiced|upcoming renewal",
        "de": "nächste rechnung|kommende rechnung|bevorstehende rechnung|wird demnächst",
        "nl": "volgende factuur|aankomende factuur",
        "fr": "prochaine facture|facture à venir",
        "es": "próxima factura",
        "it": "prossima fattura",
        "pt": "próxima fatura",
    },
    "denied": {
        "en": "not a receipt|not a payment receipt|not an invoice|this is not a bill"
        "|not a final receipt|will receive a receipt|you'll receive a receipt|will receive an invoice|charge summary"
        "|invoice will be sent|receipt will be sent|invoice will follow|does not constitute an invoice",
        "de": "keine rechnung|dies ist keine rechnung|stellt keine rechnung dar|rechnung folgt|rechnung erhalten sie"
        "|gilt nicht als rechnung",
        "nl": "geen factuur|dit is geen factuur|factuur volgt",
        "fr": "pas une facture|ne constitue pas une facture|n'est pas une facture",
        "es": "no es una factura|no constituye factura",
        "it": "non è una fattura|non costituisce fattura|non valido ai fini fiscali",
        "pt": "não é uma fatura|não constitui fatura",
        "pl": "nie jest fakturą",
        "sv": "inte en faktura|ingen faktura",
        "da": "ikke en faktura",
        "no": "ikke en faktura",
    },
    "account": {
        "en": "reset your password|password reset|password|verify your|verification code|sign-in"
        "|sign in attempt|log in"
        "|security alert|new login|confirm your email|magic link|welcome to|your account has been|invited you"
        "|one-time code|activate your account|trial",
        "de": "passwort zurücksetzen|passwort|bestätigungscode|sicherheitshinweis|neue anmeldung|willkommen bei"
        "|e-mail-adresse bestätigen|konto aktivieren|einladung|zugangsdaten",
        "nl": "wachtwoord|verificatiecode|inloggen|welkom bij|bevestig je e-mailadres|uitnodiging",
        "fr": "mot de passe|code de vérification|bienvenue|confirmez votre adresse|invitation",
        "es": "contraseña|código de verificación|bienvenido|confirma tu correo|invitación",
        "it": "password|codice di verifica|benvenuto|conferma il tuo indirizzo|invito",
        "pt": "senha|palavra-passe|código de verificação|bem-vindo|convite",
        "pl": "hasło|kod weryfikacyjny|witamy|zaproszenie",
        "sv": "lösenord|verifieringskod|välkommen|inbjudan",
        "da": "adgangskode|bekræftelseskode|velkommen|invitation",
        "no": "passord|bekreftelseskode|velkommen|invitasjon",
        "fi": "salasana|vahvistuskoodi|tervetuloa|kutsu",
        "cs": "heslo|ověřovací kód|vítejte|pozvánka",
        "hu": "jelszó|ellenőrző kód|üdvözöljük|meghívó",
        "ro": "parolă|cod de verificare|bun venit|invitație",
        "ja": "パスワード|認証コード|ようこそ",
        "zh": "密码|验证码|欢迎",
    },
    "newsletter": {
        "en": "newsletter|unsubscribe from this|daily digest|weekly digest|view this email in your browser|headlines"
        "|this week|in this issue|webinar|press release|subscribers|you are receiving this because you subscribed"
        "|blog|read more|to unsubscribe|unsubscribe instructions|mailing list",
        "de": "newsletter|rundbrief|in dieser ausgabe|newsletter abbestellen|jetzt lesen|pressemitteilung|webinar",
        "nl": "nieuwsbrief|in deze editie|lees meer|webinar",
        "fr": "lettre d'information|infolettre|dans ce numéro|lire la suite|webinaire",
        "es": "boletín|en este número|leer más|seminario web",
        "it": "in questo numero|leggi di più|webinar",
        "pt": "boletim informativo|nesta edição|leia mais",
        "pl": "biuletyn|w tym numerze|czytaj więcej",
        "sv": "nyhetsbrev|läs mer",
        "da": "nyhedsbrev|læs mere",
        "no": "nyhetsbrev|les mer",
        "fi": "uutiskirje|lue lisää",
        "cs": "zpravodaj|číst dále",
        "hu": "hírlevél|tovább olvasom",
        "ro": "buletin informativ|citește mai mult",
        "ja": "メールマガジン|メルマガ",
        "zh": "电子报|訂閱",
    },
    "marketing": {
        "en": "special offer|limited time|act now|click here|buy now|shop now|free shipping|save up to|discount code"
        "|exclusive offer|risk free|money back|order now|free trial|earn money|no obligation"
        "|lowest prices|best price|sale ends|remove me|mortgage|call now",
        "de": "jetzt kaufen|jetzt bestellen|nur für kurze zeit|rabatt|gutschein|exklusiv für sie|jetzt sichern"
        "|sonderangebot"
        "|angebote|jetzt entdecken|aktion",
        "nl": "nu kopen|korting|aanbieding|alleen vandaag|bestel nu|actie",
        "fr": "offre spéciale|profitez|réduction|soldes|code promo|achetez maintenant|offre exclusive",
        "es": "oferta especial|descuento|compra ahora|rebajas|aprovecha|oferta exclusiva",
        "it": "offerta speciale|sconto|acquista ora|saldi|promozione|approfitta",
        "pt": "oferta especial|desconto|compre agora|promoção|aproveite",
        "pl": "promocja|rabat|kup teraz|oferta specjalna|wyprzedaż",
        "sv": "erbjudande|rabatt|köp nu|rea|kampanj",
        "da": "køb nu|rabat|udsalg|kampagne",
        "no": "kjøp nå|rabatt|salg|kampanje",
        "fi": "alennus|osta nyt|kampanja",
        "cs": "sleva|akce|kupte nyní|výprodej",
        "hu": "kedvezmény|akció|vásároljon most|kupon",
        "ro": "reducere|promoție|cumpără acum",
        "ja": "セール|キャンペーン|クーポン",
        "zh": "优惠|促销|折扣",
    },
    # A bill that is somewhere else: the mail is no document, but says where one lies.
    "elsewhere": {
        "en": "invoice is ready|bill is ready|invoice is available|bill is available|statement is ready"
        "|view your invoice"
        "|view invoice|download your invoice|download invoice|view your bill|download the receipt|view receipt"
        "|invoice is now available|bill is now available|see your invoice|access your invoice|download your receipt"
        "|new invoice available|view your receipt|view bill|statement is available|your latest bill",
        "de": "rechnung steht bereit|rechnung online|rechnung ist da|rechnung herunterladen|rechnung anzeigen"
        "|rechnung abrufen"
        "|rechnung liegt|rechnung ansehen|zur rechnung|rechnung ist online|rechnung wurde bereitgestellt"
        "|zum download bereit"
        "|steht für sie bereit|steht zum download|im kundenportal|im kundenkonto|rechnung ist verfügbar",
        "nl": "factuur staat klaar|factuur downloaden|bekijk je factuur|bekijk uw factuur|download je factuur"
        "|factuur bekijken"
        "|factuur is beschikbaar",
        "fr": "facture est disponible|télécharger votre facture|télécharger la facture|consulter votre facture"
        "|consultez votre facture|voir la facture",
        "es": "factura está disponible|descargar factura|ver factura|descarga tu factura|consulta tu factura"
        "|ver tu factura",
        "it": "fattura è disponibile|scarica la fattura|visualizza la fattura|scarica fattura|consulta la fattura",
        "pt": "fatura está disponível|descarregar fatura|ver fatura|baixar fatura|consultar a fatura",
        "pl": "faktura jest dostępna|pobierz fakturę|zobacz fakturę|faktura jest gotowa",
        "sv": "fakturan finns|visa faktura|ladda ner faktura|faktura finns tillgänglig",
        "da": "faktura er klar|se din faktura|hent faktura|download faktura",
        "no": "fakturaen er klar|se fakturaen|last ned faktura|se faktura",
        "fi": "lasku on saatavilla|avaa lasku|lataa lasku|katso lasku",
        "cs": "faktura je připravena|stáhnout fakturu|zobrazit fakturu",
        "hu": "számla letölthető|számla letöltése|számla megtekintése",
        "ro": "factura este disponibilă|descarcă factura|vezi factura",
        "ja": "請求書のダウンロード|請求書を確認|請求書をダウンロード",
        "zh": "下载发票|查看账单|查看发票",
    },
}
