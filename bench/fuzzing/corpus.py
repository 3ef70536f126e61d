"""Scripts on disk: what was kept, what was found, and the smallest few that cover the most.

A corpus is a folder: `kept.jsonl` has a script a line; `found-SEED-N.json` is one that broke a promise. Lines that
cannot be read any more are passed over.
"""

import base64
import contextlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.abuse import CORPUS as ABUSE
from bench.fuzzing.doors import KINDS
from bench.fuzzing.scripts import Script
from bench.fuzzing.words import DIALOGUES

CHECKED_IN = Path(__file__).parents[2] / "tests" / "corpus" / "fuzz_smtp"
_KEPT = "kept.jsonl"


def kept_in(folder: Path) -> list[Script]:
    """The scripts that earlier runs kept in a folder."""
    file, scripts = folder / _KEPT, list[Script]()
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        with contextlib.suppress(ValueError, KeyError):
            script = Script.from_json(line)
            if script.door in KINDS:
                scripts.append(script)
    return scripts


def found_in(folder: Path) -> list[Script]:
    """The scripts that once broke a promise: they are tried again."""
    files = sorted(folder.glob("found-*.json"))
    return [Script.from_json(path.read_text(encoding="utf-8")) for path in files]


def seeds() -> list[Script]:
    """Valid dialogues, and the abuse corpus where there is one."""
    scripts = list(DIALOGUES)
    for path in sorted(ABUSE.glob("*.json")):
        steps = json.loads(path.read_bytes())["steps"]
        sent = [base64.b64decode(s["send_b64"]) * min(s.get("repeat", 1), 120) for s in steps if "send_b64" in s]
        scripts.append(Script(tuple(sent), seed=1).bounded())
    return scripts


def keep(folder: Path, script: Script) -> None:
    """Add one to a corpus."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _KEPT).open("a", encoding="utf-8") as file:
        file.write(script.to_json() + "\n")


def set_aside(folder: Path, name: str, script: Script) -> Path:
    """Write down a script that broke a promise; where it stands."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"found-{name}.json"
    path.write_text(script.to_json() + "\n", encoding="utf-8")
    return path


def distil(scripts: Sequence[Script], traits_of: Callable[[Script], set[object]], most: int) -> list[Script]:
    """At most so many of the scripts, chosen one by one for what each adds, small ones first among equals."""
    traits = {number: traits_of(script) for number, script in enumerate(scripts)}
    chosen, seen = list[Script](), set[object]()
    while traits and len(chosen) < most:
        best = max(traits, key=lambda number: (len(traits[number] - seen), -scripts[number].octets))
        if not traits[best] - seen:
            break
        seen |= traits.pop(best)
        chosen.append(scripts[best])
    return chosen


def write(folder: Path, scripts: Sequence[Script]) -> None:
    """Make these the whole corpus of a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _KEPT).write_text("".join(script.to_json() + "\n" for script in scripts), encoding="utf-8")
