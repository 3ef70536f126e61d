"""Promises of storage.accounts: what people enter of an account, and what follows from changing it."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from storage import audit
from storage.account_models import LinkedAccount
from storage.account_pulls import LeaseLost, check_lease, claim_accounts, finish_pull
from storage.accounts import (
    accounts_json,
    add_account,
    change_account,
    find_account,
    list_accounts,
    pause,
    remove_account,
    request_pull,
    resume,
    set_secret,
)
from storage.database import Database, Session
from storage.failures import InUse, Invalid, NotFound
from storage.looks import UidLook, advance_cursor, begin_mailbox, known_uids, mailboxes_of, note_looks
from storage.models import ImportAddress, Tenant
from storage.rematch_models import RematchChange
from storage.secrets import KeyRing
from storage.settling import settle
from storage.standards import revisions_of, rules_of
from storage.tenants import add_forwarder, add_tenant, set_trust_forwards
from tests.storage_database.linked import MINUTE, PASSWORD, claim, fields, link, password, ring, token, unwell, well
from tests.storage_database.settlements import left
from tests.storage_database.test_rematching import FACTS

Owner = tuple[Tenant, ImportAddress]


@pytest.fixture
def keys(tmp_path: Path) -> KeyRing:
    """Keys of a data folder."""
    return ring(tmp_path / "data")


def _reload(database: Database, account: LinkedAccount) -> LinkedAccount:
    with database.read() as session:
        return session.get_one(LinkedAccount, account.id)


def test_an_account_is_linked_and_due(database: Database, acme: Owner, keys: KeyRing) -> None:
    """The fields come back as they were entered, tidied; the password opens with the key, for this row alone."""
    with database.write() as session:
        entered = fields("Office@ACME.example", host="IMAP.Acme.example.", mailboxes=("INBOX", "INBOX", "Rechnungen"))
        made = add_account(session, acme[0], entered, password(), keys)
    row = _reload(database, made)
    assert (row.address, row.host, row.mailboxes) == (
        "office@acme.example",
        "imap.acme.example",
        ["INBOX", "Rechnungen"],
    )
    assert (row.health, row.health_code) == ("ok", "waits_for_first_pull")
    assert row.secret is not None
    assert keys.unseal(row.secret, row.id).values["password"] == PASSWORD
    with database.write() as session:
        assert [each.id for each in claim_accounts(session, "a", 10, MINUTE)] == [made.id]


def test_every_fault_is_told_at_once(database: Database, acme: Owner, keys: KeyRing) -> None:
    """What cannot be an account is refused, with all that is wrong."""
    wrong = fields("nobody", username=" ", host="a b", port=0, security="ssl", auth="plain", interval_seconds=7200)
    with database.write() as session, pytest.raises(Invalid) as refused:
        add_account(session, acme[0], wrong, None, keys)
    for word in ("e-mail address", "user name", "server name", "port 0", "security", "authentication", "IDLE"):
        assert word in str(refused.value)


def test_a_longer_interval_needs_idle(database: Database, acme: Owner, keys: KeyRing) -> None:
    """Where IDLE keeps watch an account may be pulled less often than hourly."""
    made = link(database, acme[0], keys, idle=True, interval_seconds=7200)
    assert made.interval_seconds == 7200


def test_servers_of_the_own_network_have_names(database: Database, acme: Owner, keys: KeyRing) -> None:
    """One label, or an address, is a server too; whether it may be reached is the puller's to say (law 18)."""
    for host in ("localhost", "127.0.0.1", "[2001:DB8::1]"):
        assert link(database, acme[0], keys, host=host).host == host.strip("[]").lower()


def test_without_a_secret_it_waits_for_one(database: Database, acme: Owner, keys: KeyRing) -> None:
    """An account may be entered before its password or consent: its health says what it needs."""
    with database.write() as session:
        plain = add_account(session, acme[0], fields(), None, keys)
        other = add_account(session, acme[0], fields("b@acme.example", auth="xoauth2"), None, keys)
    assert (plain.health, plain.health_code) == ("needs_password", "no_password")
    assert (other.health, other.health_code) == ("needs_relink", "no_consent")


def test_a_password_is_no_consent(database: Database, acme: Owner, keys: KeyRing) -> None:
    """The secret is of the kind that the authentication takes."""
    with database.write() as session, pytest.raises(Invalid):
        add_account(session, acme[0], fields(), token(), keys)


def test_a_permission_does_not_move_to_another_server(database: Database, acme: Owner, keys: KeyRing) -> None:
    """Who is told a token can use it as we do: only the provider's own server is, another begins without."""
    with database.write() as session:
        made = add_account(session, acme[0], fields(auth="xoauth2"), token(), keys)
        change_account(session, made, fields(auth="xoauth2", port=1993))
        assert made.secret is not None
        change_account(session, made, fields(auth="xoauth2", port=1993, host="imap.elsewhere.example"))
    assert (made.secret, made.health, made.health_code) == (None, "needs_relink", "no_consent")


def test_an_account_is_linked_once(database: Database, acme: Owner, keys: KeyRing) -> None:
    """The same address, server and user name again is refused; another tenant may link it (law 16)."""
    link(database, acme[0], keys)
    with pytest.raises(InUse):
        link(database, acme[0], keys)
    with database.write() as session:
        other, _ = add_tenant(session, "Other", "standard", ["in.example.com"])
    link(database, other, keys)


def test_an_account_is_found_by_id_and_address(database: Database, acme: Owner, keys: KeyRing) -> None:
    """Case does not count; the nearest is named; what is linked twice is named by id; tenants see their own."""
    made = link(database, acme[0], keys)
    with database.write() as session:
        other, _ = add_tenant(session, "Other", "standard", ["in.example.com"])
    with database.read() as session:
        assert find_account(session, made.id, acme[0]).id == made.id
        assert find_account(session, "OFFICE@acme.example").id == made.id
        with pytest.raises(NotFound, match=r"office@acme\.example"):
            find_account(session, "offce@acme.example", acme[0])
        with pytest.raises(NotFound):
            find_account(session, made.id, other)
    second = link(database, acme[0], keys, username="other")
    with database.read() as session, pytest.raises(NotFound, match=second.id):
        find_account(session, "office@acme.example")


def _refused(database: Database, account: LinkedAccount) -> None:
    claimed = claim(database, account)
    with database.write() as session:
        finish_pull(session, claimed, unwell())


def test_a_new_password_ends_needs_password(database: Database, acme: Owner, keys: KeyRing) -> None:
    """It is pulled at once, and its failures are forgotten."""
    account = link(database, acme[0], keys)
    _refused(database, account)
    with database.write() as session:
        set_secret(session, find_account(session, account.id), password("new"), keys)
    row = _reload(database, account)
    assert (row.health, row.failures) == ("ok", 0)
    with database.write() as session:
        [claimed] = claim_accounts(session, "a", 10, MINUTE)
    assert claimed.sealed is not None
    assert keys.unseal(claimed.sealed, claimed.id) == password("new")


def test_a_new_host_ends_needs_password(database: Database, acme: Owner, keys: KeyRing) -> None:
    """Whoever names another server is believed; whoever changes the start date has mended nothing."""
    account = link(database, acme[0], keys)
    _refused(database, account)
    with database.write() as session:
        change_account(session, account, fields(start_date=date(2025, 1, 1)))
    assert _reload(database, account).health == "needs_password"
    with database.write() as session:
        change_account(session, account, fields(host="mail.acme.example"))
    assert _reload(database, account).health == "ok"


def test_another_authentication_needs_another_secret(database: Database, acme: Owner, keys: KeyRing) -> None:
    """A password is never sent as a token."""
    account = link(database, acme[0], keys)
    with database.write() as session:
        change_account(session, account, fields(auth="xoauth2"))
    row = _reload(database, account)
    assert (row.secret, row.secret_key, row.health) == (None, None, "needs_relink")


def test_a_pull_under_way_keeps_nothing_of_a_changed_account(database: Database, acme: Owner, keys: KeyRing) -> None:
    """Two at once: what the old password or server says is not noted after a change, nor once it is paused."""
    account = link(database, acme[0], keys)

    def new_password(session: Session) -> None:
        set_secret(session, account, password("new"), keys)

    def other_host(session: Session) -> None:
        change_account(session, account, fields(host="mail.acme.example"))

    for change in (new_password, other_host, lambda session: pause(session, account)):
        claimed = claim(database, account)
        with database.write() as session:
            change(session)
        with pytest.raises(LeaseLost), database.write() as session:
            finish_pull(session, claimed, unwell())
    assert _reload(database, account).health == "paused"


def test_an_earlier_start_date_scans_what_lies_below(database: Database, acme: Owner, keys: KeyRing) -> None:
    """UIDs that were too early are looked at anew; how far the mailbox was searched shows what is missing."""
    account = link(database, acme[0], keys)
    claimed = claim(database, account)
    with database.write() as session:
        box = begin_mailbox(session, claimed, "INBOX", 7)
        note_looks(session, claimed, box.id, [UidLook(uid=1, state="before_start"), UidLook(uid=2, state="left")])
        advance_cursor(session, claimed, box.id, 3, account.start_date)
        change_account(session, account, fields(start_date=date(2025, 6, 1)))
        assert known_uids(session, box.id, 7, {1, 2, 3}) == {2}
        [state] = mailboxes_of(session, account.id)
    assert state.scanned_from == date(2026, 1, 1)
    assert _reload(database, account).start_date == date(2025, 6, 1)


def test_another_server_has_other_mailboxes(database: Database, acme: Owner, keys: KeyRing) -> None:
    """UIDs of another server mean other mail, whatever its UIDVALIDITY: transport keys of before are never reused."""
    account = link(database, acme[0], keys)
    claimed = claim(database, account)
    with database.write() as session:
        before = begin_mailbox(session, claimed, "INBOX", 1)
        change_account(session, account, fields(host="mail.acme.example"))
    claimed = claim(database, account)
    with database.write() as session:
        after = begin_mailbox(session, claimed, "INBOX", 1)
    assert before.id != after.id


def test_pausing_and_resuming(database: Database, acme: Owner, keys: KeyRing) -> None:
    """A paused account is never claimed, however it is asked; resumed, it does as it did."""
    account = link(database, acme[0], keys)
    _refused(database, account)
    with database.write() as session:
        pause(session, account)
        pause(session, account)
        assert request_pull(session, [account]) == {}
        assert claim_accounts(session, "a", 10, MINUTE) == []
        assert account.health == "paused"
        resume(session, account)
        resume(session, account)
        [claimed] = claim_accounts(session, "a", 10, MINUTE)
    assert (claimed.health, _reload(database, account).health_code) == ("needs_password", "password_refused")


def test_a_new_password_leaves_a_paused_account_paused(database: Database, acme: Owner, keys: KeyRing) -> None:
    """It shows once the account is resumed."""
    account = link(database, acme[0], keys)
    _refused(database, account)
    with database.write() as session:
        pause(session, account)
        set_secret(session, account, password("new"), keys)
        assert account.health == "paused"
        resume(session, account)
    assert _reload(database, account).health == "ok"


def test_a_pull_that_is_asked_for_comes_at_once(database: Database, acme: Owner, keys: KeyRing) -> None:
    """The number of the pull that answers is told; one under way began before it was asked for and does not count."""
    account = link(database, acme[0], keys)
    first = claim(database, account)
    with database.write() as session:
        assert request_pull(session, [account]) == {account.id: first.pull + 1}
        finish_pull(session, first, well())
        [second] = claim_accounts(session, "a", 10, MINUTE)
        assert second.pull == first.pull + 1
        finish_pull(session, second, well())
        assert claim_accounts(session, "a", 10, MINUTE) == []


def test_its_address_is_a_registered_forwarder(database: Database, acme: Owner, keys: KeyRing) -> None:
    """Law 22: by itself, from the moment it is linked until it is removed; decisions under way are made again."""
    tenant = acme[0]
    with database.write() as session:
        set_trust_forwards(session, tenant, "registered")
        settle(session, left(acme, "k1", facts=FACTS, tenant_revision=tenant.revision))
    revisions = []

    def look(session: Session) -> frozenset[str]:
        revision, _, policy = rules_of(session, tenant.id)
        revisions.append(revision)
        return policy.registered_forwarders

    account = link(database, tenant, keys)
    second = link(database, tenant, keys, username="other")
    with database.write() as session:
        assert look(session) == {"office@acme.example"}
        changes = len(session.exec(select(RematchChange)).all())
        remove_account(session, second)
        assert look(session) == {"office@acme.example"}
        change_account(session, account, fields("post@acme.example"))
        assert look(session) == {"post@acme.example"}
        remove_account(session, account)
        assert look(session) == frozenset()
        assert len(session.exec(select(RematchChange)).all()) > changes > 0
    assert revisions[0] == revisions[1] < revisions[2] < revisions[3]


def test_a_forwarder_that_was_registered_stays_so(database: Database, acme: Owner, keys: KeyRing) -> None:
    """Linking and removing an account of a registered address changes nothing about its forwards."""
    with database.write() as session:
        add_forwarder(session, acme[0], "office@acme.example")
        before = revisions_of(session, [acme[0].id])
    account = link(database, acme[0], keys)
    with database.write() as session:
        remove_account(session, account)
        assert revisions_of(session, [acme[0].id]) == before


def test_changes_stand_in_the_audit_without_secrets(database: Database, acme: Owner, keys: KeyRing) -> None:
    """Who did what to which account; never the password."""
    account = link(database, acme[0], keys)
    with database.write(actor="cli:root") as session:
        set_secret(session, account, password("next"), keys)
        change_account(session, account, fields(port=143, security="starttls"))
        pause(session, account)
        resume(session, account)
        remove_account(session, account)
    with database.read() as session:
        lines = [line for line in audit.list_lines(session, acme[0].id) if line.subject_id == account.id]
    actions = {line.action for line in lines}
    assert actions == {f"account_{each}" for each in ("added", "authorized", "changed", "paused", "resumed", "removed")}
    assert {line.actor for line in lines if line.action != "account_added"} == {"cli:root"}
    assert not any(secret in str(lines) for secret in (PASSWORD, "next"))


def test_accounts_as_programs_read_them(database: Database, acme: Owner, keys: KeyRing) -> None:
    """Every field, the health with its sentence, and never the secret."""
    account = link(database, acme[0], keys)
    _refused(database, account)
    with database.read() as session:
        [told] = accounts_json(session, list_accounts(session, acme[0]), lambda code, params: f"words of {code}")
    assert (told["tenant"], told["address"], told["health"]) == ("Acme", "office@acme.example", "needs_password")
    assert (told["reason"], told["reason_code"]) == ("words of password_refused", "password_refused")
    assert (told["has_secret"], told["failures"], told["is_pulling"]) == (True, 1, False)
    assert PASSWORD not in str(told)
    assert "secret" not in told


def test_a_removed_account_lets_its_puller_keep_nothing(database: Database, acme: Owner, keys: KeyRing) -> None:
    """Two at once: who pulls it finds the lease lost."""
    account = link(database, acme[0], keys)
    claimed = claim(database, account, lease=timedelta(hours=1))
    with database.write() as session:
        remove_account(session, account)
    with pytest.raises(LeaseLost), database.write() as session:
        check_lease(session, claimed)
