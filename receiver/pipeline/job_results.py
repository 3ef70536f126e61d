"""How a job may end other than well, said by those who do it to those who keep its row."""

from collections.abc import Callable, Mapping

from storage.database import Session


class PutOff(Exception):
    """It could not be tried for want of something else: later, and this attempt does not count."""

    def __init__(self, code: str, params: Mapping[str, str | int], seconds: float) -> None:
        super().__init__(code)
        self.reason = (code, params)
        self.seconds = seconds


class GivenUp(Exception):
    """It cannot be done, today or ever: the row keeps the reason.

    `also` is written in the same transaction: what else is to know of it.
    """

    def __init__(
        self, code: str, params: Mapping[str, str | int], also: Callable[[Session], None] = lambda _session: None
    ) -> None:
        super().__init__(code)
        self.reason = (code, params)
        self.also = also


class TryAgain(Exception):
    """This attempt did not do it, and counts: again after `seconds`; None: later, the more attempts there were."""

    def __init__(self, code: str, params: Mapping[str, str | int], seconds: float | None = None) -> None:
        super().__init__(code)
        self.reason = (code, params)
        self.seconds = seconds
