"""Which standards another one always hides."""

from typing import Any

import pytest

from rules.hiding import hides, hiding
from rules.standard_codec import stored
from rules.standards import ImportStandard


def standard(name: str, **values: Any) -> ImportStandard:
    return stored({"name": name, **values}, standard_id=name)


@pytest.mark.parametrize(
    ("fact", "wide", "narrow"),
    [
        ("sender", "@b.example", "a@b.example"),
        ("sender", "@*.b.example", "a@x.b.example"),
        ("sender", "@*.b.example", "@x.b.example"),
        ("sender", "@*.b.example", "@*.x.b.example"),
        ("subject", "invoice", "your invoice"),
        ("subject", "*rechnung", "Rechnung"),
        ("body", "invoice*", "invoices"),
        ("attachment_name", "*.pdf", "Invoice-??-*.PDF"),
        ("attachment_type", "image/*", "image/png"),
        ("size", ">= 10", ">= 20, < 30"),
        ("subject_pattern", "a+b", "a+b"),
    ],
)
def test_a_wider_standard_hides_a_narrower_one(fact: str, wide: str, narrow: str) -> None:
    """Whatever fits the second fits the first; never the other way round, save where they are the same."""
    first, second = standard("a", any_of={fact: [wide]}), standard("b", any_of={fact: [narrow]})
    assert hides(first, second)
    assert hides(second, first) == (wide == narrow)


@pytest.mark.parametrize(
    ("fact", "one", "other"),
    [
        ("sender", "@b.example", "a@x.b.example"),
        ("sender", "@*.b.example", "a@b.example"),
        ("sender", "@*.b.example", "@b.example"),
        ("subject", "rechnung", "*rechnung"),
        ("attachment_name", "??.pdf", "*.pdf"),
        ("attachment_type", "image/*", "imagery/png"),
    ],
)
def test_what_is_not_wider_hides_nothing(fact: str, one: str, other: str) -> None:
    """A warning is given only where it is sure."""
    assert not hides(standard("a", any_of={fact: [one]}), standard("b", any_of={fact: [other]}))


def test_every_condition_counts() -> None:
    """More conditions make a standard narrower, more exclusions too, more values wider."""
    plain = standard("a", any_of={"sender": ["@b.example"]})
    assert hides(plain, standard("b", any_of={"sender": ["x@b.example"], "subject": ["invoice"]}))
    assert not hides(standard("b", any_of={"sender": ["@b.example"], "subject": ["invoice"]}), plain)
    assert not hides(plain, standard("b", any_of={"sender": ["x@b.example", "y@c.example"]}))
    excluding = standard("a", any_of={"sender": ["@b.example"]}, none_of={"subject": ["reminder"]})
    assert not hides(excluding, standard("b", any_of={"sender": ["x@b.example"]}))
    assert hides(excluding, standard("b", any_of={"sender": ["x@b.example"]}, none_of={"subject": ["*reminder*", "y"]}))


def test_the_last_word_about_a_sender_hides_his_others() -> None:
    """Where nothing is asked after "stop here", nothing that asks for the same sender is ever asked."""
    stopping = standard("a", any_of={"sender": ["@b.example"], "subject": ["invoice"]}, stop_here=True)
    assert hides(stopping, standard("b", any_of={"sender": ["x@b.example"], "body": ["y"]}))


def test_only_what_is_asked_earlier_hides() -> None:
    """The warning names the first standard that decides before."""
    first, second = standard("A", any_of={"sender": ["@b.example"]}), standard("b", any_of={"sender": ["@b.example"]})
    late = standard("0", any_of={"sender": ["@b.example"]}, priority=200)
    assert hiding(second, [late, second, first]) == first
    assert hiding(first, [late, second, first]) is None
