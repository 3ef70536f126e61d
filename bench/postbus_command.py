"""Call the real `postbus` command and read its `--json`: what the demo and the measurements stand on."""

import json
import os
import shlex
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


def listening_at() -> str:
    """HOST:PORT of the postbus that the settings in force describe."""
    return next(str(row["value"]) for row in rows("check-config") if row["setting"] == "smtp.listen")


def data_option() -> str:
    """`--data FOLDER` as a person in this folder would type it, for the data folder in force."""
    return f"--data {shlex.quote(os.path.relpath(os.environ.get('POSTBUS_DATA', 'var')))}"
