"""Works round a fault of PySide6 6.12 on Python 3.11: calls into Qt drop references to ``None`` and ``True``.

Its wheel is built with headers for Pythons in which these singletons are immortal, so whatever returns
one of them (``setText``, ``emit``, every repaint) forgets to count it. On 3.11 the count runs out and the
interpreter aborts ("deallocating None"), which a long session or a dozen plots reach. From Python 3.12 on
nothing has to be done. Must not know anything else of the program.
"""

import sys

_PLENTY = 1 << 40
_SINGLETONS = (None, True, False, NotImplemented)


def protect_singletons() -> bool:
    """Give the singletons more references than any run can use up; safe to call twice.

    Returns:
        Whether it was needed.
    """
    is_plain_cpython = sys.implementation.name == "cpython" and not hasattr(sys, "gettotalrefcount")
    if sys.version_info >= (3, 12) or not is_plain_cpython or sys.getrefcount(None) > _PLENTY:
        return False
    import ctypes

    # In a release build of CPython 3.11 the count is the first field of every object.
    for each in _SINGLETONS:
        ctypes.c_ssize_t.from_address(id(each)).value += 2 * _PLENTY
    return True
