"""An order and its answer as fields of the wire's headers: bounded, checked, JSON.

The octets follow the header: the page, then the original, whose length the header tells. Whoever writes cuts what is
too long; whoever reads takes nothing on trust. Raises WireFault for what is no order, and no answer.
"""

import math
import re
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

from receiver.rendering.order import Original, Particulars, RenderFacts, RenderOrder
from receiver.rendering.wire import WireFault

MAX_WORDS = 1000
MAX_NAME = 200
MAX_FACT = 200
MEDIA_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,62}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,62}")
ANY_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Asked:
    """An order as its header tells it: what of the octets behind it is page, and what is original."""

    seconds: float | None
    particulars: Particulars
    page_octets: int
    original_octets: int
    announced: Original | None = None  # without its octets; in the particulars once they are here

    def with_original(self, octets: bytes) -> "Asked":
        """The same with the octets of the original."""
        original = replace(self.announced, octets=octets) if self.announced else None
        return replace(self, particulars=replace(self.particulars, original=original))

    @property
    def became_of_original(self) -> str:
        """As the facts tell it."""
        if self.particulars.original:
            return "embedded"
        return "too_large" if self.announced else ""


def header_of(order: RenderOrder, seconds: float) -> dict[str, Any]:
    """The header of an order."""
    header = {
        "seconds": seconds,
        "title": order.title[:MAX_WORDS],
        "author": order.author[:MAX_WORDS],
        "language": order.language[:MAX_WORDS],
        "date": order.date.isoformat() if order.date else "",
    }
    original = order.original
    if original is None:
        return header
    media_type = original.media_type if MEDIA_TYPE.fullmatch(original.media_type) else ANY_TYPE
    carried = {"octets": len(original.octets), "name": original.name[:MAX_NAME], "media_type": media_type}
    return header | {"original": carried}


def read_order(header: dict[str, Any], octets: int) -> Asked:
    """What is asked, and how the `octets` behind the header are shared out."""
    seconds = header.get("seconds")
    if seconds is not None and not (_is_number(seconds) and seconds > 0):
        raise WireFault("seconds are no length of time")
    original, length = None, 0
    carried = header.get("original")
    if carried is not None:
        if not isinstance(carried, dict):
            raise WireFault("original is not an object")
        length = _count(carried.get("octets"), octets)
        media_type = _words(carried, "media_type", MAX_WORDS)
        if not MEDIA_TYPE.fullmatch(media_type):
            raise WireFault("media_type is none")
        original = Original(b"", _words(carried, "name", MAX_NAME), media_type)
    title, author, language = (_words(header, name, MAX_WORDS) for name in ("title", "author", "language"))
    particulars = Particulars(title, author, _date(_words(header, "date", MAX_WORDS)), language)
    return Asked(seconds, particulars, octets - length, length, original)


def answer_of(facts: RenderFacts) -> dict[str, Any]:
    """The header of an answer that brings a PDF."""
    return asdict(facts)


def read_facts(header: dict[str, Any]) -> RenderFacts:
    """The facts of an answer that brings a PDF."""
    values: dict[str, Any] = {}
    for each in fields(RenderFacts):
        value = header.get(each.name)
        if isinstance(each.default, int):
            values[each.name] = _count(value, 2**31)
        else:
            values[each.name] = _words(header, each.name, MAX_FACT)
    facts = RenderFacts(**values)
    if not facts.rung or not facts.pages:
        raise WireFault("facts of no page")
    return facts


def _words(header: dict[str, Any], name: str, most: int) -> str:
    value = header.get(name, "")
    if not isinstance(value, str) or len(value) > most:
        raise WireFault(f"{name} is not a short text")
    return value


def _count(value: object, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise WireFault("a number that cannot be")
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _date(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise WireFault("date is none") from error
