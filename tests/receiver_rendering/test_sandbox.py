"""What a process inside the sandbox sees of this machine."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from receiver.rendering import fonts, sandbox
from receiver.rendering.bounded_run import Besides, Limits, Outcome, run
from receiver.rendering.choosing import Confiner
from receiver.rendering.font_folder import FontFolder, font_folder


@pytest.fixture
def inside(tmp_path: Path) -> Callable[..., Outcome]:
    """Runs a program of coreutils where wkhtmltopdf would run, its file bound in its place."""

    def run_inside(program: str, *arguments: str) -> Outcome:
        found = sandbox.find_program(program)
        folder = font_folder(fonts.pick(), [tmp_path], found.library_folders)
        confinement = Confiner(tmp_path, folder).confine("bubblewrap", found)
        return confinement.run([str(found.path), *arguments], b"", Limits(30, 10_000))

    return run_inside


def test_the_root_holds_the_program_and_little_else(inside: Callable[..., Any]) -> None:
    """No home, no /etc, no /proc, no data folder."""
    listing = inside("ls", "-A", "/")

    assert "fonts" in listing.stdout.decode().split()
    assert set(listing.stdout.decode().split()) <= {
        "bin",
        "dev",
        "fonts",
        "lib",
        "lib32",
        "lib64",
        "sbin",
        "tmp",
        "usr",
    }


@pytest.mark.parametrize("path", ["/etc/passwd", "/proc/self/environ", "/root", "/var", "/usr/bin/env", "/dev/tty"])
def test_files_of_the_machine_are_not_there(path: str, inside: Callable[..., Any]) -> None:
    """Reading them fails as if they did not exist."""
    assert b"No such file" in inside("ls", path).stderr


@pytest.mark.parametrize("path", ["/x", "/usr/x", "/fonts/x", "/dev/x"])
def test_nothing_can_be_written(path: str, inside: Callable[..., Any]) -> None:
    """Everything but the sandbox's own /tmp is read-only."""
    assert b"Read-only file system" in inside("touch", path).stderr


def test_its_own_tmp_can_be_written(inside: Callable[..., Any]) -> None:
    """The control of the test above; and nothing of it reaches ours."""
    assert inside("mkdir", "/tmp/postbus-sandbox-control").stderr == b""
    assert not Path("/tmp/postbus-sandbox-control").exists()


def test_our_environment_stays_outside(inside: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys and settings of ours are no business of a page."""
    monkeypatch.setenv("POSTBUS_SECRET", "CANARY-7f3a9b")

    names = {line.partition("=")[0] for line in inside("env").stdout.decode().splitlines()}

    assert names - {"PWD"} == {*sandbox.ENVIRONMENT, "FONTCONFIG_FILE"}


@pytest.mark.parametrize("loader", ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"])
def test_the_loader_stands_where_the_program_looks_for_it(loader: str, tmp_path: Path) -> None:
    """Whatever the architecture, and with /lib and /lib64 being links into /usr."""
    program = sandbox.Program(Path("/usr/bin/x"), Path(loader), (Path("/usr/lib/some-linux-gnu"),))

    prefix = sandbox.confine(program, FontFolder(tmp_path, tmp_path), tmp_path / "filter").prefix

    target = str(Path(loader).parent.resolve() / Path(loader).name)
    assert ("--ro-bind", target) in zip(prefix, prefix[2:], strict=False)


def test_limits_are_in_force() -> None:
    """CPU, memory, files: what the program is started with."""
    outcome = run(["/bin/sh", "-c", "ulimit -t; ulimit -v; ulimit -n; ulimit -c"], b"", Limits(10, 1000), {})

    assert outcome.stdout.split() == [b"20", b"2621440", b"128", b"0"]


def test_output_is_bounded() -> None:
    """A program that writes for ever is stopped at the limit."""
    outcome = run(["/bin/cat", "/dev/zero"], b"", Limits(20, 100_000), {})

    assert outcome.end == "output"
    assert len(outcome.stdout) < 300_000


def test_a_program_that_ignores_its_input_is_no_trouble() -> None:
    """It may close its input early and still give an answer."""
    outcome = run(["/bin/sh", "-c", "exec <&-; echo done"], b"x" * 1_000_000, Limits(20, 1000), {})

    assert (outcome.end, outcome.stdout) == ("finished", b"done\n")


def test_the_whole_group_is_killed_at_the_end() -> None:
    """A child left behind in the background does not outlive its page."""
    outcome = run(["/bin/sh", "-c", "sleep 300 >/dev/null 2>&1 </dev/null & echo $!"], b"", Limits(20, 1000), {})

    left_behind = Path(f"/proc/{int(outcome.stdout)}")
    while left_behind.exists():  # gone as soon as the kernel comes to it; pytest's timeout is the end
        time.sleep(0.005)


def test_nobody_waits_for_a_program_whose_output_is_whole() -> None:
    """What it does afterwards is its own business, and ended for it; without that this one meets its deadline."""
    command = ["/bin/sh", "-c", "cat; printf whole; sleep 600"]
    besides = Besides(is_whole=lambda written: written.endswith(b"whole"))

    outcome = run(command, b"the ", Limits(20, 10_000), {}, besides)

    assert (outcome.stdout, outcome.end) == (b"the whole", "finished")
