"""What is imported of a mail that stands in a mailbox is what is imported of the same mail when it comes by SMTP."""

import base64
import itertools
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.tenants import find_tenant
from storage.transport_keys import parse_transport_key
from tests.receiver_imap.linked_house import LATER, LinkedHouse
from tests.receiver_pipeline.house import PDF
from tests.servers.dovecot import Dovecot
from tests.servers.kinds import NEEDS_DOVECOT
from tests.thorough import so_many, some_of

pytestmark = NEEDS_DOVECOT
NewUser = Callable[[], str]
CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
PULLED, SENT = "Pulled", "Sent"


def states(linked: LinkedHouse, tenant: str) -> dict[str, str]:
    """State of each mail of a tenant by its transport key."""
    query = text(
        "SELECT message_keys.key, messages.state FROM message_keys JOIN messages ON messages.id = message_id"
        " WHERE messages.tenant_id = :tenant AND kind = 'transport'"
    )
    with linked.house.database.read() as session:
        found = session.connection().execute(query, {"tenant": find_tenant(session, tenant).id})
        return {row.key: row.state for row in found}


def imported_both_ways(
    linked: LinkedHouse, dovecot: Dovecot, address: str, mails: Mapping[str, bytes]
) -> tuple[set[str], set[str]]:
    """The names of those that are imported from a mailbox, and of those that are imported when they are sent."""
    for octets in mails.values():
        dovecot.deliver(address, octets, LATER)
    linked.settings(batch_messages=250)
    linked.pull()
    ids = linked.house.accept_many(list(mails.values()), linked.house.tenant(SENT))
    linked.house.drain()
    pulled, sent = states(linked, PULLED), states(linked, SENT)
    names = list(mails)
    imported = {"imported", "duplicate"}
    # One after the other was delivered, so UIDs count them.
    by_pull = {names[parse_transport_key(key).uid - 1] for key, state in pulled.items() if state in imported}
    return by_pull, {name for name, key in zip(names, ids, strict=True) if sent[key] in imported}


def add_standards(linked: LinkedHouse) -> None:
    """Standards of many kinds for both tenants."""
    for tenant in (PULLED, SENT):
        linked.standard("No news", "ignore", tenant, body="newsletter")
        linked.standard("Bills", "text", tenant, subject="*rechnung*", body="*rechnung*")
        linked.standard("Orders", "both", tenant, body="order")
        linked.standard("Totals", "text", tenant, body_pattern="(?i)total.{0,20}[0-9]", language="en")
        linked.standard("Letters", "attachments", tenant, attachment_name="*.doc*")
        linked.standard("Scans", "attachments", tenant, attachment_type="image/*", size=">= 60000")
        linked.standard("Forwards", "text", tenant, original_sender="@gmail.com")
        linked.standard("Answers", "text", tenant, reply_to="@gmail.com", subject="*order*")
        linked.standard("Leaving", "text", tenant, body="*unsubscribe*", language="fr")


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the reference set ../shared/corpus is not on this machine")
def test_a_mailbox_of_all_kinds_of_mail_brings_in_what_smtp_would(
    linked: LinkedHouse, dovecot: Dovecot, new_user: NewUser
) -> None:
    """Every mail of the corpus, by standards of many kinds: nothing is left that would have been imported."""
    files = sorted(file for name in ("mime", "forwarded", "invoicemail") for file in (CORPUS / name).glob("*.eml"))
    mails = {
        f"{file.parent.name}/{file.name}": re.sub(rb"\r*\n|\r(?!\n)", b"\r\n", file.read_bytes())
        for file in some_of(files, 4)
    }
    address = new_user()
    linked.link(address, PULLED)
    linked.house.tenant(SENT)
    add_standards(linked)

    pulled, sent = imported_both_ways(linked, dovecot, address, mails)

    assert len(sent) > so_many(15, in_long_runs=90)
    assert pulled == sent


TYPES = ("application/pdf", "application/octet-stream", "text/plain", "text/csv", "image/pdf", "x-unknown/x", "bogus")
NAMES = ("", "; filename=a.pdf", "; filename=a.txt", "; filename*0*=utf-8''a%2E; filename*1=pdf")
TEXT = b"Content-Type: text/plain\r\n\r\nHello\r\n"
INNER = b"From: Inner <inner@supplier.example>\r\nSubject: Inner\r\nMIME-Version: 1.0\r\n"


def multipart(kind: str, edge: str, *parts: bytes) -> bytes:
    """A multipart with its Content-Type."""
    head = f'Content-Type: multipart/{kind}; boundary="{edge}"\r\n\r\n'.encode()
    return head + b"".join(b"--%b\r\n%b\r\n" % (edge.encode(), part) for part in parts) + f"--{edge}--\r\n".encode()


def attached(part: bytes) -> bytes:
    """A mail as a part of another one."""
    return b"Content-Type: message/rfc822\r\n\r\n" + INNER + multipart("mixed", "inner", TEXT, part)


def attached_encoded(part: bytes) -> bytes:
    """The same in base64, which is forbidden, and seen."""
    octets = base64.encodebytes(attached(part).partition(b"\r\n\r\n")[2]).replace(b"\n", b"\r\n")
    return b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + octets


PLACES: dict[str, Callable[[bytes], bytes]] = {
    "beside the text": lambda part: multipart("mixed", "edge", TEXT, part),
    "an alternative": lambda part: multipart("alternative", "edge", TEXT, part),
    "alone": lambda part: part,
    "in an attached mail": lambda part: multipart("mixed", "edge", TEXT, attached(part)),
    "in an encoded mail": lambda part: multipart("mixed", "edge", TEXT, attached_encoded(part)),
    "no end": lambda part: multipart("mixed", "edge", TEXT, part).removesuffix(b"--edge--\r\n"),
    "no boundary": lambda part: multipart("mixed", "edge", TEXT, part).replace(b'; boundary="edge"', b""),
    "no empty line": lambda part: multipart("mixed", "edge", part).replace(b"\r\n\r\n--edge", b"\r\n--edge", 1),
}


def lying_mails() -> dict[str, bytes]:
    """A PDF under many types and names, at many places."""
    octets = base64.encodebytes(PDF).replace(b"\n", b"\r\n")
    mails = {}
    for number, (place, declared, name) in enumerate(itertools.product(PLACES, TYPES, NAMES)):
        disposition = f"Content-Disposition: attachment{name}\r\n"
        part = f"Content-Type: {declared}\r\n{disposition}Content-Transfer-Encoding: base64\r\n\r\n".encode() + octets
        head = f"From: a{number}@supplier.example\r\nSubject: Invoice {number}\r\nMIME-Version: 1.0\r\n".encode()
        mails[f"{place}: {declared}{name}"] = head + PLACES[place](part)
    # Nothing says that it is an attachment, nor what it is.
    mails["no type"] = b"From: b@supplier.example\r\nSubject: Invoice\r\n" + multipart(
        "mixed", "edge", TEXT, b"Content-Transfer-Encoding: base64\r\n\r\n" + octets
    )
    named = b"Content-Type: text/plain; charset=utf-8; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    mails["text by its name"] = b"From: c@supplier.example\r\nSubject: Invoice\r\n" + multipart(
        "alternative", "edge", TEXT, named + octets
    )
    return mails


def test_what_a_structure_says_of_a_pdf_hides_it_nowhere(
    linked: LinkedHouse, dovecot: Dovecot, new_user: NewUser
) -> None:
    """Whatever type and name it claims, and wherever it stands, it is found as it is found in a mail that is sent."""
    address = new_user()
    linked.link(address, PULLED)

    pulled, sent = imported_both_ways(linked, dovecot, address, dict(some_of(list(lying_mails().items()), 3)))

    assert len(sent) > so_many(45, in_long_runs=150)
    assert sent - pulled == set()
