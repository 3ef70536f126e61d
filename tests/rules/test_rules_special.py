"""Mail about mail: bounces, auto-replies, forwarding confirmations, and bills that lie elsewhere."""

import pytest

from rules.facts import Special
from rules.recognition.special import Head, find_link, find_special


def kind_of(head: Head, text: str = "") -> str | None:
    found = find_special(head, text)
    return found.kind if found else None


@pytest.mark.parametrize(
    "head",
    [
        Head('multipart/report; report-type="delivery-status"', {}, "mailer-daemon@mx.example", "Undelivered Mail"),
        Head("multipart/report; report-type=disposition-notification", {}, "a@b.example", "Read: Invoice"),
        Head("text/plain", {"x-failed-recipients": "a@b.example"}, "x@y.example", "Warning"),
        Head("text/plain", {}, "postmaster@mx.example", "Unzustellbar: Rechnung 4711"),
    ],
)
def test_bounces_are_told_by_their_form(head: Head) -> None:
    """RFC 3464, RFC 8098, and the daemons that know neither."""
    assert kind_of(head) == "bounce"


@pytest.mark.parametrize(
    "head",
    [
        Head("text/plain", {"auto-submitted": "auto-replied"}, "a@b.example", "Re: Invoice"),
        Head("text/plain", {"auto-submitted": "auto-generated"}, "a@b.example", "Automatische Antwort: Rechnung"),
        Head("text/plain", {"precedence": "auto_reply"}, "a@b.example", "Away"),
        Head("text/plain", {"x-autoreply": "yes"}, "a@b.example", "Away"),
    ],
)
def test_auto_replies_answer_somebody(head: Head) -> None:
    """RFC 3834, and what programs wrote before it."""
    assert kind_of(head) == "auto_reply"


@pytest.mark.parametrize(
    "head",
    [
        Head("text/plain", {"auto-submitted": "auto-generated"}, "billing@shop.example", "Your invoice"),
        Head("text/plain", {"auto-submitted": "no"}, "a@b.example", "Out of office supplies? Your invoice"),
        Head("text/plain", {"x-autoreply": "no", "x-autorespond": "False"}, "billing@shop.example", "Your invoice"),
        Head("multipart/mixed", {"precedence": "bulk"}, "billing@shop.example", "Invoice"),
        Head("text/plain", {}, "info@parcel.example", "Zustellung fehlgeschlagen"),
        Head("multipart/report; report-type=feedback-report", {}, "fbl@mx.example", "Abuse"),
    ],
)
def test_what_programs_send_is_no_reply(head: Head) -> None:
    """RFC 3834: every invoicing program's mail is auto-generated; parcels are not delivered either."""
    assert kind_of(head) is None


def test_a_forwarding_confirmation_has_its_code_and_link() -> None:
    """Gmail asks the address that mail shall go to; both are shown to the tenant at once."""
    link = "https://mail-settings.google.com/mail/vf-%5BANGjdJ-aaaaaaaaaaaaaaaa%5D-bbbbbbbb"
    text = (
        "anna@gmail.example has requested to automatically forward mail to your address x@inbox.example.\n"
        f"Confirmation code: 123456789\n\nTo confirm, click the link below:\n\n{link}\n\n"
        "To learn more, visit https://support.google.com/mail/bin/answer.py?answer=184973"
    )
    head = Head("text/plain", {}, "forwarding-noreply@google.com", "(#123456789) Gmail Forwarding Confirmation")
    wanted = Special("forwarding_confirmation", link, "mail-settings.google.com", "123456789")
    assert find_special(head, text) == wanted


def test_a_code_alone_confirms_as_well() -> None:
    """Microsoft sends a code, in the reader's language."""
    text = "Bestätigen Sie die Weiterleitung Ihrer E-Mails.\nSicherheitscode: 482913\nDas Microsoft-Konto-Team"
    sender = "account-security-noreply@accountprotection.microsoft.com"
    found = find_special(Head("text/html", {}, sender, "Weiterleitungsadresse bestätigen"), text)
    assert found == Special("forwarding_confirmation", code="482913")


def test_nobody_else_can_ask_for_a_confirmation() -> None:
    """A stranger's "confirm forwarding" would have the tenant click the stranger's link."""
    text = "Confirm the forwarding: https://evil.example/confirm/aaaaaaaaaaaaaaaaaaaaaaaa code 123456"
    head = Head("text/plain", {}, "forwarding-noreply@google.com.evil.example", "(#123456) Forwarding Confirmation")
    assert find_special(head, text) is None


def test_a_provider_s_link_leads_to_the_provider() -> None:
    """Of the links in a confirmation only its own is taken."""
    text = "Confirm the forwarding: https://evil.example/confirm/aaaaaaaaaaaaaaaaaaaaaaaa or code 123456"
    found = find_special(Head("text/plain", {}, "forwarding-noreply@google.com", "Forwarding"), text)
    assert found == Special("forwarding_confirmation", code="123456")


@pytest.mark.parametrize(
    "link",
    [
        "https://www.google.com/url?q=https://evil.example/aaaaaaaaaaaaaaaaaaaaaaaa",
        "https://sites.google.com/view/confirm-forwarding-aaaaaaaaaaaa",
        "https://docs.google.com/forms/d/e/aaaaaaaaaaaaaaaaaaaaaaaaaaaa/viewform",
        "https://mail.google.com@evil.example/mail/vf-aaaaaaaaaaaaaaaaaaaaaaaa",
        "https://forms.office.com/r/aaaaaaaaaaaaaaaaaaaaaaaa",
    ],
)
def test_a_stranger_s_page_at_a_provider_confirms_nothing(link: str) -> None:
    """A From is easily forged, and under a provider's domain lie anybody's pages, and redirects to anywhere."""
    for sender in ("forwarding-noreply@google.com", "no-reply@microsoft.com"):
        assert find_special(Head("text/plain", {}, sender, "Confirm the forwarding"), f"Click {link}") is None


def test_the_link_behind_the_words_is_found() -> None:
    """Of many links the one whose words say that the bill lies there."""
    html = (
        '<a href="https://shop.example/news">News</a> <p>Your invoice is ready.</p>'
        '<a class="b" href="https://portal.shop.example/i?id=1&amp;t=2"><b>View your&nbsp;invoice</b></a>'
    )
    found = find_link("Your invoice is ready. View your invoice", html)
    assert found == Special("link_only", "https://portal.shop.example/i?id=1&t=2", "portal.shop.example")


def test_the_link_behind_plain_words_is_found() -> None:
    """Without HTML it is the first link behind them."""
    text = "See https://shop.example\nIhre Rechnung steht bereit:\nhttps://portal.shop.example/r/1."
    assert find_link(text, "") == Special("link_only", "https://portal.shop.example/r/1", "portal.shop.example")


def test_words_without_a_link_lead_nowhere() -> None:
    """And a link without the words is any link."""
    assert find_link("Your invoice is ready", "") is None
    assert find_link("Hello https://shop.example/a", "") is None
