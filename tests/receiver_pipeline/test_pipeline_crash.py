"""Law 5 and 9: a worker that is killed at any moment loses nothing and doubles nothing."""

import random
import time

from tests.receiver_pipeline.forked import Forked
from tests.receiver_pipeline.house import House, pdf_mail
from tests.thorough import so_many


def test_a_worker_killed_again_and_again_settles_each_mail_once(house: House) -> None:
    """kill -9 at random moments of the drain, then a last run in order: every mail is imported, and once."""
    count = so_many(60, in_long_runs=150)
    house.settings = house.settings.model_copy(
        update={"pipeline": house.settings.pipeline.model_copy(update={"batch_messages": 4})}
    )
    house.accept_many([pdf_mail(f"<{n}@s.example>", b"%%PDF-1.4 %d" % n) for n in range(count)])
    chance = random.Random(5)
    left = [count]
    for _ in range(so_many(2, in_long_runs=4)):
        worker = Forked("worker", house.settings)
        # A busy machine may take seconds to start one: every other kill waits until something was settled.
        until = time.monotonic() + 60
        while len(left) % 2 and house.waiting() == left[-1] and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(chance.uniform(0.0, 0.35))
        worker.kill()
        left.append(house.waiting())

    worker = Forked("worker", house.settings)
    while house.waiting():
        time.sleep(0.02)

    assert worker.stop() == 0
    assert left[-1] < count, "no kill came while mail was being settled"
    messages = house.messages()
    assert sorted(message.state for message in messages) == ["imported"] * count
    assert len({message.transport_key for message in messages}) == count
    assert sorted(map(house.octets, house.documents())) == sorted(b"%%PDF-1.4 %d" % n for n in range(count))


def test_sigterm_finishes_what_was_begun(house: House) -> None:
    """SIGTERM ends the worker in order; what it left is settled by the next one."""
    house.accept_many([pdf_mail(f"<{n}@s.example>", b"%%PDF-1.4 %d" % n) for n in range(40)])
    first = Forked("worker", house.settings).stop()
    worker = Forked("worker", house.settings)
    while house.waiting():
        time.sleep(0.02)
    second = worker.stop()

    assert (first, second) == (0, 0)
    assert [message.state for message in house.messages()] == ["imported"] * 40
