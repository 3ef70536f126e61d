"""Carry over to the mail's own element what its <html> and <body> say: colours, direction, language, classes.

A fragment has neither of them, and a mail that is light on dark, or right to left, says so nowhere else.
"""

import re
from collections.abc import Mapping

from receiver.rendering.selectors import Names
from receiver.rendering.styles import filter_style

LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,4}")
DIRECTIONS = frozenset({"rtl", "ltr"})
# Presentational attributes of <body> as the properties they stand for (WHATWG HTML 15.3.3).
COLOURS = {"bgcolor": "background-color", "text": "color"}
BARE_COLOUR = re.compile(r"#?[0-9a-zA-Z]{3,20}")
SIX_DIGITS = re.compile(r"[0-9a-fA-F]{6}")


def root_attributes(roots: Mapping[str, Mapping[str, str]], names: Names) -> dict[str, str]:
    """The attributes of the mail's element by name, not escaped yet; empty when nothing is said."""
    given = [roots[name] for name in ("html", "body") if name in roots]
    said = {
        "class": " ".join(filter(None, (names.known("class", each.get("class", "")) for each in given))),
        "id": next((known for each in given if (known := names.known("id", each.get("id", "").strip()))), ""),
        "style": ";".join(filter(None, map(_style, given))),
        "dir": next((value for each in given if (value := each.get("dir", "").casefold()) in DIRECTIONS), ""),
        "lang": next((value for each in given if LANGUAGE.fullmatch(value := each.get("lang", ""))), ""),
    }
    return {name: value for name, value in said.items() if value}


def _style(attributes: Mapping[str, str]) -> str:
    colours = [
        f"{property_}:{_colour(value)}"
        for name, property_ in COLOURS.items()
        if BARE_COLOUR.fullmatch(value := attributes.get(name, "").strip())
    ]
    # The mail's element stands in the page as any other: what makes a body as high as a window makes no sense here.
    return filter_style(";".join([*colours, attributes.get("style", "")]))


def _colour(value: str) -> str:
    return f"#{value}" if SIX_DIGITS.fullmatch(value) else value
