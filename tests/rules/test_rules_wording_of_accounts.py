"""Every way in which a linked account can fail is told in words that say what to do."""

import pytest

from receiver.imap.failures import HEALTH
from rules.phrases import PHRASES
from rules.phrases_of_accounts import WHY_WORDS
from rules.wording import Language, words


@pytest.mark.parametrize("code", sorted(HEALTH))
def test_every_failure_of_an_account_has_words(code: str) -> None:
    """Law 25: whatever ends a session is told in the reader's language."""
    assert code in PHRASES


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
