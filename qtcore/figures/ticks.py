"""Ticks whose numbers are written out where that is shorter than powers of ten."""

from typing import TYPE_CHECKING, Any

import numpy as np

from qtcore.figures.words import value_text

if TYPE_CHECKING:
    from matplotlib.axis import Axis


DECADES = 2.3
"""A logarithmic axis up to so long has its numbers written out."""

LONGEST = 32
"""So many letters of labels stand side by side below a panel."""

LONG_NUMBERS = 1e4
"""Numbers of so many digits touch each other if there are more than a few."""

_WRITTEN = (1e-3, 1e5)
"""Numbers between these are written out."""


def plain_ticks(axis: "Axis", *, sparse: bool = False) -> None:
    """Write the numbers of a short logarithmic axis out; let long numbers below a panel stand apart.

    They stand at 1, 2 and 5 of each decade, or only at 1 if they are to be `sparse`. Ticks that
    were put at values stay.
    """
    from matplotlib.axis import XAxis
    from matplotlib.ticker import (
        FixedLocator,
        FuncFormatter,
        LogLocator,
        MaxNLocator,
        NullFormatter,
        NullLocator,
    )

    if isinstance(axis.get_major_locator(), FixedLocator):
        return
    if axis.get_scale() != "log":
        if isinstance(axis, XAxis) and max(map(abs, axis.get_view_interval())) >= LONG_NUMBERS:
            axis.set_major_locator(MaxNLocator(4 if sparse else 5))
        return
    low, high = sorted(axis.get_view_interval())
    if low <= 0 or not np.isfinite(high):
        return
    decades = np.log10(high / low)
    if decades > DECADES or low < _WRITTEN[0] or high > _WRITTEN[1]:
        axis.set_minor_formatter(NullFormatter())
        return
    steps = (1.0, 2.0, 5.0) if decades > 0.7 else tuple(float(n) for n in range(1, 10))
    if sparse and decades >= 1:
        steps = (1.0,)
    if decades < 0.3:
        axis.set_major_locator(MaxNLocator(5))
    else:
        axis.set_major_locator(LogLocator(subs=steps, numticks=20))
    axis.set_major_formatter(FuncFormatter(_written))
    axis.set_minor_locator(NullLocator())


def ticks_at(axis: "Axis", values: Any, texts: list[str]) -> None:
    """Put ticks at values and nowhere else; long labels slant."""
    from matplotlib.axis import XAxis
    from matplotlib.ticker import NullLocator

    axis.set_ticks(list(values), texts)
    if isinstance(axis, XAxis) and sum(map(len, texts)) > LONGEST:
        for label in axis.get_ticklabels():
            label.set(rotation=25, ha="right", rotation_mode="anchor")
    axis.set_minor_locator(NullLocator())


def whole_ticks(axis: "Axis") -> None:
    """Put ticks at whole numbers only."""
    from matplotlib.ticker import MaxNLocator

    if axis.get_scale() == "linear":
        axis.set_major_locator(MaxNLocator(integer=True))


def _written(value: float, _: Any = None) -> str:
    return value_text(float(f"{value:.6g}"))
