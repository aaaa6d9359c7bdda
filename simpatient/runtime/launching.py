"""The one place that starts processes: our own children, which end with their parent, and other programs.

Must not know what either of them does.
"""

import contextlib
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.context import SpawnProcess
from time import monotonic
from typing import Any, NamedTuple

from simpatient.domain.cancellation import Cancellation, stop_if_cancelled

_PR_SET_PDEATHSIG, _SIGKILL = 1, 9
# Linux kills a child when the *thread* that started it ends, so all are started from one thread that never does.
_launcher = ThreadPoolExecutor(1, thread_name_prefix="simpatient-launcher")
# Where a system's loader looks for libraries, and what Windows needs to start anything at all.
_KEPT_VARIABLES = frozenset({"LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT"})
_LOOK_S = 0.02


class ProgramResult(NamedTuple):
    """What a program left behind: its exit code, what it printed, and what it reported as errors."""

    code: int
    output: bytes
    errors: bytes


def run_program(
    command: list[str], given: bytes = b"", *, limit_s: float | None = None, cancel: Cancellation | None = None
) -> ProgramResult:
    """Run another program to its end; it is killed when that takes too long or nobody wants it any more.

    Args:
        command: The program and its arguments; no shell reads them.
        given: Its standard input.
        limit_s: Longest time it may take; any time when None.
        cancel: Ends it early.

    Raises:
        OSError: It cannot be started.
        TimeoutError: It took longer than ``limit_s``.
        Cancelled: ``cancel`` was set.
    """
    stop_if_cancelled(cancel)
    # Through files: no pipe can fill up while the program is watched.
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        stdin.write(given)
        stdin.seek(0)
        process = subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=stderr)
        try:
            code = _wait(process, limit_s, cancel)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
        stdout.seek(0)
        stderr.seek(0)
        return ProgramResult(code, stdout.read(), stderr.read())


def _wait(process: "subprocess.Popen[bytes]", limit_s: float | None, cancel: Cancellation | None) -> int:
    until = None if limit_s is None else monotonic() + limit_s
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(_LOOK_S)
        stop_if_cancelled(cancel)
        if until is not None and monotonic() > until:
            raise TimeoutError(f"{process.args!r} took too long")


def launch(target: Callable[..., None], arguments: tuple[Any, ...], name: str, *, bare: bool = False) -> SpawnProcess:
    """Start a process that runs a function, and is killed when this process ends, however that comes about.

    Args:
        target: Must be importable by name.
        arguments: Passed to it.
        name: What the process is called.
        bare: Start it without environment variables, which may hold keys.
    """
    kind = _BareProcess if bare else multiprocessing.get_context("spawn").Process
    process = kind(target=_run, args=(target, arguments, os.getpid(), bare), name=name, daemon=True)
    _launcher.submit(process.start).result()
    return process


def _run(target: Callable[..., None], arguments: tuple[Any, ...], parent: int, bare: bool) -> None:
    if bare:  # Windows cannot start it bare
        for variable in set(os.environ) - _KEPT_VARIABLES:
            del os.environ[variable]
    _end_with_parent(parent)
    target(*arguments)


def _end_with_parent(parent: int) -> None:
    """Have the system end this process with its parent: at once on Linux, else as soon as a thread can run."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it ended before the system was asked
            os._exit(1)
    threading.Thread(target=_watch_parent, name="simpatient-parent-watch", daemon=True).start()


def _watch_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class _BareProcess(SpawnProcess):
    """A process of multiprocessing that is started without environment variables, where the system can do that."""

    @staticmethod
    def _Popen(process_obj: Any) -> Any:  # noqa: N802 - multiprocessing's name
        if os.name != "posix":
            return SpawnProcess._Popen(process_obj)
        return _bare_popen()(process_obj)


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _bare_popen() -> Any:
    """Return the class that starts a bare process; made when needed, because Windows lacks its base."""
    import io
    from multiprocessing import context, popen_spawn_posix, reduction, spawn, util

    class BarePopen(popen_spawn_posix.Popen):
        _fds: list[int]

        def _launch(self, process_obj: Any) -> None:
            """As in the base class, but with an environment, and without a line to the resource tracker."""
            context.set_spawning_popen(self)
            try:
                data = io.BytesIO()
                reduction.dump(spawn.get_preparation_data(process_obj._name), data)
                reduction.dump(process_obj, data)
            finally:
                context.set_spawning_popen(None)
            parent_r, child_w = os.pipe()
            child_r, parent_w = os.pipe()
            self.finalizer = util.Finalize(self, _close, (parent_r, parent_w))
            # The tracker deletes anything by name on request, so a child that may be hostile gets no line to it.
            command = spawn.get_command_line(tracker_fd=-1, pipe_handle=child_r)
            kept = {name: value for name, value in os.environ.items() if name in _KEPT_VARIABLES}
            try:
                started = subprocess.Popen(
                    command, executable=spawn.get_executable(), env=kept, pass_fds=(*self._fds, child_r, child_w)
                )
            finally:
                os.close(child_r)
                os.close(child_w)
            started.returncode = 0  # multiprocessing waits for the child; this object must never do so
            self.pid, self.sentinel = started.pid, parent_r
            with open(parent_w, "wb", closefd=False) as file:
                file.write(data.getbuffer())

    return BarePopen
