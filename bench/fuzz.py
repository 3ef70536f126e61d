"""Hostile dialogues made up by mutation, against SMTP sessions in this process, in virtual time.

    ./dev fuzz smtp [--seconds 60] [--seed N] [--corpus FOLDER] [--distil FOLDER]
    ./dev fuzz einvoice|forward [--seconds 60] [--seed N] [--corpus FOLDER]

The second one makes up files and texts for a reader: see bench/fuzzing/octets.py and its targets. The first:

Scripts of octets, pauses, TLS handshakes and endings grow out of valid dialogues and the abuse corpus. One that does
what none before it did (a reply that follows another, a line of log, a step in the door's code) goes into the corpus,
`fuzz/smtp` below the data folder unless another one is named; it is played first next time, and mutated on. `--distil`
writes the three dozen small scripts that cover the most into a folder at the end: tests/corpus/fuzz_smtp was made so.
The decoders of DATA and BDAT are compared with obvious references in between. Below the sessions stand a journal and
a directory that fail now and then. What must hold of every script:

- nothing is raised but storage.failures' two families, neither into the loop nor to the exception hook;
- every reply is one of RFC 5321's form, printable, at most 512 octets, without a word of what failed or of our insides;
- 250 after a message means that the journal kept it, with lines that end in CRLF and no NUL; no sink is left behind;
- the trace of a message is one field of printable ASCII;
- the session ends: its timers see to it, however long the client is silent.

A script that breaks one of these is printed and kept in `found-*.json`; exit code 1.
"""

import argparse
import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench import fuzz_mime
from bench.fuzzing import corpus, decoders, octets
from bench.fuzzing.doors import KINDS
from bench.fuzzing.range import Range
from bench.fuzzing.scripts import Mutator, Script
from bench.fuzzing.words import PAUSES, WORDS

_MOST_KEPT_OCTETS = 4_000
_MOST_FAULTS = 10
_DISTILLED = 36
_SMALL = 1_000


@dataclass
class Campaign:
    """What a run came to."""

    scripts: int = 0
    trials: int = 0  # of the decoders
    kept: list[Script] = field(default_factory=list)
    found: list[tuple[Script, list[str]]] = field(default_factory=list)
    decoder_faults: list[str] = field(default_factory=list)

    @property
    def faults(self) -> int:
        """How often a promise was broken."""
        return len(self.found) + len(self.decoder_faults)


def run(seconds: float, seed: int, known: list[Script], on_kept: Callable[[Script], None] = lambda _: None) -> Campaign:
    """Play what is known, then mutate until the time is over or ten faults were found."""
    chance, place, campaign = random.Random(seed), Range(), Campaign()
    mutator, pool, seen = Mutator(chance, WORDS, PAUSES, tuple(KINDS)), list[Script](), set[object]()
    deadline = time.monotonic() + seconds
    waiting = list(known)
    while (waiting or time.monotonic() < deadline) and campaign.faults < _MOST_FAULTS:
        is_known = bool(waiting)
        script = waiting.pop(0) if waiting else mutator.mutate(chance.choice(pool), chance.choice(pool))
        course = place.run(script)
        campaign.scripts += 1
        if course.faults:
            campaign.found.append((script, course.faults))
        elif course.traits - seen or not pool:
            seen |= course.traits
            pool.append(script)
            if not is_known and script.octets <= _MOST_KEPT_OCTETS:
                campaign.kept.append(script)
                on_kept(script)
        campaign.trials += 1
        if words := decoders.trial(chance):
            campaign.decoder_faults.append(words)
    return campaign


def main() -> int:
    """Fuzz and say what was found."""
    if sys.argv[1:2] == ["mime"]:
        return fuzz_mime.main(sys.argv[2:])
    parser = argparse.ArgumentParser(
        prog="./dev fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["smtp", "mime", *octets.NAMES])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    default = Path(os.environ.get("POSTBUS_DATA", "var")) / "fuzz"
    parser.add_argument("--corpus", type=Path, help=f"where what is new is kept ({default}/WHAT)")
    parser.add_argument("--distil", type=Path, help="write the small scripts that cover the most into this folder")
    arguments = parser.parse_args()
    arguments.corpus = arguments.corpus or default / arguments.what
    print(f"seed {arguments.seed}", flush=True)
    if arguments.what in octets.NAMES:
        return octets.main(arguments.what, arguments.seconds, arguments.seed, arguments.corpus)
    kept = corpus.kept_in(arguments.corpus)
    known = [*corpus.found_in(arguments.corpus), *corpus.seeds(), *corpus.kept_in(corpus.CHECKED_IN), *kept]
    campaign = run(
        arguments.seconds, arguments.seed, known, on_kept=lambda script: corpus.keep(arguments.corpus, script)
    )
    report(campaign, arguments, len(known))
    if arguments.distil:
        place, candidates = Range(), [script for script in [*known, *campaign.kept] if script.octets <= _SMALL]
        few = corpus.distil(candidates, lambda script: place.run(script).traits, _DISTILLED)
        corpus.write(arguments.distil, few)
        print(f"{len(few)} scripts in {arguments.distil}")
    return 1 if campaign.faults else 0


def report(campaign: Campaign, arguments: argparse.Namespace, known: int) -> None:
    """Faults first, each with where its script stands."""
    for number, (script, faults) in enumerate(campaign.found):
        path = corpus.set_aside(arguments.corpus, f"{arguments.seed}-{number}", script)
        print(f"{path}: {faults[0]}\n  {script.steps!r:.400}, {script.ending}")
    for words in campaign.decoder_faults:
        print(words)
    print(
        f"{campaign.scripts} scripts, {known} known before, {len(campaign.kept)} new kept; "
        f"{campaign.trials} trials of the decoders; {campaign.faults} faults"
    )


if __name__ == "__main__":
    sys.exit(main())
