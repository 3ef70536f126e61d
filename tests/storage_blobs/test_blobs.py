"""Blobs: durable under their name, each tenant's own, touched on reuse, collected after a grace period (law 15)."""

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from errno import EIO, ENOSPC, EXDEV
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from storage.blobs import BlobRef, BlobStore
from storage.failures import Damaged, Invalid, NoRoom, NotFound, TemporaryFailure
from storage.files import Octets, RealFiles
from tests.storage_journal.power import PoweredFiles, Rest

A, B = "a" * 32, "b" * 32
LONG_AGO = datetime.now(UTC) - timedelta(days=30)


@pytest.fixture(name="store")
def _store(tmp_path: Path) -> Iterator[BlobStore]:
    store = BlobStore(tmp_path / "blobs")
    yield store
    store.close()


def kept(store: BlobStore, octets: bytes, tenant_id: str = A) -> BlobRef:
    """Put one blob and sync it."""
    batch = store.batch()
    ref = batch.put(tenant_id, octets)
    batch.sync()
    return ref


def age(path: Path) -> None:
    os.utime(path, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))


def descriptors() -> int:
    """How many this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def nothing(_: set[str]) -> set[str]:
    """No row refers to any blob."""
    return set()


def a_day_ago() -> datetime:
    return datetime.now(UTC) - timedelta(days=1)


def test_a_blob_comes_back_as_it_was(store: BlobStore) -> None:
    """Octets come back by their hash, empty ones too."""
    for octets in (b"", b"x", os.urandom(300_000)):
        ref = kept(store, octets)
        assert ref == BlobRef(sha256(octets).hexdigest(), len(octets))
        assert store.read(A, ref.sha256) == octets
        with store.open(A, ref.sha256) as file:
            assert file.read() == octets


def test_nothing_has_its_name_before_sync(store: BlobStore) -> None:
    """A blob that is not durable cannot be found; a batch that is dropped leaves nothing."""
    batch = store.batch()
    ref = batch.put(A, b"staged")
    with pytest.raises(NotFound):
        store.read(A, ref.sha256)
    batch.discard()
    assert list(store.path(A, ref.sha256).parent.iterdir()) == []


def test_tenants_share_nothing(store: BlobStore) -> None:
    """Law 16: the same octets of two tenants are two blobs; one tenant's hash finds nothing at the other's."""
    ref = kept(store, b"the same invoice", A)
    with pytest.raises(NotFound):
        store.read(B, ref.sha256)
    kept(store, b"the same invoice", B)
    assert not store.path(A, ref.sha256).samefile(store.path(B, ref.sha256))
    store.remove_tenant(A)
    assert store.read(B, ref.sha256) == b"the same invoice"
    with pytest.raises(NotFound):
        store.read(A, ref.sha256)


def test_a_removed_tenant_is_gone_and_removing_again_is_no_error(store: BlobStore, tmp_path: Path) -> None:
    """Everything of a tenant goes; and the store can keep for the same id again."""
    kept(store, b"x")
    store.remove_tenant(A)
    store.remove_tenant(A)
    assert not (tmp_path / "blobs" / A).exists()
    ref = kept(store, b"x")
    assert store.read(A, ref.sha256) == b"x"


def test_the_same_octets_are_written_once(store: BlobStore) -> None:
    """Within a batch and across batches, the same octets stay one file."""
    first = kept(store, b"same")
    number = store.path(A, first.sha256).stat().st_ino
    batch = store.batch()
    assert batch.put(A, b"same") == batch.put(A, b"same") == first
    batch.sync()
    assert store.path(A, first.sha256).stat().st_ino == number


def test_a_changed_blob_is_damaged(store: BlobStore) -> None:
    """What no longer fits its hash is never given out as the document."""
    ref = kept(store, b"the invoice")
    store.path(A, ref.sha256).write_bytes(b"another one")
    with pytest.raises(Damaged):
        store.read(A, ref.sha256)


@pytest.mark.parametrize("tenant_id", ["", "..", "a/b", ".", "a\0b", "x" * 65])
def test_a_tenant_cannot_name_another_folder(store: BlobStore, tenant_id: str) -> None:
    """An id that could leave the store is refused."""
    with pytest.raises(Invalid):
        store.path(tenant_id, "0" * 64)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_a_hash_cannot_name_another_file(store: BlobStore, name: str) -> None:
    """What is no SHA-256 is refused before it becomes a path."""
    with pytest.raises(Invalid):
        store.path(A, name)


def test_a_large_file_is_adopted_without_a_copy(store: BlobStore, tmp_path: Path) -> None:
    """Law 6: a large journal file becomes a blob under a second name; removing the first leaves the blob."""
    large = tmp_path / "large.eml"
    large.write_bytes(b"L" * 100_000)
    batch = store.batch()
    ref = batch.adopt(A, large)
    batch.sync()
    assert store.path(A, ref.sha256).samefile(large)
    large.unlink()
    assert store.read(A, ref.sha256) == b"L" * 100_000


def test_adopting_across_file_systems_copies(tmp_path: Path) -> None:
    """Where no second name can be given, the blob is a copy."""

    class TwoDisks(RealFiles):
        def link(self, source: Path, target: Path) -> None:
            raise OSError(EXDEV, os.strerror(EXDEV))

    large = tmp_path / "large.eml"
    large.write_bytes(b"L" * 3_000_000)
    store = BlobStore(tmp_path / "blobs", TwoDisks())
    batch = store.batch()
    ref = batch.adopt(A, large)
    batch.sync()
    assert store.read(A, ref.sha256) == b"L" * 3_000_000
    assert not store.path(A, ref.sha256).samefile(large)
    store.close()


def test_a_large_file_that_is_gone_is_not_found(store: BlobStore, tmp_path: Path) -> None:
    """A missing file is told as such, and the rest of the batch is kept."""
    batch = store.batch()
    ref = batch.put(A, b"other")
    with pytest.raises(NotFound):
        batch.adopt(A, tmp_path / "gone.eml")
    batch.sync()
    assert store.read(A, ref.sha256) == b"other"


def test_a_batch_of_many_blobs_needs_few_descriptors(store: BlobStore) -> None:
    """A batch of a thousand blobs does not use up the process's descriptors."""
    before = descriptors()
    batch = store.batch()
    refs = [batch.put(A, str(number).encode()) for number in range(1000)]
    assert descriptors() - before < 200
    batch.sync()
    assert descriptors() <= before
    assert all(store.read(A, ref.sha256) == str(at).encode() for at, ref in enumerate(refs))


def test_old_blobs_without_a_row_are_collected(store: BlobStore) -> None:
    """Law 15: collected is what is old and not referred to; nothing else."""
    old, referred, young = (kept(store, octets) for octets in (b"old", b"referred", b"young"))
    other = kept(store, b"old", B)
    for tenant_id, ref in ((A, old), (A, referred), (B, other)):
        age(store.path(tenant_id, ref.sha256))
    asked: set[str] = set()

    def rows(hashes: set[str]) -> set[str]:
        asked.update(hashes)
        return hashes & {referred.sha256}

    assert store.collect(A, rows, a_day_ago()) == 1
    assert asked == {old.sha256, referred.sha256}
    with pytest.raises(NotFound):
        store.read(A, old.sha256)
    assert [store.read(A, ref.sha256) for ref in (referred, young)] == [b"referred", b"young"]
    assert store.read(B, other.sha256) == b"old"


@pytest.mark.parametrize("how", ["put", "adopt"])
def test_reused_blobs_are_young_again(store: BlobStore, tmp_path: Path, how: str) -> None:
    """Law 15: an old blob that a batch uses again survives the collection before its row is committed."""
    ref = kept(store, b"again")
    age(store.path(A, ref.sha256))
    large = tmp_path / "large.eml"
    large.write_bytes(b"again")
    batch = store.batch()
    assert (batch.put(A, b"again") if how == "put" else batch.adopt(A, large)) == ref
    batch.sync()
    assert store.collect(A, nothing, a_day_ago()) == 0
    assert store.read(A, ref.sha256) == b"again"


def test_an_old_large_file_is_young_as_a_blob(store: BlobStore, tmp_path: Path) -> None:
    """Law 15: mail that waited long in the journal is not collected right after it was adopted."""
    large = tmp_path / "large.eml"
    large.write_bytes(b"waited")
    age(large)
    batch = store.batch()
    ref = batch.adopt(A, large)
    batch.sync()
    assert store.collect(A, nothing, a_day_ago()) == 0
    assert store.read(A, ref.sha256) == b"waited"


def test_a_blob_touched_while_rows_are_asked_stays(store: BlobStore) -> None:
    """Law 15: between the question and the deletion a batch may reuse the blob; then it is not deleted."""
    ref = kept(store, b"contested")
    age(store.path(A, ref.sha256))

    def reused_meanwhile(_: set[str]) -> set[str]:
        kept(store, b"contested")
        return set()

    assert store.collect(A, reused_meanwhile, a_day_ago()) == 0
    assert store.read(A, ref.sha256) == b"contested"


def test_collection_and_batches_meet_safely(store: BlobStore) -> None:
    """However collection and reuse interleave, a blob that a batch has synced is there afterwards."""
    is_done = threading.Event()

    def collect() -> None:
        while not is_done.is_set():
            store.collect(A, nothing, a_day_ago())

    collector = threading.Thread(target=collect)
    collector.start()
    for _ in range(60):
        ref = kept(store, b"contested")
        assert store.read(A, ref.sha256) == b"contested"
        age(store.path(A, ref.sha256))
    is_done.set()
    collector.join()


def test_what_a_crash_left_staged_is_collected(store: BlobStore, tmp_path: Path) -> None:
    """Staged files of a batch that never ended do not stay for ever."""
    stale = store.path(A, kept(store, b"kept").sha256).with_name(".stale")
    stale.write_bytes(b"x")
    age(stale)
    store.collect(A, nothing, a_day_ago())
    assert not stale.exists()


class FaultyFiles(RealFiles):
    """Fails one call of a name, the given number of calls from now."""

    def __init__(self) -> None:
        self.fault = ("", 0, 0)

    def _perhaps_fail(self, call: str) -> None:
        name, wait, error = self.fault
        if name == call:
            self.fault = (name, wait - 1, error)
            if wait == 0:
                raise OSError(error, os.strerror(error))

    def sync(self, fd: int) -> None:
        self._perhaps_fail("sync")
        super().sync(fd)

    def sync_folder(self, folder: Path) -> None:
        self._perhaps_fail("sync_folder")
        super().sync_folder(folder)

    def write(self, fd: int, octets: Octets) -> None:
        self._perhaps_fail("write")
        super().write(fd, octets)

    def rename(self, source: Path, target: Path) -> None:
        self._perhaps_fail("rename")
        super().rename(source, target)


def keep_three(store: BlobStore) -> None:
    batch = store.batch()
    for octets in (b"one", b"two", b"three"):
        batch.put(A, octets)
    batch.sync()


@pytest.mark.parametrize("call", ["sync", "write", "rename", "sync_folder"])
@pytest.mark.parametrize("error", [EIO, ENOSPC])
def test_a_fault_spends_the_batch_and_the_next_one_works(tmp_path: Path, call: str, error: int) -> None:
    """Any failing step is a temporary failure, leaves no descriptor and no staged file; the next batch keeps all."""
    files = FaultyFiles()
    store = BlobStore(tmp_path / "blobs", files)
    kept(store, b"warm the threads up")
    before = descriptors()
    files.fault = (call, 1, error)
    with pytest.raises(NoRoom if error == ENOSPC else TemporaryFailure):
        keep_three(store)
    files.fault = ("", 0, 0)
    assert descriptors() <= before
    assert list((tmp_path / "blobs").rglob(".*")) == []
    refs = [kept(store, octets) for octets in (b"one", b"two", b"three")]
    assert [store.read(A, ref.sha256) for ref in refs] == [b"one", b"two", b"three"]
    store.close()


def cut_batches(root: Path, cut_at: int | None) -> tuple[PoweredFiles, dict[tuple[str, str], bytes]]:
    """Three batches, one of them reusing and adopting, until the power goes; and what was promised by then."""
    root.mkdir()
    (root / "large.eml").write_bytes(b"L" * 5000)
    files = PoweredFiles(root, cut_at)
    promised: dict[tuple[str, str], bytes] = {}
    try:
        store = BlobStore(root / "blobs", files)
    except TemporaryFailure:
        return files, promised
    try:
        for puts in ([(A, b"one"), (A, b"two" * 1000)], [(A, b"one"), (B, b"one")], [(A, b"three")]):
            batch = store.batch()
            made = {(tenant_id, batch.put(tenant_id, octets).sha256): octets for tenant_id, octets in puts}
            made[A, batch.adopt(A, root / "large.eml").sha256] = b"L" * 5000
            batch.sync()
            promised |= made
    except TemporaryFailure:
        assert files.is_cut
    finally:
        store.close()
    return files, promised


RESTS: list[tuple[Rest, int]] = [("forgotten", 0), ("kept", 0), ("mixed", 1), ("mixed", 2), ("mixed", 3)]


def test_a_power_cut_at_any_step_keeps_what_sync_promised() -> None:
    """Law 1 for blobs: after `sync` returned, every blob is there whatever the cut; and nothing damaged has a name."""
    shared = Path("/dev/shm")
    with TemporaryDirectory(dir=shared if shared.is_dir() else None) as name:
        folder = Path(name)
        files, promised = cut_batches(folder / "whole", None)
        files.release()
        assert len(promised) == 5
        for cut_at in range(files.steps + 1):
            cut, promised = cut_batches(folder / f"cut-{cut_at}", cut_at)
            cut.cut()
            for rest, seed in RESTS:
                medium = cut.medium(folder / f"medium-{cut_at}-{rest}-{seed}", rest, seed)
                check_blobs(medium / "blobs", promised)
            cut.release()


def check_blobs(root: Path, promised: dict[tuple[str, str], bytes]) -> None:
    """What was promised can be read; what has a name is what the name says; and new blobs can be kept."""
    store = BlobStore(root)
    for (tenant_id, name), octets in promised.items():
        assert store.read(tenant_id, name) == octets
    for path in root.glob("*/?/[0-9a-f]*"):
        assert sha256(path.read_bytes()).hexdigest() == path.name
    assert store.read(A, kept(store, b"one").sha256) == b"one"
    store.close()


def test_a_reused_blob_is_durable_even_if_its_first_batch_is_not() -> None:
    """A blob that another batch named and did not yet sync is made durable by the batch that reuses it."""
    with TemporaryDirectory() as name:
        root = Path(name) / "life"
        root.mkdir()

        class NoFolderSync(PoweredFiles):
            is_lazy = False

            def sync_folder(self, folder: Path) -> None:
                if not self.is_lazy:
                    super().sync_folder(folder)

        files = NoFolderSync(root)
        store = BlobStore(root / "blobs", files)
        kept(store, b"first in its folder")
        files.is_lazy = True
        kept(store, b"one")
        files.is_lazy = False
        other = BlobStore(root / "blobs", files)  # another process, which knows of no folder yet
        ref = kept(other, b"one")
        files.cut()
        medium = files.medium(Path(name) / "medium", "forgotten")
        files.release()
        store.close()
        other.close()
        check_blobs(medium / "blobs", {(A, ref.sha256): b"one"})
