"""What other programs rely on, asked of the real command: names, options, JSON keys, streams, exit codes."""

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def rows(octets: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in octets.splitlines()]


def test_init_makes_everything_for_its_owner_only_and_twice_is_once(bare_postbus: Any) -> None:
    """The folder holds other people's invoices: nobody else may look into it; a second init changes nothing."""
    first = bare_postbus.process("init")
    before = {path: path.stat().st_mtime_ns for path in bare_postbus.data.rglob("*") if path.is_file()}
    second = bare_postbus.process("init")
    after = {path: path.stat().st_mtime_ns for path in bare_postbus.data.rglob("*") if path.is_file()}

    assert (first.returncode, second.returncode) == (0, 0)
    assert b"made: database" in first.stdout
    assert b"made: certificate" in first.stdout
    assert b"already" in second.stdout
    assert after == before
    made = [bare_postbus.data, *bare_postbus.data.rglob("*")]
    assert [path for path in made if path.stat().st_mode & 0o077] == []


def test_data_folder_and_configuration_are_named_by_option_or_environment(bare_postbus: Any, tmp_path: Path) -> None:
    """`--data` outweighs POSTBUS_DATA; both stand before or behind the command; POSTBUS_CONFIG names the file."""
    file = tmp_path / "postbus.toml"
    file.write_text('[addresses]\ndomains = ["mail.example.net"]\n')
    other = str(tmp_path / "other")

    assert bare_postbus.process("--data", other, "init").returncode == 0
    behind = bare_postbus.process("tenant", "add", "A", "--json", "--data", other, f"--config={file}")
    by_environment = bare_postbus.process("tenant", "add", "B", "--json", POSTBUS_DATA=other, POSTBUS_CONFIG=str(file))

    assert rows(behind.stdout)[0]["import_address"].endswith("@mail.example.net")
    assert rows(by_environment.stdout)[0]["import_address"].endswith("@mail.example.net")
    assert not bare_postbus.data.exists()


def test_status_has_the_promised_keys(postbus: Any) -> None:
    """Monitors read journal_pending, jobs_pending, jobs_failed and messages, as numbers."""
    (status,) = rows(postbus.process("status", "--json").stdout)

    for key in ("journal_pending", "jobs_pending", "jobs_failed", "messages"):
        assert status[key] == 0
        assert isinstance(status[key], int)
    assert isinstance(status["rendering"], bool)
    assert status["listening"] == []
    assert b"not running" in postbus.process("status").stdout


def test_status_imports_no_object_layer(postbus: Any) -> None:
    """A monitor's question every few seconds must not cost the half second that the database layer takes to import."""
    asked = postbus.fresh_process("status", "--json", PYTHONPROFILEIMPORTTIME="1")

    assert asked.returncode == 0
    for heavy in (b"sqlalchemy", b"sqlmodel", b"alembic", b"cryptography"):
        assert heavy not in asked.stderr


def test_a_tenant_gets_its_address_at_once(postbus: Any) -> None:
    """`tenant add NAME --json` answers {tenant, plan, import_address}."""
    made = postbus.fresh_process("tenant", "add", "Acme", "--json")
    other = postbus.process("tenant", "add", "Partner", "--plan", "candis", "--json")

    (acme,), (partner,) = rows(made.stdout), rows(other.stdout)
    assert (acme["tenant"], acme["plan"]) == ("Acme", "standard")
    assert acme["import_address"].startswith("acme-")
    assert acme["import_address"].endswith("@in.example.com")
    assert partner["plan"] == "candis"
    assert partner["import_address"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["tenant"],
        ["tenant", "nonsense"],
        ["tenant", "add"],
        ["address", "list"],
        ["message", "list", "--tenant", "Acme", "--state", "nonsense"],
        ["tenant", "set", "Acme", "--trust-forwards", "nonsense"],
        ["status", "--nonsense"],
    ],
)
def test_wrong_usage_is_two(postbus: Any, arguments: list[str]) -> None:
    """A command that was typed wrongly answers 2 and prints nothing that a program could take for an answer."""
    called = postbus.process(*arguments)

    assert called.returncode == 2
    assert called.stderr or b"Usage" in called.stdout


def test_help_answers_everywhere(postbus: Any) -> None:
    """`--help` works on the command, on a group and on a command of a group."""
    for arguments in (["--help"], ["message", "--help"], ["message", "list", "--help"], ["status", "--help"]):
        called = postbus.process(*arguments)
        assert called.returncode == 0
        assert b"Usage" in called.stdout


def test_failures_are_one_in_words_on_stderr(postbus: Any) -> None:
    """An error names the thing and the remedy on stderr and leaves stdout empty."""
    called = postbus.process("message", "list", "--tenant", "nobody", "--json")

    assert called.returncode == 1
    assert called.stdout == b""
    assert b"nobody" in called.stderr
    assert b"postbus tenant list" in called.stderr
    assert b"Traceback" not in called.stderr


def test_a_reader_that_stops_reading_is_no_defect(postbus: Any) -> None:
    """`postbus tenant list | head -1` ends without a traceback."""
    for number in range(3):
        postbus("tenant", "add", f"T{number}")
    script = f'"{sys.executable}" -m receiver.cli.main tenant list --json | true'
    environment = {"PATH": "/usr/bin:/bin", "POSTBUS_DATA": str(postbus.data)}

    piped = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, timeout=60, check=False)

    assert b"Traceback" not in piped.stderr


def test_a_port_that_is_taken_is_told(postbus: Any) -> None:
    """`serve` ends with 1 and names the port and the remedy; it never says ready."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        served = postbus.fresh_process("serve", POSTBUS_SMTP__LISTEN=f"127.0.0.1:{port}", POSTBUS_LOG__LEVEL="error")

    assert served.returncode == 1
    assert served.stdout == b""
    assert f"127.0.0.1:{port}: cannot listen".encode() in served.stderr
    assert b"smtp.listen" in served.stderr
    assert b"Traceback" not in served.stderr


def test_serve_says_ready_once_and_drains(postbus: Any) -> None:
    """Exactly one line on stdout, when a client can connect; SIGTERM ends it with 0."""
    environment = {"PATH": "/usr/bin:/bin", "POSTBUS_DATA": str(postbus.data), "POSTBUS_SMTP__LISTEN": "127.0.0.1:0"}
    command = [sys.executable, "-m", "receiver.cli.main", "serve"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline().decode()
            host, _, port = line.removeprefix("ready smtp=").strip().rpartition(":")
            with socket.create_connection((host, int(port)), timeout=30) as client:
                banner = client.recv(512)
        finally:
            process.terminate()
        rest, _ = process.communicate(timeout=60)

    assert line.startswith("ready smtp=127.0.0.1:")
    assert banner.startswith(b"220 ")
    assert rest == b""
    assert process.returncode == 0
