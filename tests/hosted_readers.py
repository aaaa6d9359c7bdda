"""Workers for the recogniser's child process that misbehave on purpose; importable by name, as spawn needs."""

import os
import signal
import time
from pathlib import Path

from simpatient.domain.errors import Cancelled, ModelUnavailable
from simpatient.domain.speech import Recognised
from simpatient.runtime.child_serving import Call, DeviceFailed
from simpatient.speech.recognition.whisper_reading import ReadingRequest


class Reader:
    """Answers with its process id and device; what goes wrong the first ``times`` times is told by ``fault``.

    Args:
        folder: Where it counts, one file for each time, so that a new process knows.
        fault: ``exit``, ``kill``, ``hang``, ``memory``, ``device``, ``error``, ``unavailable``, ``load``, ``full card`` or ``wait``.
    """

    def __init__(self, folder: Path, fault: str, times: int, device: str) -> None:
        self._folder = folder
        self._fault = fault
        self._times = times
        self._device = device

    def load(self) -> None:
        if self._fault == "load" and self._count() < self._times:
            raise ModelUnavailable("There are no weights.", "Fetch them.")
        if self._fault == "full card" and not self._device:
            raise DeviceFailed("CUDA out of memory")

    def answer(self, request: ReadingRequest, call: Call) -> dict[str, object]:
        return self._answer(request, call).model_dump()

    def _answer(self, request: ReadingRequest, call: Call) -> Recognised:
        if self._fault == "wait":
            return self._wait(call)
        if self._fault not in ("load", "full card") and self._count() < self._times:
            self._fail()
        return Recognised(text=f"{os.getpid()} {self._device or 'any'} {len(request.samples)}", confidence=0.5)

    def _wait(self, call: Call) -> Recognised:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if call.is_cancelled:
                (self._folder / "cancelled").touch()
                raise Cancelled
            time.sleep(0.005)
        return Recognised(text="nobody cancelled")

    def _count(self) -> int:
        number = len(list(self._folder.glob("fault-*")))
        if number < self._times:
            (self._folder / f"fault-{number}").touch()
        return number

    def _fail(self) -> None:
        if self._fault == "exit":
            os._exit(7)
        if self._fault == "kill":
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        if self._fault == "hang":
            time.sleep(600)
        if self._fault == "memory":
            raise MemoryError
        if self._fault == "device":
            raise DeviceFailed("CUDA out of memory")
        if self._fault == "unavailable":
            raise ModelUnavailable("This language is not known.", "Choose another.")
        raise ValueError("odd")
