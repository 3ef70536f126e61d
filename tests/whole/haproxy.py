"""A private HAProxy in front of a port: configuration in a folder of ours, loopback only, ended by pid."""

import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.postfix import free_port

PROGRAM = shutil.which("haproxy", path="/usr/sbin:/usr/bin")


class PrivateHaproxy:
    """HAProxy on `port`, leading to port `behind` of loopback; `how` are words of its server line."""

    def __init__(self, folder: Path, behind: int, how: str) -> None:
        self.port = free_port()
        self._file = folder / "haproxy.cfg"
        self._file.write_text(
            "global\n  nbthread 1\n"
            "defaults\n  mode tcp\n  timeout connect 10s\n  timeout client 60s\n  timeout server 60s\n"
            f"listen smtp\n  bind 127.0.0.1:{self.port}\n  server postbus 127.0.0.1:{behind} {how}\n"
        )

    def __enter__(self) -> Self:
        assert PROGRAM is not None
        self._process = subprocess.Popen([PROGRAM, "-db", "-f", str(self._file)], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                assert self._process.poll() is None, "HAProxy ended at once"
                assert time.monotonic() < deadline
                time.sleep(0.05)
            else:
                return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
