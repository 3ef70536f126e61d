"""Send a handful of varied real mails to the running postbus and show, as tables, what became of each and why."""

import contextlib
import subprocess
import sys
import time
from pathlib import Path

from bench.postbus_command import COMMAND, data_option, demo_tenant, listening_at, rows, show
from bench.send import send

MAILS = sorted(Path("tests/corpus/tour").glob("*.eml"))
STANDARDS = {
    "Acme Cloud": ["--sender", "@acmecloud.example", "--subject-word", "invoice", "--email-text-is-invoice"],
    "Attacker": ["--sender", "billing@attacker.example", "--email-text-is-invoice"],
    "John Doe, forwarded": ["--sender", "john.doe@acme.com", "--email-text-is-invoice"],
}


def main() -> int:
    """Send, wait until all is settled and rendered, show."""
    try:
        address, server = demo_tenant(), listening_at()
        _add_standards()
    except subprocess.CalledProcessError:  # postbus has said why
        print("start postbus with ./dev run first", file=sys.stderr)
        return 1
    for file in MAILS:
        try:
            send(file.read_bytes(), address, server)
        except OSError as error:
            print(f"{server}: {error}; start postbus with ./dev run first", file=sys.stderr)
            return 1
        print(f"accepted  {file.name}")
    _wait()
    print("\nThe import standards of the tenant:")
    show("standard", "list", "--tenant", "demo")
    print("\nWhat became of each mail:")
    show("message", "list", "--tenant", "demo")
    print("\nThe documents:")
    show("document", "list", "--tenant", "demo")
    print(f"\nWhy, in full: .venv/bin/postbus {data_option()} message show ID")
    return 0


def _add_standards() -> None:
    known = {row["name"] for row in rows("standard", "list", "--tenant", "demo")}
    for name, arguments in STANDARDS.items():
        if name not in known:
            subprocess.run([COMMAND, "standard", "add", "--tenant", "demo", "--name", name, *arguments], check=True)


def _wait(seconds: float = 60.0) -> None:
    """Until nothing is pending, or `seconds` are over (a job may wait, for example for wkhtmltopdf)."""
    deadline = time.monotonic() + seconds
    with contextlib.suppress(KeyboardInterrupt):
        while time.monotonic() < deadline:
            status = rows("status")[0]
            if status["journal_pending"] == 0 and status["jobs_pending"] == 0:
                return
            time.sleep(0.3)


if __name__ == "__main__":
    sys.exit(main())
