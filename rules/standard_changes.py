"""What changed between two lists of standards: pairs of before and after, told apart by their ids.

Whoever matches stored mail again asks here, for a catalogue's versions as for a tenant's standards. Raises nothing.
"""

from collections.abc import Iterable, Iterator

from rules.standards import ImportStandard

Change = tuple[ImportStandard | None, ImportStandard | None]  # before, after; None: it was, or is, not there


def changed_standards(old: Iterable[ImportStandard], new: Iterable[ImportStandard]) -> Iterator[Change]:
    """Each standard that came, went or is another now, by id; what stayed as it was is left out."""
    before, after = {each.id: each for each in old}, {each.id: each for each in new}
    for standard_id in sorted(before.keys() | after.keys()):
        change = before.get(standard_id), after.get(standard_id)
        if change[0] != change[1]:
            yield change
