"""What the words around say for a document: announced attachments, thanks for a purchase; by language.

Written as in words_of_titles; never names a sender.
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
        "sk": "v prílohe|priložená|prikladáme",
        "hr": "u privitku|u prilogu|prilažemo",
        "sl": "v priponki|v prilogi|priložen",
        "et": "manuses|lisatud failina|manusena",
        "lv": "pielikumā|pievienots",
        "lt": "priede|pridedame|prisegta",
        "bg": "прикачен|приложена|в прикачения файл",
        "ru": "во вложении|прилагаем|приложен",
        "uk": "у вкладенні|додаємо|у додатку",
        "el": "συνημμένο|επισυνάπτεται|συνημμένα",
        "tr": "ekte|ekteki|ekli dosyada",
        "ar": "مرفق|المرفق|مرفقة",
        "he": 'מצורפת|מצורף|מצ"ב',
    },
    # In a subject: something was bought or paid.
    "paying": {
        "en": "purchase|payment|paid|charged|transaction|donation|renewed|top-up|your ride|your trip with",
        "de": "einkauf|zahlung|kauf|bezahlt|abbuchung|lastschrift|spende|gezahlt|einzug",
        "nl": "aankoop|betaling|betaald|incasso|afschrijving|donatie",
        "fr": "achat|paiement|payé|prélèvement|achats|réglé",
        "es": "compra|pago|cobro|pagado|donación|recarga",
        "it": "acquisto|pagamento|addebito|donazione|ricarica|pagato",
        "pt": "compra|pagamento|cobrança|doação|pago",
        "pl": "zakup|zakupy|płatność|płatności|zapłata|opłata|zapłacono|opłacone",
        "sv": "köp|betalning|betald|betalat|gåva",
        "da": "køb|betaling|betalt|donation",
        "no": "kjøp|betaling|betalt|betalte",
        "fi": "osto|ostos|maksu|lahjoitus|maksettu",
        "cs": "nákup|platba|platby",
        "sk": "nákup|platba",
        "hu": "vásárlás|fizetés|befizetés",
        "ro": "achiziție|plată|plata",
        "tr": "ödeme|satın alma",
        "el": "αγορά|πληρωμή",
        "ru": "покупка|оплата|платеж|оплачено|пополнение",
        "uk": "покупка|оплата|платіж|сплата|оплачено",
        "ja": "お支払い|購入|ご請求",
        "zh": "付款|支付|购买",
        "ko": "결제|구매",
        "et": "makse|tasumine",
        "lv": "maksājums|pirkums|apmaksa",
        "lt": "mokėjimas|pirkimas|apmokėjimas|pirkinys",
        "sl": "plačilo|nakup",
        "hr": "plaćanje|kupnja|uplata",
        "bg": "плащане|покупка",
        "ar": "الدفع|شراء|دفعة",
        "he": "תשלום|רכישה",
    },
    "purchase": {
        "en": "thank you for your purchase|thanks for your purchase|thank you for your payment"
        "|thanks for your payment"
        "|thank you for shopping|payment received|payment successful|your purchase|purchase summary"
        "|we received your payment"
        "|payment confirmation|thank you for your business|thanks for riding|thank you for riding"
        "|thank you for your order"
        "|thank you for your donation|thanks for your order|thank you for staying|we received a payment"
        "|payment was successful|payment has been received|we have received your payment"
        "|thank you for your gift|thanks for your donation|thank you for travelling|thank you for traveling"
        "|thanks for your stay|your payment was successful|thanks for your business|thank you for choosing",
        "de": "vielen dank für ihren einkauf|vielen dank für deinen einkauf|danke für ihren einkauf|zahlung erhalten"
        "|vielen dank für ihre zahlung|zahlung erfolgt|zahlungseingang"
        "|danke für deinen einkauf|danke für deine zahlung|wir haben ihre zahlung erhalten"
        "|wir haben deine zahlung erhalten|danke für ihre zahlung|vielen dank für deine zahlung"
        "|danke für deine fahrt|vielen dank für ihre bestellung|vielen dank für ihre spende"
        "|danke für deine spende|danke für deine bestellung|vielen dank für deine bestellung"
        "|vielen dank für ihren aufenthalt",
        "nl": "bedankt voor je aankoop|bedankt voor uw aankoop|betaling ontvangen|bedankt voor je betaling"
        "|bedankt voor je bestelling|bedankt voor uw betaling|we hebben je betaling ontvangen"
        "|bedankt voor je rit|betaling geslaagd|bedankt voor uw bestelling|bedankt voor je donatie"
        "|wij hebben uw betaling ontvangen",
        "fr": "merci pour votre achat|merci de votre achat|paiement reçu|votre achat"
        "|merci pour votre paiement|merci de votre commande|paiement accepté|paiement effectué"
        "|nous avons bien reçu votre paiement|merci pour votre commande|votre paiement|merci pour votre don"
        "|merci d'avoir choisi|paiement confirmé|merci de votre confiance",
        "es": "gracias por tu compra|gracias por su compra|pago recibido|tu compra"
        "|gracias por tu pago|gracias por su pago|pago realizado|pago confirmado|hemos recibido tu pago"
        "|hemos recibido su pago|gracias por tu donación|gracias por viajar|gracias por tu pedido"
        "|gracias por su pedido|pago aprobado",
        "it": "grazie per il tuo acquisto|grazie per l'acquisto|pagamento ricevuto"
        "|pagamento effettuato|pagamento confermato|grazie per aver acquistato|abbiamo ricevuto il pagamento"
        "|grazie per il pagamento|grazie per il tuo ordine|grazie per la donazione"
        "|abbiamo ricevuto il tuo pagamento|pagamento riuscito",
        "pt": "obrigado pela sua compra|obrigado pela compra|pagamento recebido"
        "|pagamento confirmado|pagamento efetuado|recebemos o seu pagamento|pagamento aprovado"
        "|obrigado pela sua encomenda|recebemos o pagamento|obrigado pelo seu pagamento|pagamento efectuado",
        "pl": "dziękujemy za zakupy|dziękujemy za zakup|otrzymaliśmy płatność"
        "|płatność przyjęta|dziękujemy za płatność|dziękujemy za dokonanie płatności"
        "|dziękujemy za dokonanie zakupu|płatność zakończona|dziękujemy za zamówienie|otrzymaliśmy wpłatę"
        "|płatność zrealizowana",
        "sv": "tack för ditt köp|betalning mottagen"
        "|tack för din betalning|tack för din beställning|tack för köpet|vi har mottagit din betalning"
        "|tack för ditt besök|tack för din gåva",
        "da": "tak for dit køb|betaling modtaget"
        "|tak for din betaling|tak for købet|tak for din ordre|vi har modtaget din betaling"
        "|tak for din bestilling|tak for turen",
        "no": "takk for kjøpet|betaling mottatt"
        "|takk for betalingen|takk for at du handlet|takk for din betaling|takk for bestillingen"
        "|vi har mottatt betalingen|takk for turen|takk for handelen",
        "fi": "kiitos ostoksestasi|maksu vastaanotettu"
        "|kiitos maksustasi|kiitos tilauksestasi|kiitos ostosta|maksu onnistui|maksusi on vastaanotettu"
        "|kiitos lahjoituksestasi",
        "cs": "děkujeme za nákup|platba přijata"
        "|děkujeme za platbu|platba proběhla|vaše platba byla přijata|děkujeme za vaši objednávku"
        "|platba byla úspěšná|děkujeme za váš nákup",
        "hu": "köszönjük a vásárlást|fizetés sikeres"
        "|köszönjük a befizetést|sikeres fizetés|köszönjük a rendelést|köszönjük vásárlását"
        "|köszönjük megrendelését|fizetése sikeres",
        "ro": "mulțumim pentru achiziție|plată primită"
        "|mulțumim pentru cumpărături|plata a fost efectuată|mulțumim pentru plată|plata dvs a fost"
        "|mulțumim pentru comandă|vă mulțumim pentru plată|plata a fost procesată",
        "ja": "お買い上げ|ご購入|お支払いが完了"
        "|お支払い完了|決済が完了|ご購入ありがとう|お買い上げありがとう|ご利用いただき",
        "zh": "感谢您的购买|付款成功"
        "|感谢您的付款|支付成功|感謝您的購買|付款已收到|感谢您的订购|感謝您的付款|支付已完成",
        "ko": "구매해 주셔서|결제가 완료|결제 완료|이용해 주셔서",
        "sk": "ďakujeme za nákup|platba prijatá|ďakujeme za vašu platbu|platba prebehla|ďakujeme za platbu"
        "|ďakujeme za objednávku",
        "hr": "hvala na kupnji|hvala na vašoj kupnji|uplata je zaprimljena|hvala na kupovini|vaša uplata"
        "|plaćanje uspješno",
        "sl": "hvala za nakup|plačilo prejeto|hvala za vaš nakup|plačilo je uspelo|hvala za plačilo",
        "et": "täname ostu eest|aitäh ostu eest|makse on laekunud|täname makse eest|makse õnnestus"
        "|aitäh tellimuse eest",
        "lv": "paldies par pirkumu|maksājums saņemts|paldies par maksājumu|paldies par pasūtījumu",
        "lt": "ačiū už pirkinį|mokėjimas gautas|dėkojame už pirkinį|ačiū už užsakymą|mokėjimas sėkmingas"
        "|dėkojame už apmokėjimą|ačiū kad perkate",
        "bg": "благодарим за покупката|благодарим ви за покупката|плащането е получено|благодарим за плащането"
        "|успешно плащане|благодарим ви за поръчката",
        "uk": "дякуємо за покупку|дякуємо за оплату|оплата отримана|платіж успішний|оплату отримано"
        "|дякуємо за замовлення|оплата пройшла успішно",
        "ru": "спасибо за покупку|оплата прошла успешно|спасибо за оплату|платеж получен|благодарим за покупку"
        "|спасибо за заказ|благодарим за оплату",
        "el": "ευχαριστούμε για την αγορά|η πληρωμή σας ολοκληρώθηκε|ευχαριστούμε για την πληρωμή"
        "|η πληρωμή ολοκληρώθηκε|ευχαριστούμε για την παραγγελία",
        "tr": "satın aldığınız için teşekkür|ödemeniz alındı|ödemeniz için teşekkür|alışverişiniz için teşekkür"
        "|ödeme başarılı|ödemeniz başarıyla|siparişiniz için teşekkür",
        "ar": "شكرا لشرائك|تم الدفع|تم استلام الدفعة|شكرا لك على الدفع|شكرا لطلبك|تم الدفع بنجاح",
        "he": "תודה על הרכישה|התשלום התקבל|תודה על קנייתך|התשלום בוצע|תודה על התשלום|תודה שקנית",
    },
}
