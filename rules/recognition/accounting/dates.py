"""Dates as documents write them, in the order that their language and currency suggest.

Never guesses a century other than this one; what is no day of the calendar is no date. Works on folded text.
Raises nothing. Standard: ISO 8601 for what comes out.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

FIRST_YEAR, LAST_YEAR = 1990, 2099

_MONTHS: Final = (
    "january jan januar janner janvier janv enero ene gennaio gen janeiro stycznia styczen sty januari tammikuuta "
    "tammikuu ledna leden januara januar ianuarie ian sijecnja январь января ocak",
    "february feb februar fevrier fevr febrero febbraio fevereiro fev lutego luty lut februari helmikuuta helmikuu "
    "unora unor februara februar februarie veljace февраль февраля subat",
    "march mar marz mrz maerz mars marzo marco marca marzec maart mrt maaliskuuta maaliskuu brezna brezen marca "
    "marcius martie ozujka март марта mart",
    "april apr avril avr abril abr aprile kwietnia kwiecien kwi huhtikuuta huhtikuu dubna duben aprila aprilis "
    "aprilie travnja апрель апреля nisan",
    "may mai mayo maggio mag maio maja maj mei toukokuuta toukokuu kvetna kveten maja majus svibnja май мая mayis",
    "june jun juni juin junio giugno giu junho czerwca czerwiec cze kesakuuta kesakuu cervna cerven juna junius "
    "iunie iun lipnja июнь июня haziran",
    "july jul juli juillet juil julio luglio lug julho lipca lipiec lip heinakuuta heinakuu cervence cervenec jula "
    "julius iulie iul srpnja июль июля temmuz",
    "august aug aout agosto ago sierpnia sierpien sie augusti augustus elokuuta elokuu srpna srpen augusta "
    "augusztus kolovoza август августа agustos",
    "september sep sept septembre septiembre settembre set setembro wrzesnia wrzesien wrz syyskuuta syyskuu zari "
    "septembra szeptember septembrie rujna сентябрь сентября eylul",
    "october oct oktober okt octobre octubre ottobre ott outubro out pazdziernika pazdziernik paz lokakuuta lokakuu "
    "rijna rijen oktobra octombrie октябрь октября ekim",
    "november nov novembre noviembre novembro listopada listopad lis marraskuuta marraskuu novembra noiembrie "
    "studenoga ноябрь ноября kasim",
    "december dec dezember dez decembre diciembre dic dicembre dezembro grudnia grudzien gru joulukuuta joulukuu "
    "prosince prosinec decembra decembrie prosinca декабрь декабря aralik",
)
_MONTH_OF: Final = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_NAME = r"[^\W\d_]{3,12}"
_DATE = re.compile(
    r"(?<![\w.,/-])(?:"
    r"(?P<y1>\d{4}) ?[-./] ?(?P<m1>\d{1,2}) ?[-./] ?(?P<d1>\d{1,2})"  # 2024-05-03
    r"|(?P<y2>\d{4}) ?年 ?(?P<m2>\d{1,2}) ?月 ?(?P<d2>\d{1,2}) ?日"
    r"|(?P<y4>\d{4}) ?년 ?(?P<m4>\d{1,2}) ?월 ?(?P<d4>\d{1,2}) ?일"
    r"|(?P<a>\d{1,2}) ?(?P<mark>[./-]) ?(?P<b>\d{1,2}) ?(?P=mark) ?(?P<y3>\d{4}|\d{2})"  # 03.05.2024
    r"|(?P<day>\d{1,2})(?:st|nd|rd|th|er|o|°)?[ .-]{0,2}(?:de |of )?"  # 3. Mai 2024, 24FEB25
    rf"(?P<month>{_NAME})[ .,'-]{{0,3}}(?:de )?(?P<year>\d{{4}}|\d{{2}})"
    rf"|(?P<name>{_NAME})[ .]{{1,2}}(?P<nth>\d{{1,2}})(?:st|nd|rd|th)?[ .,]{{1,3}}(?P<in>\d{{4}})"  # May 3 , 2014
    r")(?!\d)"
)


@dataclass(frozen=True, slots=True)
class Day:
    """A day, and where it stands."""

    iso: str  # 2024-05-03
    start: int
    end: int


def dates_in(folded: str, start: int, end: int, *, month_first: bool = False) -> list[Day]:
    """The dates between two places of a folded text, in their order."""
    found = []
    for match in _DATE.finditer(folded, start, end):
        iso = _iso(match, month_first=month_first)
        if iso:
            found.append(Day(iso, match.start(), match.end()))
    return found


def writes_month_first(language: str | None, currency: str | None) -> bool:
    """Whether 03/04/2024 is the fourth of March: so the United States write it, and few others."""
    return currency == "USD" and language in {"en", None}


def _iso(match: re.Match[str], *, month_first: bool) -> str | None:
    of = match.groupdict()
    for each in "124":
        if of["y" + each]:
            return _day(of["y" + each], int(of["m" + each]), int(of["d" + each]))
    if of["y3"]:
        first, second = int(of["a"]), int(of["b"])
        is_month_first = second > 12 or (month_first and of["mark"] != "." and first <= 12)
        return _day(of["y3"], *((first, second) if is_month_first else (second, first)))
    name = of["month"] or of["name"] or ""
    month_number = _MONTH_OF.get(name)
    if month_number is None:
        return None
    return _day(of["year"] or of["in"], month_number, int(of["day"] or of["nth"]))


def _day(year: str, month: int, day: int) -> str | None:
    number = int(year) + (2000 if len(year) == 2 else 0)
    try:
        return date(number, month, day).isoformat() if FIRST_YEAR <= number <= LAST_YEAR else None
    except ValueError:
        return None
