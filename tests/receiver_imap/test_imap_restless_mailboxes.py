"""A server that gives another UIDVALIDITY whenever a mailbox is opened: nothing comes twice, nothing piles up."""

from tests.receiver_imap.linked_house import LinkedHouse, newsletter
from tests.receiver_imap.scripted_mailbox import ScriptedMailbox, link_scripted, running
from tests.receiver_pipeline.house import pdf_mail

NEWS = (3, 4)
EARLY, REFUSED = 5, 6


class RestlessMailbox(ScriptedMailbox):
    """Invoices and newsletters; UID 5 came in before the start date, and UID 6 cannot be had."""

    def __init__(self) -> None:
        invoices = {uid: pdf_mail(f"<{uid}@supplier.example>", pdf=b"%%PDF-1.4\n%d\n%%%%EOF\n" % uid) for uid in (1, 2)}
        others = {uid: newsletter(f"News {uid}") for uid in NEWS}
        super().__init__(invoices | others | {EARLY: pdf_mail("<early@x.example>"), REFUSED: pdf_mail("<6@x.example>")})

    def examined(self) -> bytes:
        """Another one each time."""
        self.uidvalidity += 1
        return super().examined()

    def head(self, uid: int, *_: bytes) -> bytes:
        """Newsletters are nothing but text."""
        if uid in (3, 4):
            return super().head(
                uid, b'("TEXT" "PLAIN" ("charset" "utf-8") NIL NIL "7bit" %d 50)' % len(self.mails[uid])
            )
        return super().head(uid)

    def date(self, uid: int) -> bytes:
        """UID 5 is a day too old."""
        return b"31-Dec-2025 10:00:00 +0000" if uid == EARLY else super().date(uid)

    def whole(self, uid: int) -> bytes:
        """Nothing of UID 6."""
        return b"" if uid == REFUSED else super().whole(uid)


def test_another_uidvalidity_at_every_opening_brings_nothing_twice(linked: LinkedHouse) -> None:
    """Three pulls: each mail is fetched once, messages and documents stay as they are, and so does what is noted."""
    peer = RestlessMailbox()
    with running(peer.talk) as port:
        account = link_scripted(linked, port)
        told = [linked.pull(account)]
        rows = linked.states(account)
        messages = {each.id: each.state for each in linked.house.messages()}
        documents = {each.id for each in linked.house.documents()}
        for _ in range(2):
            linked.let_time_pass(account)
            told.append(linked.pull(account))

    assert rows == {"fetched": 2, "left": 2, "before_start": 1, "failed": 1}
    assert [each["fetched"] for each in told] == [2, 0, 0]
    assert [each["looked_at"] for each in told] == [6, 6, 6]
    assert sorted(uid for uid in peer.wholes if uid != REFUSED) == [1, 2]
    assert {each.id: each.state for each in linked.house.messages()} == messages
    assert (len(messages), len(documents)) == (4, 2)
    assert {each.id for each in linked.house.documents()} == documents
    assert linked.states(account) == {"known": 4, "before_start": 1, "failed": 1}
