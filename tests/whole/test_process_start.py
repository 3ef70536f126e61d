"""A process of postbus begins without looking for garbage among what it imports, and looks for it ever after."""

import subprocess
import sys

PROGRAM = """
import gc
from receiver.process import _tell_ready
gc.disable()
said = []
_tell_ready(said.append)
print(gc.isenabled(), gc.get_freeze_count() > 10_000, said)
"""


def test_garbage_is_looked_for_once_a_process_is_ready() -> None:
    """What was imported is passed over from then on; all else is collected, in a door that runs for months too."""
    told = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert told.stdout == "True True [b'1']\n"
