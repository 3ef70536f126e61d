"""Whether there is a font for what people write in: words in a script without one are left blank in PDFs.

Looks at names of files only.
"""

from pathlib import Path

from receiver.doctor.findings import Finding
from receiver.rendering.fonts import EMOJI_PACKAGE, emoji_font, missing_by_package, pick


def judge_fonts(source: Path) -> list[Finding]:
    """One finding for each Debian package that would bring what is missing; else how many fonts are used."""
    chosen = pick(source)
    if not chosen.files:
        remedy = "install fonts-liberation and the others that docs/operating.md names, or set rendering.fonts"
        return [Finding("fonts", "failed", f"{source}: holds no font, pages have no words", remedy)]
    findings = [
        _missing(package, f"no font for {', '.join(names)}: left blank in PDFs")
        for package, names in missing_by_package(chosen.missing).items()
    ]
    if emoji_font(source) is None:
        findings.append(_missing(EMOJI_PACKAGE, "no font for emoji in colour: drawn in black, or left blank"))
    return findings or [Finding("fonts", "ok", f"{source}: pages are drawn with {len(chosen.files)} fonts of it")]


def _missing(package: str, what: str) -> Finding:
    return Finding("fonts", "warning", what, f"apt-get install {package}, then restart the renderer")
