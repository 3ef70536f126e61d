"""Between a door's event loop and its journal: messages go over and answers come back by the batch.

What the loop received in one turn is submitted together, and what one sync made durable is answered together: handing
each message over by itself wakes another thread twice a message, which was a fifth of the door's time.
Never judges, never says 250. What the journal raises comes out of `accept`.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from storage.failures import TemporaryFailure
from storage.journal import Envelope, Letter, Sink


class LetterBox(Protocol):
    """What is asked of storage.journal.Journal."""

    def submit_all(
        self, letters: Sequence[Letter], answer: Callable[[Sequence[Letter], TemporaryFailure | None], None]
    ) -> None:
        """Make them durable; `answer` is called from other threads, once for each letter."""


class Acceptance:
    """The messages of one loop on their way into the journal."""

    def __init__(self, journal: LetterBox) -> None:
        self._journal = journal
        self._letters: list[Letter] = []

    async def accept(self, envelope: Envelope, sink: Sink) -> None:
        """Return when the message would survive a power cut. Raises TemporaryFailure.

        Whoever is cancelled meanwhile takes nothing back: the sink is the journal's.
        """
        loop = asyncio.get_running_loop()
        letter = Letter(envelope.to_json(), sink, loop.create_future())
        self._letters.append(letter)
        if len(self._letters) == 1:
            loop.call_soon(self._submit, loop)
        await letter.token

    def _submit(self, loop: asyncio.AbstractEventLoop) -> None:
        letters, self._letters = self._letters, []

        def answer(answered: Sequence[Letter], failure: TemporaryFailure | None) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits
                loop.call_soon_threadsafe(_resolve, answered, failure)

        try:
            self._journal.submit_all(letters, answer)
        except Exception as error:  # noqa: BLE001 - carried to each session's exception hook
            _resolve(letters, error)


def _resolve(letters: Sequence[Letter], failure: Exception | None) -> None:
    for letter in letters:
        if letter.token.done():  # cancelled
            continue
        if failure is None:
            letter.token.set_result(None)
        else:
            letter.token.set_exception(failure)
