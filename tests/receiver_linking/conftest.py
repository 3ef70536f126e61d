"""A name server that answers from a table, and a web server with a certificate that holds."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from receiver.doctor.resolver import Resolver
from receiver.linking.autoconfig import Bounds, Web
from receiver.linking.choosing import Sources
from tests.receiver_doctor.conftest import NameServer
from tests.servers.authority import Authority


class WebServer:
    """Serves `pages` (status, headers, body) by path over HTTPS at localhost; `asked` are the paths with queries."""

    def __init__(self, folder: Path) -> None:
        authority = Authority(folder)
        self.ca_file = authority.file
        certificate, key = authority.certificate()
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.drips = False  # an octet now and then, for ever
        self.asked: list[str] = []
        self._ended = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner.asked.append(self.path)
                status, headers, body = owner.pages.get(self.path.partition("?")[0], (404, {}, b""))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(OSError):
                    while owner.drips and not owner._ended.wait(0.05):
                        self.wfile.write(b" ")
                        self.wfile.flush()
                    self.wfile.write(body)

            def log_message(self, *_said: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign] - clients that do not trust us
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def place(self) -> str:
        """Where the file of settings is, as the places of autoconfig are written."""
        return f"https://localhost:{self.port}/config?emailaddress={{address}}"

    def web(self, **more: Any) -> Web:
        """What asks this server."""
        given: dict[str, Any] = {"places": [self.place], "bounds": Bounds(64 * 1024, 2.0), "allow_internal": True}
        return Web(**{**given, **more})

    def stop(self) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


@pytest.fixture(name="web_server")
def _web_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    server = WebServer(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
    yield server
    server.stop()


@pytest.fixture(name="name_server")
def _name_server() -> Iterator[NameServer]:
    server = NameServer()
    yield server
    server.stop()


@pytest.fixture(name="sources")
def _sources(web_server: WebServer, name_server: NameServer) -> Sources:
    """Both servers, and nobody who greets."""
    return Sources(Resolver(name_server.address), web_server.web())
