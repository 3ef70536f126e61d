"""What the words around say against a document, by language.

Written as in words_of_titles; never names a sender.
"""

# ruff: noqa: RUF001 - letters of many scripts, meant as they stand

from typing import Final

AGAINST: Final = {
    "not_yet": {
        "en": "upcoming invoice|upcoming bill|next invoice|will be invoiced|upcoming renewal",
        "de": "nächste rechnung|kommende rechnung|bevorstehende rechnung|wird demnächst",
        "nl": "volgende factuur|aankomende factuur",
        "fr": "prochaine facture|facture à venir",
        "es": "próxima factura",
        "it": "prossima fattura",
        "pt": "próxima fatura",
        "pl": "następna faktura|nadchodząca faktura",
        "sv": "nästa faktura|kommande faktura",
        "da": "næste faktura|kommende faktura",
        "no": "neste faktura|kommende faktura",
        "fi": "seuraava lasku|tuleva lasku",
        "cs": "příští faktura|nadcházející faktura",
        "hu": "következő számla|közelgő számla",
        "ro": "următoarea factură",
        "tr": "bir sonraki fatura|yaklaşan fatura",
        "ru": "следующий счет|предстоящий платеж",
        "uk": "наступний рахунок|майбутній платіж",
        "ja": "次回のご請求|次回請求",
        "ko": "다음 청구|결제 예정",
        "zh": "下期账单|即将扣款",
        "sk": "nasledujúca faktúra",
        "hr": "sljedeći račun",
        "sl": "naslednji račun",
        "el": "επόμενος λογαριασμός",
        "et": "järgmine arve",
        "lt": "kita sąskaita",
        "lv": "nākamais rēķins",
        "bg": "следваща фактура",
    },
    "denied": {
        "en": "not a receipt|not a payment receipt|not an invoice|this is not a bill"
        "|not a final receipt|will receive a receipt|you'll receive a receipt|will receive an invoice|charge summary"
        "|invoice will be sent|receipt will be sent|invoice will follow|does not constitute an invoice",
        "de": "keine rechnung|dies ist keine rechnung|stellt keine rechnung dar|rechnung folgt|rechnung erhalten sie"
        "|gilt nicht als rechnung",
        "nl": "geen factuur|dit is geen factuur|factuur volgt",
        "fr": "pas une facture|ne constitue pas une facture|n'est pas une facture",
        "es": "no es una factura|no constituye factura|no es un recibo|no es factura",
        "it": "non è una fattura|non costituisce fattura|non valido ai fini fiscali",
        "pt": "não é uma fatura|não constitui fatura|não serve de fatura|não constitui uma fatura",
        "pl": "nie jest fakturą|nie stanowi faktury|to nie jest faktura",
        "sv": "inte en faktura|ingen faktura|är inte en faktura|detta är ingen faktura",
        "da": "ikke en faktura",
        "no": "ikke en faktura",
        "fi": "ei ole lasku|tämä ei ole lasku",
        "cs": "není daňovým dokladem|není daňový doklad|není faktura",
        "sk": "nie je daňovým dokladom|nie je faktúra",
        "hu": "nem számla|nem minősül számlának",
        "ro": "nu este o factură|nu reprezintă factură",
        "hr": "nije račun|nije fiskalni račun",
        "sl": "ni račun",
        "et": "ei ole arve",
        "lt": "nėra sąskaita",
        "lv": "nav rēķins",
        "tr": "fatura değildir|fatura yerine geçmez",
        "ru": "не является счетом|не является чеком",
        "uk": "не є рахунком",
        "el": "δεν αποτελεί τιμολόγιο|δεν αποτελεί απόδειξη",
        "bg": "не е фактура",
        "ja": "請求書ではありません|領収書ではありません",
        "zh": "不是发票|非发票",
        "ko": "청구서가 아닙니다|영수증이 아닙니다",
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
        "sk": "heslo|overovací kód|vitajte",
        "hr": "lozinka|kod za potvrdu|dobrodošli",
        "sl": "geslo|potrditvena koda|dobrodošli",
        "et": "parool|kinnituskood|tere tulemast",
        "lv": "parole|apstiprinājuma kods|laipni lūdzam",
        "lt": "slaptažodis|patvirtinimo kodas|sveiki atvykę",
        "bg": "парола|код за потвърждение|добре дошли",
        "ru": "пароль|код подтверждения|добро пожаловать",
        "uk": "пароль|код підтвердження|ласкаво просимо",
        "el": "κωδικός πρόσβασης|κωδικός επαλήθευσης|καλώς ήρθατε",
        "tr": "şifre|parola|doğrulama kodu|hoş geldiniz",
        "ar": "كلمة المرور|رمز التحقق|مرحبا بك في",
        "he": "סיסמה|קוד אימות|ברוכים הבאים",
        "ko": "비밀번호|인증번호|인증 코드",
    },
    "newsletter": {
        "en": "newsletter|unsubscribe from this|daily digest|weekly digest|view this email in your browser|headlines"
        "|this week|in this issue|webinar|press release|subscribers|you are receiving this because you subscribed"
        "|blog|read more|to unsubscribe|unsubscribe instructions|mailing list"
        "|you are receiving this because|you're receiving this because|reply to this email directly"
        "|view it on|unsubscribe from this thread|you are subscribed to this thread",
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
        "sk": "novinky|čítať ďalej",
        "hr": "newsletter|pročitaj više|odjava s",
        "sl": "novice|preberi več",
        "et": "uudiskiri|loe lähemalt|loe edasi",
        "lv": "jaunumi|lasīt vairāk",
        "lt": "naujienlaiškis|skaityti daugiau",
        "bg": "бюлетин|прочетете повече|научете повече",
        "ru": "рассылка|отписаться от рассылки|читать далее",
        "uk": "розсилка|відписатися|читати далі",
        "el": "ενημερωτικό δελτίο|διαβάστε περισσότερα",
        "tr": "e-bülten|bülten|devamını oku",
        "ar": "النشرة البريدية|اقرأ المزيد",
        "he": "ניוזלטר|לקריאה נוספת|להסרה מרשימת",
        "ko": "뉴스레터|수신거부",
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
        "sk": "zľava|výpredaj|kúpte teraz",
        "hr": "popust|rasprodaja|kupi odmah|akcija",
        "sl": "popust|razprodaja|kupi zdaj|akcija",
        "et": "allahindlus|soodustus|osta kohe",
        "lv": "atlaide|izpārdošana|pērc tagad",
        "lt": "nuolaida|išpardavimas|pirkite dabar",
        "bg": "отстъпка|промоция|разпродажба|купи сега",
        "ru": "скидка|скидки|акция|распродажа|купить сейчас",
        "uk": "знижка|знижки|акція|розпродаж",
        "el": "έκπτωση|εκπτώσεις|προσφορές|αγοράστε τώρα",
        "tr": "indirim|kampanya|fırsat|hemen al",
        "ar": "خصم|عرض خاص|تخفيضات|تسوق الآن",
        "he": "מבצע|הנחה|קנו עכשיו",
        "ko": "특가|이벤트|세일|할인 혜택",
        "th": "โปรโมชั่น|ส่วนลด",
    },
    # A bill that is somewhere else: the mail is no document, but says where one lies.
    "elsewhere": {
        "en": "invoice is ready|bill is ready|invoice is available|bill is available|statement is ready"
        "|view your invoice"
        "|view invoice|download your invoice|download invoice|view your bill|download the receipt|view receipt"
        "|invoice is now available|bill is now available|see your invoice|access your invoice|download your receipt"
        "|new invoice available|view your receipt|view bill|statement is available|your latest bill"
        "|bill is ready to view|new bill is ready|new invoice is ready|invoice ready to view|your bill online"
        "|invoice is waiting|pay your bill online|e-bill is ready|statement is now available",
        "de": "rechnung steht bereit|rechnung online|rechnung ist da|rechnung herunterladen|rechnung anzeigen"
        "|rechnung abrufen"
        "|rechnung liegt|rechnung ansehen|zur rechnung|rechnung ist online|rechnung wurde bereitgestellt"
        "|zum download bereit"
        "|steht für sie bereit|steht zum download|im kundenportal|im kundenkonto|rechnung ist verfügbar"
        "|rechnung ist fertig|neue rechnung verfügbar|rechnung im portal|rechnung wartet"
        "|rechnung bereitgestellt",
        "nl": "factuur staat klaar|factuur downloaden|bekijk je factuur|bekijk uw factuur|download je factuur"
        "|factuur bekijken"
        "|factuur is beschikbaar"
        "|factuur voor u klaar|factuur voor je klaar|factuur te bekijken|factuur is klaar|factuur in mijn",
        "fr": "facture est disponible|télécharger votre facture|télécharger la facture|consulter votre facture"
        "|consultez votre facture|voir la facture"
        "|facture est en ligne|facture est prête|nouvelle facture est disponible|facture dans votre espace"
        "|accéder à votre facture|facture en ligne",
        "es": "factura está disponible|descargar factura|ver factura|descarga tu factura|consulta tu factura"
        "|ver tu factura"
        "|factura ya está disponible|factura está lista|nueva factura disponible|acceder a tu factura"
        "|accede a tu factura",
        "it": "fattura è disponibile|scarica la fattura|visualizza la fattura|scarica fattura|consulta la fattura"
        "|fattura è pronta|fattura è online|nuova fattura disponibile|vedi la fattura|accedi alla fattura",
        "pt": "fatura está disponível|descarregar fatura|ver fatura|baixar fatura|consultar a fatura"
        "|fatura está pronta|nova fatura disponível|aceder à fatura|consulte a sua fatura"
        "|fatura já está disponível",
        "pl": "faktura jest dostępna|pobierz fakturę|zobacz fakturę|faktura jest gotowa"
        "|faktura czeka|nowa faktura czeka|faktura jest już dostępna|nowa faktura jest dostępna"
        "|sprawdź fakturę",
        "sv": "fakturan finns|visa faktura|ladda ner faktura|faktura finns tillgänglig"
        "|faktura är klar|fakturan är klar|ny faktura finns|se din faktura|din faktura finns",
        "da": "faktura er klar|se din faktura|hent faktura|download faktura|faktura ligger klar|faktura er tilgængelig"
        "|ny faktura klar|se fakturaen",
        "no": "fakturaen er klar|se fakturaen|last ned faktura|se faktura|faktura er tilgjengelig|ny faktura i"
        "|faktura er klar|ny faktura klar|din faktura er tilgjengelig",
        "fi": "lasku on saatavilla|avaa lasku|lataa lasku|katso lasku|laskusi on valmis|uusi lasku on"
        "|laskusi on nähtävissä|uusi lasku saatavilla|katso laskusi",
        "cs": "faktura je připravena|stáhnout fakturu|zobrazit fakturu"
        "|faktura je k dispozici|nová faktura je|nová faktura k dispozici",
        "hu": "számla letölthető|számla letöltése|számla megtekintése"
        "|számlája elkészült|elektronikus számlája elérhető"
        "|új számlája érkezett|számlája elérhető|számla elérhető",
        "ro": "factura este disponibilă|descarcă factura|vezi factura"
        "|factura ta este disponibilă|factura dvs este disponibilă|factura este gata",
        "ja": "請求書のダウンロード|請求書を確認|請求書をダウンロード",
        "zh": "下载发票|查看账单|查看发票",
        "sk": "faktúra je pripravená|stiahnuť faktúru|zobraziť faktúru",
        "hr": "račun je dostupan|preuzmite račun|pogledajte račun|račun je spreman",
        "sl": "račun je pripravljen|prenesite račun|ogled računa|račun je na voljo",
        "et": "arve on saadaval|vaata arvet|laadi arve alla|arve on valmis",
        "lv": "rēķins ir pieejams|skatīt rēķinu|lejupielādēt rēķinu|rēķins ir sagatavots",
        "lt": "sąskaita paruošta|peržiūrėti sąskaitą|atsisiųsti sąskaitą|sąskaita parengta",
        "bg": "фактурата е готова|изтегли фактурата|вижте фактурата|фактурата ви е готова",
        "ru": "счет доступен|скачать счет|посмотреть счет|счет готов|счет сформирован",
        "uk": "рахунок доступний|завантажити рахунок|переглянути рахунок|рахунок готовий",
        "el": "λογαριασμός σας είναι διαθέσιμος|δείτε τον λογαριασμό|κατεβάστε το τιμολόγιο|δείτε το τιμολόγιο",
        "tr": "faturanız hazır|faturayı görüntüle|faturayı indir|faturanızı görüntüleyin|faturanızı indirin"
        "|faturanız görüntülenmeye hazır|yeni faturanız",
        "ar": "فاتورتك جاهزة|عرض الفاتورة|تحميل الفاتورة|تنزيل الفاتورة",
        "he": "החשבונית מוכנה|לצפייה בחשבונית|להורדת החשבונית|החשבונית זמינה",
        "ko": "청구서 보기|청구서를 확인|명세서 확인|청구서가 발행",
    },
}
