"""A server that answers OK and says nothing of a message it has named is not believed at once (law 11)."""

from tests.receiver_imap.linked_house import LinkedHouse
from tests.receiver_imap.scripted_mailbox import ScriptedMailbox, link_scripted, running
from tests.receiver_pipeline.house import pdf_mail


class ForgetfulServer(ScriptedMailbox):
    """Three mails with a PDF each; at first it has no head of UID 2 and no octets of UID 3."""

    def __init__(self) -> None:
        super().__init__(
            {uid: pdf_mail(f"<{uid}@supplier.example>", pdf=b"%%PDF-1.4\n%d\n%%%%EOF\n" % uid) for uid in (1, 2, 3)}
        )
        self.forgets = True

    def head(self, uid: int, *structure: bytes) -> bytes:
        """None of UID 2."""
        return b"" if self.forgets and uid == 2 else super().head(uid, *structure)

    def whole(self, uid: int) -> bytes:
        """None of UID 3."""
        return b"" if self.forgets and uid == 3 else super().whole(uid)


def test_a_message_that_an_answer_leaves_out_comes_with_the_next_pull(linked: LinkedHouse) -> None:
    """One head and one body are missing once; both invoices are there after the next pull."""
    peer = ForgetfulServer()
    with running(peer.talk) as port:
        account = link_scripted(linked, port)
        linked.pull(account)
        assert linked.states(account) == {"fetched": 1, "failed": 2}

        peer.forgets = False
        linked.let_time_pass(account)
        linked.pull(account)

    assert linked.states(account) == {"fetched": 3}
    assert len(linked.house.documents()) == 3
