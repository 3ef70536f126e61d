"""Tell which media queries of a mail hold on our page: light, on paper, as wide as a mail on a desk.

Rules for phones and for dark screens are left out; those for paper count as much as those for a screen, since what is
kept shall look like what was read. Whatever is not understood does not hold.
Standard: CSS Media Queries Level 4, as far as mails use it.
"""

import re

# What mails are laid out for on a desk: between their own 600 pixels and the widest of the desks they ask about.
WIDTH = 700
DEVICE_WIDTH = 1280
MAX_LENGTH = 300

QUERY = re.compile(r"(?:only\s+)?(all|screen|print)?\s*(?:and)?\s*((?:\([^()]*\)\s*(?:and\s*)?)*)")
FEATURE = re.compile(r"\(\s*([\w-]+)\s*(?::\s*([\w.-]+)\s*)?\)")
LENGTH = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)(px|em|rem|pt|)")
PIXELS = {"px": 1.0, "": 1.0, "em": 16.0, "rem": 16.0, "pt": 4 / 3}
AT_LEAST = {"min-width": WIDTH, "min-device-width": DEVICE_WIDTH}
OTHERS = {("prefers-color-scheme", "light"), ("orientation", "portrait"), ("prefers-reduced-motion", "reduce")}


def media_hold(queries: str) -> bool:
    """Whether one of the comma-separated queries holds; an empty list does (Media Queries 4, section 2.1)."""
    text = queries.strip().casefold()
    return not text or (len(text) <= MAX_LENGTH and any(_holds(query.strip()) for query in text.split(",")))


def _holds(query: str) -> bool:
    match = QUERY.fullmatch(query)
    return bool(query and match) and all(_has(name, value) for name, value in FEATURE.findall(query))


def _has(name: str, value: str) -> bool:
    if name not in AT_LEAST:
        return (name, value) in OTHERS
    length = LENGTH.fullmatch(value)
    return length is not None and float(length[1]) * PIXELS[length[2]] <= AT_LEAST[name]
