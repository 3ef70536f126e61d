"""A program inside the sandbox that tries to get out, by every way that is known, for every kind of sandbox."""

import errno
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from receiver.rendering import bounded_run, fonts, sandbox
from receiver.rendering.bounded_run import Limits, Outcome
from receiver.rendering.choosing import Confiner
from receiver.rendering.font_folder import font_folder
from receiver.rendering.landlocked import Landlocked
from receiver.rendering.proof import probe_command, probe_program, prove
from receiver.rendering.sandbox import Confinement, Kind, Program

# As Linux 5.13, which knows files only and none of them truncated: what runs beside it must hold the rest.
OLD = "landlock of 5.13"
# Numbers that are the same on every architecture, with what would answer a process without a filter.
NEW_CALLS = {"pidfd_send_signal": 424, "io_uring_setup": 425, "move_mount": 429, "fsopen": 430, "pidfd_open": 434,
             "pidfd_getfd": 438, "mount_setattr": 442}  # fmt: skip


def confiner(folder: Path) -> Confiner:
    """One with fonts of its own."""
    return Confiner(folder, font_folder(fonts.pick(), [folder], ()))


@pytest.fixture(params=["bubblewrap", "landlock", OLD])
def confine(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Program], Confinement]:
    """Puts a program behind one kind of sandbox."""
    kind: Kind = "bubblewrap" if request.param == "bubblewrap" else "landlock"
    folder = tmp_path / "workshop"
    folder.mkdir()

    def confined(program: Program) -> Confinement:
        confinement = confiner(folder).confine(kind, program)
        if request.param == OLD:
            assert isinstance(confinement, Landlocked)
            return replace(confinement, abi=1)
        return confinement

    return confined


@pytest.fixture
def attempt(confine: Callable[[Program], Confinement]) -> Callable[..., tuple[str, str]]:
    """Makes one attempt (how, on what); tells what came of it inside and outside: "" where nothing stopped it."""
    program = probe_program()
    confinement = confine(program)

    def attempted(how: str, on_what: object = None) -> tuple[str, str]:
        command = probe_command(program, [("it", how, on_what)])
        within = confinement.run(command, b"", Limits(20, 10_000))
        without = bounded_run.run(command, b"", Limits(20, 10_000), sandbox.ENVIRONMENT)
        return answer(within), answer(without)

    return attempted


def answer(outcome: Outcome) -> str:
    """What the probe said of its one attempt."""
    assert outcome.stdout, outcome.stderr
    return str(json.loads(outcome.stdout)["it"])


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """Sockets of this machine that are listened to, by kind."""
    with socket.socket() as tcp, socket.socket(socket.AF_UNIX) as named, socket.socket(socket.AF_UNIX) as abstract:
        tcp.bind(("127.0.0.1", 0))
        named.bind(str(tmp_path / "listener"))
        abstract.bind(f"\0postbus-test-{os.getpid()}")
        for each in (tcp, named, abstract):
            each.listen()
        yield {
            "tcp": tcp.getsockname()[1],
            "named": str(tmp_path / "listener"),
            "abstract": f"@postbus-test-{os.getpid()}",
        }


def test_no_file_outside_can_be_read(attempt: Callable[..., Any], tmp_path: Path) -> None:
    """Neither the machine's, nor ours, nor what the kernel tells of us."""
    (tmp_path / "canary").write_text("secret")
    environment = f"/proc/{os.getpid()}/environ"

    for path in ("/etc/passwd", "/etc/hostname", str(tmp_path / "canary"), environment, "/proc/self/maps"):
        within, without = attempt("read", path)
        assert within in {"ENOENT", "EACCES"}, path
        assert without == "", path


def test_nothing_outside_can_be_written(attempt: Callable[..., Any], tmp_path: Path) -> None:
    """No new file, no file that is there, not the fonts that other pages are drawn with."""
    there = tmp_path / "there"
    there.write_text("ours")
    (configuration,) = (tmp_path / "workshop").glob("*/fonts.conf")

    for path in (str(tmp_path / "new"), str(there), str(configuration), "/fonts/fonts.conf"):
        within, _ = attempt("write", path)
        assert within in {"ENOENT", "EACCES", "EROFS"}, path
    assert attempt("write", str(there))[1] == ""


def test_nothing_outside_can_be_changed_or_removed(attempt: Callable[..., Any], tmp_path: Path) -> None:
    """Landlock says nothing about modes: the filter does."""
    there = tmp_path / "there"
    there.write_text("ours")
    there.chmod(0o600)
    before = there.stat()
    within = attempt("change_mode", str(there))[0], attempt("truncate", str(there))[0]
    removed = attempt("remove", str(there))

    assert within == ("ENOSYS", "ENOSYS")
    assert before.st_mode & 0o777 == 0o600
    assert removed[0] in {"ENOENT", "EACCES"}
    assert removed[1] == ""


def test_nobody_can_be_connected_to(attempt: Callable[..., Any], listener: dict[str, Any]) -> None:
    """Not by TCP, not by a socket with a name, not by one without."""
    for how, where in (("connect_tcp", "tcp"), ("connect_unix", "named"), ("connect_unix", "abstract")):
        assert attempt(how, listener[where]) == ("EAFNOSUPPORT", ""), where


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_VSOCK"])
def test_no_socket_can_be_opened(family: str, attempt: Callable[..., Any]) -> None:
    """Whatever could be done with it."""
    assert attempt("open_socket", family)[0] == "EAFNOSUPPORT"


def test_the_kernel_cannot_be_asked_by_netlink(attempt: Callable[..., Any]) -> None:
    """Which has had many faults."""
    assert attempt("open_socket", "AF_NETLINK") == ("EAFNOSUPPORT", "")


def test_no_process_can_be_started(attempt: Callable[..., Any]) -> None:
    """There is no fork bomb where there is no fork."""
    assert attempt("start") == ("ENOSYS", "")


def test_our_processes_cannot_be_reached(attempt: Callable[..., Any]) -> None:
    """No signal to the renderer, though it is of the same user; nor can it be traced."""
    sleeper = bounded_run.subprocess.Popen(["/bin/sleep", "300"])
    try:
        assert attempt("signal", sleeper.pid) == ("ENOSYS", "")
        assert attempt("trace", sleeper.pid)[0] == "ENOSYS"
        assert attempt("signal", os.getpid())[0] == "ENOSYS"
    finally:
        sleeper.kill()
        sleeper.wait()


def test_no_code_can_be_made(attempt: Callable[..., Any]) -> None:
    """What an overflow wrote cannot be run."""
    assert attempt("write_and_execute") == ("EPERM", "")
    assert attempt("execute_what_was_written") == ("EPERM", "")


def test_no_namespace_can_be_made(attempt: Callable[..., Any]) -> None:
    """In one of its own it would be root, and could speak to much more of the kernel."""
    assert attempt("unshare") == ("ENOSYS", "")


@pytest.mark.parametrize("call", NEW_CALLS)
def test_calls_of_newer_kernels_do_not_exist(call: str, attempt: Callable[..., Any]) -> None:
    """The control: the kernel itself has them, and minds the arguments."""
    within, without = attempt("system_call", NEW_CALLS[call])

    assert within == "ENOSYS"
    assert without != "ENOSYS"


def test_its_privileges_are_none(confine: Callable[[Program], Confinement], tmp_path: Path) -> None:
    """Also where we are root: what is ours to read for root alone is not for what runs inside."""
    program = probe_program()
    script = (
        "import os,sys; sys.stdout.write(str([os.listdir('/proc/self/fd') if os.path.exists('/proc/self/fd') else 0]))"
    )
    outcome = confine(program).run([str(program.path), "-I", "-S", "-c", script], b"", Limits(20, 10_000))

    assert outcome.stdout == b"[0]" or b"PermissionError" in outcome.stderr


def test_what_it_keeps_on_disk_is_bounded(confine: Callable[[Program], Confinement]) -> None:
    """A page that fills the disk is stopped as one that writes too much; its folder is gone afterwards."""
    program = probe_program()
    script = (
        "import os\nnumber = 0\n"
        "while True:\n"
        " number += 1\n"
        " with open(f'{os.environ[\"HOME\"]}/{number}', 'wb') as file: file.write(bytes(8 * 1024**2))\n"
        " try: os.unlink(f'{os.environ[\"HOME\"]}/{number - 1}')\n"
        " except OSError: pass\n"
        " if number > 12 and os.environ['HOME'] == '/tmp': break\n"
    )
    confinement = confine(program)

    outcome = confinement.run([str(program.path), "-I", "-S", "-c", script], b"", Limits(20, 10_000))

    if isinstance(confinement, Landlocked):
        assert outcome.end == "output"
        assert list(confinement.filter.parent.glob("page-*")) == []
    else:  # its disk is a file system of 64 MiB in memory, where it may remove what it wrote
        assert outcome.end == "finished"


def test_a_fork_bomb_starts_nothing(confine: Callable[[Program], Confinement]) -> None:
    """The classic one of the shell: it ends by itself, at once."""
    program = sandbox.find_program("dash")

    outcome = confine(program).run([str(program.path), "-c", "bomb() { bomb | bomb & }; bomb"], b"", Limits(20, 1000))

    assert outcome.end == "finished"
    assert b"Cannot fork" in outcome.stderr


def test_a_program_of_threads_is_killed_whole(confine: Callable[[Program], Confinement]) -> None:
    """Threads may start, as many as memory takes; at the deadline all are gone."""
    mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"
    program = probe_program()
    script = (
        "import threading, time\nthreading.stack_size(65536)\n"
        "try:\n while True: threading.Thread(target=time.sleep, args=(300,)).start()\n"
        "except RuntimeError: time.sleep(300)"
    )

    outcome = confine(program).run([str(program.path), "-I", "-S", "-c", script, mark], b"", Limits(3, 1000))

    assert outcome.end == "deadline"
    while any(mark.encode() in command for command in command_lines()):  # gone as soon as the kernel comes to it
        time.sleep(0.01)


def command_lines() -> Iterator[bytes]:
    """Of every process of the machine."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                yield (folder / "cmdline").read_bytes()
            except OSError:
                continue


def test_the_proof_tells_what_was_stopped(confine: Callable[[Program], Confinement], listener: dict[str, Any]) -> None:
    """What doctor shows: each attempt works outside, and none of them inside."""
    proof = prove(confine, listener["tcp"])

    assert {one.name: one.result for one in proof.attempts} == dict.fromkeys(
        ("read", "write", "connect", "connect_loopback", "start", "signal", "write_and_execute"), "stopped"
    )
    assert all(one.error in errno.errorcode.values() for one in proof.attempts)


def test_the_proof_tells_of_a_hole(tmp_path: Path) -> None:
    """Without a sandbox everything succeeds, and is told so."""
    proof = prove(lambda program: confiner(tmp_path).confine("none", program))

    assert {one.result for one in proof.attempts} == {"succeeded"}


def test_what_fails_outside_too_is_no_proof(confine: Callable[[Program], Confinement]) -> None:
    """Nobody listens at that port: that nobody was reached says nothing."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound, but not listening
        attempts = {one.name: one for one in prove(confine, closed.getsockname()[1]).attempts}

    assert attempts["connect_loopback"].result == "unproved"
    assert attempts["read"].result == "stopped"


def test_several_pages_at_once_do_not_meet(confine: Callable[[Program], Confinement]) -> None:
    """What one writes where it may, the other one does not find."""
    program = probe_program()
    confinement = confine(program)
    script = (
        "import os, time\nhome = os.environ['HOME']\nopen(home + '/mine', 'x').close()\n"
        "time.sleep(0.3)\nprint(sorted(os.listdir(home)))"
    )
    outcomes: list[Outcome] = []

    def run() -> None:
        outcomes.append(confinement.run([str(program.path), "-I", "-S", "-c", script], b"", Limits(20, 1000)))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [outcome.stdout for outcome in outcomes] == [b"['mine']\n"] * 2
