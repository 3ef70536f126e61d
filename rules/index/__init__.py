"""Standards compiled, so that the cost of a mail does not grow with their number.

packing makes the octets of an index, RuleIndex reads them where they lie (mapped, shared by processes). An index finds
candidates; whether they fit, rules.judging says, as of any other standard.
"""

from collections.abc import Sequence

from rules.asking import MOST_LISTED, RuleSet, StandardList
from rules.index.packing import pack
from rules.index.rule_index import RuleIndex
from rules.standards import ImportStandard

__all__ = ["RuleIndex", "pack", "rule_set_of"]


def rule_set_of(standards: Sequence[ImportStandard]) -> RuleSet:
    """A tenant's own standards as they are best asked: a plain list while they are few, each of them told."""
    return StandardList.of_tenant(standards) if len(standards) <= MOST_LISTED else RuleIndex(pack(standards))
