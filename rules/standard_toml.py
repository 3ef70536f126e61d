"""A standard as a TOML file, read and written: what rules.standard_codec's values look like to people.

Reads text, never files. What it writes, it reads again as the same values.
Standard: TOML 1.0.0.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any


class NoToml(ValueError):
    """The text is no TOML; the words say where."""


def read_toml(text: str) -> dict[str, Any]:
    """The values that a file holds, for standard_codec.from_values. Raises NoToml."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise NoToml(f"not valid TOML: {error}") from error
    except RecursionError as error:
        raise NoToml("nested too deeply for a standard") from error


def to_toml(values: Mapping[str, Any]) -> str:
    """The file that holds these values, tables last."""
    tables = {key: value for key, value in values.items() if isinstance(value, Mapping)}
    lines = [*_pairs({key: value for key, value in values.items() if key not in tables})]
    for name, table in tables.items():
        lines += [f"[{name}]", *_pairs(table)]
    return "\n".join(lines) + "\n"


def _pairs(table: Mapping[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        yield f"{key} = {_value(value)}"


def _value(value: object) -> str:
    # A string of JSON is a basic string of TOML, save that TOML escapes DEL too.
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
