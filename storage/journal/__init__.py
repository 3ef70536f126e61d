"""The journal of accepted mail: what a door said yes to, until the worker has settled it.

`Journal` is a door's side, `JournalReader` the worker's; they meet in files only. Law 1: yes follows the sync.
"""

from storage.journal.commit import Letter
from storage.journal.envelope import Envelope, Recipient
from storage.journal.reader import JournalReader, Record
from storage.journal.recovery import Recovery
from storage.journal.room import Backlog, backlog
from storage.journal.sinks import Sink
from storage.journal.writer import Journal

__all__ = [
    "Backlog",
    "Envelope",
    "Journal",
    "JournalReader",
    "Letter",
    "Recipient",
    "Record",
    "Recovery",
    "Sink",
    "backlog",
]
