"""Worker and slow work as processes of their own, forked from one that has imported them: a test may kill them.

To start one anew takes seconds of imports, and tests that kill start many. Standard output and error go nowhere.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection

from receiver import logs
from receiver.config import Settings
from receiver.pipeline.jobs import run_jobs
from receiver.pipeline.worker import run_worker

_ROLES: dict[str, Callable[..., None]] = {"worker": run_worker, "jobs": run_jobs}
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["pytest", __name__])


class Forked:
    """One of them, ready. `stop` and `kill` wait for its end."""

    def __init__(self, role: str, settings: Settings) -> None:
        ours, theirs = _context.Pipe(duplex=False)
        self._process = _context.Process(target=_run, args=(role, settings.model_dump_json(), theirs))
        self._process.start()
        theirs.close()
        with ours:
            assert ours.recv() == "ready"

    def stop(self) -> int | None:
        """SIGTERM; its exit code."""
        self._process.terminate()
        self._process.join()
        return self._process.exitcode

    def kill(self) -> None:
        """SIGKILL."""
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.join()


def _run(role: str, settings: str, told: Connection) -> None:
    with open(os.devnull, "r+b") as nowhere:  # noqa: PTH123 - no path of a file
        for number in (1, 2):
            os.dup2(nowhere.fileno(), number)
    given = Settings.model_validate_json(settings)
    logs.configure(given.log)
    _ROLES[role](given, name=role, ready=lambda: told.send("ready"))
