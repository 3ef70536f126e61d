"""The metrics of a running postbus over HTTP, for Prometheus.

The supervisor answers `GET /metrics` at metrics.listen from a thread of its own: the sum of what its processes have
counted (receiver/tally.py), dead ones included, and the journal's depth, looked at when asked. Never touches mail or
the database; names no tenant, address or client, so whoever may connect learns of the traffic only.
Raises ListenFailed. Standard: OpenMetrics 1.0 and the Prometheus text format, as the client asks.
"""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from receiver.listening import ListenFailed, address_of
from receiver.setting_values import host_and_port
from receiver.tally import ACCEPT_SECONDS, COMMIT_MESSAGES, Histogram, Regions, regions
from storage.journal import backlog

_PREFIX = "postbus_"
# A scraper on a bad line must not hold a thread for ever, nor may many of them.
_REQUEST_SECONDS = 5.0
_MOST_REQUESTS = 8

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Family:
    """What a counter means, and the names of its labels."""

    meaning: str
    labels: tuple[str, ...] = ()


COUNTERS: Mapping[str, Family] = {
    "connections": Family("Connections that clients made, by what is spoken there: smtp, smtps, lmtp.", ("listener",)),
    "sessions": Family("Sessions that ended, by how.", ("reason",)),
    "replies": Family("Replies to clients by code.", ("code",)),
    "received_octets": Family("Octets that came from clients, after TLS."),
    "messages_settled": Family("Messages of tenants, by the state they were settled in.", ("state",)),
    "pulls": Family("Pulls of linked accounts, by how they ended.", ("outcome",)),
    "account_looked_at": Family("Mails in linked accounts that were looked at."),
    "account_fetched": Family("Mails fetched whole from linked accounts."),
    "account_octets": Family("Octets on the wire to and from the servers of linked accounts."),
    "account_health_changes": Family("Linked accounts that came to another health, by which.", ("health",)),
    "jobs": Family("Attempts at jobs, by kind and how they ended.", ("kind", "outcome")),
}
HISTOGRAMS: Mapping[Histogram, str] = {
    ACCEPT_SECONDS: "Seconds from the end of a message to its reply, for messages that were accepted.",
    COMMIT_MESSAGES: "Messages made durable by one sync of the journal.",
}


class Exposition(Collector):
    """Everything that is shown, gathered when it is asked for."""

    def __init__(self, regions: Regions, journal: Path) -> None:
        self._regions = regions
        self._journal = journal

    def collect(self) -> Iterator[Metric]:
        """Every family, those without a count yet included."""
        counts, living = self._regions.totals()
        for name, family in COUNTERS.items():
            yield _counter(name, family, counts)
        for histogram, meaning in HISTOGRAMS.items():
            shown = HistogramMetricFamily(_PREFIX + histogram.name, meaning)
            buckets = [
                ("+Inf" if bound == float("inf") else str(bound), float(number))
                for bound, number in histogram.cumulated(counts)
            ]
            shown.add_metric([], buckets, histogram.sum_of(counts))
            yield shown
        opened = sum(count for name, count in living.items() if name.startswith("connections:"))
        is_open = opened - living["connections_closed"]
        yield GaugeMetricFamily(_PREFIX + "connections_open", "Connections that are open now.", max(0, is_open))
        yield _accounts(living)
        yield from self._depth()

    def _depth(self) -> Iterator[Metric]:
        # A folder that cannot be read has no depth: a missing value is told from an empty journal.
        with suppress(OSError):
            waiting = backlog(self._journal)
            yield GaugeMetricFamily(_PREFIX + "journal_messages", "Accepted, not settled yet.", waiting.messages)
            yield GaugeMetricFamily(_PREFIX + "journal_octets", "Octets accepted, not settled yet.", waiting.octets)


def _accounts(living: Mapping[str, int]) -> Metric:
    """As the puller found them last; without a puller, none is told."""
    shown = GaugeMetricFamily(_PREFIX + "accounts", "Linked accounts by their health.", labels=["health"])
    for name in sorted(living):
        first, _, health = name.partition(":")
        if first == "accounts" and health:
            shown.add_metric([health], living[name])
    return shown


def _counter(name: str, family: Family, counts: Mapping[str, int]) -> Metric:
    shown = CounterMetricFamily(_PREFIX + name, family.meaning, labels=family.labels)
    if not family.labels:
        shown.add_metric([], counts.get(name, 0))
    for key in sorted(counts):
        first, *values = key.split(":")
        if first == name and values:
            shown.add_metric(values, counts[key])
    return shown


class MetricsServer(ThreadingHTTPServer):
    """Answers scrapers until `close`."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, listen: str, exposition: Exposition) -> None:
        """Listen at HOST:PORT. Raises ListenFailed."""
        host, port = host_and_port(listen)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.registry = CollectorRegistry(auto_describe=False)
        self.registry.register(exposition)
        self.slots = threading.BoundedSemaphore(_MOST_REQUESTS)
        try:
            super().__init__((host, port), _Page)
        except OSError as error:
            raise ListenFailed(
                f"{listen}: cannot listen for metrics ({error.strerror or error}); stop the program that holds it "
                "or set metrics.listen to another"
            ) from error
        self._thread = threading.Thread(target=self.serve_forever, name="metrics", daemon=True)
        self._thread.start()
        log.info("metrics_served", listening=address_of(self.socket))

    def server_bind(self) -> None:
        """Bind, without the reverse look-up of the own name that HTTPServer makes."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def close(self) -> None:
        """Answer nobody any more."""
        self.shutdown()
        self.server_close()
        self._thread.join()

    def verify_request(self, request: object, client_address: object) -> bool:  # noqa: ARG002 - socketserver's signature
        """Whether there is a slot left for one more request."""
        return self.slots.acquire(blocking=False)

    def process_request_thread(self, request: object, client_address: object) -> None:
        """Answer one request and give its slot back."""
        try:
            super().process_request_thread(request, client_address)  # type: ignore[arg-type]
        finally:
            self.slots.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """A scraper that hangs up is no news; what it sent goes into no log."""


class _Page(BaseHTTPRequestHandler):
    server: MetricsServer
    timeout = _REQUEST_SECONDS
    server_version = "postbus"
    sys_version = ""

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != "/metrics":
            self.send_error(HTTPStatus.NOT_FOUND, "only /metrics is here")
            return
        encode, content_type = choose_encoder(self.headers.get("Accept", ""))
        page = encode(self.server.registry)
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - http.server's name
        """Nothing: a scrape every few seconds is no event."""


def serve_metrics(listen: str, journal: Path) -> MetricsServer:
    """Answer scrapers at HOST:PORT from now on, about all processes of this supervisor. Raises ListenFailed."""
    return MetricsServer(listen, Exposition(regions, journal))
