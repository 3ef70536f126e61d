"""Journals that stand in the way of a door."""

import threading
from concurrent.futures import Future

from storage.journal import Envelope


class LetterByLetter:
    """A journal whose `submit` gives a future for each message, in the face that a door asks for."""

    def submit_all(self, letters, answer):
        for letter in letters:
            future = self.submit(Envelope.from_json(letter.envelope), letter.sink)
            future.add_done_callback(lambda done, letter=letter: answer([letter], done.exception()))


class SlowJournal(LetterByLetter):
    """A journal whose disk takes its time: what was submitted waits until `future` is set."""

    def __init__(self, real):
        self.has_room, self.sink = real.has_room, real.sink
        self.reached, self.future = threading.Event(), Future()

    def submit(self, envelope, sink):
        self.reached.set()
        return self.future
