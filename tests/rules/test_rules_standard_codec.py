"""A standard as TOML, API and database write it: one form, every fault named at once."""

import json
import tomllib
from typing import Any

import pytest

from rules.conditions import condition
from rules.standard_codec import from_values, stored, to_values
from rules.standards import ImportStandard

WHOLE = """
name = "Tax  adviser"
keep = "both"
attachment_names = ["*.pdf"]
document_type = "invoice"
supplier = "Tax & Co"
priority = 7
stop_here = true
[any_of]
subject = ["invoice", "*rechnung"]
sender = ["MyTaxConsultant@NULLDOMAIN.de", "@straße.example"]
size = [">= 20 KB, < 5 MB"]
subject_pattern = ['\\binv-\\d{4}  \\d']
[none_of]
subject = "reminder"
attachment_type = ["IMAGE/*"]
"""


def faults_of(text: str) -> list[tuple[str, str]]:
    return [(fault.field, fault.code) for fault in from_values(tomllib.loads(text), standard_id="1")[1]]


def test_a_standard_is_read_from_toml() -> None:
    """Every key means what it says; conditions stand in the order in which they are asked, values as compared."""
    standard, faults = from_values(tomllib.loads(WHOLE), standard_id="1", origin="catalogue")
    assert faults == []
    assert standard == ImportStandard(
        "1",
        "Tax adviser",
        any_of=(
            condition("sender", "mytaxconsultant@nulldomain.de", "@xn--strae-oqa.example"),
            condition("subject", "invoice", "*rechnung"),
            condition("subject_pattern", "\\binv-\\d{4}  \\d"),
            condition("size", ">= 20 KB, < 5 MB"),
        ),
        none_of=(condition("subject", "reminder"), condition("attachment_type", "image/*")),
        keep="both",
        attachment_names=("*.pdf",),
        document_type="invoice",
        supplier="Tax & Co",
        priority=7,
        stop_here=True,
        origin="catalogue",
    )


def test_a_standard_comes_back_from_json() -> None:
    """What the database keeps is what was saved, and reading it again asks for no check."""
    standard, _ = from_values(tomllib.loads(WHOLE), standard_id="1")
    values = json.loads(json.dumps(to_values(standard)))
    assert from_values(values, standard_id="1") == (standard, [])
    assert stored(values, standard_id="1") == standard


def test_what_a_later_version_wrote_fits_nothing() -> None:
    """A condition that is not understood is not left out of a standard: it would fit more than it was meant to."""
    later = {"name": "N", "any_of": {"sender": ["a@b.example"], "colour": ["red"]}, "stop_here": True}
    assert stored(later, standard_id="1") == ImportStandard("1", "N")
    assert stored({"name": "N", "any_of": {"sender": ["a@b.example"]}, "unless": {}}, standard_id="1").any_of == ()


def test_the_four_fields_are_a_standard_as_any_other() -> None:
    """The simple face writes and reads the same form, and knows when it says all."""
    simple = ImportStandard.simple("1", "Tax", "A@B.example", "invoice", True)
    assert to_values(simple) == {
        "name": "Tax",
        "keep": "text",
        "any_of": {"sender": ["a@b.example"], "subject": ["invoice"]},
    }
    assert stored(to_values(simple), standard_id="1") == simple
    assert simple.is_simple
    assert not stored({**to_values(simple), "none_of": {"body": ["x"]}}, standard_id="1").is_simple


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("", ("standard", "keeps_every_attachment")),
        ('keep = "text"', ("standard", "keeps_every_text")),
        ('keep = "ignore"', ("standard", "ignores_everything")),
        ('none_of = {sender = ["a@b.example"]}', ("standard", "only_excludes")),
        ('any_of = {sender = ["*"]}', ("any_of.sender", "sender_is_no_address")),
        ('any_of = {sender = ["@*"]}', ("any_of.sender", "sender_is_no_address")),
        ('any_of = {sender = ["@*.de"]}', ("any_of.sender", "sender_is_no_address")),
        ('any_of = {subject = ["*"]}', ("any_of.subject", "value_says_nothing")),
        ('any_of = {body = ["x"], attachment_name = ["*?"]}', ("any_of.attachment_name", "value_says_nothing")),
        ('any_of = {size = [">= 0"]}', ("any_of.size", "value_says_nothing")),
        ('any_of = {size = ["> 9, < 3"]}', ("any_of.size", "value_is_no_size")),
        ('any_of = {size = ["many"]}', ("any_of.size", "value_is_no_size")),
        ('any_of = {subject_pattern = [".*"]}', ("any_of.subject_pattern", "value_says_nothing")),
        ('any_of = {subject_pattern = ["(?=x)"]}', ("any_of.subject_pattern", "pattern_is_not_taken")),
        ('any_of = {body_pattern = ["(x{900}){900}"]}', ("any_of.body_pattern", "pattern_is_not_taken")),
        ('any_of = {attachment_type = ["*/*"]}', ("any_of.attachment_type", "value_is_unknown")),
        ('any_of = {language = ["german"]}', ("any_of.language", "value_is_unknown")),
        ('any_of = {authentication = ["perhaps"]}', ("any_of.authentication", "value_is_unknown")),
        ("any_of = {subject = []}", ("any_of.subject", "value_is_missing")),
        ("any_of = {subject = 7}", ("any_of.subject", "is_no_list_of_texts")),
        ('any_of = {subjekt = ["x"]}', ("any_of", "key_is_unknown")),
        ('any_of = "x"', ("any_of", "is_no_table")),
        ('stop_here = true\nany_of = {subject = ["x"]}', ("stop_here", "stops_without_sender")),
        ('keep = "text"\nattachment_names = ["*.pdf"]\nany_of = {body = ["x"]}',
         ("attachment_names", "keeps_no_attachments")),
        ('keep = "all"\nany_of = {body = ["x"]}', ("keep", "keep_is_unknown")),
        ('priority = "first"\nany_of = {body = ["x"]}', ("priority", "is_no_number")),
        ('stop_here = "yes"\nany_of = {body = ["x"]}', ("stop_here", "is_no_truth")),
        ('suplier = "X"\nany_of = {body = ["x"]}', ("standard", "key_is_unknown")),
        ('supplier = "a\\u202eb"\nany_of = {body = ["x"]}', ("supplier", "stamp_cannot_be_shown")),
    ],
)  # fmt: skip
def test_what_cannot_be_a_standard_is_refused(table: str, fault: tuple[str, str]) -> None:
    """What is empty, fits everything, only excludes, or is not what its key asks for; and nothing else is blamed."""
    assert faults_of(f'name = "N"\n{table}') == [fault]


def test_every_fault_is_named_at_once() -> None:
    """One look tells all that has to be mended."""
    assert faults_of('keep = "no"\n[any_of]\nsender = ["nobody"]\nsize = ["big"]') == [
        ("keep", "keep_is_unknown"),
        ("name", "name_is_missing"),
        ("any_of.sender", "sender_is_no_address"),
        ("any_of.size", "value_is_no_size"),
    ]


@pytest.mark.parametrize("value", [None, 7, [1], {"a": 1}, "x" * 10_000])
def test_hostile_values_are_faults_not_failures(value: Any) -> None:
    """Whatever an API is given, reading it names faults."""
    for key in ("name", "keep", "attachment_names", "supplier", "priority", "stop_here", "any_of", "none_of"):
        standard, faults = from_values({"name": "N", "any_of": {"sender": [value]}, key: value}, standard_id="1")
        assert faults
        assert isinstance(standard, ImportStandard)
