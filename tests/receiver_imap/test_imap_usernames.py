"""The user name that a server wants may be the address or what stands before its @; which one is found out once."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest

from tests import secrecy
from tests.receiver_imap.linked_house import LATER, LinkedHouse
from tests.receiver_pipeline.house import pdf_mail
from tests.servers.dovecot import Dovecot
from tests.servers.kinds import NEEDS_DOVECOT

pytestmark = NEEDS_DOVECOT


@pytest.fixture(name="local_part")
def _local_part(dovecot: Dovecot) -> str:
    """A user that the server knows without a domain, with an invoice."""
    name = secrets.token_hex(6)
    dovecot.set_password(name, secrecy.secret(name))
    dovecot.deliver(name, pdf_mail(), LATER)
    return name


def logins(dovecot: Dovecot, name: str) -> int:
    """How often the server was asked about this user name, whatever came of it."""
    return dovecot.log.count(f"user=<{name}>")


def test_icloud_takes_the_local_part_where_it_refuses_the_address(
    linked: LinkedHouse, dovecot: Dovecot, local_part: str
) -> None:
    """The tenant enters the address; what worked is remembered, and the next pull logs in once."""
    address = f"{local_part}@icloud.example"
    account = linked.link(address, provider="icloud")
    linked.new_password(account, dovecot.users[local_part])

    linked.pull()
    refused = logins(dovecot, address)
    linked.pull()

    row = linked.row(account)
    assert (row.health, row.worked_username, row.username) == ("ok", local_part, address)
    assert len(linked.house.documents()) == 1
    assert refused == 1
    assert logins(dovecot, address) == refused


def test_a_wrong_password_is_shown_under_either_name_once(
    linked: LinkedHouse, dovecot: Dovecot, local_part: str
) -> None:
    """Two tries, then a day's rest: providers lock whom they see failing."""
    address = f"{local_part}@icloud.example"
    account = linked.link(address, provider="icloud")
    linked.new_password(account, secrecy.secret("wrong"))

    linked.pull()

    row = linked.row(account)
    assert (row.health, row.health_code, row.worked_username) == ("needs_password", "password_refused", None)
    assert row.next_pull_at - datetime.now(UTC) > timedelta(hours=23)
    assert (logins(dovecot, address), logins(dovecot, local_part)) == (1, 1)


def test_elsewhere_the_user_name_is_what_was_entered(linked: LinkedHouse, dovecot: Dovecot, local_part: str) -> None:
    """The local part of an address may be somebody else at another provider."""
    address = f"{local_part}@elsewhere.example"
    account = linked.link(address)
    linked.new_password(account, dovecot.users[local_part])

    linked.pull()

    assert linked.row(account).health_code == "password_refused"
    assert logins(dovecot, local_part) == 0
