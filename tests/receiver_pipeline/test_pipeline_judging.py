"""What conditions are given to ask: the facts of the mail, and of each tenant's address its own label."""

from receiver.pipeline.judging import judge
from receiver.pipeline.message_facts import find
from receiver.pipeline.structure import Limits
from receiver.pipeline.unpack import unpack
from receiver.rulebook import Rules
from rules.facts import MailFacts, TenantPolicy
from rules.index import RuleIndex, rule_set_of
from rules.standard_codec import stored
from rules.standards import ImportStandard

MAIL = (
    b"From: Shop <shop@shop.example>\r\nSender: Mailer <MAILER@platform.example>\r\n"
    b"Reply-To: Help <help@shop.example>, =?utf-8?q?B=C3=BCro?= <office@shop.example>, nonsense\r\n"
    b"Subject: Rechnung\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    b"Sehr geehrte Kundin, anbei ist die Rechnung. Vielen Dank f\xc3\xbcr Ihre Bestellung bei uns.\r\n"
)


def facts(octets: bytes) -> MailFacts:
    return find(unpack(octets, len(octets), Limits()), "", 2**28).facts


def standard(**any_of: list[str]) -> ImportStandard:
    return stored({"name": "N", "keep": "text", "any_of": any_of}, standard_id="1")


def test_the_facts_beyond_sender_and_subject() -> None:
    """Sender, Reply-To, size and language are read; who authenticated the mail nobody says yet (law 20)."""
    found = facts(MAIL)
    assert found.sender_field == ("mailer@platform.example",)
    assert found.reply_to == ("help@shop.example", "office@shop.example")
    assert (found.octets, found.language, found.authentication) == (len(MAIL), "de", None)


def test_a_mail_without_those_fields_has_none_and_that_is_known() -> None:
    """Law 20: a field that is not there is no field that was not looked at."""
    found = facts(b"From: a@b.example\r\n\r\n4711\r\n")
    assert (found.sender_field, found.reply_to, found.language) == ((), (), None)


def test_hostile_address_fields_are_read() -> None:
    """Groups in groups, thousands of fields and no address at all end in what can be read."""
    head = b"Reply-To: " + b"a:" * 3000 + b"\r\n" + b"Sender: <x@y.example>\r\n" * 300
    found = facts(b"From: a@b.example\r\n" + head + b"\r\nx\r\n")
    assert found.reply_to == ()
    assert found.sender_field == ("x@y.example",)


def test_each_tenant_sees_its_own_label() -> None:
    """Law 16: the label of the one's import address is not the other's; an address without label has none."""
    rules = {tenant: Rules(1, rule_set_of([standard(label=["Office"])]), TenantPolicy()) for tenant in "abc"}
    decisions, wanted = judge(facts(MAIL), rules, {"a": "office", "b": "Private", "c": None})
    assert [decisions[tenant][1].state for tenant in "abc"] == ["imported", "not_imported", "not_imported"]
    assert wanted.body


def test_many_standards_of_a_tenant_are_compiled() -> None:
    """A tenant with more standards than are told one by one gets an index of its own, and the same decision."""
    many = [
        stored({"name": f"N{number:03}", "keep": "text", "any_of": {"sender": [f"shop{number}@shop.example"]}},
               standard_id=f"{number}")
        for number in range(60)
    ]  # fmt: skip
    known = rule_set_of([*many, standard(reply_to=["@shop.example"])])
    assert isinstance(known, RuleIndex)
    decisions, _ = judge(facts(MAIL), {"a": Rules(1, known, TenantPolicy())}, {})
    assert (decisions["a"][1].standard, decisions["a"][1].keep_text) == ("N", True)
