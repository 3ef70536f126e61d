"""What mail programs write around a forwarded message, in the languages they speak.

Labels as Gmail, Apple Mail, Thunderbird, Outlook and Yahoo print them; compared without case and accents.
"""
# ruff: noqa: RUF001 - labels of other alphabets hold letters that look like Latin ones

from typing import Final

from rules.words import plain

# Field of a header block -> its labels. One label may serve several languages.
_LABELS: Final = {
    "from": """
        from|von|van|de|expéditeur|remitente|da|mittente|remetente|od|nadawca|feladó|küldő|de la|expeditor|expeditorul
        fra|avsender|från|avsändare|lähettäjä|saatja|kellelt|šalje|pošiljatelj|nuo|siuntėjas|no|από|αποστολέας
        kimden|gönderen|saatnud|pošiljalac|отправил|αποστολή από|จาก|từ|dari|от|отправитель|от кого|від|від кого
        відправник|од|差出人|送信元|送信者|发件人|寄件者|寄件人
        보낸 사람|보낸사람|מאת|من|remitent
        """,
    "to": """
        to|an|aan|à|pour|destinataire|para|a|per|do|adresat|komu|pro|pre|címzett|către|destinatarul|til|till
        vastaanottaja|saaja|adressaat|kellele|prima|za|kam|iki|προς|kime|alıcı|кому|до|宛先|送信先|收件人|收件者
        받는 사람|받는사람|אל|עבור|إلى|kellele saadetud|ถึง|tới|đến|kepada
        """,
    "copy": """
        cc|bcc|kopie|kopie (cc)|blindkopie|copie|copie à|dw|kopia|kopia do|kópia|másolat|másolatot kap|kopi|kopi til
        kopio|koopia|kopija|kp|κοινοποίηση|κοιν.|bilgi|копия|копія|копие|抄送|副本|참조|עותק|نسخة
        """,
    "date": """
        date|sent|datum|gesendet|gesendet am|verzonden|verzonden op|verstuurd|envoyé|envoyé le|date d'envoi|fecha
        enviado|enviado el|data|inviato|data invio|enviada|enviada em|enviado em|wysłano|wysłane|odesláno|dátum
        odoslané|dátum odoslania|elküldve|küldve|dată|trimis|dato|sendt|skickat|skickat den|päivämäärä|päiväys
        lähetetty|kuupäev|saadetud|poslano|išsiųsta|datums|nosūtīts|ημερομηνία|στάλθηκε|tarih|gönderildi
        gönderme tarihi|gönderilen|gönderilme tarihi|gönderim tarihi|saatmisaeg|saatmise aeg|dana|poslata|วันที่|ngày
        tanggal|дата|отправлено|надіслано|відправлено|изпратено|日時|送信日時|日付|日期|发送时间|发送日期
        寄件日期|時間|날짜|보낸 날짜|תאריך|נשלח|التاريخ|تاريخ الإرسال
        """,
    "subject": """
        subject|betreff|onderwerp|objet|sujet|asunto|oggetto|assunto|temat|předmět|predmet|tárgy|subiect|subiectul
        emne|ämne|aihe|teema|pealkiri|naslov|zadeva|tema|temats|tēma|θέμα|konu|тема|относно|件名|主题|主旨|主題|제목
        נושא|الموضوع|assumpte|หัวข้อ|เรื่อง|chủ đề|subjek|perihal
        """,
    "other": """
        reply-to|reply to|antwort an|antworten an|antwoord aan|répondre à|responder a|rispondi a|odpowiedz do
        importance|wichtigkeit|priorität|priority|urgentie|importancia|importanza|attachments|anlagen|bijlagen
        organization|organisation|message-id|sender|resent-from|mailing list
        """,
}

# A line with one of these, between dashes or before a colon, begins a forwarded message and nothing else.
_FORWARD_LINES: Final = """
    forwarded message|begin forwarded message|forwarded mail|forwarded email|forwarded e-mail|begin of forwarded message
    weitergeleitete nachricht|anfang der weitergeleiteten nachricht|weitergeleitete e-mail|weitergeleitete mail
    doorgestuurd bericht|begin doorgestuurd bericht|doorgestuurde e-mail
    message transféré|début du message réexpédié|début du message transféré|message transmis|message réexpédié
    courriel transféré|mail transféré
    mensaje reenviado|inicio del mensaje reenviado|messaggio inoltrato|inizio messaggio inoltrato
    mensagem encaminhada|mensagem reencaminhada|início da mensagem encaminhada|início da mensagem reencaminhada
    treść przekazanej wiadomości|początek przekazywanej wiadomości|przekazana wiadomość|wiadomość przekazana
    přeposlaná zpráva|začátek přeposlané zprávy|začátek přeposílané zprávy|preposlaná správa|začiatok preposlanej správy
    továbbított üzenet|továbbított levél|továbbított levél kezdete|továbbított e-mail|mesaj redirecționat
    începe mesajul redirecționat
    videresendt meddelelse|videresendt besked|start på videresendt besked|videresendt melding|videresendt e-post
    vidarebefordrat meddelande|vidarebefordrat mejl|vidarebefordrat e-postmeddelande|vidarebefordrat brev
    början på vidarebefordrat meddelande
    välitetty viesti|välitetty viesti / fwd.msg|välitetty viesti alkaa|edastatud kiri|edastatud sõnum
    proslijeđena poruka|početak proslijeđene poruke|započni proslijeđenu poruku|prosleđena poruka
    posredovano sporočilo|persiųsta žinutė|persiųstas laiškas
    pārsūtīta ziņa|προωθημένο μήνυμα|iletilen ileti|ileti başlangıcı|iletilen mesajın başlangıcı|iletilmiş ileti
    iletilen mesaj|yönlendirilmiş ileti
    перенаправленное сообщение|пересылаемое сообщение|начало переадресованного сообщения|пересланное сообщение
    переадресованное сообщение|переслане повідомлення|перенаправлене повідомлення|початок листа, що пересилається
    препратено съобщение|メッセージを転送|転送されたメッセージ|転送メッセージ|转发的邮件|轉寄的郵件|转发邮件
    转发邮件信息|下面是被转发的邮件|전달된 메시지|전달된 메일|הודעה שהועברה|رسالة معاد توجيهها|الرسالة المعاد توجيهها
    missatge reenviat|inici del missatge reenviat|početak preusmjerene poruke|edasisaadetud kiri|edasi saadetud kiri
    αρχή προωθημένου μηνύματος
    ข้อความที่ส่งต่อ|thư được chuyển tiếp|tin nhắn được chuyển tiếp|pesan terusan|pesan yang diteruskan
    """

# The marks of a forward that the subject begins with.
_FORWARD_PREFIXES: Final = """
    fwd|fw|wg|tr|rv|i|enc|pd|vs|vb|vl|tov|ilt|i̇lt|πρθ|прд|转发|轉寄|転送|전달|fs|doorst|trans|inoltro|reenv|dal|redir
    """
_REPLY_PREFIXES: Final = """
    re|aw|antw|antwort|sv|svar|r|rif|odp|ynt|yan|vá|res|resp|rép|bls|回复|答复|回覆|返信|답장|απ|отв|atb|ats|vast|رد
    """

# The verb in the line that Outlook 2019 for text puts above what it forwards (and every program above a reply).
_WROTE: Final = """
    wrote|schrieb|schreef|geschreven|a écrit|écrit|escribió|escreveu|ha scritto|scrisse|skrev|napisał|napisał(a)
    napísal|napísal(a)|napsal|napsal(a)|ezt írta|a scris|kirjoitti|kirjutas|napisao|написал|написал(а)|написав|пише
    έγραψε|yazdı|va escriure|rašė|rakstīja|書きました|写道|작성
    """
# Words between the date and the name in such a line, which belong to neither.
_BEFORE_NAME: Final = """
    heeft|user|użytkownik|používateľ|uživatel|пользователь|користувач|időpontban|skrev|schrieb|wrote|kl|uhr|um|om|at|à
    """

# Mail providers that give addresses to anybody: a domain of theirs in common makes nobody a colleague.
_SHARED_DOMAINS: Final = """
    gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com yahoo.de yahoo.fr yahoo.co.uk ymail.com
    aol.com icloud.com me.com mac.com gmx.de gmx.net gmx.at gmx.ch gmx.com web.de t-online.de freenet.de mail.ru bk.ru
    list.ru inbox.ru yandex.ru yandex.com proton.me protonmail.com orange.fr wanadoo.fr free.fr laposte.net sfr.fr
    libero.it virgilio.it tin.it ziggo.nl kpnmail.nl xs4all.nl hetnet.nl planet.nl wp.pl onet.pl o2.pl interia.pl
    seznam.cz centrum.cz qq.com 163.com 126.com naver.com daum.net bluewin.ch telenet.be skynet.be mail.com fastmail.com
    zoho.com posteo.de mailbox.org hotmail.de hotmail.fr outlook.de outlook.fr live.nl live.de comcast.net
    btinternet.com
    """


def _phrases(table: str) -> frozenset[str]:
    lines = (line.split("|") for line in table.strip().splitlines())
    return frozenset(plain(phrase) for line in lines for phrase in line)


FIELD_OF_LABEL: Final = {label: field for field, table in _LABELS.items() for label in _phrases(table)}
FORWARD_LINES: Final = _phrases(_FORWARD_LINES)
FORWARD_PREFIXES: Final = _phrases(_FORWARD_PREFIXES)
REPLY_PREFIXES: Final = _phrases(_REPLY_PREFIXES)
WROTE: Final = tuple(sorted(_phrases(_WROTE)))
BEFORE_NAME: Final = _phrases(_BEFORE_NAME)
SHARED_DOMAINS: Final = frozenset(_SHARED_DOMAINS.split())
FINNISH_FROM: Final = plain("lähettäjä")
LONGEST_LABEL: Final = max(map(len, FIELD_OF_LABEL)) + 8  # with what people's programs put around it
