"""The least that one process for each page can cost: starting the program on an empty page, and the page's own work.

Without any sandbox, with our fonts and options. The page's own work is what each further copy adds to one process.
"""

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from bench.rendering.mails import Mail
from receiver.rendering import fonts, sandbox
from receiver.rendering.font_folder import font_folder
from receiver.rendering.wkhtmltopdf import OPTIONS

COPIES = 9


class Floor:
    """Measures with files in `folder`."""

    def __init__(self, folder: Path) -> None:
        program = sandbox.find_program("")
        places = font_folder(fonts.pick(), [folder], program.library_folders)
        self._environment = sandbox.leave_open(program, places, folder).environment
        words = [word for name, value in OPTIONS.items() for word in (f"--{name}", value) if word]
        self._command = [str(program.path), "--quiet", *words]
        self._folder = folder
        self._empty = folder / "empty.html"
        self._empty.write_text("<p>")
        self.seconds([self._empty])  # fills the cache of fonts

    def of(self, mail: Mail, times: int) -> float:
        """Seconds for one document of this mail."""
        page = self._folder / f"{mail.name}.html"
        page.write_bytes(mail.page())
        start = sum(self.seconds([self._empty]) for _ in range(times)) / times
        one = sum(self.seconds([page]) for _ in range(times)) / times
        many = self.seconds([page] * COPIES)
        return start + max(0.0, (many - one) / (COPIES - 1))

    def seconds(self, pages: Sequence[Path]) -> float:
        """Wall time of one process that renders `pages` into one PDF."""
        begun = time.perf_counter()
        command = [*self._command, *map(str, pages), str(self._folder / "out.pdf")]
        subprocess.run(command, env=self._environment, capture_output=True, timeout=300, check=False)
        return time.perf_counter() - begun
