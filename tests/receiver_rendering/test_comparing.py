"""Two PDFs side by side: what differs is found page by page, and no PDF harms the process that asks."""

import pytest

from receiver.rendering.comparing import MAX_PAGES, compare
from tests.pdfs import pdf_of_pages

BLOCK = (100, 600, 200, 100)  # 20,000 of 500,990 points


def test_the_same_octets_are_the_same() -> None:
    """Nothing is drawn, so it holds of what is no PDF as well."""
    found = compare(b"anything", b"anything")

    assert (found.has_same_octets, found.looks_the_same, found.differing) == (True, True, {})


def test_other_octets_may_look_the_same() -> None:
    """A date or a comment in the file is no difference on paper."""
    before = pdf_of_pages([BLOCK], [])

    found = compare(before, before + b"% made later\n")

    assert (found.has_same_octets, found.looks_the_same) == (False, True)
    assert (found.pages_before, found.pages_after, found.shares) == (2, 2, (0.0, 0.0))


def test_what_differs_is_told_by_page_and_share() -> None:
    """A block that is new on page two: its share of that page's pixels, and of no other page."""
    found = compare(pdf_of_pages([BLOCK], []), pdf_of_pages([BLOCK], [BLOCK]))

    assert not found.looks_the_same
    assert list(found.differing) == [2]
    assert found.differing[2] == pytest.approx(20_000 / (595 * 842), rel=0.05)


def test_a_colour_alone_is_a_difference() -> None:
    """Also one of the same brightness: each channel counts."""
    red, green = (
        pdf_of_pages([BLOCK]).replace(b"100 600", colour + b" 100 600") for colour in (b"1 0 0 rg", b"0 1 0 rg")
    )

    assert list(compare(red, green).differing) == [1]


def test_a_page_that_only_one_of_them_has_differs_wholly() -> None:
    """Pages lost or won are never passed over."""
    found = compare(pdf_of_pages([BLOCK], [BLOCK], []), pdf_of_pages([BLOCK]))

    assert (found.pages_before, found.pages_after) == (3, 1)
    assert found.differing == {2: 1.0, 3: 1.0}
    assert not found.looks_the_same


def test_pages_of_another_size_differ_wholly() -> None:
    """There is no pixel to compare with."""
    assert compare(pdf_of_pages([]), pdf_of_pages([], side=(842, 595))).differing == {1: 1.0}


def test_pages_beyond_the_limit_are_told_as_not_looked_at() -> None:
    """Time is bounded, and nothing is called the same unseen."""
    many: list[list[tuple[int, int, int, int]]] = [[]] * (MAX_PAGES + 1)

    small = pdf_of_pages(*many, side=(10, 10))
    found = compare(small, small + b"% later\n")

    assert found.differing == {MAX_PAGES + 1: None}
    assert not found.looks_the_same


@pytest.mark.parametrize("octets", [b"", b"%PDF-1.4 and no more", b"\x00" * 1000], ids=["empty", "cut", "zeros"])
def test_what_cannot_be_drawn_is_told_as_such(octets: bytes) -> None:
    """No picture of it is no sameness."""
    found = compare(octets, pdf_of_pages([]))

    assert (found.pages_before, found.looks_the_same) == (None, False)


def test_a_page_of_five_metres_is_drawn_within_the_limits() -> None:
    """What a PDF claims of its size does not decide how much memory it takes."""
    found = compare(pdf_of_pages([], side=(14400, 14400)), pdf_of_pages([(0, 0, 7200, 14400)], side=(14400, 14400)))

    assert found.differing[1] == pytest.approx(0.5, rel=0.01)


def test_a_comparison_that_takes_too_long_is_given_up() -> None:
    """The child is killed at its deadline; that they could not be compared is an answer."""
    found = compare(pdf_of_pages([]), pdf_of_pages([BLOCK]), seconds=0.001)

    assert (found.pages_before, found.looks_the_same) == (None, False)
