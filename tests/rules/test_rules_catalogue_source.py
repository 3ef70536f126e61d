"""Suppliers' files: what is written is what is read, and every fault is told at once."""

from collections.abc import Callable

import pytest

from rules.catalogue_checks import check_catalogue
from rules.catalogue_source import Supplier, read_supplier

GOOD = """
name = "Example Telecom"
web_domain = "example.com"
evidence = ["billing@example.com: seen in a mail"]

[[standard]]
key = "invoices"
name = "Example Telecom: invoices"
document_type = "invoice"
[standard.any_of]
sender = ["Billing@Example.com"]
attachment_type = ["application/pdf"]
[[standard.fits]]
from = "billing@example.com"
subject = "Your invoice"
attachments = ["invoice.pdf"]
[[standard.does_not_fit]]
from = "billing@example.com"
subject = "New tariffs"
"""


def read(text: str, key: str = "example") -> Supplier:
    """A supplier whose file has no fault of its own."""
    supplier, faults = read_supplier(key, text)
    assert faults == []
    return supplier


def test_a_file_is_a_supplier_with_standards_and_their_mails() -> None:
    """Ids are the file's name and the standard's key; the supplier's name is stamped where the file says no other."""
    supplier = read(GOOD)

    (source,) = supplier.standards
    assert (source.standard.id, source.standard.supplier) == ("example/invoices", "Example Telecom")
    assert source.standard.origin == "catalogue"
    assert source.standard.sender == "billing@example.com"
    assert [mail.subject for mail in (*source.fits, *source.does_not_fit)] == ["Your invoice", "New tariffs"]
    assert check_catalogue([supplier]) == []


def test_every_fault_is_told_at_once_with_its_place() -> None:
    """Keys that do not exist, values that cannot be taken, what is missing: all in one go, each with its key."""
    text = GOOD.replace('name = "Example Telecom"\n', "", 1).replace("evidence", "evidense")
    text = text.replace("Billing@Example.com", "nobody").replace('["application/pdf"]', '["pdf"]')
    text = text.replace('from = "billing@example.com"', 'form = "x"')

    _, faults = read_supplier("example", text)

    said = "\n".join(map(str, faults))
    for each in (
        "example.toml: there is no key 'evidense'; did you mean 'evidence'?",
        "example.toml: name: the supplier's name is missing",
        "example.toml: evidence: expected a list",
        "standard invoices.any_of.sender: ",
        "standard invoices.any_of.attachment_type: ",
        "standard invoices.fits 1: there is no key 'form'",
        "standard invoices.fits 1: from: an address is missing",
        "standard invoices.does_not_fit 1: ",
    ):
        assert each in said


def test_broken_toml_names_the_line() -> None:
    """What the parser found, with its line."""
    _, (fault,) = read_supplier("example", 'name = "A"\nevidence = [\n')

    assert str(fault).startswith("example.toml: not valid TOML: ")
    assert "line" in str(fault) or "end of document" in str(fault)


def test_a_file_that_is_nested_deeply_is_a_fault() -> None:
    """Whoever writes it ends no build in a traceback."""
    _, (fault,) = read_supplier("example", "a = " + "[" * 20_000)
    assert str(fault).startswith("example.toml: is nested too deeply")


def without_mails(text: str) -> str:
    return text[: text.index("[[standard.fits]]")]


def with_everything_of_a_domain(text: str) -> str:
    return text.replace("Billing@Example.com", "@example.com").replace('attachment_type = ["application/pdf"]\n', "")


def without_sender(text: str) -> str:
    return text.replace('sender = ["Billing@Example.com"]', 'subject = ["invoice"]')


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without_mails, "expected at least one table [[standard.fits]]"),
        (with_everything_of_a_domain, "every mail of a whole domain"),
        (without_sender, "must name a sender"),
        (lambda text: text.replace('key = "invoices"', 'key = "In voices"'), "expected 1 to 11"),
        (
            lambda text: text.replace("New tariffs", "x") + 'attachments = ["a.pdf"]\n',
            "does_not_fit 1: the standard fits",
        ),
        (lambda text: text.replace('attachments = ["invoice.pdf"]', ""), "fits 1: no standard fits it"),
        (lambda text: text.replace("any_of]\n", 'any_of]\nsubject_pattern = ["(?=x)y"]\n'), "subject_pattern: "),
    ],
)
def test_what_proves_nothing_or_takes_too_much_is_refused(change: Callable[[str], str], said: str) -> None:
    """No mails, a whole domain, no sender, mails that say otherwise, patterns that RE2 does not take."""
    supplier, faults = read_supplier("example", change(GOOD))

    assert said in "\n".join(map(str, faults or check_catalogue([supplier])))


def test_no_standard_may_fit_another_suppliers_mail() -> None:
    """Whatever its place in the order: the wider one is named, with the mail that it would take."""
    wide = GOOD.replace("Billing@Example.com", "@example.com").replace("Example Telecom", "Wide")
    wide = wide.replace("billing@example.com", "other@example.com")

    faults = check_catalogue([read(GOOD), read(wide, "wide")])

    assert [str(each) for each in faults] == [
        "wide.toml: standard invoices: it fits mail 1 (fits) of example.toml, standard invoices"
    ]


def test_names_are_used_once_in_the_whole_catalogue() -> None:
    """Tenants switch standards off by name: two of one name could not be told apart."""
    other = GOOD.replace("example.com", "example.org").replace("Example.com", "Example.org")

    (fault,) = check_catalogue([read(GOOD), read(other, "other")])

    assert (
        str(fault)
        == "other.toml: standard invoices.name: 'Example Telecom: invoices' is the name of one in example.toml too"
    )
