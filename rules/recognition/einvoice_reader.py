"""Read an XML file along a tree of wanted paths, into records of texts. Builds no tree of the file; decides nothing.

Hostile octets: a DOCTYPE is refused, so there are no entities; nothing is fetched; octets, depth, elements, repeated
records and the length of every value are capped. Raises Unreadable, and whatever the caller's `choose` raises.
"""

import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import TypeAlias, cast

from lxml import etree

LARGEST_OCTETS = 50 * 1024 * 1024
DEEPEST = 60  # UBL's own schema ends below 20
MOST_ELEMENTS = 1_000_000  # a telephone bill of 30,000 lines
MOST_RECORDS = 200  # of one kind within one record; what comes further is counted
MOST_RECORDS_IN_ALL = 10_000

_LONGEST_VALUE = 1_000
_CHUNK_OCTETS = 64 * 1024
# An invoice may carry its PDF as one text of megabytes, which libxml2 refuses unless told to take anything.
_LONG_TEXT = re.compile(rb">[^<>&]{65536,}<")
_MOST_HELD = 4 * 1024**2  # characters of files that stand in it as shorter texts

Paths: TypeAlias = Mapping[str, "Paths | str"]
Place: TypeAlias = tuple[int, int] | str  # of a file within the XML: from which octet to which, or the text itself


class Unreadable(Exception):
    """No XML that may be read to its end; `root` is as far as its first element was seen: (namespace, name)."""

    root: tuple[str, str] | None = None


class Record:
    """The texts found below one element: the first one of each field, and records of what repeats."""

    __slots__ = ("counts", "places", "records", "texts")

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.records: dict[str, list[Record]] = {}
        self.counts: dict[str, int] = {}
        self.places: dict[str, Place] = {}  # by field, of what only its length is told

    def get(self, *fields: str) -> str | None:
        """The first of these fields that says something."""
        return next((self.texts[field] for field in fields if field in self.texts), None)

    def all(self, *kinds: str) -> list["Record"]:
        """The records of the first of these kinds that there is."""
        return next((self.records[kind] for kind in kinds if kind in self.records), [])

    def first(self, *kinds: str) -> "Record":
        """The first record of these kinds, or an empty one."""
        return next(iter(self.all(*kinds)), _NOTHING)


_NOTHING = Record()


class Node:
    """One element of a tree of wanted paths, made of nested mappings by local names.

    A value that is a text names the field that the element's own text is; "" does so beside others, "@name" for an
    attribute. An element whose name ends with "*" opens a record of its own each time, by its name without the star.
    A field that ends with "#" gets the number of characters instead of the text, and its place. Of an envelope, what
    stands in it is the document.
    """

    __slots__ = ("attributes", "children", "field", "is_envelope", "record")

    def __init__(self, paths: "Paths | str", record: str | None = None, *, is_envelope: bool = False) -> None:
        self.is_envelope = is_envelope
        below: Paths = {"": paths} if isinstance(paths, str) else paths
        own = below.get("")
        self.field = own if isinstance(own, str) else None
        self.record = record
        self.attributes = {key[1:]: value for key, value in below.items() if key[:1] == "@" and isinstance(value, str)}
        self.children = {
            key.rstrip("*"): Node(value, key.rstrip("*") if key.endswith("*") else None)
            for key, value in below.items()
            if key and key[0] != "@"
        }


Choose: TypeAlias = Callable[[str, str], "Node | None"]  # by namespace and name of a document's first element
_NOT_WANTED = Node({})


class _Target:
    """lxml's parser target: where we are in the tree of wanted paths, and the record that is being filled."""

    def __init__(self, choose: Choose, blanked: Mapping[str, tuple[int, int]]) -> None:
        self.found = Record()
        self._blanked = blanked
        self.root: tuple[str, str] | None = None
        self._choose = choose
        self._open: list[tuple[Node, Record]] = []
        self._text: list[str] | None = None
        self._characters = 0
        self._held = 0
        self._elements = 0
        self._records = 0

    def doctype(self, name: str, *_: object) -> None:
        self.root = ("", str(name))
        raise Unreadable

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._elements += 1
        if self._elements > MOST_ELEMENTS or len(self._open) >= DEEPEST:
            raise Unreadable
        namespace, _, name = tag.rpartition("}")
        if self._open:
            above, record = self._open[-1]
            node = above.children.get(name, _NOT_WANTED)
            if node is _NOT_WANTED and above.is_envelope and self.root is None:
                node = self._begin(namespace[1:], name) or _NOT_WANTED
        else:
            first = self._begin(namespace[1:], name)
            if first is None:  # the first sign that this is something else
                raise Unreadable
            record, node = self.found, first
        if node.record:
            record = self._add(record, node.record)
        for attribute, value in attributes.items() if node.attributes else ():
            # Producers qualify attributes or not: ebInterface does until version 4.
            field = node.attributes.get(attribute.rpartition("}")[2])
            if field and value.strip():
                record.texts.setdefault(field, value[:_LONGEST_VALUE].strip())
        self._open.append((node, record))
        self._text, self._characters = ([] if node.field else None), 0

    def data(self, text: str) -> None:
        if self._text is not None:
            self._characters += len(text)
            if self._characters - len(text) < _LONGEST_VALUE or self._may_hold():
                self._text.append(text)

    def end(self, _tag: str) -> None:
        node, record = self._open.pop()
        if self._text is not None and node.field:
            if node.field.endswith("#"):
                self._place(node.field, "".join(self._text), record)
            elif text := "".join(self._text)[:_LONGEST_VALUE].strip():
                record.texts.setdefault(node.field, text)
        self._text = None

    def close(self) -> None:
        """The parser calls this at the end of the document; there is nothing to hand over."""

    def _may_hold(self) -> bool:
        field = self._open[-1][0].field
        return field is not None and field.endswith("#") and self._held + self._characters <= _MOST_HELD

    def _place(self, field: str, text: str, record: Record) -> None:
        """Note how long a file is that stands here, and where."""
        if field in record.texts:
            return
        if text in self._blanked:
            start, end = record.places[field] = self._blanked[text]
            record.texts[field] = str(end - start)
            return
        record.texts[field] = str(self._characters)
        if len(text) == self._characters:
            self._held += len(text)
            record.places[field] = text

    def _begin(self, namespace: str, name: str) -> Node | None:
        node = self._choose(namespace, name)
        if node is not None and not node.is_envelope:
            self.root = (namespace, name)
        return node

    def _add(self, above: Record, kind: str) -> Record:
        above.counts[kind] = above.counts.get(kind, 0) + 1
        made = Record()
        kept = above.records.setdefault(kind, [])
        if len(kept) < MOST_RECORDS and self._records < MOST_RECORDS_IN_ALL:
            self._records += 1
            kept.append(made)
        return made


def read_records(octets: bytes, choose: Choose) -> tuple[tuple[str, str], Record]:
    """The document's root (namespace, name) and what was found; `choose` says which paths are wanted below a root."""
    if len(octets) > LARGEST_OCTETS:
        raise Unreadable
    blanked: dict[str, tuple[int, int]] = {}
    target = _Target(choose, blanked)

    # A file cannot hold its own hash: what stands for a long text never stood there before.
    mark = sha256(octets).hexdigest()[:16] if _LONG_TEXT.search(octets) else ""

    def blank(text: re.Match[bytes]) -> bytes:
        name = f"~{mark}.{len(blanked)}"
        blanked[name] = (text.start() + 1, text.end() - 1)
        return b">%s<" % name.encode()

    try:
        _feed(_LONG_TEXT.sub(blank, octets), target)
    except (Unreadable, etree.XMLSyntaxError) as error:
        failure = Unreadable(type(error).__name__)
        failure.root = target.root
        raise failure from error
    if target.root is None:
        raise Unreadable
    return target.root, target.found


def _feed(octets: bytes, target: _Target) -> None:
    parser = etree.XMLParser(
        # The stubs ask for methods that lxml leaves to the target, and for names in octets, which lxml never gives.
        target=cast("etree.ParserTarget", target),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    for start in range(0, len(octets), _CHUNK_OCTETS):
        parser.feed(octets[start : start + _CHUNK_OCTETS])
    parser.close()
