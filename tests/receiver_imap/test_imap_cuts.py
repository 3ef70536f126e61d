"""A connection that is cut, wherever it is cut: nothing is lost, nothing comes twice."""

from tests.receiver_imap.linked_house import LATER, LinkedHouse, newsletter, receipt
from tests.receiver_pipeline.house import pdf_mail
from tests.servers.cutting import CuttingRelay
from tests.servers.dovecot import Dovecot
from tests.servers.kinds import NEEDS_DOVECOT
from tests.thorough import TIME_FOR_ALL, some_of

pytestmark = [NEEDS_DOVECOT, TIME_FOR_ALL]

_MOST_LINES = 100


def test_a_session_cut_after_any_line_loses_nothing_and_doubles_nothing(linked: LinkedHouse, dovecot: Dovecot) -> None:
    """After each response line of a first pull in turn; the next pull brings the rest, and the account does well."""
    dovecot.users |= {f"cut{number}@example.com": "secret" for number in range(1, _MOST_LINES)}
    dovecot.set_password("cut0@example.com", "secret")
    was_whole = False
    with CuttingRelay(dovecot.starttls_port) as relay:
        for number in some_of(range(1, _MOST_LINES), 3):
            relay.has_cut, relay.cut_after = False, number
            _cut_once(linked, dovecot, relay, f"cut{number}@example.com")
            if not relay.has_cut:
                was_whole = True
                break
    assert was_whole
    assert number > 15


def _cut_once(linked: LinkedHouse, dovecot: Dovecot, relay: CuttingRelay, address: str) -> None:
    tenant = address.partition("@")[0]
    dovecot.deliver(address, newsletter(), LATER)
    dovecot.deliver(address, pdf_mail(f"<{tenant}@supplier.example>"), LATER)
    dovecot.deliver(address, receipt(), LATER)
    account = linked.link(address, tenant, port=relay.port, security="none")
    linked.standard("Taxi receipts", "text", tenant, sender="receipts@taxi.example", body="journey from")
    before = dovecot.snapshot(address)

    linked.pull(account)
    if relay.has_cut:
        assert linked.row(account).health in {"unreachable", "ok"}  # cut after all was done: nothing is wrong
    relay.cut_after = None
    for _ in range(2):  # a message in the midst of which it was cut is asked for again a little later
        linked.let_time_pass(account)
        linked.pull(account)

    assert linked.states(account) == {"left": 1, "fetched": 2}, relay.cut_after
    assert sorted(each.state for each in linked.house.messages(tenant)) == ["imported", "imported", "not_imported"]
    assert linked.row(account).health == "ok"
    assert dovecot.snapshot(address) == before
