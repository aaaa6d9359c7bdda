"""Works round a fault of PySide6 6.12 on Python 3.11: every ``Signal.emit`` drops one reference to ``True``.

``True`` starts with some 600 references. When they are used up, the interpreter aborts ("deallocating
True or False"), which a long session or a dozen plots reach. From Python 3.12 on ``True`` is immortal and
nothing has to be done. Must not know anything else of the program.
"""

import sys

_PLENTY = 1 << 40


def protect_true() -> bool:
    """Give ``True`` more references than any run can use up; safe to call twice.

    Returns:
        Whether it was needed.
    """
    is_plain_cpython = sys.implementation.name == "cpython" and not hasattr(sys, "gettotalrefcount")
    if sys.version_info >= (3, 12) or not is_plain_cpython or sys.getrefcount(True) > _PLENTY:
        return False
    import ctypes

    # In a release build of CPython 3.11 the count is the first field of every object.
    ctypes.c_ssize_t.from_address(id(True)).value += 2 * _PLENTY
    return True
