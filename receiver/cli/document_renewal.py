"""What becomes of a PDF that was made anew: put in the place of the one that is there, or told why not.

Decides by what the comparison found and by what people have agreed to. Raises NotFound, NoRoom, TemporaryFailure.
"""

from dataclasses import dataclass
from typing import Any, Literal

from receiver.cli.output import column, say, show
from receiver.pipeline.render_order import facts_of
from receiver.pipeline.renewing import Renewed, Renewer
from rules.wording import Language, words
from storage.pages import Overtaken

# unchanged: octets and facts are the same. kept: it differs, and nobody has agreed. lesser: less of the page is in it
# than in the one that is there. failed: no PDF came of it. overtaken: another process has put one there meanwhile.
Outcome = Literal["replaced", "made", "unchanged", "kept", "lesser", "failed", "overtaken"]

_SAID: dict[Outcome, str] = {
    "replaced": "replaced",
    "made": "made; there was none",
    "unchanged": "the same as before",
    "kept": "differs; the one that was there stays",
    "lesser": "the one that was there stays: less of the page is in the new one",
    "failed": "the one that was there stays",
    "overtaken": "another process replaced it meanwhile; look at it again",
}
_LACKS = {
    "original": "the old one has the original inside, the new one has not (rendering.max_original_octets)",
    "archival": "the old one is PDF/A, the new one is not",
}
_COLUMNS = [column("Page", "page", may_wrap=False), column("Pixels that differ", "told", may_wrap=False)]


@dataclass(slots=True)
class Renewal:
    """Finishes what a renewer makes. `template` is that of the PDFs made until now."""

    renewer: Renewer
    language: Language
    template: str | None = None

    def is_question(self, renewed: Renewed) -> bool:
        """Whether people are to say if it takes the place of another one."""
        is_fit = renewed.result.pdf is not None and not renewed.is_lesser
        return is_fit and renewed.before is not None and not renewed.looks_the_same

    def finish(self, renewed: Renewed, *, may_differ: bool) -> dict[str, Any]:
        """Store it where it may be; the record that tells what became of it."""
        if renewed.result.pdf is not None:
            self.template = renewed.result.facts.template
        identity = renewed.before.id if renewed.before else None
        outcome = self._outcome(renewed, may_differ=may_differ)
        if outcome in {"replaced", "made"}:
            try:
                identity = self.renewer.put_in_place(renewed)
            except Overtaken:
                outcome = "overtaken"
        return told(renewed, outcome, self.language) | {"document": identity}

    def _outcome(self, renewed: Renewed, *, may_differ: bool) -> Outcome:
        if renewed.result.pdf is None:
            return "failed"
        if renewed.before is None:
            return "made"
        if renewed.is_lesser:
            return "lesser"
        if renewed.is_unchanged:
            return "unchanged"
        return "replaced" if may_differ or renewed.looks_the_same else "kept"


def told(renewed: Renewed, outcome: Outcome, language: Language) -> dict[str, Any]:
    """The record of a PDF made anew, as programs read it."""
    before, found, result = renewed.before, renewed.comparison, renewed.result
    reason = words(result.reason.code, result.reason.params, language) if result.reason else None
    return {
        "document": before.id if before else None,
        "message": renewed.page.message_id,
        "page": renewed.page.id,
        "filename": before.filename if before else renewed.page.filename,
        "outcome": outcome,
        "words": f"{reason}; {_SAID[outcome]}" if reason else _SAID[outcome],
        "octets_equal": found.has_same_octets if found else False,
        "looks_the_same": renewed.looks_the_same,
        "pages_before": found.pages_before if found else None,
        "pages_after": found.pages_after if found else None,
        "pages_differing": len(found.differing) if found else None,
        "differing": [{"page": page, "share": share} for page, share in found.differing.items()] if found else [],
        "sha256_before": before.sha256 if before else None,
        "facts": facts_of(result.facts),
    }


def say_difference(renewed: Renewed) -> None:
    """How the new PDF differs from the one that is there, for people."""
    name = renewed.page.filename
    found = renewed.comparison
    if renewed.result.pdf is None or renewed.before is None:
        return
    if found is None:
        say(f"{name}: the PDF that is there cannot be read")
    elif found.has_same_octets:
        say(f"{name}: octet for octet the same")
    elif found.pages_before is None:
        say(f"{name}: other octets; how the pages look could not be compared")
    elif found.looks_the_same:
        say(f"{name}: other octets, the same picture of each of {found.pages_before} pages")
    else:
        say(f"{name}: other octets, {found.pages_before} pages before and {found.pages_after} now")
        rows = [{"page": page, "told": _share(share)} for page, share in found.differing.items()]
        show(rows, _COLUMNS, as_json=False, when_empty="")
    for each in renewed.lacks:
        say(f"{name}: {_LACKS[each]}")


def _share(share: float | None) -> str:
    if share is None:
        return "not looked at"
    return "less than 0.01 %" if 0 < share < 0.0001 else f"{share:.2%}".replace("%", " %")
