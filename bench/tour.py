"""Make the demo tenant and say how to send it a mail: what `./dev run` prints before it starts postbus."""

import subprocess
import sys

from bench.postbus_command import data_option, demo_tenant, listening_at
from bench.send import USUAL_SERVER


def main() -> int:
    """Print the import address, the port and a line to copy; 1 when postbus refuses, which has said why."""
    try:
        address, server = demo_tenant(), listening_at()
    except subprocess.CalledProcessError:
        return 1
    place = "" if server == USUAL_SERVER else f" --server {server}"
    print(
        f"""
  postbus is about to listen on {server} (plain SMTP and STARTTLS).
  The import address of the tenant "demo":  {address}

  When the line "ready" stands below, send it a real invoice from another terminal, in this folder:

    .venv/bin/python -m bench.send --to {address}{place} tests/corpus/tour/1-pdf-invoice.eml

  and look at what became of it:

    .venv/bin/postbus {data_option()} document list --tenant demo
    .venv/bin/postbus {data_option()} message list --tenant demo

  ./dev demo sends seven varied mails and shows what became of each. Ctrl-C stops postbus.
""",
        flush=True,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
