"""The Postfix that tests and measurements start: it stands beside other test runs, and says why it does not."""

import os
import shutil
import smtplib
import socket
from pathlib import Path

import pytest

from bench.postfix import PrivatePostfix, free_port

pytestmark = [
    pytest.mark.skipif(shutil.which("postfix", path="/usr/sbin") is None, reason="Debian's postfix is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="a private Postfix needs root to drop to its own user"),
]


def test_a_port_that_was_taken_meanwhile_is_replaced() -> None:
    """Another test run was faster: Postfix stands at the next port; its folder goes with it."""
    with socket.create_server(("127.0.0.1", 0)) as faster:
        ports = iter([faster.getsockname()[1], free_port()])
        with PrivatePostfix(find_port=lambda: next(ports, 0) or free_port()) as postfix:
            assert postfix.port != faster.getsockname()[1]
            with smtplib.SMTP("127.0.0.1", postfix.port, local_hostname="client.example", timeout=30) as client:
                assert client.sendmail("a@example.org", ["box@maildir.example"], "Subject: x\r\n\r\n") == {}
            folder = postfix.folder
    assert not folder.exists()


def test_a_folder_that_its_user_cannot_reach_is_told(tmp_path: Path) -> None:
    """pytest closes its own folders to others: the reason is told at once, with the folder."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(RuntimeError, match="lets nobody through"), PrivatePostfix(folder=closed / "postfix"):
        pass


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"smtpd_sasl_path": "$smtpd_sasl_path"}, "smtpd_sasl_path"), ({"mail_owner": "carrier-pigeon"}, "exit status 1")],
    ids=["its own words", "none"],
)
def test_why_it_does_not_start_is_told(settings: dict[str, str], words: str) -> None:
    """In its own words as far as it has any; no start is taken for granted."""
    with pytest.raises(RuntimeError, match=words), PrivatePostfix(settings=settings):
        pass
