"""What a figure was drawn from: its panels, and the result that each of them shows."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qtcore.figures.keys import Section

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Drawn:
    """A panel that was drawn into axes.

    Attributes
    ----------
    axes : matplotlib.axes.Axes
    panel : Panel
    result : xarray.Dataset
        As the panel was given it.
    sections : tuple of Section
        What its legend says.
    notes : tuple of str
        What was chosen without being asked.
    inside : bool
        Whether it is an inset.
    """

    axes: "Axes"
    panel: Any
    result: "xr.Dataset"
    sections: tuple[Section, ...]
    notes: tuple[str, ...]
    inside: bool


def record(drawn: Drawn) -> None:
    """Tell a figure of this house what was drawn into it; any other figure is not told."""
    known = getattr(drawn.axes.get_figure(root=True), "drawn", None)
    if known is not None:
        known.append(drawn)
