"""One process of a running postbus: `python -m receiver.process ROLE`, started by receiver/service.py only.

Settings come as JSON on standard input, so that no secret stands among the arguments and a child that is started again
works with what its siblings work with. The process dies with its supervisor.
"""

import argparse
import contextlib
import ctypes
import os
import signal
import socket
import sys
from collections.abc import Callable

from receiver import logs
from receiver.config import Settings

_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Play one role until SIGTERM; 0 when it ended in order."""
    arguments = _arguments()
    _die_with(arguments.supervisor)
    settings = Settings.model_validate_json(sys.stdin.buffer.read())
    logs.configure(settings.log, process=arguments.name)

    def ready() -> None:
        with contextlib.suppress(BrokenPipeError):  # started again later: nobody waits for the word
            os.write(arguments.ready_fd, b"1")

    _play(arguments.role, settings, arguments, ready)
    return 0


def _play(role: str, settings: Settings, arguments: argparse.Namespace, ready: Callable[[], None]) -> None:
    # Each role imports only what it needs: the renderer must not even hold the code that opens the database (law 17).
    match role:
        case "door":
            from receiver.smtp.door import run_door

            listener = socket.socket(fileno=arguments.listen_fd)
            run_door(settings, listener, name=arguments.name, ready=ready)
        case "worker":
            from receiver.pipeline.worker import run_worker

            run_worker(settings, name=arguments.name, ready=ready)
        case "jobs":
            from receiver.pipeline.jobs import run_jobs

            run_jobs(settings, name=arguments.name, ready=ready)
        case "renderer":
            from receiver.rendering.renderer import run_renderer

            run_renderer(settings, ready=ready)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="receiver.process", description=__doc__)
    parser.add_argument("role", choices=["door", "worker", "jobs", "renderer"])
    parser.add_argument("--name", required=True)
    parser.add_argument("--supervisor", type=int, required=True, help="process id to die with")
    parser.add_argument("--ready-fd", type=int, required=True)
    parser.add_argument("--listen-fd", type=int)
    return parser.parse_args()


def _die_with(supervisor: int) -> None:
    """Let the kernel end this process when the supervisor dies, even by kill -9: it would keep its port and locks."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != supervisor:  # it died before prctl was called
        sys.exit(1)


if __name__ == "__main__":
    sys.exit(main())
