"""The log says how long a message took only where that is known."""

from datetime import UTC, datetime, timedelta

from receiver.pipeline.since_accepted import since_accepted


def test_mail_that_was_accepted_says_how_long_it_took() -> None:
    """Counted from when it was accepted."""
    assert since_accepted("smtp", datetime.now(UTC) - timedelta(seconds=2))["ms"] >= 2000


def test_mail_of_a_linked_account_says_no_time() -> None:
    """Its date is the one of its own server, years ago perhaps."""
    assert since_accepted("imap", datetime(2020, 1, 1, tzinfo=UTC)) == {}
