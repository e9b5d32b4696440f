"""Tell listeners what happens, so that none of them can end or slow the computation.

The two guards of all that displays, logs or estimates: `tell`, through which every event goes, and
`InBackground`, in which whatever waits for a terminal, a disk or a service runs. What is printed
goes through a third, `qtcore.sweep.console`.
"""

import logging
import queue
import threading
from collections.abc import Iterable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol, Self

from qtcore.sweep.events import Event, Listener

PATIENCE = 10.0
"""Seconds that the end of a run waits for a listener in the background to catch up."""

logger = logging.getLogger(__name__)


def tell(listeners: Iterable[Listener], event: Event) -> None:
    """Tell listeners of an event; what one of them raises is logged and stops nobody."""
    for listener in listeners:
        try:
            listener(event)
        except Exception as error:  # noqa: BLE001 - whatever it is, the computation goes on
            _say(listener, error)


def _say(listener: object, error: Exception) -> None:
    name = type(listener).__name__
    logger.warning("%s failed, the computation goes on without it: %r", name, error)


class Display(Listener, AbstractContextManager[Listener], Protocol):
    """A listener that is opened before the first event and closed after the last."""


class InBackground:
    """A listener that hears of events in a thread of its own; a context manager.

    A terminal that is paused, a disk or a service that hangs then holds up this thread alone.

    Parameters
    ----------
    listener : Display
        Such as the progress bar or the event log. If it cannot even be opened, the computation
        goes on without it.
    patience : float
        Seconds that the end waits for it to catch up.
    """

    def __init__(self, listener: Display, patience: float = PATIENCE) -> None:
        self._listener = listener
        self._patience = patience
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._events.put(None)
        self._thread.join(self._patience)

    def __call__(self, event: Event) -> None:
        """Take notice of an event; returns at once."""
        if self._thread.is_alive():
            self._events.put(event)

    def _listen(self) -> None:
        try:
            with self._listener:
                while (event := self._events.get()) is not None:
                    tell((self._listener,), event)
        except Exception as error:  # noqa: BLE001 - opening or closing it failed
            _say(self._listener, error)
