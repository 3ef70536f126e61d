"""The two ways in which storage fails, and the names of their kinds.

A failure says what failed, on which thing, why, and what to do about it. It never carries mail content.
"""


class StorageFailure(Exception):
    """Whatever storage cannot do; never raised itself, only through its two families below."""


class TemporaryFailure(StorageFailure):
    """The same call may succeed later: the disk is full, the database does not answer, a lock is held."""


class NoRoom(TemporaryFailure):
    """The free space would fall below what the backlog still needs (law 6)."""


class PermanentFailure(StorageFailure):
    """The same call will fail again until somebody changes something."""


class NotFound(PermanentFailure):
    """The thing that was named does not exist (or belongs to another tenant, which looks the same)."""


class Unlinked(NotFound):
    """The linked account was removed: nothing is kept of mail of it that is not imported."""


class InUse(PermanentFailure):
    """A name or address is taken; the text names the holder."""


class Invalid(PermanentFailure):
    """A value cannot be taken; the text says what would be."""


class Damaged(PermanentFailure):
    """Stored octets are not what was stored: a checksum, length or format does not hold."""
