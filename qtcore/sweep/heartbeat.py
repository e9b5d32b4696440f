"""Show a run in a log file or a pipe: one line every half minute, and one at each quarter."""

from collections.abc import Callable
from datetime import datetime
from threading import Condition, Thread
from time import monotonic
from types import TracebackType
from typing import Self

from rich.console import Console

from qtcore.errors import counted
from qtcore.sweep.advance import Advance
from qtcore.sweep.events import Ended, Event, Started, TaskDone
from qtcore.sweep.running_estimate import RunningEstimate
from qtcore.sweep.sayings import Sayings

EVERY = 30.0
"""Seconds between two lines, at most."""

QUARTERS = 4


class Heartbeat:
    """Listener that prints lines about a run; a context manager.

    There is a line at the beginning, at each quarter of the work, in the end, and whenever there
    was none for a while. A run that hangs is told from one that has long tasks: its lines repeat
    the same blocks.

    Parameters
    ----------
    console : Console
        Where to print.
    every : float
        Seconds after which there is another line.
    clock : callable
        Returns the time in seconds.
    """

    def __init__(
        self, console: Console, every: float = EVERY, clock: Callable[[], float] = monotonic
    ) -> None:
        self._console, self._every, self._clock = console, every, clock
        self._say = Sayings(console)
        self._estimate = RunningEstimate()
        self._advance: Advance | None = None
        self._quarter = 0
        self._due = float("inf")
        # Guards all of the above: events come in one thread, half minutes in another.
        self._change = Condition()
        self._over = False
        self._thread = Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._change:
            self._over = True
            self._change.notify()
        self._thread.join()

    def __call__(self, event: Event) -> None:
        """Take notice of an event."""
        with self._change:
            if isinstance(event, Started):
                self._begin(Advance(event.plan, event.workers, self._clock))
            elif isinstance(event, TaskDone) and self._advance is not None:
                self._take(self._advance, event)
            elif isinstance(event, Ended) and self._advance is not None:
                self._end(self._advance)
            self._say(event)
            self._change.notify()  # the next line may be due at another time now

    def _begin(self, advance: Advance) -> None:
        self._advance, self._quarter = advance, 0
        workers = counted(advance.workers, "workers")
        blocks = counted(advance.plan.blocks_left, "blocks")
        self._print(f"{blocks} to compute with {workers}, expected to take {advance.time_left}")

    def _take(self, advance: Advance, event: TaskDone) -> None:
        advance.take(event)
        self._estimate.take(advance.plan, event.estimates)
        quarter = int(QUARTERS * advance.share)
        if self._quarter < quarter < QUARTERS:  # the last one is told in the end
            self._quarter = quarter
            self._print(self._standing(advance))

    def _end(self, advance: Advance) -> None:
        self._print(self._standing(advance, over=True))
        self._advance, self._due = None, float("inf")

    def _standing(self, advance: Advance, *, over: bool = False) -> str:
        """Say how far a run is, in one line."""
        done = f"{advance.share:.0%} done"
        if advance.blocks < advance.plan.blocks_left and advance.share > 0.99:
            done = "99% done"  # what is to be tried again is missing still
        left = "" if over else f"about {advance.time_left} left"
        words = (
            f"{advance.blocks:,} of {counted(advance.plan.blocks_left, 'blocks')}",
            advance.rate,
            left,
            self._estimate.words,
        )
        return ", ".join([done, *filter(None, words)])

    def _print(self, words: str) -> None:
        self._due = self._clock() + self._every
        time = f"{datetime.now().astimezone():%H:%M:%S}"
        self._console.print(f"{time}  {words}", markup=False, highlight=False, soft_wrap=True)

    def _beat(self) -> None:
        """Print a line whenever one is due."""
        with self._change:
            while not self._over:
                wait = self._due - self._clock()
                if wait > 0:
                    self._change.wait(wait if wait < float("inf") else None)
                elif self._advance is not None:
                    self._print(self._standing(self._advance))
