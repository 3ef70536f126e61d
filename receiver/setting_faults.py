"""Words for what is wrong with a setting: where it was set, its key and value, what was expected, the nearest key.

Pure: what pydantic found and the known keys in, a sentence out. A password within a URL is never repeated, nor the
value of a setting that is secret, nor of a table that holds one.
"""

import difflib
from collections.abc import Collection, Mapping
from typing import Any

from receiver.setting_values import MASK, without_password

_LONGEST_VALUE = 200


def sentence(error: Mapping[str, Any], where: str, known: Collection[str], secret: Collection[str] = ()) -> str:
    """What is wrong, from one entry of `ValidationError.errors()`. `secret`: keys whose values nobody may see."""
    location = [str(part) for part in error["loc"]]
    key = ".".join(location)
    if error["type"] == "extra_forbidden":
        return f"{where}: {key}: no such setting{nearest_key(key, known)}"
    return f"{where}: {key} = {_shown(error['input'], key, secret)}: {_expected(error, key)}"


def holds_secret(key: str, secret: Collection[str]) -> bool:
    """Whether this setting is one of the secret ones, or a table that holds one of them."""
    return any(each == key or each.startswith(f"{key}.") for each in secret)


def _shown(value: object, key: str, secret: Collection[str]) -> str:
    if holds_secret(key, secret):
        return MASK
    shown = without_password(repr(value))
    return shown if len(shown) <= _LONGEST_VALUE else shown[:_LONGEST_VALUE] + "…"


def nearest_key(key: str, known: Collection[str]) -> str:
    """A half sentence that names the nearest setting or table: in the same table first, then anywhere."""
    table, _, name = key.rpartition(".")
    siblings = {each.rpartition(".")[2]: each for each in known if each.rpartition(".")[0] == table}
    near = _nearest(name, siblings, 0.6) or _nearest(key, {each: each for each in known}, 0.5)
    return f"; did you mean {near}?" if near else ""


def nearest_name(name: str, known: Collection[str]) -> str:
    """A half sentence that names the nearest of these names."""
    near = _nearest(name, {each: each for each in known}, 0.5)
    return f"; did you mean {near}?" if near else ""


def _nearest(name: str, known: Mapping[str, str], cutoff: float) -> str | None:
    folded = {short.lower(): full for short, full in known.items()}
    near = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=cutoff)
    return folded[near[0]] if near else None


def _expected(error: Mapping[str, Any], key: str) -> str:
    match error["type"]:
        case "model_type" | "dict_type":
            return f"expected a table, [{key}]"
        case "list_type":
            return 'expected a list, for example ["…", "…"]'
        case _:
            return str(error["msg"]).removeprefix("Value error, ").replace("Input should be", "expected")
