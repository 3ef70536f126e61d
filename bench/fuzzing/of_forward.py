"""Forwarded texts made up: labels, separators, quote marks, names and addresses of many programs, mixed and multiplied.

A case is octets: the subject in the first line, the text below, and behind a NUL the HTML's words. What must hold of
every one: nothing is raised; a reply is no forward; the sender is an address in the one form that rules compare, or
none; each value is printable, short and storable, and the claim comes back from JSON and the database; mail is found by
it. Of some, the text is repeated up to the most that is read: the child's time kills what is not linear.
"""

import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from zlib import crc32

from rules.addresses import canonical
from rules.facts import ForwardClaim, MailFacts
from rules.lookup import index_keys
from rules.recognition.forward_block import FIELD_OF_LABEL, LONGEST_VALUE
from rules.recognition.forward_labels import FORWARD_LINES, FORWARD_PREFIXES, REPLY_PREFIXES
from rules.recognition.forwarded import LONGEST_TEXT, AttachedMessage, find_forward, mark_of
from storage.stored_facts import decode, encode
from storage.texts import storable

_SHARED = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "forwarded"
_LARGEST_SEED = 10_000
_LARGEST = 100_000
_REPEATED_ONE_IN = 10
_EVIDENCE = {"attached_message", "separator", "header_block", "quote_line"}
_OWN = frozenset({"office@acme.example"})

_ADDRESSES = (
    *("a@supplier.example", "office@acme.example", "A.B+c@Sub.Supplier.Example", "ü@münchen.example", "a@[192.0.2.1]"),
    *("@", "a@", "@b", "a@b@c.example", '"a b"@c.example', "x" * 400 + "@c.example", "a@" + "b." * 200 + "example"),
    *(
        "",
        "undisclosed-recipients:;",
        "mailto:a@b.example",
        "<a@b.example",
        "a@b.example>",
        "a@b.example [mailto:c@d.e]",
    ),
)
_NASTY = (
    *("", " ", "\t" * 300, ":" * 2_000, "-" * 5_000, ">" * 3_000, "> " * 2_000, "[" * 3_000, "<" * 3_000, '"' * 3_000),
    *(
        "\u202e\u2066",
        "\ufeff\u200b",
        "\ud800",
        "\x1b[2J",
        "\x85\u2028\x0b\x0c",
        "é" * 2_000,
        "中" * 2_000,
        "\uff1a",
        "\xa0:",
    ),
    *("1/1/1 1:1", "01.01.2026 10:00:00 AM," * 50, "x" * 5_000, "wrote:" * 500, "*" * 3_000, "=20=\n" * 200),
)
_SEPARATORS = (
    *("---------- Forwarded message ---------", "-----Original Message-----", "-----Ursprüngliche Nachricht-----"),
    *("Begin forwarded message:", "Début du message réexpédié :", "________________________________", "--", "-- - --"),
)
_LINE = re.compile(r"[^\n]*\n?")
_LABEL = re.compile(r"^[>\s*]{0,10}[^\W\d][^\n:\uff1a]{0,30}[:\uff1a]", re.MULTILINE)
_ADDRESS = re.compile(r"[^\s<>\"]{1,80}@[^\s<>\"]{1,80}")


def seeds() -> list[bytes]:
    """A forward by each label and separator that is known, and the small ones of the reference set if it is there."""
    labels = dict[str, list[str]]()
    for label, field in FIELD_OF_LABEL.items():
        labels.setdefault(field, []).append(label)
    rounds = max(map(len, labels.values()))
    made = [_block({field: known[number % len(known)] for field, known in labels.items()}) for number in range(rounds)]
    made += [
        f"x\n{line}\n{_fields('From', 'Subject', 'Date', 'To')}" for line in (*sorted(FORWARD_LINES), *_SEPARATORS)
    ]
    bodies = sorted(_SHARED.glob("*.body.txt")) if _SHARED.is_dir() else []
    known = [b"Fwd: x\n" + path.read_bytes() for path in bodies if path.stat().st_size <= _LARGEST_SEED]
    return [*(each.encode("utf-8", "surrogatepass") for each in made), *known]


def mutate(chance: random.Random, octets: bytes, other: bytes) -> bytes:
    """A mail like this one."""
    text, with_other = _decoded(octets), _decoded(other)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        text = chance.choice(_MUTATIONS)(chance, text, with_other)[:_LARGEST]
    return text.encode("utf-8", "surrogatepass")


def examine(octets: bytes) -> set[str]:
    """What is claimed of this mail; raises where a promise is broken."""
    head, _, html = _decoded(octets).partition("\0")
    subject, _, text = head.partition("\n")
    claim = find_forward(subject, text, html, (), _OWN)
    assert claim is None or mark_of(subject) != "reply"
    told = _examined(claim)
    line = text.partition("\n")[0]
    told |= {f"attached {each}" for each in _examined(find_forward(subject, "", "", [AttachedMessage(line, subject)]))}
    if text and crc32(octets) % _REPEATED_ONE_IN == 0:
        repeated = text * (LONGEST_TEXT // len(text) + 1)
        _examined(find_forward("Fwd: x", repeated, "", (), _OWN))
    return told


def _examined(claim: ForwardClaim | None) -> set[str]:
    if claim is None:
        return {"none"}
    assert claim.evidence in _EVIDENCE, claim.evidence
    assert claim.sender is None or canonical(claim.sender) == claim.sender, claim.sender
    values = (claim.sender, claim.sender_name, claim.subject, claim.date_raw, claim.recipients)
    for value in filter(None, values):
        assert value.isprintable(), value
        assert len(value) <= LONGEST_VALUE, len(value)
        assert storable(value) == value
    assert "" not in values
    mail = MailFacts(from_addresses=("office@acme.example",), subject=claim.subject or "", forward=claim)
    assert MailFacts.from_json(json.loads(json.dumps(mail.to_json()))) == mail
    assert decode(encode(mail)).forward == claim
    found = {each.text for each in index_keys(mail) if each.kind == "sender"}
    assert claim.sender is None or claim.sender in found
    return {claim.evidence + "".join(str(int(value is not None)) for value in values)}


def _decoded(octets: bytes) -> str:
    try:
        return octets.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return octets.decode("utf-8", "replace")


def _fields(sender: str, subject: str, date: str, to: str) -> str:
    return (
        f"{sender}: Anna <a@supplier.example>\n{subject}: Invoice 7\n{date}: 2 Nov 2026 10:00\n{to}: b@acme.example\n"
    )


def _block(labels: dict[str, str]) -> str:
    named = (labels.get(field, field) for field in ("from", "subject", "date", "to"))
    return f"Fwd: x\nHello\n\n{_fields(*named)}\nText\n"


Mutation = Callable[[random.Random, str, str], str]


def _cut(chance: random.Random, text: str, _: str) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + text[at + chance.choice((1, 8, 200, 10**6)) :]


def _splice(chance: random.Random, text: str, other: str) -> str:
    at, start = chance.randrange(len(text) + 1), chance.randrange(len(other) + 1)
    return text[:at] + other[start : start + chance.choice((8, 100, 2_000))] + text[at:]


def _repeat(chance: random.Random, text: str, _: str) -> str:
    at, length = chance.randrange(len(text) + 1), chance.choice((1, 20, 300))
    return text[:at] + text[at : at + length] * chance.choice((2, 30, 1_000)) + text[at + length :]


def _insert(chance: random.Random, text: str, _: str) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice((*_NASTY, *_ADDRESSES)) + text[at:]


def _line(chance: random.Random, text: str, other: str) -> str:
    new = chance.choice((*_SEPARATORS, "", chance.choice(other.split("\n"))))
    return _at_one(chance, text, _LINE, lambda line: chance.choice((new + "\n", new + "\n" + line, line * 2, "")))


def _label(chance: random.Random, text: str, _: str) -> str:
    label = chance.choice(_LABELS)
    return _at_one(chance, text, _LABEL, lambda _: label + chance.choice((":", " :", "\uff1a", "*:", ":\n", "")))


def _address(chance: random.Random, text: str, _: str) -> str:
    return _at_one(chance, text, _ADDRESS, lambda _: chance.choice(_ADDRESSES))


def _subject(chance: random.Random, text: str, _: str) -> str:
    mark = chance.choice(_MARKS)
    return chance.choice((f"{mark}: ", f"[EXTERN] {mark}: ", f"{mark}[2]:", "")) * chance.choice((1, 1, 30)) + text


def _quote(chance: random.Random, text: str, _: str) -> str:
    mark = chance.choice((">", "> ", ">> ", "| ", "\t", " " * 40))
    head, _, rest = text.partition("\n")
    return head + "\n" + "\n".join(mark + line for line in rest.split("\n"))


def _endings(chance: random.Random, text: str, _: str) -> str:
    return text.replace("\n", chance.choice(("\r\n", "\n\n", " ", "\u2028", "\r")))


def _into_html(chance: random.Random, text: str, other: str) -> str:
    return text.partition("\0")[0] + "\0" + chance.choice((other, text, text.partition("\n")[2]))


def _at_one(chance: random.Random, text: str, pattern: re.Pattern[str], change: Callable[[str], str]) -> str:
    """The same with one match changed, chosen from where a random place lies."""
    found = pattern.search(text, chance.randrange(len(text) + 1)) or pattern.search(text)
    return text[: found.start()] + change(found[0]) + text[found.end() :] if found else text


_LABELS = tuple(sorted(FIELD_OF_LABEL))
_MARKS = tuple(sorted({*FORWARD_PREFIXES, *REPLY_PREFIXES}))
_MUTATIONS: tuple[Mutation, ...] = (
    *(_cut, _splice, _splice, _repeat, _insert, _insert, _line, _line, _label, _label, _address, _address),
    *(_subject, _quote, _endings, _into_html),
)
