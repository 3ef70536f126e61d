"""Call the real `postbus` command and read its `--json`: what the demo and the measurements stand on."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

COMMAND = str(Path(sys.executable).with_name("postbus"))


def rows(*arguments: str) -> list[dict[str, Any]]:
    """The objects that `postbus ARGUMENTS --json` prints. Raises CalledProcessError."""
    result = subprocess.run([COMMAND, *arguments, "--json"], check=True, stdout=subprocess.PIPE)
    return [json.loads(line) for line in result.stdout.splitlines()]


def show(*arguments: str) -> None:
    """Let `postbus ARGUMENTS` print its table."""
    subprocess.run([COMMAND, *arguments], check=True)


def demo_tenant() -> str:
    """The import address of the tenant `demo`, which is made if it is not there."""
    if not any(row["tenant"] == "demo" for row in rows("tenant", "list")):
        return str(rows("tenant", "add", "demo")[0]["import_address"])
    return str(rows("address", "list", "--tenant", "demo")[0]["import_address"])
