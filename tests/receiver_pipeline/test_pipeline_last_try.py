"""A file that ends whoever reads it costs itself, not the others in its mail: really slow, really killed."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import pytest

from receiver.config import Settings
from receiver.pipeline.by_hand import ByHand
from receiver.pipeline.job_results import TryAgain
from receiver.pipeline.last_try import MOST_TRIES, read_with_less, suspect_told, told_of
from receiver.pipeline.message_facts import find
from receiver.pipeline.parsing import AttemptFailed, Choose, Mail, Parsed, Pool
from receiver.pipeline.rematching import Rematcher
from receiver.pipeline.settle_job import Settler
from receiver.pipeline.structure import Limits
from receiver.pipeline.suspects import NOTE_OCTETS, Watch, suspect_in
from receiver.pipeline.unpack import unpack
from rules.conditions import in_order
from rules.facts import READERS, AttachmentFacts, MailFacts, Unread
from rules.standards import ImportStandard
from storage import jobs
from storage.messages import get_message
from storage.models import Message
from storage.rematching import add_all
from storage.standards import add_whole_standard
from storage.tenants import find_tenant
from tests.pdf_pages import pdf, square_code
from tests.receiver_pipeline.bad_pdfs import enclosed, hanging_pdf, swelling_pdf
from tests.receiver_pipeline.house import House
from tests.receiver_pipeline.packed_files import png, tnef_of, zip_of
from tests.receiver_pipeline.test_pipeline_hostile import (
    children_of,
    claimed,
    command_of,
    limited,
    multipart_of,
    nested_messages,
    nothing_wanted,
    parse,
    pool_of,
)
from tests.receiver_pipeline.test_pipeline_opening import mail_with

INVOICE = pdf(
    [
        *((50, 700, "Invoice"), (50, 680, "Invoice number: 4711"), (50, 660, "Invoice date: 05.01.2026")),
        *((50, 640, "Net EUR 100.00"), (50, 620, "VAT 19 % EUR 19.00"), (50, 600, "Total EUR 119.00")),
    ]
)
MSG = (Path(__file__).parents[1] / "corpus" / "outlook" / "with-picture.msg").read_bytes()
CII = (Path(__file__).parents[1] / "corpus" / "einvoice" / "cii-invoice.xml").read_bytes()
TIGHT = 320 * 1024**2
HURRIED = 1.0  # seconds a mail may take; the good PDF takes a hundredth of it


def mail_of(octets: bytes, *left_out: Unread) -> Mail:
    """A mail as the pool takes it."""
    return Mail(octets, None, len(octets), "", frozenset(left_out))


def read_last(pool: Pool, octets: bytes) -> Parsed:
    """The last try at a mail."""
    return read_with_less(pool, mail_of(octets), nothing_wanted)


def failure(pool: Pool, octets: bytes) -> AttemptFailed:
    """How an attempt at a mail fails."""
    with pytest.raises(AttemptFailed) as failed:
        parse(pool, octets)
    return failed.value


def test_a_pdf_that_takes_too_long_is_named(tmp_path: Path) -> None:
    """The child is gone, and what it was at is known all the same."""
    with pool_of(limited(tmp_path, parse_seconds=HURRIED)) as pool:
        failed = failure(pool, multipart_of(INVOICE, hanging_pdf()))

    assert (failed.code, failed.suspect) == ("parser_too_slow", Unread("2", "pdf"))


def test_a_pdf_for_which_there_is_no_memory_is_named(tmp_path: Path) -> None:
    """PDFium aborts: the process is killed by a signal, not by us."""
    with pool_of(limited(tmp_path, parse_memory_octets=TIGHT)) as pool:
        failed = failure(pool, multipart_of(INVOICE, swelling_pdf()))

    assert (failed.code, failed.suspect) == ("parser_died", Unread("2", "pdf"))
    assert failed.params["status"] == -signal.SIGABRT


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_whoever_kills_a_child_what_it_read_is_named(tmp_path: Path, number: int) -> None:
    """The kernel when memory is short, or a fault of the library."""
    with pool_of(limited(tmp_path)) as pool, killed_while_reading(number):
        failed = failure(pool, multipart_of(INVOICE, hanging_pdf()))

    assert (failed.code, failed.params["status"], failed.suspect) == ("parser_died", -number, Unread("2", "pdf"))


def test_what_is_no_file_is_not_named(tmp_path: Path) -> None:
    """A mail whose structure alone takes too long has no part that could be left out: it fails as ever."""
    settings = limited(tmp_path, parse_seconds=0.5, max_decoded_octets=4 * 1024**3)
    octets = nested_messages(99, b"y" * 20 * 1024**2)
    with pool_of(settings) as pool, pytest.raises(AttemptFailed) as failed:
        read_last(pool, octets)

    assert (failed.value.code, failed.value.suspect) == ("parser_too_slow", None)


@pytest.mark.parametrize("bad", [hanging_pdf(), swelling_pdf()], ids=["hangs", "aborts"])
def test_the_others_in_the_mail_are_read(tmp_path: Path, bad: bytes) -> None:
    """Only the PDF at fault stays unread: the invoice beside it is recognised as if it stood alone."""
    with pool_of(limited(tmp_path, parse_seconds=3 * HURRIED, parse_memory_octets=TIGHT)) as pool:
        found = read_last(pool, multipart_of(bad, INVOICE)).facts
        alone = parse(pool, multipart_of(INVOICE)).facts

    (first, second), (usual,) = found.attachments, alone.attachments
    assert found.unread == (Unread("1", "pdf"),)
    assert first.accounting is not None
    assert first.accounting.reading == "left_out"
    assert second.accounting == usual.accounting


def test_an_e_invoice_in_a_pdf_that_hangs_is_found(tmp_path: Path) -> None:
    """The file in it is found without the reader that hangs."""
    with pool_of(limited(tmp_path, parse_seconds=HURRIED)) as pool:
        found = read_last(pool, multipart_of(hanging_pdf(further=enclosed(CII)))).facts

    invoice = found.attachments[0].e_invoice
    assert found.unread == (Unread("1", "pdf"),)
    assert invoice is not None
    assert invoice.number == "471102"


def test_a_mail_is_what_it_was_whatever_is_left_out(tmp_path: Path) -> None:
    """Law 9: the content id is that of the parts, read or not."""
    octets = multipart_of(INVOICE)
    with pool_of(limited(tmp_path)) as pool:
        ids = [
            pool.submit(mail, nothing_wanted).result().content_id
            for mail in (mail_of(octets), mail_of(octets, *(Unread("", each) for each in READERS)))
        ]

    assert ids[0] == ids[1]


class Accuser(Pool):
    """A pool whose children end at once, and always say that it was the same reader."""

    tries = 0

    def submit(self, mail: Mail, choose: Choose) -> "Future[Parsed]":
        self.tries += 1
        failed: Future[Parsed] = Future()
        failed.set_exception(AttemptFailed("parser_died", Unread("1", "pdf"), status=-11))
        return failed


def test_who_accuses_what_was_not_read_ends_the_tries(tmp_path: Path) -> None:
    """Law 5: a child that lies, or a reader that works where it must not, gets no further mail to end."""
    pool = Accuser(limited(tmp_path))
    with pytest.raises(AttemptFailed):
        read_last(pool, multipart_of(INVOICE))
    pool.close()

    assert pool.tries == 2


def test_tries_are_few_however_many_files_are_bad(tmp_path: Path) -> None:
    """Law 5: nothing loops. After a few named PDFs none is read at all; what is no PDF is read as ever."""
    with pool_of(limited(tmp_path, parse_seconds=HURRIED)) as pool:
        found = read_last(pool, multipart_of(*[hanging_pdf()] * (MOST_TRIES + 2), INVOICE, CII)).facts

    assert [each.reader for each in found.unread] == ["pdf"] * (MOST_TRIES + 3)
    assert found.attachments[-1].e_invoice is not None
    assert {each.accounting.reading for each in found.attachments if each.accounting} == {"left_out"}


def test_an_invoice_beside_a_pdf_that_hangs_is_imported(house: House) -> None:
    """The worker fails, and the job once; its last try imports the mail, and says what of it was not read."""
    message = settled_at_last(house, multipart_of(hanging_pdf(), INVOICE))

    assert message.state == "imported"
    assert [each.kind for each in house.documents()] == ["attachment", "attachment"]
    with house.database.read() as session:
        trace = get_message(session, message.id).decision_trace
        assert jobs.counts(session) == jobs.JobCounts(pending=0, failed=0)
    assert [line["code"] for line in trace if line["code"].startswith("unread_")] == ["unread_pdf"]


def test_what_was_left_out_is_left_out_again(house: House) -> None:
    """Law 5: such a mail is matched again, and imported by hand, without a further victim."""
    message = settled_at_last(house, multipart_of(hanging_pdf()).replace(b"Subject: x", b"Subject: Re: holiday"))
    assert message.state == "not_imported"
    with house.database.write() as session:
        owner = find_tenant(session, "Acme")
        add_whole_standard(session, owner, ImportStandard("A", "A", in_order({"body": ("nothing",)})))
        add_all(session, owner)

    with pool_of(house.settings) as pool:
        rematcher = Rematcher(house.database, house.blobs, pool, lambda: False)
        done = rematcher.rematch(owner.id, lambda _: None, lambda _: None)
        settled = ByHand(house.database, house.blobs, pool, "test").take(message, None)

    assert (done.decided, done.unreadable) == (1, 0)
    assert settled is not None
    assert settled.state == "imported"


def picture(width: int) -> bytes:
    """A page that was photographed."""
    return png(width, 1200, noise=40_000)


SCAN = pdf([], drawing=square_code("BCD\n002\n1\nSCT\n\nMuster GmbH\nDE89370400440532013000\nEUR119\n\n\nRE-1", 60, 60))


@pytest.mark.parametrize(
    ("reader", "file", "told"),
    [
        ("xml", CII, lambda each: each.e_invoice is not None),
        ("files", hanging_pdf(depth=1, further=enclosed(CII)), lambda each: each.e_invoice is not None),
        ("codes", SCAN, lambda each: each.accounting.iban is not None),
        ("pdf", INVOICE, lambda each: each.accounting.reading == "text"),
        ("packing", zip_of({"a.pdf": INVOICE}), lambda each: each.opened_as == "zip"),
        ("packing", tnef_of({"a.pdf": INVOICE}), lambda each: each.opened_as == "tnef"),
        ("packing", MSG, lambda each: each.opened_as == "outlook"),
        ("picture", picture(900), lambda each: each.width == 900),
    ],
    ids=["xml", "files", "codes", "pdf", "zip", "winmail.dat", "msg", "picture"],
)
def test_each_reader_of_files_can_be_left_out(
    reader: str, file: bytes, told: Callable[[AttachmentFacts], bool]
) -> None:
    """That one alone, of that part alone: its twin is read, and what was not is among the facts."""
    mail = mail_with(file, "file") + mail_with(file, "twin").partition(b"see below\r\n")[2]
    mail = mail.replace(b"\r\n--e--\r\n--e", b"\r\n--e")

    facts = find(unpack(mail, len(mail), Limits()), "", 2**28, Watch(left_out=[Unread("2", reader)])).facts

    by_part = {each.part: each for each in facts.attachments}
    assert (told(by_part["2"]), told(by_part["3"])) == (False, True)
    assert facts.unread == (Unread("2", reader),)
    assert facts == MailFacts.from_json(json.loads(json.dumps(facts.to_json())))


def settled_at_last(house: House, octets: bytes) -> Message:
    """A mail that ends its readers, through worker and jobs."""
    house.settings = Settings.model_validate(
        {"data": house.settings.data, "pipeline": {"parsers": 1, "parse_seconds": HURRIED}}
    )
    house.accept(octets)
    house.drain()
    with pool_of(house.settings) as pool:
        settler = Settler(house.database, house.blobs, pool)
        job = claimed(house)
        with pytest.raises(TryAgain) as second:
            settler.do(job)
        with house.database.write() as session:
            jobs.fail(session, job, job.owner, second.value.reason, job.created_at)
        settler.do(claimed(house))
    (message,) = house.messages()
    return message


@contextmanager
def killed_while_reading(number: int) -> Iterator[None]:
    """Kills the parsing child of this process once it has worked for a while."""

    def kill() -> None:
        while True:
            for pid in children_of(os.getpid()):
                if "receiver.pipeline.child" in command_of(pid) and _seconds_of(pid) > 1:
                    os.kill(pid, number)
                    return
            time.sleep(0.02)

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    yield
    thread.join()


def _seconds_of(pid: int) -> float:
    """Processor time."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_note_is_a_reader_and_a_path_or_nothing() -> None:
    """Law 17: the child has read hostile octets, and what it leaves behind is data."""
    descriptor = os.memfd_create("notes")
    for text in ("pdf ../../etc", "rm 1", "pdf", "pdf 1 2", "pdf 1/", "\0", "pdf " + "1." * 3000):
        octets = text.encode()
        os.pwrite(descriptor, len(octets).to_bytes(2, "little") + octets, 0)
        assert suspect_in(descriptor) is None
    os.pwrite(descriptor, b"\xff\xffpdf 1", 0)
    assert suspect_in(descriptor) is None
    os.pwrite(descriptor, b"\x09\0pdf 2/1.3", 0)
    assert suspect_in(descriptor) == Unread("2/1.3", "pdf")
    os.close(descriptor)


def test_the_outer_reader_is_named_again_when_the_inner_one_is_done() -> None:
    """A PDF holds XML; when that is read, the PDF is at work again, and after it nobody."""
    page = bytearray(NOTE_OCTETS)
    watch = Watch(page)

    told = [
        watch.name("pdf", "1", lambda: (watch.read("xml", "1", lambda: bytes(page[2:7]), b""), bytes(page[2:7]))),
        bytes(page[:2]),
    ]

    assert told == [(b"xml 1", b"pdf 1"), b"\0\0"]


def test_a_suspect_is_handed_on_among_the_parameters_of_a_reason() -> None:
    """What the attempt before says is believed as far as it names a reader."""
    assert suspect_told(told_of(Unread("2/1", "pdf"))) == Unread("2/1", "pdf")
    assert [suspect_told(each) for each in ({}, {"reader": "x", "part": "1"}, {"reader": "pdf"})] == [None] * 3
