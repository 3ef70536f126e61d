"""Dates as documents write them, in the order that their language and currency suggest.

Never guesses a century other than this one; what is no day of the calendar is no date. Works on folded text.
Raises nothing. Standard: ISO 8601 for what comes out.
"""

# ruff: noqa: RUF001 - letters of many scripts, meant as they stand

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

FIRST_YEAR, LAST_YEAR = 1990, 2099

_MONTHS: Final = (
    "january jan januar janner janvier janv enero ene gennaio gen janeiro stycznia styczen sty januari tammikuuta "
    "tammikuu ledna leden januara januar ianuarie ian sijecnja январь января ocak jaanuar jaanuaris janvaris "
    "janvari sausio sausis ιανουαριου ιανουαριος ιαν січня січень януари sijecanj januarja يناير ינואר בינואר",
    "february feb februar fevrier fevr febrero febbraio fevereiro fev lutego luty lut februari helmikuuta "
    "helmikuu unora unor februara februar februarie veljace февраль февраля subat veebruar februaris vasario "
    "vasaris φεβρουαριου φεβρουαριος φεβ лютого лютий февруари veljaca februarja فبراير פברואר בפברואר",
    "march mar marz mrz maerz mars marzo marco marca marzec maart mrt maaliskuuta maaliskuu brezna brezen marca "
    "marcius martie ozujka март марта mart marts marta kovo kovas μαρτιου μαρτιος μαρ березня березень ozujak "
    "مارس מרץ במרץ",
    "april apr avril avr abril abr aprile kwietnia kwiecien kwi huhtikuuta huhtikuu dubna duben aprila aprilis "
    "aprilie travnja апрель апреля nisan aprill aprili balandzio balandis απριλιου απριλιος απρ квітня квітень "
    "април travanj أبريل ابريل אפריל באפריל",
    "may mai mayo maggio mag maio maja maj mei toukokuuta toukokuu kvetna kveten maja majus svibnja май мая mayis "
    "maijs maija geguzes geguze μαιου μαιος μαι травня травень svibanj مايو מאי במאי",
    "june jun juni juin junio giugno giu junho czerwca czerwiec cze kesakuuta kesakuu cervna cerven juna junius "
    "iunie iun lipnja июнь июня haziran juuni junijs junija birzelio birzelis ιουνιου ιουνιος ιουν червня червень "
    "юни lipanj junij يونيو יוני ביוני",
    "july jul juli juillet juil julio luglio lug julho lipca lipiec lip heinakuuta heinakuu cervence cervenec "
    "jula julius iulie iul srpnja июль июля temmuz juuli julijs julija liepos liepa ιουλιου ιουλιος ιουλ липня "
    "липень юли srpanj julij يوليو יולי ביולי",
    "august aug aout agosto ago sierpnia sierpien sie augusti augustus elokuuta elokuu srpna srpen augusta "
    "augusztus kolovoza август августа agustos augusts rugpjucio rugpjutis αυγουστου αυγουστος αυγ серпня серпень "
    "avgust avgusta kolovoz أغسطس اغسطس אוגוסט באוגוסט",
    "september sep sept septembre septiembre settembre set setembro wrzesnia wrzesien wrz syyskuuta syyskuu zari "
    "septembra szeptember septembrie rujna сентябрь сентября eylul septembris septembri rugsejo rugsejis "
    "σεπτεμβριου σεπτεμβριος σεπ вересня вересень септември rujan سبتمبر ספטמבר בספטמבר",
    "october oct oktober okt octobre octubre ottobre ott outubro out pazdziernika pazdziernik paz lokakuuta "
    "lokakuu rijna rijen oktobra octombrie октябрь октября ekim oktoober oktobris oktobri spalio spalis οκτωβριου "
    "οκτωβριος οκτ жовтня жовтень октомври أكتوبر اكتوبر אוקטובר באוקטובר",
    "november nov novembre noviembre novembro listopada listopad lis marraskuuta marraskuu novembra noiembrie "
    "studenoga ноябрь ноября kasim novembris novembri lapkricio lapkritis νοεμβριου νοεμβριος νοε листопада "
    "листопад ноември studeni نوفمبر נובמבר listopadu",
    "december dec dezember dez decembre diciembre dic dicembre dezembro grudnia grudzien gru joulukuuta joulukuu "
    "prosince prosinec decembra decembrie prosinca декабрь декабря aralik detsember decembris decembri gruodzio "
    "gruodis δεκεμβριου δεκεμβριος δεκ грудня грудень декември prosinac ديسمبر דצמבר בדצמבר",
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
    rf"|(?P<y6>\d{{4}})\. ?gada (?P<d6>\d{{1,2}})\. ?(?P<month6>{_NAME})"
    rf"|(?P<y5>\d{{4}})(?:\.|,| ?m\.)? {{0,2}}(?P<month5>{_NAME})[ .]{{1,2}}(?P<d5>\d{{1,2}})"  # 2025. oktober 17.
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
    month_number = _MONTH_OF.get(of["month"] or of["name"] or of["month5"] or of["month6"] or "")
    if month_number is None:
        return None
    year, day = of["year"] or of["in"] or of["y5"] or of["y6"], of["day"] or of["nth"] or of["d5"] or of["d6"]
    return _day(year, month_number, int(day))


def _day(year: str, month: int, day: int) -> str | None:
    number = int(year) + (2000 if len(year) == 2 else 0)
    try:
        return date(number, month, day).isoformat() if FIRST_YEAR <= number <= LAST_YEAR else None
    except ValueError:
        return None
