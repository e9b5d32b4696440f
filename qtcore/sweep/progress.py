"""Show a run while it happens: a bar, the rate, the time left, the running estimate."""

import math
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from qtcore.errors import counted
from qtcore.sweep.durations import duration
from qtcore.sweep.events import BlockFailed, Ended, Event, Judged, Retried, Started, TaskDone
from qtcore.sweep.plan import Plan
from qtcore.sweep.point import in_words
from qtcore.sweep.precision import PointPrecision


@dataclass
class _Moments:
    """Count, sum and sum of squares of the first variable's last entry at one point."""

    count: int = 0
    total: float = 0.0
    squares: float = 0.0

    @property
    def mean(self) -> float:
        return self.total / self.count

    @property
    def error(self) -> float:
        """Standard error of the mean; NaN where the squares are beyond all floats."""
        if not math.isfinite(self.squares):
            return math.nan
        variance = max(0.0, self.squares - self.total * self.mean) / (self.count - 1)
        return math.sqrt(variance / self.count)


class ProgressBar:
    """Listener that draws progress on a terminal; a context manager.

    The estimate is the mean of the first variable (at the longest length, if it has one) at the
    point that came back last, over the realizations of this session, with its standard error.

    Parameters
    ----------
    console : Console
        Where to draw; a console that is no terminal gets a line now and then instead.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.fields[done]}/{task.fields[tasks]} tasks"),
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            console=console,
            auto_refresh=False,
        )
        self._estimate = Text(style="cyan")
        self._live = Live(
            Group(self._progress, self._estimate), console=console, refresh_per_second=4
        )
        self._plan: Plan | None = None
        self._moments: dict[int, _Moments] = {}
        self._tasks = 0
        self._realizations = 0
        self._seconds = 0.0
        self._expected = 0.0
        self._workers = 1
        self._retried: set[tuple[int, str]] = set()
        self._failed: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def __call__(self, event: Event) -> None:
        """Take notice of an event."""
        if isinstance(event, Started):
            for earlier in self._progress.task_ids:  # each round has a bar of its own
                self._progress.remove_task(earlier)
            self._tasks, self._realizations, self._seconds, self._expected = 0, 0, 0.0, 0.0
            self._plan = event.plan
            self._workers = event.workers
            self._bar = self._progress.add_task(
                "",
                total=event.plan.core_seconds or 1.0,
                done=0,
                tasks=len(event.plan.tasks),
                rate="",
                left="",
            )
            self._live.start()
        elif isinstance(event, TaskDone):
            self._advance(event)
        elif isinstance(event, Retried):
            if (event.attempt, event.error) not in self._retried:
                self._retried.add((event.attempt, event.error))
                self._say(f"trying again ({event.attempt}): {event.error}", "yellow")
        elif isinstance(event, BlockFailed):
            if event.error not in self._failed:
                self._say(f"failed: {event.parameters}: {event.error}", "red")
            blocks = event.stop - event.first
            self._failed[event.error] = self._failed.get(event.error, 0) + blocks
        elif isinstance(event, Ended):
            self._live.stop()
            self._say_how_many_failed(event)
            if not self._console.is_terminal:
                self._console.line()  # a terminal gets its line break from the display itself

        elif isinstance(event, Judged):
            self._say_how_far(event)

    def _say_how_many_failed(self, ended: Ended) -> None:
        """Say of each error that met several blocks how many it met."""
        for error, blocks in self._failed.items():
            if blocks > 1:
                everything = not ended.blocks_done and blocks == ended.blocks_left
                which = f"all {blocks}" if everything else str(blocks)
                self._say(f"failed: {which} blocks with the same error: {error}", "red")
        self._failed.clear()
        self._retried.clear()

    def _say_how_far(self, event: Judged) -> None:
        """Say who has reached the goal; in the end, what the others would need."""
        unreached, judged = event.unreached, len(event.standings)
        goal = event.precision.in_words
        more = sum(event.counts) - int(event.sweep.counts.sum())
        self._say(
            f"{judged - len(unreached)} of {counted(judged, 'points')} reached {goal}", "cyan"
        )
        if more:
            self._say(f"next round: {counted(more, 'realizations')} more", "cyan")
            return
        for number, standing in unreached.items():
            point = event.sweep.point(number)
            self._say(f"not reached: {in_words(point)}: {how_far(standing)}", "yellow")

    def _advance(self, event: TaskDone) -> None:
        plan = self._plan
        if plan is None:
            return
        self._tasks += 1
        self._realizations += event.realizations
        self._seconds += event.seconds
        self._expected += event.expected
        elapsed = self._progress.tasks[0].elapsed or 0.0
        self._progress.update(
            self._bar,
            advance=event.expected,
            done=self._tasks,
            rate=f"{self._realizations / elapsed:,.0f} realizations/s" if elapsed else "",
            left=self._time_left(plan),
        )
        self._take_estimates(plan, event)

    def _say(self, message: str, style: str) -> None:
        self._console.print(message, style=style, markup=False, highlight=False)

    def _time_left(self, plan: Plan) -> str:
        # What has come back says how wrong the cost model is on average.
        correction = self._seconds / self._expected if self._expected else 1.0
        left = max(0.0, plan.core_seconds - self._expected) * correction / self._workers
        return f"{duration(left)} left"

    def _take_estimates(self, plan: Plan, event: TaskDone) -> None:
        for estimate in event.estimates:
            moments = self._moments.setdefault(estimate.point, _Moments())
            moments.count += estimate.realizations
            moments.total += estimate.total
            moments.squares += estimate.total_of_squares
        if not event.estimates:
            return
        point = plan.sweep.point(event.estimates[-1].point)
        moments = self._moments[point.number]
        if moments.count:
            name = plan.sweep.outputs[0].name
            name = f"ln {name[3:]}" if name.startswith("ln_") else name
            known = moments.count > 1 and math.isfinite(moments.error)
            error = f" ± {moments.error:.2g}" if known else ""
            self._estimate.plain = f"⟨{name}⟩ = {moments.mean:.4g}{error} at {in_words(point)}"


def how_far(standing: PointPrecision) -> str:
    """Say a point's error, and the realizations that its goal would take."""
    samples = counted(standing.realizations, "realizations")
    took = f"{standing.value:.4g} ± {standing.error:.2g} from {samples}"
    if not math.isfinite(standing.needed):
        return f"{took}; more of them do not bring it nearer"
    return f"{took}; it takes about {standing.needed:,.0f}"
