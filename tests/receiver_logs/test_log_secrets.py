"""No secret reaches a log line, whoever wrote the line, and no core dump."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from receiver.logs import hide_secrets
from storage.secrets import Secret
from tests import secrecy


@pytest.mark.parametrize(
    "name",
    ["password", "Password", "access_token", "client_secret", "authorization", "sealed", "device_code", "passwd"],
)
def test_a_value_under_the_name_of_a_secret_is_not_logged(name: str) -> None:
    """The name alone decides: what is masked needs no knowledge of what it is."""
    secret = secrecy.secret()

    assert hide_secrets(None, "info", {"event": "x", name: secret}) == {"event": "x", name: "***"}


def test_a_secret_within_a_table_is_not_logged() -> None:
    """Settings and parameters are tables in tables."""
    event = {"event": "x", "params": {"host": "h", "oauth": {"token": secrecy.secret()}}}

    assert hide_secrets(None, "info", event) == {"event": "x", "params": {"host": "h", "oauth": {"token": "***"}}}


def test_the_event_and_reasons_stay_readable() -> None:
    """A reason's code is no secret, nor is an event that names a token."""
    event = {"event": "token_refreshed", "code": "link_again", "reason": "password_refused", "octets": 7}

    assert hide_secrets(None, "info", dict(event)) == event


@pytest.mark.parametrize("made", [SecretStr, lambda text: Secret("password", {"password": text})])
def test_what_holds_a_secret_shows_none(made: object) -> None:
    """Under whatever name it is logged."""
    text = secrecy.secret()

    assert text not in repr(made(text))  # type: ignore[operator]


# Its own memory holds the secret, spelled backwards in its arguments; it dies as by a fault of the interpreter.
_DIES = """
import os, sys
if sys.argv[2] == "guarded":
    from receiver.guarded import leave_no_dump
    leave_no_dump()
else:
    import resource
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)
secret = sys.argv[1][::-1]
os.chdir(sys.argv[3])
os.abort()
"""


def _dumps(folder: Path, way: str) -> tuple[int, list[Path]]:
    secret = secrecy.secret()
    root = str(Path(__file__).parents[2])
    died = subprocess.run(
        [sys.executable, "-c", _DIES, secret[::-1], way, str(folder)],
        cwd=root,
        check=False,
        timeout=60,
        stderr=subprocess.DEVNULL,
    )
    return died.returncode, [each for each in folder.iterdir() if secret.encode() in each.read_bytes()]


def test_a_process_that_holds_secrets_leaves_no_dump(tmp_path: Path) -> None:
    """Ended by SIGABRT, it leaves nothing of its memory behind."""
    status, dumps = _dumps(tmp_path, "guarded")

    assert status == -signal.SIGABRT
    assert dumps == []


def test_the_kernel_would_have_dumped_it(tmp_path: Path) -> None:
    """The proof above proves something: unguarded, the same process is dumped with its secret."""
    pattern = Path("/proc/sys/kernel/core_pattern").read_text()
    if pattern.startswith(("|", "/")) or resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
        pytest.skip("this machine writes no core file into the process's folder")

    status, dumps = _dumps(tmp_path, "unguarded")

    assert status == -signal.SIGABRT
    for each in dumps:
        os.truncate(each, 0)  # it was made to be found here
    assert dumps != []


def test_a_guarded_process_is_closed_to_others() -> None:
    """PR_SET_DUMPABLE 0: its memory belongs to root, and a program behind a pipe gets no dump either."""
    script = (
        "import os\nfrom receiver.guarded import leave_no_dump\nleave_no_dump()\n"
        "print(open('/proc/self/limits').read().split('Max core file size')[1].split()[0])\n"
        "import ctypes; print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    root = str(Path(__file__).parents[2])
    said = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True, timeout=60
    )

    assert said.stdout.split() == ["0", "0"]
