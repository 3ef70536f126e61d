"""What a mail on a server is settled by, once: account, mailbox, UIDVALIDITY and UID in one text.

Pure. Raises ValueError for a text that is no such key.
"""

import re
from dataclasses import dataclass

_KEY = re.compile(r"imap:([0-9a-f]{32}):([0-9a-f]{32}):([0-9]{1,10}):([0-9]{1,10})")


@dataclass(frozen=True, slots=True)
class UidPlace:
    """Which mail on the server: a transport key in its parts."""

    account_id: str
    mailbox_id: str
    uidvalidity: int
    uid: int


def transport_key(account_id: str, mailbox_id: str, uidvalidity: int, uid: int) -> str:
    """What a mail on a server is settled by, once."""
    return f"imap:{account_id}:{mailbox_id}:{uidvalidity}:{uid}"


def parse_transport_key(key: str) -> UidPlace:
    """The parts of a transport key. Raises ValueError for one of another door."""
    found = _KEY.fullmatch(key)
    if found is None:
        raise ValueError("not the transport key of a mail in a mailbox")
    account_id, mailbox_id, uidvalidity, uid = found.groups()
    return UidPlace(account_id, mailbox_id, int(uidvalidity), int(uid))
