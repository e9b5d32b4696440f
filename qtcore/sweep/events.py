"""What happens during a run, as values; whoever wants to know (progress bar, log) listens."""

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from qtcore.store.journal import Journal, event_logs
from qtcore.store.locate import Location

if TYPE_CHECKING:
    from qtcore.sweep.plan import Plan
    from qtcore.sweep.precision import PointPrecision, Precision
    from qtcore.sweep.spec import Sweep
    from qtcore.sweep.task import Estimate


def now() -> str:
    """Return the time as ISO 8601 text, in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class Started:
    """The first task is about to be submitted, to so many worker threads."""

    plan: "Plan"
    workers: int


@dataclass(frozen=True)
class TaskDone:
    """A task came back; its blocks are in the store, except for those that failed.

    Attributes
    ----------
    task : int
        Number of the task in this session.
    pieces : tuple of (point, first block, stop block)
        What it wrote.
    realizations : int
        How many realizations that is.
    seconds : float
        Duration on the worker, by the clock.
    core_seconds : float
        The same without waiting for a free core.
    expected : float
        What the cost model had said.
    worker : str
        host:pid.
    attempt : int
        1 for the first.
    suspects : int
        Entries whose certificate stayed above its threshold.
    estimates : tuple of Estimate
        Sums for the running estimate.
    """

    task: int
    pieces: tuple[tuple[int, int, int], ...]
    realizations: int
    seconds: float
    core_seconds: float
    expected: float
    worker: str
    attempt: int
    suspects: int
    estimates: "tuple[Estimate, ...]" = field(repr=False)


@dataclass(frozen=True)
class Retried:
    """Blocks that failed on a worker were submitted again."""

    pieces: tuple[tuple[int, int, int], ...]
    attempt: int
    error: str
    worker: str


@dataclass(frozen=True)
class BlockFailed:
    """Blocks of a point that failed for good.

    Attributes
    ----------
    point, first, stop : int
        Which blocks.
    parameters : str
        The point in the words of its axes.
    error, trace : str
        The exception in one line, and its traceback.
    attempts : int
        How often it was tried.
    reproduce : str
        Shell command that computes just these realizations.
    worker : str
        host:pid of the last worker that tried, or its address if it died of it.
    """

    point: int
    first: int
    stop: int
    parameters: str
    error: str
    trace: str
    attempts: int
    reproduce: str
    worker: str


@dataclass(frozen=True)
class Ended:
    """The loop has ended; `stopped` says why if it ended early."""

    blocks_done: int
    blocks_left: int
    core_seconds: float
    stopped: str


@dataclass(frozen=True)
class Judged:
    """All points of a sweep with a precision goal were looked at between two rounds.

    Attributes
    ----------
    sweep : Sweep
        What has been computed.
    precision : Precision
        The goal.
    standings : dict of int to PointPrecision
        How far each point is; those that need no more than one realization are left out.
    counts : tuple of int
        Realizations of each point after the next round; as they are if there is none.
    """

    sweep: "Sweep"
    precision: "Precision"
    standings: "dict[int, PointPrecision]"
    counts: tuple[int, ...]

    @property
    def unreached(self) -> "dict[int, PointPrecision]":
        """The points that are not there yet."""
        return {n: standing for n, standing in self.standings.items() if not standing.reached}


Event = Started | TaskDone | Retried | BlockFailed | Ended | Judged


class Listener(Protocol):
    """Whoever wants to know what happens during a run."""

    def __call__(self, event: Event) -> None:
        """Take notice of an event; called from the driver's loop, so be quick."""


class EventLog:
    """Append events to a store's log as JSON lines; advisory, the store does not depend on it.

    Parameters
    ----------
    journal : Journal
        The log; it is appended to.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._open = False

    def __enter__(self) -> Self:
        with suppress(OSError):  # a folder, a link or a full disk there must not stop a run
            self._journal.__enter__()
            self._open = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def _close(self) -> None:
        if self._open:
            with suppress(OSError):  # what could not be written before cannot be written now
                self._journal.__exit__(None, None, None)
            self._open = False

    def __call__(self, event: Event) -> None:
        """Write one line."""
        if not self._open:
            return
        line: dict[str, Any] = {"time": now(), "event": type(event).__name__}
        if isinstance(event, Started):
            line |= {
                "workers": event.workers,
                "tasks": len(event.plan.tasks),
                "blocks_left": event.plan.blocks_left,
                "expected_core_seconds": event.plan.core_seconds,
            }
        else:
            names = (known.name for known in fields(event) if known.name != "estimates")
            line |= {name: getattr(event, name) for name in names}
        try:
            self._journal.write(json.dumps(line))
        except OSError:  # a full disk stops the tasks, which say so; the log is advisory
            self._close()


def read_logs(store: Location) -> list[list[dict[str, Any]]]:
    """Read the event logs of a store: its own, and one for each part that was driven alone."""
    return [read_log(journal) for journal in event_logs(store)]


def worker_seconds(logs: list[list[dict[str, Any]]]) -> float:
    """Return what workers have spent on the tasks in some logs, without waiting for a free core.

    Earlier versions logged seconds of the clock alone, which stand for those then.
    """
    done = (line for log in logs for line in log if line.get("event") == "TaskDone")
    seconds = (line.get("core_seconds", line.get("seconds")) for line in done)
    return round(sum(s for s in seconds if isinstance(s, int | float) and math.isfinite(s)), 3)


def spent_seconds(attributes: Mapping[str, Any], logs: list[list[dict[str, Any]]]) -> float:
    """Return what workers have spent on a store: what its logs say, and what the runs took that were put together in it."""
    sources = attributes.get("sources")
    stated = (s.get("core_seconds") for s in sources or () if isinstance(s, dict))
    earlier = sum(s for s in stated if isinstance(s, int | float) and math.isfinite(s))
    return round(worker_seconds(logs) + earlier, 3)


def read_log(journal: Journal) -> list[dict[str, Any]]:
    """Read an event log; a line that a killed driver left half-written is skipped."""
    lines = []
    for line in journal.lines():
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):  # cut off by a crash; it must not hide the others
            continue
        if isinstance(found, dict):
            lines.append(found)
    return lines
