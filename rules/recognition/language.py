"""In which language a text is written, by its function words or its script; None when that is not clear.

Reads the first characters only. A guess that is wrong misleads a standard, so a language must lead by half.
Never looks at names, addresses or numbers: they say nothing. Raises nothing.
"""

import re
from collections import Counter
from itertools import chain

MOST_READ = 1500
_FEWEST = 4  # function words found
_LEAD = 1.5

# The commonest words that say nothing by themselves, in lower case.
_WORDS = {
    "de": "der die das und ist nicht mit sie ihre ihr ihnen wir von den dem für auf ein eine im zu zum zur bei "
    "als auch wird sind haben bitte uns unsere diese dieser vielen dank mit freundlichen grüßen",
    "en": "the and is not with you your of for on a in to at as this that we our be are have has please it from "
    "by will thank thanks regards dear",
    "nl": "de het een en is niet met u uw van voor op in te bij als ook wordt zijn hebben heeft wij ons onze "
    "deze dit dat aan graag bedankt vriendelijke groet geachte je jouw",
    "fr": "le la les et est ne pas avec vous votre vos de des du pour sur un une dans au aux que qui nous notre "
    "ce cette sont avez à été merci cordialement bonjour veuillez",
    "it": "il la le gli e è non con di del della dei per su un una in al che lei suo sua noi nostro nostra "
    "questo questa sono grazie cordiali saluti gentile",
    "es": "el la los las y es no con usted su sus de del para por en un una al que nosotros nuestro nuestra "
    "este esta son es gracias saludos estimado hola",
    "pt": "o a os as e é não com você seu sua de do da dos das para por em um uma ao que nos nosso nossa este "
    "esta são obrigado cumprimentos olá prezado",
    "pl": "i w na nie z do jest się za po od dla przez oraz jak państwa twoja twój prosimy dziękujemy "
    "pozdrawiamy że to została faktury",
    "cs": "a v na ne s do je se za po od pro při jako vaše vás prosím děkujeme pozdravem že to byla jsme ktery",
    "da": "og er ikke med du din dit af for på en et i til ved som vi vores denne dette har venlig hilsen tak "
    "fra det den efter noget jeres",
    "sv": "och är inte med du din ditt av för på en ett i till vid som vi vara våra denna detta har vänliga "
    "hälsningar tack från det den efter er",
    "nb": "og er ikke med du din ditt av for på en et i til ved som vi våre denne dette har vennlig hilsen takk "
    "fra det den etter noe deres",
}
_LANGUAGES: dict[str, list[str]] = {}
for _language, _text in _WORDS.items():
    for _word in set(_text.split()):
        _LANGUAGES.setdefault(_word, []).append(_language)

# Scripts that tell a language by themselves; kana stand before Han, which Japanese writes as well.
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("zh", re.compile(r"[\u3400-\u9fff]")),
    ("ko", re.compile(r"[\uac00-\ud7af\u1100-\u11ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
)
_LETTER = re.compile(r"[^\W\d_]+")


def language_of(text: str) -> str | None:
    """The language as ISO 639-1 has it: one of twelve by its words, one of six by its script."""
    read = text[:MOST_READ]
    if not read.isascii() and max(read) > "\u036f":
        letters = sum(map(len, _LETTER.findall(read)))
        for language, script in _SCRIPTS:
            if letters and len(script.findall(read)) * 5 > letters:
                return language
    of_words = filter(None, map(_LANGUAGES.get, _LETTER.findall(read.lower())))
    found = Counter(chain.from_iterable(of_words)).most_common(2)
    if not found or found[0][1] < _FEWEST:
        return None
    second = found[1][1] if len(found) > 1 else 0
    return found[0][0] if found[0][1] >= _LEAD * second else None
