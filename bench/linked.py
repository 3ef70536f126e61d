"""Linked accounts of a running postbus, for measurements: linked, asked for, and awaited through the database.

Commands would count for the machine's time; the service does all that is measured.
"""

import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import date

from bench.server import RunningPostbus
from receiver.config import load
from rules.conditions import in_order
from rules.standards import ImportStandard
from storage.account_fields import AccountFields
from storage.accounts import add_account, list_accounts, request_pull
from storage.database import Database
from storage.secrets import KeyRing, Secret
from storage.standards import add_whole_standard
from storage.tenants import find_tenant
from storage.wanted_mail import pull_outcome


class Linked:
    """The linked accounts of the tenant `bench`."""

    def __init__(self, postbus: RunningPostbus, port: int, start_date: date) -> None:
        self._data = postbus.data
        self._port, self._start_date = port, start_date
        self._url = load(None, postbus.data, {}).database_url()

    def link(self, users: Mapping[str, str]) -> dict[str, int]:
        """Link these users (password by address); the number of each one's first pull, by account id."""
        keys = KeyRing.create(self._data)
        with closing(Database(self._url)) as database, database.write() as session:
            tenant = find_tenant(session, "bench")
            made = [
                add_account(session, tenant, self._fields(user), Secret("password", {"password": password}), keys)
                for user, password in users.items()
            ]
            return {each.id: 1 for each in made}

    def standard(self, sender: str, word: str) -> None:
        """An import standard: a mail of this sender with this word in its text is a document."""
        with closing(Database(self._url)) as database, database.write() as session:
            conditions = in_order({"sender": (sender,), "body": (word,)})
            standard = ImportStandard("", f"Texts of {sender}", conditions, keep="text")
            add_whole_standard(session, find_tenant(session, "bench"), standard)

    def ask(self) -> dict[str, int]:
        """Have all pulled now; the number of the pull that answers, by account id."""
        with closing(Database(self._url)) as database, database.write() as session:
            return request_pull(session, list_accounts(session, find_tenant(session, "bench")))

    def until_settled(self, pulls: Mapping[str, int], seconds: float) -> float:
        """Wait until these pulls have ended and all they brought is settled. Raises TimeoutError.

        Gives the moment (of the monotonic clock) at which the last pull was seen to have ended.
        """
        deadline, ended = time.monotonic() + seconds, 0.0
        open_pulls, open_settling = dict(pulls), dict(pulls)
        with closing(Database(self._url)) as database:
            while open_settling:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{len(open_pulls)} pulls not ended, {len(open_settling)} not settled")
                time.sleep(0.1)
                with database.read() as session:
                    for account_id, pull in list(open_pulls.items()):
                        if pull_outcome(session, account_id, pull).is_finished:
                            del open_pulls[account_id]
                    ended = ended if open_pulls else ended or time.monotonic()
                    for account_id, pull in list(open_settling.items()):
                        if account_id not in open_pulls and pull_outcome(session, account_id, pull).is_settled:
                            del open_settling[account_id]
        return ended

    def health(self) -> Iterable[str]:
        """How each account does."""
        with closing(Database(self._url)) as database, database.read() as session:
            return [each.health for each in list_accounts(session)]

    def _fields(self, user: str) -> AccountFields:
        return AccountFields(
            address=user,
            username=user,
            host="localhost",
            port=self._port,
            security="tls",
            auth="password",
            start_date=self._start_date,
        )
