"""`postbus render`: the renderer by itself, for a unit of its own. `postbus serve` starts one otherwise.

Takes the socket that systemd hands over, else `rendering.socket`. Opens no database and needs no data folder.
"""

import typer

from receiver import listening, logs
from receiver.cli.failures import Refused
from receiver.cli.workplace import Workplace
from receiver.rendering.renderer import RendererRunning, run_renderer
from receiver.service import notify_systemd

app = typer.Typer(add_completion=False)


@app.command()
def render(ctx: typer.Context) -> None:
    """Make PDFs of e-mail text until SIGTERM: octets in, PDF out over a Unix socket. Logs go to stderr."""
    settings = Workplace.of(ctx).settings
    logs.configure(settings.log, process="renderer")
    handed_over = listening.inherited()
    try:
        listener = handed_over[0][1] if handed_over else None
        run_renderer(settings, ready=lambda: notify_systemd("READY=1"), listener=listener)
    except RendererRunning as failure:
        raise Refused(str(failure)) from failure
