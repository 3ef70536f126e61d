"""One process of a running postbus: `python -m receiver.process ROLE`, started by receiver/service.py only.

Settings come as JSON on standard input, so that no secret stands among the arguments and a child that is started again
works with what its siblings work with. The process dies with its supervisor. What ends it is told in the log, by words
or by kind and place, and before it was ready to the supervisor too: no traceback, whose text may quote a mail.
"""

import argparse
import contextlib
import ctypes
import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from functools import partial
from types import TracebackType

import structlog

from receiver import logs
from receiver.config import Settings
from receiver.supervision import READY
from receiver.tally import tally

_PR_SET_PDEATHSIG = 1
_LONGEST_WORDS = 2000
# Steps of niceness: a client waits for the door, while mail that was accepted is safe and can wait a moment longer.
_BEHIND_THE_DOORS = 10

log = structlog.get_logger()


def main() -> int:
    """Play one role until SIGTERM; 0 when it ended in order."""
    gc.disable()  # until ready: what is imported stays, and looking through it again and again is a sixth of the start
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # for the supervisor alone, which held it off until now
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
    arguments = _arguments()
    _die_with(arguments.supervisor)
    settings = Settings.model_validate_json(sys.stdin.buffer.read())
    logs.configure(settings.log, process=arguments.name)
    if arguments.tally_fd is not None:
        tally.attach(arguments.tally_fd)
    if arguments.role != "door":
        os.nice(_BEHIND_THE_DOORS)
    say = partial(_say, arguments.ready_fd)
    sys.excepthook = partial(_tell_end, say)
    sys.unraisablehook = _tell_ignored
    threading.excepthook = partial(_tell_thread_end, ends_process=arguments.role == "door")
    _play(arguments.role, settings, arguments, ready=partial(_tell_ready, say))
    return 0


def _tell_ready(say: Callable[[bytes], None]) -> None:
    gc.freeze()
    gc.enable()
    say(READY)


def _say(descriptor: int, words: bytes) -> None:
    with contextlib.suppress(BrokenPipeError):  # started again later: nobody waits for the word
        os.write(descriptor, words)


def _tell_end(
    say: Callable[[bytes], None], kind: type[BaseException], error: BaseException, _trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):  # told to stop before it had begun
        return
    words = logs.words_of(error)
    if words is None:
        log.error("process_failed", exc_info=error)
    else:
        log.error("process_failed", reason=words)
        say(words.encode()[:_LONGEST_WORDS])


def _tell_thread_end(ended: threading.ExceptHookArgs, *, ends_process: bool) -> None:
    log.error("thread_failed", thread=ended.thread.name if ended.thread else "", exc_info=ended.exc_value)
    if ends_process:
        # A door without the thread that writes its journal would refuse every mail for ever. Another one is started.
        os._exit(1)


def _tell_ignored(ignored: "sys.UnraisableHookArgs") -> None:
    # Python's own words quote the thing at hand over several lines. Here that is a server name, the client's octets:
    # ssl cannot raise that it is not ASCII, and tls_failed tells of that handshake.
    if not isinstance(ignored.object, bytes):
        log.error("error_ignored", exc_info=ignored.exc_value)


def _play(role: str, settings: Settings, arguments: argparse.Namespace, ready: Callable[[], None]) -> None:
    # Each role imports only what it needs: the renderer must not even hold the code that opens the database (law 17).
    match role:
        case "door":
            from receiver.listening import Listener
            from receiver.smtp.door import run_door

            listeners = [Listener(kind, socket.socket(fileno=descriptor)) for kind, descriptor in arguments.listen]
            run_door(settings, listeners, name=arguments.name, ready=ready, shared_fd=arguments.shared_fd)
        case "worker":
            from receiver.pipeline.worker import run_worker

            run_worker(settings, name=arguments.name, ready=ready)
        case "jobs":
            from receiver.pipeline.jobs import run_jobs

            run_jobs(settings, name=arguments.name, ready=ready)
        case "puller":
            from receiver.imap.puller import run_puller

            run_puller(settings, name=arguments.name, ready=ready)
        case "renderer":
            from receiver.rendering.renderer import run_renderer

            run_renderer(settings, ready=ready)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="receiver.process", description=__doc__)
    parser.add_argument("role", choices=["door", "worker", "jobs", "puller", "renderer"])
    parser.add_argument("--name", required=True)
    parser.add_argument("--supervisor", type=int, required=True, help="process id to die with")
    parser.add_argument("--ready-fd", type=int, required=True)
    parser.add_argument("--listen", type=_kind_and_descriptor, action="append", help="KIND=DESCRIPTOR of a socket")
    parser.add_argument("--shared-fd", type=int, help="shared memory of all doors")
    parser.add_argument("--tally-fd", type=int, help="shared memory to count into")
    return parser.parse_args()


def _kind_and_descriptor(argument: str) -> tuple[str, int]:
    kind, _, descriptor = argument.partition("=")
    return kind, int(descriptor)


def _die_with(supervisor: int) -> None:
    """Let the kernel end this process when the supervisor dies, even by kill -9: it would keep its port and locks."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != supervisor:  # it died before prctl was called
        sys.exit(1)


if __name__ == "__main__":
    sys.exit(main())
