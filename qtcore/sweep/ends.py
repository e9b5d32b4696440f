"""Workers that come to an end get no task that they cannot finish: docs/decisions/0050.

A worker looks at its own clock before it begins a task, puts off one that would take longer than it
will be there, and tells its end with every answer. The driver hands out tasks by what it was told.
"""

import logging
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from distributed import Client

from qtcore.sweep.durations import duration
from qtcore.sweep.tasks import Task
from qtcore.sweep.worker_time import End

SPARE = 1.5
"""Times the forecast that a worker must still be there: forecasts scatter, and one that is cut off
costs all that it has taken."""

FRESH = 0.9
"""Part of its whole time that a new worker has left once it has imported everything."""

MOST_HELD = 1000
"""Tasks that wait for a worker with more time; behind them lie millions in a large sweep."""

MOST_PUT_OFF = 10
"""So often a task is put off; then it counts as one for which no worker has time."""

log = logging.getLogger("qtcore")


@dataclass(frozen=True, slots=True)
class Submission:
    """A task on its way.

    Attributes
    ----------
    number : int
        In this session.
    task : Task
        What is computed.
    attempt : int
        1 for the first.
    alone : bool
        Whether no other task may be under way.
    put_off : int
        How often a worker had too little time for it.
    """

    number: int
    task: Task
    attempt: int
    alone: bool = False
    put_off: int = 0


@dataclass(frozen=True, slots=True)
class Given:
    """A submission with the seconds that a worker must have for it, and workers that have them.

    Without workers any may take it.
    """

    submission: Submission
    needs: float = 0.0
    workers: tuple[str, ...] = ()


class Ends:
    """What a driver knows of the ends of workers, and the tasks that wait for others."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._ends: dict[str, tuple[float, bool]] = {}
        self._whole = 0.0
        self._measured = self._expected = 0.0
        self._told = False
        self.held: deque[Submission] = deque()
        self.too_long: list[Submission] = []

    def __bool__(self) -> bool:
        """Whether tasks wait."""
        return bool(self.held or self.too_long)

    def note(self, end: tuple[Any, ...]) -> None:
        """Take notice of what a worker said of its end."""
        if end:
            told = End(*end)
            self._ends[told.worker] = (monotonic() + told.seconds, told.is_replaced)
            if told.is_replaced:
                self._whole = max(self._whole, told.whole)

    def put_off(self, submission: Submission, number: int) -> None:
        """Let a task that a worker did not begin wait, under another number."""
        self.held.append(replace(submission, number=number, put_off=submission.put_off + 1))

    def measured(self, seconds: float, expected: float) -> None:
        """Take notice of how long a task took; late ones and long ones count most."""
        self._measured = 0.9 * self._measured + seconds
        self._expected = 0.9 * self._expected + expected

    def needs(self, task: Task) -> float:
        """Return how many seconds a worker must still be there to begin a task."""
        pace = self._measured / self._expected if self._expected > 0 else 1.0
        return SPARE * pace * task.seconds

    def place(self, submission: Submission, workers: Iterable[str]) -> Given | None:
        """Return a submission with the workers that have time for it, or None: it waits.

        Parameters
        ----------
        submission : Submission
            A task.
        workers : iterable of str
            Addresses of those that are there.
        """
        needs = self.needs(submission.task)
        if submission.put_off >= MOST_PUT_OFF:
            self.too_long.append(submission)
            return None
        if not self._ends:
            return Given(submission, needs)
        here = [*workers]
        able = tuple(worker for worker in here if self._left(worker) >= needs)
        if len(able) == len(here):
            return Given(submission, needs)
        if able:
            return Given(submission, needs, able)
        if needs <= FRESH * self._whole:
            self.held.append(submission)  # for a worker that will come in place of one of these
        else:
            self.too_long.append(submission)
        return None

    def waited(self) -> Iterator[Submission]:
        """Yield the tasks that wait, to be placed anew; those that are not asked for wait on."""
        for _ in range(len(self.held)):
            yield self.held.popleft()

    def at_last(self) -> list[Given]:
        """Return the tasks for which no worker has time, now that nothing else is left to begin."""
        last = sorted(self.too_long, key=lambda submission: submission.task.seconds)
        self.too_long = []
        if last and not self._told:
            self._told = True
            longest = max(self._whole, *(self._left(worker) for worker in self._ends), 0.0)
            log.warning(
                "no worker is there long enough for %d tasks: they are forecast to take up to %s, "
                "and workers are there for %s at most. They are begun all the same, the shortest "
                "first, and may be cut off. A longer walltime of the profile helps",
                len(last),
                duration(self.needs(last[-1].task) / SPARE),
                duration(longest),
            )
        return [Given(submission) for submission in last]

    def retire(self, workers: Iterable[str], least: float) -> None:
        """Let workers go that are replaced and have no time for any task that is left.

        Parameters
        ----------
        workers : iterable of str
            Addresses of those that are there.
        least : float
            Seconds that the shortest task needs that is left to begin.
        """
        here = {*workers}
        self._ends = {worker: end for worker, end in self._ends.items() if worker in here}
        if least > FRESH * self._whole:
            return
        late = [w for w, (_, is_replaced) in self._ends.items() if is_replaced]
        late = [worker for worker in late if self._left(worker) < least]
        if late:
            working = self._client.processing(late)
            idle = [worker for worker in late if not working.get(worker)]
            if idle:
                self._client.retire_workers(idle, close_workers=True, remove=True)

    def _left(self, worker: str) -> float:
        end = self._ends.get(worker)
        return float("inf") if end is None else end[0] - monotonic()
