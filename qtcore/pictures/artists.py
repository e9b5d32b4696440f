"""The artists of a picture: one collection for all sites, one for all bonds, whatever their number."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtcore.figures.style import INK
from qtcore.pictures.layout import Layout, Places, Stub

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import Collection, LineCollection

Numbers = NDArray[np.float64]

SITE, BOND, LEAD = "#31688e", "#9a9a9a", "#c9c9c9"
"""Colours of plain sites, of bonds and of leads: dark, medium and light in grey too."""

RING = "#d55e00"
"""Colour of rings where sites are missing: vermilion, which no colour vision takes for the others."""

MANY = 20_000
"""Artists' members from which on a PDF holds them as an image."""

_ARROWS = 900
"""Bonds up to which each has an arrow; of more, those of a patch are added up."""

_ACROSS = 44
"""Patches along the longer side of the picture."""


def light_to_dark() -> Any:
    """Return the colours of sizes: light for small, dark for large, in grey and to the colour-blind."""
    import matplotlib as mpl
    from matplotlib.colors import LinearSegmentedColormap

    colours = mpl.colormaps["YlGnBu"](np.linspace(0.12, 1.0, 256))
    return LinearSegmentedColormap.from_list("light to dark", colours)


def add_bonds(axes: "Axes", layout: Layout, points: float) -> "LineCollection":
    """Draw the bonds; weak ones are thin. `points` is the distance of neighbours in points."""
    from matplotlib.collections import LineCollection

    lines, numbers = layout.segments(layout.drawn)
    strength = layout.strength[numbers]
    typical = float(np.median(strength)) if len(strength) else 1.0
    widths = np.clip(strength / typical, 0.15, 2.0) * min(0.9, 0.08 * points)
    found = LineCollection(list(lines), linewidths=widths, colors=BOND, zorder=1, label="bonds")
    _as_image_if_many(found, len(lines))
    axes.add_collection(found, autolim=False)
    return found


def add_sites(
    axes: "Axes", layout: Layout, size: float, values: Numbers | None = None, **colours: Any
) -> "Collection":
    """Draw the sites that are there, coloured by values if there are some, one for each site.

    Parameters
    ----------
    axes : Axes
        Where.
    layout : Layout
        The sample.
    size : float
        Width of a site, lattice constants.
    values : (site,) float array, optional
        What colours them.
    **colours
        `cmap`, `norm` and the like of Matplotlib.
    """
    places = layout.places[layout.there]
    if values is None:
        return add_shapes(axes, places, size, False, facecolors=SITE, zorder=3, label="sites")
    shown = np.asarray(values)[layout.there]
    return add_shapes(axes, places, size, layout.square, array=shown, label="sites", **colours)


def add_shapes(
    axes: "Axes", places: Places, size: float, square: bool, **colours: Any
) -> "Collection":
    """Draw circles or squares of a width in lattice constants, as one collection."""
    from matplotlib.collections import EllipseCollection, PolyCollection

    if square:
        corners = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]) * size
        # Without an edge of its own colour, anti-aliasing leaves white lines between squares.
        found: Collection = PolyCollection(
            list(places[:, None] + corners), linewidths=0.2, edgecolors="face", **colours
        )
    else:
        wide, turn = np.full(len(places), size), np.zeros(len(places))
        found = EllipseCollection(
            wide, wide, turn, units="xy", offsets=places, linewidths=0,
            offset_transform=axes.transData, **colours,
        )  # fmt: skip
    _as_image_if_many(found, len(places))
    axes.add_collection(found, autolim=False)
    return found


def add_taken(axes: "Axes", layout: Layout, size: float) -> None:
    """Draw a ring where disorder has taken a site away."""
    gone = layout.places[layout.taken]
    if len(gone):
        rings = add_shapes(
            axes,
            gone,
            size,
            False,
            facecolors="white",
            edgecolors=RING,
            zorder=3,
            label="removed sites",
        )
        rings.set_linewidth(0.8)


def add_stub(axes: "Axes", stub: Stub, size: float, points: float) -> None:
    """Draw the beginning of a lead, with its name on it."""
    from matplotlib.collections import LineCollection

    bonds = LineCollection(
        list(stub.segments),
        linewidths=min(0.9, 0.08 * points),
        colors=LEAD,
        zorder=0.5,
        label=f"bonds of {stub.name}",
    )
    axes.add_collection(bonds, autolim=False)
    add_shapes(
        axes, stub.places, size, False, facecolors=LEAD, zorder=0.6, label=f"sites of {stub.name}"
    )
    middle = (stub.places.min(axis=0) + stub.places.max(axis=0)) / 2
    axes.text(
        float(middle[0]),
        float(middle[1]),
        stub.name,
        rotation=90 if stub.outward[0] else 0,
        ha="center",
        va="center",
        fontsize=7,
        color=INK,
        zorder=5,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0, "alpha": 0.85},
    )


def add_currents(
    axes: "Axes", layout: Layout, currents: Numbers, points: float
) -> "LineCollection":
    """Draw currents on bonds: colour and width by size, arrows along.

    Parameters
    ----------
    axes : Axes
        Where; its limits and size must be set.
    layout : Layout
        The sample.
    currents : (bond,) float array
        From the first to the second site of each bond.
    points : float
        Distance of neighbours in points.
    """
    from matplotlib.collections import LineCollection

    drawn = layout.drawn
    lines, numbers = layout.segments(drawn)
    size = np.abs(currents)
    most = float(size[drawn].max(initial=0.0)) or 1.0
    # Strong ones on top.
    order = np.argsort(size[numbers], kind="stable")
    lines, numbers = lines[order], numbers[order]
    widest = float(np.clip(0.38 * points, 0.9, 4.0))
    found = LineCollection(
        list(lines),
        linewidths=0.3 + (widest - 0.3) * size[numbers] / most,
        array=size[numbers],
        cmap=light_to_dark(),
        zorder=2.5,
        label="currents",
    )
    found.set_clim(0, most)
    found.set_capstyle("round")
    _as_image_if_many(found, len(lines))
    axes.add_collection(found, autolim=False)
    _add_arrows(axes, layout, currents, most)
    return found


def _add_arrows(axes: "Axes", layout: Layout, currents: Numbers, most: float) -> None:
    """Draw arrows on the bonds, or of many bonds on patches, as one collection."""
    bonds = layout.drawn
    strong = bonds[np.abs(currents[bonds]) > 0.12 * most]
    step = layout.steps[strong] * np.sign(currents[strong])[:, None]
    middle = layout.places[layout.bonds[strong, 0]] + layout.steps[strong] / 2
    if len(strong) <= _ARROWS:
        _add_heads(axes, middle, step, np.abs(currents[strong]) / most)
        return
    low, high = np.array(axes.viewLim.min), np.array(axes.viewLim.max)
    patch = max(float((high - low).max()) / _ACROSS, layout.neighbour)
    start = layout.places[layout.bonds[bonds, 0]]
    flow = layout.steps[bonds] * currents[bonds][:, None]
    place = start + layout.steps[bonds] / 2
    cell = np.floor((place - low) / patch).astype(np.intp)
    cells, which = np.unique(cell, axis=0, return_inverse=True)
    total = np.zeros((len(cells), 2))
    np.add.at(total, which.ravel(), flow)
    count = np.bincount(which.ravel())
    centre = np.stack(
        [np.bincount(which.ravel(), weights=part) / count for part in place.T], axis=1
    )
    length = np.hypot(*total.T)
    seen = length > 0.08 * length.max(initial=0.0)
    # The longest arrow fills a patch.
    axes.quiver(
        *centre[seen].T, *total[seen].T, pivot="mid", angles="xy", scale_units="xy",
        scale=float(length.max(initial=1.0)) / (1.2 * patch), color=INK, zorder=4, units="xy",
        width=0.12 * patch, headwidth=3.4, headlength=3.6, headaxislength=3.2,
    )  # fmt: skip


def _add_heads(axes: "Axes", middle: Places, step: Places, share: Numbers) -> None:
    """Draw a triangle in the middle of each bond, larger for larger currents."""
    from matplotlib.collections import PolyCollection

    ahead = step * (0.12 + 0.14 * share)[:, None]
    aside = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1) * 0.75
    corners = np.stack([middle + ahead, middle - ahead + aside, middle - ahead - aside], axis=1)
    heads = PolyCollection(
        list(corners), facecolors=INK, edgecolors="white", linewidths=0.3, zorder=4, label="arrows"
    )
    axes.add_collection(heads, autolim=False)


def _as_image_if_many(artist: Any, count: int) -> None:
    artist.set_rasterized(count > MANY)
