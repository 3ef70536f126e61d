"""Promises of storage.secrets and storage.key_rotation: whoever has the database alone has no password."""

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlmodel import col

from storage.account_models import LinkedAccount
from storage.account_pulls import save_token
from storage.accounts import set_secret
from storage.audit import list_lines
from storage.database import Database
from storage.failures import Damaged, Invalid, TemporaryFailure
from storage.files import Files
from storage.key_rotation import hold_keys, rotate_keys, seal_anew
from storage.models import ImportAddress, Row, Tenant
from storage.secrets import KeyMissing, KeyRing, Secret, key_id_of
from storage.tenants import add_tenant
from tests.storage_database.linked import PASSWORD, link, password, ring, token
from tests.storage_journal.power import PoweredFiles

Owner = tuple[Tenant, ImportAddress]
A, B = "a" * 32, "b" * 32
ANY = st.characters(exclude_categories=())


def _key_file(data: Path) -> Path:
    [file] = (data / "keys").glob("*.key")
    return file


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.text(ANY, min_size=1, max_size=20).filter(lambda name: name != "kind"), st.text(ANY, max_size=300)
    )
)
def test_whatever_is_sealed_comes_back(tmp_path_factory: pytest.TempPathFactory, values: dict[str, str]) -> None:
    """Any text, lone surrogates too; sealed twice it looks different; of its length little is told."""
    keys = KeyRing.create(tmp_path_factory.mktemp("data"), {})
    secret = Secret("oauth", values)
    sealed = keys.seal(secret, A)
    assert keys.unseal(sealed, A) == secret
    assert keys.seal(secret, A) != sealed
    assert key_id_of(sealed) == keys.current_id
    assert len(keys.seal(password("x"), A)) == len(keys.seal(password("x" * 60), A))


def test_a_secret_opens_only_where_it_stands(tmp_path: Path) -> None:
    """Whoever copies it into a row of his own, or changes one bit, has nothing."""
    keys = ring(tmp_path)
    sealed = keys.seal(password(), A)
    with pytest.raises(Damaged):
        keys.unseal(sealed, B)
    for at in range(0, len(sealed), 7):
        changed = bytes([*sealed[:at], sealed[at] ^ 1, *sealed[at + 1 :]])
        with pytest.raises((Damaged, KeyMissing)):
            keys.unseal(changed, A)
    with pytest.raises(Damaged):
        keys.unseal(sealed[:10], A)


def test_a_secret_shows_nothing_of_itself(tmp_path: Path) -> None:
    """In no repr, nor in that of the keys, of what holds them, or of a failure about them."""
    keys = ring(tmp_path)
    secret = password()
    sealed = keys.seal(secret, A)
    encoded = _key_file(tmp_path).read_text().split()[3]
    (_key_file(tmp_path)).unlink()
    with pytest.raises(KeyMissing) as failed:
        KeyRing.open(tmp_path, {}).unseal(sealed, A)
    shown = f"{secret!r} {secret} {[secret]} {keys!r} {vars(keys)} {failed.value!r}"
    assert PASSWORD not in shown
    assert encoded not in shown


def test_a_missing_key_is_named_with_what_to_do(tmp_path: Path) -> None:
    """A backup of the database alone reveals nothing; the text says which file is missing."""
    sealed = ring(tmp_path / "one").seal(password(), A)
    with pytest.raises(KeyMissing, match=f"{key_id_of(sealed)}.key .* from its backup"):
        ring(tmp_path / "other").unseal(sealed, A)
    with pytest.raises(KeyMissing, match="postbus account add"):
        KeyRing.open(tmp_path / "none", {}).seal(password(), A)


def test_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    """0600 in a folder that is 0700; a key that others may read is refused, with what to do."""
    ring(tmp_path)
    file = _key_file(tmp_path)
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    file.chmod(0o640)
    with pytest.raises(Invalid, match="chmod 600"):
        KeyRing.open(tmp_path, {})


@pytest.mark.parametrize("text", ["", "postbus-key 1", "postbus-key 1 0011223344556677 AAAA\n", "\xff\xfe"])
def test_a_damaged_key_is_no_wrong_key(tmp_path: Path, text: str) -> None:
    """A file that was cut, changed or exchanged is found out when it is read; an empty one holds none."""
    ring(tmp_path)
    _key_file(tmp_path).write_text(text, "latin-1")
    if not text:
        assert KeyRing.open(tmp_path, {}).current_id is None
        return
    with pytest.raises(Damaged) as damaged:
        KeyRing.open(tmp_path, {})
    assert "AAAA" not in str(damaged.value)


def test_keys_come_from_systemd_too(tmp_path: Path) -> None:
    """LoadCredential=postbus-keys: several keys below each other; the newest of all seals."""
    given_by_systemd = tmp_path / "credentials"
    given_by_systemd.mkdir()
    first = ring(tmp_path / "data")
    sealed = first.seal(password(), A)
    moved = _key_file(tmp_path / "data")
    (given_by_systemd / "postbus-keys").write_text(f"# of node 1\n{moved.read_text()}\n")
    moved.unlink()
    environment = {"CREDENTIALS_DIRECTORY": str(given_by_systemd)}
    keys = KeyRing.create(tmp_path / "data", environment)
    assert keys.unseal(sealed, A) == password()
    assert list((tmp_path / "data" / "keys").glob("*.key")) == []
    newer = keys.add_key()
    assert KeyRing.open(tmp_path / "data", environment).current_id == newer != key_id_of(sealed)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files for others")
def test_what_root_makes_belongs_to_whoever_runs_postbus(tmp_path: Path) -> None:
    """`account add` or `rotate-key` without `sudo -u`: the puller can read the keys all the same."""
    os.chown(tmp_path, 4711, 4712)

    KeyRing.create(tmp_path, {}).add_key()

    made = [tmp_path / "keys", *(tmp_path / "keys").iterdir()]
    assert len(made) == 4
    assert {(each.stat().st_uid, each.stat().st_gid) for each in made} == {(4711, 4712)}


def test_two_that_make_the_first_key_make_one(tmp_path: Path) -> None:
    """Processes that start together agree on it."""
    made: list[str | None] = []
    threads = [threading.Thread(target=lambda: made.append(ring(tmp_path).current_id)) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(made) == 8
    assert set(made) == {KeyRing.open(tmp_path, {}).current_id}


def _mediums(files: PoweredFiles, folder: Path) -> Iterator[Path]:
    for number, rest in enumerate(("forgotten", "kept", "mixed", "mixed")):
        medium = files.medium(folder / f"medium-{number}", rest, seed=number)  # type: ignore[arg-type]
        for path in medium.rglob("*"):
            path.chmod(0o700 if path.is_dir() else 0o600)
        yield medium
    files.release()


@pytest.mark.parametrize("step", range(10))
def test_the_first_key_survives_a_power_cut_from_when_it_is_used(tmp_path: Path, step: int) -> None:
    """Law 1's sister: nothing is sealed with a key that the medium does not hold; half a key is none."""
    (tmp_path / "data").mkdir()
    files = PoweredFiles(tmp_path / "data", cut_at=step)
    sealed = None
    with suppress(TemporaryFailure):
        sealed = KeyRing.create(tmp_path / "data", {}, files).seal(password(), A)
    files.cut()
    for medium in _mediums(files, tmp_path):
        keys = KeyRing.create(medium, {})
        assert keys.current_id is not None
        assert sealed is None or keys.unseal(sealed, A) == password()


@pytest.mark.parametrize("step", range(22))
def test_a_rotation_that_is_broken_off_loses_no_secret(tmp_path: Path, sqlite_template: Path, step: int) -> None:
    """At every step: each row opens with the keys that the medium holds, and a second rotation ends it."""
    (tmp_path / "data").mkdir()
    (tmp_path / "postbus.db").write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{tmp_path / 'postbus.db'}")
    with database.write() as session:
        tenant, _ = add_tenant(session, "Acme", "standard", ["in.example.com"])
    keys = ring(tmp_path / "data")
    for number in range(3):
        link(database, tenant, keys, f"a{number}@acme.example")
    files: Files = PoweredFiles(tmp_path / "data", cut_at=step)
    assert isinstance(files, PoweredFiles)
    with suppress(TemporaryFailure):
        rotate_keys(database, KeyRing.open(tmp_path / "data", {}, files))
    files.cut()
    for medium in _mediums(files, tmp_path):
        found = KeyRing.open(medium, {})
        assert [found.unseal(sealed, account_id) for account_id, sealed in _sealed(database)] == [password()] * 3
    again = KeyRing.open(medium, {})
    rotation = rotate_keys(database, again)
    assert rotation.unreadable == ()
    assert again.ids == {rotation.key_id}
    database.close()


def _sealed(database: Database) -> list[tuple[str, bytes]]:
    with database.read() as session:
        rows = session.connection().execute(select(col(LinkedAccount.id), col(LinkedAccount.secret)))
        return [(account_id, sealed) for account_id, sealed in rows if sealed is not None]


def test_a_rotation_seals_all_anew_and_takes_the_old_key_away(database: Database, acme: Owner, tmp_path: Path) -> None:
    """The old key opens nothing any more, and is gone; other processes find the new one by themselves."""
    keys, elsewhere = ring(tmp_path), KeyRing.open(tmp_path, {})
    accounts = [link(database, acme[0], keys, f"a{number}@acme.example") for number in range(3)]
    old = _key_file(tmp_path)
    rotation = rotate_keys(database, keys, "cli:root")
    assert (rotation.sealed_anew, rotation.unreadable, rotation.removed) == (3, (), (old.stem,))
    assert _key_file(tmp_path).stem == rotation.key_id == keys.current_id
    assert [elsewhere.unseal(sealed, account_id) for account_id, sealed in _sealed(database)] == [password()] * 3
    assert key_id_of(elsewhere.seal(password(), accounts[0].id)) == rotation.key_id
    with database.read() as session:
        [line] = [each for each in list_lines(session) if each.action == "secrets_key_rotated"]
    assert (line.actor, line.params["sealed_anew"]) == ("cli:root", 3)


def test_what_no_key_opens_is_told_and_stops_nothing(database: Database, acme: Owner, tmp_path: Path) -> None:
    """An account whose key was lost keeps what it has; the others are sealed anew, and it can be given a new secret."""
    lost = link(database, acme[0], ring(tmp_path / "lost"), "lost@acme.example")
    keys = ring(tmp_path / "data")
    link(database, acme[0], keys)
    rotation = rotate_keys(database, keys)
    assert (rotation.sealed_anew, rotation.unreadable) == (1, (lost.id,))
    with database.write() as session:
        set_secret(session, lost, password(), keys)
    assert seal_anew(database, keys).unreadable == ()


def test_a_key_is_not_taken_away_while_somebody_seals_with_it(postgresql: Database, tmp_path: Path) -> None:
    """Two at once: a secret that was sealed with the old key and is stored during a rotation is sealed anew."""
    with postgresql.write() as session:
        tenant, _ = add_tenant(session, "Acme", "standard", ["in.example.com"])
    keys = ring(tmp_path)
    account = link(postgresql, tenant, keys, auth="xoauth2")
    has_begun = threading.Event()

    def rotate() -> None:
        has_begun.set()
        rotate_keys(postgresql, KeyRing.open(tmp_path, {}))

    rotating = threading.Thread(target=rotate)
    with postgresql.write() as session:
        hold_keys(session)
        sealed = keys.seal(token("refresh-2"), account.id)
        rotating.start()
        has_begun.wait(10)
        values = {"secret": sealed, "secret_key": key_id_of(sealed)}
        this = update(LinkedAccount).where(col(LinkedAccount.id) == account.id)
        session.connection().execute(this.values(values))
    rotating.join(30)
    [(account_id, stored)] = _sealed(postgresql)
    assert KeyRing.open(tmp_path, {}).unseal(stored, account_id) == token("refresh-2")


def test_no_row_holds_a_secret_in_clear(database: Database, acme: Owner, tmp_path: Path, url: str) -> None:
    """Nor its file: passwords, tokens and keys stand in no table after all that is done with them."""
    keys = ring(tmp_path / "data")
    plain = link(database, acme[0], keys)
    other = link(database, acme[0], keys, "b@acme.example", auth="xoauth2")
    with database.write() as session:
        set_secret(session, plain, password("another-long-password"), keys)
        save_token(session, other, token("rotated-refresh-token"), keys)
    rotate_keys(database, keys)
    words = [PASSWORD, "another-long-password", "rotated-refresh-token", "access-1", "refresh-1"]
    words += [_key_file(tmp_path / "data").read_text().split()[3]]
    with database.read() as session:
        for table in Row.metadata.sorted_tables:
            for row in session.connection().execute(select(table)):
                assert not any(word in repr(tuple(row)) for word in words), table.name
    for file in tmp_path.glob("postbus.db*"):
        octets = file.read_bytes()
        assert not any(word.encode() in octets for word in words), file
