"""One thread for linear algebra, so that an address has the same bits in every process.

BLAS and LAPACK cut their work by the number of threads that they are given, and the sums that come
out differ in the last digits. Workers have one thread, an interactive session as many as the machine
has cores. Modes of leads are kept from one call to the next, so that even a later call with one
thread would get what several threads made.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController


Function = TypeVar("Function", bound=Callable[..., Any])

_lock = Lock()
_inside = 0
_limit: Any = None


def one_thread(function: Function) -> Function:
    """Return a function that does its linear algebra with one thread; 10 µs for each call."""

    @wraps(function)
    def alone(*args: Any, **kwargs: Any) -> Any:
        with _one_thread():
            return function(*args, **kwargs)

    return alone  # type: ignore[return-value]  # the same signature, which wraps() cannot tell


def keep_one_thread() -> None:
    """Give this process one thread for linear algebra from now on, as workers have."""
    global _limit
    with _lock:
        _limit = _limited()  # so that whoever is inside gives back one thread too


@contextmanager
def _one_thread() -> Iterator[None]:
    """Hold the libraries at one thread until the last of those who are inside leaves.

    The number belongs to the whole process: whoever leaves first must not give it back to others who
    still compute.
    """
    global _inside, _limit
    with _lock:
        limit = _limited()
        if _inside == 0:
            _limit = limit
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _take_over()
                _limit.restore_original_limits()
                _take_over()


def _limited() -> Any:
    """Set the number to one, and return what can set it back to what it was."""
    _take_over()
    limit = _controller().limit(limits=1)
    _take_over()
    return limit


def _take_over() -> None:
    """Let any thread set the number.

    Since release 3.7 threadpoolctl lets only one thread do so, the first that asks, and ignores the
    others without a word. Here the first to enter sets the number, and the last to leave gives it
    back, and these may be two.
    """
    from threadpoolctl import OpenBLASController

    release = getattr(OpenBLASController, "clear_controlling_thread", None)
    if release is not None:
        release(force=True)


@cache
def _controller() -> "ThreadpoolController":
    """Return the libraries of this process; finding them takes 40 ms."""
    # They are loaded with these modules, and what is loaded later would not be found.
    import numpy.linalg  # noqa: F401
    import scipy.linalg  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
