"""A mail that its server cannot deliver neither blocks its account nor is passed over for ever (law 11)."""

from collections.abc import Callable

from tests.receiver_imap.linked_house import LATER, LinkedHouse, newsletter
from tests.receiver_pipeline.house import pdf_mail
from tests.servers.dovecot import Dovecot
from tests.servers.kinds import NEEDS_DOVECOT

pytestmark = NEEDS_DOVECOT


def test_a_mail_that_cannot_be_delivered_holds_up_no_other_and_comes_once_it_can(
    linked: LinkedHouse, dovecot: Dovecot, new_user: Callable[[], str]
) -> None:
    """Its file cannot be read on the server: the mails before and behind it come, and it does when it is mended."""
    address = new_user()
    dovecot.deliver(address, pdf_mail("<1@supplier.example>", pdf=b"%PDF-1.4\n1\n%%EOF\n"), LATER)
    broken = dovecot.deliver(address, pdf_mail("<2@supplier.example>", pdf=b"%PDF-1.4\n2\n%%EOF\n"), LATER)
    dovecot.deliver(address, newsletter(), LATER)
    dovecot.deliver(address, pdf_mail("<3@supplier.example>", pdf=b"%PDF-1.4\n3\n%%EOF\n"), LATER)
    broken.chmod(0)
    account = linked.link(address)

    for _ in range(3):  # a server may break off at such a mail each time
        linked.pull()
    assert linked.states(account) == {"fetched": 2, "left": 1, "failed": 1}
    assert linked.row(account).health == "ok"

    for file in dovecot.maildir(address).rglob(f"{broken.name}*"):
        file.chmod(0o600)
    linked.let_time_pass(account)
    linked.pull()

    assert linked.states(account) == {"fetched": 3, "left": 1}
    assert len(linked.house.documents()) == 3
