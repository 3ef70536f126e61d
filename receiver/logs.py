"""How processes log: one event a line, to stderr.

An event is a past-tense constant, its facts are keys. Bodies, subjects, passwords and tokens are never among them:
an exception is told by its kind and place, never by its text, which may quote a mail. Only our own failures are told
in their words: those are made for people. Logging never raises and never waits (log_stream.py): a log that cannot be
written costs no mail its answer.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import structlog

from receiver.config import LogSettings
from receiver.log_stream import LastingStream
from receiver.setting_values import MASK

_HOUSE = Path(__file__).parent.parent
_OUR_ROOMS = ("receiver.", "storage.", "rules.")


def configure(settings: LogSettings, *, process: str = "") -> None:
    """Set up structlog for this process; every line carries the time in UTC and the name `process`, if there is one."""
    as_json = settings.format == "json" or (settings.format == "auto" and not sys.stderr.isatty())
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer(serializer=_to_json)
        if as_json
        else structlog.dev.ConsoleRenderer(pad_event_to=28)
    )

    stream = LastingStream(sys.stderr.fileno())

    def tell_lost_lines(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if stream.lost:
            event["lines_lost"] = stream.lost
        return event

    def name_process(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if process:
            event.setdefault("process", process)
        return event

    structlog.configure(
        processors=[
            name_process,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            tell_kind_and_place,
            hide_secrets,
            tell_lost_lines,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(settings.level),
        logger_factory=structlog.WriteLoggerFactory(file=stream),  # type: ignore[arg-type]
        cache_logger_on_first_use=True,
    )
    # What libraries log by themselves may quote mail (aiosmtpd: commands; asyncio: exceptions). It goes nowhere.
    logging.getLogger().addHandler(logging.NullHandler())


# Names under which no value is ever logged, whoever wrote the line. `code` is a reason's, and stays.
_SECRET_NAME = re.compile(
    r"passw|passphrase|secret|token|credential|authoriz|bearer|cookie|verifier|assertion|private_key|sealed|user_code"
    r"|device_code|auth_code|code_challenge",
    re.IGNORECASE,
)


def hide_secrets(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Put *** in the place of every value whose name is that of a secret: the last line of defence, not the first."""
    for name, value in event.items():
        if isinstance(value, Mapping) or _is_secret(name):
            event[name] = _without_secrets(name, value)
    return event


@lru_cache(maxsize=1024)  # the names in our lines are few
def _is_secret(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None


def _without_secrets(name: str, value: object) -> object:
    if _is_secret(name):
        return MASK
    if isinstance(value, Mapping):
        return {key: _without_secrets(str(key), each) for key, each in value.items()}
    return value


# Made once: json.dumps makes an encoder for every line.
_ENCODE = json.JSONEncoder(default=repr).encode


def _to_json(event: Mapping[str, Any], **_renderers_own: object) -> str:
    return _ENCODE(event)


def words_of(error: BaseException) -> str | None:
    """What a failure says to the operator, when it is one that was worded for people; None for any other."""
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else None
    kind = type(error)
    return str(error) if f"{kind.__module__}.".startswith(_OUR_ROOMS) else None


def tell_kind_and_place(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace `exc_info` by `fault` (the chain of exception kinds) and `place` (our innermost frames, file:line)."""
    exc_info = event.pop("exc_info", None)
    if exc_info is None or exc_info is False:
        return event
    error = exc_info if isinstance(exc_info, BaseException) else sys.exception()
    if error is None:
        return event
    event["fault"] = " < ".join(_kinds(error))
    event["place"] = " < ".join(_places(error))
    return event


def _kinds(error: BaseException) -> list[str]:
    kinds: list[str] = []
    current: BaseException | None = error
    while current is not None and len(kinds) < 5:
        number = f"[errno {current.errno}]" if isinstance(current, OSError) and current.errno else ""
        kinds.append(type(current).__name__ + number)
        current = current.__cause__ or current.__context__
    return kinds


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if Path(f.filename).is_relative_to(_HOUSE) and "site-packages" not in f.filename]
    chosen = (ours or list(frames))[-4:]
    return [f"{Path(f.filename).name}:{f.lineno}" for f in reversed(chosen)]
