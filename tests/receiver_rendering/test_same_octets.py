"""The same mail gives the same octets, wherever fonts are installed and whatever holds the program."""

from pathlib import Path

import pytest

from receiver.config import RenderingSettings
from receiver.rendering.page import HeaderBlock, page
from receiver.rendering.workshop import Workshop

BODY = "<p>Plain</p><p><b>bold</b> <i>italic</i></p><pre>mono</pre><p style='font-family:Georgia'>serif <b>bold</b></p>"
NONE = "none-i-accept-that-mail-may-run-code-here"


def test_fonts_are_named_and_numbered_alike_wherever_they_are_installed(tmp_path: Path) -> None:
    """wkhtmltopdf writes fonts in the order of a hash over their paths: seven paths, two orders, one PDF."""
    document = page(HeaderBlock("a@b.example", "c@d.example", None, "Invoice"), BODY).encode()
    made = set()
    for number in range(7):
        folder = tmp_path / ("x" * number + "y")
        folder.mkdir()
        workshop = Workshop(RenderingSettings(sandbox=NONE), folder)
        made.add(workshop.render(document, 60).pdf)
        workshop.close()
    assert len(made) == 1


@pytest.mark.parametrize("sandbox", ["landlock", NONE])
def test_what_holds_the_program_leaves_no_trace(tmp_path: Path, sandbox: str) -> None:
    """Behind bubblewrap fonts have another path than beside it."""
    document = page(HeaderBlock("a@b.example", "c@d.example", None, "Invoice"), BODY).encode()
    made = []
    for kind in ("bubblewrap", sandbox):
        (tmp_path / kind).mkdir()
        workshop = Workshop(RenderingSettings.model_validate({"sandbox": kind}), tmp_path / kind)
        made.append(workshop.render(document, 60).pdf)
        workshop.close()
    assert made[0] == made[1]
