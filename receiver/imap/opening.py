"""From a place to a session that is logged in: address, connection, TLS, greeting, capabilities, login, ID.

A password or token is sent over TLS only, unless the place says none. Never tries a second login by itself: a server
counts them. Raises ImapFailure. Standards: RFC 9051 sections 6.1, 6.2 and 7.1.4, RFC 4959 (SASL-IR), RFC 2971 (ID).
"""

import asyncio
from collections import deque
from collections.abc import Mapping

from receiver.imap.classifying import code_at_login
from receiver.imap.commands import string
from receiver.imap.conversation import Command, Conversation
from receiver.imap.destinations import resolve
from receiver.imap.failures import ImapFailure
from receiver.imap.parsing import Untagged
from receiver.imap.sasl import answer_to_error, code_of_challenge, mechanism_for, responses
from receiver.imap.values import Limits, Login, PasswordLogin, Place
from receiver.imap.wire import Wire, connect_securely

_MAX_CHALLENGES = 4
_MAX_FIELDS = 30


async def open_conversation(place: Place, limits: Limits) -> tuple[Conversation, bool]:
    """A conversation up to the login, its capabilities known; whether the server says we are logged in already."""
    host = place.host.rstrip(".")
    seconds = limits.connect_seconds
    addresses = await resolve(host, place.port, allow_internal=place.allow_internal, seconds=seconds)
    if place.security == "tls":
        wire = await connect_securely(addresses, place.port, host, place.ca_file, limits)
    else:
        wire = await Wire.connect(addresses, place.port, seconds)
    try:
        conversation = Conversation(wire, limits)
        is_authenticated = await _greeting(conversation)
        if place.security == "starttls":
            await _start_tls(conversation, host, place, is_authenticated=is_authenticated)
        if not conversation.capabilities:
            await ask_capabilities(conversation)
    except BaseException:
        wire.abort()
        raise
    return conversation, is_authenticated


async def log_in(conversation: Conversation, login: Login, *, is_secure: bool) -> None:
    """Log in by the best way that both sides know, and learn what can be done then."""
    mechanism = mechanism_for(login, conversation.capabilities)
    before = conversation.capabilities
    try:
        if mechanism is not None:
            await _authenticate(conversation, login, mechanism)
        elif isinstance(login, PasswordLogin):
            await _log_in_by_command(conversation, login, is_secure=is_secure)
        else:
            raise ImapFailure("token_login_missing")
    except ValueError as error:
        raise ImapFailure("password_refused" if isinstance(login, PasswordLogin) else "token_refused") from error
    if conversation.capabilities is before:
        await ask_capabilities(conversation)


async def ask_capabilities(conversation: Conversation) -> None:
    """Ask what the server can do."""
    conversation.require(await conversation.run(None, "CAPABILITY"))


async def exchange_id(conversation: Conversation, fields: Mapping[str, str]) -> dict[str, str]:
    """Say who we are and learn who the server is; {} where it does not say."""
    told: dict[str, str] = {}

    def note(untagged: Untagged) -> None:
        values = untagged.values() if untagged.name == b"ID" else []
        if values and isinstance(values[0], list):
            texts = [each.decode("utf-8", "replace")[:200] if isinstance(each, bytes) else "" for each in values[0]]
            told.update(list(zip(texts[::2], texts[1::2], strict=False))[:_MAX_FIELDS])

    pairs = [(string(name), string(value)) for name, value in fields.items()]
    words = [word for pair in pairs for word in pair if isinstance(word, bytes)]
    is_sayable = words and len(words) == 2 * len(pairs)
    await conversation.run(note, "ID", b"(" + b" ".join(words) + b")" if is_sayable else b"NIL")
    return told


async def _greeting(conversation: Conversation) -> bool:
    """Read the greeting; whether it says that no login is needed."""
    untagged = None
    try:
        async with asyncio.timeout(conversation.limits.connect_seconds):
            while untagged is None:
                untagged = await conversation.step()
    except TimeoutError as error:
        raise ImapFailure("server_silent") from error
    if untagged.name not in {b"OK", b"PREAUTH"}:
        raise ImapFailure("server_nonsense", what="greeting")
    return untagged.name == b"PREAUTH"


async def _start_tls(conversation: Conversation, host: str, place: Place, *, is_authenticated: bool) -> None:
    if is_authenticated:
        # RFC 9051 11.1: a server, or somebody on the way, that leaves no room for STARTTLS.
        raise ImapFailure("starttls_missing")
    if not conversation.capabilities:
        await ask_capabilities(conversation)
    if "STARTTLS" not in conversation.capabilities:
        raise ImapFailure("starttls_missing")
    command = await conversation.run(None, "STARTTLS")
    if not command.is_ok:
        raise ImapFailure("starttls_missing")
    if conversation.has_unread:
        # CVE-2011-0411 and kin: what came in before TLS must never be taken for what the server said.
        raise ImapFailure("server_nonsense", what="octets before TLS")
    await conversation.wire.secure(host, place.ca_file, conversation.limits.connect_seconds)
    # RFC 9051 6.2.1: what was told before TLS is worth nothing.
    conversation.capabilities = frozenset()


async def _authenticate(conversation: Conversation, login: Login, mechanism: str) -> None:
    waiting = deque(responses(login, mechanism))
    # RFC 4959: what is said first may come with the command. The mechanism LOGIN lets the server speak first.
    initial = [waiting.popleft()] if "SASL-IR" in conversation.capabilities and mechanism != "LOGIN" else []
    command = conversation.begin("AUTHENTICATE", mechanism.encode("ascii"), *initial)
    challenge = None
    for _ in range(_MAX_CHALLENGES):
        told = await conversation.continuation(command)
        if told is None:
            break
        if waiting:
            answer = waiting.popleft()
        else:
            # Both token mechanisms tell their error in a challenge that has to be answered.
            challenge = told
            answer = b"*" if isinstance(login, PasswordLogin) else answer_to_error(mechanism)
        conversation.wire.write(answer + b"\r\n")
    await conversation.finish(command)
    _judge(command, login, challenge)


async def _log_in_by_command(conversation: Conversation, login: PasswordLogin, *, is_secure: bool) -> None:
    if "LOGINDISABLED" in conversation.capabilities:
        raise ImapFailure("password_login_off" if is_secure else "plaintext_refused")
    command = await conversation.run(None, "LOGIN", string(login.username), string(login.password))
    _judge(command, login, None)


def _judge(command: Command, login: Login, challenge: bytes | None) -> None:
    if command.is_ok:
        return
    by_token = not isinstance(login, PasswordLogin)
    code = code_at_login(command.answer, by_token=by_token)
    if code == "token_refused" and challenge:
        code = code_of_challenge(challenge)
    raise ImapFailure(code)
