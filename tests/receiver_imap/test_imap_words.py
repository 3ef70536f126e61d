"""Names, strings, secrets and refusals: what goes into commands, and what servers mean by their answers."""

from base64 import b64decode, b64encode
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.imap.classifying import code_at_login, code_of_bye, code_of_refusal
from receiver.imap.commands import Literal, day, mailbox, packets, string
from receiver.imap.destinations import is_internal
from receiver.imap.failures import HEALTH, ImapFailure
from receiver.imap.mailbox_names import decode_mailbox, encode_mailbox
from receiver.imap.parsing import Status, read_status
from receiver.imap.sasl import code_of_challenge, mechanism_for, responses
from receiver.imap.uid_sets import UidSet
from receiver.imap.values import PasswordLogin, TokenLogin

TOKEN = TokenLogin("a=b,c@example.com", "t0k", "imap.example.com", 993)


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("INBOX", b"INBOX"),
        ("~peter/mail/台北/日本語", b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"),  # RFC 3501 5.1.3's own
        ("Entwürfe & Co", b"Entw&APw-rfe &- Co"),
        ("😀", b"&2D3eAA-"),
        ("a\r\nA1 LOGOUT", b"a&AA0ACg-A1 LOGOUT"),
    ],
)
def test_names_of_mailboxes_are_modified_utf_7(name: str, raw: bytes) -> None:
    """Both ways; nothing but printable ASCII leaves."""
    assert encode_mailbox(name) == raw
    assert decode_mailbox(raw) == name


@given(st.text())
def test_a_name_comes_back_as_it_went(name: str) -> None:
    """Whatever it is made of."""
    raw = encode_mailbox(name)

    assert all(0x20 <= octet < 0x7F for octet in raw)
    assert decode_mailbox(raw) == name


@given(st.binary())
def test_any_name_of_a_server_is_read(raw: bytes) -> None:
    """As text that can be stored."""
    decode_mailbox(raw).encode("utf-8")


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_no_string_can_end_a_command(text: str) -> None:
    """A name with a line end, quotes or anything else stays an argument."""
    sent = b"".join(packets(b"A1", (b"LOGIN", string(text), mailbox(text)), frozenset({"LITERAL+"})))

    octets = text.encode("utf-8", "surrogateescape")
    literal = b"{%d+}\r\n" % len(octets) + octets
    assert sent.replace(literal, b"").count(b"\r\n") == 1
    assert sent.endswith(b"\r\n")


def test_a_string_with_nul_is_refused() -> None:
    """No string of IMAP can hold it."""
    with pytest.raises(ValueError, match="NUL"):
        string("a\0b")


def test_a_literal_waits_for_leave_unless_the_server_needs_no_asking() -> None:
    """RFC 7888."""
    arguments = (b"LOGIN", b'"a"', Literal(b"\xc3\xa4"))

    assert list(packets(b"A1", arguments, frozenset())) == [b'A1 LOGIN "a" {2}\r\n', b"\xc3\xa4\r\n"]
    assert list(packets(b"A1", arguments, frozenset({"LITERAL-"}))) == [b'A1 LOGIN "a" {2+}\r\n\xc3\xa4\r\n']


def test_a_day_is_english_whatever_the_locale() -> None:
    """RFC 9051 9: date-month."""
    assert day(date(2026, 3, 1)) == b"1-Mar-2026"


def test_what_is_said_in_sasl() -> None:
    """As the standards' examples do."""
    login = PasswordLogin("tim", "täg")

    assert b64decode(responses(login, "PLAIN")[0]) == "\0tim\0täg".encode()
    assert b64decode(responses(TOKEN, "XOAUTH2")[0]) == b"user=a=b,c@example.com\x01auth=Bearer t0k\x01\x01"
    assert b64decode(responses(TOKEN, "OAUTHBEARER")[0]) == (
        b"n,a=a=3Db=2Cc@example.com,\x01host=imap.example.com\x01port=993\x01auth=Bearer t0k\x01\x01"
    )


@pytest.mark.parametrize(
    "login", [PasswordLogin("a\0b", "c"), PasswordLogin("a", "b\0"), TokenLogin("a\x01b", "t", "h", 1)]
)
def test_a_secret_that_would_end_a_field_is_refused(login: PasswordLogin | TokenLogin) -> None:
    """Nobody logs in as somebody else by a name with a separator in it."""
    with pytest.raises(ValueError, match=r"NUL|control"):
        responses(login, "PLAIN" if isinstance(login, PasswordLogin) else "XOAUTH2")


def test_the_mechanism_is_one_that_both_know() -> None:
    """Passwords by PLAIN, tokens by XOAUTH2 or OAUTHBEARER; a password never by a token's mechanism."""
    password = PasswordLogin("a", "b")

    assert mechanism_for(password, frozenset({"AUTH=PLAIN", "AUTH=LOGIN"})) == "PLAIN"
    assert mechanism_for(password, frozenset({"AUTH=LOGIN"})) is None
    assert mechanism_for(password, frozenset({"AUTH=LOGIN", "LOGINDISABLED"})) == "LOGIN"
    assert mechanism_for(password, frozenset({"AUTH=XOAUTH2"})) is None
    assert mechanism_for(TOKEN, frozenset({"AUTH=OAUTHBEARER", "AUTH=PLAIN"})) == "OAUTHBEARER"


def test_no_secret_is_shown() -> None:
    """Not by repr, not by str."""
    assert "hush" not in repr(PasswordLogin("a", "hush")) + repr(TokenLogin("a", "hush", "h", 1)) + repr(
        Literal(b"hush")
    )


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (b'{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}', "token_expired"),
        (b'{"status":"invalid_token"}', "token_expired"),
        (b'{"status":"401","schemes":"bearer"}', "token_expired"),
        (b'{"status":"insufficient_scope"}', "token_refused"),
        (b"no json", "token_refused"),
    ],
)
def test_what_an_error_challenge_says(told: bytes, code: str) -> None:
    """A token that has run out can be renewed, one without the right cannot."""
    assert code_of_challenge(b64encode(told)) == code


def status(text: bytes) -> Status:
    """The status of a tagged answer."""
    found = read_status(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)", "password_refused"),
        (b"NO [AUTHENTICATIONFAILED] Falsches Passwort", "password_refused"),
        (b"NO LOGIN failed.", "password_refused"),  # Microsoft
        (b"NO [ALERT] Application-specific password required: https://support.google.com/x", "app_password_needed"),
        (b"NO [AUTHENTICATIONFAILED] Please use an app-specific password", "app_password_needed"),
        (b"NO [WEBALERT https://accounts.google.com/x] Web login required.", "web_login_needed"),
        (b"NO [ALERT] Please log in via your web browser: https://support.google.com/x", "web_login_needed"),
        (b"NO [ALERT] Your account is not enabled for IMAP use. Please visit your settings", "imap_disabled"),
        (b"NO [AUTHENTICATIONFAILED] IMAP access disabled for this user", "imap_disabled"),
        (b"NO [ALERT] Too many simultaneous connections. (Failure)", "too_many_connections"),
        (b"NO [EXPIRED] That password isn't valid any more", "password_expired"),
        (b"NO [AUTHORIZATIONFAILED] not as this one", "login_not_allowed"),
        (b"NO [CONTACTADMIN] ask", "login_not_allowed"),
        (b"NO [PRIVACYREQUIRED] not in clear", "plaintext_refused"),
        (b"NO [UNAVAILABLE] User's backend down for maintenance", "server_busy"),
        (b"NO [INUSE] Mailbox in use", "server_busy"),
        (b"NO [LIMIT] LOGIN Rate limit hit", "rate_limited"),  # Yahoo
        (b"NO Lookup failed abcdef123456", "server_busy"),  # Gmail
        (b"NO Temporary authentication failure.", "server_busy"),
        (b"NO [UNAVAILABLE] Account is temporarily unavailable", "server_busy"),
        (b"NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)", "rate_limited"),
        (b"NO AUTHENTICATE failed. BasicAuthBlocked LogonDenied-BasicAuthBlocked", "password_login_off"),
        (b"BAD User is authenticated but not connected.", "not_connected"),
        (b"NO [ALERT] Invalid credentials (Failure)", "password_refused"),
    ],
)
def test_refused_logins_have_a_code(said: bytes, code: str) -> None:
    """By RFC 5530's code in any language, by a provider's words where it has none."""
    assert code_at_login(status(said), by_token=False) == code


def test_a_refused_token_is_no_refused_password() -> None:
    """What the tenant has to do differs."""
    said = status(b"NO [AUTHENTICATIONFAILED] no")

    assert HEALTH[code_at_login(said, by_token=True)] == "needs_relink"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"NO [NONEXISTENT] Unknown Mailbox: X (Failure)", None),
        (b"NO Mailbox doesn't exist: X", None),
        (b"NO [SERVERBUG] Internal error occurred. Refer to server log", "server_busy"),
        (b"NO [THROTTLED] slow down", "rate_limited"),
        (b"BAD Command Argument Error. 12", None),
        (b"NO Server Unavailable. 15", "server_busy"),
        (b"NO Some of the requested messages no longer exist.", None),
    ],
)
def test_a_refused_command_ends_the_session_only_for_cause(said: bytes, code: str | None) -> None:
    """One mailbox or one message less is no reason."""
    assert code_of_refusal(status(said)) == code


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"BYE [ALERT] Maximum number of connections from user+IP exceeded", "too_many_connections"),
        (b"BYE Too many invalid login attempts", "rate_limited"),
        (b"BYE Server shutting down.", "server_busy"),
        (b"BYE Session expired, please login again.", "connection_lost"),
        (b"BYE Disconnected for inactivity.", "connection_lost"),
    ],
)
def test_a_server_that_hangs_up_says_why(said: bytes, code: str) -> None:
    """Or it is a lost connection."""
    assert code_of_bye(status(said)) == code


def test_a_failure_shows_nothing_unprintable() -> None:
    """Its parameters may stand in a log."""
    failure = ImapFailure("mailbox_gone", mailbox="a\r\nb\x1b[31m" + "x" * 1000)

    assert str(failure.params["mailbox"]).isprintable()
    assert len(str(failure.params["mailbox"])) <= 200


_INTERNAL = """
    127.0.0.1 127.8.8.8 0.0.0.0 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 224.0.0.1 240.0.0.1
    255.255.255.255 192.0.2.1 198.18.0.1 :: ::1 fe80::1 fe80::1%eth0 fc00::1 fd12::1 ff02::1 fec0::1 ::ffff:127.0.0.1
    ::ffff:10.0.0.1 ::127.0.0.1 2001:db8::1 64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::1 2002:7f00:1:: 2001:0:7f00:1::
    100::1 192.0.0.8 192.0.0.9 192.88.99.1 3fff::1 nonsense
"""


@pytest.mark.parametrize("address", _INTERNAL.split())
def test_addresses_that_are_not_the_internets(address: str) -> None:
    """Law 18: this machine, the networks around it, groups, and each of them in another dress."""
    assert is_internal(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "142.250.1.1", "2a00:1450:4001::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2606:4700::1"]
)
def test_addresses_of_the_internet(address: str) -> None:
    """Also as an IPv6-only network sees them."""
    assert not is_internal(address)


@given(st.lists(st.integers(1, 300)), st.integers(1, 50))
def test_sets_of_uids_hold_what_was_put_in(uids: list[int], size: int) -> None:
    """In batches, too; written as ranges."""
    made = UidSet.of(uids)
    expected = sorted(set(uids))

    assert list(made) == expected
    assert len(made) == len(expected)
    assert [uid for batch in made.batches(size) for uid in batch] == expected
    assert all(len(batch) <= size for batch in made.batches(size))
    downwards = list(made.batches_downwards(size))
    assert [uid for batch in downwards for uid in reversed(list(batch))] == expected[::-1]
    assert all(len(batch) == size for batch in downwards[:-1])
    assert list(made.since(100)) == [uid for uid in expected if uid >= 100]
    assert all((uid in made) == (uid in set(uids)) for uid in range(302))
    assert made == UidSet((uid, uid) for uid in uids)


def test_a_set_is_written_as_ranges() -> None:
    """As FETCH takes it."""
    assert str(UidSet.of([4, 1, 2, 3, 9])) == "1:4,9"
    assert str(UidSet.span(5, 4)) == ""
    with pytest.raises(ValueError, match="not a range"):
        UidSet.of([0])
