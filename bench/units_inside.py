"""Runs inside the booted container of ./dev bench units: the operator's commands, and what came of them as report.json.

Needs the system's Python alone, since it stands beside the installation, not in it.
"""

import json
import re
import smtplib
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

UNITS = ("postbus.service", "postbus-renderer.service", "postbus-catalogue.service")
SOCKETS = ("postbus.socket", "postbus-renderer.socket")
WORDS = "Invoice 4711, total 1,234.00 EUR"
PDF_SECONDS = 90
MAIL = (
    "From: Supplier <billing@supplier.example>\r\nTo: {to}\r\nSubject: Your invoice 4711\r\n"
    "Date: Mon, 23 Nov 2026 10:00:00 +0000\r\nMessage-ID: <units@supplier.example>\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/html; charset=utf-8\r\n\r\n<h1>Thank you</h1><p>{words}</p>\r\n"
)


def run(*command: str) -> str:
    """What a command prints; it must succeed."""
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def postbus(*arguments: str) -> list[dict[str, Any]]:
    """The objects of a command of ours, typed as docs/operating.md says."""
    config = ("--config", "/etc/postbus/postbus.toml")
    printed = run("runuser", "-u", "postbus", "--", "/opt/postbus/bin/postbus", *config, *arguments, "--json")
    return [json.loads(line) for line in printed.splitlines()]


def main() -> int:
    """Start, send, wait, report."""
    results = Path(sys.argv[1])
    run("systemd-sysusers")
    run("chgrp", "postbus", "/etc/postbus/postbus.toml")
    run("systemctl", "daemon-reload")
    run("systemctl", "enable", "--now", *SOCKETS, UNITS[0])
    (tenant,) = postbus("tenant", "add", "acme")
    standard = ("--name", "Supplier", "--sender", "@supplier.example", "--email-text-is-invoice")
    postbus("standard", "add", "--tenant", "acme", *standard)
    address, started = tenant["import_address"], time.monotonic()
    with smtplib.SMTP("127.0.0.1", 25, local_hostname="client.example", timeout=60) as client:
        client.sendmail("billing@supplier.example", [address], MAIL.format(to=address, words=WORDS).encode())
    pdf = wait_for_pdf()
    seconds = time.monotonic() - started
    octets = subprocess.run(
        ["runuser", "-u", "postbus", "--", "/opt/postbus/bin/postbus", "--config", "/etc/postbus/postbus.toml",
         "document", "get", pdf["id"], "--output", "-"], check=True, stdout=subprocess.PIPE,
    ).stdout if pdf else b""  # fmt: skip
    (results / "mail.pdf").write_bytes(octets)
    text = run("pdftotext", str(results / "mail.pdf"), "-") if octets else ""
    report = {
        "systemd": run("systemctl", "--version").splitlines()[0],
        "pdf_seconds": seconds,
        "pdf_octets": len(octets),
        "text": " ".join(text.split()),
        "has_words": WORDS in " ".join(text.split()),
        "security": {unit: exposure(unit) for unit in UNITS},
        "doctor": doctor(),
        "landlock": with_landlock(),
        "failed_units": [
            line.split()[0] for line in run("systemctl", "--failed", "--plain", "--no-legend").splitlines()
        ],
        "complaints": run("journalctl", "--no-pager", "-o", "cat", "-p", "warning", "-u", "postbus*").splitlines()[
            -40:
        ],
    }
    (results / "journal").write_text(run("journalctl", "--no-pager", "-u", "postbus*"))
    (results / "report.json").write_text(json.dumps(report, indent=1))
    return 0


def wait_for_pdf() -> dict[str, Any] | None:
    """The document that the renderer made of the mail's text; None when it takes too long."""
    deadline = time.monotonic() + PDF_SECONDS
    while time.monotonic() < deadline:
        for document in postbus("document", "list", "--tenant", "acme"):
            if document["media_type"] == "application/pdf":
                return document
        time.sleep(0.5)
    return None


def with_landlock() -> list[dict[str, Any]]:
    """What doctor finds of the sandbox once the renderer is told to use the other one."""
    Path("/etc/postbus/renderer.env").write_text("POSTBUS_RENDERING__SANDBOX=landlock\n")
    run("systemctl", "restart", "postbus-renderer.service")
    return [row for row in doctor() if row["check"] in {"renderer", "sandbox"}]


def exposure(unit: str) -> str:
    """How open systemd thinks a running unit is: 0.0 is shut, 10.0 open."""
    found = re.search(
        r"Overall exposure level for \S+: ([0-9.]+ \w+)", run("systemd-analyze", "security", "--no-pager", unit)
    )
    return found[1] if found else "not told"


def doctor() -> list[dict[str, Any]]:
    """Its findings; it ends with 1 where something is wrong, as without DNS here."""
    with suppress(subprocess.CalledProcessError):
        return postbus("doctor")
    command = ["runuser", "-u", "postbus", "--", "/opt/postbus/bin/postbus", "--config", "/etc/postbus/postbus.toml"]
    told = subprocess.run([*command, "doctor", "--json"], check=False, stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(line) for line in told.splitlines()]


if __name__ == "__main__":
    sys.exit(main())
