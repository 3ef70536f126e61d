"""What goes over the renderer's socket: whole orders and facts, bounded, and nothing taken on trust."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from receiver.rendering.client import render
from receiver.rendering.order import Original, RenderFacts, RenderOrder
from receiver.rendering.order_fields import answer_of, header_of, read_facts, read_order
from receiver.rendering.page import HeaderBlock, page
from receiver.rendering.wire import WireFault

WHEN = datetime(2024, 3, 1, 12, 0, tzinfo=timezone(timedelta(hours=9)))
MAIL = os.urandom(5000)
DOCUMENT = page(HeaderBlock("a@x.example", "", WHEN, "Invoice"), "<p>12,00</p>").encode()
ORDER = RenderOrder(DOCUMENT, "Invoice ✓", "a@x.example", WHEN, "de", Original(MAIL, "message.eml", "message/rfc822"))


def told(order: RenderOrder) -> dict[str, Any]:
    """The header as it comes out at the other end."""
    header: dict[str, Any] = json.loads(json.dumps(header_of(order, 30)))
    return header


def test_an_order_arrives_as_it_was_given() -> None:
    """Words, date with its zone, and where the original begins."""
    asked = read_order(told(ORDER), len(DOCUMENT) + len(MAIL))

    assert asked.seconds == 30
    assert (asked.page_octets, asked.original_octets) == (len(DOCUMENT), len(MAIL))
    assert asked.with_original(MAIL).particulars == ORDER.particulars


def test_words_are_cut_before_they_are_sent() -> None:
    """A subject of a megabyte does not end the conversation."""
    order = RenderOrder(
        b"", title="é" * 10**6, author="\U0001f9fe" * 10**6, original=Original(b"", "n" * 10**6, "no type")
    )

    asked = read_order(told(order), 0)

    assert len(json.dumps(told(order))) < 64 * 1024
    assert asked.particulars.title == "é" * 1000
    assert asked.announced == Original(b"", "n" * 200, "application/octet-stream")


@pytest.mark.parametrize(
    "change",
    [
        {"title": 5},
        {"author": "a" * 1001},
        {"date": "yesterday"},
        {"date": None},
        {"seconds": "long"},
        {"seconds": -1},
        {"seconds": float("nan")},
        {"original": "all of it"},
        {"original": {}},
        {"original": {"octets": -1, "name": "a", "media_type": "a/b"}},
        {"original": {"octets": 10**9, "name": "a", "media_type": "a/b"}},
        {"original": {"octets": 1, "name": "a", "media_type": "a b"}},
        {"original": {"octets": True, "name": "a", "media_type": "a/b"}},
    ],
)
def test_what_is_no_order_is_no_order(change: dict[str, Any]) -> None:
    """Whatever makes no sense ends the conversation, and nothing else."""
    with pytest.raises(WireFault):
        read_order(told(ORDER) | change, len(DOCUMENT) + len(MAIL))


def test_facts_arrive_as_they_were_told() -> None:
    """Every one of them."""
    facts = RenderFacts("full", 2, 70, "wkhtmltopdf 0.12.6", "1", "bubblewrap", "", "pikepdf:pattern", "embedded")

    assert read_facts(json.loads(json.dumps(answer_of(facts)))) == facts


@pytest.mark.parametrize(
    "change", [{"pages": "2"}, {"pages": 0}, {"rung": ""}, {"renderer": 7}, {"archival": "a" * 201}]
)
def test_facts_that_make_no_sense_are_none(change: dict[str, Any]) -> None:
    """A renderer that has been taken over tells nothing that is stored."""
    with pytest.raises(WireFault):
        read_facts(answer_of(RenderFacts("full", 2, 70)) | change)


def test_the_facts_tell_how_a_pdf_came_about(tmp_path: Path, start_renderer: Callable[..., Any], look: Any) -> None:
    """From order to answer: the program, the sandbox, the verdict, and what became of the original."""
    start_renderer(tmp_path, POSTBUS_RENDERING__MAX_ORIGINAL_OCTETS="6000")
    address = tmp_path / "run" / "render.sock"
    large = RenderOrder(DOCUMENT, original=Original(bytes(5_000_000), "message.eml", "message/rfc822"))

    whole, without = render(address, ORDER, 60), render(address, large, 60)

    assert whole.pdf
    assert "Invoice ✓" in look.info(whole.pdf)
    assert whole.facts.renderer.startswith("wkhtmltopdf 0.")
    assert (whole.facts.sandbox, whole.facts.archival, whole.facts.archival_fault) == ("bubblewrap", "PDF/A-3b", "")
    assert (whole.facts.original, without.facts.original) == ("embedded", "too_large")
    assert without.pdf
    assert len(without.pdf) < 100_000


def test_the_same_mail_gives_the_same_octets_in_another_renderer(
    tmp_path: Path, start_renderer: Callable[..., Any]
) -> None:
    """Two processes, two font caches, two moments: nothing of them is in the PDF."""
    for name in ("one", "other"):
        start_renderer(tmp_path / name)

    one, other = (render(tmp_path / name / "run" / "render.sock", ORDER, 60).pdf for name in ("one", "other"))

    assert one
    assert one == other
    assert datetime.now(UTC).strftime("D:%Y%m%d").encode() not in one
