"""Where a mailbox probably is: what providers publish, what the domain says, what DNS says, and good guesses.

Asked in this order, until one answers: the provider that was named, the provider whose domain it is, the domain's own
file (autoconfig), SRV, the MX as the sign of a known provider, then the usual names, of which only those count that
greet as an IMAP server with a certificate that holds. Every source is told with what it said. Stores nothing. DNS
proves nothing: `needs_consent` marks what a person should look at first (RFC 6186 section 6).
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from receiver.doctor.resolver import Resolver, Unanswered
from receiver.imap.failures import ImapFailure
from receiver.imap.session import Session
from receiver.imap.values import Limits, Place
from receiver.linking.autoconfig import Unusable, Web, from_dns, from_web
from receiver.linking.presets import Preset, preset_named, preset_of_domain, preset_of_mx
from receiver.linking.proposal import Proposal, Security, Source

_PATIENCE_SECONDS = 6.0
_GUESSES = ("imap.{domain}", "mail.{domain}", "{domain}")
_WAYS: tuple[tuple[int, Security], ...] = ((993, "tls"), (143, "starttls"))

Greets = Callable[[Proposal], bool]


@dataclass(frozen=True, slots=True)
class Asked:
    """A source that was asked, and what came of it in words for the operator; "" when it proposed something."""

    source: Source
    where: str
    obstacle: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is proposed, the likeliest first, and everybody who was asked."""

    proposals: tuple[Proposal, ...]
    asked: tuple[Asked, ...]

    @property
    def best(self) -> Proposal | None:
        """What to begin with."""
        return self.proposals[0] if self.proposals else None


@dataclass(frozen=True, slots=True)
class Sources:
    """Whom to ask. `greets`: whether an IMAP server stands where a guess says."""

    resolver: Resolver
    web: Web = field(default_factory=Web)
    greets: Greets | None = None


def choose(address: str, provider: str, sources: Sources) -> Choice:
    """Ask for a canonical address; `provider` is a preset's name or "". An unknown name proposes nothing."""
    asked: list[Asked] = []
    for source, where, ask in _questions(address, provider, sources):
        try:
            proposals, obstacle = ask(), "it names no server"
        except (Unusable, Unanswered) as failure:
            proposals, obstacle = [], str(failure)
        asked.append(Asked(source, where, "" if proposals else obstacle))
        if proposals:
            return Choice(tuple(proposals), tuple(asked))
    return Choice((), tuple(asked))


def needs_consent(proposal: Proposal, address: str) -> bool:
    """Whether DNS alone, which anybody on the way can forge, leads to a server outside the address's own domain."""
    domain = address.rpartition("@")[2]
    return proposal.source == "srv" and not f".{proposal.host}".endswith(f".{domain}")


def usernames_for(preset: Preset, address: str) -> tuple[str, ...]:
    """What the provider's users log in as, the likeliest first; () where only they know."""
    local = address.rpartition("@")[0]
    return {"address": (address,), "local part": (local, address), "ask": ()}[preset.username]


def proposal_of(preset: Preset, source: Source, address: str, host: str = "") -> Proposal:
    """A provider's way to an address's mailbox."""
    advice, params = preset.advice
    return Proposal(
        source=source,
        host=host or preset.host_for(address.rpartition("@")[2]),
        port=preset.port,
        security=preset.security,
        auth=preset.auth,
        usernames=usernames_for(preset, address),
        provider=preset.name,
        oauth=preset.oauth,
        advice=advice,
        advice_params=params,
    )


def greets(allow_internal: bool) -> Greets:
    """Ask by really connecting: name, address, certificate and greeting, within some seconds; nothing is sent."""
    limits = Limits(
        connect_seconds=_PATIENCE_SECONDS, silence_seconds=_PATIENCE_SECONDS, command_seconds=_PATIENCE_SECONDS
    )

    async def ask(proposal: Proposal) -> bool:
        place = Place(host=proposal.host, port=proposal.port, security=proposal.security, allow_internal=allow_internal)
        try:
            session = await Session.open(place, limits)
        except ImapFailure:
            return False
        await session.logout()
        return True

    return lambda proposal: asyncio.run(ask(proposal))


_Question = tuple[Source, str, Callable[[], list[Proposal]]]


def _questions(address: str, provider: str, sources: Sources) -> Iterator[_Question]:
    domain = address.rpartition("@")[2]
    if provider:
        yield "provider", provider, lambda: _of_preset(preset_named(provider), "provider", address)
        return
    yield "domain", domain, lambda: _of_preset(preset_of_domain(domain), "domain", address)
    for place in sources.web.places:
        where = place.partition("?")[0].format(domain=domain, address="")
        yield "autoconfig", where, lambda place=place: from_web(sources.web, place, address)  # type: ignore[misc]
    yield "srv", f"_imaps._tcp.{domain}, _imap._tcp.{domain}", lambda: from_dns(sources.resolver, address)
    yield "mx", domain, lambda: _of_mx(sources.resolver, address)
    yield "guess", ", ".join(each.format(domain=domain) for each in _GUESSES), lambda: _guessed(sources, address)


def _of_preset(preset: Preset | None, source: Source, address: str) -> list[Proposal]:
    return [] if preset is None else [proposal_of(preset, source, address)]


def _of_mx(resolver: Resolver, address: str) -> list[Proposal]:
    for exchange in resolver.mx(address.rpartition("@")[2]):
        preset = preset_of_mx([exchange])
        if preset is not None:
            return [proposal_of(preset, "mx", address, exchange if preset.host_is_mx else "")]
    return []


def _guessed(sources: Sources, address: str) -> list[Proposal]:
    domain = address.rpartition("@")[2]
    for port, security in _WAYS:
        for name in _GUESSES:
            host = name.format(domain=domain)
            guess = Proposal(source="guess", host=host, port=port, security=security, usernames=(address,))
            if sources.greets is not None and sources.greets(guess):
                return [guess]
    return []
