"""Which mail wants a person first, as the database sorts it: by what its reason says, law 25's codes.

An expression with an index on it, not a column: reasons change in many places, and none can forget it. Its literals
must stand in a query as they stand in the index, or neither SQLite nor PostgreSQL would use it. Touches no row.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import Integer, literal_column

# Higher comes first: what may be an invoice, then what says where one lies, then the rest, of which mail services that
# wait for an answer stand first. As in storage.glance, which cannot import this.
POSSIBLE: Final = 3
CONFIRMING: Final = 1
WEIGHT: Final = literal_column(
    "(CASE reason_code WHEN 'possible_invoice' THEN 3 WHEN 'possible_picture' THEN 3 WHEN 'link_only' THEN 2"
    " WHEN 'forwarding_confirmation' THEN 1 ELSE 0 END)",
    Integer,
)
IS_POSSIBLE: Final = literal_column(str(POSSIBLE)) == WEIGHT
IS_CONFIRMING: Final = literal_column(str(CONFIRMING)) == WEIGHT
CONFIRMED_WITHIN: Final = timedelta(days=14)  # nobody answers what waits longer
