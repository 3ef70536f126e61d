"""Words for codes, at the edge, in the reader's language (law 25).

Parameters may come from a hostile mail or from an older database: they are shortened and made printable, a missing
one shows as "?", an unknown code shows itself. Never raises.
"""

from typing import Literal

from rules.decision import Parameters, TraceLine, told
from rules.phrases import PHRASES
from rules.phrases_of_accounts import WHY_WORDS
from rules.phrases_of_verdicts import FACT_WORDS

Language = Literal["en", "de", "nl"]

_POSITION = {"en": 0, "de": 1, "nl": 2}
_RECOGNITION = ("recognition", "Erkennung", "herkenning")
# Parameters that are codes themselves.
_IN_WORDS_OF_THEIR_OWN = {"fact": FACT_WORDS, "why": WHY_WORDS}
_BY_PEOPLE = frozenset({"taken_by_hand"})  # steps that neither a standard nor recognition made


class _Shown(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "?"


def words(code: str, params: Parameters, language: Language = "en") -> str:
    """What `code` with `params` says."""
    phrases = PHRASES.get(code)
    shown = _Shown({name: told(str(value)) for name, value in params.items()})
    if phrases is None:
        return " ".join([code, *(f"{name}={value}" for name, value in sorted(shown.items()))])
    for name, known in _IN_WORDS_OF_THEIR_OWN.items():
        if name in shown and shown[name] in known:
            shown[name] = known[shown[name]][_POSITION[language]]
    return phrases[_POSITION[language]].format_map(shown)


def describe(line: TraceLine, language: Language = "en") -> str:
    """A line of a trace: who was asked, and what it answered."""
    if line.code in _BY_PEOPLE:
        return words(line.code, line.params, language)
    asked = told(line.standard) if line.standard is not None else _RECOGNITION[_POSITION[language]]
    return f"{asked}: {words(line.code, line.params, language)}"
