"""What happens during a run, as values; whoever wants to know (progress bar, log) listens."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TextIO

from qtcore.sweep.plan import Plan
from qtcore.sweep.task import Estimate


def now() -> str:
    """Return the time as ISO 8601 text, in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class Started:
    """The first task is about to be submitted, to so many worker threads."""

    plan: Plan
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
    seconds, expected : float
        Duration on the worker, and what the cost model had said.
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
    expected: float
    worker: str
    attempt: int
    suspects: int
    estimates: tuple[Estimate, ...] = field(repr=False)


@dataclass(frozen=True)
class Retried:
    """Blocks that failed were submitted again."""

    pieces: tuple[tuple[int, int, int], ...]
    attempt: int
    error: str


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
    """

    point: int
    first: int
    stop: int
    parameters: str
    error: str
    trace: str
    attempts: int
    reproduce: str


@dataclass(frozen=True)
class Ended:
    """The loop has ended; `stopped` says why if it ended early."""

    blocks_done: int
    blocks_left: int
    core_seconds: float
    stopped: str


Event = Started | TaskDone | Retried | BlockFailed | Ended


class Listener(Protocol):
    """Whoever wants to know what happens during a run."""

    def __call__(self, event: Event) -> None:
        """Take notice of an event; called from the driver's loop, so be quick."""


class EventLog:
    """Append events to a file of JSON lines; advisory, the store does not depend on it.

    Parameters
    ----------
    path : Path
        The file; it is appended to.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        self._file = self._path.open("a", encoding="utf-8", buffering=1)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            with suppress(OSError):  # what could not be written before cannot be written now
                self._file.close()
            self._file = None

    def __call__(self, event: Event) -> None:
        """Write one line."""
        if self._file is None:
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
            line |= asdict(event)
            line.pop("estimates", None)
        try:
            self._file.write(json.dumps(line) + "\n")
        except OSError:  # a full disk stops the tasks, which say so; the log is advisory
            self._close()


def read_log(path: Path) -> list[dict[str, Any]]:
    """Read an event log; a line that a killed driver left half-written is skipped."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    lines = []
    for line in text.splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:  # cut off by a crash; it must not hide the others
            continue
    return lines
