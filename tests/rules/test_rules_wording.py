"""Law 25: every code has its words in every language."""

import ast
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.rendering.reasons import FINAL, WAITING
from rules.decision import TraceLine
from rules.facts import READERS, MailFacts, Unread
from rules.phrases import PHRASES, PHRASES_OF_RULES
from rules.telling import lines_of_unread
from rules.wording import Language, describe, words

ROOT = Path(__file__).parents[2]
# Where the code stands among the arguments of what carries one: in the rules, and in the other rooms.
CODE_AT = {"Reason": 0, "TraceLine": 1, "Fault": 1}
CODE_IN_ROOMS_AT = {"AttemptFailed": 0, "GivenUp": 0, "PutOff": 0, "TryAgain": 0, "NotRendered": 0, "Verdict": 1}
LANGUAGES: list[Language] = ["en", "de", "nl"]


def codes_in(source: Path) -> list[str]:
    """Every code that a file of rules/ gives to a Reason, a TraceLine or a Fault; a computed one fails here."""
    found = []
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CODE_AT and node.args:
            found += strings_of(node.args[CODE_AT[node.func.id]], source)
    return found


def strings_of(argument: ast.expr, source: Path) -> list[str]:
    if isinstance(argument, ast.IfExp):
        return strings_of(argument.body, source) + strings_of(argument.orelse, source)
    assert isinstance(argument, ast.Constant), (
        f"{source.name}:{argument.lineno}: write the code out, so that it can be found"
    )
    return [argument.value]


def codes_of_room(source: Path) -> list[str]:
    """Every code that another room writes out, as an argument or as the pair ("code", {parameters})."""
    found = []
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CODE_IN_ROOMS_AT:
            found += node.args[CODE_IN_ROOMS_AT[node.func.id] :][:1]
        if isinstance(node, ast.Tuple) and len(node.elts) == 2 and isinstance(node.elts[1], ast.Dict):
            found.append(node.elts[0])
    return [node.value for node in found if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def sources(*rooms: str) -> list[Path]:
    return [source for room in rooms for source in sorted((ROOT / room).rglob("*.py"))]


CODES = sorted({code for source in sources("rules") for code in codes_in(source)})
CODES_OF_ROOMS = sorted(
    {code for source in sources("receiver", "storage") for code in codes_of_room(source)}
    | WAITING.keys()
    | FINAL.keys()
)


def test_codes_are_found() -> None:
    """The search below finds the codes of reasons, trace lines and faults alike."""
    assert {"standard_fits", "recognition_held_back", "keeps_every_text", "sender_differs"} <= set(CODES)


@pytest.mark.parametrize("code", CODES + CODES_OF_ROOMS)
def test_every_code_has_words(code: str) -> None:
    """A code without words cannot be merged, in whatever room it is given."""
    assert code in PHRASES


def test_no_words_without_a_code() -> None:
    """What the rules no longer say is not kept in three languages."""
    assert PHRASES_OF_RULES.keys() == set(CODES)


@pytest.mark.parametrize("reader", READERS)
def test_whatever_was_left_unread_has_a_line(reader: str) -> None:
    """Each reader of files has words for what it did not read."""
    (line,) = lines_of_unread(MailFacts(unread=(Unread("2", reader),)))
    assert (line.code in PHRASES, line.params) == (True, {"filename": "2"})


@pytest.mark.parametrize("code", sorted(PHRASES))
def test_three_languages_say_the_same(code: str) -> None:
    """Each phrase exists in three languages, and each of them uses the same parameters."""
    parameters = [{name for _, name, _, _ in string.Formatter().parse(phrase) if name} for phrase in PHRASES[code]]
    assert len(parameters) == 3
    assert all(PHRASES[code])
    assert parameters[0] == parameters[1] == parameters[2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_reader_s_language(language: Language) -> None:
    """The same reason in the reader's language, with the tenant's own words in it."""
    said = words("word_missing_of_sender", {"standard": "Steuerberater", "word": "Rechnung"}, language)
    assert said.startswith({"en": "not imported", "de": "nicht importiert", "nl": "niet geïmporteerd"}[language])
    assert '"Steuerberater"' in said
    assert '"Rechnung"' in said


def test_unknown_code_shows_itself() -> None:
    """A code of another version is shown as it stands, with its parameters."""
    assert words("from_the_future", {"b": 2, "a": "x"}) == "from_the_future a=x b=2"
    assert words("standard_fits", {}) == 'imported: it fits "?"'


@given(st.text(max_size=300), st.sampled_from(LANGUAGES))
def test_words_are_one_printable_line(text: str, language: Language) -> None:
    """Whatever a parameter holds, braces included, the words are one line that can be shown."""
    said = describe(TraceLine(text, "sender_fits", {"sender": text}), language)
    assert said.isprintable()
    assert len(said) < 400
