"""A quantity over two dimensions, as colour."""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import brief, listed
from qtcore.figures.accepted import as_row, is_text
from qtcore.figures.bins import edges_of
from qtcore.figures.choice import middle
from qtcore.figures.curves import is_labelled, numbers
from qtcore.figures.keys import DASHES, Section
from qtcore.figures.panel import Panel
from qtcore.figures.ticks import ticks_at
from qtcore.figures.words import sign, value_text, word

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


Array = NDArray[np.float64]


@dataclass(frozen=True)
class Map(Panel):
    """A quantity over two dimensions: `x` across, `up` upwards, `y` as colour.

    Parameters
    ----------
    y, x, at, xscale, yscale, xlim, ylim, labels, note, legend, needs, inset, inset_at
        As for every panel; `y` is one quantity.
    up : str, optional
        The dimension upwards; the longest that is not `x` if left out.
    lines : tuple of str, optional
        Quantities in the unit of `up` that are drawn over x.

    Raises
    ------
    InputError
        What no result can make right.
    """

    _: KW_ONLY
    up: str = ""
    lines: tuple[str, ...] = ()

    KINDS: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        """Refuse what no result can make right."""
        super().__post_init__()
        object.__setattr__(self, "lines", as_row(self.lines))
        if len(self.quantities) != 1:
            self.refuse("a map shows one quantity")
        if not all(map(is_text, (*self.lines, self.up))):
            self.refuse(f"up and lines are {brief((self.up, self.lines))}; they must be names")
        if self.up and self.up == self.x:
            self.refuse(f"x and up are both {self.x!r}; a map needs two dimensions")

    def uses(self) -> Mapping[str, tuple[str, ...]]:
        """Return the names that each field of the panel asks for."""
        return {**super().uses(), "up": (self.up,) if self.up else (), "lines": self.lines}

    def x_of(self, part: "xr.Dataset") -> str:
        """Return what runs along x."""
        return self.x or self._longest(part, self.up)

    def up_of(self, part: "xr.Dataset") -> str:
        """Return what runs upwards."""
        return self.up or self._longest(part, self.x_of(part))

    def _longest(self, part: "xr.Dataset", taken: str) -> str:
        own = part[self.quantities[0]].dims
        used = part[taken].dims if taken else ()
        free = [str(d) for d in own if d not in used]
        return max(free, key=lambda dim: part.sizes[dim], default="")

    def _put(
        self, axes: "Axes", part: "xr.Dataset", small: bool
    ) -> tuple[tuple[Section, ...], tuple[str, ...]]:
        x, up = self.x_of(part), self.up_of(part)
        for field, name in (("x", x), ("up", up)):
            own = part[self.quantities[0]].dims
            if not name or part[name].ndim != 1 or part[name].dims[0] not in own:
                self.refuse(
                    f"{field} is {name!r}; x and up must each run along one dimension of the "
                    f"quantity, which has {listed([str(d) for d in own])}"
                )
        along, upwards = str(part[x].dims[0]), str(part[up].dims[0])
        if along == upwards:
            self.refuse(f"x and up both run along {along!r}; a map needs two dimensions")
        part, notes = self.one_value(part, (along, upwards))
        z = numbers(part[self.quantities[0]])
        right, columns = _pixels(part, x, self.xscale == "log")
        above, rows = _pixels(part, up, self.yscale == "log")
        colours = z.transpose(upwards, along).to_numpy()[rows][:, columns]
        if not np.isfinite(colours).any():
            return (), notes
        mesh = axes.pcolormesh(
            right, above, np.ma.masked_invalid(colours), cmap="viridis", rasterized=True
        )
        axes.set_xlim(right[0], right[-1])
        axes.set_ylim(above[0], above[-1])
        for name in self.lines:
            self._put_line(axes, part, along, part[x], name)
        for axis, name in ((axes.xaxis, x), (axes.yaxis, up)):
            if is_labelled(part[name]):
                texts = [value_text(v) for v in part[name].to_numpy()]
                ticks_at(axis, numbers(part[name]).to_numpy(), texts)
        figure = axes.get_figure(root=True)
        if figure is not None and not small:
            bar = figure.colorbar(mesh, ax=axes, pad=0.02, aspect=30)
            bar.set_label(word(part, self.quantities[0], self.labels))
        return (), notes

    def one_value(
        self, part: "xr.Dataset", kept: Sequence[str]
    ) -> "tuple[xr.Dataset, tuple[str, ...]]":
        """Choose the middle value of every dimension that the map does not lie over."""
        notes = []
        for dim in (str(d) for d in part[self.quantities[0]].dims if d not in kept):
            number = middle(part, dim, self.quantities)
            if part.sizes[dim] > 1:
                value = value_text(part[dim].to_numpy()[number])
                notes.append(f"{sign(part, dim)} = {value} (one of {part.sizes[dim]})")
            part = part.isel({dim: number})
        return part, tuple(notes)

    def _put_line(
        self, axes: "Axes", part: "xr.Dataset", along: str, x: "xr.DataArray", name: str
    ) -> None:
        import xarray as xr

        heights, right = xr.broadcast(numbers(part[name]), numbers(x))
        rows = heights.transpose(..., along).to_numpy().reshape(-1, part.sizes[along])
        across = right.transpose(..., along).to_numpy().reshape(-1, part.sizes[along])
        for row, places in zip(rows, across, strict=True):
            order = np.argsort(places)
            axes.plot(
                places[order],
                row[order],
                color="white",
                linewidth=0.8,
                linestyle=DASHES[1],
                scalex=False,
                scaley=False,
            )

    def _upward(self) -> Sequence[str]:
        return (self.up,)

    def _name_axes(self, axes: "Axes", part: "xr.Dataset", outer: Panel | None) -> None:
        size: dict[str, Any] = {"fontsize": 7, "labelpad": 1} if outer is not None else {}
        axes.set_xlabel(self._label(part, "x", [self.x_of(part)]), **size)
        axes.set_ylabel(self._label(part, "y", [self.up_of(part)]), **size)


def _pixels(part: "xr.Dataset", name: str, log: bool) -> tuple[Array, NDArray[np.intp]]:
    """Return the edges of pixels in order, and which values these are; > 0 along a logarithm."""
    values = numbers(part[name]).to_numpy()
    kept = np.flatnonzero(np.isfinite(values) & ((values > 0) | (not log)))
    lower, upper = edges_of(part.isel({part[name].dims[0]: kept}), name, log)
    if log:
        lower = np.where(lower > 0, lower, upper / 2)
    order = np.argsort(lower)
    return np.append(lower[order], upper[order][-1:]), kept[order]
