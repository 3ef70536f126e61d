"""Mail whose structure no head tells wholly: nothing is concluded from what is not there."""

from collections.abc import Callable

import pytest

from receiver.imap.values import Limits
from tests.receiver_imap.linked_house import LATER, LinkedHouse
from tests.receiver_pipeline.house import pdf_mail
from tests.servers.dovecot import Dovecot
from tests.servers.kinds import NEEDS_DOVECOT

pytestmark = NEEDS_DOVECOT
HEAD = b"From: a@supplier.example\r\nSubject: Deep\r\nMessage-ID: <deep@supplier.example>\r\n"


def in_multiparts(depth: int) -> bytes:
    """A PDF within so many multiparts."""
    mail = b"Content-Type: application/pdf\r\n\r\n%PDF-1.4\n%%EOF\n"
    for number in range(depth):
        edge = b"edge%d" % number
        mail = b"Content-Type: multipart/mixed; boundary=%s\r\n\r\n--%s\r\n%s\r\n--%s--\r\n" % (edge, edge, mail, edge)
    return HEAD + b"MIME-Version: 1.0\r\n" + mail


@pytest.mark.parametrize("depth", [Limits().depth + 1, 1000])
def test_a_mail_nested_too_deep_to_be_told_is_fetched(
    linked: LinkedHouse, dovecot: Dovecot, new_user: Callable[[], str], depth: int
) -> None:
    """Whole: whether there is a document in it the pipeline finds out. The mail behind it comes too."""
    address = new_user()
    dovecot.deliver(address, in_multiparts(depth), LATER)
    dovecot.deliver(address, pdf_mail(), LATER)
    account = linked.link(address)

    told = linked.pull()

    assert (told["looked_at"], told["fetched"], told["is_success"]) == (2, 2, True)
    assert linked.states(account) == {"fetched": 2}
    assert set(linked.by_subject()) == {"Deep", "Invoice 4711"}
    assert linked.by_subject()["Invoice 4711"].state == "imported"
