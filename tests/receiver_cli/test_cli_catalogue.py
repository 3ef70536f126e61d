"""`postbus catalogue`: built, signed, verified, in force at once or later, taken back, and switched off by tenants."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from receiver.cataloguing.index_file import open_index

SUPPLIER = """
name = "Example Telecom"
evidence = ["billing@example.com: seen in a mail"]
[[standard]]
key = "invoices"
name = "Example Telecom: invoices"
[standard.any_of]
sender = ["{sender}"]
[[standard.fits]]
from = "{sender}"
attachments = ["invoice.pdf"]
[[standard.does_not_fit]]
from = "somebody@example.org"
attachments = ["invoice.pdf"]
"""
LATER = 2_100_000_000


class Publisher:
    """Somebody who publishes catalogues for this postbus."""

    def __init__(self, postbus: Any, folder: Path) -> None:
        self._postbus, self._folder = postbus, folder
        self.sources = folder / "sources"
        self.sources.mkdir()
        self.key = folder / "key.pem"
        self.public_key = postbus("catalogue", "key", "--out", str(self.key), "--json").row["public_key"]

    @property
    def trust(self) -> dict[str, str]:
        return {"POSTBUS_CATALOGUE__TRUSTED_KEYS": json.dumps([self.public_key])}

    def publish(self, version: int, sender: str = "billing@example.com") -> str:
        (self.sources / "example.toml").write_text(SUPPLIER.format(sender=sender), encoding="utf-8")
        package = self._folder / f"{version}.pkg"
        built = self._postbus(
            *("catalogue", "build", str(self.sources), "--out", str(package)),
            *("--key", str(self.key), "--version", str(version)),
        )
        assert built.status == 0, built.err
        return str(package)


@pytest.fixture
def publisher(postbus: Any, tmp_path: Path) -> Publisher:
    folder = tmp_path / "publisher"
    folder.mkdir()
    return Publisher(postbus, folder)


def in_force(postbus: Any) -> tuple[int, str]:
    (row,) = [row for row in postbus("catalogue", "list", "--json").rows if row["state"] in {"in force", "held"}]
    return row["version"], row["state"]


def test_a_fresh_postbus_has_the_starter_in_force(postbus: Any) -> None:
    """`init` brings it; it is shown with its standards, one of them in detail."""
    (row,) = postbus("catalogue", "list", "--json").rows
    standards = postbus("catalogue", "show", "--json").rows

    assert (row["state"], row["signed_by"]) == ("in force", "")
    assert len(standards) == row["standards"] >= 90
    (uber,) = [each for each in standards if each["id"] == "uber/receipts"]
    assert uber["standard"]["any_of"]["sender"] == ["noreply@uber.com"]
    shown = postbus("catalogue", "show", "UBER: receipts")
    assert "Except body" in shown.out
    assert "noreply@uber.com" in shown.out


def test_a_key_is_for_its_owner_and_never_written_over(publisher: Publisher, postbus: Any, fails_with: Any) -> None:
    """Whoever can read it can publish."""
    before = publisher.key.read_bytes()

    assert publisher.key.stat().st_mode & 0o777 == 0o600
    fails_with(postbus("catalogue", "key", "--out", str(publisher.key)), "is there already")
    assert publisher.key.read_bytes() == before


def test_building_the_same_sources_gives_the_same_octets(publisher: Publisher) -> None:
    """So that anybody can compare a package with its sources."""
    first = Path(publisher.publish(LATER)).read_bytes()

    assert Path(publisher.publish(LATER)).read_bytes() == first


def test_every_fault_of_the_sources_is_told_and_nothing_is_written(
    publisher: Publisher, postbus: Any, tmp_path: Path, fails_with: Callable[..., None]
) -> None:
    """Each with its file and key."""
    (publisher.sources / "a.toml").write_text("name = \n")
    (publisher.sources / "b.toml").write_text(SUPPLIER.format(sender="nobody"))
    (publisher.sources / "c.toml").write_bytes(b"name = '\xff'")

    out = tmp_path / "out.pkg"
    build = ("catalogue", "build", str(publisher.sources), "--out", str(out), "--key", str(publisher.key))
    fails_with(
        postbus(*build),
        "a.toml: not valid TOML: ",
        "b.toml: standard invoices.any_of.sender: ",
        "c.toml: is not UTF-8 at octet 8",
    )
    assert not out.exists()
    fails_with(postbus(*build[:2], str(tmp_path / "out"), *build[3:]), "No such file")
    fails_with(postbus(*build[:2], *build[3:-1], str(out.with_name("nokey"))), "nokey: No such file")
    fails_with(postbus(*build[:2], *build[3:-1], str(publisher.sources / "a.toml")), "is no private key")


def test_the_shipped_sources_are_built_without_a_folder(publisher: Publisher, postbus: Any, tmp_path: Path) -> None:
    """The version is today's date, as the serial of a zone is."""
    built = postbus(
        *("catalogue", "build", "--out", str(tmp_path / "c.pkg"), "--key", str(publisher.key), "--json"),
    ).row

    assert built["standards"] >= 90
    assert str(built["version"]).endswith("01")
    assert built["signed_by"] == publisher.public_key


def test_an_update_tells_what_it_changes_and_is_in_force(publisher: Publisher, postbus: Any) -> None:
    """--dry-run tells the same and changes nothing; the same package again changes nothing either."""
    package = publisher.publish(LATER)
    before = in_force(postbus)

    tried = postbus("catalogue", "update", package, "--dry-run", "--json", **publisher.trust).row
    assert in_force(postbus) == before
    done = postbus("catalogue", "update", package, "--json", **publisher.trust).row
    again = postbus("catalogue", "update", package, "--json", **publisher.trust).row

    assert (tried["outcome"], done["outcome"], again["outcome"]) == ("activated", "activated", "current")
    assert (tried["is_done"], done["is_done"]) == (False, True)
    assert tried["changes"] == done["changes"]
    assert {"added", "removed"} == {each["change"] for each in done["changes"]}
    assert in_force(postbus) == (LATER, "in force")
    assert [each["id"] for each in postbus("catalogue", "show", "--json").rows] == ["example/invoices"]


def test_an_update_is_compiled_before_it_is_in_force(publisher: Publisher, postbus: Any) -> None:
    """So that a running worker only maps it; a dry run leaves nothing behind."""
    package = publisher.publish(LATER)

    postbus("catalogue", "update", package, "--dry-run", **publisher.trust)
    assert [*postbus.data.glob("run/catalogue-*")] == []
    postbus("catalogue", "update", package, **publisher.trust)
    (index,) = postbus.data.glob("run/catalogue-*.index")
    made = index.stat().st_ino
    payload = Path(package).read_bytes().split(b"\n", 2)[2]
    assert [each.id for each in open_index(postbus.data / "run", payload).standards()] == ["example/invoices"]
    assert index.stat().st_ino == made


def test_what_changed_is_shown_to_people(publisher: Publisher, postbus: Any) -> None:
    """As a table, from an update and from diff alike."""
    postbus("catalogue", "update", publisher.publish(LATER), **publisher.trust)

    said = postbus(*("catalogue", "update", publisher.publish(LATER + 1, "invoice@example.com")), **publisher.trust).out
    assert "any_of: (sender billing@example.com) → (sender invoice@example.com)" in said
    assert f"Catalogue version {LATER + 1} is in force." in said
    diff = postbus("catalogue", "diff", str(LATER), str(LATER + 1), "--json").row
    assert (diff["change"], diff["before"]["any_of"]["sender"]) == ("changed", ["invoice@example.com"])
    assert "hold the same standards" in postbus("catalogue", "diff").out


def test_what_is_refused_leaves_the_old_one_in_force(
    publisher: Publisher, postbus: Any, tmp_path: Path, fails_with: Callable[..., None]
) -> None:
    """Unsigned, cut, of an unknown key, older, unknown source: each in words, exit 1."""
    postbus("catalogue", "update", publisher.publish(LATER), **publisher.trust)
    older, newer = publisher.publish(LATER - 1), Path(publisher.publish(LATER + 1))
    broken = {"cut": newer.read_bytes()[:-9], "other": newer.read_bytes().replace(b"billing", b"evil999")}
    for name, octets in broken.items():
        (tmp_path / name).write_bytes(octets)
    (tmp_path / "large").write_bytes(newer.read_bytes() + bytes(1024))
    (tmp_path / "unsigned").write_bytes(newer.read_bytes().partition(b"{")[2])

    def update(source: str, **more: str) -> Any:
        return postbus("catalogue", "update", source, **{**publisher.trust, **more})

    fails_with(update(older), "is older than", f"rollback {LATER - 1}")
    fails_with(update(str(tmp_path / "cut")), "its signature does not hold")
    fails_with(update(str(tmp_path / "other")), "its signature does not hold")
    fails_with(update(str(tmp_path / "unsigned")), "is no catalogue of postbus")
    fails_with(update(str(tmp_path / "missing")), "No such file")
    fails_with(update("http://192.0.2.1/c.pkg"), "expected https://")
    fails_with(update(str(tmp_path / "large"), POSTBUS_CATALOGUE__MAX_OCTETS="1024"), "larger than")
    key = publisher.public_key
    trusts_another = json.dumps([("B" if key[0] == "A" else "A") + key[1:]])
    fails_with(update(str(newer), POSTBUS_CATALOGUE__TRUSTED_KEYS=trusts_another), "trusted_keys does not name")
    fails_with(postbus("catalogue", "update", str(newer)), "names no key")
    assert in_force(postbus) == (LATER, "in force")


def test_without_a_source_there_is_nothing_to_do(postbus: Any) -> None:
    """What the daily timer runs: it says so and ends well."""
    said = postbus("catalogue", "update")

    assert (said.status, said.err) == (0, "")
    assert "catalogue.source is not set: nothing to do" in said.out


def test_the_source_of_the_settings_is_asked(publisher: Publisher, postbus: Any) -> None:
    """A file here; a server is asked the same way."""
    package = publisher.publish(LATER)

    assert postbus("catalogue", "update", **publisher.trust, POSTBUS_CATALOGUE__SOURCE=package).status == 0
    assert in_force(postbus) == (LATER, "in force")


@pytest.mark.parametrize("version", ["0", "2147483648", "99999999999999999999"])
@pytest.mark.parametrize("command", ["rollback", "diff"])
def test_a_version_that_cannot_be_is_refused(postbus: Any, command: str, version: str) -> None:
    """No database is asked for a number that it cannot hold."""
    refused = postbus("catalogue", command, version)
    assert refused.status == 2
    assert "VERSION" in refused.err


def test_a_rollback_holds_until_it_is_lifted(publisher: Publisher, postbus: Any, fails_with: Any) -> None:
    """Updates are kept and wait; after `resume` the next one comes in."""
    (starter,) = [row["version"] for row in postbus("catalogue", "list", "--json").rows]
    package = publisher.publish(LATER)
    postbus("catalogue", "update", package, **publisher.trust)

    assert postbus("catalogue", "rollback", "--json").row["version"] == starter
    held = postbus("catalogue", "update", publisher.publish(LATER + 1), "--json", **publisher.trust).row
    assert held["outcome"] == "held"
    assert in_force(postbus) == (starter, "held")
    assert "everything is there already" in postbus("init").out

    assert postbus("catalogue", "resume").status == 0
    fails_with(postbus("catalogue", "resume"), "no rollback holds")
    postbus("catalogue", "update", package, **publisher.trust)
    assert in_force(postbus) == (LATER, "in force")


def test_an_update_may_be_for_later(publisher: Publisher, postbus: Any) -> None:
    """The daily look at the source does not bring it forward; `--at now` does; a time that has passed is now."""
    package = publisher.publish(LATER)
    update = ("catalogue", "update", package, "--json")

    later = postbus(*update, "--at", "2100-01-01T06:00:00Z", **publisher.trust).row
    again = postbus(*update, **publisher.trust).row
    assert [(each["outcome"], each["activate_at"]) for each in (later, again)] == [
        ("scheduled", "2100-01-01T06:00:00Z")
    ] * 2
    assert in_force(postbus)[0] != LATER
    assert postbus(*update, "--at", "now", **publisher.trust).row["outcome"] == "activated"
    next_one = publisher.publish(LATER + 1)
    past = postbus("catalogue", "update", next_one, "--json", "--at", "2001-01-01", **publisher.trust).row
    assert past["outcome"] == "activated"
    assert postbus(*update, "--at", "soon", **publisher.trust).status == 2


def test_a_tenant_switches_single_standards_off(postbus: Any, acme: str, fails_with: Callable[..., None]) -> None:
    """By name or id; `show --tenant` tells which; an unknown one names the nearest."""
    off = postbus("catalogue", "switch-off", "uber: receipts", "--tenant", acme, "--json").row
    shown = postbus("catalogue", "show", "--tenant", acme, "--json").rows

    assert off == {"tenant": acme, "name": "Uber: receipts", "id": "uber/receipts", "switched_off": True}
    assert [each["id"] for each in shown if each["switched_off"]] == ["uber/receipts"]
    fails_with(postbus("catalogue", "switch-off", "uber/receipts", "--tenant", acme), "already")
    fails_with(postbus("catalogue", "switch-off", "Ubber: receipts", "--tenant", acme), "did you mean 'Uber: receipts'")

    assert postbus("catalogue", "switch-on", "uber/receipts", "--tenant", acme).status == 0
    assert not any(row["switched_off"] for row in postbus("catalogue", "show", "-t", acme, "--json").rows)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("TRUSTED_KEYS", '["abc"]'),
        ("SOURCE", "http://catalogue.example/c.pkg"),
        ("SOURCE", "https://user:secret@catalogue.example/c.pkg"),
        ("SOURCE", "ftp://catalogue.example/c.pkg"),
        ("SOURCE", "relative/path"),
        ("SOURCE", "https:///c.pkg"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(
    postbus: Any, setting: str, value: str, fails_with: Callable[..., None]
) -> None:
    """Before anything is asked of anybody."""
    refused = postbus("check-config", **{f"POSTBUS_CATALOGUE__{setting}": value})

    fails_with(refused, f"catalogue.{setting.lower()}")
    assert "secret" not in refused.err
