"""What wkhtmltopdf draws wrongly is written so that it draws it right."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from bench.words import missing_words, text_outside
from receiver.rendering.cleaning import clean_html, text_to_html
from receiver.rendering.emoji import PNG, EmojiFont, installed
from receiver.rendering.fonts import emoji_font
from receiver.rendering.page import HeaderBlock, page
from receiver.rendering.typesetting import MAX_EMOJI, MAX_PICTURES, MAX_WORDS, Setter, typeset
from receiver.rendering.wkhtmltopdf import Wkhtmltopdf

HEADER = HeaderBlock("a", "b", None, "s")
ARABIC = (
    "عزيزي العميل، نشكركم على طلبكم رقم AB-123 من متجرنا؛ هذا نص طويل بما فيه الكفاية ليلتف على أكثر من سطر واحد في "
    "الصفحة حتى نرى كيف يظهر النص المختلط with some English words inside it. المبلغ 1,234.50 EUR"
)
HEBREW = 'שלום רב, מצורפת חשבונית מספר 4711 של חברת Acme על סך 1,234.50 ש"ח. שָׁלוֹם עֲלֵיכֶם with niqqud וְשָׁלוֹם ' * 2


@dataclass
class Picture:
    """What fontTools gives for a glyph."""

    imageData: bytes = PNG + b"picture"  # noqa: N815 - fontTools' name


def font_of(*glyphs: str, **ligatures: str) -> EmojiFont:
    """A font with a picture for each of these characters, and for these sequences ("a_b") of them."""
    sequences = {tuple(name.split("_")): glyph for name, glyph in ligatures.items()}
    known = {ord(each): each for each in glyphs}
    return EmojiFont(known, sequences, dict.fromkeys([*glyphs, *ligatures.values()], Picture()))


def body_as_set(text: str, font: EmojiFont | None = None) -> str:
    """What becomes of the body of a page."""
    return Setter(font or EmojiFont()).set(f"<head></head>{text}").partition("</head>")[2]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("رقم 47، من؟", "<x-w>رقم</x-w> 47، <x-w>من</x-w>؟"),
        ("می\u200cخواهم", "<x-w>می</x-w>\u200c<x-w>خواهم</x-w>"),  # noqa: RUF001 - Persian
        ("١٢٣", "١٢٣"),
        ("שלום עולם", "שלום עולם"),
        ("שָׁלוֹם", "<x-w>שָׁלוֹם</x-w>"),
        ('<b title="رقم > رقم">x</b>', '<b title="رقم > رقم">x</b>'),
        ("<style>p{font-family:رقم}</style>رقم", "<style>p{font-family:رقم}</style><x-w>رقم</x-w>"),
        ("Größe 請求書 Счёт", "Größe 請求書 Счёт"),
    ],
)
def test_a_word_whose_letters_join_gets_an_element(text: str, written: str) -> None:
    """Letters and marks alone, never what stands between words; nothing inside a tag or a style."""
    assert body_as_set(text) == written


@pytest.mark.parametrize("base", ["ltr", "rtl"])
@pytest.mark.parametrize("text", [ARABIC, HEBREW])
def test_mixed_directions_stand_on_the_page(text: str, base: str, look: Any, workshop_of: Callable[..., Any]) -> None:
    """Arabic and pointed Hebrew beside Latin: every word is within the margins, and can be found."""
    body = clean_html(f'<p dir="{base}">{text} <b>{text}</b></p><table dir="{base}"><tr><td>{text}</table>', {})

    pdf = workshop_of().render(page(HEADER, body).encode(), 30).pdf

    assert text_outside(look.words(pdf, "-bbox")) == []
    assert missing_words(f"{text} {text} {text}", look.words(pdf, "-raw")) == []


def test_without_it_the_same_text_leaves_the_page(look: Any, workshop_of: Callable[..., Any]) -> None:
    """The control of the test above: were the program mended one day, all of this could go."""
    confinement = workshop_of().prepare()
    document = page(HEADER, f'<p dir="rtl">{ARABIC} {ARABIC}</p>').encode()

    pdf = Wkhtmltopdf(document, confinement).to_pdf(seconds=30)

    assert text_outside(look.words(pdf, "-bbox")) != []


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\U0001f600b", 'a<x-e class="x0">\U0001f600</x-e>b'),
        ("\u2764\ufe0f", '<x-e class="x0">\u2764\ufe0f</x-e>'),
        ("\u2764 and \u2764\ufe0e, \u2714", "\u2764 and \u2764\ufe0e, \u2714"),
        ("\U0001f600\U0001f600", '<x-e class="x0">\U0001f600</x-e>' * 2),
        ("\U0001f600\u200d\u2764\ufe0f", '<x-e class="x0">\U0001f600\u200d\u2764\ufe0f</x-e>'),
        ("\u2764\ufe0f\u200d\U0001f600", '<x-e class="x0">\u2764\ufe0f</x-e><x-e class="x1">\U0001f600</x-e>'),
        ("\U0001f601", "\U0001f601"),
        ('<b title="\U0001f600">x', '<b title="\U0001f600">x'),
        ("1\ufe0f\u20e3 12", '<x-e class="x0">1\ufe0f\u20e3</x-e> 12'),
    ],
)
def test_an_emoji_becomes_a_picture(text: str, written: str) -> None:
    """A sequence is one picture where the font has it, else its parts; what the font lacks stays as letters."""
    font = font_of("\U0001f600", "\u2764", **{"\U0001f600_\u200d_\u2764": "heart"})
    font.glyphs.update({0x200D: "\u200d", ord("1"): "1", 0x20E3: "\u20e3"})
    font.ligatures["1", "\u20e3"] = "heart"

    assert body_as_set(text, font) == written


def test_each_picture_stands_once_in_a_page() -> None:
    """Twenty hearts are one picture."""
    document = Setter(font_of("\U0001f600")).set("<head></head>" + "\U0001f600" * 20)

    assert document.count("data:image/png") == 1
    assert document.count("<x-e ") == 20


def test_pictures_and_elements_are_bounded() -> None:
    """A megabyte of emoji or of Arabic does not become ten of markup."""
    many = [chr(0x1F300 + number) for number in range(MAX_PICTURES + 50)]
    setter = Setter(font_of(*many))

    document = setter.set("<head></head>" + "".join(many) * 20 + "رقم " * (MAX_WORDS + 10))

    assert document.count("data:image/png") == MAX_PICTURES
    assert document.count("<x-e ") <= MAX_EMOJI
    assert document.count("<x-w>") == MAX_WORDS


@pytest.mark.skipif(emoji_font() is None, reason="fonts-noto-color-emoji is not installed")
@pytest.mark.parametrize("sequence", ["😀", "👩‍💻", "🇩🇪", "👍🏽", "1️⃣", "❤️", "🏳️‍🌈", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "👨‍👩‍👧‍👦", "☎️", "🐻‍❄️"])
def test_the_installed_font_has_pictures_for_sequences(sequence: str) -> None:
    """Flags, families, tones, keycaps and what is joined are one picture each."""
    png = installed().png(sequence)

    assert png
    assert png.startswith(PNG)
    assert body_as_set(sequence, installed()).count("<x-e ") == 1


@pytest.mark.skipif(emoji_font() is None, reason="fonts-noto-color-emoji is not installed")
def test_emoji_are_seen_in_colour(look: Any, workshop_of: Callable[..., Any]) -> None:
    """In a subject and in a text: there is a yellow face on the paper, where there was nothing."""
    document = page(HeaderBlock("a", "b", None, "Paid 😀"), text_to_html("thanks 😀"))

    pixels = look.picture(workshop_of().render(document.encode(), 30).pdf, 100)[2]

    yellow = [
        1
        for red, green, blue in zip(pixels[::3], pixels[1::3], pixels[2::3], strict=True)
        if red > 230 and green > 170 and blue < 120
    ]
    assert len(yellow) > 50


def test_a_page_of_plain_letters_is_not_touched() -> None:
    """Most pages: the very octets go to the program."""
    for document in (page(HEADER, "<p>x</p>").encode(), page(HEADER, "<p>Größe 請求書</p>").encode()):
        assert typeset(document) is document


@pytest.mark.parametrize(
    "text",
    [
        "فاتورة " * 100_000,
        "\U0001f600" * 200_000,
        "\u200d\U0001f600" * 200_000,
        "1\ufe0f" * 300_000 + "\u20e3",
        '<a " ' * 200_000 + "ب",
        "<" * 500_000 + "ب",
        "<style" * 100_000 + "ب",
        "<style>" * 100_000 + "ب",
        "\U0001f1e9" * 200_000,
        "\U0001f3f4\U000e0061" * 100_000,
        "ب" * 500_000,
    ],
    ids=range(11),
)
def test_hostile_pages_are_set_in_one_go(text: str) -> None:
    """Megabytes of what words, emoji and tags begin with take no longer than their length."""
    assert body_as_set(text, font_of("\U0001f600"))
