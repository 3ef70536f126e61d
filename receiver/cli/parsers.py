"""For commands that read mail: a parsing child, and the blobs, for as long as the command needs them.

Hostile octets are read by a child alone, here as in the service (law 17).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from receiver.config import Settings
from receiver.pipeline.parsing import Pool
from storage.blobs import BlobStore


@contextmanager
def parser(settings: Settings) -> Iterator[Pool]:
    """One parsing child, started when it is first asked."""
    pool = Pool(settings, children=1)
    try:
        yield pool
    finally:
        pool.close()


@contextmanager
def stored_octets(settings: Settings) -> Iterator[BlobStore]:
    """The blobs."""
    blobs = BlobStore(settings.blob_folder())
    try:
        yield blobs
    finally:
        blobs.close()
