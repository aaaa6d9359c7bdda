"""Workers for child processes of tests; importable by name, as spawning needs."""

import ctypes
import mmap
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simpatient.domain.errors import Cancelled, ModelUnavailable
from simpatient.runtime.child_process import ChildProcess
from simpatient.runtime.child_serving import Call, DeviceFailed
from simpatient.runtime.confinement import confine


class Echo:
    """Does what the request's first word says."""

    def load(self) -> int:
        return os.getpid()

    def answer(self, request: tuple[str, Any], call: Call) -> Any:
        return getattr(self, f"_{request[0]}")(request[1], call)

    def _same(self, value: Any, _: Call) -> Any:
        return value

    def _count(self, most: int, call: Call) -> int:
        for number in range(most):
            if not call.offer(number):
                return number
        return most

    def _pieces(self, pieces: list[Any], call: Call) -> None:
        for piece in pieces:
            call.give(piece)

    def _wait(self, folder: str, call: Call) -> None:
        while not call.is_cancelled:
            time.sleep(0.01)
        (Path(folder) / "cancelled").touch()
        raise Cancelled

    def _sleep(self, seconds: float, _: Call) -> None:
        time.sleep(seconds)

    def _ahead(self, folder: str, call: Call) -> None:
        call.finish("now")
        while not call.is_cancelled:
            time.sleep(0.01)
        (Path(folder) / "dropped").touch()

    def _variables(self, _: Any, __: Call) -> list[str]:
        return sorted(os.environ)

    def _refuse(self, words: list[str], _: Call) -> None:
        raise ModelUnavailable(*words)

    def _break(self, _: Any, __: Call) -> None:
        raise OSError(2, "no such thing")

    def _device(self, _: Any, __: Call) -> None:
        raise DeviceFailed("out of memory")

    def _die(self, _: Any, __: Call) -> None:
        os._exit(3)

    def _object(self, _: Any, __: Call) -> Any:
        return Path("/")

    def _raw(self, raw: bytes, call: Call) -> None:
        os.write(call._pipe.fileno(), raw)
        time.sleep(60)


@dataclass
class Probing:
    """Tries, confined, what a program that has taken a decoder over might try; harmlessly, on what it is given."""

    folder: Path
    parent: int

    def load(self) -> None:
        (self.folder / "kept").write_text("kept")
        self._file = (self.folder / "kept").open("rb")
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._shown = socket.AF_INET
        self._done = confine(memory_bytes=1 << 28, cpu_s=60)

    def answer(self, request: str, call: Call) -> list[Any]:
        if request == "confinement":
            return list(self._done)
        if request == "read":
            return [self._file.read(), len(bytearray(1 << 22)), time.monotonic() > 0]
        try:
            got = self.probes()[request]()
        except (OSError, RuntimeError, ImportError) as error:
            return ["refused", type(error).__name__]
        return ["done", str(got)]

    def probes(self) -> dict[str, Callable[[], Any]]:
        kept, folder = self.folder / "kept", self.folder
        return {
            "open": kept.open,
            "write": lambda: (folder / "new").write_text("x"),
            "truncate": lambda: os.truncate(kept, 0),
            "list": lambda: os.listdir(folder),
            "stat": lambda: os.stat(kept),
            "socket": lambda: socket.socket(socket.AF_INET),
            "local socket": lambda: socket.socket(socket.AF_UNIX),
            "pipe": os.pipe,
            "unlink": kept.unlink,
            "rename": lambda: kept.rename(folder / "renamed"),
            "chmod": lambda: kept.chmod(0o777),
            "mkdir": (folder / "made").mkdir,
            "symlink": lambda: (folder / "link").symlink_to(kept),
            "fork": os.fork,
            "thread": lambda: threading.Thread(target=time.sleep, args=(0,)).start(),
            "run": lambda: subprocess.run(["true"]),
            "exec": lambda: os.execv(sys.executable, [sys.executable, "-c", ""]),
            "kill": lambda: os.kill(self.parent, 0),
            "kill itself": lambda: os.kill(os.getpid(), signal.SIGUSR1),
            "memory of its parent": lambda: self._read_parent(),
            "shared memory": lambda: self._called("shmget", 0, 4096, 0o1600),
            "memory file": lambda: os.memfd_create("x"),
            "executable memory": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC),
            "debug": lambda: self._called("ptrace", 16, self.parent, 0, 0),
            "more": lambda: self._called("prlimit", self.parent, 7, 0, 0),
        }

    def _read_parent(self) -> int:
        pair = (ctypes.c_void_p * 2)(ctypes.addressof(ctypes.create_string_buffer(8)), 8)
        return self._called("process_vm_readv", self.parent, pair, 1, pair, 1, 0)

    def _called(self, name: str, *arguments: Any) -> int:
        found: int = getattr(self._libc, name)(*arguments)
        if found == -1:
            raise OSError(ctypes.get_errno(), "refused")
        return found


def run_and_wait(folder: str) -> None:
    """Be a parent whose child works without end; the test kills this process."""
    child = ChildProcess(Echo, "simpatient-test", silence_s=600, start_s=60)
    child.load()
    (Path(folder) / "child").write_text(str(child.pid))
    child.ask(("sleep", 600.0))
