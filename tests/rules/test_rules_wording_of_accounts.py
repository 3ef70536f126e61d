"""Every way in which a linked account can fail is told in words that say what to do."""

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from receiver.imap import classifying, ending
from receiver.imap.failures import HEALTH
from rules.phrases import PHRASES
from rules.phrases_of_accounts import WHY_WORDS
from rules.wording import Language, words
from storage import accounts

ROOT = Path(__file__).parents[2]
# What is raised with the code alone: what a server's refusal means.
CLASSIFIED = {
    *classifying._AT_LOGIN.values(),
    *classifying._ANYWHERE.values(),
    *(code for _, code in (*classifying._WORDS_AT_LOGIN, *classifying._WORDS_ANYWHERE)),
}


TOLD_BESIDES = (
    accounts.NEVER_PULLED,
    accounts.CHANGED,
    accounts.NO_PASSWORD,
    accounts.NO_CONSENT,
    accounts.BY_HAND,
    ending.BROKE,
    ending.NO_ROOM,
)


def raised() -> Iterator[tuple[str, str, set[str]]]:
    """(place, code, names of parameters) of every failure in our source whose code stands there."""
    for path in sorted((ROOT / "receiver").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "ImapFailure" and node.args:
                code, given = node.args[0], {each.arg for each in node.keywords if each.arg}
                for each in ast.walk(code):
                    if isinstance(each, ast.Constant) and each.value in HEALTH:
                        yield f"{path.name}:{node.lineno}", str(each.value), given
                is_literal = isinstance(code, ast.Constant)
                assert not is_literal or code.value in HEALTH, f"{path.name}:{node.lineno}: an unknown code"


def wanted_by(phrase: str) -> set[str]:
    """The parameters that a phrase shows."""
    return {name for _, name, _, _ in string.Formatter().parse(phrase) if name}


@pytest.mark.parametrize("code", sorted(HEALTH))
def test_every_failure_of_an_account_has_words(code: str) -> None:
    """Law 25: whatever ends a session is told in the reader's language."""
    assert all(PHRASES[code])
    assert len({frozenset(wanted_by(phrase)) for phrase in PHRASES[code]}) == 1


@pytest.mark.parametrize("code", sorted(CLASSIFIED))
def test_what_a_server_refuses_needs_no_more_than_its_code(code: str) -> None:
    """Its own words are never shown, so the phrase has nothing to fill in."""
    assert HEALTH[code]
    assert wanted_by(PHRASES[code][0]) == set()


def test_every_failure_brings_what_its_words_show() -> None:
    """Nobody reads "there is no server ?"."""
    found = list(raised())

    assert len(found) > 40
    assert [(place, code) for place, code, given in found if not wanted_by(PHRASES[code][0]) <= given] == []


@pytest.mark.parametrize("code", TOLD_BESIDES)
def test_what_is_told_without_a_failure_has_words(code: str) -> None:
    """Linked, changed, waiting, paused, or our own fault."""
    assert all(PHRASES[code])


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "it has expired"), ("de", "es ist abgelaufen"), ("nl", "het is verlopen")],
)
def test_what_is_wrong_with_a_certificate_is_told_in_the_same_language(language: Language, said: str) -> None:
    """The parameter is a code itself, and nobody reads codes."""
    assert f"({said})" in words("certificate_wrong", {"why": "expired"}, language)
    assert all(all(each) for each in WHY_WORDS.values())


def test_an_unknown_reason_of_a_certificate_shows_itself() -> None:
    """One of another version is shown as it stands."""
    assert "(from_the_future)" in words("certificate_wrong", {"why": "from_the_future"})
