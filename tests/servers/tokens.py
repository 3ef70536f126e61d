"""The introspection endpoint of an OAuth provider (RFC 7662): which access tokens hold, and whose they are."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


class Tokens:
    """Answers GET /introspect?token=… on loopback; tokens come and go while it runs."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}
        owners = self._owners

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                token = parse_qs(urlsplit(self.path).query).get("token", [""])[0]
                answer = {"active": token in owners, "email": owners.get(token, "")}
                octets = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(octets)))
                self.end_headers()
                self.wfile.write(octets)

            def log_message(self, *words: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def allow(self, token: str, user: str) -> None:
        """From now on this token is `user`'s."""
        self._owners[token] = user

    def revoke(self, token: str) -> None:
        """From now on it is nobody's."""
        self._owners.pop(token, None)
