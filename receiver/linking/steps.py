"""Try an account step by step, as a pull would reach it, and say at each step whether it holds.

Name, connection, certificate, login, mailboxes, start date. Nothing in a mailbox changes (EXAMINE), no mail is fetched:
at most the dates of those that came in around the start date. Stores and prints nothing; each step is reported as a
code with parameters (law 25) as soon as it is known. Never raises what a server can cause: that is a failed step.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from receiver.imap.destinations import resolve
from receiver.imap.failures import ImapFailure
from receiver.imap.session import Session
from receiver.imap.uid_sets import UidSet
from receiver.imap.values import Limits, Login, Place

StepName = Literal["name", "connection", "certificate", "login", "mailboxes", "start_date"]
STEPS: tuple[StepName, ...] = ("name", "connection", "certificate", "login", "mailboxes", "start_date")
_OF_NAME = frozenset({"host_not_found", "host_is_internal"})
_OF_CERTIFICATE = frozenset({"certificate_wrong", "tls_failed", "starttls_missing", "plaintext_refused"})
_MOST_DATES = 5_000  # mails of the days around the start date whose exact time is asked for
_MOST_NAMED = 20
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Step:
    """How a step went: a code of rules.phrases_of_linking or rules.phrases_of_accounts, with its parameters."""

    name: StepName
    result: Literal["ok", "failed", "skipped"]
    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is tried. `login`: makes the login of a user name, a new token perhaps; it may raise ImapFailure.

    usernames: in the order in which they are tried. mailboxes: (): those that are watched by default.
    identity: what we say of ourselves (RFC 2971).
    """

    place: Place
    limits: Limits
    usernames: Sequence[str]
    login: Callable[[str], Awaitable[Login]]
    start_date: date
    mailboxes: tuple[str, ...] = ()
    identity: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """All steps in order; the user name that the server took, or None; mails that a first pull would look at."""

    steps: tuple[Step, ...]
    username: str | None = None
    would_look_at: int | None = None

    @property
    def is_good(self) -> bool:
        """Whether every step holds."""
        return all(step.result == "ok" for step in self.steps)


class _Failed(Exception):
    """A step failed; the rest is skipped."""


async def try_account(trial: Trial, report: Callable[[Step], None] = lambda _step: None) -> Outcome:
    """Go through the steps until one fails; the others are told as skipped."""
    walk = _Walk(trial, report)
    async with AsyncExitStack() as stack:
        try:
            session = await walk.open(stack)
            await walk.count(session, await walk.watched(session))
        except _Failed:
            walk.skip_the_rest()
    return Outcome(tuple(walk.steps), walk.username, walk.would_look_at)


class _Walk:
    def __init__(self, trial: Trial, report: Callable[[Step], None]) -> None:
        self.trial = trial
        self.steps: list[Step] = []
        self.username: str | None = None
        self.would_look_at: int | None = None
        self._report = report

    async def open(self, stack: AsyncExitStack) -> Session:
        """Name, connection, certificate, login."""
        place = self.trial.place
        try:
            # Asked once more by the session, which checks what it uses (law 18); this answer is only told.
            addresses = await resolve(
                place.host,
                place.port,
                allow_internal=place.allow_internal,
                seconds=self.trial.limits.connect_seconds,
            )
        except ImapFailure as failure:
            raise self._failed("name", failure) from failure
        self._ok("name", "name_found", host=place.host, address=addresses[0])
        names = list(self.trial.usernames)
        for name in names:
            session = await self._connect(stack)
            try:
                await session.login(await self.trial.login(name))
                await session.identify(self.trial.identity)
            except ImapFailure as failure:
                if failure.code == "password_refused" and name != names[-1]:
                    continue
                raise self._failed("login", failure) from failure
            self.username = name
            self._ok("login", "logged_in", username=name)
            return session
        raise self._failed("login", ImapFailure("password_refused"))

    async def watched(self, session: Session) -> list[str]:
        """The mailboxes that a pull would look into."""
        try:
            listed = await session.mailboxes()
        except ImapFailure as failure:
            raise self._failed("mailboxes", failure) from failure
        names = {each.name for each in listed}
        for name in self.trial.mailboxes:
            if name not in names and name.upper() != "INBOX":
                raise self._failed("mailboxes", ImapFailure("mailbox_gone", mailbox=name))
        everything = [each.name for each in listed if "\\all" in each.flags]
        is_gmail = "X-GM-EXT-1" in session.capabilities
        watched = list(self.trial.mailboxes) or (everything[:1] if is_gmail and everything else ["INBOX"])
        shown = ", ".join(watched[:_MOST_NAMED])
        self._ok("mailboxes", "mailboxes_found", count=len(listed), mailboxes=shown)
        return watched

    async def count(self, session: Session, watched: Sequence[str]) -> None:
        """How many mails a first pull would look at."""
        start, looked_at, exist = self.trial.start_date, 0, 0
        try:
            for name in watched:
                exist += (await session.examine(name)).exists
                looked_at += await _count_since(session, start)
        except ImapFailure as failure:
            raise self._failed("start_date", failure) from failure
        self.would_look_at = looked_at
        before = max(0, exist - looked_at)
        self._ok("start_date", "would_look_at", count=looked_at, date=start.isoformat(), before=before)

    def skip_the_rest(self) -> None:
        """Tell of the steps that were not reached."""
        for name in STEPS[len(self.steps) :]:
            self._add(Step(name, "skipped", "not_tried"))

    async def _connect(self, stack: AsyncExitStack) -> Session:
        place = self.trial.place
        try:
            session = await Session.open(place, self.trial.limits)
        except ImapFailure as failure:
            step: StepName = "certificate" if failure.code in _OF_CERTIFICATE else "connection"
            if step == "certificate":
                self._ok("connection", "connected", port=place.port)
            raise self._failed("name" if failure.code in _OF_NAME else step, failure) from failure
        stack.push_async_callback(session.logout)
        self._ok("connection", "connected", port=place.port)
        if session.tls:
            self._ok("certificate", "certificate_holds", tls=session.tls, host=place.host)
        else:
            self._ok("certificate", "nothing_is_private")
        return session

    def _ok(self, name: StepName, code: str, **params: str | int) -> None:
        self._add(Step(name, "ok", code, params))

    def _failed(self, name: StepName, failure: ImapFailure) -> _Failed:
        self._add(Step(name, "failed", failure.code, failure.params))
        return _Failed()

    def _add(self, step: Step) -> None:
        if all(each.name != step.name for each in self.steps):  # a second user name connects once more
            self.steps.append(step)
            self._report(step)


async def _count_since(session: Session, start: date) -> int:
    """Mails that came in from midnight UTC of that day on. SEARCH knows days of whatever zone the server thinks in."""
    certain = await session.search_since(start + _DAY)
    maybe = set(await session.search_since(start - _DAY)) - set(certain)
    if len(maybe) > _MOST_DATES:
        return len(certain) + len(maybe)
    midnight = datetime(start.year, start.month, start.day, tzinfo=UTC)
    after = 0
    async for head in session.heads(UidSet.of(maybe)):
        after += head.internal_date is None or head.internal_date >= midnight
    return len(certain) + after
