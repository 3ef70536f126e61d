"""Storage and a worker for tests: real journal, SQLite, blobs and children, on a folder of their own."""

import base64
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime

from receiver.config import Settings
from receiver.pipeline.draining import Drain
from receiver.pipeline.stopping import Stop
from receiver.pipeline.worker import Worker
from storage.blobs import BlobStore
from storage.database import Database
from storage.documents import list_documents
from storage.journal import Envelope, Journal, JournalReader, Recipient, backlog
from storage.messages import list_messages
from storage.models import Document, Message
from storage.tenants import add_tenant, find_tenant
from tests.receiver_pipeline.shared_pool import shared_pool

PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n" + bytes(range(256)) * 40 + b"\n%%EOF\n"


def pdf_mail(message_id: str = "<1@supplier.example>", pdf: bytes = PDF, name: str = "Rechnung 4711.pdf") -> bytes:
    """A supplier's mail with one PDF."""
    encoded = base64.encodebytes(pdf).replace(b"\n", b"\r\n")
    head = (
        "From: Supplier <billing@supplier.example>\r\nTo: office@example.com\r\nSubject: Invoice 4711\r\n"
        f"Message-ID: {message_id}\r\nDate: Mon, 05 Jan 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="edge"\r\n\r\n'
        "--edge\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nPlease find the invoice attached.\r\n"
        f'--edge\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode() + encoded + b"--edge--\r\n"


def text_mail(subject: str, body: str, sender: str = "shop@shop.example") -> bytes:
    """A mail that is only text."""
    head = f"From: {sender}\r\nSubject: {subject}\r\nMessage-ID: <{secrets.token_hex(8)}@shop.example>\r\n"
    return f"{head}Content-Type: text/html; charset=utf-8\r\n\r\n{body}\r\n".encode()


@dataclass
class House:
    """Storage on a folder of its own, and what a door does with it."""

    settings: Settings
    database: Database
    blobs: BlobStore
    addresses: dict[str, Recipient] = field(default_factory=dict)

    def tenant(self, name: str) -> Recipient:
        """A tenant with its import address, made at its first use."""
        if name not in self.addresses:
            with self.database.write() as session:
                tenant, address = add_tenant(session, name, "standard", ["in.example.com"])
                self.addresses[name] = Recipient(address.address, tenant.id, address.id, None)
        return self.addresses[name]

    def accept(self, octets: bytes, *recipients: Recipient, owner: str = "door") -> str:
        """What a door does with one message; its journal id."""
        return self.accept_many([octets], *recipients, owner=owner)[0]

    def accept_many(self, mails: list[bytes], *recipients: Recipient, owner: str = "door") -> list[str]:
        """Several messages through one door."""
        kept = self.settings.journal
        journal = Journal(
            self.settings.journal_folder(),
            owner,
            segment_octets=kept.segment_octets,
            memory_octets=kept.memory_octets,
            reserve_octets=0,
        )
        journal.open()
        ids, futures = [], []
        for octets in mails:
            sink = journal.sink()
            sink.write(octets)
            ids.append(secrets.token_hex(16))
            envelope = Envelope(
                id=ids[-1],
                source="smtp",
                received_at=datetime.now(UTC),
                peer="192.0.2.1",
                helo="mx.supplier.example",
                tls=None,
                reverse_path="bounce@supplier.example",
                recipients=recipients or (self.tenant("Acme"),),
                smtputf8=False,
                trace="Received: from mx.supplier.example",
            )
            futures.append(journal.submit(envelope, sink))
        for future in futures:
            future.result()
        journal.close()
        return ids

    def worker(self) -> "RunningWorker":
        """A worker with its own reader, for `with`."""
        return RunningWorker(self)

    def drain(self) -> None:
        """Settle what is in the journal."""
        with self.worker() as running:
            running.drain()

    def waiting(self) -> int:
        """How many accepted messages are not settled."""
        return backlog(self.settings.journal_folder()).messages

    def messages(self, tenant: str = "Acme") -> list[Message]:
        """A tenant's messages, newest first."""
        with self.database.read() as session:
            return list_messages(session, find_tenant(session, tenant))

    def documents(self, tenant: str = "Acme", message_id: str | None = None) -> list[Document]:
        """A tenant's documents."""
        with self.database.read() as session:
            return list_documents(session, find_tenant(session, tenant), message_id)

    def octets(self, document: Document) -> bytes:
        """What is kept of a document."""
        return self.blobs.read(document.tenant_id, document.sha256)


class RunningWorker:
    """The worker's parts, driven batch by batch by a test."""

    def __init__(self, house: House) -> None:
        self._house = house

    def __enter__(self) -> "RunningWorker":
        settings = self._house.settings
        self.stop = Stop()
        self.reader = JournalReader(settings.journal_folder())
        self.pool = shared_pool(settings)
        self.drainer = Drain(self._house.database, self._house.blobs, self.pool, self.reader)
        self.worker = Worker(settings, self.drainer, self.reader, self.stop)
        return self

    def drain(self) -> None:
        """Batches until the journal gives no more."""
        while records := self.reader.read(64, 16 * 1024**2):
            self.reader.begin(records)
            self.worker.settle(self.drainer.start(records))

    def __exit__(self, *_: object) -> None:
        self.drainer.close()
        self.reader.close()


def open_house(settings: Settings) -> House:
    """Storage on the folder of the settings."""
    database = Database(settings.database_url())
    return House(settings, database, BlobStore(settings.blob_folder()))
