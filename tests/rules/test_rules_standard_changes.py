"""What changed between two lists of standards: pairs of before and after."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as some

from rules.conditions import condition
from rules.standard_changes import changed_standards
from rules.standards import ImportStandard

lists = some.dictionaries(some.sampled_from("abcdef"), some.sampled_from(["one@s.example", "two@s.example"]))


def standards(given: dict[str, str]) -> list[ImportStandard]:
    return [ImportStandard(key, key, (condition("sender", sender),)) for key, sender in given.items()]


def test_what_came_went_and_changed_is_told_apart() -> None:
    """By id: a standard with another name is the same one."""
    old = standards({"a": "one@s.example", "b": "one@s.example", "c": "one@s.example"})
    renamed = replace(old[1], name="B")

    changes = list(changed_standards(old, [old[0], renamed, *standards({"d": "two@s.example"})]))

    assert changes == [(old[1], renamed), (old[2], None), (None, standards({"d": "two@s.example"})[0])]


@given(lists, lists)
def test_the_changes_lead_from_one_list_to_the_other(old: dict[str, str], new: dict[str, str]) -> None:
    """Whoever applies them to the old list has the new one, and no change says nothing."""
    before, after = standards(old), standards(new)
    applied = {each.id: each for each in before}

    for was, then in changed_standards(before, after):
        assert was != then
        assert applied.pop(was.id) == was if was else True
        if then:
            applied[then.id] = then

    assert sorted(applied) == sorted(new)
    assert {each.id: each for each in after} == applied
