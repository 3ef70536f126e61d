"""The search for secrets at the end of a run finds what it must: finding nothing proves nothing by itself."""

import base64
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import secrecy

# Another mark than the run's: what is written here must not fail the run.
MARK = "zq0123456789abcdef01234567qz"


@pytest.fixture(name="searched")
def _searched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[bytes], list[Path]]:
    monkeypatch.setattr(secrecy, "_FORMS", secrecy.forms(MARK))

    def search(octets: bytes) -> list[Path]:
        (tmp_path / "file").write_bytes(octets)
        return secrecy.found_below(tmp_path)

    return search


@pytest.mark.parametrize(
    "octets",
    [
        MARK.encode(),
        json.dumps({"password": f"{MARK}-1-alice"}).encode(),
        base64.b64encode(f"\0alice@example.com\0{MARK}-1".encode()),
        base64.b64encode(f"user=alice\x01auth=Bearer {MARK}-1\x01\x01".encode()),
        base64.b64encode(f"user=a\x01auth=Bearer {MARK}-1\x01\x01".encode()),
        MARK.encode("utf-16-le"),
        MARK.encode().hex().encode(),
        gzip.compress(MARK.encode()),
        bytes(9 * 1024**2) + MARK.encode(),
        b"x" * (4 * 1024**2 - 5) + MARK.encode() + b"x" * 1024,
    ],
    ids=[
        "plain",
        "json",
        "sasl plain",
        "bearer",
        "bearer again",
        "utf-16",
        "hex",
        "gzip",
        "behind a hole",
        "across pieces",
    ],
)
def test_a_secret_is_found_however_it_is_written(searched: Callable[[bytes], list[Path]], octets: bytes) -> None:
    """In clear, as SASL sends it, packed, far behind, and on the border of what is read at once."""
    assert [each.name for each in searched(octets)] == ["file"]


def test_what_holds_none_is_not_accused(searched: Callable[[bytes], list[Path]]) -> None:
    """No false alarm."""
    assert searched(b"zq0123456789 qz" * 1000) == []


def test_a_file_in_which_the_test_put_it_is_excused(
    searched: Callable[[bytes], list[Path]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Password files and servers' lists of users, by name."""
    monkeypatch.setattr(secrecy, "_put_here", set())
    secrecy.put_here(tmp_path / "file")

    assert searched(MARK.encode()) == []


def test_a_secret_of_this_run_carries_its_mark() -> None:
    """Each secret is another one, and all are found by one search."""
    one, other = secrecy.secret("a password"), secrecy.secret("a password")

    assert one != other
    assert secrecy.is_in(one.encode())
    assert secrecy.is_in(other.encode())
