"""wkhtmltopdf through pdfkit, with what pdfkit lacks: a deadline, a sandbox, and deafness to the mail.

pdfkit reads command-line options from the page (`<meta name="pdfkit-…">`, CVE-2025-26240), waits for ever, passes on
our environment and trusts the exit code. None of that is left here.
Raises NotRendered.
"""

from collections.abc import Mapping
from types import MappingProxyType

from pdfkit import PDFKit
from pdfkit.configuration import Configuration

from receiver.rendering.bounded_run import Limits
from receiver.rendering.judge import is_whole
from receiver.rendering.reasons import NotRendered
from receiver.rendering.sandbox import Confinement

# Those that this build accepts and obeys; pdfkit adds --quiet.
OPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "disable-javascript": "",
        "disable-local-file-access": "",
        "disable-plugins": "",
        # The default of 200 ms is waited for with scripts off too.
        "javascript-delay": "0",
        "load-error-handling": "ignore",
        "load-media-error-handling": "ignore",
        "encoding": "utf-8",
        "page-size": "A4",
        "margin-top": "12mm",
        "margin-right": "12mm",
        "margin-bottom": "14mm",
        "margin-left": "12mm",
    }
)
MAX_PDF_OCTETS = 32 * 1024**2
VERSION_SECONDS = 10.0
MAX_VERSION_OCTETS = 4096


class Wkhtmltopdf(PDFKit):  # type: ignore[misc]  # pdfkit has no types
    """One page on its way to a PDF."""

    def __init__(self, page: bytes, confinement: Confinement, options: Mapping[str, str] = OPTIONS) -> None:
        """`page`: a whole HTML document in UTF-8. `options`: for tests that prove the sandbox without the flags."""
        configuration = Configuration(wkhtmltopdf=str(confinement.program), environ=confinement.environment)
        super().__init__("", "string", options=dict(options), configuration=configuration)
        self._page = page
        self._confinement = confinement

    def _find_options_in_meta(self, content: object) -> dict[str, str]:  # noqa: ARG002 - pdfkit's signature
        """No option ever comes from a page."""
        return {}

    def to_pdf(self, path: None = None, seconds: float = 30.0) -> bytes:  # noqa: ARG002 - pdfkit's signature
        """The PDF as wkhtmltopdf wrote it, not judged yet."""
        output = self._confinement.output
        limits = Limits(seconds=seconds, output_octets=MAX_PDF_OCTETS)
        outcome = self._confinement.run(self.command(None if output == "-" else output), self._page, limits, is_whole)
        if outcome.end == "deadline":
            raise NotRendered("render_took_too_long", seconds=round(seconds))
        if outcome.end == "output":
            raise NotRendered("render_gave_too_much", limit=MAX_PDF_OCTETS)
        if not outcome.stdout:
            fault = NotRendered("render_gave_no_pdf")
            # For the proof alone: what a program says about a stranger's page is not repeated anywhere.
            fault.add_note(_first_line(outcome.stderr))
            raise fault
        return outcome.stdout


def version_of(confinement: Confinement) -> str:
    """The program's own name and version, e.g. `wkhtmltopdf 0.12.6`; its name alone when it does not tell."""
    command = [str(confinement.program), "--version"]
    outcome = confinement.run(command, b"", Limits(VERSION_SECONDS, MAX_VERSION_OCTETS))
    return _first_line(outcome.stdout)[:60] or confinement.program.name


def _first_line(stderr: bytes) -> str:
    text = stderr.decode("ascii", "replace").strip().partition("\n")[0]
    return "".join(character for character in text if character.isprintable())[:200]
