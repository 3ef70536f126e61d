"""Words, patterns and names that somebody chose to hurt: what they cost grows with their length, not faster.

Sizes are counted, not seconds. What would be quadratic here takes hours, and the deadline of the test run ends it.
"""

import random
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.asking import StandardList
from rules.engine import decide
from rules.facts import AttachmentFacts, MailFacts, TenantPolicy
from rules.globs import Glob
from rules.index import RuleIndex, pack
from rules.literals import required_literals
from rules.patterns import PatternSets, pattern_fault, pattern_fits, searchable
from rules.standard_codec import from_values, stored
from rules.standards import ImportStandard
from rules.words import WordPattern, fold

MEGABYTE = 1024**2
EVERYONE = TenantPolicy()
SUBJECTS = [
    "a" * MEGABYTE,
    "a " * (MEGABYTE // 2),
    "é" * MEGABYTE,
    "e\u0301\u0327" * (MEGABYTE // 3),
    "請求" * (MEGABYTE // 2),
    "\u0301" * MEGABYTE,
    "-" * MEGABYTE,
    "aab" * (MEGABYTE // 3) + " invoice",
]
STANDARDS: list[dict[str, Any]] = [
    {"subject": ["a" * 199 + "b"]},
    {"subject": ["*" + "a" * 198 + "b*"]},
    {"subject": ["*aab*"], "label": ["x"]},
    {"subject": ["請求書"]},
    {"subject_pattern": [r"(a+)+$"], "label": ["x"]},
    {"subject_pattern": [r"(a|aa)+b{3}"]},
    {"subject_pattern": [r"(.*)(.*)(.*)(.*)invoice\d"]},
    {"subject_pattern": [r"^(([a-z])+.)+[A-Z]([a-z])+$(?-i)Q"]},
    {"subject_pattern": [r"[é-ü]{50}[0-9]"]},
]


def standard(number: int, any_of: dict[str, Any]) -> ImportStandard:
    return stored({"name": f"S{number}", "any_of": any_of}, standard_id=f"{number}")


KNOWN = [standard(number, any_of) for number, any_of in enumerate(STANDARDS)]


@pytest.mark.parametrize("subject", SUBJECTS, ids=range(len(SUBJECTS)))
def test_a_subject_of_a_megabyte_is_decided(subject: str) -> None:
    """Hostile words and patterns on hostile subjects: index and plain loop come to an end, and to the same."""
    mail = MailFacts(from_addresses=("a@x.example",), subject=subject, label="")
    indexed = decide(mail, (), EVERYONE, RuleIndex(pack(KNOWN, 7)))
    assert indexed == decide(mail, (), EVERYONE, StandardList.of_catalogue(KNOWN, 7))


@pytest.mark.parametrize("text", SUBJECTS, ids=range(len(SUBJECTS)))
def test_folding_grows_no_text_beyond_measure(text: str) -> None:
    """A folded text has at most a border on each side of a character, and a few letters for one of a ligature."""
    assert len(fold(text).marked) <= 3 * len(text) + 2


@pytest.mark.parametrize("glob", ["*a" * 90 + "*b", "?*" * 90, "*" + "a?" * 90, "*a*" * 60])
@pytest.mark.parametrize("name", ["a" * 20_000, "ab" * 10_000])
def test_globs_do_not_go_back(glob: str, name: str) -> None:
    """Each star is settled once: a name is passed over once for a star, not once for every way to share it out."""
    assert Glob.compile(glob).fits(name) == _fits_by_table(Glob.compile(glob).pieces, name)


def _fits_by_table(pieces: tuple[str, ...], name: str) -> bool:
    """The same by another way: which places of the name each piece may begin at, leftmost first."""
    pattern = ".*".join(re.escape(piece).replace(r"\?", ".") for piece in pieces)
    return pattern_fits(f"(?s)^{pattern}$", name.encode())


@given(st.text(alphabet="ab?*.[", max_size=8), st.text(alphabet="ab.[", max_size=8))
def test_globs_mean_what_they_say(glob: str, name: str) -> None:
    """`*` any characters, `?` one, nothing else is special."""
    compiled = Glob.compile(glob)
    assert compiled.fits(name) == _fits_by_table(compiled.pieces, name)


@pytest.mark.parametrize(
    "pattern",
    [r"(a{1000}){1000}", r"((((a{100}){100}){100}){100})", "(" * 2000, r"\p{Nowhere}", r"(?=a)a", r"(a)\1", "x.{900}y"],
)
def test_patterns_that_cost_too_much_are_refused(pattern: str) -> None:
    """What RE2 cannot take, or only with more memory than a pattern gets, is refused when it is saved."""
    values = {"name": "N", "any_of": {"subject_pattern": [pattern]}}
    assert {fault.code for fault in from_values(values, standard_id="1")[1]} <= {
        "pattern_is_not_taken",
        "value_is_too_long",
    }
    assert from_values(values, standard_id="1")[1]


@pytest.mark.parametrize("octets", [1000, 1_000_000, 2_000_000])
def test_a_set_without_memory_loses_nothing(octets: int) -> None:
    """Where a set of patterns has too little memory, to be compiled or to search, its patterns are candidates still."""
    patterns = [(rf"x{number}[a-m].{{20}}[0-9]y", number) for number in range(100)]
    chance = random.Random(1)
    text = "".join(chance.choice("xy0123456789abcdef") for _ in range(5000)) + "x7a" + "-" * 20 + "1y"
    assert 7 in PatternSets(patterns, octets).found_in(searchable(text))


LONG_S, KELVIN = "\u017f", "\u212a"  # what (?i) takes for s and k
FRAGMENTS = (
    *("invoice", "Rech", "a", "7", " ", "-", "?", "*", "+", "{2,3}", "{0}", "(", ")", "(?:", "(?i)", "|", "[a-z]"),
    *("[^]x]", "[[:alpha:]]", r"\d", r"\b", r"\x{61}", r"\x61b", r"\101bc", r"\pL", r"\p{Greek}", r"\.", "^", "$"),
    *(".", "{", r"\Qab\E", "sk", LONG_S, KELVIN),
)
PIECES = ("invoice", "RECH", "a", "aa", "7", " ", "-", "b", "abc", "sk", LONG_S, KELVIN, "inv", "\u0301", "\u00ad", "x")


@settings(max_examples=1000)
@given(
    st.lists(st.sampled_from(FRAGMENTS), max_size=8).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=8).map("".join),
)
def test_what_a_pattern_requires_is_there(pattern: str, text: str) -> None:
    """Every text that a pattern fits holds, folded, each of the runs that the index looks for."""
    if pattern_fault(pattern) is None and pattern_fits(pattern, searchable(text)):
        marked = fold(text).marked
        assert all(literal in marked for literal in required_literals(pattern))


@pytest.mark.parametrize(
    ("pattern", "literals"),
    [
        (r"\bInvoice\s+AB-?\d{4}\b", ("invoice",)),
        (r"rechnungs?nummer", ("rechnung", "nummer")),
        (r"inv(oice|entory) paid", ("paid", "inv")),
        (r"abc|def", ()),
        (r"(abc|def)", ()),
        (r"abcd{2}e", ("abc",)),
        (r"abc+def", ("abc", "def")),
        (r"[abc]def\Qx\E", ()),
        (r"\x{61}bc\ndef", ("def",)),
    ],
)
def test_what_is_required_of_a_text(pattern: str, literals: tuple[str, ...]) -> None:
    """Runs of letters and digits outside groups, without what may be missing."""
    assert required_literals(pattern) == literals


@given(st.text(alphabet="ab é請\u0301-_7", max_size=12), st.text(alphabet="ab é請\u0301-_7", max_size=4))
def test_folding_ascii_by_a_shorter_way_changes_nothing(text: str, word: str) -> None:
    """A word stands in an ASCII subject exactly if it stands in the same subject with a strange word behind it."""
    bare = "".join(each for each in text if each.isascii())
    longer = f"{bare} ж"
    if not WordPattern.compile(word).says_nothing and "ж" not in fold(word).marked:
        assert WordPattern.compile(word).fits(bare) == WordPattern.compile(word).fits(longer)


def test_many_needles_in_a_long_text() -> None:
    """A thousand needles that end in each other, in a megabyte of them: each is found once."""
    known = [standard(number, {"subject": ["*" + "a" * (number + 1)], "size": ["> 5"]}) for number in range(150)]
    mail = MailFacts(subject="a" * MEGABYTE, octets=5, attachments=(AttachmentFacts("2", None, "a/b", "a/b", 1, ""),))
    decision = decide(mail, (), EVERYONE, RuleIndex(pack(known)))
    assert {line.code for line in decision.trace} == {"condition_differs", "nothing_recognised"}
