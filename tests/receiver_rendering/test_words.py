"""Every word of a mail is on the paper: the mails of the tour, and the measure that would tell if it were not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.words import VisibleWords, look_at, missing_words, page_of, text_outside, words_of
from receiver.rendering.cleaning import clean_html

TOUR = Path(__file__).parents[1] / "corpus" / "tour"
PAGES = {path.stem: document for path in sorted(TOUR.glob("*.eml")) if (document := page_of(path.read_bytes()))}


@pytest.mark.parametrize("name", PAGES)
def test_every_word_of_a_mail_is_on_the_paper(name: str, workshop_of: Callable[..., Any]) -> None:
    """On the full page, within its margins."""
    finding = look_at(workshop_of(), name, PAGES[name])

    assert (finding.rung, finding.missing, finding.outside) == ("full", [], [])
    assert finding.words > 0


def test_the_measure_tells_what_is_missing() -> None:
    """The control: a lost word is found, also one of several; broken, cased or composed otherwise it is the same."""
    assert missing_words("Total 12,00 EUR Total", "total 12,00") == ["total", "eur"]
    assert missing_words("Rechnungsnummer Größe ﬁn", "Rechnungs\nnummer GRÖSSE fin") == []


def test_the_measure_tells_what_is_seen_from_what_a_mail_hides() -> None:
    """Summaries that a style, a class or a parent hides are no visible words; the rest are."""
    html = (
        "<style>.h{display:none}.s{color:red}</style><p>seen</p><div class=h>a<b>b</b></div><p class=s>two</p>"
        "<span style='font-size:0'> c</span><span style='font-size:0.9em'>three</span><p>four"
    )

    words = VisibleWords(clean_html(html, {}))

    assert words_of("".join(words.text)) == words_of("seen two three four")
    assert words_of("".join(words.hidden)) == words_of("ab c")


def test_the_measure_tells_text_outside_the_margins() -> None:
    """To the left and to the right of where the page's own margins end."""
    boxes = '<page width="595.0" height="842.0">\n' + "\n".join(
        f'<word xMin="{left}" yMin="9" xMax="{left + 20}" yMax="19">{left}</word>' for left in (-5, 20, 35, 540, 560)
    )

    assert [each.split()[0] for each in text_outside(boxes)] == ["-5", "20", "560"]
