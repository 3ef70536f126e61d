"""Draw two PDFs and tell, page by page, which share of the pixels differs: `python -m receiver.rendering.pictures`.

A process of its own, with limits: pdfium reads octets that a program wrote which had read a stranger's mail. Standard
input: the length of the first PDF (8 octets, big-endian), then both. Standard output: JSON, {"before", "after": numbers
of pages, "shares": one for each page of the longer one, null beyond MAX_PAGES}. Whatever goes wrong ends it without
an answer.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

import pypdfium2

from receiver.rendering.comparing import LENGTH, MAX_PAGES

# 72 dots an inch of an A4 page: 842. A page may claim to be 5 metres long.
MAX_SIDE = 1000
_CHANNELS = 4  # blue, green, red and one that is always the same


def shares(before: Any, after: Any) -> Iterator[float | None]:
    """Of each page of the longer document, the share of pixels that differs; 1.0 where there is no other page."""
    for number in range(max(len(before), len(after))):
        if number >= MAX_PAGES:
            yield None
        elif number >= min(len(before), len(after)):
            yield 1.0
        else:
            yield _share(_picture(before, number), _picture(after, number))


def _picture(document: Any, number: int) -> tuple[tuple[int, int], bytes]:
    page = document[number]
    try:
        scale = min(1.0, MAX_SIDE / max(page.get_width(), page.get_height(), 1.0))
        bitmap = page.render(scale=scale, prefer_bgrx=True)
        try:
            return (bitmap.width, bitmap.height), bytes(bitmap.buffer)
        finally:
            bitmap.close()
    finally:
        page.close()


def _share(before: tuple[tuple[int, int], bytes], after: tuple[tuple[int, int], bytes]) -> float:
    if before == after:
        return 0.0
    if before[0] != after[0] or len(before[1]) != len(after[1]) or not before[1]:
        return 1.0
    differing = 0
    pixels = len(before[1]) // _CHANNELS
    for channel in range(_CHANNELS):
        one, other = (int.from_bytes(each[1][channel::_CHANNELS]) for each in (before, after))
        differing |= one ^ other
    return 1 - differing.to_bytes(pixels).count(0) / pixels


def main() -> None:
    """Compare what stands on standard input."""
    octets = sys.stdin.buffer.read()
    (length,) = LENGTH.unpack_from(octets)
    first, second = octets[LENGTH.size : LENGTH.size + length], octets[LENGTH.size + length :]
    before, after = pypdfium2.PdfDocument(first), pypdfium2.PdfDocument(second)
    answer = {"before": len(before), "after": len(after), "shares": list(shares(before, after))}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
