"""One PDF, looked through once and opened once, for all that is read of it. Runs in the limited child only.

Opened when somebody asks for it first, and only where the look at its octets finds nothing that would keep the reader
beyond bounds. Raises nothing that a PDF causes. Standard: ISO 32000-1, read by PDFium.
"""

from functools import cached_property
from types import TracebackType
from typing import Any, Final, Self

from rules.recognition.pdf_streams import may_be_opened

_PASSWORD_ERROR: Final = 4  # FPDF_ERR_PASSWORD


class Pdf:
    """A PDF, for `with`."""

    def __init__(self, octets: bytes) -> None:
        # PDFium reads them where they are, as long as the document is open.
        self.octets = octets
        self.is_encrypted = False  # known once it was tried to open it
        self._is_opened = False
        self._document: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._document:
            library().FPDF_CloseDocument(self._document)
            self._document = None

    @cached_property
    def may_be_opened(self) -> bool:
        """Whether the reader stays within bounds, by the octets."""
        return may_be_opened(self.octets)

    @property
    def document(self) -> Any:
        """PDFium's handle; None of what it cannot open, and of what must not be opened."""
        if not self._is_opened:
            self._is_opened = True
            if self.may_be_opened:
                raw = library()
                self._document = raw.FPDF_LoadMemDocument64(self.octets, len(self.octets), None) or None
                self.is_encrypted = self._document is None and raw.FPDF_GetLastError() == _PASSWORD_ERROR
        return self._document


_ready: list[Any] = []


def library() -> Any:
    """PDFium, ready to be asked."""
    if not _ready:
        # Costs 40 ms and 12 MB, which most processes never need; a child loads it before its first mail.
        from pypdfium2 import raw  # noqa: PLC0415

        raw.FPDF_InitLibrary()
        _ready.append(raw)
    return _ready[0]
