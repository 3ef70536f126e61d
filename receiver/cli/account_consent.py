"""Ask a person for an account's consent at the terminal: by a browser here, by one elsewhere, or by a device code.

Prints on standard error what the person is to do; standard output stays the command's. Stores nothing, and shows no
token. Raises Refused with what went wrong and what to do.
"""

import os
import sys
import webbrowser
from typing import Literal

from receiver.cli import terminal
from receiver.cli.failures import Refused
from receiver.config import Settings
from receiver.guarded import leave_no_dump
from receiver.imap.failures import ImapFailure
from receiver.imap.oauth import (
    CodeFlow,
    Provider,
    Tokens,
    await_device,
    begin_code_flow,
    begin_device_flow,
    finish_code_flow,
    provider_named,
)
from receiver.imap.redirect import LoopbackRedirect
from rules.wording import words

Way = Literal["browser", "paste", "device"]
PATIENCE = 300.0  # seconds until the browser has to be back
# Whose mailboxes are whose; every other server's are those of `other`.
_PROVIDERS = {
    "imap.gmail.com": "google",
    "imap.googlemail.com": "google",
    "outlook.office365.com": "microsoft",
    "outlook.office.com": "microsoft",
    "imap-mail.outlook.com": "microsoft",
}


def provider_of(host: str) -> str:
    """The name of the provider that gives tokens for the mailboxes of an IMAP server: google, microsoft or other."""
    return _PROVIDERS.get(host.lower().rstrip("."), "other")


def consent(settings: Settings, provider_name: str, address: str, way: Way) -> Tokens:
    """Tokens for the mailbox of that address, when the person has consented."""
    leave_no_dump()
    try:
        provider = provider_named(provider_name, settings.accounts.oauth)
        if way == "device":
            return _by_device(provider)
        return _by_browser(provider, address, is_here=way == "browser")
    except ImapFailure as failure:
        raise Refused(words(failure.code, failure.params, settings.language)) from failure


def _by_browser(provider: Provider, address: str, *, is_here: bool) -> Tokens:
    try:
        redirect = LoopbackRedirect(provider.redirect_url)
    except OSError as error:
        raise Refused(
            f"{provider.redirect_url}: cannot be listened on ({error.strerror}); "
            f"free the port, or change accounts.oauth.{provider.name}.redirect_url"
        ) from error
    with redirect:
        flow = begin_code_flow(provider, redirect.url, login_hint=address)
        _say(f"Open this address, sign in as {address} and allow access to the mail:", "", f"  {flow.url}", "")
        if is_here:
            _open(flow.url)
            _say(f"Waiting at {redirect.url} (with the browser on another machine: --no-browser) …")
            redirected = redirect.wait(flow.recognises, PATIENCE, provider.name)
        else:
            redirected = _pasted(flow)
    return finish_code_flow(provider, flow, redirected)


def _pasted(flow: CodeFlow) -> str:
    _say(f"The browser ends at {flow.redirect_url}?… with a page that cannot be shown. Copy that whole address here:")
    return sys.stdin.readline()


def _by_device(provider: Provider) -> Tokens:
    flow = begin_device_flow(provider)
    _say(f"Open {flow.verification_uri} on any device and type this code:", "", f"  {flow.user_code}", "", "Waiting …")
    return await_device(provider, flow)


def _open(url: str) -> None:
    # Without a screen it would start a browser for terminals, over our words.
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(url)


def _say(*lines: str) -> None:
    for line in lines:
        sys.stderr.write(f"{terminal.on_one_line(line)}\n")
    sys.stderr.flush()
