"""Accounts that are ill in every way, pulled beside one that is well: each ends in time, and none harms another."""

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from threading import Thread

from receiver.imap.sole_pull import pull_now
from rules.phrases import PHRASES
from tests.receiver_imap.linked_house import LATER, LinkedHouse
from tests.receiver_imap.scripted import CAPABILITIES, Peer, Script, silence
from tests.receiver_imap.scripted_mailbox import ScriptedMailbox, link_scripted, running
from tests.receiver_pipeline.house import pdf_mail
from tests.servers.dovecot import Dovecot
from tests.servers.kinds import NEEDS_DOVECOT

pytestmark = NEEDS_DOVECOT
MIB = 1024**2
DEEP = b"(" * 1000 + b'"application" "pdf" NIL NIL NIL "base64" 99)' + b' "mixed")' * 999


def invoice(name: str) -> bytes:
    """One of its own."""
    return pdf_mail(f"<{name}@supplier.example>", pdf=b"%%PDF-1.4\n%b\n%%%%EOF\n" % name.encode())


async def logged_in(peer: Peer) -> None:
    """Let the client in."""
    await peer.say(b"* OK [CAPABILITY " + CAPABILITIES + b"] hello\r\n")
    await peer.answer(status=b"OK [CAPABILITY " + CAPABILITIES + b"] in")


async def hangs_after_login(peer: Peer) -> None:
    """Nothing more comes."""
    await logged_in(peer)
    await silence(peer)


async def says_bye_after_login(peer: Peer) -> None:
    """Hangs up in good manners."""
    await logged_in(peer)
    await peer.hear()
    await peer.say(b"* BYE see you\r\n")


def ill_at_heads(say: Callable[[Peer, bytes], Awaitable[None]]) -> Script:
    """A mailbox of two mails that is well until it is asked for heads: then `say`, given the first head."""
    box = ScriptedMailbox({1: invoice("never"), 2: invoice("never either")})

    async def talk(peer: Peer) -> None:
        await logged_in(peer)
        while True:
            tag, command = await peer.hear()
            if b"BODYSTRUCTURE" in command:
                await say(peer, box.head(1))
                await silence(peer)
            await peer.say(box.answer(command) + tag + b" OK done\r\n")

    return talk


async def hangs(peer: Peer, head: bytes) -> None:
    """In the middle of the second head."""
    await peer.say(head + b"* 2 FETCH (UID 2 RFC822.SIZE 5 BODYSTR")


async def says_an_endless_line(peer: Peer, _: bytes) -> None:
    """A piece at a time, for as long as anybody reads."""
    await peer.say(b"* 1 FETCH (UID 1 BODYSTRUCTURE (")
    while True:
        await peer.say(b"(" * MIB)


async def lies_about_a_literal(peer: Peer, _: bytes) -> None:
    """Of more octets than there are in the world."""
    await peer.say(b"* 1 FETCH (UID 1 BODY[HEADER.FIELDS (FROM)] {99999999999999999999}\r\n")


class DeepMailbox(ScriptedMailbox):
    """An invoice whose structure is told as 1,000 multiparts within each other."""

    def head(self, uid: int, _: bytes = b"") -> bytes:
        """The same for each."""
        return super().head(uid, DEEP)


def pull_in_time(linked: LinkedHouse) -> None:
    """Pull all accounts at once; fails where that has no end."""
    thread = Thread(target=pull_now, args=(linked.house.settings, [each.id for each in linked.accounts]), daemon=True)
    thread.start()
    thread.join(90)
    assert not thread.is_alive()
    linked.house.drain()


def test_accounts_that_are_ill_harm_no_account_that_is_well(
    linked: LinkedHouse, dovecot: Dovecot, new_user: Callable[[], str]
) -> None:
    """Each ends with its own reason, in words; an invoice told as nested without end is imported all the same."""
    ill: dict[str, tuple[Script, str]] = {
        "hangs after the login": (hangs_after_login, "server_silent"),
        "hangs in the middle of heads": (ill_at_heads(hangs), "server_silent"),
        "says an endless line": (ill_at_heads(says_an_endless_line), "server_nonsense"),
        "lies about a literal": (ill_at_heads(lies_about_a_literal), "server_nonsense"),
        "says BYE after the login": (says_bye_after_login, "connection_lost"),
    }
    address = new_user()
    dovecot.deliver(address, invoice("well"), LATER)
    well = linked.link(address)
    linked.settings(silence_seconds=2.0, command_seconds=10.0)
    with ExitStack() as servers:
        accounts = {
            name: link_scripted(linked, servers.enter_context(running(talk))) for name, (talk, _) in ill.items()
        }
        deep = link_scripted(linked, servers.enter_context(running(DeepMailbox({1: invoice("deep")}).talk)))
        linked.accounts += [*accounts.values(), deep]
        pull_in_time(linked)

    rows = {name: linked.row(account) for name, account in accounts.items()}
    assert {name: (row.health, row.health_code) for name, row in rows.items()} == {
        name: ("unreachable", code) for name, (_, code) in ill.items()
    }
    assert {row.health_code for row in rows.values()} <= set(PHRASES)
    assert {linked.row(each).health for each in (well, deep)} == {"ok"}
    imported = {each.rfc_message_id for each in linked.house.messages() if each.state == "imported"}
    assert imported == {"<well@supplier.example>", "<deep@supplier.example>"}
