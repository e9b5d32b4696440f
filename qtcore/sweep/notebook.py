"""Show a run in a notebook: one output of its cell, which changes in place."""

import sys
from collections.abc import Callable
from html import escape
from importlib import import_module
from threading import RLock
from time import monotonic
from types import TracebackType
from typing import Any, Self

from rich.console import Console

from qtcore.errors import counted
from qtcore.sweep.advance import Advance
from qtcore.sweep.durations import duration
from qtcore.sweep.events import Ended, Event, Started, TaskDone
from qtcore.sweep.running_estimate import RunningEstimate
from qtcore.sweep.sayings import Sayings

EVERY = 0.25
"""Seconds between two changes of the output, at least."""

MOST = 20
"""Sentences that are shown; of more the last ones."""


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook, whose outputs can change in place."""
    if "IPython" not in sys.modules:
        return False
    return hasattr(import_module("IPython").get_ipython(), "kernel")


class NotebookConsole(Console):
    """A console whose lines stand in one output of a cell, below a bar.

    Parameters
    ----------
    **options
        As of `rich.console.Console`; `quiet` shows nothing.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._lock_of_output = RLock()  # events come in one thread, the rest in another
        self._lines: list[str] = []
        self._bar = self._words = ""
        self._handle: Any = None
        self._shown = -EVERY

    def print(self, *objects: Any, **_: Any) -> None:
        """Add a line."""
        with self._lock_of_output:
            self._lines.append(" ".join(map(str, objects)))
            self._show()

    def bar(self, html: str, words: str, *, now: bool) -> None:
        """Change what stands above the lines; not more often than it can be seen, unless `now`.

        Parameters
        ----------
        html, words : str
            The same for a notebook, and for what shows text alone.
        now : bool
            Whether it is shown at once.
        """
        with self._lock_of_output:
            self._bar, self._words = html, words
            if now or monotonic() - self._shown >= EVERY:
                self._show()

    def _show(self) -> None:
        if self.quiet:
            return
        self._shown = monotonic()
        lines = self._lines[-MOST:]
        html = "".join(f"<div>{escape(line)}</div>" for line in lines)
        content = {
            "text/html": f'<div style="font-family:monospace">{self._bar}{html}</div>',
            "text/plain": "\n".join(filter(None, [self._words, *lines])),
        }
        if self._handle is None:
            display = import_module("IPython.display").display
            self._handle = display(content, raw=True, display_id=True)
        else:
            self._handle.update(content, raw=True)


class NotebookBar:
    """Listener that draws progress in a notebook; a context manager.

    Parameters
    ----------
    console : NotebookConsole
        Where to draw.
    clock : callable
        Returns the time in seconds.
    """

    def __init__(self, console: NotebookConsole, clock: Callable[[], float] = monotonic) -> None:
        self._console, self._clock = console, clock
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
        if self._advance is not None:  # the end was not told
            self._draw(self._advance, "stopped", now=True)

    def __call__(self, event: Event) -> None:
        """Take notice of an event."""
        if isinstance(event, Started):
            self._advance = Advance(event.plan, event.workers, self._clock)
            self._draw(self._advance, self._left(self._advance), now=True)
        elif isinstance(event, TaskDone) and self._advance is not None:
            self._advance.take(event)
            self._estimate.take(self._advance.plan, event.estimates)
            self._draw(self._advance, self._left(self._advance), now=False)
        elif isinstance(event, Ended) and self._advance is not None:
            took = (
                f"{duration(self._advance.elapsed)} on {counted(self._advance.workers, 'workers')}"
            )
            self._draw(self._advance, took, now=True)
            self._advance = None
        self._say(event)

    def _left(self, advance: Advance) -> str:
        return f"about {advance.time_left} left"

    def _draw(self, advance: Advance, end: str, *, now: bool) -> None:
        total = advance.plan.blocks_left
        share = 1.0 if advance.blocks == total else min(advance.share, 0.99)
        words = (f"{advance.blocks:,} of {counted(total, 'blocks')}", advance.rate, end)
        said = ", ".join(filter(None, words))
        self._console.bar(
            f'<progress value="{share:.4f}" max="1" style="width:16em;vertical-align:middle"></progress> '
            f"{share:.0%} {escape(said)}<div>{escape(self._estimate.words)}</div>",
            ", ".join(filter(None, (f"{share:.0%} done", said, self._estimate.words))),
            now=now,
        )
