"""`postbus doctor` as an operator calls it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.postfix import free_port
from bench.server import RunningPostbus

DOMAIN = "in.example.com"
MX = "mx.example.com"


@pytest.fixture(name="postbus")
def _postbus(tmp_path: Path, name_server: Any) -> Iterator[RunningPostbus]:
    """A postbus (not started) whose name server knows it at 127.0.0.1."""
    port = free_port()
    settings = {
        "SMTP__LISTEN": f"127.0.0.1:{port}",
        "SMTP__HOSTNAME": MX,
        "SMTP__DOORS": "1",
        "DOCTOR__RESOLVER": name_server.address,
        "DOCTOR__MX_PORT": str(port),
    }
    name_server.records = {
        (f"{DOMAIN}.", "MX"): [f"10 {MX}."],
        (f"{MX}.", "A"): ["127.0.0.1"],
        ("1.0.0.127.in-addr.arpa.", "PTR"): [f"{MX}."],
    }
    postbus = RunningPostbus(tmp_path / "data", settings)
    yield postbus
    postbus.kill()


def findings_of(postbus: RunningPostbus) -> tuple[int, dict[str, dict[str, str]]]:
    """Exit code and rows by check; each check has one row here."""
    answer = postbus.command("doctor", "--json", check=False)
    assert b"Traceback" not in answer.stderr
    rows = [json.loads(line) for line in answer.stdout.splitlines()]
    assert all(set(row) == {"check", "result", "what", "remedy"} for row in rows)
    return answer.returncode, {row["check"]: row for row in rows}


def test_a_postbus_that_is_well(postbus: RunningPostbus) -> None:
    """Exit 0; what loopback and a self-signed certificate cannot be is a warning; every warning has a remedy."""
    postbus.set_up()
    with postbus:
        status, found = findings_of(postbus)

    assert status == 0
    well = ("mx", "reach", "ptr", "port", "starttls", "data", "database", "jobs", "journal")
    assert {check: found[check]["result"] for check in well} == dict.fromkeys(well, "ok")
    assert found["address"]["result"] == "warning"
    assert "self-signed" in found["certificate"]["what"]
    assert found["starttls"]["what"].startswith(f"{MX}: TLSv1.")
    assert [row for row in found.values() if row["result"] in {"warning", "failed"} and not row["remedy"]] == []


def test_a_postbus_that_does_not_run(postbus: RunningPostbus) -> None:
    """Exit 1; port and reach fail, the certificate is read from its file, the rest is as it is."""
    postbus.set_up()

    status, found = findings_of(postbus)

    assert status == 1
    assert (found["port"]["result"], found["reach"]["result"]) == ("failed", "failed")
    assert found["starttls"]["result"] == "skipped"
    assert "self-signed" in found["certificate"]["what"]
    assert found["mx"]["result"] == found["database"]["result"] == "ok"


def test_a_folder_that_was_never_made(postbus: RunningPostbus) -> None:
    """Before `postbus init`: exit 1, every store says what makes it, and nothing is made by looking."""
    status, found = findings_of(postbus)

    assert status == 1
    for check in ("data", "database", "journal", "certificate"):
        assert found[check]["result"] == "failed"
        assert "postbus init" in found[check]["remedy"]
    assert not postbus.data.exists()


def test_a_table_for_people(postbus: RunningPostbus) -> None:
    """Without --json the same rows are a table, with the same exit code."""
    postbus.set_up()

    answer = postbus.command("doctor", check=False)

    assert answer.returncode == 1
    for word in ("mx", "failed", "start postbus"):
        assert word in answer.stdout.decode()


def test_a_silent_name_server_costs_its_own_rows_only(tmp_path: Path) -> None:
    """Nobody answers: failed in words, and everything else is told as ever."""
    with_silence = RunningPostbus(
        tmp_path / "data", {"DOCTOR__RESOLVER": "127.0.0.1:1", "SMTP__LISTEN": f"127.0.0.1:{free_port()}"}
    )

    status, found = findings_of(with_silence)

    assert status == 1
    assert found["mx"]["result"] == "failed"
    assert found["data"]["result"] == "failed"
