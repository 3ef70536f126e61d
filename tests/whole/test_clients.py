"""Real clients deliver: smtp-source, a Postfix that relays, swaks, Python's smtplib; with TLS where they speak it."""

import os
import shutil
import smtplib
import ssl
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.load import pdf_mails
from bench.postfix import PrivatePostfix
from bench.server import RunningPostbus

Shared = tuple[RunningPostbus, str]
TOUR = Path(__file__).parents[1] / "corpus" / "tour"


def has(program: str) -> bool:
    """Whether a program is installed."""
    return shutil.which(program, path="/usr/bin:/usr/sbin:/bin:/sbin") is not None


def until(condition: Callable[[], bool], seconds: float = 90.0) -> None:
    """Wait for a condition. Raises AssertionError when it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def message_with(postbus: RunningPostbus, subject: str) -> dict[str, object]:
    """The one message with this subject, with everything `message show` tells."""
    rows: list[dict[str, object]] = []

    def is_there() -> bool:
        rows[:] = [row for row in postbus.rows("message", "list", "--tenant", "bench") if row["subject"] == subject]
        return bool(rows)

    until(is_there)
    assert len(rows) == 1
    return postbus.rows("message", "show", str(rows[0]["id"]))[0]


@pytest.mark.skipif(not has("smtp-source"), reason="Debian's postfix package (smtp-source) is not installed")
def test_smtp_source_delivers(shared_postbus: Shared) -> None:
    """A hundred mails over ten connections, none refused."""
    postbus, address = shared_postbus
    command = ["smtp-source", "-s", "10", "-m", "100", "-l", "10000", "-f", "a@example.org", "-t", address]
    subprocess.run([*command, f"127.0.0.1:{postbus.port}"], check=True, timeout=60)
    until(lambda: postbus.rows("status")[0]["journal_pending"] == 0)
    assert [r["from"] for r in postbus.rows("message", "list", "--tenant", "bench") if "a@example.org" in r["from"]]


@pytest.mark.parametrize("is_encrypted", [False, True], ids=["plain", "STARTTLS"])
def test_smtplib_delivers(shared_postbus: Shared, is_encrypted: bool) -> None:
    """Python's client, plain and over STARTTLS; how the mail came is recorded."""
    postbus, address = shared_postbus
    seed = "tls" if is_encrypted else "clear"
    with smtplib.SMTP("127.0.0.1", postbus.port, local_hostname="client.example", timeout=30) as client:
        if is_encrypted:
            trusting = ssl.create_default_context()
            trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE  # the certificate is self-signed
            client.starttls(context=trusting)
        client.sendmail("billing@supplier.example", [address], next(pdf_mails(1, 3000, address, seed)))
    message = message_with(postbus, f"Invoice {seed} 0")
    assert message["state"] == "imported"
    assert str(message["tls"] or "").startswith("TLSv1") is is_encrypted


@pytest.mark.skipif(not has("swaks"), reason="swaks is not installed")
@pytest.mark.parametrize("is_encrypted", [False, True], ids=["plain", "STARTTLS"])
def test_swaks_delivers(shared_postbus: Shared, is_encrypted: bool) -> None:
    """swaks, plain and over STARTTLS."""
    postbus, address = shared_postbus
    subject = f"swaks {'encrypted' if is_encrypted else 'plain'}"
    command = ["swaks", "--to", address, "--from", "billing@supplier.example", "--header", f"Subject: {subject}"]
    command += ["--server", "127.0.0.1", "--port", str(postbus.port), *(["--tls"] if is_encrypted else [])]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stdout
    assert str(message_with(postbus, subject)["tls"] or "").startswith("TLSv1") is is_encrypted


@pytest.mark.skipif(not has("postfix"), reason="Debian's postfix package is not installed")
@pytest.mark.skipif(os.geteuid() != 0, reason="a private Postfix needs root to drop to its own user")
def test_a_postfix_that_relays_to_us_delivers(shared_postbus: Shared) -> None:
    """What a relaying Postfix accepted arrives, over STARTTLS since it is offered, its own trace included."""
    postbus, address = shared_postbus
    with PrivatePostfix(relay=f"127.0.0.1:{postbus.port}") as postfix:
        with smtplib.SMTP("127.0.0.1", postfix.port, local_hostname="client.example", timeout=30) as client:
            client.sendmail("billing@supplier.example", [address], next(pdf_mails(1, 30_000, address, "relayed")))
        message = message_with(postbus, "Invoice relayed 0")
    assert message["state"] == "imported"
    assert str(message["tls"] or "").startswith("TLSv1")
    assert b"mx.bench.example" in postbus.command("message", "raw", str(message["id"])).stdout
