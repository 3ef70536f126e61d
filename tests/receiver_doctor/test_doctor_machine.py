"""What the doctor makes of the machine, and how checks are run."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from receiver.config import JournalSettings, Settings
from receiver.doctor import machine, stores
from receiver.doctor.findings import Check, Finding, run_together
from receiver.doctor.fonts import judge_fonts


def prepared(data: Path, **parts: object) -> Settings:
    """Settings of a folder that `postbus init` has made."""
    environment = {**os.environ, "POSTBUS_DATA": str(data)}
    subprocess.run(
        [sys.executable, "-m", "receiver.cli.main", "init"], env=environment, check=True, capture_output=True
    )
    return Settings(data=data, **parts)  # type: ignore[arg-type]


def test_a_check_that_hangs_holds_up_no_other() -> None:
    """It is told as a failure that names its subject; the others keep their order and their answers."""
    never = threading.Event()
    checks = [
        Check("a", "first", lambda: [Finding("a", "ok", "1"), Finding("a", "ok", "2")]),
        Check("b", "the slow thing", lambda: [Finding("b", "ok", str(never.wait(60)))]),
        Check("c", "third", lambda: [Finding("c", "ok", "3")]),
    ]

    found = run_together(checks, seconds=0.3)
    never.set()

    assert [each.what for each in found if each.check != "b"] == ["1", "2", "3"]
    assert found[2].result == "failed"
    assert "the slow thing: no answer within 0.3 seconds" in found[2].what


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_check_that_breaks_is_told() -> None:
    """A defect in one check costs its own row only."""

    def broken() -> list[Finding]:
        raise RuntimeError("a defect")

    found = run_together([Check("a", "this", broken), Check("b", "that", lambda: [Finding("b", "ok", "")])])

    assert [each.result for each in found] == ["failed", "ok"]


def test_a_folder_is_written_to_and_left_as_it_was(tmp_path: Path) -> None:
    """Nothing of the trial stays."""
    assert machine.judge_data_folder(tmp_path).result == "ok"
    assert machine.judge_clock(tmp_path).check == "clock"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_missing_or_none_is_told(tmp_path: Path) -> None:
    """Failed in words, with the remedy."""
    file = tmp_path / "file"
    file.write_bytes(b"")

    for folder in (tmp_path / "missing", file):
        finding = machine.judge_data_folder(folder)
        assert finding.result == "failed"
        assert str(folder) in finding.what


def test_a_reserve_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    """Law 6: doors answer 452 then, and the doctor says so; with room it is well."""
    settings = prepared(tmp_path / "data")
    greedy = settings.model_copy(update={"journal": JournalSettings(reserve_octets=2**60)})
    free = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize
    close = settings.model_copy(update={"journal": JournalSettings(reserve_octets=int(free * 0.6))})
    small = settings.model_copy(update={"journal": JournalSettings(reserve_octets=0)})

    assert machine.judge_room(greedy).result == "failed"
    assert "452" in machine.judge_room(greedy).what
    assert machine.judge_room(close).result == "warning"
    assert machine.judge_room(small).result == "ok"
    assert machine.judge_room(settings.model_copy(update={"data": tmp_path / "missing"})).result == "skipped"


def test_files_from_the_future_tell_of_a_clock_set_back(tmp_path: Path) -> None:
    """Mail would be dated before mail that came earlier."""
    file = tmp_path / "postbus.db"
    file.write_bytes(b"")
    os.utime(file, (file.stat().st_atime, file.stat().st_mtime + 3600))

    finding = machine.judge_clock(tmp_path)

    assert finding.result == "warning"
    assert "set back" in finding.what


def fake_program(folder: Path, name: str, script: str) -> None:
    """A program of the system, in a folder that stands first in PATH."""
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@pytest.mark.parametrize(("says", "result"), [("yes", "ok"), ("no", "warning"), ("", "ok")])
def test_the_time_server_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, result: str) -> None:
    """timedatectl knows whether NTP keeps the clock; where it does not answer, nothing is claimed."""
    fake_program(tmp_path, "timedatectl", f"echo {says}")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (tmp_path / "data").mkdir()

    assert machine.judge_clock(tmp_path / "data").result == result


def test_units_are_looked_at_where_they_are_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Running, stopped and forgotten at boot; and where systemd listens for us."""
    states = {
        "postbus.socket": "LoadState=loaded\\nActiveState=active\\nUnitFileState=disabled\\nListen=[::]:25 (Stream)",
        "postbus.service": "LoadState=loaded\\nActiveState=failed\\nUnitFileState=enabled",
        "postbus-renderer.socket": "LoadState=loaded\\nActiveState=active\\nUnitFileState=enabled",
    }
    cases = "\n".join(f'{unit}) printf "{words}\\n";;' for unit, words in states.items())
    fake_program(tmp_path, "systemctl", f'for last; do :; done\ncase "$last" in\n{cases}\nesac')
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    found = machine.judge_units()

    assert [each.result for each in found] == ["warning", "failed", "ok"]
    assert "systemctl enable postbus.socket" in found[0].remedy
    assert "journalctl -u postbus.service" in found[1].remedy
    assert machine.listening_of_systemd("postbus.socket") == "[::]:25"


def test_without_units_nothing_is_claimed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No systemd, no unit: skipped."""
    monkeypatch.setenv("PATH", str(tmp_path))

    assert [each.result for each in machine.judge_units()] == ["skipped"]
    assert machine.listening_of_systemd("postbus.socket") == ""


def test_stores_before_init_are_told(tmp_path: Path) -> None:
    """Database and journal are missing: each says what makes them."""
    settings = Settings(data=tmp_path)

    (database,) = stores.judge_database(settings)
    (journal,) = stores.judge_journal(settings)

    assert (database.result, journal.result) == ("failed", "failed")
    assert "postbus init" in database.remedy
    assert "postbus init" in journal.remedy


def test_what_the_journal_could_not_read_is_told(tmp_path: Path) -> None:
    """Damaged pieces are kept aside: people must look at the disk."""
    settings = prepared(tmp_path / "data")
    assert [each.result for each in stores.judge_journal(settings)] == ["ok"]
    damaged = settings.journal_folder() / "damaged"
    damaged.mkdir(exist_ok=True)
    (damaged / "piece").write_bytes(b"x")

    found = stores.judge_journal(settings)

    assert [each.result for each in found] == ["ok", "warning"]
    assert "1 pieces" in found[1].what


def test_scripts_without_a_font_are_named_with_the_package_that_brings_one(tmp_path: Path) -> None:
    """A warning for each package, not for each script: words in them would be left blank in PDFs."""
    for name in ("LiberationSans-Regular.ttf", "DejaVuSans.ttf", "Symbola_hint.ttf", "NotoColorEmoji.ttf"):
        (tmp_path / name).touch()

    found = {each.remedy: each for each in judge_fonts(tmp_path)}

    assert [each.result for each in found.values()] == ["warning", "warning"]
    assert "Japanese, Chinese, Korean" in found["apt-get install fonts-noto-cjk, then restart the renderer"].what
    assert "Hebrew, Thai" in found["apt-get install fonts-noto-core, then restart the renderer"].what


def test_a_machine_without_any_font_makes_pages_without_words(tmp_path: Path) -> None:
    """That is a failure, and says what to do."""
    (finding,) = judge_fonts(tmp_path)

    assert finding.result == "failed"
    assert "fonts-liberation" in finding.remedy
