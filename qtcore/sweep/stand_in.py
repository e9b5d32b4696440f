"""A thread in which a rehearsal calls the functions of a program, as a worker would.

A worker loads the program by itself and calls it in a thread that is not the main one. What the
author's process has set for its main thread, or for what it runs at the moment, is not there.
"""

import ctypes
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Self


class TooLongError(Exception):
    """A call that was left, because it took longer than it may."""


class _Left(BaseException):
    """Ends a call that nobody waits for any more, at its next line of Python."""


_Asked = SimpleQueue[
    tuple[Callable[..., Any], tuple[Any, ...], SimpleQueue[tuple[Any, BaseException | None]]] | None
]


class StandIn:
    """A thread that calls what it is given; a context manager.

    `load_program` gives this thread a program of its own. A call that never returns is left behind
    when the caller is interrupted, or after the time that the caller gives it.
    """

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._asked: _Asked = SimpleQueue()
        self._thread = threading.Thread(
            target=_work, args=(self._asked,), name="qtcore-rehearsal", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._asked.put(None)

    def call(self, function: Callable[..., Any], *given: Any, limit: float | None = None) -> Any:
        """Call a function in this thread; return what it returns, or raise what it raises.

        Parameters
        ----------
        function : callable
            What to call.
        *given : object
            With what.
        limit : float, optional
            Seconds that it may take.

        Raises
        ------
        TooLongError
            If it takes longer. Later calls come to a new thread, with a program of its own.
        """
        answer: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()
        self._asked.put((function, given, answer))
        try:
            found, error = answer.get(timeout=limit)
        except Empty:
            self._leave()
            raise TooLongError from None
        if error is not None:
            raise error
        return found

    def _leave(self) -> None:
        """End the call under way as soon as Python can, and go on in a new thread."""
        number = ctypes.c_ulong(self._thread.ident or 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(number, ctypes.py_object(_Left))
        self._asked.put(None)
        self._begin()
        self._thread.start()


def _work(asked: _Asked) -> None:
    try:
        while (one := asked.get()) is not None:
            function, given, answer = one
            try:
                answer.put((function(*given), None))
            except _Left:
                return
            except BaseException as error:  # noqa: BLE001 - raised where it was called
                answer.put((None, error))
    except _Left:  # just as the call had ended
        return
