"""The running estimate: the mean of what has come back at one point, with its standard error."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from qtcore.sweep.plan import Plan
from qtcore.sweep.point import in_words
from qtcore.sweep.task import Estimate


@dataclass
class Moments:
    """Count, sum and sum of squares of the first variable's last entry at one point."""

    count: int = 0
    total: float = 0.0
    squares: float = 0.0

    @property
    def mean(self) -> float:
        """Mean of the entries."""
        return self.total / self.count

    @property
    def error(self) -> float:
        """Standard error of the mean; NaN where the squares are beyond all floats."""
        if not math.isfinite(self.squares):
            return math.nan
        variance = max(0.0, self.squares - self.total * self.mean) / (self.count - 1)
        return math.sqrt(variance / self.count)


class RunningEstimate:
    """The mean of the first variable (at the longest length, if it has one) in words.

    It is that of the point that came back last, over the realizations of this session.

    Attributes
    ----------
    words : str
        Such as "⟨ln g⟩ = -3.12 ± 0.04 at disorder 1"; empty before the first task came back.
    """

    def __init__(self) -> None:
        self.words = ""
        self._moments: dict[int, Moments] = {}

    def take(self, plan: Plan, estimates: Iterable[Estimate]) -> None:
        """Add what a task has brought."""
        last = None
        for last in estimates:
            moments = self._moments.setdefault(last.point, Moments())
            moments.count += last.realizations
            moments.total += last.total
            moments.squares += last.total_of_squares
        if last is None:
            return
        point = plan.sweep.point(last.point)
        moments = self._moments[point.number]
        if moments.count:
            name = plan.sweep.outputs[0].name
            name = f"ln {name[3:]}" if name.startswith("ln_") else name
            known = moments.count > 1 and math.isfinite(moments.error)
            error = f" ± {moments.error:.2g}" if known else ""
            self.words = f"⟨{name}⟩ = {moments.mean:.4g}{error} at {in_words(point)}"
