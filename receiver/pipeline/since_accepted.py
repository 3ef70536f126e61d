"""How long a message took, for the line in the log that says what became of it.

Mail of a linked account keeps the server's own date of arrival (INTERNALDATE, RFC 3501), which may lie years back and
says nothing about postbus: nothing is said of it. Never raises.
"""

from datetime import UTC, datetime


def since_accepted(source: str, received_at: datetime) -> dict[str, int]:
    """`ms` since the message was accepted; nothing for mail of a linked account."""
    if source == "imap":
        return {}
    return {"ms": round((datetime.now(UTC) - received_at).total_seconds() * 1000)}
