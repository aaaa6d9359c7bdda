"""One window at a time on one home, also after one was killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from simpatient.runtime.single_instance import HeldElsewhere, InstanceLock

HOLDING = """
import sys, time
from pathlib import Path
from simpatient.runtime.single_instance import InstanceLock
InstanceLock(Path(sys.argv[1])).hold("taken", "wait")
print("held", flush=True)
time.sleep(600)
"""


def test_a_second_holder_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    first, second = InstanceLock(tmp_path / "lock"), InstanceLock(tmp_path / "lock")
    first.hold("It is open already.", "Use it.")
    first.hold("It is open already.", "Use it.")
    with pytest.raises(HeldElsewhere, match="open already"):
        second.hold("It is open already.", "Use it.")
    assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"
    first.release()
    first.release()
    second.hold("It is open already.", "Use it.")
    second.release()


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDING, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(HeldElsewhere):
            InstanceLock(tmp_path / "lock").hold("taken", "wait")
        holder.send_signal(signal.SIGKILL)
    lock = InstanceLock(tmp_path / "lock")
    lock.hold("taken", "wait")
    lock.release()


def test_where_no_file_can_be_made_nothing_is_held(tmp_path: Path) -> None:
    InstanceLock(tmp_path / "missing" / "lock").hold("taken", "wait")
