"""Import standards by command: the customer's four fields."""

from collections.abc import Callable
from typing import Any

import pytest

SENDER = "mytaxconsultant@nulldomain.de"


def listed(postbus: Any, tenant: str) -> list[dict[str, Any]]:
    return postbus("standard", "list", "--tenant", tenant, "--json").rows


def test_the_four_fields_are_kept_and_listed(postbus: Any, acme: str) -> None:
    """`standard list --json` has name, sender, subject_word and email_text_is_invoice."""
    added = postbus(
        *("standard", "add", "--tenant", acme, "--name", "Tax", "--sender", SENDER),
        *("--subject-word", "Rechnung", "--email-text-is-invoice"),
    )

    (standard,) = listed(postbus, acme)
    assert added.status == 0
    assert (standard["name"], standard["sender"]) == ("Tax", SENDER)
    assert (standard["subject_word"], standard["email_text_is_invoice"]) == ("Rechnung", True)


def test_a_priority_out_of_range_is_refused(postbus: Any, acme: str, fails_with: Callable[..., None]) -> None:
    """What is said is about the priority, not about what could not be read beside it."""
    standard = ("standard", "add", "--tenant", acme, "--name", "Tax", "--sender", SENDER)
    fails_with(postbus(*standard, "--priority", "99999999999999999999"), "priority", "1000000")
    assert postbus(*standard, "--priority", "-1000000").status == 0
    fails_with(
        postbus("standard", "set", "--tenant", acme, "--name", "Tax", "--priority", "2147483648"), "priority", "1000000"
    )
    assert [each["priority"] for each in listed(postbus, acme)] == [-1_000_000]


@pytest.mark.parametrize("given", [[], ["--email-text-is-invoice"], ["--sender", " "], ["--subject-word", ""]])
def test_an_empty_standard_is_refused(
    postbus: Any, acme: str, given: list[str], fails_with: Callable[..., None]
) -> None:
    """It would fit everything; the error says what to give."""
    refused = postbus("standard", "add", "--tenant", acme, "--name", "All", *given)

    fails_with(refused, "it would fit everything", "--sender", "--subject-word")
    assert listed(postbus, acme) == []


def test_a_name_in_use_names_its_holder(postbus: Any, acme: str, fails_with: Callable[..., None]) -> None:
    """Within a tenant a name is used once, case does not count; another tenant may use it."""
    add = ("standard", "add", "--sender", SENDER, "--tenant")
    postbus(*add, acme, "--name", "Tax")

    fails_with(postbus(*add, acme, "--name", "TAX"), "'Acme'", "'Tax'")
    postbus("tenant", "add", "Other")
    assert postbus(*add, "Other", "--name", "Tax").status == 0


@pytest.mark.parametrize(
    "given",
    [["--sender", "not an address"], ["--sender", "a@b@c"], ["--subject-word", "***"], ["--sender", "a@\x1b[31m"]],
)
def test_what_is_no_sender_or_word_is_refused(
    postbus: Any, acme: str, given: list[str], fails_with: Callable[..., None]
) -> None:
    """The error names what was given; nothing of it steers the terminal."""
    refused = postbus("standard", "add", "--tenant", acme, "--name", "N", *given)

    fails_with(refused, given[1].partition("\x1b")[0])
    assert "\x1b" not in refused.err


def test_set_changes_what_is_given_and_clears_what_is_empty(postbus: Any, acme: str) -> None:
    """Fields that are not named stay; '' takes one away."""
    postbus(*("standard", "add", "--tenant", acme, "--name", "Tax", "--sender", SENDER), "--subject-word", "Rechnung")

    assert postbus("standard", "set", "--tenant", acme, "--name", "tax", "--sender", "").status == 0

    (standard,) = listed(postbus, acme)
    assert (standard["sender"], standard["subject_word"]) == (None, "Rechnung")

    assert postbus("standard", "set", "--tenant", acme, "--name", "Tax", "--email-text-is-invoice").status == 0
    assert postbus("standard", "set", "--tenant", acme, "--name", "Tax", "--sender", "@nulldomain.de").status == 0
    (standard,) = listed(postbus, acme)
    assert standard["email_text_is_invoice"] is True
    assert standard["sender"] == "@nulldomain.de"

    assert postbus("standard", "set", "--tenant", acme, "--name", "Tax", "--attachments-are-invoices").status == 0
    assert listed(postbus, acme)[0]["email_text_is_invoice"] is False


def test_set_cannot_empty_a_standard(postbus: Any, acme: str, fails_with: Callable[..., None]) -> None:
    """The last condition cannot be taken away; the standard stays as it was."""
    postbus("standard", "add", "--tenant", acme, "--name", "Tax", "--sender", SENDER)

    fails_with(postbus("standard", "set", "--tenant", acme, "--name", "Tax", "--sender", ""), "fit everything")
    fails_with(postbus("standard", "set", "--tenant", acme, "--name", "Tax"), "nothing to change")
    assert listed(postbus, acme)[0]["sender"] == SENDER


def test_renaming_and_removing(postbus: Any, acme: str, fails_with: Callable[..., None]) -> None:
    """A standard is found by its name without case; an unknown one names the nearest."""
    postbus("standard", "add", "--tenant", acme, "--name", "Tax", "--sender", SENDER)

    assert postbus("standard", "rename", "--tenant", acme, "--name", "TAX", "--to", "Taxes").status == 0
    fails_with(postbus("standard", "remove", "--tenant", acme, "--name", "Tax"), "did you mean 'Taxes'?")
    assert postbus("standard", "remove", "--tenant", acme, "--name", "taxes").status == 0
    assert listed(postbus, acme) == []


def test_names_may_be_arguments(postbus: Any, acme: str) -> None:
    """`rename OLD NEW` and `remove NAME` work as the options do."""
    postbus("standard", "add", "--tenant", acme, "--name", "Tax", "--sender", SENDER)

    assert postbus("standard", "rename", "--tenant", acme, "Tax", "B", "--json").row["name"] == "B"
    assert postbus("standard", "rename", "--tenant", acme, "--name", "B", "C", "--json").row["name"] == "C"
    assert postbus("standard", "rename", "--tenant", acme, "C").status == 2
    assert postbus("standard", "remove", "--tenant", acme, "c").status == 0
    assert listed(postbus, acme) == []


def test_the_text_is_switched_off_by_either_name(postbus: Any, acme: str) -> None:
    """`--no-email-text-is-invoice` is what a program expects beside `--email-text-is-invoice`."""
    postbus("standard", "add", "--tenant", acme, "--name", "T", "--sender", SENDER, "--email-text-is-invoice")

    changed = postbus("standard", "set", "--tenant", acme, "--name", "T", "--no-email-text-is-invoice", "--json")

    assert changed.row["email_text_is_invoice"] is False


def test_standards_are_listed_in_the_order_in_which_they_are_asked(postbus: Any, acme: str) -> None:
    """Law 19: by priority, then by name."""
    for name, priority in (("b", "100"), ("a", "100"), ("z", "1")):
        postbus("standard", "add", "--tenant", acme, "--name", name, "--sender", SENDER, "--priority", priority)

    assert [standard["name"] for standard in listed(postbus, acme)] == ["z", "a", "b"]
