"""The artists of a picture: one collection for all sites, one for all bonds, whatever their number."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtcore.figures.style import FAINT, INK
from qtcore.pictures.layout import Layout, Places, Stub

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import Collection, LineCollection

Numbers = NDArray[np.float64]

SITE, BOND, LEAD = "#31688e", "#9a9a9a", "#c9c9c9"
"""Colours of plain sites, of bonds and of leads: dark, medium and light in grey too."""

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
    there = layout.there
    if values is None:
        found = shapes(layout.places[there], size, square=False, facecolors=SITE, zorder=3)
    else:
        found = shapes(layout.places[there], size, layout.square, zorder=2, **colours)
        found.set_array(np.asarray(values)[there])
    found.set_label("sites")
    _as_image_if_many(found, int(there.sum()))
    axes.add_collection(found, autolim=False)
    return found


def shapes(places: Places, size: float, square: bool, **colours: Any) -> "Collection":
    """Return circles or squares of a width in lattice constants, as one collection."""
    from matplotlib.collections import EllipseCollection, PolyCollection

    if square:
        corners = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]) * size
        # Without an edge of its own colour, anti-aliasing leaves white lines between squares.
        return PolyCollection(
            list(places[:, None] + corners), linewidths=0.2, edgecolors="face", **colours
        )
    wide = np.full(len(places), size)
    return EllipseCollection(
        wide, wide, np.zeros(len(places)), units="xy", offsets=places, linewidths=0, **colours
    )


def add_taken(axes: "Axes", layout: Layout, size: float) -> None:
    """Draw a ring where disorder has taken a site away, as one transform of the same data."""
    gone = layout.places[layout.taken]
    if not len(gone):
        return
    found = shapes(gone, size, square=False, facecolors="white", zorder=3)
    found.set_edgecolor(FAINT)
    found.set_linewidth(0.6)
    found.set_label("removed sites")
    found.set_offset_transform(axes.transData)
    axes.add_collection(found, autolim=False)


def add_stub(axes: "Axes", stub: Stub, size: float, points: float) -> None:
    """Draw the beginning of a lead, with its name behind it."""
    from matplotlib.collections import LineCollection

    bonds = LineCollection(
        list(stub.segments), linewidths=min(0.9, 0.08 * points), colors=LEAD, zorder=0.5
    )
    sites = shapes(stub.places, size, square=False, facecolors=LEAD, zorder=0.6)
    bonds.set_label(f"bonds of {stub.name}")
    sites.set_label(f"sites of {stub.name}")
    for part in (bonds, sites):
        axes.add_collection(part, autolim=False)
    sideways = bool(stub.outward[0])
    last = stub.places[(stub.places @ stub.outward).argmax()]
    middle = (stub.places.min(axis=0) + stub.places.max(axis=0)) / 2
    place = np.where(stub.outward != 0, last, middle)
    before = stub.outward.sum() < 0
    axes.annotate(
        stub.name,
        tuple(place),
        xytext=tuple((4 + points / 4) * stub.outward),
        textcoords="offset points",
        rotation=90 if sideways else 0,
        ha=("right" if before else "left") if sideways else "center",
        va="center" if sideways else ("top" if before else "bottom"),
        fontsize=7.5,
        color=INK,
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
    widest = float(np.clip(0.25 * points, 0.8, 3.5))
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
        # A head alone: the bond is its shaft.
        axes.quiver(
            *middle.T, *step.T, pivot="mid", angles="xy", color=INK, zorder=4, units="xy",
            scale_units="xy", scale=1e3, headwidth=1, width=0.24 * layout.neighbour, minlength=0.0,
            headlength=1.1, headaxislength=1.0, minshaft=1e-3,
        )  # fmt: skip
        return
    low, high = axes.viewLim.min, axes.viewLim.max
    patch = max(float((high - low).max()) / _ACROSS, layout.neighbour)
    start = layout.places[layout.bonds[bonds, 0]]
    flow = layout.steps[bonds] * currents[bonds][:, None]
    place = start + layout.steps[bonds] / 2
    cell = np.floor((place - low) / patch).astype(np.intp)
    cells, which = np.unique(cell, axis=0, return_inverse=True)
    total = np.zeros((len(cells), 2))
    np.add.at(total, which.ravel(), flow)
    count = np.bincount(which.ravel())
    centre = np.stack([np.bincount(which.ravel(), weights=part) / count for part in place.T], axis=1)
    length = np.hypot(*total.T)
    seen = length > 0.08 * length.max(initial=0.0)
    # The longest arrow fills a patch.
    axes.quiver(
        *centre[seen].T, *total[seen].T, pivot="mid", angles="xy", scale_units="xy",
        scale=float(length.max(initial=1.0)) / (1.2 * patch), color=INK, zorder=4, units="xy",
        width=0.12 * patch, headwidth=3.4, headlength=3.6, headaxislength=3.2,
    )  # fmt: skip


def _as_image_if_many(artist: Any, count: int) -> None:
    artist.set_rasterized(count > MANY)
