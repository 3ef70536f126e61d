"""A house with linked accounts on a real server, pulled as `postbus account pull` does it."""

import secrets
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, cast

from sqlalchemy import text

from receiver.imap.sole_pull import pull_now
from rules.conditions import Fact, in_order
from rules.standards import ImportStandard, Keep
from storage.account_fields import AccountFields, fields_of
from storage.account_models import LinkedAccount
from storage.accounts import add_account, change_account, set_secret
from storage.models import Message
from storage.secrets import KeyRing, Secret
from storage.standards import add_whole_standard
from storage.tenants import find_tenant
from storage.wanted_mail import want
from tests.receiver_pipeline.house import House
from tests.servers.imap_server import ImapServer

START = date(2026, 1, 1)
BEFORE = datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 3, 1, 12, tzinfo=UTC)


def newsletter(subject: str = "News of the week", message_id: str | None = None) -> bytes:
    """A mail that nobody wants as a document."""
    head = (
        f"From: Shop <news@shop.example>\r\nTo: office@example.com\r\nSubject: {subject}\r\n"
        f"Message-ID: {message_id or f'<{secrets.token_hex(8)}@shop.example>'}\r\n"
        "Date: Mon, 02 Mar 2026 10:00:00 +0100\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    )
    return (head + "Our offers are good, and all of them end today.\r\n" * 50).encode()


def receipt(number: int = 1) -> bytes:
    """A mail whose text is the invoice, without attachments, though it says too little to be recognised as one."""
    return (
        f"From: Taxi <receipts@taxi.example>\r\nTo: office@example.com\r\nSubject: Your journey {number}\r\n"
        f"Message-ID: <receipt-{number}@taxi.example>\r\nDate: Mon, 02 Mar 2026 10:00:00 +0100\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n\r\n"
        "Journey from A to B, 12 minutes, 12.50\r\n"
    ).encode()


@dataclass
class LinkedHouse:
    """A tenant, its accounts, and the server they are on."""

    house: House
    server: ImapServer
    keys: KeyRing
    accounts: list[LinkedAccount] = field(default_factory=list)

    def link(self, address: str, tenant: str = "Acme", **changes: Any) -> LinkedAccount:
        """Link an account of the server with its password; one by OAuth waits for its consent."""
        self.house.tenant(tenant)
        values: dict[str, Any] = {
            "address": address,
            "username": address,
            "host": self.server.host,
            "port": self.server.tls_port,
            "security": "tls",
            "auth": "password",
            "start_date": START,
        }
        secret = Secret("password", {"password": self.server.users[address]}) if address in self.server.users else None
        with self.house.database.write() as session:
            fields = AccountFields(**(values | changes))
            self.accounts.append(add_account(session, find_tenant(session, tenant), fields, secret, self.keys))
        return self.accounts[-1]

    def pull(self, *accounts: LinkedAccount) -> dict[str, Any]:
        """Pull now and settle; what the last account's row says of it."""
        pull_now(self.house.settings, [each.id for each in accounts or self.accounts])
        self.house.drain()
        told = self.row((accounts or self.accounts)[-1]).last_pull
        assert told is not None
        return told

    def row(self, account: LinkedAccount) -> LinkedAccount:
        """The account as it is now."""
        with self.house.database.read() as session:
            found = session.get(LinkedAccount, account.id)
        assert found is not None
        return found

    def states(self, account: LinkedAccount) -> Counter[str]:
        """How many UIDs are in which state."""
        query = text("SELECT state, count(*) FROM uid_looks WHERE account_id = :account GROUP BY state")
        with self.house.database.read() as session:
            return Counter(dict(session.connection().execute(query, {"account": account.id}).all()))

    def by_subject(self, tenant: str = "Acme") -> dict[str, Message]:
        """The tenant's messages."""
        return {each.subject: each for each in self.house.messages(tenant)}

    def standard(self, name: str, keep: Keep, tenant: str = "Acme", **any_of: str) -> None:
        """Add an import standard by its conditions."""
        given = {cast("Fact", fact): (value,) for fact, value in any_of.items()}
        with self.house.database.write() as session:
            whole = ImportStandard("", name, in_order(given), keep=keep)
            add_whole_standard(session, find_tenant(session, tenant), whole)

    def change(self, account: LinkedAccount, **changes: Any) -> None:
        """Change fields of the account."""
        with self.house.database.write() as session:
            row = session.get(LinkedAccount, account.id)
            assert row is not None
            change_account(session, row, replace(fields_of(row), **changes))

    def new_password(self, account: LinkedAccount, password: str) -> None:
        """Enter another password."""
        with self.house.database.write() as session:
            row = session.get(LinkedAccount, account.id)
            assert row is not None
            set_secret(session, row, Secret("password", {"password": password}), self.keys)

    def settings(self, **changes: Any) -> None:
        """Change settings of `[accounts]`."""
        settings = self.house.settings
        accounts = settings.accounts.model_copy(update=changes)
        self.house.settings = settings.model_copy(update={"accounts": accounts})

    def want(self, subject: str) -> bool:
        """What re-matching does about a mail that was left, once a standard fits it."""
        with self.house.database.write() as session:
            return want(session, self.by_subject()[subject])

    def let_time_pass(self, account: LinkedAccount) -> None:
        """As if every pause before another try were over."""
        with self.house.database.write() as session:
            session.connection().execute(
                text("UPDATE uid_looks SET next_try_at = '2026-01-01 00:00:00.000000' WHERE account_id = :account"),
                {"account": account.id},
            )
