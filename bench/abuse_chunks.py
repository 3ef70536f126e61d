"""Cases of the abuse corpus that send a message by DATA, made over into chunks (BDAT, RFC 3030).

Nothing in a chunk ends the message, and nothing in it is a command: one message at most is taken, octet for octet, and
the session goes on behind it. Pure.
"""

import base64
import re
from typing import Any

from bench.abuse_player import THEIR_ADDRESS, Case

# A border between chunks lies where a careless reader would see the end of the message.
_ENDING = re.compile(rb"[\r\n\0]\.")
_ANY = ["250", "5"]


def in_chunks(case: Case) -> Case | None:
    """The same message in two chunks, with a NOOP behind it; None for a case that has none, or breaks off in it."""
    steps = case["steps"]
    at = next((number for number, step in enumerate(steps) if _octets(step).upper() == b"DATA\r\n"), -1)
    if at < 0 or at + 1 >= len(steps) or steps[at + 1].get("expect") != ["354"]:
        return None
    if any(step.get("close") or "send_slow_b64" in step for step in steps):
        return None
    text = b"".join(map(_octets, steps[at + 2 :]))
    text = text.removesuffix(b".\r\n") if text.endswith(b"\r\n.\r\n") else text
    ending = _ENDING.search(text)
    border = ending.end() - 1 if ending else len(text) // 2
    chunks = [*_chunk(text[:border], is_last=False), *_chunk(text[border:], is_last=True)]
    return {
        "id": f"{case['id']} in chunks",
        "category": case["category"],
        "is_in_chunks": True,
        "steps": [*steps[:at], *chunks, {"send_b64": _encoded(b"NOOP\r\n")}, {"expect": ["250 2.0.0 OK"]}],
        "expected": {"messages_delivered": "0 or 1"} | _body(text),
    }


def _chunk(octets: bytes, *, is_last: bool) -> list[dict[str, Any]]:
    return [{"chunk_b64": _encoded(octets), "is_last": is_last}, {"expect": _ANY}]


def _body(text: bytes) -> dict[str, str]:
    # Where an address stands in it, the player puts another one in its place.
    return {} if THEIR_ADDRESS.search(text) else {"body_b64": _encoded(text.partition(b"\r\n\r\n")[2] or text)}


def _octets(step: dict[str, Any]) -> bytes:
    return base64.b64decode(step.get("send_b64", "")) * int(step.get("repeat", 1))


def _encoded(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
