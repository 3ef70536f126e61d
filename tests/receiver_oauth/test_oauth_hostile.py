"""A provider that is broken or hostile: bounded in size and time, never followed elsewhere, never repeated in words."""

import dataclasses
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from receiver import web
from receiver.config_oauth import OAuthSettings
from receiver.imap.failures import ImapFailure
from receiver.imap.oauth import Provider, Tokens, begin_device_flow, provider_named, refresh
from tests import secrecy
from tests.servers.authority import Authority

Say = Callable[[socket.socket], None]
Hostile = Callable[[Say], Provider]


@pytest.fixture(name="tokens")
def _tokens() -> Tokens:
    """Such as are refreshed."""
    refresh_token = secrecy.secret("refresh")
    return Tokens(client="other", access_token="", refresh_token=refresh_token, expires_at=datetime.now(UTC), scope="s")


@pytest.fixture(name="hostile")
def _hostile() -> Iterator[Hostile]:
    """A provider whose every connection is answered by a script, when the request has been read."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()
    threads: list[threading.Thread] = []

    def run(say: Say) -> Provider:
        def serve() -> None:
            while not over.is_set():
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with client:
                    client.settimeout(5)
                    try:
                        _read_request(client)
                        say(client)
                    except OSError:
                        continue

        threads.append(threading.Thread(target=serve, daemon=True))
        threads[-1].start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        table = {"client_id": "me", "scope": "s", "authorize_url": url, "token_url": url, "device_url": url}
        provider = provider_named("other", OAuthSettings.model_validate({"other": table}))
        return dataclasses.replace(provider, bounds=web.Bounds(max_octets=64 * 1024, seconds=0.5))

    yield run
    over.set()
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for each in threads:
        each.join()


def _read_request(client: socket.socket) -> None:
    octets = b""
    while b"\r\n\r\n" not in octets:
        octets += client.recv(65536)
    head, _, body = octets.partition(b"\r\n\r\n")
    (length,) = (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    while len(body) < length:
        body += client.recv(65536)


def answer(body: bytes, status: str = "200 OK", head: str = "") -> Say:
    """A whole answer."""

    def say(client: socket.socket) -> None:
        length = f"Content-Length: {len(body)}\r\nConnection: close\r\n"
        client.sendall(f"HTTP/1.1 {status}\r\n{length}{head}\r\n".encode() + body)

    return say


def of(fields: object) -> Say:
    """A JSON answer."""
    return answer(json.dumps(fields).encode())


def _endless(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        client.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")


def _an_octet_at_a_time(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
    while True:
        client.sendall(b" ")
        time.sleep(0.02)


def _silent(client: socket.socket) -> None:
    client.recv(1)


def _endless_head(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        client.sendall(b"X-Header: " + b"x" * 60000 + b"\r\n")


@pytest.mark.parametrize(
    ("say", "failure"),
    [
        (_endless, "sign_in_nonsense provider=other what=too_large"),
        (answer(b" " * 100_000), "sign_in_nonsense provider=other what=too_large"),
        (_an_octet_at_a_time, "sign_in_unreachable"),
        (_silent, "sign_in_unreachable"),
        (_endless_head, "sign_in_unreachable"),
        (lambda client: client.sendall(b"hello\r\n\r\n"), "sign_in_unreachable"),
        (lambda client: client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}"), "sign_in_unreachable"),
        (answer(b"<html>Service maintenance</html>"), "sign_in_nonsense provider=other what=not_json"),
        (answer(b"[" * 60_000), "sign_in_nonsense provider=other what=not_json"),
        (answer(b"\xff\xfe"), "sign_in_nonsense provider=other what=not_json"),
        (of(["access_token"]), "sign_in_nonsense provider=other what=not_json"),
        (of({}), "sign_in_nonsense provider=other what=no_token"),
        (of({"access_token": ["a"]}), "what=no_token"),
        (of({"access_token": "a\x01auth=Bearer b"}), "what=no_token"),
        (of({"access_token": "a\r\nA1 LOGOUT"}), "what=no_token"),
        (of({"access_token": "a", "token_type": "mac"}), "what=no_token"),
        (answer(b"", "503 Service Unavailable"), "sign_in_busy"),
        (answer(b"", "429 Too Many Requests"), "sign_in_busy"),
        (of({"error": "temporarily_unavailable"}), "sign_in_busy"),
        (of({"error": {"code": "invalid_grant"}}), "what=unknown_error"),
        (of({"error": "out_of_cheese", "error_description": "\u001b[2J\u0007"}), "what=unknown_error"),
        (of({"error": "invalid_grant", "error_description": 'ünicode "'}), "link_again"),
        (of({"error": "interaction_required"}), "link_again"),
    ],
)
def test_what_a_provider_sends_costs_little_and_breaks_nothing(
    hostile: Hostile, tokens: Tokens, say: Say, failure: str
) -> None:
    """Whatever it sends: a failure with a code, within its size and time."""
    with pytest.raises(ImapFailure, match=failure):
        refresh(hostile(say), tokens)


@pytest.mark.parametrize("expires_in", ["3599", 3599.9, 1e300, -5, None, [], True, "9" * 5000])
def test_how_long_a_token_holds_is_taken_with_care(hostile: Hostile, tokens: Tokens, expires_in: object) -> None:
    """Seen in practice: a number in quotes. What makes no sense is taken as an hour, at most ten years."""
    new = refresh(hostile(of({"access_token": "a", "expires_in": expires_in})), tokens)

    assert timedelta(minutes=59) < new.expires_at - datetime.now(UTC) < timedelta(days=3651)


def test_a_redirect_is_not_followed(hostile: Hostile, tokens: Tokens) -> None:
    """Else a provider would make us ask what only this machine may, with a refresh token in the form (law 18)."""
    with socket.create_server(("127.0.0.1", 0)) as internal:
        internal.settimeout(0.2)
        sent_on = f"Location: http://127.0.0.1:{internal.getsockname()[1]}/admin\r\n"

        for status in ("302 Found", "307 Temporary Redirect", "308 Permanent Redirect"):
            with pytest.raises(ImapFailure, match="what=redirect"):
                refresh(hostile(answer(b"", status, sent_on)), tokens)

        with pytest.raises(TimeoutError):
            internal.accept()


def test_a_name_that_is_plain_http_elsewhere_is_not_asked(tokens: Tokens) -> None:
    """Plain http goes to this machine alone, whatever a name that looked like it resolves to."""
    table = {"client_id": "me", "authorize_url": "http://localhost/", "token_url": "http://localhost/"}
    provider = provider_named("other", OAuthSettings.model_validate({"other": table}))
    elsewhere = dataclasses.replace(provider, token_url="http://192.0.2.1/token")

    with pytest.raises(ImapFailure, match="sign_in_unreachable") as failed:
        refresh(elsewhere, tokens)

    assert isinstance(failed.value.__cause__, web.NotSecure)


def test_what_a_provider_repeats_goes_nowhere(hostile: Hostile, tokens: Tokens) -> None:
    """It may quote the very token in its error: neither the failure nor anything that led to it does."""
    echo = {"error": tokens.refresh_token, "error_description": f"token {tokens.refresh_token} is bad"}

    with pytest.raises(ImapFailure) as failed:
        refresh(hostile(of(echo)), tokens)

    chain: BaseException | None = failed.value
    while chain is not None:
        shown = f"{chain!r} {chain}"
        assert tokens.refresh_token not in shown
        chain = chain.__cause__ or (None if chain.__suppress_context__ else chain.__context__)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"device_code": "d", "user_code": "u"},
        {"device_code": "d", "user_code": "u", "verification_uri": "javascript:alert(1)"},
        {"device_code": "d", "user_code": "\u001b]0;x\u0007", "verification_uri": "https://example.com/"},
    ],
)
def test_a_device_code_that_nobody_could_use_is_refused(hostile: Hostile, fields: object) -> None:
    """What is shown to a person is text and an address of the web."""
    with pytest.raises(ImapFailure, match="what=no_device_code"):
        begin_device_flow(hostile(of(fields)))


def test_googles_word_for_the_address_is_known(hostile: Hostile) -> None:
    """verification_url, from before there was an RFC."""
    said = {"device_code": "d", "user_code": "u", "verification_url": "https://www.google.com/device", "interval": 1}

    assert begin_device_flow(hostile(of(said))).verification_uri == "https://www.google.com/device"


@pytest.mark.parametrize("error", ["invalid_scope", "unauthorized_client"])
def test_a_provider_that_gives_no_mail_to_devices_is_told(hostile: Hostile, error: str) -> None:
    """Google's answer for mail, and a directory's that forbids it: the words name the browser."""
    with pytest.raises(ImapFailure, match="device_codes_off"):
        begin_device_flow(hostile(answer(json.dumps({"error": error}).encode(), "400 Bad Request")))


@pytest.fixture(name="secure")
def _secure(tmp_path: Path) -> Iterator[tuple[str, Authority]]:
    """A provider over TLS that gives a token, and the authority that signed its certificate."""
    authority = Authority(tmp_path)
    certificate, key = authority.certificate()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.dumps({"access_token": "a"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_said: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"https://localhost:{server.server_port}/token", authority
    server.shutdown()
    server.server_close()
    thread.join()


def _at(url: str) -> Provider:
    table = {"client_id": "me", "authorize_url": url, "token_url": url}
    return provider_named("other", OAuthSettings.model_validate({"other": table}))


def test_a_provider_proves_who_it_is(
    secure: tuple[str, Authority], tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a certificate that this machine trusts, for the name that was configured."""
    url, authority = secure
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))

    assert refresh(_at(url), tokens).expires_at > tokens.expires_at


def test_who_cannot_prove_it_gets_no_token(
    secure: tuple[str, Authority], tokens: Tokens, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A stranger's certificate: the refresh token never leaves."""
    url, _ = secure
    monkeypatch.setenv("SSL_CERT_FILE", str(Authority(tmp_path, "another").file))

    with pytest.raises(ImapFailure, match="sign_in_unreachable") as failed:
        refresh(_at(url), tokens)

    assert isinstance(failed.value.__cause__, ssl.SSLCertVerificationError)
