"""A seccomp filter: Linux then refuses this process every system call that is not on a short list.

Written against the kernel's own interface (seccomp(2), linux/filter.h); the only library used is the C library.
Must not know what the process does.
"""

import ctypes
import platform
import struct
import sys
from typing import NamedTuple

_PR_SET_NO_NEW_PRIVS = 38
_SET_MODE_FILTER, _FLAG_ALL_THREADS = 1, 1
_EPERM = 1
# Instructions of the kernel's filter machine, and its answers.
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_ANY_BIT, _ANSWER = 0x20, 0x15, 0x35, 0x45, 0x06
_KILL, _REFUSE, _ALLOW = 0x80000000, 0x00050000 | _EPERM, 0x7FFF0000
# Where things stand in struct seccomp_data (little-endian).
_AT_NUMBER, _AT_ARCHITECTURE, _AT_THIRD_ARGUMENT = 0, 4, 32
_PROT_EXEC = 4
_X32_BIT = 0x40000000  # numbers of x86-64's other interface, which would get past a list of plain numbers


class _Machine(NamedTuple):
    """One processor's numbers, from its unistd.h.

    Attributes:
        architecture: The kernel's AUDIT_ARCH value.
        seccomp: Number of seccomp itself.
        allowed: Reading and writing what is open, memory, time, waiting, signals to itself, ending.
        allowed_unless_executable: Those that could make memory executable.
    """

    architecture: int
    seccomp: int
    allowed: tuple[int, ...]
    allowed_unless_executable: tuple[int, ...]


_MACHINES = {
    "x86_64": _Machine(
        architecture=0xC000003E,
        seccomp=317,
        # read write close fstat poll lseek munmap brk rt_sigaction rt_sigprocmask rt_sigreturn pread64 readv writev
        # sched_yield mremap madvise nanosleep getpid exit gettimeofday getrusage sigaltstack gettid futex
        # sched_getaffinity restart_syscall clock_gettime clock_getres clock_nanosleep exit_group set_robust_list
        # ppoll getrandom rseq
        allowed=(
            *(0, 1, 3, 5, 7, 8, 11, 12, 13, 14, 15, 17, 19, 20, 24, 25, 28, 35, 39, 60, 96, 98, 131, 186, 202),
            *(204, 219, 228, 229, 230, 231, 273, 271, 318, 334),
        ),
        allowed_unless_executable=(9, 10),  # mmap mprotect
    ),
    "aarch64": _Machine(
        architecture=0xC00000B7,
        seccomp=277,
        # the same calls; this processor has no poll, and getrandom is 278, rseq 293
        allowed=(
            *(63, 64, 57, 80, 62, 215, 214, 134, 135, 139, 67, 65, 66, 124, 216, 233, 101, 172, 93, 169, 165, 132),
            *(178, 98, 123, 128, 113, 114, 115, 94, 99, 73, 278, 293),
        ),
        allowed_unless_executable=(222, 226),
    ),
}


def restrict_system_calls() -> bool:
    """Leave this process, all its threads, only what computing on open files takes. It cannot be undone.

    Everything else fails with "operation not permitted": opening, deleting or changing files, sockets, starting
    processes or threads, signals to others, reading other processes' memory, making memory executable.

    Returns:
        Whether this system can do that: Linux on x86-64 and 64-bit ARM.
    """
    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None or ctypes.sizeof(ctypes.c_void_p) != 8:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    instructions = _filter(machine)
    code = ctypes.create_string_buffer(b"".join(instructions), len(b"".join(instructions)))
    program = _Program(len(instructions), ctypes.cast(code, ctypes.c_void_p))
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    # By syscall and not by prctl: that would leave out the threads that there are already.
    installed: int = libc.syscall(
        ctypes.c_long(machine.seccomp),
        ctypes.c_ulong(_SET_MODE_FILTER),
        ctypes.c_ulong(_FLAG_ALL_THREADS),
        ctypes.byref(program),
    )
    return installed == 0


class _Program(ctypes.Structure):
    """The kernel's struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def _filter(machine: _Machine) -> list[bytes]:
    """Return the filter's instructions; jumps count the instructions that are passed over."""
    plain, guarded = machine.allowed, machine.allowed_unless_executable
    # After the comparisons come: refuse, look for PROT_EXEC, refuse, allow.
    comparisons = len(guarded) + len(plain)
    lines = [
        _line(_LOAD, _AT_ARCHITECTURE),
        _line(_IF_EQUAL, machine.architecture, yes=1),
        _line(_ANSWER, _KILL),
        _line(_LOAD, _AT_NUMBER),
        _line(_IF_AT_LEAST, _X32_BIT, yes=comparisons),
    ]
    for at, number in enumerate(guarded):
        lines.append(_line(_IF_EQUAL, number, yes=comparisons - at))
    for at, number in enumerate(plain, start=len(guarded)):
        lines.append(_line(_IF_EQUAL, number, yes=comparisons - at + 3))
    return [
        *lines,
        _line(_ANSWER, _REFUSE),
        _line(_LOAD, _AT_THIRD_ARGUMENT),
        _line(_IF_ANY_BIT, _PROT_EXEC, no=1),
        _line(_ANSWER, _REFUSE),
        _line(_ANSWER, _ALLOW),
    ]


def _line(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("<HBBI", code, yes, no, value)
