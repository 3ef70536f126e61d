"""Standards compiled, so that the cost of a mail does not grow with their number.

packing makes the octets of an index, RuleIndex reads them where they lie (mapped, shared by processes). An index finds
candidates; whether they fit, rules.judging says, as of any other standard.
"""

from rules.index.packing import pack
from rules.index.rule_index import RuleIndex

__all__ = ["RuleIndex", "pack"]
