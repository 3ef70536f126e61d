"""What goes wrong with one account or one message is told of that account, and holds up nothing else."""

from collections.abc import Callable

import pytest

from tests.receiver_imap.linked_house import LATER, LinkedHouse, newsletter
from tests.receiver_pipeline.house import pdf_mail
from tests.servers.authority import CertificateKind
from tests.servers.dovecot import Dovecot
from tests.servers.kinds import NEEDS_DOVECOT

pytestmark = NEEDS_DOVECOT
NewUser = Callable[[], str]


@pytest.mark.parametrize("kind", ["expired", "wrong name", "unknown authority"])
def test_a_bad_certificate_is_told_and_no_password_goes_there(
    linked: LinkedHouse, dovecot: Dovecot, new_user: NewUser, kind: CertificateKind
) -> None:
    """The account says so; another account on a good server is pulled in the same round."""
    good = new_user()
    dovecot.deliver(good, pdf_mail(), LATER)
    with Dovecot({}, certificate=kind) as bad:
        # Same users: only the certificate is wrong.
        bad.set_password(good, dovecot.users[good])
        there = linked.link(good, tenant="Badly", port=bad.tls_port)
        here = linked.link(good)

        linked.pull()

        assert "Login" not in bad.log
    told = linked.row(there)
    assert (told.health, told.health_code) == ("unreachable", "certificate_wrong")
    assert linked.row(here).health == "ok"
    assert len(linked.house.documents()) == 1


def test_a_wish_outlives_a_password_that_was_changed(linked: LinkedHouse, dovecot: Dovecot, new_user: NewUser) -> None:
    """Between the scan and the re-match: what is wanted waits for the account's health, and comes then."""
    address = new_user()
    dovecot.deliver(address, newsletter("Wanted"), LATER)
    account = linked.link(address)
    linked.pull()
    dovecot.set_password(address, "another-secret")
    linked.standard("Shop", "text", sender="news@shop.example")
    assert linked.want("Wanted")

    linked.pull()
    assert linked.row(account).health == "needs_password"
    assert linked.by_subject()["Wanted"].state == "not_imported"

    linked.new_password(account, "another-secret")
    linked.pull()
    assert linked.by_subject()["Wanted"].state == "imported"
    assert linked.row(account).health == "ok"
