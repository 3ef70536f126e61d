"""Who talks before the banner is no mail server."""

import threading


def test_early_talker_is_refused(door, read_journal):
    """Octets that came before the banner left: 554 in its place, and nothing of them is answered."""
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        release.wait(10)

    # The loop stands still while the client connects and talks, as a busy door would.
    door.call(hold)
    assert held.wait(10)
    client = door.connect()
    client.send(b"EHLO client.example\r\nMAIL FROM:<a@example.org>\r\n")
    release.set()
    assert client.reply() == "554 5.5.1 nothing may be sent before the banner, closing the connection"
    assert client.reply() == ""
    assert read_journal() == []


def test_early_talker_is_logged(door, capture_log):
    """The session's line says why it ended; a client that waits is greeted."""
    test_early_talker_is_refused(door, list)
    assert door.connect().reply().startswith("220 ")
    ends = [entry["reason"] for entry in capture_log if entry["event"] == "session_ended"]
    assert ends[0] == "early_talker"
