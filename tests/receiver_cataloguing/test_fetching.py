"""Packages come from files and servers within a size and a time, and from nowhere that nobody named."""

import socket
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from receiver.cataloguing.fetching import MOST_REDIRECTS, Unfetched, fetch
from receiver.web import Bounds
from tests.receiver_cataloguing.conftest import Server, giving, sending_on

BOUNDS = Bounds(max_octets=1000, seconds=20)


def refused(source: str, bounds: Bounds = BOUNDS) -> str:
    """Why it was not brought."""
    with pytest.raises(Unfetched) as unfetched:
        fetch(source, bounds)
    return str(unfetched.value)


def test_a_file_is_read_by_path_or_url(tmp_path: Path) -> None:
    """Blanks in a file URL are written as %20."""
    path = tmp_path / "the package"
    path.write_bytes(b"octets")

    assert fetch(str(path), BOUNDS) == b"octets"
    assert fetch(f"file://{tmp_path}/the%20package", BOUNDS) == b"octets"


def test_a_file_that_is_missing_or_too_large_is_refused(tmp_path: Path) -> None:
    """Without holding more of it than may be; a folder is no file."""
    (tmp_path / "large").write_bytes(bytes(1001))

    assert "No such file" in refused(str(tmp_path / "missing"))
    assert "larger than catalogue.max_octets (1000)" in refused(str(tmp_path / "large"))
    assert "cannot be read" in refused(str(tmp_path))


def test_a_server_on_this_machine_may_do_without_tls(server: Server) -> None:
    """For tests and mirrors; the query goes along."""
    server.answers["/c.pkg?channel=a"] = giving(b"octets")

    assert fetch(server.url("/c.pkg?channel=a"), BOUNDS) == b"octets"


def test_https_is_fetched_and_its_certificate_checked(secure_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate that nobody vouches for ends it before anything is asked."""
    secure_server.answers["/c.pkg"] = giving(b"octets")

    assert fetch(secure_server.url("/c.pkg"), BOUNDS) == b"octets"
    assert "its certificate does not hold" in refused(secure_server.url("/c.pkg", "localhost"))
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "its certificate does not hold" in refused(secure_server.url("/c.pkg"))
    assert secure_server.asked == ["/c.pkg"]


def test_more_octets_than_may_be_are_not_taken(server: Server) -> None:
    """Whether the server says so beforehand or not."""
    server.answers["/large"] = giving(bytes(1001))

    assert "larger than catalogue.max_octets" in refused(server.url("/large"))


def test_a_transfer_that_ends_early_is_no_package(server: Server) -> None:
    """The signature would tell as well; this says what went wrong."""
    server.answers["/cut"] = giving(b"half", length=8)

    assert "ended before the package did" in refused(server.url("/cut"))


def test_a_server_that_never_ends_is_left(server: Server) -> None:
    """Octet by octet it would take for ever, and no single silence is long."""
    ended = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            while not ended.wait(0.05):
                request.wfile.write(b"x")
        except OSError:
            return

    server.answers["/slow"] = drip
    try:
        assert "took longer than catalogue.seconds (0.5)" in refused(server.url("/slow"), Bounds(10**9, 0.5))
    finally:
        ended.set()


def test_redirects_are_followed_a_few_times(server: Server) -> None:
    """As release pages send them; a ring of them ends."""
    server.answers |= {"/1": sending_on("/2"), "/2": sending_on(server.url("/3"), 307), "/3": giving(b"octets")}
    server.answers["/ring"] = sending_on("/ring")

    assert fetch(server.url("/1"), BOUNDS) == b"octets"
    assert f"more than {MOST_REDIRECTS} redirects" in refused(server.url("/ring"))


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "/etc/passwd\x00",
        "http://192.0.2.1/x",
        "gopher://x",
        "https://u:p@h/",
    ],
)
def test_redirects_to_other_schemes_are_not_followed(server: Server, location: str) -> None:
    """A server cannot make us read a file, speak another protocol, or leave TLS."""
    server.answers["/away"] = sending_on(location)

    assert "not followed" in refused(server.url("/away"))


def test_https_never_leads_back_to_http(secure_server: Server, server: Server) -> None:
    """Not even to this machine."""
    secure_server.answers["/away"] = sending_on(server.url("/c.pkg"))

    assert "not followed" in refused(secure_server.url("/away"))
    assert server.asked == []


def test_another_host_must_have_a_public_address(secure_server: Server) -> None:
    """Law 18: who answers for the source cannot point us into the operator's own network."""
    with socket.create_server(("127.0.0.1", 0)) as inside:
        target = f"https://127.0.0.1:{inside.getsockname()[1]}/secret"
        secure_server.answers["/away"] = sending_on(target)

        assert "has no public address" in refused(secure_server.url("/away"))


def test_what_is_no_answer_is_told_in_words(server: Server) -> None:
    """A status, a closed port, a name that nobody has, a server that speaks something else."""
    server.answers["/gone"] = lambda request: request.send_error(404)
    with socket.create_server(("127.0.0.1", 0)) as closing:
        port = closing.getsockname()[1]

    assert "the server answers 404" in refused(server.url("/gone"))
    assert "Connection refused" in refused(f"http://127.0.0.1:{port}/")
    assert "its name has no address" in refused("https://nowhere.invalid/c.pkg")


def test_plain_http_is_from_this_machine_alone() -> None:
    """Even when a name that means this machine elsewhere means another one here."""
    assert "use https://" in refused("http://192.0.2.1/c.pkg")
