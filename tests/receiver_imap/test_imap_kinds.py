"""The same promises on every kind of server: documents come, the rest is left, and the mailbox is as it was."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from receiver.config import Settings
from storage.secrets import KeyRing
from tests import secrecy
from tests.receiver_imap.linked_house import BEFORE, LATER, LinkedHouse, newsletter, receipt
from tests.receiver_pipeline.house import open_house, pdf_mail
from tests.servers.imap_server import ImapServer
from tests.servers.kinds import SERVERS


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[ImapServer]:
    """One of each kind."""
    with request.param({}) as running:
        yield running


@pytest.fixture
def linked_there(server: ImapServer, empty_database: Path, tmp_path: Path) -> Iterator[LinkedHouse]:
    """A house that trusts the server."""
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(empty_database, data / "postbus.db")
    accounts = {"allow_internal_hosts": True, "ca_file": str(server.ca_file), "batch_messages": 5}
    settings = {"data": data, "pipeline": {"parsers": 1}, "journal": {"reserve_octets": 0}, "accounts": accounts}
    house = open_house(Settings.model_validate(settings))
    yield LinkedHouse(house, server, KeyRing.create(data))
    house.database.close()
    house.blobs.close()


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_documents_come_the_rest_is_left_and_nothing_is_touched(
    linked_there: LinkedHouse, server: ImapServer, security: str
) -> None:
    """A first pull, one without news, and one with; two mailboxes; mail from before the start date stays alone."""
    linked, address = linked_there, f"{security}@example.com"
    server.set_password(address, secrecy.secret(address))
    server.deliver(address, pdf_mail("<early@supplier.example>"), BEFORE)
    for number in range(7):
        server.deliver(address, newsletter(f"News {number}"), LATER)
    server.deliver(address, pdf_mail("<1@supplier.example>"), LATER)
    server.deliver(address, receipt(), LATER, "Receipts")
    mailboxes = ("INBOX", server.name_of("Receipts"))
    port = server.tls_port if security == "tls" else server.starttls_port
    account = linked.link(address, port=port, security=security, mailboxes=mailboxes)
    linked.standard("Taxi receipts", "text", sender="receipts@taxi.example", body="journey from")
    before = server.snapshot(address)

    linked.pull()
    without_news = linked.pull()

    assert linked.states(account) == {"before_start": 1, "left": 7, "fetched": 2}
    assert (without_news["looked_at"], without_news["fetched"]) == (0, 0)
    assert server.snapshot(address) == before

    server.deliver(address, pdf_mail("<2@supplier.example>", pdf=b"%PDF-1.4\n2\n%%EOF\n"), LATER)
    before = server.snapshot(address)
    with_news = linked.pull()

    assert (with_news["looked_at"], with_news["fetched"]) == (1, 1)
    assert sorted(each.state for each in linked.house.messages()) == ["imported"] * 3 + ["not_imported"] * 7
    assert linked.row(account).health == "ok"
    assert server.snapshot(address) == before
