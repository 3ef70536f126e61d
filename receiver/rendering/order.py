"""What is asked of the renderer, and what it tells of its work: values that the pipeline and the renderer share.

Octets and words only: no row, no id, no key (law 17). Builds nothing, sends nothing.
"""

from dataclasses import dataclass, field
from datetime import datetime

# What a PDF is called that passed the validator.
ARCHIVAL = "PDF/A-3b"
# A PDF as it is kept: the largest original that a setting allows, and the pages around it.
MAX_FINISHED_OCTETS = 192 * 1024**2


@dataclass(frozen=True, slots=True)
class Original:
    """The octets that the page is a view of: they are embedded in the PDF as an associated file, as they stand."""

    octets: bytes = field(repr=False)
    name: str  # safe as a file name, e.g. message.eml
    media_type: str  # message/rfc822, or application/xml of an e-invoice


@dataclass(frozen=True, slots=True)
class RenderOrder:
    """A whole HTML document in UTF-8 (receiver.rendering.page), and what its PDF says of itself.

    `date`: the mail's own, aware; it becomes the PDF's dates, so that the same mail gives the same octets.
    """

    page: bytes = field(repr=False)
    title: str = ""
    author: str = ""
    date: datetime | None = None
    language: str = ""  # BCP 47; "" is not said
    original: Original | None = None

    @property
    def particulars(self) -> "Particulars":
        """The order without its page."""
        return Particulars(self.title, self.author, self.date, self.language, self.original)


@dataclass(frozen=True, slots=True)
class Particulars:
    """What a PDF says of itself and carries inside, whichever page it is made of."""

    title: str = ""
    author: str = ""
    date: datetime | None = None
    language: str = ""
    original: Original | None = None


@dataclass(frozen=True, slots=True)
class RenderFacts:
    """How a PDF came about; stored with the document.

    `archival`: "PDF/A-3b", or "" with `archival_fault` saying what was against it: switched_off, too_large_to_prove,
    proof_failed, or the rule of the validator that is broken or could not be checked.
    """

    rung: str = ""  # full, unstyled or text
    pages: int = 0
    milliseconds: int = 0
    renderer: str = ""  # the program with its version
    template: str = ""  # version of page and cleaning
    sandbox: str = ""  # bubblewrap, landlock or none
    archival: str = ""
    archival_fault: str = ""
    original: str = ""  # embedded, too_large, or "" when none came
