"""Paths and parameters: what the grammar takes, refuses and leaves alone."""

import pytest

from receiver.smtp.paths import SyntaxFault, is_client_name_sound, parse_client_name, parse_mail, parse_rcpt


def mail(argument, *, extended=True, offered=True):
    return parse_mail(argument, extended=extended, smtputf8_offered=offered)


def refusal(parse, *arguments, **keywords):
    with pytest.raises(SyntaxFault) as caught:
        parse(*arguments, **keywords)
    return str(caught.value.reply)[:9]


@pytest.mark.parametrize(
    "path",
    [
        "a@example.org",
        "first.last+tag@sub.example.org",
        '"quoted local@part"@example.org',
        r'"with \" quote"@example.org',
        "a@[192.0.2.1]",
        "a@[IPv6:2001:db8::1]",
        "=?utf-8?q?=0D=0Ax?=@example.org",
        "a@under_score.example.org",
        "a@localhost",
        "{}|~!#$%&'*+-/=?^_`@example.org",
    ],
)
def test_path_is_kept_as_it_was_written(path):
    """A valid path comes out letter for letter: nothing is decoded, unquoted or folded."""
    assert mail(f"FROM:<{path}>").address == path


@pytest.mark.parametrize(
    "path",
    [
        "pepe",
        "@example.com",
        "a@",
        ".a@example.com",
        "a.@example.com",
        "a..b@example.com",
        "a@example..com",
        "a@-example.com",
        "a@example-.com",
        "a@xn---",
        "a b@example.com",
        "a(comment)@example.com",
        "a@example.com(comment)",
        "@relay.example:a@example.com",
        "@one.example,@two.example:a@example.com",
        "a@[]",
        "a@[300.1.1.1]",
        "a@[IPv6:nonsense]",
        "a@b@c",
        "<a@example.com>",
        '"unterminated@example.com',
        "a@" + "b" * 64 + ".com",
        "a@" + ".".join(["b" * 60] * 5),
        "a\x7f@example.com",
        '"a\tb"@example.com',
    ],
)
def test_malformed_path_is_refused(path):
    """No comments, source routes, doubled dots, controls or names that are too long."""
    assert refusal(mail, f"FROM:<{path}>") in {"553 5.1.7", "501 5.5.4"}
    assert refusal(parse_rcpt, f"TO:<{path}>", extended=True, smtputf8=False) in {"553 5.1.3", "501 5.5.4"}


def test_null_reverse_path_is_an_empty_address():
    """RFC 5321 4.5.5: bounces come from <>."""
    assert mail("FROM:<>").address == ""


def test_null_forward_path_is_refused():
    """Only senders can be null."""
    assert refusal(parse_rcpt, "TO:<>", extended=True, smtputf8=False) == "553 5.1.3"


def test_postmaster_may_stand_alone():
    """RFC 5321 4.1.1.3."""
    assert parse_rcpt("TO:<Postmaster>", extended=True, smtputf8=False) == "Postmaster"


def test_long_local_part_of_a_forwarder_is_taken():
    """Seen in practice: Gmail's +caf_ carries the whole import address in the reverse-path, past 64 octets."""
    sender = "somebody.with.a.name+caf_=acme-gmbh-and-company-k3f9x2qd=in.example.com@gmail.com"
    assert mail(f"FROM:<{sender}>").address == sender


def test_long_local_part_of_a_recipient_is_refused():
    """RFC 5321 4.5.3.1.1: ours are short."""
    assert refusal(parse_rcpt, f"TO:<{'a' * 65}@in.example.com>", extended=True, smtputf8=False) == "553 5.1.3"


def test_path_of_257_octets_is_refused():
    """RFC 5321 4.5.3.1.3."""
    assert mail(f"FROM:<{'a' * 242}@example.org>").address
    assert refusal(mail, f"FROM:<{'a' * 243}@example.org>") == "553 5.1.7"


@pytest.mark.parametrize("argument", ["", "asdf", "FROM", "FROM:", "FROM:a@example.org", "TO:<a@example.org>"])
def test_missing_keyword_or_brackets_is_a_syntax_error(argument):
    """What is no path at all is told the syntax."""
    assert refusal(mail, argument) == "501 5.5.4"


def test_blank_before_the_path_is_tolerated():
    """Seen in practice: "MAIL FROM: <a@b>"."""
    assert mail("FROM: <a@example.org> SIZE=5").size == 5


def test_parameters_are_read():
    """SIZE, BODY and SMTPUTF8 in any order and case."""
    path = mail("from:<a@example.org> smtputf8 body=8bitmime size=123")
    assert (path.size, path.smtputf8, path.options) == (123, True, ("smtputf8", "body=8bitmime", "size=123"))


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("SIZE=10 SIZE=20", "501 5.5.4"),
        ("SIZE=", "501 5.5.4"),
        ("SIZE", "501 5.5.4"),
        ("SIZE=-1", "501 5.5.4"),
        ("SIZE=1" + "0" * 20, "501 5.5.4"),
        ("SIZE=\u0661", "501 5.5.4"),
        ("BODY=BINARYMIME", "501 5.5.4"),
        ("BODY", "501 5.5.4"),
        ("SMTPUTF8=yes", "501 5.5.4"),
        ("RABIIT", "555 5.5.4"),
        ("AUTH=<>", "555 5.5.4"),
        ("=x", "501 5.5.4"),
    ],
)
def test_bad_parameter_is_refused(parameters, expected):
    """Unknown ones with 555, malformed and doubled ones with 501."""
    assert refusal(mail, f"FROM:<a@example.org> {parameters}") == expected


def test_parameters_need_ehlo():
    """RFC 5321 4.1.1.11: extensions belong to sessions opened with EHLO."""
    assert refusal(mail, "FROM:<a@example.org> SIZE=1", extended=False) == "501 5.5.4"


def test_smtputf8_is_unknown_when_it_is_not_offered():
    """The setting switches it off altogether."""
    assert refusal(mail, "FROM:<a@example.org> SMTPUTF8", offered=False) == "555 5.5.4"


def test_addresses_outside_ascii_need_smtputf8():
    """RFC 6531 3.3."""
    assert refusal(mail, "FROM:<käthe@bücher.example>") == "553 5.6.7"
    assert mail("FROM:<käthe@bücher.example> SMTPUTF8").address == "käthe@bücher.example"


@pytest.mark.parametrize("character", ["\u200b", "\u2060", "\u202e", "\u0085", "\xa0", "\ue000"])
def test_invisible_characters_are_refused(character):
    """They only make one address look like another."""
    assert refusal(parse_rcpt, f"TO:<a{character}b@example.org>", extended=True, smtputf8=True) == "553 5.1.3"


def test_recipient_parameters_are_not_recognised():
    """DSN is not announced."""
    assert refusal(parse_rcpt, "TO:<a@example.org> NOTIFY=NEVER", extended=True, smtputf8=False) == "555 5.5.4"


@pytest.mark.parametrize("name", ["mail.example.org", "[192.0.2.1]", "under_score", "localhost", "MBP-von-Käthe"[:8]])
def test_client_names_seen_in_practice_are_taken(name):
    """RFC 5321 4.1.4: no mail is refused for a wrong name."""
    assert parse_client_name(name) == name


@pytest.mark.parametrize("name", ["", "two words", "caf\xe9", "x" * 256, "a\tb"])
def test_client_name_without_sense_is_refused(name):
    """Blanks, controls and letters outside ASCII have no place there."""
    assert refusal(parse_client_name, name) == "501 5.5.4"


def test_sound_client_names_are_told_apart():
    """Only a domain or an address literal may stand as a name in the trace."""
    assert is_client_name_sound("mail.example.org")
    assert is_client_name_sound("[IPv6:2001:db8::1]")
    assert not is_client_name_sound("(comment)")


def test_hostile_path_takes_linear_time():
    """Patterns that would explode answer at once; the suite's own time limit is the judge."""
    for hostile in ("FROM:<" + '"' * 1000, "FROM:<" + "a." * 500 + ">", "FROM:<" + "a@" + "a-" * 500 + ">"):
        assert refusal(mail, hostile)
