"""Standards and mails for ./dev bench rules: made up, by a seed, in the proportions that the measurement names.

75 % of the standards name an address, 15 % a domain, 8 % only words (drawn from a Zipf vocabulary of 50,000), 2 % a
pattern. A third of the mails fits none of them, a third one, a third three. What a supplier's mail is called besides
(invoice, receipt, ...) is no word of that vocabulary, so that it is known how many standards a mail fits.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from rules.conditions import Fact, in_order
from rules.facts import AttachmentFacts, MailFacts
from rules.standards import ImportStandard

VOCABULARY = 50_000
_DOCUMENTS = (
    *("Invoice", "Rechnung", "Faktura", "Receipt", "Beleg", "Quittung", "Factuur", "Bon", "Facture", "Statement"),
    *("Gutschrift", "Order", "Bestellung", "Abrechnung", "Mahnung", "Lieferschein", "Auftrag", "Credit", "Fattura"),
)
_SYLLABLES = [consonant + vowel for consonant in "bdklmnprstvw" for vowel in "aeiou"]
_PDF = AttachmentFacts("2", "document.pdf", "application/pdf", "application/pdf", 40_000, "00" * 32)


@dataclass(slots=True)
class World:
    """The standards of one size, and what mails are made of."""

    count: int
    seed: int = 4
    standards: list[ImportStandard] = field(default_factory=list)
    _address: list[tuple[str, str]] = field(default_factory=list)  # sender, the word asked for as well
    _domain: list[tuple[str, str]] = field(default_factory=list)
    _both: list[tuple[str, str]] = field(default_factory=list)  # address and domain of one supplier, without words
    _words: Counter[str] = field(default_factory=Counter)
    _patterns: list[str] = field(default_factory=list)  # a text that fits each
    _vocabulary: list[str] = field(default_factory=list)
    _unused: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        chance = random.Random(self.seed)
        self._vocabulary = _vocabulary(chance)
        self._add_senders(chance, self.count * 75 // 100, self.count * 15 // 100)
        self._add_words(chance, self.count * 8 // 100)
        self._add_patterns(chance, self.count - len(self.standards))
        self._unused = [word for word in self._vocabulary if word not in self._words]
        chance.shuffle(self.standards)

    def mails(self, count: int, seed: int = 1) -> Iterator[tuple[MailFacts, int]]:
        """Mails, each with the number of standards that it fits: 0, 1 and 3 in turn."""
        chance = random.Random(seed)
        rare = [word for word, uses in self._words.items() if uses == 1]
        for number in range(count):
            if number % 3 == 0:
                yield self._mail(chance, *self._stranger(chance)), 0
            elif number % 3 == 1:
                yield self._mail(chance, *self._fitting(chance, rare)), 1
            else:
                address, _ = chance.choice(self._both)
                yield self._mail(chance, address, chance.choice(rare)), 3

    def crowded_mails(self, count: int, seed: int = 2) -> Iterator[MailFacts]:
        """Mails with three of the fifty commonest words: at a million standards, each fits thousands."""
        chance = random.Random(seed)
        common = [word for word, _ in self._words.most_common(50)]
        for _ in range(count):
            yield self._mail(chance, f"someone@{chance.getrandbits(40):x}.example", *chance.sample(common, 3))

    def _stranger(self, chance: random.Random) -> tuple[str, str]:
        """A sender nobody knows; or one who is known, but not for this."""
        if chance.random() < 0.5:
            return f"someone@{chance.getrandbits(40):x}.example", ""
        sender, word = chance.choice(self._address)
        while not word:
            sender, word = chance.choice(self._address)
        return sender, ""

    def _fitting(self, chance: random.Random, rare: list[str]) -> tuple[str, str]:
        kind = chance.random()
        if kind < 0.75:
            return chance.choice(self._address)
        if kind < 0.90:
            domain, word = chance.choice(self._domain)
            return f"post{chance.randrange(100)}@{domain}", word
        stranger = f"someone@{chance.getrandbits(40):x}.example"
        return stranger, chance.choice(rare) if kind < 0.98 else chance.choice(self._patterns)

    def _mail(self, chance: random.Random, sender: str, *texts: str) -> MailFacts:
        words = [*chance.choices(self._unused, k=4), str(chance.randrange(10_000)), *filter(None, texts)]
        chance.shuffle(words)
        return MailFacts(
            from_addresses=(sender,),
            subject=" ".join(words).capitalize(),
            reverse_path=sender,
            attachments=(_PDF,),
            has_text=True,
            text="Please find the document attached.",
            sender_field=(),
            reply_to=(),
            octets=60_000,
        )

    def _add_senders(self, chance: random.Random, addresses: int, domains: int) -> None:
        for number in range(addresses):
            domain = f"{_name(chance)}-{number:x}.example"
            word = chance.choice(_DOCUMENTS) if number % 5 >= 3 else ""
            address = f"{chance.choice(('billing', 'rechnung', 'no-reply', 'service'))}@{domain}"
            self._add(chance, f"{domain} mail", sender=address, subject=word)
            if number >= domains // 5 or word:
                self._address.append((address, word))
                continue
            self._both.append((address, domain))
            self._add(chance, f"{domain} all", sender=f"@{domain}")
        for number in range(domains - len(self._both)):
            domain = f"{_name(chance)}-{number:x}d.example"
            word = chance.choice(_DOCUMENTS) if number % 2 else ""
            self._add(chance, f"{domain} all", sender=f"@*.{domain}" if number % 7 == 0 else f"@{domain}", subject=word)
            self._domain.append((f"mail.{domain}" if number % 7 == 0 else domain, word))

    def _add_words(self, chance: random.Random, count: int) -> None:
        weights = list(accumulate(1 / rank for rank in range(1, VOCABULARY + 1)))
        for number, word in enumerate(chance.choices(self._vocabulary, cum_weights=weights, k=count)):
            self._add(chance, f"Word {number}", subject=word)
            self._words[word] += 1

    def _add_patterns(self, chance: random.Random, count: int) -> None:
        for number in range(count):
            letters = "".join(chance.choice("bcdfghjkmnpqrtvwxz") for _ in range(3)).upper()
            digits = chance.randrange(4, 9)
            if number % 10:
                document = chance.choice(_DOCUMENTS)
                pattern, text = rf"\b{document}\s+{letters}-?\d{{{digits}}}\b", f"{document} {letters}-{'7' * digits}"
            else:  # nothing in it that an index could look for
                pattern, text = rf"\b[{letters}]{{2}}-\d{{{digits}}}/\d\d\b", f"{letters[:2]}-{'7' * digits}/26"
                self._add(chance, f"Pattern {number}", subject_pattern=pattern)
                continue
            self._add(chance, f"Pattern {number}", subject_pattern=pattern)
            self._patterns.append(text)

    def _add(self, chance: random.Random, name: str, **asked: str) -> None:
        given: dict[Fact, tuple[str, ...]] = {fact: (value,) for fact, value in asked.items() if value}  # type: ignore[misc]
        self.standards.append(
            ImportStandard(
                f"{chance.getrandbits(128):032x}",
                name,
                in_order(given),
                supplier=name.partition(" ")[0],
                priority=chance.choice((50, 100, 100, 100, 150)),
                origin="catalogue",
            )
        )


def _vocabulary(chance: random.Random) -> list[str]:
    words: dict[str, None] = {}
    while len(words) < VOCABULARY:
        words["".join(chance.choices(_SYLLABLES, k=chance.randrange(2, 6)))] = None
    return list(words)


def _name(chance: random.Random) -> str:
    return "".join(chance.choices(_SYLLABLES, k=3))
