"""Consenting at the terminal: what a person sees and does, with the provider's answers in between."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from receiver.cli.account_consent import provider_of
from tests.receiver_oauth.conftest import PATIENCE, address_after_consent
from tests.servers.oauth_provider import OAuthProvider

_ASKS = """
import sys
from receiver.cli.account_consent import consent
from receiver.cli.failures import told
from receiver.config import load
with told():
    tokens = consent(load(None, None), "other", "alice@example.com", sys.argv[1])
    print("linked by", tokens.client)
"""
_BROWSER = """
import sys, urllib.request
urllib.request.urlopen(sys.argv[1], timeout=20)
"""


@contextmanager
def asking(oauth: OAuthProvider, way: str, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    """The command, waiting for the person."""
    settings = {
        f"POSTBUS_ACCOUNTS__OAUTH__OTHER__{name.upper()}": value for name, value in oauth.configuration().items()
    }
    process = subprocess.Popen(
        [sys.executable, "-c", _ASKS, way],
        cwd=Path(__file__).parents[2],
        env={"PATH": os.environ["PATH"], **settings, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def line_with(process: "subprocess.Popen[str]", start: str) -> str:
    """The next line on standard error that begins so."""
    assert process.stderr is not None
    for line in process.stderr:
        if line.strip().startswith(start):
            return line.strip()
    raise AssertionError(f"no line begins with {start}")


def test_a_browser_on_this_machine_is_opened(oauth: OAuthProvider, tmp_path: Path) -> None:
    """Nothing is to be copied: the browser brings the answer back by itself."""
    browser = tmp_path / "browser.py"
    browser.write_text(_BROWSER)
    oauth.consents("alice@example.com")

    with asking(oauth, "browser", DISPLAY=":0", BROWSER=f"{sys.executable} {browser} %s &") as process:
        out, _ = process.communicate(timeout=PATIENCE)

    assert (out, process.returncode) == ("linked by other\n", 0)


def test_the_address_of_a_browser_elsewhere_is_pasted(oauth: OAuthProvider) -> None:
    """--no-browser: the address is printed whole on a line of its own, the answer is read from standard input."""
    oauth.consents("alice@example.com")

    with asking(oauth, "paste") as process:
        url = line_with(process, oauth.url)
        out, _ = process.communicate(f"{address_after_consent(url)}\n", timeout=PATIENCE)

    assert out == "linked by other\n"


@pytest.mark.parametrize(
    "pasted", ["", "\n", "https://example.com/\n", "http://127.0.0.1/?code=x&state=y\n", "\0\ud800"]
)
def test_what_was_pasted_wrongly_is_told_in_words(oauth: OAuthProvider, pasted: str) -> None:
    """No traceback, and what to paste."""
    with asking(oauth, "paste") as process:
        out, said = process.communicate(pasted.encode("utf-8", "replace").decode(), timeout=PATIENCE)

    assert (out, process.returncode) == ("", 1)
    assert "paste the one to which other has just sent the browser" in said


def test_a_code_for_another_device_is_shown(oauth: OAuthProvider) -> None:
    """Where to go and what to type; the command goes on when it is done."""
    with asking(oauth, "device") as process:
        line = line_with(process, "Open ")
        line_with(process, "")
        assert process.stderr is not None
        oauth.types(process.stderr.readline().strip(), "alice@example.com")
        out, _ = process.communicate(timeout=PATIENCE)

    assert f"{oauth.url}/device" in line
    assert out == "linked by other\n"


def test_a_port_that_is_taken_is_told_with_its_setting(oauth: OAuthProvider) -> None:
    """A provider that wants one fixed address needs that port free."""
    taken = f"http://127.0.0.1:{urlsplit(oauth.url).port}/"

    with asking(oauth, "browser", POSTBUS_ACCOUNTS__OAUTH__OTHER__REDIRECT_URL=taken) as process:
        _, said = process.communicate(timeout=PATIENCE)

    assert process.returncode == 1
    assert "accounts.oauth.other.redirect_url" in said


@pytest.mark.parametrize(
    ("host", "provider"),
    [("imap.gmail.com", "google"), ("Outlook.Office365.com.", "microsoft"), ("imap.example.com", "other")],
)
def test_who_gives_tokens_follows_from_the_server(host: str, provider: str) -> None:
    """Gmail's are Google's, Microsoft's its own, all others those of the configured one."""
    assert provider_of(host) == provider
