"""`postbus` commands without the second in which Python imports them: forked from a process that has done so.

Same entry point, and a process of its own for each, with the environment, arguments and folder of the call; standard
input is empty. `serve` is none of them: it is started as a user would. The process ends with whoever asks.
"""

import atexit
import gc
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import NoReturn

from bench.postbus_command import COMMAND

_ROOT = Path(__file__).parent.parent


class WarmCommand:
    """Answers calls one after the other; may be asked from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def run(self, arguments: tuple[str, ...], environment: Mapping[str, str]) -> "subprocess.CompletedProcess[bytes]":
        """What `postbus ARGUMENTS` said and its exit status, negative for the signal that ended it."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, self._lock:
            streams = [f"/proc/{os.getpid()}/fd/{each.fileno()}" for each in (out, err)]
            call = {"arguments": arguments, "environment": dict(environment), "streams": streams}
            call["folder"] = str(Path.cwd())
            status = self._ask(json.dumps(call).encode() + b"\n")
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess([COMMAND, *arguments], status, out.read(), err.read())

    def _ask(self, call: bytes) -> int:
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(call)
            process.stdin.flush()
            return int(process.stdout.readline())
        except BaseException:  # a test whose time is over: the answer would be taken for the next call's
            process.kill()
            process.communicate()
            del self._process
            raise

    @cached_property
    def _process(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "bench.warm_command"]
        return subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


warm_command = WarmCommand()


def main() -> None:
    """Read calls, a line of JSON each, and tell how each ended; returns in the process of a call, to make it."""
    from receiver.cli.main import COMMANDS, load  # noqa: PLC0415 - not in the process that asks
    from storage import models  # noqa: F401, PLC0415 - what a command imports when it runs

    for name in COMMANDS:
        load(name)
    # What was imported stays where it is: a collection in a process of a call would copy every page of it.
    gc.collect()
    gc.freeze()
    for line in sys.stdin.buffer:
        pid = os.fork()
        if pid == 0:
            _become(**json.loads(line))
            return
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
    sys.exit()


def _become(arguments: list[str], environment: dict[str, str], streams: list[str], folder: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv[1:] = arguments
    for number, stream in enumerate((os.devnull, *streams)):
        opened = os.open(stream, os.O_RDWR)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - what was read ahead is of other calls


def _end(status: object) -> NoReturn:
    """End as Python does, but leave the memory to the kernel: clearing it would copy every page once more."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    if isinstance(status, str):
        print(status, file=sys.stderr)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status if isinstance(status, int) else int(status is not None))


if __name__ == "__main__":
    main()
    from receiver.cli.main import main as postbus

    try:
        postbus()
    except SystemExit as ended:
        _end(ended.code)
