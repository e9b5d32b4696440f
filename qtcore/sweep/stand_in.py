"""A thread in which a rehearsal calls the functions of a program, as a worker would.

A worker loads the program by itself and calls it in a thread that is not the main one. What the
author's process has set for its main thread, or for what it runs at the moment, is not there.
"""

import threading
from collections.abc import Callable
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self


class StandIn:
    """A thread that calls what it is given; a context manager.

    `load_program` gives this thread a program of its own. A call that never returns is left behind
    when the caller is interrupted.
    """

    def __init__(self) -> None:
        self._asked: SimpleQueue[tuple[Callable[..., Any], tuple[Any, ...]] | None] = SimpleQueue()
        self._found: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="qtcore-rehearsal", daemon=True)

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

    def call(self, function: Callable[..., Any], *given: Any) -> Any:
        """Call a function in this thread; return what it returns, or raise what it raises."""
        self._asked.put((function, given))
        found, error = self._found.get()
        if error is not None:
            raise error
        return found

    def _work(self) -> None:
        while (asked := self._asked.get()) is not None:
            function, given = asked
            try:
                self._found.put((function(*given), None))
            except BaseException as error:  # noqa: BLE001 - raised where it was called
                self._found.put((None, error))
