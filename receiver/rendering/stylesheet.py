"""Keep of a mail's <style> elements the rules that lay the mail out, and see to it that they reach nothing else.

Without them flex receipts fall apart. Each rule is written anew from its tokens: selectors below the mail's element,
declarations judged like those of a style attribute, media queries decided once and for all. Every at-rule but @media
is dropped (@import and @font-face fetch, @page moves the margins). Bounded in octets, rules and selectors; linear.
Standard: CSS Syntax Level 3.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import tinycss2
from tinycss2.ast import Node

from receiver.rendering.media import media_hold
from receiver.rendering.selectors import Names, Scope
from receiver.rendering.styles import FUNCTIONS, harmless

# The largest of 300 mails has 50,000.
MAX_CHARACTERS = 128 * 1024
MAX_SELECTORS = 3000
MAX_DECLARATIONS = 100
MAX_NESTING = 4
# Each element of a page is compared with each rule that may be meant for it: 100,000 cells and 2,000 rules for cells
# take the layout minutes.
MOST_COMPARISONS = 20_000_000

HIDING = re.compile(r"(?:^|;)(?:display:none|visibility:(?:hidden|collapse)|font-size:0)", re.IGNORECASE)
RADIUS = re.compile(r"0|\d{1,3}(?:\.\d{1,3})?(?:px|pt|em|rem)")
NAMED = re.compile(r"[\s>+][^\s>+]*[.#][^\s>+]*$")


@dataclass(slots=True)
class StyleSheet:
    """The rules of one mail, and the names of ours for the classes and ids that they ask for."""

    text: str = ""
    names: Names = field(default_factory=Names)


def scoped(styles: Iterable[tuple[str, str]], element: str, elements: int = 0) -> StyleSheet:
    """The style sheet of a mail's (media, text) styles below `element`, a simple selector of ours.

    `elements`: how many the mail has. What is written holds no markup, no address, no escape and no at-rule.
    """
    sheet = StyleSheet()
    scope, room = Scope(element, sheet.names), min(MAX_SELECTORS, MOST_COMPARISONS // max(elements, 1))
    written: list[str] = []
    for rule in _rules(styles):
        selectors = scope.rewrite(rule.prelude, room + 1)
        declarations = list(_declarations(rule.content)) if selectors else []
        rounded = _rounded(selectors, dict(declarations))
        room -= len(selectors) * (1 + len(rounded))
        if room < 0:
            break
        written += _rule(selectors, declarations) + rounded
    sheet.text = "\n".join(written)
    return sheet


def _rule(selectors: list[str], declarations: list[tuple[str, str]]) -> list[str]:
    """A rule, written twice where it hides what it fits: by class or id a mail hides one thing, else all its text."""
    kept = harmless(declarations)
    if not HIDING.search(kept):
        return [f"{','.join(selectors)}{{{kept}}}"] if kept else []
    named = [each for each in selectors if NAMED.search(each)]
    others = [each for each in selectors if each not in named]
    shown = ";".join(each for each in kept.split(";") if not HIDING.search(each))
    return [f"{','.join(group)}{{{text}}}" for group, text in ((named, kept), (others, shown)) if group and text]


def _rounded(selectors: list[str], given: dict[str, str]) -> list[str]:
    """Rules for what stands in the corners of a box that cuts it off round: no box of ours cuts anything off."""
    corners = given.get("border-radius", "").split()
    cuts = given.get("overflow", "").casefold().startswith("hidden")
    is_filled = not any(name.startswith("padding") and value.strip("0px ") for name, value in given.items())
    if not (cuts and is_filled and 0 < len(corners) <= 4 and all(map(RADIUS.fullmatch, corners))):
        return []
    left, right, low_right, low_left = [*corners, corners[1]] if len(corners) == 3 else (4 * corners)[:4]
    rules = []
    for child, side, (first, second) in (("first", "top", (left, right)), ("last", "bottom", (low_left, low_right))):
        listed = ",".join(f"{each}>:{child}-child" for each in selectors)
        rules.append(f"{listed}{{border-{side}-left-radius:{first};border-{side}-right-radius:{second}}}")
    return rules


def _rules(styles: Iterable[tuple[str, str]]) -> Iterator[Node]:
    left = MAX_CHARACTERS
    for media, text in styles:
        if left > 0 and media_hold(media):
            # Seen in practice: the whole sheet inside an HTML comment; CSS Syntax 5.4.1 ignores its marks.
            yield from _flat(tinycss2.parse_stylesheet(text[:left], skip_comments=True, skip_whitespace=True))
            left -= len(text)


def _flat(rules: Sequence[Node], depth: int = 0) -> Iterator[Node]:
    """The rules that hold on our page, those inside @media included."""
    for rule in rules:
        if rule.type == "qualified-rule":
            yield rule
        elif rule.type == "at-rule" and rule.lower_at_keyword == "media" and rule.content and depth < MAX_NESTING:
            query = _written(rule.prelude)
            if query is not None and media_hold(query):
                inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
                yield from _flat(inner, depth + 1)


def _declarations(content: Sequence[Node]) -> Iterator[tuple[str, str]]:
    """(name, value) of a rule's declarations, as far as a value can be written at all."""
    parsed = tinycss2.parse_declaration_list(content, skip_comments=True, skip_whitespace=True)
    for declaration in parsed[:MAX_DECLARATIONS]:
        if declaration.type == "declaration":
            value = _written(declaration.value)
            if value is not None:
                yield declaration.lower_name, value.strip() + (" !important" if declaration.important else "")


def _written(tokens: Sequence[Node], depth: int = 0) -> str | None:
    """Tokens as text, their escapes read; None when one is among them that no value of ours may hold."""
    pieces = []
    for token in tokens:
        piece = _token(token, depth)
        if piece is None:
            return None
        pieces.append(piece)
    return "".join(pieces)


def _token(token: Node, depth: int) -> str | None:
    kind = token.type
    if kind in _WRITERS:
        return _WRITERS[kind](token)
    if kind == "url" or (kind == "function" and token.lower_name == "url"):
        return "url()"
    if depth >= MAX_NESTING or kind not in {"function", "() block"}:
        return None
    # Bare parentheses stand in media queries; no value of ours may hold them.
    name, content = (token.lower_name, token.arguments) if kind == "function" else ("", token.content)
    inner = _written(content, depth + 1) if not name or name in FUNCTIONS else None
    return None if inner is None else f"{name}({inner})"


def _string(token: Node) -> str | None:
    return None if set(token.value) & set("\"'\\\n") else f"'{token.value}'"


_WRITERS: Mapping[str, Callable[[Node], str | None]] = {
    "whitespace": lambda _: " ",
    "comment": lambda _: " ",
    "ident": lambda token: str(token.value),
    "literal": lambda token: str(token.value),
    "hash": lambda token: f"#{token.value}",
    "number": lambda token: str(token.representation),
    "percentage": lambda token: f"{token.representation}%",
    "dimension": lambda token: f"{token.representation}{token.unit}",
    "string": _string,
}
