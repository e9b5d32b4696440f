"""Show a run on a terminal while it happens: a bar, the rate, the time left, the running estimate."""

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

from qtcore.sweep.advance import Advance
from qtcore.sweep.events import Ended, Event, Started, TaskDone
from qtcore.sweep.heartbeat import Heartbeat
from qtcore.sweep.listening import Display
from qtcore.sweep.notebook import NotebookBar, NotebookConsole
from qtcore.sweep.running_estimate import RunningEstimate
from qtcore.sweep.sayings import Sayings


def display_on(console: Console) -> Display:
    """Return what shows a run on a console: a bar on a terminal or in a notebook, else lines now and then."""
    if isinstance(console, NotebookConsole):
        return NotebookBar(console)
    return ProgressBar(console) if console.is_terminal else Heartbeat(console)


class ProgressBar:
    """Listener that draws progress on a terminal; a context manager.

    The bar and the percentage are of the work, which is blocks weighted by their cost.

    Parameters
    ----------
    console : Console
        Where to draw.
    """

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.fields[done]}/{task.fields[blocks]} blocks"),
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            console=console,
            auto_refresh=False,
        )
        self._text = Text(style="cyan")
        self._live = Live(Group(self._progress, self._text), console=console, refresh_per_second=4)
        self._say = Sayings(console)
        self._estimate = RunningEstimate()
        self._advance: Advance | None = None

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
            self._advance = Advance(event.plan, event.workers)
            blocks = event.plan.blocks_left
            self._bar = self._progress.add_task(
                "", total=1.0, done=0, blocks=blocks, rate="", left=""
            )
            self._live.start()
        elif isinstance(event, TaskDone):
            if self._advance is not None:
                self._show(self._advance, event)
        elif isinstance(event, Ended):
            self._live.stop()
        self._say(event)

    def _show(self, advance: Advance, event: TaskDone) -> None:
        advance.take(event)
        self._progress.update(
            self._bar,
            completed=advance.share,
            done=advance.blocks,
            rate=advance.rate,
            left=f"{advance.time_left} left",
        )
        self._estimate.take(advance.plan, event.estimates)
        self._text.plain = self._estimate.words
