"""Law 5 and 9: a worker that is killed at any moment loses nothing and doubles nothing."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from receiver.config import Settings
from tests.receiver_pipeline.house import House, pdf_mail

ROOT = Path(__file__).parents[2]
WORKER = """
import sys
from receiver import logs
from receiver.config import Settings
from receiver.pipeline.worker import run_worker
settings = Settings.model_validate_json(sys.argv[1])
logs.configure(settings.log)
run_worker(settings, name="worker", ready=lambda: print("ready", flush=True))
"""


def start_worker(settings: Settings) -> "subprocess.Popen[bytes]":
    """A worker process, ready."""
    command = [sys.executable, "-c", WORKER, settings.model_dump_json()]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def test_a_worker_killed_again_and_again_settles_each_mail_once(house: House) -> None:
    """kill -9 at random moments of the drain, then a last run in order: every mail is imported, and once."""
    count = 150
    house.settings = house.settings.model_copy(
        update={"pipeline": house.settings.pipeline.model_copy(update={"batch_messages": 4})}
    )
    house.accept_many([pdf_mail(f"<{n}@s.example>", b"%%PDF-1.4 %d" % n) for n in range(count)])
    chance = random.Random(5)
    left = [count]
    for _ in range(4):
        worker = start_worker(house.settings)
        # A busy machine may take seconds to start one: every other kill waits until something was settled.
        until = time.monotonic() + 30
        while len(left) % 2 and house.waiting() == left[-1] and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(chance.uniform(0.0, 0.35))
        os.kill(worker.pid, signal.SIGKILL)
        worker.communicate()
        left.append(house.waiting())

    worker = start_worker(house.settings)
    while house.waiting():
        time.sleep(0.02)
    worker.terminate()
    worker.communicate()

    assert worker.returncode == 0
    assert left[-1] < count, "no kill came while mail was being settled"
    messages = house.messages()
    assert sorted(message.state for message in messages) == ["imported"] * count
    assert len({message.transport_key for message in messages}) == count
    assert sorted(map(house.octets, house.documents())) == sorted(b"%%PDF-1.4 %d" % n for n in range(count))


def test_sigterm_finishes_what_was_begun(house: House) -> None:
    """SIGTERM ends the worker in order; what it left is settled by the next one."""
    house.accept_many([pdf_mail(f"<{n}@s.example>", b"%%PDF-1.4 %d" % n) for n in range(40)])
    first = start_worker(house.settings)
    first.terminate()
    first.communicate()

    second = start_worker(house.settings)
    while house.waiting():
        time.sleep(0.02)
    second.terminate()
    second.communicate()

    assert (first.returncode, second.returncode) == (0, 0)
    assert [message.state for message in house.messages()] == ["imported"] * 40
