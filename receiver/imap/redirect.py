"""Wait for the browser that comes back from a provider, at an address of this machine (RFC 8252 7.3).

Takes one answer, within some minutes, and is gone. Whatever does not belong to the consent that was asked for (another
state, another path, a favicon) is told so and waited past: a page in the same browser could send it.
Never repeats what it was sent. Raises ImapFailure(consent_timed_out), and OSError when the port is taken.
"""

import socket
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit

from receiver.imap.failures import ImapFailure

_ONE_REQUEST = 5.0  # seconds in which a browser on this machine has sent its request
_PAGE = "<!DOCTYPE html><html lang=en><meta charset=utf-8><title>postbus</title><p>{words}</p></html>\n"
_TAKEN = "The answer has arrived. You may close this window and go back to postbus."
_NOT_OURS = "This is not the answer that postbus waits for. Go back to the window of the provider."


class LoopbackRedirect:
    """Listens from its making to `close`; `url` is where a browser is to be sent, its port filled in."""

    def __init__(self, redirect_url: str) -> None:
        asked = urlsplit(redirect_url)
        host = asked.hostname or "127.0.0.1"
        self._path = asked.path or "/"
        self._answer: str | None = None
        self._is_ours: Callable[[str], bool] = lambda _url: False
        self._server = _Server(("127.0.0.1" if host == "localhost" else host, asked.port or 0), self)
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._server.server_address[1]}{self._path}"

    def __enter__(self) -> "LoopbackRedirect":
        return self

    def __exit__(self, *_failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Listen no more."""
        self._server.server_close()

    def wait(self, is_ours: Callable[[str], bool], seconds: float, provider: str) -> str:
        """The URL with which the browser came back and which `is_ours` recognises."""
        self._is_ours = is_ours
        ends_at = time.monotonic() + seconds
        while self._answer is None:
            left = ends_at - time.monotonic()
            if left <= 0:
                raise ImapFailure("consent_timed_out", provider=provider)
            self._server.timeout = left
            self._server.handle_request()
        return self._answer

    def take(self, target: str) -> bool:
        """Whether the request for this path and query was the answer."""
        url = self.url.removesuffix(self._path) + target
        if urlsplit(url).path != self._path or not self._is_ours(url):
            return False
        self._answer = url
        return True


class _Server(HTTPServer):
    def __init__(self, address: tuple[str, int], redirect: LoopbackRedirect) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.redirect = redirect
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # HTTPServer would ask the resolver for this machine's name.
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hung up: the next one may do better."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _ONE_REQUEST

    def do_GET(self) -> None:
        is_taken = self.server.redirect.take(self.path)
        page = _PAGE.format(words=_TAKEN if is_taken else _NOT_OURS).encode()
        self.send_response(200 if is_taken else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        # The code stands in the address of this page: it goes to nobody else.
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_said: object) -> None:
        """Say nothing: the line would hold the code."""
