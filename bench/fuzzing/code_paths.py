"""Which steps from line to line the code of a folder took: how the fuzzer knows that a script did something new.

Watches this thread only, through sys.settrace; what lies outside of the folder costs a call each.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

Trace = Callable[[FrameType, str, Any], Any]


class CodePaths:
    """A context; `taken` has the steps as (file, line before, line)."""

    def __init__(self, folder: Path) -> None:
        self.taken: set[tuple[str, int, int]] = set()
        self._folder = str(folder)
        self._name_of: dict[CodeType, str] = {}
        self._before: object = None

    def __enter__(self) -> "CodePaths":
        self.taken.clear()
        self._before = sys.gettrace()
        sys.settrace(self._called)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)  # type: ignore[arg-type]

    def _called(self, frame: FrameType, _event: str, _argument: object) -> Trace | None:
        code = frame.f_code
        name = self._name_of.get(code)
        if name is None:
            path = code.co_filename
            name = self._name_of[code] = Path(path).name if path.startswith(self._folder) else ""
        if not name:
            frame.f_trace_lines = False
            return None
        return self._tracer_of(name, frame.f_lineno)

    def _tracer_of(self, name: str, line: int) -> Trace:
        taken, before = self.taken, line

        def trace(frame: FrameType, event: str, _: object) -> Trace:
            nonlocal before
            if event == "line":
                taken.add((name, before, frame.f_lineno))
                before = frame.f_lineno
            return trace

        return trace
