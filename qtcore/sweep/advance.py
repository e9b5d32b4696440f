"""How far a run is: blocks and work done, the rate, the time left."""

from collections.abc import Callable
from time import monotonic

from qtcore.sweep.durations import duration
from qtcore.sweep.events import TaskDone
from qtcore.sweep.plan import Plan

FEW = 10
"""Rates below so many realizations are told per minute or hour."""


class Advance:
    """How far one session of a run is, or one round of it towards a precision goal.

    Parameters
    ----------
    plan : Plan
        What is computed.
    workers : int
        Worker threads that share it.
    clock : callable
        Returns the time in seconds.

    Attributes
    ----------
    blocks : int
        Blocks that are in the store; `plan.blocks_left` of them in the end.
    """

    def __init__(self, plan: Plan, workers: int, clock: Callable[[], float] = monotonic) -> None:
        self.plan, self.workers = plan, workers
        self.blocks = 0
        self._clock, self._began = clock, clock()
        self._realizations, self._seconds, self._expected = 0, 0.0, 0.0

    def take(self, event: TaskDone) -> None:
        """Count what a task has brought."""
        self.blocks += sum(stop - first for _, first, stop in event.pieces)
        self._realizations += event.realizations
        self._seconds += event.seconds
        self._expected += event.expected

    @property
    def elapsed(self) -> float:
        """Seconds since the first task was submitted."""
        return self._clock() - self._began

    @property
    def share(self) -> float:
        """Part of the work that is done, from 0 to 1, with blocks weighted by their cost."""
        if not self.plan.core_seconds:
            return 1.0
        return min(1.0, self._expected / self.plan.core_seconds)

    @property
    def rate(self) -> str:
        """Realizations (of all points) per time, in words; empty before a task has come back."""
        if not (self._realizations and self.elapsed):
            return ""
        rate = self._realizations / self.elapsed
        for unit in ("s", "min"):
            if rate >= FEW:
                return f"{rate:,.0f} realizations/{unit}"
            rate *= 60
        return f"{rate:,.2g} realizations/h" if rate < FEW else f"{rate:,.0f} realizations/h"

    @property
    def time_left(self) -> str:
        """How long the rest will take, in words."""
        # What has come back says how wrong the cost model is on average.
        correction = self._seconds / self._expected if self._expected else 1.0
        left = self.plan.core_seconds * (1.0 - self.share) * correction / self.workers
        return duration(left)
