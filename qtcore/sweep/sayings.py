"""Sentences that every display of a run prints: what failed, how far a precision goal is."""

import math

from rich.console import Console

from qtcore.errors import counted
from qtcore.sweep.events import BlockFailed, Ended, Event, Judged, Retried
from qtcore.sweep.point import in_words
from qtcore.sweep.precision import PointPrecision


class Sayings:
    """Listener that prints a sentence where something is worth one.

    The same error of many blocks is told at once, and in the end how many blocks met it.

    Parameters
    ----------
    console : Console
        Where to print.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._retried: set[tuple[int, str]] = set()
        self._failed: dict[str, int] = {}

    def __call__(self, event: Event) -> None:
        """Take notice of an event."""
        if isinstance(event, Retried):
            if (event.attempt, event.error) not in self._retried:
                self._retried.add((event.attempt, event.error))
                self._say(f"trying again ({event.attempt}): {event.error}", "yellow")
        elif isinstance(event, BlockFailed):
            if event.error not in self._failed:
                self._say(f"failed: {event.parameters}: {event.error}", "red")
            blocks = event.stop - event.first
            self._failed[event.error] = self._failed.get(event.error, 0) + blocks
        elif isinstance(event, Ended):
            self._say_how_many_failed(event)
        elif isinstance(event, Judged):
            self._say_how_far(event)

    def _say(self, message: str, style: str) -> None:
        self._console.print(message, style=style, markup=False, highlight=False)

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


def how_far(standing: PointPrecision) -> str:
    """Say a point's error, and the realizations that its goal would take."""
    samples = counted(standing.realizations, "realizations")
    took = f"{standing.value:.4g} ± {standing.error:.2g} from {samples}"
    if not math.isfinite(standing.needed):
        return f"{took}; more of them do not bring it nearer"
    return f"{took}; it takes about {standing.needed:,.0f}"
