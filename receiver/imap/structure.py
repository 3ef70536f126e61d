"""A server's BODYSTRUCTURE as a tree of parts. Iterative; what lies beyond the limits is cut and marked. No I/O.

Never fails: what is no structure is a Part "1" of unknown type that is marked as cut. Parameters are decoded by
RFC 2231 and, as seen in practice, RFC 2047. Standard: RFC 9051 section 7.5.2 (body structure).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from receiver.imap.parsing import Value, read_number
from receiver.imap.values import Limits, Part
from receiver.mail.charsets import decode, one_line, storable
from receiver.mail.fields import decode_words

UNKNOWN = Part(path="1", media_type="application/octet-stream", is_cut=True)
_MAX_TEXT = 1000
_LONGEST_NAME = 200
# Of a part that is no multipart: type, subtype, parameters, id, description, encoding, octets.
_PARAMETERS, _ID, _ENCODING, _OCTETS, _EXTENSION = 2, 3, 5, 6, 7
# Of an attached message: envelope, body, lines.
_ENVELOPE, _BODY = 7, 8


@dataclass(slots=True)
class _Node:
    """A part that waits for what lies below it."""

    value: list[Value]
    path: str
    parent: int
    depth: int
    is_cut: bool = False
    below: list[Part] = field(default_factory=list)  # last one first


def read_structure(value: Value, limits: Limits) -> Part:
    """The tree of a BODYSTRUCTURE's value."""
    if not isinstance(value, list) or not value:
        return UNKNOWN
    nodes = _nodes(value, limits)
    for node in reversed(nodes[1:]):
        nodes[node.parent].below.append(_part(node))
    return _part(nodes[0])


def _nodes(value: list[Value], limits: Limits) -> list[_Node]:
    """All nodes, each after the one above it, in the order of the message."""
    nodes: list[_Node] = []
    waiting = [_Node(value, "" if _is_multipart(value) else "1", 0, 0)]
    while waiting:
        node = waiting.pop()
        nodes.append(node)
        inner = list(_below(node))
        room = limits.parts - len(nodes) - len(waiting)
        if inner and node.depth >= limits.depth:
            room = 0
        if len(inner) > room:
            node.is_cut, inner = True, inner[: max(room, 0)]
        parent, depth = len(nodes) - 1, node.depth + 1
        waiting.extend(_Node(below, path, parent, depth) for below, path in reversed(inner))
    return nodes


def _below(node: _Node) -> Iterator[tuple[list[Value], str]]:
    """What lies directly below a node, with paths."""
    if _is_multipart(node.value):
        prefix = f"{node.path}." if node.path else ""
        for number, each in enumerate(_parts_of(node.value), 1):
            yield each, f"{prefix}{number}"
        return
    body = node.value[_BODY] if _is_message(node.value) else None
    if isinstance(body, list) and body:
        # RFC 9051 6.4.5: the parts of an attached message's multipart are numbered as if they were its own.
        yield body, node.path if _is_multipart(body) else f"{node.path}.1"


def _is_multipart(value: list[Value]) -> bool:
    return isinstance(value[0], list)


def _is_message(value: list[Value]) -> bool:
    # Seen in practice: attached messages told like any other file.
    return (
        len(value) > _BODY
        and _lower(value[0]) == "message"
        and _lower(value[1]) in {"rfc822", "global"}
        and isinstance(value[_ENVELOPE], list)
        and isinstance(value[_BODY], list)
    )


def _parts_of(value: list[Value]) -> Iterator[list[Value]]:
    for each in value:
        if not isinstance(each, list):
            return
        yield each or [b"application", b"octet-stream"]


def _part(node: _Node) -> Part:
    value, children = node.value, tuple(reversed(node.below))
    if _is_multipart(value):
        subtype = next((each for each in value if not isinstance(each, list)), None)
        return Part(
            path=node.path,
            media_type=f"multipart/{_lower(subtype) or 'mixed'}",
            children=children,
            is_cut=node.is_cut or not value[-1:] or subtype is None,
        )
    value = value + [None] * (_EXTENSION - len(value))
    parameters = _parameters(value[_PARAMETERS])
    disposition, more = _disposition(value)
    filename = more.get("filename") or parameters.get("name")
    return Part(
        path=node.path,
        media_type=f"{_lower(value[0]) or 'application'}/{_lower(value[1]) or 'octet-stream'}",
        octets=read_number(value[_OCTETS]) or 0,
        encoding=_lower(value[_ENCODING]) or "7bit",
        charset=parameters.get("charset") or None,
        filename=filename or None,
        disposition=disposition,
        cid=_text(value[_ID]).strip("<> ") or None,
        children=children,
        is_attached_message=_lower(value[0]) == "message" and _lower(value[1]) in {"rfc822", "global"},
        is_cut=node.is_cut or len(node.value) < _EXTENSION,
    )


def _disposition(value: list[Value]) -> tuple[str | None, dict[str, str]]:
    """The disposition is a name and its parameters; where it stands depends on the type."""
    for each in value[_EXTENSION:]:
        if isinstance(each, list) and len(each) == 2 and isinstance(each[0], bytes):
            name, parameters = each
            if parameters is None or (isinstance(parameters, list) and parameters):
                return _lower(name) or None, _parameters(parameters)
    return None, {}


def _parameters(value: Value) -> dict[str, str]:
    """Decoded parameters by their names in lower case; those in pieces put together (RFC 2231 section 3)."""
    if not isinstance(value, list):
        return {}
    found: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bytes, bool]]] = {}
    for name, octets in zip(value[::2], value[1::2], strict=False):
        if not isinstance(octets, bytes):
            continue
        key, star, rest = _lower(name).partition("*")
        if not star:
            found.setdefault(key, _text(octets))
        else:
            number = rest.rstrip("*")
            at = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 0
            pieces.setdefault(key, {})[at] = (octets, rest in {"", number + "*"})
    return found | {key: _together(parts) for key, parts in pieces.items()}


def _together(parts: dict[int, tuple[bytes, bool]]) -> str:
    """RFC 2231 section 4: the first piece may name the charset, and each piece that is encoded says so."""
    charset, text = None, b""
    for at in sorted(parts):
        octets, is_encoded = parts[at]
        if is_encoded and charset is None and octets.count(b"'") >= 2:
            label, _, octets = octets.split(b"'", 2)
            charset = label.decode("ascii", "replace")
        text += unquote_to_bytes(octets) if is_encoded else octets
    return one_line(decode(text[: 4 * _MAX_TEXT], charset or "utf-8"))[:_MAX_TEXT]


def _text(value: Value) -> str:
    """A string of a server as one storable line: 8-bit octets by guess, encoded words read."""
    if not isinstance(value, bytes):
        return ""
    value = value[: 4 * _MAX_TEXT]
    if value.isascii() and b"=?" not in value:
        return one_line(value.decode("ascii"))[:_MAX_TEXT]
    return one_line(storable(decode_words(decode(value, "utf-8"))))[:_MAX_TEXT]


def _lower(value: Value) -> str:
    """A type, an encoding, a name: in lower case."""
    return _lowered(value[:_LONGEST_NAME]) if isinstance(value, bytes) else ""


@lru_cache(maxsize=512)
def _lowered(name: bytes) -> str:
    # The same few names stand in all structures.
    return one_line(name.decode("ascii", "replace")).lower()
