"""Takes from this process what a decoder does not need: files, the network, other processes, memory and time.

For child processes that handle what comes from elsewhere. Must not know what they do.
"""

import contextlib
import os
from pathlib import Path
from typing import NamedTuple

from simpatient.runtime.child_process import ChildLost, child_for
from simpatient.runtime.child_serving import Call
from simpatient.runtime.system_calls import restrict_system_calls

_PROBE_S = 30.0
_MEMORY = Path("/proc/self/statm")


class Confinement(NamedTuple):
    """What the system has taken from the process.

    Attributes:
        limits: It can open nothing more and use no more memory, disk or processor time than it was given (POSIX).
        calls: It can do nothing but compute on what is open (Linux); without that, a program that has taken the
            process over could still delete and rename the user's files, start programs, and end other processes.
    """

    limits: bool
    calls: bool


def confine(*, memory_bytes: int, cpu_s: int) -> Confinement:
    """Forbid this process, for good, to do anything but compute on what is open, as far as the system can.

    After ``cpu_s`` of processor time the system kills the process; beyond ``memory_bytes`` more than it has now it
    gets no memory. Windows knows none of this; there the parent's patience is the limit.
    """
    try:
        import resource
    except ImportError:
        return Confinement(limits=False, calls=False)
    _silence()
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + cpu_s
    _limit(resource.RLIMIT_CPU, until, until + 1)
    _limit(resource.RLIMIT_FSIZE, 0, 0)
    _limit(resource.RLIMIT_CORE, 0, 0)
    if _MEMORY.exists():  # elsewhere the limit is not kept, or counts what cannot be known
        has = int(_MEMORY.read_text().split()[0]) * resource.getpagesize()
        _limit(resource.RLIMIT_AS, has + memory_bytes, has + memory_bytes)
    with contextlib.suppress(AttributeError):  # not every system counts processes
        _limit(resource.RLIMIT_NPROC, 0, 0)
    # A new descriptor would need a number below 1, and 0 is taken: no file, no socket, no pipe. Not 0: poll(2)
    # refuses more descriptors than the limit. Last but one, since it ends the opening of files.
    _limit(resource.RLIMIT_NOFILE, 1, 1)
    return Confinement(limits=True, calls=restrict_system_calls())


def confinement_here() -> Confinement:
    """Return what this system takes from a confined process, found out by confining one."""
    with child_for(_confined, "simpatient-probe", silence_s=_PROBE_S, bare=True) as child:
        try:
            limits, calls = child.ask(())
        except ChildLost:
            return Confinement(limits=False, calls=False)
    return Confinement(limits=limits is True, calls=calls is True)


def in_words(found: Confinement) -> str:
    """Return what keeps a hostile recording from doing harm, for ``doctor``."""
    if found.calls:
        return "a process that can open nothing, change nothing, start nothing and reach no network (seccomp)"
    if found.limits:
        return (
            "a process that can open no file and reach no network; this system does not keep it from deleting or "
            "renaming files or from starting programs, should a recording exploit a flaw in the decoder"
        )
    return (
        "a process of its own, which this system does not confine; open only recordings whose origin you know, "
        "should one exploit a flaw in the decoder"
    )


def _confined(_: Call) -> list[bool]:
    return list(confine(memory_bytes=1 << 28, cpu_s=10))


def _limit(what: int, soft: int, hard: int) -> None:
    import resource

    _, most = resource.getrlimit(what)
    if most != resource.RLIM_INFINITY:
        soft, hard = min(soft, most), min(hard, most)
    resource.setrlimit(what, (soft, hard))


def _silence() -> None:
    """Turn standard input, output and error to nothing: a terminal takes more than text."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    if nothing > 2:
        os.close(nothing)
