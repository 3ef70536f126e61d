"""Rewrite the selectors of a mail's style sheet so that they reach nothing but the mail.

Every one is put below the element that wraps the mail (`body` and `html` become that element), and classes and ids get
names of ours, so that a mail can name none of the page's. What costs the renderer the square of a page, or what can
never be true on paper, is refused. Works on tokens of tinycss2; never raises.
Standard: Selectors Level 3.
"""

from collections.abc import Iterator, Sequence

from tinycss2.ast import Node

MAX_COMPOUNDS = 8
MAX_TOKENS = 60
MAX_NAME = 200
# Constant in time for each element; `~`, :nth-*, :first-of-type, :not and :has are not.
PSEUDO_CLASSES = frozenset({"first-child", "last-child", "link"})
# Those of cleaned markup whose values are short; what asks for any other can fit nothing.
ATTRIBUTES = frozenset({"align", "valign", "bgcolor", "width", "height", "dir", "lang", "border"})
ROOTS = frozenset({"html", "body"})


class Names:
    """The mail's classes and ids with the names they get on our page; only those that some rule asks for have one."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], str] = {}

    def give(self, kind: str, name: str) -> str:
        """The name of ours for a "class" or an "id"."""
        return self._names.setdefault((kind, name), f"{kind[0]}{len(self._names) + 1}")

    def known(self, kind: str, value: str) -> str:
        """The names of ours for an attribute's value, those without one left out."""
        return " ".join(self._names[kind, word] for word in value.split() if (kind, word) in self._names)


class Refused(ValueError):
    """A selector that may not stand on the page."""


class Scope:
    """Selectors of one mail, put below `element` (a simple selector of ours)."""

    def __init__(self, element: str, names: Names) -> None:
        self._element = element
        self._names = names

    def rewrite(self, prelude: Sequence[Node], most: int) -> list[str]:
        """Those of a comma-separated list that may stand, rewritten, at most so many."""
        kept: list[str] = []
        for tokens in _split(prelude):
            if len(kept) >= most:
                break
            try:
                kept.append(self._complex(tokens))
            except Refused:
                continue
        return kept

    def _complex(self, tokens: list[Node]) -> str:
        if not tokens or len(tokens) > MAX_TOKENS:
            raise Refused
        written, is_at_root = self._element, True
        for count, (combinator, compound) in enumerate(_compounds(tokens)):
            if count >= MAX_COMPOUNDS:
                raise Refused
            root, text = self._compound(compound)
            if root and not is_at_root:
                raise Refused
            if root:
                written += text
            else:
                written += f"{combinator}{text}"
                is_at_root = False
        return written

    def _compound(self, tokens: list[Node]) -> tuple[bool, str]:
        """Whether a compound selector is the mail's root, and how it is written (of the root: what follows it)."""
        first, rest = tokens[0], tokens
        root, text = False, ""
        if first.type == "ident":
            name = _plain(first.value.lower())
            root, rest = name in ROOTS, tokens[1:]
            text = "" if root else name
        elif first.type == "literal" and first.value == "*":
            text, rest = "*", tokens[1:]
        elif len(tokens) == 2 and _is(first, ":") and tokens[1].type == "ident" and tokens[1].lower_value == "root":
            return True, ""
        return root, text + "".join(self._simple(part) for part in _parts(rest))

    def _simple(self, part: list[Node]) -> str:
        first = part[0]
        if first.type == "hash":
            return f"#{self._names.give('id', first.value[:MAX_NAME])}"
        if first.type == "[] block":
            return self._attribute(first)
        name = part[1].value if len(part) == 2 and part[1].type == "ident" else ""
        if _is(first, ".") and name:
            return f".{self._names.give('class', name[:MAX_NAME])}"
        if _is(first, ":") and name.lower() in PSEUDO_CLASSES:
            return f":{name.lower()}"
        raise Refused

    def _attribute(self, block: Node) -> str:
        tokens = [token for token in block.content if token.type not in {"whitespace", "comment"}]
        if not tokens or tokens[0].type != "ident":
            raise Refused
        name = tokens[0].value.lower()
        if len(tokens) == 1 and name in ATTRIBUTES:
            return f"[{name}]"
        if len(tokens) != 3 or tokens[2].type not in {"ident", "string"}:
            raise Refused
        value, operator = tokens[2].value, getattr(tokens[1], "value", "")
        if (name, operator) in {("class", "="), ("class", "~="), ("id", "=")} and len(value.split()) == 1:
            mark = "." if name == "class" else "#"
            return f"{mark}{self._names.give(name, value[:MAX_NAME])}"
        if name in ATTRIBUTES and operator == "=":
            return f'[{name}="{_plain(value.removeprefix("#"), prefix="#" if value.startswith("#") else "")}"]'
        raise Refused


def _split(prelude: Sequence[Node]) -> Iterator[list[Node]]:
    tokens: list[Node] = []
    for token in prelude:
        if _is(token, ","):
            yield _trimmed(tokens)
            tokens = []
        elif token.type != "comment":
            tokens.append(token)
    yield _trimmed(tokens)


def _trimmed(tokens: list[Node]) -> list[Node]:
    start, end = 0, len(tokens)
    while start < end and tokens[start].type == "whitespace":
        start += 1
    while end > start and tokens[end - 1].type == "whitespace":
        end -= 1
    return tokens[start:end]


def _compounds(tokens: list[Node]) -> Iterator[tuple[str, list[Node]]]:
    """Compound selectors, each with the combinator before it."""
    combinator, compound = "", list[Node]()
    for token in tokens:
        if token.type == "whitespace" or _is(token, ">") or _is(token, "+"):
            if compound:
                yield combinator or " ", compound
                combinator, compound = " ", []
            if token.type != "whitespace":
                if combinator != " ":  # nothing stands before it, or another one
                    raise Refused
                combinator = token.value
        else:
            compound.append(token)
    if not compound:
        raise Refused
    yield combinator or " ", compound


def _parts(tokens: list[Node]) -> Iterator[list[Node]]:
    position = 0
    while position < len(tokens):
        width = 2 if _is(tokens[position], ".") or _is(tokens[position], ":") else 1
        yield tokens[position : position + width]
        position += width


def _is(token: Node, value: str) -> bool:
    return bool(token.type == "literal" and token.value == value)


def _plain(name: str, *, prefix: str = "") -> str:
    """A name or value that needs no escaping where it is written."""
    if not (name.isascii() and name.replace("-", "").replace("%", "").isalnum() and len(name) <= MAX_NAME):
        raise Refused
    return prefix + name
