"""What wkhtmltopdf writes is judged by its octets; its exit code says nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from receiver.rendering.judge import judge
from receiver.rendering.page import HeaderBlock, page
from receiver.rendering.reasons import NotRendered

DOCUMENT = page(HeaderBlock("a@x.example", "b@x.example", None, "s"), "<p>x</p>" * 200).encode()


@pytest.fixture(scope="module")
def pdf(workshop_of: Callable[..., Any]) -> bytes:
    """A real one, of several pages."""
    return bytes(workshop_of().render(DOCUMENT, 30).pdf)


def test_a_whole_pdf_is_taken(pdf: bytes) -> None:
    """Its pages are counted."""
    assert judge(pdf, max_pages=500) > 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda pdf: b"",
        lambda pdf: b"no PDF at all",
        lambda pdf: pdf[:-40],
        lambda pdf: pdf[: len(pdf) // 2] + pdf[-40:],
        lambda pdf: b"\n" + pdf,
        lambda pdf: pdf + b"<script>",
        lambda pdf: pdf.replace(b"/Font", b"/Tnof"),
    ],
)
def test_a_damaged_one_is_refused(pdf: bytes, damage: Callable[[bytes], bytes]) -> None:
    """Empty, cut off, shifted or blank: not kept."""
    with pytest.raises(NotRendered) as caught:
        judge(damage(pdf), max_pages=500)

    assert caught.value.reason.code == "render_gave_damaged_pdf"
    assert not caught.value.reason.waits


def test_too_many_pages_are_refused(pdf: bytes) -> None:
    """The reason names both numbers."""
    with pytest.raises(NotRendered) as caught:
        judge(pdf, max_pages=1)

    assert caught.value.reason.code == "render_too_many_pages"
    assert caught.value.reason.params["limit"] == 1
