"""What recognition makes of how often a sender's picture came before (law 26)."""

from dataclasses import replace

import pytest

from rules.decision import TraceLine
from rules.engine import decide
from rules.facts import Accounting, AttachmentFacts, EInvoice, MailFacts, Special, TenantPolicy
from rules.recognition.past import MOST_COUNTED, asks_past, countable, counts_of, sender_of, with_past
from rules.standard_codec import stored
from rules.wording import describe, words

JPEG = "image/jpeg"
SCAN = AttachmentFacts(
    *("2", "scan.jpg", JPEG, JPEG, 100_000, "a" * 64),
    width=2480,
    height=3508,
    accounting=Accounting(86, reading="picture"),
)
PDF = AttachmentFacts("3", "r.pdf", "application/pdf", "application/pdf", 900, "b" * 64, accounting=Accounting(95))
MAIL = MailFacts(from_addresses=("a@shop.example", "b@shop.example"), subject="Invoice 7", attachments=(SCAN,))
OFTEN = with_past(MAIL, {SCAN.sha256: 5})
LINE = TraceLine(None, "picture_left_out", {"filename": "scan.jpg", "count": 5})


@pytest.mark.parametrize(
    ("changes", "is_counted", "is_asked"),
    [
        ({}, True, True),
        ({"width": 0, "height": 0}, True, True),
        ({"is_referenced": True}, True, False),
        ({"media_type": "image/svg+xml"}, False, False),
        ({"media_type": "application/pdf"}, False, False),
        ({"octets": 8000}, False, False),
        ({"width": 1600, "height": 300}, False, False),
        ({"sha256": ""}, False, False),
    ],
)
def test_which_pictures_are_counted(changes: dict[str, object], is_counted: bool, is_asked: bool) -> None:
    """Those that could be a page; the past is asked only where one stands that no text shows."""
    mail = replace(MAIL, attachments=(replace(SCAN, **changes),))  # type: ignore[arg-type]
    assert (bool(countable(mail)), asks_past(mail)) == (is_counted, is_asked)
    assert bool(counts_of(with_past(mail, {SCAN.sha256: 3, "": 3}))) is is_asked


def test_a_mail_has_so_many_pictures_and_one_sender() -> None:
    """Each picture once, some of very many; the first address in From, or nobody."""
    many = tuple(replace(SCAN, part=str(n), sha256=f"{n // 2:064}") for n in range(200))
    assert len(countable(replace(MAIL, attachments=many))) == MOST_COUNTED
    assert (sender_of(MAIL), sender_of(replace(MAIL, from_addresses=()))) == ("a@shop.example", None)


def test_counts_are_those_that_are_given() -> None:
    """What stood there before goes; without a count nothing is made anew."""
    assert with_past(OFTEN, {}) == MAIL
    assert with_past(MAIL, {}) is MAIL
    assert decide(OFTEN, [], TenantPolicy()).seen_before == {SCAN.sha256: 5}


@pytest.mark.parametrize(
    ("count", "outcome"),
    [(0, "carries_picture"), (1, "carries_picture"), (2, "possible_picture"), (5, "possible_picture")],
)
def test_a_picture_imports_twice(count: int, outcome: str) -> None:
    """From the third mail on a person decides, and the trace says why."""
    decision = decide(with_past(MAIL, {SCAN.sha256: count}), [], TenantPolicy())
    assert decision.reason.code == outcome
    assert ("picture_left_out" in {line.code for line in decision.trace}) is (outcome == "possible_picture")


def test_a_logo_with_few_points_is_left() -> None:
    """It would not have come in by itself: nobody is asked."""
    logo = replace(SCAN, accounting=Accounting(60, reading="picture"), seen_before=5)
    assert decide(replace(MAIL, attachments=(logo,)), [], TenantPolicy()).reason.code == "nothing_fits"
    asked = decide(replace(MAIL, attachments=(logo,)), [], TenantPolicy(import_score=60))
    assert asked.reason.code == "possible_picture"


def test_what_else_may_be_an_invoice_is_told_first() -> None:
    """A possible PDF, and a bill that lies elsewhere."""
    beside = replace(OFTEN, attachments=(*OFTEN.attachments, replace(PDF, accounting=Accounting(50))))
    elsewhere = replace(OFTEN, special=Special("link_only", "https://shop.example/", "shop.example"))
    found = [decide(each, [], TenantPolicy()).reason.code for each in (beside, elsewhere)]
    assert found == ["possible_invoice", "link_only"]


def test_beside_an_invoice_it_is_left_out() -> None:
    """The trace says so; the invoice is what it was."""
    decision = decide(replace(OFTEN, attachments=(*OFTEN.attachments, PDF)), [], TenantPolicy())
    assert (decision.keep_parts, decision.reason.code) == (("3",), "carries_pdf")
    assert LINE in decision.trace


def test_inside_what_carries_an_invoice_it_is_left_out() -> None:
    """Of the files that an e-invoice encloses, a picture that comes with each of them is none."""
    carrier = AttachmentFacts("2", "a.xml", "application/xml", "application/xml", 900, "c" * 64, opened_as="xml")
    carrier = replace(carrier, e_invoice=EInvoice("invoice", "UBL", number="7", total="119.00", currency="EUR"))
    inside = (replace(SCAN, part="2/1"), replace(PDF, part="2/2"))
    fresh = replace(MAIL, attachments=(carrier, *inside))
    kept = [decide(with_past(fresh, counts), [], TenantPolicy()).keep_parts for counts in ({}, {SCAN.sha256: 5})]
    assert [sorted(parts) for parts in kept] == [["2", "2/1", "2/2"], ["2", "2/2"]]


@pytest.mark.parametrize(
    ("keep", "files", "kept"),
    [
        ("attachments", (), ("2",)),
        ("attachments", (PDF,), ("3",)),
        ("both", (), ()),
        ("both", (PDF,), ("3",)),
    ],
)
def test_a_standard_keeps_it_where_it_would_keep_nothing_else(
    keep: str, files: tuple[AttachmentFacts, ...], kept: tuple[str, ...]
) -> None:
    """Whoever sends a page until somebody makes a standard must not lose it for having sent it so often."""
    standard = stored({"name": "Shop", "keep": keep, "any_of": {"sender": ["a@shop.example"]}}, standard_id="s")
    mail = replace(OFTEN, attachments=(*OFTEN.attachments, *files), has_text=True)
    decision = decide(mail, [standard], TenantPolicy())
    assert (decision.state, decision.keep_parts) == ("imported", kept)
    assert (LINE in decision.trace) is ("2" not in kept)


def test_a_standard_that_names_the_file_keeps_it_likewise() -> None:
    """Its name alone does not make it a document beside others that are."""
    names = {"name": "Shop", "keep": "attachments", "any_of": {"sender": ["a@shop.example"]}}
    standard = stored(names | {"attachment_names": ["scan*", "*.pdf"]}, standard_id="s")
    alone, beside = OFTEN, replace(OFTEN, attachments=(*OFTEN.attachments, PDF))
    assert [decide(each, [standard], TenantPolicy()).keep_parts for each in (alone, beside)] == [("2",), ("3",)]


def test_it_is_told_in_words() -> None:
    """In three languages, with its name and how often it came."""
    assert describe(LINE, "en").endswith('left out: the picture "scan.jpg" came in 5 earlier mails of this sender')
    for language in ("de", "en", "nl"):
        for code in ("picture_left_out", "possible_picture"):
            told = words(code, {"filename": "scan.jpg", "count": 5}, language)
            assert "scan.jpg" in told
            assert "5" in told


@pytest.mark.parametrize(
    ("score", "possible_score", "wants_more"), [(24, 40, False), (25, 40, True), (15, 15, True), (14, 15, False)]
)
def test_text_in_a_mailbox_is_fetched_by_the_tenant_s_points(score: int, possible_score: int, wants_more: bool) -> None:
    """Law 24: what may be possible for this tenant is not left, whatever others ask for."""
    left = MailFacts(from_addresses=("a@shop.example",), accounting=Accounting(score), not_fetched=("contents",))
    assert decide(left, [], TenantPolicy(possible_score=possible_score)).wants_more is wants_more
