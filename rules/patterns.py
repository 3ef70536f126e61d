"""Regular expressions for those who ask: RE2, linear in the text and without look-around.

The one door to google-re2. Never uses a backtracking engine; what RE2 refuses is refused when a standard is saved.
Standard: the syntax of RE2 (github.com/google/re2/wiki/Syntax); case does not count, as with words.
"""

from functools import lru_cache

import re2

LONGEST_PATTERN = 500
# One pattern may take this much for its program and its states; RE2 falls back to a slower linear search beyond.
_PATTERN_OCTETS = 1024**2
# Texts with nothing in common: what fits all of them fits everything.
_STRANGERS = ("x", "7 q", "Zz-\u00e9")


def pattern_fault(text: str) -> str | None:
    """Why RE2 does not take this pattern, in RE2's words; None when it does."""
    try:
        _compiled(text)
    except re2.error as error:
        return str(error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else error.args[0])
    return None


def fits_everything(text: str) -> bool:
    """Whether this pattern (that RE2 takes) would fit the empty text, or any."""
    pattern = _compiled(text)
    return pattern.search("") is not None or all(pattern.search(each) for each in _STRANGERS)


def pattern_fits(text: str, subject: str) -> bool:
    """Whether the pattern is found somewhere in `subject`; never, where RE2 does not take it."""
    try:
        return _compiled(text).search(subject) is not None
    except re2.error:
        return False


@lru_cache(maxsize=8192)
def _compiled(text: str) -> "re2._Regexp[str]":
    return re2.compile(text, options())


def options() -> re2.Options:
    """How every pattern is compiled."""
    chosen = re2.Options()
    chosen.case_sensitive = False
    chosen.never_capture = True
    chosen.log_errors = False
    chosen.max_mem = _PATTERN_OCTETS
    return chosen
