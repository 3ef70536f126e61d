"""Real servers in front of postbus: whoever speaks for a client, the mail is the client's (HAProxy, Postfix, swaks)."""

import contextlib
import os
import smtplib
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.postfix import PrivatePostfix
from bench.server import LEAN, NO_RENDERER, RunningPostbus

from .conftest import Start
from .haproxy import PROGRAM, PrivateHaproxy
from .test_clients import has, message_with, until

Listing = tuple[RunningPostbus, str]
# All of this machine, told apart: a client, a proxy and a mail server that are listed, and a proxy that is not.
CLIENT, PROXY, SERVER, STRANGER = "127.0.0.5", "127.0.0.9", "127.0.0.8", "127.0.0.7"
SETTINGS = {"SMTP__PROXY_NETWORKS": f'["{PROXY}/32"]', "SMTP__FORWARDER_NETWORKS": f'["{SERVER}/32"]'}
needs_haproxy = pytest.mark.skipif(PROGRAM is None, reason="Debian's haproxy package is not installed")


@pytest.fixture(name="listing", scope="module")
def _listing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listing]:
    """A postbus that trusts one proxy and one mail server, with an import address."""
    postbus = RunningPostbus(tmp_path_factory.mktemp("listing") / "data", {**LEAN, **SETTINGS})
    address = postbus.set_up()
    with postbus:
        yield postbus, address


@pytest.fixture(name="postbus_for_all")
def _postbus_for_all() -> Iterator[Callable[..., Listing]]:
    """Start one with LMTP, on a port or at a Unix socket that every user of this machine may pass through to."""
    with contextlib.ExitStack() as stack:

        def start(*, is_unix: bool) -> Listing:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            folder.chmod(0o755)
            lmtp = {"SMTP__LISTEN_LMTP": f"unix:{folder}/lmtp" if is_unix else "127.0.0.1:0"}
            postbus = RunningPostbus(folder / "data", {**LEAN, **SETTINGS, **lmtp, "SMTP__LMTP_SOCKET_MODE": "0666"})
            address = postbus.set_up()
            return stack.enter_context(postbus), address

        yield start


def send(port: int, address: str, subject: str, source: str = CLIENT) -> None:
    """One mail from a client at another address of this machine."""
    with smtplib.SMTP(local_hostname="client.example", timeout=30, source_address=(source, 0)) as client:
        client.connect("127.0.0.1", port)
        client.sendmail("billing@supplier.example", [address], f"Subject: {subject}\r\n\r\nbody\r\n")


def trace_of(postbus: RunningPostbus, message: dict[str, object]) -> str:
    """Our Received field, unfolded."""
    raw = postbus.command("message", "raw", str(message["id"]), "--trace").stdout.decode()
    return " ".join(raw.partition("\r\n\tid ")[0].split())


def swaks(listing: Listing, subject: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Deliver a mail by swaks, from the listed server's address unless `options` say otherwise."""
    postbus, address = listing
    command = ["swaks", "--to", address, "--from", "billing@supplier.example", "--header", f"Subject: {subject}"]
    command += ["--server", "127.0.0.1", "--port", str(postbus.port), "--helo", "relay.example", "-li", SERVER]
    return subprocess.run([*command, *options], capture_output=True, text=True, timeout=60, check=False)


@needs_haproxy
@pytest.mark.parametrize(
    "how",
    ["send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c,unique-id"],
    ids=["v1", "v2", "CRC32C"],
)
def test_haproxy_delivers(listing: Listing, tmp_path: Path, how: str) -> None:
    """Show 8: the client's true address stands in envelope, trace and log, the proxy's beside it."""
    postbus, address = listing
    with PrivateHaproxy(tmp_path, postbus.port, f"source {PROXY} {how}") as proxy:
        send(proxy.port, address, how)
    message = message_with(postbus, how)
    assert message["peer"] == CLIENT
    assert trace_of(postbus, message).startswith(f"Received: from client.example ([{CLIENT}]) (told by [{PROXY}]) by ")
    until(
        lambda: (CLIENT, PROXY, "quit") in [(e["peer"], e["via"], e["reason"]) for e in postbus.logged("session_ended")]
    )


@needs_haproxy
def test_haproxy_s_health_check_is_answered(listing: Listing, tmp_path: Path) -> None:
    """A check of its own (LOCAL) gets the banner, so that the server counts as up."""
    postbus, address = listing
    how = f"source {PROXY} send-proxy-v2 check check-send-proxy inter 200ms"

    def checks() -> list[object]:
        return [entry["reason"] for entry in postbus.logged("session_ended") if entry["peer"] == PROXY]

    with PrivateHaproxy(tmp_path, postbus.port, how) as proxy:
        until(lambda: bool(checks()))
        send(proxy.port, address, "after the check")
    assert message_with(postbus, "after the check")["peer"] == CLIENT
    assert not {"no_proxy_header", "bad_proxy_header"} & set(checks())


@needs_haproxy
def test_haproxy_that_is_not_listed_delivers_nothing(listing: Listing, tmp_path: Path) -> None:
    """Its header is early talk, or no command: no mail gets a false address."""
    postbus, address = listing
    with (
        PrivateHaproxy(tmp_path, postbus.port, f"source {STRANGER} send-proxy") as proxy,
        pytest.raises((smtplib.SMTPException, OSError)),
    ):
        send(proxy.port, address, "by a stranger")
    until(lambda: STRANGER in [entry["peer"] for entry in postbus.logged("session_ended")])
    assert "by a stranger" not in [row["subject"] for row in postbus.rows("message", "list", "--tenant", "bench")]


@needs_haproxy
def test_limit_of_an_address_through_haproxy(postbus_at: Start, tmp_path: Path) -> None:
    """Counted by true address, over the doors together: the second of one client is refused, another client is not."""
    postbus = postbus_at(
        settings={**NO_RENDERER, **SETTINGS, "SMTP__MAX_CONNECTIONS_PER_ADDRESS": "1", "SMTP__DOORS": "2"}
    )
    address = postbus.set_up()
    with (
        postbus,
        PrivateHaproxy(tmp_path, postbus.port, f"source {PROXY} send-proxy-v2") as proxy,
        smtplib.SMTP(local_hostname="client.example", timeout=30, source_address=(CLIENT, 0)) as first,
        smtplib.SMTP(local_hostname="client.example", timeout=30, source_address=(CLIENT, 0)) as second,
    ):
        assert first.connect("127.0.0.1", proxy.port)[0] == 220
        refusal = (421, b"4.7.0 too many connections from your address, close some first")
        assert second.connect("127.0.0.1", proxy.port) == refusal
        send(proxy.port, address, "of another", "127.0.0.6")
        assert first.noop()[0] == 250


@pytest.mark.skipif(not has("swaks"), reason="swaks is not installed")
@pytest.mark.parametrize("options", [[], ["--tls"], ["--tls", "--xclient-before-starttls"]], ids=" ".join)
def test_swaks_speaks_for_a_client(listing: Listing, options: list[str]) -> None:
    """XCLIENT as swaks sends it, in two commands, plain and on either side of STARTTLS."""
    postbus, _ = listing
    told = ["--xclient-helo", "true (client).example", "--xclient-delim"]
    told += ["--xclient-name", "client.example", "--xclient-addr", "IPV6:2001:db8::7", "--xclient-proto", "ESMTP"]
    subject = f"told {' '.join(options)}."
    result = swaks(listing, subject, *told, *options)
    assert result.returncode == 0, result.stdout + result.stderr
    message = message_with(postbus, subject)
    trace, literal = trace_of(postbus, message), "[IPv6:2001:db8::7]"
    assert message["peer"] == "2001:db8::7"
    assert trace.startswith(f"Received: from {literal} ({literal} helo=true?client.example) (told by [{SERVER}]) by ")
    assert (" with ESMTPS " in trace) is bool(options)


@pytest.mark.skipif(not has("swaks"), reason="swaks is not installed")
def test_swaks_that_is_not_listed_is_refused(listing: Listing) -> None:
    """XCLIENT is not even announced to others."""
    forged = swaks(listing, "forged", "-li", STRANGER, "--xclient-addr", "192.0.2.7")
    assert forged.returncode != 0
    assert "did not advertise XCLIENT" in forged.stderr


def relay_to(postbus: RunningPostbus, way: str) -> tuple[str, dict[str, str]]:
    """How a Postfix hands mail on, and what it must be told to speak for its clients."""
    told = {"smtp_send_xforward_command": "yes", "lmtp_send_xforward_command": "yes"}
    told |= {"smtp_bind_address": SERVER, "lmtp_bind_address": SERVER}
    lmtp = postbus.places.get("lmtp", "").split(",")
    place = {
        "SMTP": f"127.0.0.1:{postbus.port}",
        "LMTP": f"lmtp:inet:{lmtp[0]}",
        # Postfix looks for a Unix socket below its queue; one of ours is named by the way up from there.
        "LMTP over a Unix socket": f"lmtp:unix:{'../' * 20}{lmtp[-1].removeprefix('unix:')}",
    }
    return place[way], told


@pytest.mark.skipif(not has("postfix"), reason="Debian's postfix package is not installed")
@pytest.mark.skipif(os.geteuid() != 0, reason="a private Postfix needs root to drop to its own user")
@pytest.mark.parametrize("way", ["SMTP", "LMTP", "LMTP over a Unix socket"])
def test_postfix_in_front_tells_of_its_clients(
    listing: Listing, postbus_for_all: Callable[..., Listing], way: str
) -> None:
    """Show 8, XFORWARD: each mail is its own client's in envelope and trace, and Postfix stands beside it."""
    over_unix = way == "LMTP over a Unix socket"
    postbus, address = listing if way == "SMTP" else postbus_for_all(is_unix=over_unix)
    relay, told = relay_to(postbus, way)
    with PrivatePostfix(relay=relay, settings=told) as postfix:
        for number in (5, 6):
            send(postfix.port, address, f"forwarded {number}", f"127.0.0.{number}")
        messages = [message_with(postbus, f"forwarded {number}") for number in (5, 6)]
    assert [message["peer"] for message in messages] == ["127.0.0.5", "127.0.0.6"]
    teller = "local" if over_unix else f"[{SERVER}]"
    protocol = "ESMTPS" if way == "SMTP" else "LMTP" if over_unix else "LMTPS"
    for message in messages:
        literal = f"[{message['peer']}]"
        trace = trace_of(postbus, message)
        assert trace.startswith(f"Received: from client.example ({literal}) (told by {teller}) by ")
        assert f" with {protocol} " in f"{trace} "
