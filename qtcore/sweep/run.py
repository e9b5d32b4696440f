"""The one loop: submit, as completed, record."""

import errno
import itertools
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from time import monotonic, sleep
from typing import Any

from distributed import Client, Future, KilledWorker, as_completed

from qtcore.errors import FULL
from qtcore.store.locate import Location, place_of
from qtcore.sweep.ends import MOST_HELD, Ends, Given, Submission
from qtcore.sweep.events import (
    BlockFailed,
    Ended,
    Event,
    Listener,
    Retried,
    Started,
    TaskDone,
)
from qtcore.sweep.lines import in_own_lines
from qtcore.sweep.listening import tell
from qtcore.sweep.outcome import Outcome
from qtcore.sweep.plan import Plan
from qtcore.sweep.reproduction import reproduction
from qtcore.sweep.task import Estimate, Failure, Record, compute
from qtcore.sweep.tasks import Piece, Task

ATTEMPTS = 3
"""How often blocks are tried before their failure is recorded and the sweep goes on without."""

WINDOW, WIDEST_WINDOW = 2, 64
"""Futures per worker thread, for long tasks and for short ones: enough that no worker waits for the
driver, few enough that a worker's death blames few tasks and none waits behind a long one."""

WINDOW_SECONDS = 0.2
"""What the futures of a thread take together, at least: several times the pause."""

MOST_SHORT = 1000
"""Futures of short tasks under way, of all threads together: the scheduler's memory stays flat."""

PAUSE = 0.025
"""Seconds in which the driver lets results come together. What is taken and submitted together
travels in one message, which costs Dask's client, scheduler and workers as much as one task."""

OUT_OF_MEMORY = "worker-restart-memory"
"""Topic of Dask's event log under which a nanny says that it ends a worker for its memory."""

LOOK_AGAIN = 0.25
"""Seconds between two looks for workers with more time, where tasks wait for one."""

COUNT_WORKERS_EVERY = 5.0
"""Seconds between two looks at how many workers there are."""

FATAL = {
    **FULL,
    errno.ESTALE: "the store is no longer where it was",
    errno.EHOSTUNREACH: "the store's service does not answer",
}
"""Errors that every other task would meet too: the sweep stops and can be continued later."""

SCHEDULER_LOST = "the connection to the Dask scheduler was lost"

OF_THE_TEXT = frozenset(
    ["AttributeError", "IndexError", "KeyError", "NameError", "TypeError", "UnboundLocalError"]
)
"""Kinds of errors that do not pass: where several blocks meet one before any other block succeeds,
the function's text is wrong."""


class _Session:
    """What one run keeps in mind between two completed tasks."""

    def __init__(
        self, client: Client, store: Location, plan: Plan, listeners: tuple[Listener, ...]
    ) -> None:
        self.client = client
        self.store = place_of(store).address
        self.plan = plan
        self.listeners = listeners
        self.digest = plan.sweep.digest
        self.name = f"qtcore-{plan.sweep.hash[:8]}-{uuid.uuid4().hex[:8]}"
        self.numbers = itertools.count()
        self.begun = 0
        self.retries: deque[Submission] = deque()
        self.quarantine: deque[Submission] = deque()
        self.pending: dict[Future[Any], Submission] = {}
        self.outcome = Outcome(blocks_left=plan.blocks_left)
        self.ends = Ends(client)
        self.workers: list[str] = []
        self.threads = 1
        self.typical_seconds = WINDOW_SECONDS
        self.counted = float("-inf")
        self.met: dict[str, set[tuple[int, int]]] = {}

    def tell(self, event: Event) -> None:
        tell(self.listeners, event)

    def count_threads(self) -> None:
        if monotonic() - self.counted > COUNT_WORKERS_EVERY:
            threads = self.client.nthreads()
            self.workers, self.threads = [*threads], max(1, sum(threads.values()))
            self.counted = monotonic()
            self.ends.retire(self.workers, self.least_needed())

    def top_up(self) -> list[Future[Any]]:
        """Submit waiting tasks until the window is full; return their futures."""
        self.count_threads()
        room = max(0, self.window - len(self.pending))
        given = self.placed(self.ends.waited(), room)
        given += self.placed(self.next_submissions(), room - len(given))
        if len(given) < room and not self.ends.held:
            given += self.ends.at_last()
        if self.quarantine and not self.pending and not given and not self.ends:
            given.append(Given(self.quarantine.popleft()))
        return self.submit(given) if given else []

    def placed(self, submissions: Iterable[Submission], room: int) -> list[Given]:
        """Return as many submissions as there is room for, those left out that have to wait."""
        given: list[Given] = []
        for submission in submissions if room > 0 else ():
            placed = self.ends.place(submission, self.workers)
            given += [] if placed is None else [placed]
            if len(given) == room:
                break
        return given

    def least_needed(self) -> float:
        """Return how many seconds a worker must have for the shortest task that is left."""
        left = [submission.task for submission in (*self.ends.held, *self.retries)]
        if len(left) < MOST_HELD and self.begun < len(self.plan.tasks):
            left.append(self.plan.tasks[len(self.plan.tasks) - 1])
        return min(map(self.ends.needs, left), default=0.0)

    @property
    def window(self) -> int:
        """How many futures may be under way."""
        short = self.threads * min(WIDEST_WINDOW, int(WINDOW_SECONDS / self.typical_seconds))
        return max(self.threads * WINDOW, min(MOST_SHORT, short))

    def next_submissions(self) -> Iterator[Submission]:
        """Yield tasks that have not been submitted, and then those that are tried again."""
        while len(self.ends.held) < MOST_HELD:
            if self.begun < len(self.plan.tasks):
                self.begun += 1
                yield Submission(next(self.numbers), self.plan.tasks[self.begun - 1], 1)
            elif self.retries:
                yield self.retries.popleft()
            else:
                return

    def submit(self, given: list[Given]) -> list[Future[Any]]:
        """Submit tasks, those for the same workers in one message, each as a future of its own."""
        together: dict[tuple[str, ...], list[Given]] = {}
        for one in given:
            together.setdefault(one.workers, []).append(one)
        submitted: list[Future[Any]] = []
        for workers, some in together.items():
            submissions = [one.submission for one in some]
            tasks = [submission.task for submission in submissions]
            futures: list[Future[Any]] = self.client.map(
                compute,
                [self.store] * len(tasks),
                [self.digest] * len(tasks),
                [tuple((p.point, p.first, p.stop) for p in task.pieces) for task in tasks],
                [one.needs for one in some],
                key=[f"{self.name}-{submission.number}" for submission in submissions],
                pure=False,
                priority=max(task.seconds for task in tasks),  # type: ignore[arg-type]  # any number
                # Others take it where all of these are lost, and put it off if they must.
                workers=[*workers] or None,
                allow_other_workers=bool(workers),
            )
            self.pending.update(zip(futures, submissions, strict=True))
            submitted += futures
        return submitted

    def take(self, futures: list[Future[Any]]) -> list[Future[Any]]:
        """Record what came back, and forget the futures; return those that must be waited for again.

        Where a worker died with a result before it was fetched, Dask computes the task once more.
        """
        finished = {f.key: f for f in futures if f.status == "finished"}
        try:
            results = self.client.gather(finished, errors="skip")  # in one message
        except OSError:
            results = {}
            self.stop(SCHEDULER_LOST)
        again = []
        for future in futures:
            if results.get(future.key) is not None:
                self.answered(self.pending.pop(future), Record(*results[future.key]))
            elif future.status == "error":
                self.lost(self.pending.pop(future), future.exception())
            elif future.status == "cancelled":
                del self.pending[future]
                self.stop(SCHEDULER_LOST)
            else:
                again.append(future)
                continue
            future.release()
        return again

    def stop(self, why: str) -> None:
        """End the loop after the current batch; the first reason is the one that is told."""
        self.outcome.stopped = self.outcome.stopped or why

    def answered(self, submission: Submission, record: Record) -> None:
        """Record what a worker did, or let a task wait for which it had too little time."""
        self.ends.note(record.end)
        if record.is_put_off:
            self.ends.put_off(submission, next(self.numbers))
        else:
            self.ends.measured(record.seconds, submission.task.seconds)
            self.record(submission, record)

    def record(self, submission: Submission, record: Record) -> None:
        failures = [Failure(*failure) for failure in record.failures]
        failed = {Piece(f.point, f.first, f.stop) for f in failures}
        done = [piece for piece in submission.task.pieces if piece not in failed]
        blocks = sum(piece.stop - piece.first for piece in done)
        self.outcome.core_seconds += record.core_seconds
        self.typical_seconds += (record.seconds - self.typical_seconds) / 8
        self.outcome.blocks_done += blocks
        self.outcome.blocks_left -= blocks
        if done:
            self.tell(
                TaskDone(
                    submission.number,
                    tuple((p.point, p.first, p.stop) for p in done),
                    sum(len(self.realizations(p)) for p in done),
                    record.seconds,
                    record.core_seconds,
                    submission.task.seconds,
                    record.worker,
                    submission.attempt,
                    record.suspects,
                    tuple(Estimate._make(e) for e in record.estimates),
                )
            )
        for failure in failures:
            self.retry_or_give_up(submission, failure, record.worker)

    def retry_or_give_up(self, submission: Submission, failure: Failure, worker: str) -> None:
        error, trace = map(in_own_lines, (failure.error, failure.trace))
        piece = Piece(failure.point, failure.first, failure.stop)
        if failure.errno in FATAL:
            self.stop(f"{FATAL[failure.errno]} ({error})")
        elif failure.lasting or self.is_of_the_text(piece, error):
            self.give_up(piece, submission.attempt, error, trace, worker)
        elif submission.attempt < ATTEMPTS:
            self.again([piece], submission, error, worker)
        else:
            self.give_up(piece, submission.attempt, error, trace, worker)

    def is_of_the_text(self, piece: Piece, error: str) -> bool:
        """Whether an error that does not pass has met several blocks, and none has succeeded."""
        if error.partition(":")[0] not in OF_THE_TEXT:
            return False
        met = self.met.setdefault(error, set())
        met.add((piece.point, piece.first))
        return len(met) > 1 and not self.outcome.blocks_done

    def lost(self, submission: Submission, error: BaseException) -> None:
        """Deal with a task that did not come back.

        If its workers kept dying, its blocks are tried one by one. Dask blames every task that
        was waiting on a worker that died, so a block that is blamed again is tried once more
        after all others, alone: then it is the culprit or innocent. Any other error, such as a
        store that a worker cannot see, would meet every task.
        """
        if not isinstance(error, KilledWorker):
            self.stop(f"{type(error).__name__}: {error}")
            return
        worker = error.last_worker.address
        words = self.how_died(worker) or f"KilledWorker: {error}"
        blocks = [
            Piece(piece.point, number, number + 1)
            for piece in submission.task.pieces
            for number in range(piece.first, piece.stop)
        ]
        if submission.alone:
            self.give_up(blocks[0], submission.attempt, words, words, worker)
        else:
            self.again(blocks, submission, words, worker, alone=len(blocks) == 1)

    def how_died(self, worker: str) -> str:
        """Say so if a worker, by its address, was ended for its use of memory; else nothing."""
        for _, event in self.client.get_events(OUT_OF_MEMORY):
            if event["worker"] == worker:
                return (
                    f"MemoryError: its workers exceeded their memory limit, the last one, {worker}, "
                    f"with {event['rss'] / 2**20:.0f} MiB, and were ended; fewer or larger workers "
                    "have more memory each (workers and memory limit of the profile)"
                )
        return ""

    def again(
        self,
        pieces: list[Piece],
        submission: Submission,
        error: str,
        worker: str,
        *,
        alone: bool = False,
    ) -> None:
        """Queue pieces of a task once more, each as a task of its own."""
        attempt = submission.attempt + 1
        failed = tuple((p.point, p.first, p.stop) for p in pieces)
        self.tell(Retried(failed, attempt, error, worker))
        per_block = submission.task.seconds / submission.task.blocks
        for piece in pieces:
            task = Task((piece,), per_block * (piece.stop - piece.first))
            queue = self.quarantine if alone else self.retries
            queue.append(Submission(next(self.numbers), task, attempt, alone))

    def give_up(self, piece: Piece, attempts: int, error: str, trace: str, worker: str) -> None:
        point = self.plan.sweep.point(piece.point)
        failure = BlockFailed(
            piece.point,
            piece.first,
            piece.stop,
            point.label,
            error,
            trace,
            attempts,
            reproduction(self.store, point, self.realizations(piece)),
            worker,
        )
        self.outcome.failures.append(failure)
        self.tell(failure)

    def realizations(self, piece: Piece) -> range:
        return self.plan.realizations(piece.point, piece.first, piece.stop)


def _run_on() -> str:
    return ""


def execute(
    client: Client,
    store: Location,
    plan: Plan,
    listeners: tuple[Listener, ...] = (),
    must_stop: Callable[[], str] = _run_on,
) -> Outcome:
    """Run every task of a plan; return when the last has come back.

    A task that fails is retried and then recorded, and stops no other; it is not retried where a
    function's text is wrong. Ctrl-C (or a
    KeyboardInterrupt with a reason, which is told), a full disk and a
    lost scheduler end the loop early; what is finished is in the store, and running again goes on
    from there.

    Parameters
    ----------
    client : distributed.Client
        Connection to the cluster.
    store : str, Path or Place
        The store; the caller holds its lease. All workers must see it under this path.
    plan : Plan
        What to compute.
    listeners : tuple of Listener
        Told of every event, in the order of completion.
    must_stop : callable
        Asked now and then; a non-empty answer is the reason to end early.
    """
    session = _Session(client, store, plan, listeners)
    completed = as_completed(loop=client.loop, raise_errors=False)
    try:
        session.count_threads()
        session.tell(Started(plan, session.threads))
        completed.update(session.top_up())
        while (session.pending or session.ends) and not session.outcome.stopped:
            arrived = completed.next_batch(block=not session.ends)
            sleep(PAUSE if arrived else LOOK_AGAIN)
            again = session.take([*arrived, *completed.next_batch(block=False)])
            session.stop(must_stop())
            if not session.outcome.stopped:
                completed.update([*again, *session.top_up()])
    except KeyboardInterrupt as wish:
        session.stop(str(wish) or "interrupted")
    finally:
        client.cancel(list(session.pending), force=True)
        completed.clear()
    outcome = session.outcome
    session.tell(
        Ended(outcome.blocks_done, outcome.blocks_left, outcome.core_seconds, outcome.stopped)
    )
    return outcome
