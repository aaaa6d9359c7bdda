"""Takes from this process what a decoder has no need of: new files, the network, memory and time without end.

For child processes that handle what comes from elsewhere. Must not know what they do.
"""

import os
from pathlib import Path

_MEMORY = Path("/proc/self/statm")


def confine(*, memory_bytes: int, cpu_s: int) -> bool:
    """Forbid this process, for good, to open anything more or to use more than it is given.

    What is open stays usable. After ``cpu_s`` of processor time the system kills the process; beyond
    ``memory_bytes`` more than it has now it gets no memory.

    Returns:
        Whether the system knows such limits. Windows does not; there the parent's patience is the limit.
    """
    try:
        import resource
    except ImportError:
        return False
    _fill_the_first_descriptor()
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + cpu_s
    _limit(resource.RLIMIT_CPU, until, until + 1)
    _limit(resource.RLIMIT_FSIZE, 0, 0)
    _limit(resource.RLIMIT_CORE, 0, 0)
    if _MEMORY.exists():  # elsewhere the limit is not kept, or counts what cannot be known
        has = int(_MEMORY.read_text().split()[0]) * resource.getpagesize()
        _limit(resource.RLIMIT_AS, has + memory_bytes, has + memory_bytes)
    # A new descriptor would need a number below 1, and 0 is taken: no file, no socket, no pipe. Last, since it
    # ends the opening of files. Not 0: poll(2) refuses more descriptors than the limit.
    _limit(resource.RLIMIT_NOFILE, 1, 1)
    return True


def _limit(what: int, soft: int, hard: int) -> None:
    import resource

    _, most = resource.getrlimit(what)
    if most != resource.RLIM_INFINITY:
        soft, hard = min(soft, most), min(hard, most)
    resource.setrlimit(what, (soft, hard))


def _fill_the_first_descriptor() -> None:
    opened = os.open(os.devnull, os.O_RDONLY)
    if opened > 0:
        os.close(opened)
