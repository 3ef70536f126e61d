"""Tenants and their import addresses by command."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storage.database import Database
from storage.directory import AddressDirectory


def directory_of(data: Path) -> AddressDirectory:
    directory = AddressDirectory(Database(f"sqlite:///{data / 'postbus.db'}"), data / "run" / "directory.stamp")
    directory.refresh()
    return directory


def test_a_name_in_use_names_its_holder(postbus: Any, acme: str, fails_with: Callable[..., None]) -> None:
    """Names are told apart without case; the error says who has it."""
    fails_with(postbus("tenant", "add", "ACME"), "in use", "'Acme'")


def test_an_unknown_tenant_names_the_nearest(postbus: Any, fails_with: Callable[..., None]) -> None:
    """A typing error is answered with the name that was meant."""
    postbus("tenant", "add", "Steuerberater Maier")

    fails_with(postbus("tenant", "show", "Steuerberater Meier"), "did you mean 'Steuerberater Maier'?")


def test_an_unknown_plan_names_the_known_ones(postbus: Any, fails_with: Callable[..., None]) -> None:
    """Plans come from the configuration; the error says which there are and where more are made."""
    fails_with(postbus("tenant", "add", "A", "--plan", "candid"), "did you mean 'candis'?", "fastbill", "standard")
    assert postbus("tenant", "list", "--json").rows == []


def test_a_plan_of_the_configuration_can_be_given(postbus: Any) -> None:
    """A plan made in the configuration works as a built-in one does."""
    plan = {"POSTBUS_PLANS__PARTNER__CENTRAL_MAILBOX": "false"}

    made = postbus("tenant", "add", "A", "--plan", "partner", "--json", **plan).row

    assert made["plan"] == "partner"
    assert made["takes_mail"] is False


def test_a_change_of_plan_is_seen_by_a_running_door(postbus: Any, acme: str) -> None:
    """Law 7: a door's snapshot is no longer current once the plan was changed, and the next look shows the new plan."""
    address = postbus("tenant", "show", acme, "--json").row["import_address"]
    door = directory_of(postbus.data)
    assert door.is_current()

    assert postbus("tenant", "set-plan", acme, "fastbill").status == 0

    assert not door.is_current()
    door.refresh()
    owner = door.find(address)
    assert owner is not None
    assert owner.plan == "fastbill"


@pytest.mark.parametrize("change", ["add", "revoke", "rotate"])
def test_a_change_of_addresses_is_seen_by_a_running_door(postbus: Any, acme: str, change: str) -> None:
    """Law 7: what was made is found and what was revoked is not, from the next RCPT on."""
    address = postbus("tenant", "show", acme, "--json").row["import_address"]
    door = directory_of(postbus.data)

    arguments = [] if change == "add" else [address]
    assert postbus("address", change, *arguments, "--tenant", acme).status == 0

    assert not door.is_current()
    door.refresh()
    in_use = postbus("tenant", "show", acme, "--json").row["import_addresses"]
    assert len(in_use) == {"add": 2, "revoke": 0, "rotate": 1}[change]
    assert all(door.find(each) for each in in_use)
    assert bool(door.find(address)) is (change == "add")


def test_addresses_are_listed_with_label_and_state(postbus: Any, acme: str) -> None:
    """A label helps people; a revoked address stays in the list and says so."""
    postbus("address", "add", "--tenant", acme, "--label", "tax office")
    first = postbus("address", "list", "--tenant", acme, "--json").rows[0]["import_address"]
    postbus("address", "revoke", first.upper(), "--tenant", acme)

    old, new = postbus("address", "list", "--tenant", acme, "--json").rows

    assert old["revoked_at"].endswith("Z")
    assert (new["revoked_at"], new["label"]) == (None, "tax office")
    table = postbus("address", "list", "--tenant", acme).out
    assert "revoked" in table
    assert "tax office" in table


def test_an_address_in_another_domain_of_ours(postbus: Any, acme: str, fails_with: Callable[..., None]) -> None:
    """The domain is one of the configuration's; any other is refused with those that there are."""
    domains = {"POSTBUS_ADDRESSES__DOMAINS": '["in.example.com", "mail.example.net"]'}

    made = postbus("address", "add", "--tenant", acme, "--domain", "Mail.Example.NET", "--json", **domains).row

    assert made["import_address"].endswith("@mail.example.net")
    fails_with(postbus("address", "add", "--tenant", acme, "--domain", "example.org"), "example.org", "in.example.com")


def test_an_address_of_another_tenant_cannot_be_revoked(
    postbus: Any, acme: str, fails_with: Callable[..., None]
) -> None:
    """Law 16: it looks the same as one that does not exist, and stays in use."""
    address = postbus("tenant", "add", "Other", "--json").row["import_address"]

    fails_with(postbus("address", "revoke", address, "--tenant", acme), "no import address of 'Acme'")
    assert postbus("tenant", "show", "Other", "--json").row["import_address"] == address


def test_removing_a_tenant_asks(postbus: Any, acme: str) -> None:
    """Without a yes nothing is removed; `--yes` does not ask; its addresses are gone for the doors."""
    address = postbus("tenant", "show", acme, "--json").row["import_address"]
    other = postbus("tenant", "add", "Other", "--json").row["tenant"]
    assert postbus("tenant", "remove", acme, typed="n\n").status == 1
    assert len(postbus("tenant", "list", "--json").rows) == 2

    assert postbus("tenant", "remove", other, typed="y\n").status == 0
    assert postbus("tenant", "remove", acme, "--yes").status == 0

    assert postbus("tenant", "list", "--json").rows == []
    assert directory_of(postbus.data).find(address) is None


def test_where_nobody_can_be_asked_the_remedy_is_told(postbus: Any, acme: str) -> None:
    """Without a terminal `remove` removes nothing and names `--yes`; stdout holds no question."""
    asked = postbus("tenant", "remove", acme, typed="")

    assert (asked.status, asked.out) == (1, "")
    assert "postbus: nothing is removed" in asked.err
    assert "--yes" in asked.err
    assert postbus("tenant", "list", "--json").row["tenant"] == acme


def test_what_was_removed_is_told_to_programs(postbus: Any, acme: str) -> None:
    """`remove --json` answers with what is gone."""
    postbus("standard", "add", "--tenant", acme, "--name", "Tax", "--sender", "a@example.com")

    assert postbus("standard", "remove", "--tenant", acme, "--name", "tax", "--json").row["name"] == "Tax"
    assert postbus("tenant", "remove", acme, "--yes", "--json").row["tenant"] == acme


def test_plan_and_address_may_be_named_by_option(postbus: Any, acme: str) -> None:
    """`set-plan T --plan P` reads as `add` does, `revoke --address A` as the rest; both or neither is wrong usage."""
    address = postbus("tenant", "show", acme, "--json").row["import_address"]

    assert postbus("tenant", "set-plan", acme, "--plan", "candis", "--json").row["plan"] == "candis"
    assert postbus("address", "revoke", "--tenant", acme, "--address", address, "--json").row["revoked_at"]
    assert postbus("tenant", "set-plan", acme).status == 2
    assert postbus("tenant", "set-plan", acme, "candis", "--plan", "candis").status == 2
    assert postbus("address", "revoke", "--tenant", acme).status == 2


def test_trust_in_forwards_is_set_and_shown(postbus: Any, acme: str) -> None:
    """Law 22: whose forwards are believed is the tenant's setting."""
    assert postbus("tenant", "show", acme, "--json").row["trust_forwards"] == "everyone"

    assert postbus("tenant", "set", acme, "--trust-forwards", "registered").status == 0

    assert postbus("tenant", "show", acme, "--json").row["trust_forwards"] == "registered"


def test_empty_lists_say_what_to_do_next(postbus: Any) -> None:
    """Whoever has nothing yet is told the command that makes the first one."""
    assert "postbus tenant add" in postbus("tenant", "list").out
    postbus("tenant", "add", "Acme")
    assert "postbus standard add" in postbus("standard", "list", "--tenant", "Acme").out
    assert "postbus address list" in postbus("message", "list", "--tenant", "Acme").out
    assert "postbus message list" in postbus("document", "list", "--tenant", "Acme").out


@pytest.mark.parametrize("group", [("standard",), ("message",), ("document",), ("address",)])
def test_json_of_an_empty_list_is_empty(postbus: Any, acme: str, group: tuple[str]) -> None:
    """Programs get no words where there are no records."""
    assert postbus(*group, "list", "--tenant", "Other", "--json").status == 1
    if group != ("address",):
        assert postbus(*group, "list", "--tenant", acme, "--json").out == ""
