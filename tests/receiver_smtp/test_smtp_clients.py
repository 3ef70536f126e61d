"""Clients of other people: smtplib, swaks and Postfix's smtp-source."""

import shutil
import smtplib
import subprocess

import pytest

MAIL = b"Subject: probe\r\n\r\nbody\r\n"


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def needs(program):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


def test_smtplib_delivers(door, house, read_journal):
    """Python's own client, several messages in a session."""
    with smtplib.SMTP("127.0.0.1", door.port, local_hostname="client.example") as client:
        for _ in range(3):
            assert client.sendmail("a@example.org", [house.acme, house.acme_second], MAIL) == {}
    assert len(read_journal()) == 3


@needs("swaks")
@pytest.mark.parametrize("options", [[], ["--tls"], ["--pipeline"], ["--tls", "--pipeline"]])
def test_swaks_delivers(door, house, read_journal, options):
    """With and without TLS and pipelining."""
    server = f"127.0.0.1:{door.port}"
    result = run("swaks", "--server", server, "--to", house.acme, "--from", "a@example.org", "--helo", "c", *options)
    if "--tls" in options and "TLS not available" in result.stdout + result.stderr:
        pytest.skip("swaks here has no TLS (perl module Net::SSLeay)")
    assert result.returncode == 0, result.stdout
    record = read_journal()[0]
    assert (record.envelope.tls is not None) == ("--tls" in options)


@needs("smtp-source")
def test_smtp_source_delivers(door, house, read_journal):
    """Twenty sessions at once, 300 messages, each in the journal once."""
    result = run(
        "smtp-source", "-s", "20", "-m", "300", "-l", "10000", "-f", "a@example.org", "-t", house.acme,
        f"inet:127.0.0.1:{door.port}",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    records = read_journal()
    assert len(records) == 300
    assert len({record.envelope.id for record in records}) == 300
