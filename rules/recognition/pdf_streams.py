"""Find the files embedded in a PDF by its octets alone, without a reader: within bounds, whatever the PDF claims.

For two ends: to see before a reader is asked that nothing in there swells, or must be repaired, beyond bounds; and to
read what a reader no longer finds (a broken cross-reference table, a file that only an annotation names). Encrypted
ones stay unread.
Raises nothing. Standard: ISO 32000-1 7.3.8 (a stream never lies within another object), 7.4, 7.11.4.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

_MOST_STREAMS = 200
_DICTIONARY_OCTETS = 4096
_TYPE = re.compile(rb"/EmbeddedFile(?![A-Za-z])|/(?:text|application)#2[Ff]xml")
_START = re.compile(rb"\d[\x00-\x20]+\d+[\x00-\x20]+obj")
_STREAM = re.compile(rb"stream\r?\n")
_FILTERS = re.compile(rb"/Filter[\x00-\x20]*(\[[^\]]{0,200}\]|/[A-Za-z0-9]{1,40})")
_NAME = re.compile(rb"/([A-Za-z0-9]{1,40})")
_MOST_FILTERS = 4
_MOST_SEARCHED_OCTETS = 256 * 1024**2


@dataclass(frozen=True, slots=True)
class EmbeddedStream:
    """A file embedded in a PDF; `octets` is None where it is larger than was allowed, or cannot be decoded."""

    octets: bytes | None
    is_too_large: bool = False


def may_be_opened(pdf: bytes) -> bool:
    """Whether a reader that repairs what is broken stays within bounds: it looks for the end of every stream.

    Thousands of streams without an end cost it the square of their number: 1 MB took PDFium three seconds.
    """
    searched, at, open_streams, sum_of_starts = 0, 0, 0, 0
    while (at := pdf.find(b"stream", at)) >= 0:
        if pdf[at - 3 : at] == b"end":
            searched += open_streams * at - sum_of_starts
            open_streams = sum_of_starts = 0
        else:
            open_streams, sum_of_starts = open_streams + 1, sum_of_starts + at
        at += 6
    return searched + open_streams * len(pdf) - sum_of_starts <= _MOST_SEARCHED_OCTETS


def embedded_streams(pdf: bytes, most_octets: int) -> Iterator[EmbeddedStream]:
    """Every stream that says it is an embedded file, or XML, decoded up to `most_octets`."""
    end = 0
    for number, found in enumerate(_TYPE.finditer(pdf)):
        if number >= _MOST_STREAMS:
            return
        if found.start() < end:  # a second telling name of the same stream
            continue
        stream = _STREAM.search(pdf, found.end(), found.end() + _DICTIONARY_OCTETS)
        if stream is None or pdf.find(b"endobj", found.end(), stream.start()) >= 0:
            continue
        end = pdf.find(b"endstream", stream.end())
        end = len(pdf) if end < 0 else end
        yield _decoded(pdf[stream.end() : end], _filters(pdf, found.start(), stream.start()), most_octets)


def _filters(pdf: bytes, telling: int, stream: int) -> list[bytes]:
    start = max(0, telling - _DICTIONARY_OCTETS)
    begins = [each.end() for each in _START.finditer(pdf, start, telling)]
    found = _FILTERS.search(pdf, begins[-1] if begins else start, stream)
    return _NAME.findall(found[1]) if found else []


def _decoded(octets: bytes, filters: list[bytes], most_octets: int) -> EmbeddedStream:
    if len(filters) > _MOST_FILTERS:
        return EmbeddedStream(None)
    for each in filters:
        if each not in {b"FlateDecode", b"Fl"}:
            return EmbeddedStream(None)
        inflater = zlib.decompressobj()
        try:
            octets = inflater.decompress(octets, most_octets + 1)
        except zlib.error:
            return EmbeddedStream(None)
        if len(octets) > most_octets:
            return EmbeddedStream(None, is_too_large=True)
    if len(octets) > most_octets:
        return EmbeddedStream(None, is_too_large=True)
    return EmbeddedStream(octets)
