"""Configuration and set-up by command: every fault at once, and what is in force."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from receiver.setting_values import without_password
from receiver.smtp.tls import make_self_signed
from storage.database import Database
from storage.glance import newest_revision


def test_every_fault_is_told_at_once(postbus: Any, tmp_path: Path, fails_with: Callable[..., None]) -> None:
    """Whoever mends one fault does not meet the next one afterwards: file, key, value and what was expected."""
    file = tmp_path / "postbus.toml"
    file.write_text('[smtp]\nlisten = "nowhere"\nidle_seconds = -1\nhostnane = "mx.example.com"\n')

    refused = postbus("--config", str(file), "check-config", POSTBUS_LANGUAGE="fr")

    fails_with(refused, "smtp.listen", "'nowhere'", "HOST:PORT", "smtp.idle_seconds", "did you mean smtp.hostname?")
    assert "language = 'fr'" in refused.err
    assert len(refused.err.splitlines()) == 4


def test_faults_of_file_and_environment_come_together(
    postbus: Any, tmp_path: Path, fails_with: Callable[..., None]
) -> None:
    """A file that cannot be read hides no fault of the environment; each variable is told once, with its value."""
    refused = postbus(
        *("--config", str(tmp_path / "none.toml"), "check-config"),
        POSTBUS_SMTP__LISTN="127.0.0.1:1",
        POSTBUS_ADDRESSES__DOMAINS="in.example.com",
        POSTBUS_LANGUAGE="fr",
    )

    fails_with(refused, "none.toml", "did you mean POSTBUS_SMTP__LISTEN?", "POSTBUS_ADDRESSES__DOMAINS", "JSON", "'fr'")
    assert len(refused.err.splitlines()) == 4


def test_a_file_that_cannot_be_read_is_named(postbus: Any, tmp_path: Path, fails_with: Callable[..., None]) -> None:
    """A missing or broken file is told with its name and what to check."""
    broken = tmp_path / "broken.toml"
    broken.write_text("[smtp\n")

    fails_with(postbus("--config", str(tmp_path / "none.toml"), "status"), "none.toml", "--config")
    fails_with(postbus("--config", str(broken), "status"), "broken.toml", "not valid TOML")


def test_what_is_well_formed_but_cannot_work_is_a_fault_too(
    postbus: Any, tmp_path: Path, fails_with: Callable[..., None]
) -> None:
    """Files that are missing, words that no reply can carry, a program that is none: all at once."""
    refused = postbus(
        "check-config",
        POSTBUS_SMTP__TLS_CERTIFICATE=str(tmp_path / "none.pem"),
        POSTBUS_PLANS__P__REFUSAL="für Partner",
        POSTBUS_RENDERING__COMMAND=str(tmp_path / "none"),
    )

    fails_with(refused, "smtp.tls_certificate", "plans.p.refusal", "printable ASCII", "rendering.command")
    assert len(refused.err.splitlines()) == 3


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("DATABASE__URL", "mysql://host/db", "postgresql+psycopg://"),
        ("DATABASE__URL", "postgresql+psycopg://me@host:port/db", "postgresql+psycopg://"),
        ("SMTP__DRAIN_SECONDS", "inf", "finite"),
        ("SMTP__HOSTNAME", "mx\r\n250 fine", "name of this machine"),
        ("SMTP__LISTEN", "localhost:25:25", "HOST:PORT"),
        ("SMTP__LISTEN", "::1:25", "[::]:25"),
        ("RENDERING__SOCKET", "run/render.sock", "absolute"),
        ("SMTP", "nonsense", "JSON"),
        ("LOG", "[]", "JSON"),
    ],
)
def test_what_no_process_could_work_with_is_a_fault(
    postbus: Any, variable: str, value: str, expected: str, fails_with: Callable[..., None]
) -> None:
    """It is told by check-config, in one sentence, and not by a traceback at the first use."""
    refused = postbus("check-config", **{f"POSTBUS_{variable}": value})

    fails_with(refused, expected)
    assert len(refused.err.splitlines()) == 1


@pytest.mark.parametrize("value", ["[::1]:25", "[fe80::1%eth0]:25", "mx_1.example.com:0", "0.0.0.0:65535"])
def test_places_to_listen(postbus: Any, value: str) -> None:
    """Names, IPv4, and IPv6 in brackets, with a zone too."""
    assert postbus("check-config", POSTBUS_SMTP__LISTEN=value).status == 0


def test_a_fault_repeats_no_password(postbus: Any, fails_with: Callable[..., None]) -> None:
    """The value is shown, its password is not: faults end in logs and tickets."""
    refused = postbus("check-config", POSTBUS_DATABASE__URL="oracle://me:s3cret@host/db")

    fails_with(refused, "oracle://me:***@host/db")
    assert "s3cret" not in refused.err


def test_a_mistyped_table_or_plan_names_the_nearest(
    postbus: Any, tmp_path: Path, fails_with: Callable[..., None]
) -> None:
    """Tables, keys at the wrong place, and what a plan can say have a nearest one too; a table is asked for as one."""
    file = tmp_path / "postbus.toml"
    file.write_text('listen = "x"\nlog = "info"\n[smpt]\nlisten = "x"\n[plans.p]\ncentral_mailbx = true\n')

    refused = postbus("--config", str(file), "check-config")

    fails_with(refused, "did you mean smtp.listen?", "did you mean smtp?", "did you mean plans.p.central_mailbox?")
    assert "log = 'info': expected a table, [log]" in refused.err


def test_an_editor_may_begin_the_file_with_a_byte_order_mark(postbus: Any, tmp_path: Path) -> None:
    """Seen in practice: Windows editors write one."""
    file = tmp_path / "postbus.toml"
    file.write_bytes(b'\xef\xbb\xbf[smtp]\nlisten = "127.0.0.1:26"\n')

    assert postbus("--config", str(file), "check-config").status == 0


def test_an_empty_path_is_not_the_current_folder(bare_postbus: Any, fails_with: Callable[..., None]) -> None:
    """`--data "$UNSET" init` must not spread itself where one happens to stand."""
    fails_with(bare_postbus("--data", "", "init"), "--data")
    called = bare_postbus.process("init", POSTBUS_DATA="")

    assert called.returncode == 1
    assert b"expected the path of a folder" in called.stderr


def test_a_certificate_must_fit_its_key(postbus: Any, tmp_path: Path, fails_with: Callable[..., None]) -> None:
    """A pair that fits is taken; certificate and key of different pairs are told at once."""
    certificate, key = make_self_signed(tmp_path / "one", "mx.example.com")
    _, other_key = make_self_signed(tmp_path / "two", "mx.example.com")
    named = {"POSTBUS_SMTP__TLS_CERTIFICATE": str(certificate)}

    assert postbus("check-config", **named, POSTBUS_SMTP__TLS_KEY=str(key)).status == 0
    fails_with(postbus("check-config", **named, POSTBUS_SMTP__TLS_KEY=str(other_key)), "cannot be used")


@pytest.mark.parametrize("text", [None, "", "no certificate"], ids=["missing", "empty", "other"])
def test_authorities_that_cannot_be_read_are_a_fault(
    postbus: Any, tmp_path: Path, fails_with: Callable[..., None], text: str | None
) -> None:
    """Told once, here, instead of by every linked account as a fault of its server."""
    file = tmp_path / "ca.pem"
    if text is not None:
        file.write_text(text)

    fails_with(postbus("check-config", POSTBUS_ACCOUNTS__CA_FILE=str(file)), "accounts.ca_file", "ca.pem")


def test_what_is_in_force_is_printed(postbus: Any) -> None:
    """Every setting with its value, and every plan with what it includes."""
    records = postbus("check-config", "--json", POSTBUS_SMTP__LISTEN="127.0.0.1:2626").rows

    in_force = {record["setting"]: record for record in records}
    assert in_force["smtp.listen"] == {"setting": "smtp.listen", "value": "127.0.0.1:2626", "is_default": False}
    assert in_force["smtp.starttls"]["is_default"] is True
    assert in_force["plans.candis.central_mailbox"]["value"] is False
    assert in_force["data"]["value"] == str(postbus.data)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (
            "postgresql+psycopg://me:s3cret@db.example.com:5432/postbus",
            "postgresql+psycopg://me:***@db.example.com:5432/postbus",
        ),
        (
            "postgresql+psycopg:///postbus?host=/run&user=me&password=s3cret&x=1",
            "postgresql+psycopg:///postbus?host=/run&user=me&password=***&x=1",
        ),
        ("postgresql+psycopg://me@/postbus", "postgresql+psycopg://me@/postbus"),
        ("", ""),
    ],
)
def test_no_password_is_printed(url: str, shown: str) -> None:
    """A database URL is shown without its password, wherever in it the password stands."""
    assert without_password(url) == shown


def test_without_a_database_every_command_names_init(bare_postbus: Any, fails_with: Callable[..., None]) -> None:
    """Nothing is made by the way: a mistyped --data does not leave an empty database behind."""
    for arguments in (["tenant", "list"], ["status"], ["serve"], ["message", "show", "0" * 32]):
        fails_with(bare_postbus(*arguments), "there is no database yet", f"postbus --data {bare_postbus.data} init")
    assert not bare_postbus.data.exists()


def test_a_database_of_another_version_names_init(postbus: Any, fails_with: Callable[..., None]) -> None:
    """After an upgrade, every command says what to run instead of failing somewhere in the middle."""
    database = Database(f"sqlite:///{postbus.data / 'postbus.db'}")
    with database.write() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    database.close()

    for arguments in (["tenant", "list"], ["status"], ["serve"]):
        fails_with(postbus(*arguments), "of another version", "init")


def test_the_newest_revision_is_known_without_the_object_layer(postbus: Any) -> None:
    """The number read off the file names is the one that a fresh database has."""
    database = Database(f"sqlite:///{postbus.data / 'postbus.db'}")
    with database.read() as session:
        in_force = session.connection().exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
    database.close()

    assert in_force == newest_revision()


def test_a_command_that_reads_rows_starts_without_alembic(postbus: Any) -> None:
    """Whether the database is of this version is known without it: it would be a quarter of the command's time."""
    script = "import atexit, sys; from receiver.cli.main import main; "
    script += "atexit.register(lambda: print({'sqlmodel', 'alembic'} & {*sys.modules})); main()"
    command = [sys.executable, "-c", script, "tenant", "list", "--json"]
    result = subprocess.run(command, env={"POSTBUS_DATA": str(postbus.data)}, capture_output=True, check=True)

    assert result.stdout == b"{'sqlmodel'}\n"


def test_a_folder_that_cannot_be_made_is_named() -> None:
    """As a user without rights: exit 1, the folder, why, and what to do."""
    give_up_root = "import os; import receiver.cli.init; os.geteuid() or os.setuid(65534); "
    script = give_up_root + "from receiver.cli.main import main; main()"
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o555)

        called = subprocess.run(
            [sys.executable, "-c", script, "--data", f"{place}/data", "init"],
            capture_output=True,
            timeout=60,
            check=False,
        )

        Path(place).chmod(0o755)
    assert called.returncode == 1
    for words in (f"{place}/data", "cannot be made", "--data"):
        assert words in called.stderr.decode()
    assert b"Traceback" not in called.stderr


@pytest.mark.parametrize("command", ["init", "status", "tenant list", "serve"])
def test_a_folder_of_somebody_else_is_named(postbus: Any, command: str) -> None:
    """As another user: exit 1, the folder and the remedy, whether it was named by option or by environment."""
    give_up_root = "import os, receiver.cli.init, receiver.cli.serve, receiver.cli.status, receiver.cli.tenant; "
    script = give_up_root + "os.geteuid() or os.setuid(65534); from receiver.cli.main import main; main()"
    for folder in [postbus.data, *postbus.data.parents][:3]:
        folder.chmod(0o700 if folder == postbus.data else 0o755)

    by_option = [sys.executable, "-c", script, "--data", str(postbus.data), *command.split()]
    by_environment = [sys.executable, "-c", script, *command.split()]
    for call, environment in ((by_option, {}), (by_environment, {"POSTBUS_DATA": str(postbus.data)})):
        called = subprocess.run(
            call, env={"PATH": "/usr/bin:/bin", **environment}, capture_output=True, timeout=60, check=False
        )
        assert called.returncode == 1, called.stderr
        assert str(postbus.data) in called.stderr.decode()
        assert b"user who runs postbus" in called.stderr
        assert b"Traceback" not in called.stderr


def test_a_path_that_is_a_file_is_named(bare_postbus: Any, fails_with: Callable[..., None]) -> None:
    """A data folder that is no folder fails in words."""
    bare_postbus.data.write_text("")

    fails_with(bare_postbus("init"), str(bare_postbus.data), "cannot be made")


def test_each_further_certificate_must_work(postbus: Any, tmp_path: Path, fails_with: Callable[..., None]) -> None:
    """One that fits is taken; a missing file and a key of another pair are told with their place in the list."""
    certificate, key = make_self_signed(tmp_path / "one", "mx.example.net")
    _, other_key = make_self_signed(tmp_path / "two", "mx.example.net")
    good = {"certificate": str(certificate), "key": str(key)}
    missing = {"certificate": str(tmp_path / "none.pem")}
    mismatched = {"certificate": str(certificate), "key": str(other_key)}

    def check(*entries: object) -> Any:
        return postbus("check-config", POSTBUS_SMTP__TLS_CERTIFICATES=json.dumps(entries))

    assert check(good).status == 0
    refused = check(good, missing, mismatched)
    fails_with(refused, "smtp.tls_certificates.1.certificate", "none.pem", "smtp.tls_certificates.2.key")
    assert len(refused.err.splitlines()) == 2


def test_a_further_certificate_without_a_name_is_a_fault(
    postbus: Any, tmp_path: Path, fails_with: Callable[..., None]
) -> None:
    """Nobody could ask for it: one for an address only."""
    certificate, key = make_self_signed(tmp_path, "192.0.2.7")
    entry = {"certificate": str(certificate), "key": str(key)}

    fails_with(postbus("check-config", POSTBUS_SMTP__TLS_CERTIFICATES=json.dumps([entry])), "no DNS name")
