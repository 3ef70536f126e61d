"""What a text must hold for a pattern to fit it: plain runs of letters and digits, so that an index can look for them.

Reads RE2's syntax cautiously: what it does not understand requires nothing. Never compiles or runs a pattern.
A run found here stands in rules.words.fold of every text that the pattern fits, whatever the case.
"""

import re

SHORTEST = 3

# One step of a pattern at its top level; groups are skipped whole by _end_of_group.
_CLASS = r"\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]"
_ESCAPE = r"\\(?:[pPx]\{[^}]*\}|[pP].|x[0-9A-Fa-f]{2}|[0-7]{1,3}|.)"
_STEP = re.compile(
    rf"(?P<plain>[0-9A-Za-z])|(?P<maybe>[?*])|(?P<more>\+)|(?P<times>\{{\d+(?:,\d*)?\}})|(?P<other>{_CLASS}|{_ESCAPE}|.)",
    re.DOTALL,
)
_SKIPPED = re.compile(rf"{_CLASS}|{_ESCAPE}|.", re.DOTALL)


def required_literals(pattern: str) -> tuple[str, ...]:
    """Runs of at least SHORTEST lower-case letters and digits that every fitting text holds, longest first."""
    if "\\Q" in pattern:
        return ()
    runs, run, position = [], "", 0
    while position < len(pattern):
        if pattern[position] == "(":
            position = _end_of_group(pattern, position)
            runs.append(run)
            run = ""
            continue
        step = _STEP.match(pattern, position)
        if step is None or step[0] == "|":
            return ()
        position = step.end()
        if step.lastgroup == "plain":
            run += step[0]
            continue
        # What may be missing or repeated ends a run; a letter that may be missing is not part of it.
        runs.append(run[:-1] if step.lastgroup in {"maybe", "times"} else run)
        run = ""
    return _longest_first([*runs, run])


def _end_of_group(pattern: str, position: int) -> int:
    depth = 0
    while position < len(pattern):
        step = _SKIPPED.match(pattern, position)
        if step is None:
            break
        position = step.end()
        depth += (step[0] == "(") - (step[0] == ")")
        if depth == 0:
            return position
    return len(pattern)


def _longest_first(runs: list[str]) -> tuple[str, ...]:
    known = {run.lower() for run in runs if len(run) >= SHORTEST}
    return tuple(sorted(known, key=lambda run: (-len(run), run)))
