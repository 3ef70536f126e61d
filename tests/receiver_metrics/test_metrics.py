"""What a scraper gets from a running postbus."""

import json
import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse

from bench.load import pdf_mails, send_all
from bench.server import NO_RENDERER, RunningPostbus
from receiver.listening import ListenFailed
from receiver.metrics import Exposition, MetricsServer
from receiver.tally import Regions

Samples = dict[tuple[str, str], float]


def page_of(address: str, **header: str) -> tuple[str, str]:
    """(content type, text) of /metrics."""
    request = urllib.request.Request(f"http://{address}/metrics", headers=header)
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
        return answer.headers["Content-Type"], answer.read().decode()


def samples_of(address: str) -> Samples:
    """Every sample by (name, its label values joined)."""
    families = parse(page_of(address)[1])
    return {(s.name, ",".join(s.labels.values())): s.value for family in families for s in family.samples}


def until(address: str, key: tuple[str, str], value: float) -> Samples:
    """The samples once that one has that value, or after 90 seconds."""
    deadline = time.monotonic() + 90
    while (samples := samples_of(address)).get(key) != value and time.monotonic() < deadline:
        time.sleep(0.05)
    return samples


def listening_of(postbus: RunningPostbus) -> str:
    """HOST:PORT of its metrics, as its log tells."""
    events = [json.loads(line) for line in postbus.log_file.read_text().splitlines() if line.startswith("{")]
    (listening,) = [event["listening"] for event in events if event["event"] == "metrics_served"]
    return str(listening)


@pytest.fixture(name="scraped")
def _scraped(tmp_path: Path) -> Iterator[tuple[RunningPostbus, str, str]]:
    """A running postbus that serves metrics, its import address and the address of the metrics."""
    postbus = RunningPostbus(tmp_path / "data", {**NO_RENDERER, "METRICS__LISTEN": "127.0.0.1:0"})
    address = postbus.set_up()
    with postbus:
        yield postbus, address, listening_of(postbus)


def test_a_running_postbus_tells_what_it_did(scraped: tuple[RunningPostbus, str, str]) -> None:
    """Connections, replies, octets, accept latency, commits, settled mail and the journal's depth, and after kill -9
    of the doors everything it had counted."""
    postbus, to, metrics = scraped
    assert samples_of(metrics)["postbus_received_octets_total", ""] == 0
    assert send_all(postbus.port, to, list(pdf_mails(5, 3000, to, "metrics")), 1).refused == []
    assert send_all(postbus.port, "nobody@" + to.partition("@")[2], [b"x\r\n"], 1).accepted == []
    postbus.until_settled()

    with socket.create_connection(("127.0.0.1", postbus.port)) as waiting:
        waiting.recv(512)
        seen = until(metrics, ("postbus_connections_open", ""), 1)
        assert seen["postbus_connections_open", ""] == 1
        assert seen["postbus_connections_total", "smtp"] == 3
        assert seen["postbus_replies_total", "354"] == 5
        assert seen["postbus_replies_total", "550"] == 1
        assert seen["postbus_replies_total", "220"] == 3
        assert seen["postbus_received_octets_total", ""] > 5 * 4000
        assert seen["postbus_accept_seconds_count", ""] == 5
        assert 0 < seen["postbus_accept_seconds_sum", ""] < 60
        assert seen["postbus_commit_messages_sum", ""] == 5
        assert seen["postbus_messages_settled_total", "imported"] == 5
        assert seen["postbus_journal_messages", ""] == 0

        for pid in postbus.doors():
            os.kill(pid, signal.SIGKILL)
        after = until(metrics, ("postbus_connections_open", ""), 0)

    assert after["postbus_connections_open", ""] == 0
    assert after["postbus_connections_total", "smtp"] >= 3
    assert after["postbus_replies_total", "354"] == 5


@pytest.fixture(name="server")
def _server(tmp_path: Path) -> Iterator[MetricsServer]:
    not_a_folder = tmp_path / "journal"
    not_a_folder.write_bytes(b"")
    server = MetricsServer("127.0.0.1:0", Exposition(Regions(), not_a_folder))
    yield server
    server.close()


def test_both_formats_are_spoken(server: MetricsServer) -> None:
    """OpenMetrics when the scraper asks for it, the Prometheus text format else; both can be read back."""
    address = f"127.0.0.1:{server.server_port}"

    kind, text = page_of(address, Accept="application/openmetrics-text; version=1.0.0")
    plain_kind, plain = page_of(address)

    assert kind.startswith("application/openmetrics-text")
    assert plain_kind.startswith("text/plain")
    names = {family.name for family in parse_openmetrics(text)}
    assert {"postbus_connections", "postbus_replies", "postbus_accept_seconds", "postbus_commit_messages"} <= names
    assert "postbus_received_octets_total 0.0" in plain


def test_a_journal_that_cannot_be_read_has_no_depth(server: MetricsServer) -> None:
    """What cannot be read is not shown as an empty journal: the value is absent, the rest is there."""
    samples = samples_of(f"127.0.0.1:{server.server_port}")

    assert ("postbus_journal_messages", "") not in samples
    assert samples["postbus_connections_open", ""] == 0


def test_only_the_metrics_are_there(server: MetricsServer) -> None:
    """Any other path is 404, whatever stands in it."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/../etc/passwd", timeout=10)
    refused.value.close()

    assert refused.value.code == 404


def test_idle_scrapers_take_a_bounded_number_of_threads(server: MetricsServer) -> None:
    """Twenty connections that send nothing hold eight threads; once they are gone, metrics are served again."""
    address = f"127.0.0.1:{server.server_port}"
    idle = [socket.create_connection(("127.0.0.1", server.server_port)) for _ in range(20)]
    for connection in idle:
        connection.close()

    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            assert page_of(address)[1]
            break
        except OSError:
            time.sleep(0.05)
    else:
        pytest.fail("metrics are not served any more")
    assert server.slots.acquire(blocking=False)
    server.slots.release()


def test_a_taken_port_is_named_with_the_setting(tmp_path: Path) -> None:
    """The address, the reason and metrics.listen: nobody shall look for it in the SMTP settings."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        listen = f"127.0.0.1:{holder.getsockname()[1]}"
        with pytest.raises(ListenFailed, match=rf"{listen}.*metrics\.listen"):
            MetricsServer(listen, Exposition(Regions(), tmp_path))


def test_every_metric_is_explained(server: MetricsServer) -> None:
    """docs/reference.md has a line for each family that is shown, and none for one that is not."""
    reference = (Path(__file__).parents[2] / "docs" / "reference.md").read_text(encoding="utf-8")
    section = reference.partition("\n## Metrics\n")[2].partition("\n## ")[0]
    listed = {line.split("`")[1] for line in section.splitlines() if line.startswith("| `")}

    _, text = page_of(f"127.0.0.1:{server.server_port}")
    # Without a journal there is no depth to show.
    shown = {family.name for family in parse(text)} | {"postbus_journal_messages", "postbus_journal_octets"}

    assert {name.removesuffix("_total") for name in listed} == {name.removesuffix("_total") for name in shown}


def test_jobs_are_counted_by_how_they_ended(tmp_path: Path) -> None:
    """Without a renderer a PDF waits: the attempt is counted as put off, by its kind."""
    settings = {"METRICS__LISTEN": "127.0.0.1:0", "RENDERING__SOCKET": str(tmp_path / "nobody.sock")}
    postbus = RunningPostbus(tmp_path / "data", settings)
    to = postbus.set_up()
    postbus.command(
        "standard", "add", "--tenant", "bench", "--name", "T", "--sender", "@s.example", "--email-text-is-invoice"
    )
    mail = f"From: a@s.example\r\nTo: {to}\r\nSubject: Invoice\r\nMessage-ID: <1@s.example>\r\n\r\nTotal: 10 EUR\r\n"
    with postbus:
        metrics = listening_of(postbus)
        assert send_all(postbus.port, to, [mail.encode()], 1).refused == []
        seen = until(metrics, ("postbus_jobs_total", "render,put_off"), 1)

    assert seen["postbus_jobs_total", "render,put_off"] == 1
    assert seen["postbus_sessions_total", "quit"] == 1
