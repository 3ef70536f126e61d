"""Law 23: how words match a subject."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.words import WordPattern, fold, plain


def fits(pattern: str, text: str) -> bool:
    return WordPattern.compile(pattern).fits(text)


@pytest.mark.parametrize(
    ("pattern", "subject"),
    [
        ("Rechnung", "Ihre Rechnung"),
        ("Rechnung", "RECHNUNG: 4711"),
        ("Rechnung", "(Rechnung)"),
        ("rechnung", "Rechnung_2026-11.pdf"),
        ("facture", "Votre Fácture n° 1"),
        ("Beleg für März", "beleg fur marz"),
        ("Strasse", "Straße"),
        ("Łódź", "lodz"),
        ("*rechnung", "Monatsrechnung November"),
        ("rechnung*", "Rechnungsnummer 7"),
        ("*rechnung*", "Monatsrechnungsnummer"),
        ("your invoice", "Here is  your\r\n invoice"),
        ("in\u00advoice", "invoice"),
        ("invoice", "in\u00advoice \u200bready"),
        ("C++", "learning C++ today"),
        ("Nr. 5", "Rechnung Nr. 5"),
        ("O'Neill", "from O\u2019Neill"),
        ("請求書", "11月分請求書のお知らせ"),
        ("ใบแจ้งหนี้", "ส่งใบแจ้งหนี้ให้คุณ"),
        ("ガス", "カ\u3099ス料金"),
    ],
)
def test_word_stands_in_subject(pattern: str, subject: str) -> None:
    """Law 23: without case and accents, at word borders, inside where a script writes no spaces, open at a star."""
    assert fits(pattern, subject)


@pytest.mark.parametrize(
    ("pattern", "subject"),
    [
        ("Rechnung", "Monatsrechnung"),
        ("Rechnung", "Rechnungen"),
        ("*rechnung", "Monatsrechnungen"),
        ("rechnung*", "Monatsrechnung"),
        ("Nr. 5", "Rechnung Nr. 55"),
        ("your invoice", "your new invoice"),
        ("カス", "ガス料金"),
        ("invoice", ""),
    ],
)
def test_word_does_not_stand_in_subject(pattern: str, subject: str) -> None:
    """Law 23: a part of a longer word is not the word."""
    assert not fits(pattern, subject)


@pytest.mark.parametrize("pattern", ["*", "**", "-", " . ", "\u200b"])
def test_pattern_without_letters_says_nothing(pattern: str) -> None:
    """A pattern that would fit every subject says so, and is refused when a standard is saved."""
    assert WordPattern.compile(pattern).says_nothing


@given(st.text(alphabet=st.characters(categories=["Lu", "Ll", "Nd"]), min_size=1, max_size=20))
def test_case_and_composition_do_not_matter(word: str) -> None:
    """Law 23: a word fits itself in capitals, in small letters, composed and decomposed."""
    for written in (word, word.upper(), word.lower(), unicodedata.normalize("NFD", word)):
        assert fits(word, f"x {written} y") or plain(written) != plain(word)
    assert fits(word, f"x {word} y")


@given(
    st.lists(st.text(alphabet="aäbAB.-*", min_size=1, max_size=4), min_size=1, max_size=6),
    st.text(alphabet="aäb", min_size=1, max_size=3),
)
def test_agrees_with_the_obvious_definition(words: list[str], pattern: str) -> None:
    """The one search over marked borders finds what looking at each place for itself finds."""
    subject = plain(" ".join(words))
    word = plain(pattern)
    places = [at for at in range(len(subject)) if subject.startswith(word, at)]
    alone = any(
        not (subject[at - 1 : at] if at else "").isalnum()
        and not subject[at + len(word) : at + len(word) + 1].isalnum()
        for at in places
    )
    assert fits(pattern, subject) == alone
    assert fits(f"*{pattern}*", subject) == bool(places)


@pytest.mark.parametrize(
    "hostile",
    [
        "a" * 1_000_000,
        "a " * 500_000,
        "\u0315\u0300" * 500_000,
        "\u3099\u094d" * 500_000,
        "\u00e9" * 1_000_000,
        "請" * 1_000_000,
        "\x00" * 1_000_000,
    ],
)
def test_hostile_subject_is_answered(hostile: str) -> None:
    """A subject of a megabyte is folded in linear time: sorted marks, long runs and repeated beginnings included."""
    subject = fold(hostile)
    assert len(subject.marked) <= 3 * len(hostile)
    assert not WordPattern.compile("a" * 150 + "b").fits(subject)
