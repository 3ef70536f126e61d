"""The index finds what the plain loop finds: same decisions, same reasons, same near-fits (laws 19 to 23)."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.asking import MOST_NEAR, StandardList
from rules.conditions import Condition, Fact, condition
from rules.decision import Decision
from rules.engine import decide
from rules.facts import AttachmentFacts, MailFacts, TenantPolicy
from rules.index import RuleIndex, pack
from rules.standards import ImportStandard, order
from tests.rules.some_standards import mails, policies, standards

EVERYONE = TenantPolicy()
PDF = AttachmentFacts("2", "invoice.pdf", "application/pdf", "application/pdf", 1000, "00" * 32)


def catalogue(known: list[ImportStandard]) -> list[ImportStandard]:
    return [replace(each, origin="catalogue", id=f"c{each.id}") for each in known]


@settings(max_examples=400)
@given(mails, st.lists(standards, max_size=12), st.lists(standards, max_size=6), policies, st.sampled_from([0, 1, 32]))
def test_index_and_plain_loop_agree(
    mail: MailFacts, shared: list[ImportStandard], own: list[ImportStandard], policy: TenantPolicy, crowd: int
) -> None:
    """Of random standards and mails, catalogue's and tenant's own alike: decision, reason and trace are the same."""
    shared = catalogue(shared)
    plain, indexed = StandardList.of_catalogue(shared, 7), RuleIndex(pack(shared, 7, crowd))
    assert both(decide(mail, own, policy, indexed)) == both(decide(mail, own, policy, plain))
    listed = StandardList(tuple(sorted(own, key=order)))
    compiled = RuleIndex(pack(own, None, crowd))
    assert both(decide(mail, compiled, policy, indexed)) == both(decide(mail, listed, policy, plain))


def both(decision: Decision) -> tuple[Decision, bool]:
    """A decision, and (law 20) whether it may be another once what is unknown is fetched."""
    return decision, decision.wants_more


@given(mails, st.lists(standards, min_size=1, max_size=4), policies, st.randoms())
def test_order_of_packing_never_matters(
    mail: MailFacts, shared: list[ImportStandard], policy: TenantPolicy, chance: random.Random
) -> None:
    """The same standards make the same octets, in whatever order they come, and come back in the order of law 19."""
    octets = pack(shared)
    mixed = shared[:]
    chance.shuffle(mixed)
    assert pack(mixed) == octets
    assert list(RuleIndex(octets).standards()) == sorted(shared, key=order)
    assert decide(mail, mixed, policy) == decide(mail, shared, policy)


@given(mails, st.lists(standards, min_size=2, max_size=6), policies, st.integers(0, 5))
def test_a_standard_switched_off_is_as_if_it_were_not_there(
    mail: MailFacts, shared: list[ImportStandard], policy: TenantPolicy, which: int
) -> None:
    """A tenant that switches one off gets what it would get without it."""
    shared = catalogue(shared)
    off = shared[which % len(shared)]
    left = [each for each in shared if each.id != off.id]
    switched = decide(mail, [], policy, RuleIndex(pack(shared)), {off.id})
    assert switched == decide(mail, [], policy, RuleIndex(pack(left)))


def crowd(count: int, *values: str, none_of: tuple[str, ...] = ()) -> list[ImportStandard]:
    """Standards of one domain that differ in their word."""
    excluded = (condition("subject", *none_of),) if none_of else ()
    return [
        ImportStandard(
            f"{number:05}", f"S{number:05}",
            (condition("sender", "@x.example"), condition("subject", f"word{number}", *values)), excluded,
        )
        for number in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize("subject", ["nothing", "word7", "word499", "word3 word200", "word499 but"])
@pytest.mark.parametrize("seeks", ["own", "catalogue"])
def test_a_crowd_behind_one_key_gives_the_same_decision(subject: str, seeks: str) -> None:
    """Where hundreds share a sender, the one that fits is found, and those told are the first in order."""
    known = crowd(500, none_of=("but",))
    mail = MailFacts(from_addresses=("a@x.example",), subject=subject, attachments=(PDF,))
    indexed, plain = RuleIndex(pack(known)), StandardList(tuple(known))
    if seeks == "own":
        assert decide(mail, indexed, EVERYONE) == decide(mail, plain, EVERYONE)
    else:
        assert decide(mail, [], EVERYONE, indexed) == decide(mail, [], EVERYONE, plain)


def test_the_last_word_is_had_from_within_a_crowd() -> None:
    """Where hundreds share a sender, the one of them that stops there stops what comes after it."""
    known = crowd(500)
    known[300] = replace(known[300], stop_here=True)
    mail = MailFacts(from_addresses=("a@x.example",), subject="word400", attachments=(PDF,))
    decision = decide(mail, RuleIndex(pack(known)), EVERYONE)
    assert decision == decide(mail, StandardList(tuple(known)), EVERYONE)
    assert decision.trace[-1].code == "has_last_word"


def test_a_sender_is_named_from_within_a_crowd() -> None:
    """Law 19: recognition is held back, though twenty others that name no sender nearly fit before the crowd."""
    asked = (condition("subject", "word"), condition("size", "> 5"))
    others = [ImportStandard(f"o{number}", f"O{number:02}", asked, priority=1) for number in range(30)]
    known = sorted([*others, *crowd(500)], key=order)
    mail = MailFacts(from_addresses=("a@x.example",), subject="word", octets=5, attachments=(PDF,))
    decision = decide(mail, RuleIndex(pack(known)), EVERYONE)
    assert decision == decide(mail, StandardList(tuple(known)), EVERYONE)
    assert (decision.reason.code, len(decision.trace)) == ("word_missing_of_sender", MOST_NEAR + 1)


def test_what_fits_within_a_crowd_is_found_though_no_more_is_told() -> None:
    """The standard that fits stands behind a crowded key too: it counts, however many nearly fitted before it."""
    others = ImportStandard("o", "S00019a", (condition("subject", "word20"), condition("size", "> 5")))
    known = sorted([*crowd(500), others], key=order)
    del known[19]  # nineteen are told, then the other one, then the one that fits
    mail = MailFacts(from_addresses=("a@x.example",), subject="word20", octets=5, attachments=(PDF,))
    decision = decide(mail, RuleIndex(pack(known)), EVERYONE)
    assert decision == decide(mail, StandardList(tuple(known)), EVERYONE)
    assert decision.standard == "S00020"


@pytest.mark.parametrize(
    ("asked", "facts"),
    [
        (condition("language", "de"), MailFacts(not_fetched=("text",))),
        (condition("label", "office"), MailFacts(label=None)),
        (condition("attachment_type", "image/*"), MailFacts(not_fetched=("attachments",))),
        (condition("attachment_type", "image/*"), MailFacts(attachments=(PDF,), not_fetched=("contents",))),
        (
            condition("attachment_name", "*.pdf"),
            MailFacts(attachments=(replace(PDF, is_referenced=True),), not_fetched=("contents",)),
        ),
        (condition("sender", "a@x.example"), MailFacts(not_fetched=("forward",))),
        (condition("original_sender", "a@x.example"), MailFacts(not_fetched=("forward",))),
        (condition("reply_to", "a@x.example"), MailFacts(reply_to=None)),
        (condition("sender_field", "a@x.example"), MailFacts(sender_field=None)),
    ],
)
def test_an_unknown_fact_may_fit_in_an_index_too(asked: Condition, facts: MailFacts) -> None:
    """Law 20: whoever decides by an index fetches what a plain loop fetches."""
    known = [
        ImportStandard(str(number), f"S{number}", (asked, condition("size", "> 5")), keep="both")
        for number in range(40)
    ]
    for octets in (None, 9, 5):
        mail = replace(facts, octets=octets, has_text=True)
        indexed = decide(mail, RuleIndex(pack(known)), EVERYONE)
        assert both(indexed) == both(decide(mail, StandardList(tuple(known)), EVERYONE))
        assert indexed.wants_more is (octets != 5)


@pytest.mark.parametrize("fact", ["body", "body_pattern", "attachment_name"])
def test_what_was_not_fetched_may_fit_in_an_index_too(fact: Fact) -> None:
    """Law 20: stored facts hold no text; a standard that asks for it is found, and says that it must be fetched."""
    asking = ImportStandard("1", "A", (condition(fact, "invoice"),), keep="text")
    index = RuleIndex(pack([asking]))
    for facts, wants_more in (
        (MailFacts(has_text=True, not_fetched=("text", "attachments")), True),
        (MailFacts(has_text=True), False),
    ):
        assert decide(facts, index, TenantPolicy()).wants_more is wants_more
        assert decide(facts, [asking], TenantPolicy()).wants_more is wants_more


def test_a_crowd_is_not_judged() -> None:
    """Of ten thousand standards that share a sender, a mail meets those that are told and those that may fit."""
    known = crowd(10_000)
    mail = MailFacts(from_addresses=("a@x.example",), subject="word9000", attachments=(PDF,))
    decision = decide(mail, [], EVERYONE, Counted(RuleIndex(pack(known))))
    assert decision.standard == "S09000"
    assert len(decision.trace) == MOST_NEAR + 2
    assert Counted.judged <= MOST_NEAR + 1


class Counted:
    """An index that counts the standards that it hands out."""

    judged = 0
    tells_all = False
    version = None

    def __init__(self, index: RuleIndex) -> None:
        self._index = index
        Counted.judged = 0

    def candidates(self, view: object, asked: object) -> object:
        for each in self._index.candidates(view, asked):  # type: ignore[arg-type]
            Counted.judged += 1
            yield each


@pytest.mark.parametrize("octets", [b"", b"postbus rules 1\n", b"x" * 100])
def test_octets_that_are_no_index_are_refused(octets: bytes) -> None:
    """What is no index, or cut off, is never taken for an empty one."""
    with pytest.raises(ValueError, match=r".+"):
        RuleIndex(octets)


def test_an_index_that_is_cut_off_is_refused() -> None:
    """Every octet counts."""
    octets = pack(crowd(3))
    for length in range(0, len(octets), 7):
        with pytest.raises(ValueError, match=r".+"):
            RuleIndex(octets[:length])
