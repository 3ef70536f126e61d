"""The rungs of the ladder: the whole page, without the mail's style sheets, its words alone."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from receiver.config import RenderingSettings
from receiver.rendering.cleaning import clean_html
from receiver.rendering.page import HeaderBlock, page
from receiver.rendering.reasons import NotRendered
from receiver.rendering.workshop import Workshop

HEADER = HeaderBlock("a@x.example", "b", None, "Invoice 4711")


def document_of(html: str) -> bytes:
    """The page of a mail."""
    return page(HEADER, clean_html(html, {})).encode()


def test_a_style_sheet_that_spoils_the_page_is_left_out(look: Any, workshop_of: Callable[..., Any]) -> None:
    """Rules that make lines as high as pages make too many of these; a page without them is better than none."""
    html = "<style>.a{height:1200px}</style>" + "<p class=a style='color:red'>x</p>" * 20 + "<b>Total 12</b>"

    rendered = workshop_of(max_pages=3).render(document_of(html), 30)

    assert (rendered.rung, rendered.pages) == ("unstyled", 1)
    assert "Total 12" in look.words(rendered.pdf)
    assert "Invoice 4711" in look.words(rendered.pdf)


def test_what_the_mail_itself_spoils_keeps_its_words(look: Any, workshop_of: Callable[..., Any]) -> None:
    """Where the elements are the fault, both upper rungs fail, and the words are there all the same."""
    html = "<style>.a{color:red}</style>" + "<p class=a style='height:1200px'>x</p>" * 20 + "<b>Total 12</b>"

    rendered = workshop_of(max_pages=3).render(document_of(html), 30)

    assert rendered.rung == "text"
    assert "Total 12" in look.words(rendered.pdf)


def test_what_fails_on_every_rung_says_why_the_whole_page_failed(workshop_of: Callable[..., Any]) -> None:
    """The reason is that of the page that was asked for."""
    html = "<style>.a{height:1200px}</style>" + "<p class=a>x</p>" * 400

    with pytest.raises(NotRendered) as fault:
        workshop_of(max_pages=3).render(document_of(html), 30)

    assert fault.value.reason.code == "render_too_many_pages"
    assert int(fault.value.reason.params["pages"]) >= 100


def test_a_page_with_more_elements_than_there_is_time_for_keeps_its_words(
    look: Any, workshop_of: Callable[..., Any]
) -> None:
    """A table of 100,000 rows would take all the time on the upper rungs, and none of them would end."""
    rendered = workshop_of().render(document_of("<table>" + "<tr><td>x" * 21_000 + "</table><b>Total 12</b>"), 8)

    assert rendered.rung == "text"
    assert "Invoice 4711" in look.words(rendered.pdf)


def test_a_sandbox_that_vanishes_spoils_no_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bubblewrap is removed in the midst: the page waits, is not called unfit, and is made whole behind landlock."""
    (tmp_path / "bwrap").symlink_to("/usr/bin/bwrap")
    (tmp_path / "wkhtmltopdf").symlink_to("/usr/bin/wkhtmltopdf")
    monkeypatch.setenv("PATH", str(tmp_path))
    document = document_of("<style>.a{color:red}</style><p class=a>Total 12</p>")
    with closing(Workshop(RenderingSettings(), tmp_path)) as workshop:
        before = workshop.render(document, 30).facts
        (tmp_path / "bwrap").unlink()

        with pytest.raises(NotRendered) as fault:
            workshop.render(document, 30)
        after = workshop.render(document, 30).facts

    assert fault.value.reason.waits
    assert (before.sandbox, after.sandbox, after.rung) == ("bubblewrap", "landlock", "full")


def test_a_program_that_was_killed_from_without_is_started_again(
    tmp_path: Path, workshop_of: Callable[..., Any]
) -> None:
    """For want of memory, say: the page is laid out whole; one that kills it each time is made of less."""
    program, kills = tmp_path / "wkhtmltopdf", tmp_path / "kills"
    program.write_text(
        f"#!/bin/sh\nif grep -q . {kills} 2>/dev/null; then sed -i 1d {kills}; kill -9 $$; fi\n"
        'exec /usr/bin/wkhtmltopdf "$@"\n'
    )
    program.chmod(0o755)
    workshop = workshop_of(command=str(program), sandbox="none-i-accept-that-mail-may-run-code-here")
    document = document_of("<style>.a{color:red}</style><p class=a>Total 12</p>")
    workshop.prepare()

    rungs = []
    for times in (1, 2):
        kills.write_text("once\n" * times)
        rungs.append(workshop.render(document, 30).rung)

    assert rungs == ["full", "unstyled"]


def test_a_place_that_takes_no_files_is_no_fault_of_the_page(tmp_path: Path) -> None:
    """A full /tmp: the page waits until there is room, with what the system said, and the renderer lives."""
    workshop = Workshop(RenderingSettings(), tmp_path / "pages", lasting=tmp_path / "fonts")

    with closing(workshop), pytest.raises(NotRendered) as fault:
        workshop.render(document_of("<p>Total 12</p>"), 30)

    assert fault.value.reason.waits
    assert "No such file or directory" in str(fault.value.reason.params["detail"])
