"""A script is what one client does; the mutator makes new ones out of known ones.

Pure: chance is given. Nothing here knows a command by name but for the greeting that fills an empty script.
"""

import base64
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

_MOST_OCTETS = 20_000
_MOST_STEPS = 60
_FILLER = b"EHLO client.example\r\n"


class Handshake:
    """The step at which the client shakes hands, if the server is ready for TLS."""

    def __repr__(self) -> str:
        return "HANDSHAKE"


HANDSHAKE: Final = Handshake()
Step = bytes | float | Handshake  # octets, seconds of silence, or a TLS handshake


@dataclass(frozen=True)
class Script:
    """What a client does, and at which kind of door."""

    steps: tuple[Step, ...]
    ending: str = "eof"  # eof, abort, or silence
    seed: int = 0  # what fails below, and when; whether TLS is offered, and whether the client reads
    door: str = "smtp"

    def to_json(self) -> str:
        """One line."""
        return json.dumps(
            {"door": self.door, "ending": self.ending, "seed": self.seed, "steps": [*map(_to_json, self.steps)]}
        )

    @classmethod
    def from_json(cls, line: str) -> "Script":
        """From one line."""
        value = json.loads(line)
        return cls(tuple(map(_from_json, value["steps"])), value["ending"], value["seed"], value.get("door", "smtp"))

    @property
    def octets(self) -> int:
        """How much it sends."""
        return sum(len(step) for step in self.steps if isinstance(step, bytes))

    def bounded(self) -> "Script":
        """The same within limits on steps and octets."""
        left, steps = _MOST_OCTETS, list[Step]()
        for step in self.steps[:_MOST_STEPS]:
            steps.append(step[: max(0, left)] if isinstance(step, bytes) else step)
            left -= len(step) if isinstance(step, bytes) else 0
        return replace(self, steps=tuple(steps))


def _to_json(step: Step) -> str | float | None:
    if isinstance(step, bytes):
        return base64.b64encode(step).decode()
    return None if isinstance(step, Handshake) else step


def _from_json(value: str | float | None) -> Step:
    if isinstance(value, str):
        return base64.b64decode(value)
    return HANDSHAKE if value is None else float(value)


class Mutator:
    """Makes new scripts out of known ones, `words` and `pauses`."""

    def __init__(
        self, chance: random.Random, words: Sequence[bytes], pauses: Sequence[float], doors: Sequence[str]
    ) -> None:
        self._chance = chance
        self._words, self._pauses, self._doors = words, pauses, doors
        self._ways = (
            *(self._flip, self._insert, self._insert, self._delete, self._repeat, self._cut, self._cut),
            *(self._join, self._swap, self._pause, self._drop, self._insert_step, self._shake_hands),
        )

    def mutate(self, script: Script, other: Script) -> Script:
        """A few changes at once; now and then the second half of another script."""
        steps = list(script.steps)
        if self._chance.random() < 0.2:
            rest = other.steps[self._chance.randint(0, len(other.steps)) :]
            steps = [*steps[: self._chance.randint(0, len(steps))], *rest]
        for _ in range(self._chance.choice((1, 1, 2, 3, 5, 8))):
            steps = self._chance.choice(self._ways)(steps or [_FILLER])
        ending = script.ending if self._chance.random() < 0.8 else self._chance.choice(("eof", "abort", "silence"))
        seed = script.seed if self._chance.random() < 0.5 else self._chance.randrange(1 << 16)
        door = script.door if self._chance.random() < 0.95 else self._chance.choice(self._doors)
        return Script(tuple(steps), ending, seed, door).bounded()

    def _somewhere(self, steps: list[Step]) -> tuple[int, bytes, int]:
        """A step of octets, and a place in it."""
        numbers = [number for number, step in enumerate(steps) if isinstance(step, bytes)]
        if not numbers:
            steps.append(_FILLER)
            numbers = [len(steps) - 1]
        number = self._chance.choice(numbers)
        octets = steps[number]
        assert isinstance(octets, bytes)
        return number, octets, self._chance.randint(0, len(octets))

    def _flip(self, steps: list[Step]) -> list[Step]:
        number, octets, place = self._somewhere(steps)
        changed = bytes([self._chance.randrange(256)])
        steps[number] = octets[:place] + changed + octets[place + 1 :]
        return steps

    def _insert(self, steps: list[Step]) -> list[Step]:
        number, octets, place = self._somewhere(steps)
        steps[number] = octets[:place] + self._chance.choice(self._words) + octets[place:]
        return steps

    def _delete(self, steps: list[Step]) -> list[Step]:
        number, octets, place = self._somewhere(steps)
        steps[number] = octets[:place] + octets[place + self._chance.choice((1, 1, 2, 8, 64)) :]
        return steps

    def _repeat(self, steps: list[Step]) -> list[Step]:
        number, octets, place = self._somewhere(steps)
        piece = octets[place : place + self._chance.choice((1, 2, 20, 200))]
        steps[number] = octets[:place] + piece * self._chance.choice((2, 3, 20, 120)) + octets[place:]
        return steps

    def _cut(self, steps: list[Step]) -> list[Step]:
        number, octets, place = self._somewhere(steps)
        steps[number : number + 1] = [octets[:place], octets[place:]]
        return steps

    def _join(self, steps: list[Step]) -> list[Step]:
        number, octets, _ = self._somewhere(steps)
        if number + 1 < len(steps) and isinstance(following := steps[number + 1], bytes):
            steps[number : number + 2] = [octets + following]
        return steps

    def _swap(self, steps: list[Step]) -> list[Step]:
        one, two = self._chance.randrange(len(steps)), self._chance.randrange(len(steps))
        steps[one], steps[two] = steps[two], steps[one]
        return steps

    def _pause(self, steps: list[Step]) -> list[Step]:
        steps.insert(self._chance.randint(0, len(steps)), self._chance.choice(self._pauses))
        return steps

    def _drop(self, steps: list[Step]) -> list[Step]:
        del steps[self._chance.randrange(len(steps))]
        return steps

    def _insert_step(self, steps: list[Step]) -> list[Step]:
        steps.insert(self._chance.randint(0, len(steps)), self._chance.choice(self._words))
        return steps

    def _shake_hands(self, steps: list[Step]) -> list[Step]:
        asks = [number + 1 for number, step in enumerate(steps) if isinstance(step, bytes) and b"STARTTLS" in step]
        place = self._chance.choice(asks) if asks else self._chance.randint(0, len(steps))
        steps.insert(place, HANDSHAKE)
        return steps
