"""How much memory this machine has for models, without loading torch into this process. Knows no models."""

import platform
import shutil
import sys
from pathlib import Path
from threading import Lock

from simpatient.domain.models.chat_models import GB, Gpu, Machine
from simpatient.llm.local import quantising
from simpatient.runtime.launching import run_program

_MIB = 2**20
# Share of an Apple computer's memory that its GPU may use (Metal's recommended working set is about that).
_METAL_SHARE = 0.7
_LIMIT_S = 60.0
_ASK_NVIDIA = ("--query-gpu=name,memory.free,memory.total", "--format=csv,noheader,nounits")
_ASK_TORCH = (
    "import torch\n"
    "for i in range(torch.cuda.device_count()):\n"
    "    free, total = torch.cuda.mem_get_info(i)\n"
    "    print(torch.cuda.get_device_name(i).replace(',', ' '), free // 2**20, total // 2**20, sep=', ')\n"
)


class ThisMachine:
    """The ``MachineProbe`` port on this computer."""

    def __init__(self) -> None:
        self._lock = Lock()

    def look(self) -> Machine:
        """Return its memory as it is now."""
        import psutil

        memory = psutil.virtual_memory()
        with self._lock:
            gpus = _nvidia() or _amd() or _apple(memory.total, memory.available)
        return Machine(
            gpus=gpus,
            ram_free_gb=memory.available / GB,
            ram_total_gb=memory.total / GB,
            can_quantise=quantising.is_possible(),
        )


def _nvidia() -> tuple[Gpu, ...]:
    tool = shutil.which("nvidia-smi")
    return read_gpus(_output([tool, *_ASK_NVIDIA])) if tool else ()


def _amd() -> tuple[Gpu, ...]:
    """Ask torch, in another process: AMD's own tools differ from one version to the next."""
    return read_gpus(_output([sys.executable, "-c", _ASK_TORCH])) if Path("/dev/kfd").exists() else ()


def _apple(total: int, free: int) -> tuple[Gpu, ...]:
    if (platform.system(), platform.machine()) != ("Darwin", "arm64"):
        return ()
    share = total * _METAL_SHARE
    return (Gpu(name="Apple GPU", free_gb=min(share, free) / GB, total_gb=share / GB),)


def read_gpus(lines: str) -> tuple[Gpu, ...]:
    """Return the graphics cards listed line by line as ``name, free MiB, total MiB``; other lines are skipped."""
    found = []
    for line in lines.splitlines():
        parts = [part.strip() for part in line.rsplit(",", 2)]
        if len(parts) == 3 and parts[0] and parts[1].isdecimal() and parts[2].isdecimal():
            free, total = int(parts[1]) * _MIB / GB, int(parts[2]) * _MIB / GB
            found.append(Gpu(name=parts[0], free_gb=free, total_gb=total))
    return tuple(found)


def _output(command: list[str]) -> str:
    try:
        result = run_program(command, limit_s=_LIMIT_S)
    except OSError:  # a TimeoutError is one, too
        return ""
    return result.output.decode("utf-8", "replace") if result.code == 0 else ""
