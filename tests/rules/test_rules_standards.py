"""What makes an import standard, and what does not."""

import pytest

from rules.standard_checks import check_fields
from rules.standards import name_key, tidy


def codes(*fields: str | None, text: bool = False) -> list[tuple[str, str]]:
    name, sender, word = fields
    return [(fault.field, fault.code) for fault in check_fields(name or "", sender, word, text)]


@pytest.mark.parametrize(
    ("sender", "word"),
    [
        ("a@b.example", None),
        ("@b.example", ""),
        ("@*.b.example", None),
        (None, "Rechnung"),
        (" ", "*rechnung"),
        ("a@b.example", "x"),
    ],
)
def test_sender_or_word_is_enough(sender: str | None, word: str | None) -> None:
    """The customer's fields: a sender, a subject word, or both."""
    assert codes("Tax adviser", sender, word) == []


def test_empty_standard_is_refused() -> None:
    """A standard without sender and word would fit everything; the fault says what it would keep."""
    assert codes("All", None, " ") == [("standard", "keeps_every_attachment")]
    assert codes("All", None, None, text=True) == [("standard", "keeps_every_text")]


def test_all_faults_at_once() -> None:
    """Every field that cannot be taken is named in one go."""
    assert codes(" ", "nobody", "***") == [
        ("name", "name_is_missing"),
        ("sender", "sender_is_no_address"),
        ("subject_word", "subject_word_says_nothing"),
    ]


def test_limits_of_texts() -> None:
    """Names and words have a length, and a name can be shown."""
    assert codes("n" * 101, "a@b.example", "w" * 201) == [
        ("name", "name_is_too_long"),
        ("subject_word", "subject_word_is_too_long"),
    ]
    assert codes("a\u202eb", "a@b.example", None) == [("name", "name_is_not_printable")]


def test_names_are_the_same_without_case_and_blanks() -> None:
    """A name that differs in case, blanks or the width of letters is in use."""
    assert name_key("Tax  Adviser ") == name_key("tax adviser") == name_key("\uff34ax adviser")
    assert name_key("Tax adviser") != name_key("Tax advisers")


def test_tidy_collapses_blanks() -> None:
    """Fields are stored without superfluous blanks; nothing is None."""
    assert (tidy("  a \n b "), tidy(" "), tidy(None)) == ("a b", None, None)
