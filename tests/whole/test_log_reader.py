"""A log that nobody reads: the service goes on."""

import subprocess
from pathlib import Path

from bench.load import pdf_mails, send_all
from bench.postbus_command import COMMAND
from bench.server import LEAN, RunningPostbus


def test_mail_does_not_wait_for_whoever_reads_the_log(tmp_path: Path) -> None:
    """Standard error is a pipe that fills up: every mail is answered 250 nevertheless, and SIGTERM ends all."""
    postbus = RunningPostbus(tmp_path / "data", LEAN)
    address = postbus.set_up()
    with subprocess.Popen(
        [COMMAND, "serve"], env=postbus.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline().strip().rpartition(":")[2])
            # Each of them is told in a line or two of some 200 octets; a pipe holds 65,536.
            outcome = send_all(port, address, list(pdf_mails(600, 500, address, "unread")), 4)
            assert (len(outcome.accepted), outcome.refused) == (600, [])
            process.terminate()
            assert process.wait(60) == 0
        finally:
            process.kill()
