"""Import standards by command: the whole language, as options and as a file, and every fault at once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rules.standard_checks import MOST_PATTERNS

SENDER = "mytaxconsultant@nulldomain.de"
TOML = """
name = "Tax adviser"
keep = "both"
attachment_names = ["*.pdf"]
document_type = "invoice"
supplier = "Tax Ltd"
priority = 7
stop_here = true
[any_of]
sender = ["mytaxconsultant@nulldomain.de", "@other.example"]
body = ["Honorar"]
[none_of]
subject = ["Mahnung"]
"""


def add(postbus: Any, *options: str) -> Any:
    return postbus("standard", "add", "--tenant", "Acme", *options)


def shown(postbus: Any, name: str) -> dict[str, Any]:
    row: dict[str, Any] = postbus("standard", "show", "--tenant", "Acme", name, "--json").row
    return row


def test_every_field_has_an_option(postbus: Any, acme: str) -> None:
    """Conditions of which one value suffices, what must not hold, what is kept and stamped, and the order."""
    given = add(
        *(postbus, "Tax", "--sender", SENDER, "--any", "sender=@other.example", "--any", "body=Honorar"),
        *("--none", "subject=Mahnung", "--none", "size=> 5 MB", "--keep", "both", "--attachment-name", "*.pdf"),
        *("--document-type", "invoice", "--supplier", "Tax Ltd", "--priority", "7", "--stop-here", "--json"),
    )

    assert given.row == shown(postbus, "tax")
    assert given.row["any_of"] == {"sender": [SENDER, "@other.example"], "body": ["Honorar"]}
    assert given.row["none_of"] == {"subject": ["Mahnung"], "size": ["> 5 MB"]}
    assert (given.row["keep"], given.row["attachment_names"]) == ("both", ["*.pdf"])
    assert (given.row["document_type"], given.row["supplier"]) == ("invoice", "Tax Ltd")
    assert (given.row["priority"], given.row["stop_here"], given.row["hidden_by"]) == (7, True, None)
    words = postbus("standard", "show", "--tenant", acme, "Tax").out
    assert f"{SENDER} or @other.example" in words
    assert "text and attachments *.pdf" in words


def test_a_file_says_the_same(postbus: Any, acme: str, tmp_path: Path) -> None:
    """The name may stand in it; options outweigh it."""
    file = tmp_path / "tax.toml"
    file.write_text(TOML)

    assert add(postbus, "--file", str(file)).status == 0
    assert (
        add(postbus, "Other", "--file", str(file), "--any", "body=", "--keep", "ignore", "--attachment-name", "").status
        == 0
    )
    whole, changed = shown(postbus, "Tax adviser"), shown(postbus, "Other")
    assert whole["any_of"] == {"sender": [SENDER, "@other.example"], "body": ["Honorar"]}
    assert (whole["none_of"], whole["priority"], whole["stop_here"]) == ({"subject": ["Mahnung"]}, 7, True)
    assert (changed["any_of"], changed["keep"]) == ({"sender": [SENDER, "@other.example"]}, "ignore")

    assert (
        postbus("standard", "set", "-t", acme, "Other", "--file", str(file), "--any", "body=x").status == 1
    )  # its name
    file.write_text('[any_of]\nbody = ["Rechnung"]\n')
    assert postbus("standard", "set", "-t", acme, "Other", "--file", str(file)).status == 0
    assert (shown(postbus, "Other")["any_of"], shown(postbus, "Other")["keep"]) == (
        {"body": ["Rechnung"]},
        "attachments",
    )


@pytest.mark.parametrize("text", ["name = ", "\udcff", "x" * 300_000, "a = " + "[" * 20_000])
def test_a_file_that_cannot_be_taken_is_named(
    postbus: Any, acme: str, tmp_path: Path, text: str, fails_with: Callable[..., None]
) -> None:
    """No TOML, no text, too large, too deep."""
    file = tmp_path / "bad.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))

    fails_with(add(postbus, "X", "--file", str(file)), "bad.toml: ")
    fails_with(add(postbus, "X", "--file", str(tmp_path / "missing.toml")), "missing.toml: No such file")


def test_a_file_without_end_is_refused(postbus: Any, acme: str, fails_with: Callable[..., None]) -> None:
    """A device or pipe has no size to look at: no more is read than a standard may have."""
    fails_with(add(postbus, "X", "--file", "/dev/zero"), "/dev/zero: a standard is smaller than")


def test_every_fault_is_named_at_once(postbus: Any, acme: str, fails_with: Callable[..., None]) -> None:
    """Each with its field; a name that is in use with its holder, beside the rest."""
    add(postbus, "Tax", "--sender", SENDER)

    refused = add(
        *(
            postbus,
            "TAX",
            "--any",
            "sender=nobody",
            "--any",
            "subject_pattern=(",
            "--any",
            "sende=x",
            "--none",
            "body=*",
        ),
        *("--attachment-name", "*.pdf", "--keep", "text"),
    )

    fails_with(refused, "any_of.sender", "any_of.subject_pattern", 'nearest is "sender"', "none_of.body", "'Tax'")
    assert len(refused.err.splitlines()) == 1


def test_only_excluding_and_wrong_forms_are_refused(postbus: Any, acme: str, fails_with: Callable[..., None]) -> None:
    """What has only none-of conditions; a condition without its value; two ways to say what is kept."""
    fails_with(add(postbus, "X", "--none", "subject=Mahnung"), "only")
    fails_with(add(postbus, "X", "--any", "subject"), "expected FACT=VALUE")
    fails_with(add(postbus, "X", "--sender", SENDER, "--any", "body="), "any_of.body")
    assert add(postbus, "X", "--sender", SENDER, "--keep", "text", "--text").status == 2
    assert postbus("standard", "list", "-t", acme, "--json").rows == []


def test_set_names_all_values_of_a_fact_anew(postbus: Any, acme: str) -> None:
    """Other facts stay; an empty value takes a condition, a name or a stamp away."""
    add(postbus, "Tax", "--sender", SENDER, "--any", "body=a1", "--none", "body=b1", "--supplier", "S", "--stop-here")

    changed = postbus(
        *("standard", "set", "-t", acme, "Tax", "--any", "body=c1", "--any", "body=d1", "--none", "body="),
        *("--supplier", "", "--no-stop-here", "--json"),
    )

    assert changed.row["any_of"] == {"sender": [SENDER], "body": ["c1", "d1"]}
    assert (changed.row["none_of"], changed.row["supplier"], changed.row["stop_here"]) == ({}, None, False)


def test_a_tenant_has_so_many_patterns_and_no_more(postbus: Any, acme: str, fails_with: Callable[..., None]) -> None:
    """All standards together; what has no pattern is still taken, and one may be changed for another."""
    patterns = [each for number in range(MOST_PATTERNS) for each in ("--any", f"body_pattern=invoice {number}")]
    assert add(postbus, "Full", *patterns).status == 0

    fails_with(add(postbus, "More", "--any", "subject_pattern=x[0-9]"), f"{MOST_PATTERNS} are the most")
    fails_with(postbus("standard", "set", "-t", acme, "Full", "--none", "body_pattern=no"), "are the most")
    assert add(postbus, "Words", "--subject-word", "invoice").status == 0
    assert postbus("standard", "set", "-t", acme, "Full", "--any", "body_pattern=one").status == 0
    assert add(postbus, "More", "--any", "subject_pattern=x[0-9]").status == 0


def test_a_hidden_standard_is_told_everywhere(postbus: Any, acme: str) -> None:
    """In the record too, and before it is saved."""
    add(postbus, "A", "--sender", "@supplier.example")

    tried = add(postbus, "B", "--sender", "x@supplier.example", "--dry-run")
    saved = add(postbus, "B", "--sender", "x@supplier.example", "--json")

    assert "'A' is asked first" in tried.err
    assert saved.row["hidden_by"] == "A"
    assert [row["hidden_by"] for row in postbus("standard", "list", "-t", acme, "--json").rows] == [None, "A"]
