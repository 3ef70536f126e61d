"""What wkhtmltopdf writes is judged by its octets, before anything parses them; its exit code says nothing."""

import pytest

from receiver.rendering.judge import has_text, is_whole, judge_frame
from receiver.rendering.page import HeaderBlock, as_text_page, page
from receiver.rendering.reasons import NotRendered

FRAME = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\nxref\n0 1\ntrailer\n<<>>\nstartxref\n29\n%%EOF\n"


def test_what_begins_and_ends_as_a_pdf_may_be_opened() -> None:
    """The frame alone is looked at here."""
    judge_frame(FRAME)


@pytest.mark.parametrize(
    "octets",
    [b"", b"no PDF at all", FRAME[:-20], b"\n" + FRAME, FRAME + b"<script>", FRAME.replace(b"startxref", b"starthere")],
)
def test_a_damaged_frame_is_refused(octets: bytes) -> None:
    """Empty, cut off, shifted or followed by something else: not opened, not kept."""
    with pytest.raises(NotRendered) as caught:
        judge_frame(octets)

    assert caught.value.reason.code == "render_gave_damaged_pdf"
    assert not caught.value.reason.waits


def test_a_pdf_is_whole_with_its_last_line_and_no_sooner() -> None:
    """Whatever has arrived of it: the end says where the cross-reference stands, and it does stand there."""
    assert [length for length in range(len(FRAME) + 1) if is_whole(bytearray(FRAME[:length]))] == [69, 70]
    assert not is_whole(FRAME.replace(b"29", b"28"))


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (page(HeaderBlock("a@x.example", "", None, ""), "").encode(), True),
        (page(HeaderBlock("", "", None, ""), "<p>\u00a0 &nbsp;\n</p><img src='x'>").encode(), False),
        (page(HeaderBlock("", "", None, ""), "<p>12</p>").encode(), True),
        (as_text_page(page(HeaderBlock("", "", None, ""), ""), "a").encode(), True),
        (b"words without a body", True),
        (b"", False),
        (b"<" * 1_000_000, False),
        (b">" * 1_000_000, True),
    ],
)
def test_a_page_is_known_to_have_text(document: bytes, expected: bool) -> None:
    """A PDF without any is only right for a page without any."""
    assert has_text(document) is expected
