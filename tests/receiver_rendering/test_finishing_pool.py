"""Whoever has taken over wkhtmltopdf harms one child at the most, and never the renderer."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from receiver.config import RenderingSettings
from receiver.rendering import finishing_pool
from receiver.rendering.client import render
from receiver.rendering.finishing import finish
from receiver.rendering.finishing_pool import FinishingPool
from receiver.rendering.finishing_work import Finished, Work
from receiver.rendering.order import Original, RenderOrder
from receiver.rendering.page import HeaderBlock, page
from receiver.rendering.reasons import NotRendered
from receiver.rendering.wire import WireFault
from receiver.rendering.wkhtmltopdf import Wkhtmltopdf
from receiver.rendering.xmp import Imprint
from tests.receiver_rendering import hostile_pdfs

HEADER = HeaderBlock("a@x.example", "b@x.example", None, "Invoice")
DOCUMENT = page(HEADER, "<p>BENIGN-TEXT</p>").encode()
IMPRINT = Imprint.of("Invoice \u2713 請求書", "a@x.example", "en", datetime(2024, 3, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def pool() -> Iterator[FinishingPool]:
    """Children as the renderer has them."""
    opened = FinishingPool(RenderingSettings())
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def honest(workshop_of: Callable[..., Any]) -> bytes:
    """A PDF as wkhtmltopdf writes it."""
    return Wkhtmltopdf(DOCUMENT, workshop_of().prepare()).to_pdf()


def work(pdf: bytes, *, needs_text: bool = True) -> Work:
    """To be finished with all there is."""
    original = Original(b"From: a\r\n\r\nb", "message.eml", "message/rfc822")
    return Work(pdf, IMPRINT, original, max_pages=500, needs_text=needs_text, archival=True)


def test_a_child_that_has_locked_itself_in_lacks_nothing(pool: FinishingPool, honest: bytes) -> None:
    """It gives what is given without any lock: all it reads was read, all it imports was imported before."""
    assert pool.finish(work(honest), 60) == finish(work(honest))


def test_children_killed_while_they_waited_cost_no_page_anything(
    start_renderer: Callable[..., Any], tmp_path: Path
) -> None:
    """As the kernel does for want of memory: the next mail is laid out whole, and is PDF/A as any other."""
    renderer = start_renderer(tmp_path).pid
    order = RenderOrder(page(HEADER, "<p>BENIGN-TEXT</p>").encode())
    address = tmp_path / "run" / "render.sock"
    facts = render(address, order, 60).facts
    waiting = [
        int(each)
        for task in Path(f"/proc/{renderer}/task").iterdir()
        for each in (task / "children").read_text().split()
    ]

    for child in waiting:
        os.kill(child, signal.SIGKILL)
    after = render(address, order, 60).facts

    assert waiting
    assert (after.rung, after.archival) == ("full", "PDF/A-3b") == (facts.rung, facts.archival)


@pytest.mark.parametrize("hostile", hostile_pdfs.ALL, ids=lambda hostile: hostile.__name__)
def test_hostile_octets_are_refused_in_time(hostile: Callable[[], bytes], pool: FinishingPool, honest: bytes) -> None:
    """Bombs, loops, depths and nonsense end with a reason about the page, and the next page is finished."""
    with pytest.raises(NotRendered) as caught:
        pool.finish(replace(work(hostile()), archival=False), 2)

    assert (caught.value.reason.code, caught.value.reason.waits) == ("render_gave_damaged_pdf", False)
    assert pool.finish(replace(work(honest), archival=False), 60).pages == 1


def test_a_proof_that_takes_too_long_costs_the_proof_alone(
    pool: FinishingPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The PDF comes all the same, claims nothing and says so."""
    drawing = b"0 g\n" * 1_400_000
    slow = hostile_pdfs.one_page(drawing)
    monkeypatch.setattr(finishing_pool, "PROOF_SHARE", 0.001)  # of a minute: a proof takes longer anywhere

    finished = pool.finish(work(slow, needs_text=False), 60)

    assert finished.archival_fault == "proof_failed"
    assert b"pdfaid:part" not in finished.pdf


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"pages": 0, "archival_fault": ""},
        {"pages": "1", "archival_fault": ""},
        {"pages": 1, "archival_fault": "a b\n"},
        {"pages": 1, "archival_fault": None},
        {"pages": 10**9, "archival_fault": ""},
    ],
)
def test_a_child_is_not_taken_at_its_word(answer: dict[str, Any]) -> None:
    """It has worked on hostile octets: what makes no sense counts as its death."""
    with pytest.raises(WireFault):
        Finished.of(answer, b"%PDF-1.7", max_pages=10**9)


def test_a_program_that_has_been_taken_over_harms_its_own_page_only(
    tmp_path: Path, start_renderer: Callable[..., Any]
) -> None:
    """The renderer answers with a reason and renders the next page; this wkhtmltopdf obeys whoever writes HOSTILE."""
    chosen = (hostile_pdfs.deep_pages, hostile_pdfs.frame_alone)
    for hostile in chosen:
        (tmp_path / f"{hostile.__name__}.pdf").write_bytes(hostile())
    program = tmp_path / "wkhtmltopdf"
    program.write_text(
        '#!/bin/sh\nfor last; do :; done\n[ "$last" = - ] || exec /usr/bin/wkhtmltopdf "$@"\n'
        f'cat > {tmp_path}/page.$$\nname=$(sed -n "s/.*HOSTILE:\\([a-z_]*\\).*/\\1/p" {tmp_path}/page.$$ | head -n 1)\n'
        f'if [ "$name" ]; then cat {tmp_path}/$name.pdf; else /usr/bin/wkhtmltopdf "$@" < {tmp_path}/page.$$; fi\n'
    )
    program.chmod(0o755)
    accepted = "none-i-accept-that-mail-may-run-code-here"
    process = start_renderer(
        tmp_path / "data", POSTBUS_RENDERING__COMMAND=str(program), POSTBUS_RENDERING__SANDBOX=accepted
    )
    address = tmp_path / "data" / "run" / "render.sock"

    for hostile in chosen:
        order = RenderOrder(page(HEADER, f"HOSTILE:{hostile.__name__}").encode())
        reason = render(address, order, 4).reason
        assert reason
        assert reason.code == "render_gave_damaged_pdf"

    assert render(address, RenderOrder(DOCUMENT), 60).pdf
    assert process.poll() is None
