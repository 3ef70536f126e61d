"""The settings of the renderer, `[rendering]`.

Pure; raises nothing beyond what pydantic says of a value.
"""

from typing import Literal

from pydantic import Field

from receiver.setting_values import Section, SocketPath


class RenderingSettings(Section):
    """The renderer: e-mail text as PDF."""

    socket: SocketPath = Field(
        "", description="Unix socket of the renderer; empty: run/render.sock in the data folder, started by serve."
    )
    command: str = Field("", description="Path of wkhtmltopdf; empty: looked up in PATH.")
    sandbox: Literal["auto", "bubblewrap", "landlock", "none-i-accept-that-mail-may-run-code-here"] = Field(
        "auto",
        description="What holds wkhtmltopdf; auto: bubblewrap, else landlock. Where none works bodies stay HTML.",
    )
    fonts: str = Field("/usr/share/fonts", description="Where fonts are installed; pages are drawn with few of them.")
    seconds: float = Field(30.0, gt=0, description="Wall time of one document.")
    max_input_octets: int = Field(8 * 1024**2, ge=64 * 1024, description="HTML with its images, after inlining.")
    max_pages: int = Field(500, ge=1, description="Pages of one PDF.")
    max_original_octets: int = Field(
        25 * 1024**2, ge=0, le=128 * 1024**2, description="Largest e-mail that is put into the PDF made of its text."
    )
    archival: bool = Field(True, description="Make PDF/A-3b where the page allows it.")
