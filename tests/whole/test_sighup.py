"""A reload that goes well: every process is a new one, no client notices, and the file counts."""

import os
import signal
import smtplib
from pathlib import Path

from bench.restart import Clients
from bench.server import NO_RENDERER, RunningPostbus

from .test_service import until


def test_sighup_replaces_every_process_and_loses_no_connection(tmp_path: Path) -> None:
    """Clients connect in a loop during two reloads: none is lost, every mail answered 250 is settled, new pids."""
    postbus = RunningPostbus(tmp_path / "data", {"SMTP__DOORS": "2"})
    address = postbus.set_up()
    with postbus:
        before = set(postbus.doors()) | {postbus.pid_of(role) for role in ("worker", "jobs", "renderer")}
        clients = Clients(postbus.port, address, 600)
        threads = clients.start(8)
        for reloads in (1, 2):
            os.kill(postbus.pid, signal.SIGHUP)
            assert until(lambda done=reloads: len(postbus.logged("service_reloaded")) == done)
        for thread in threads:
            thread.join()
        assert clients.tally.lost == {}
        assert clients.tally.taken > 0
        assert until(lambda: not before & {pid for pid, _ in postbus.processes()})
        assert until(lambda: len(postbus.doors()) == 2)
        postbus.until_settled()
        assert len(postbus.rows("message", "list", "--tenant", "bench", "--limit", "1000")) == clients.tally.taken
        assert postbus.logged("process_died") == []
        assert postbus.stop() == 0


def test_sighup_reads_the_file_again(tmp_path: Path) -> None:
    """Bad settings: every fault in the log, the old processes live on. Good ones: in force; a port needs a restart."""
    file = tmp_path / "postbus.toml"
    file.write_text("")
    postbus = RunningPostbus(tmp_path / "data", NO_RENDERER)
    postbus.environment["POSTBUS_CONFIG"] = str(file)
    postbus.set_up()
    with postbus:
        before = dict(postbus.processes())
        file.write_text('[smtp]\nmax_line_octets = 5\nhostnam = "a.example"\n')
        os.kill(postbus.pid, signal.SIGHUP)
        assert until(lambda: postbus.logged("reload_refused"))
        assert len(postbus.logged("reload_refused")[0]["faults"]) == 2
        assert before.items() <= dict(postbus.processes()).items()

        file.write_text('[smtp]\nhostname = "new.example"\ndoors = 1\n[metrics]\nlisten = "127.0.0.1:0"\n')
        os.kill(postbus.pid, signal.SIGHUP)
        assert until(lambda: postbus.logged("service_reloaded"))
        assert postbus.logged("reload_needs_restart")[0]["settings"] == ["metrics.listen"]
        assert until(lambda: len(postbus.doors()) == 1)
        with smtplib.SMTP("127.0.0.1", postbus.port, timeout=30) as client:
            assert client.ehlo()[1].startswith(b"new.example")
