"""Pictures of one sample: what it is, and values on its sites or bonds."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.pictures.artists import (
    add_bonds,
    add_currents,
    add_sites,
    add_stub,
    add_taken,
    light_to_dark,
)
from qtcore.pictures.canvas import Page, add_bar, is_fine, page, size_of_sites
from qtcore.pictures.layout import Layout

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Numbers = NDArray[np.float64]


def draw_sample(layout: Layout, address: str, axes: "Axes | None") -> "Figure":
    """Draw a sample: sites coloured by the energies of disorder and gates, where there are some."""
    energies = layout.onsite[layout.there]
    coloured = bool(np.ptp(energies)) if len(energies) else False
    caption = ", ".join(part for part in (layout.words, address) if part)
    with page(layout, axes, caption, bar=coloured) as where:
        size = _frame(where, layout)
        if not coloured:
            add_sites(where.axes, layout, 1.0 if is_fine(where.points) else size)
            return where.picture
        whole = layout.square or is_fine(where.points)
        found = add_sites(
            where.axes,
            layout,
            1.0 if whole and layout.square else 1.6 * size,
            layout.onsite,
            cmap="cividis",
        )
        add_bar(where, found, f"on-site energy ({layout.unit})")
    return where.picture


def draw_density(
    layout: Layout, values: Numbers, label: str, caption: str, axes: "Axes | None"
) -> "Figure":
    """Draw numbers >= 0 on the sites, (site,), light to dark."""
    _refuse_other(layout, values)
    with page(layout, axes, f"{layout.words}, {caption}", bar=True) as where:
        _frame(where, layout)
        size = 1.0 if layout.square else layout.neighbour
        most = float(values[layout.there].max(initial=0.0)) or 1.0
        found = add_sites(where.axes, layout, size, values, cmap=light_to_dark())
        found.set_clim(0, most)
        add_bar(where, found, label)
    return where.picture


def draw_currents(
    layout: Layout, currents: Numbers, label: str, caption: str, axes: "Axes | None"
) -> "Figure":
    """Draw currents on the bonds, (bond,), from the first to the second site of each."""
    with page(layout, axes, f"{layout.words}, {caption}", bar=True) as where:
        size = size_of_sites(where.points, layout.neighbour)
        for stub in layout.stubs:
            add_stub(where.axes, stub, size, where.points)
        add_taken(where.axes, layout, size)
        found = add_currents(where.axes, layout, currents, where.points)
        add_bar(where, found, label)
    return where.picture


def _frame(where: Page, layout: Layout) -> float:
    """Draw leads, bonds and removed sites; return the size of plain sites."""
    size = size_of_sites(where.points, layout.neighbour)
    fine = is_fine(where.points)
    for stub in layout.stubs:
        add_stub(where.axes, stub, layout.neighbour if fine else size, where.points)
    if not fine:
        add_bonds(where.axes, layout, where.points)
        add_taken(where.axes, layout, size)
    return size


def _refuse_other(layout: Layout, values: Numbers) -> None:
    if len(values) != len(layout.places):
        raise InputError(
            f"this picture shows {len(layout.places):,} sites of a sample of {len(values):,}: solve a "
            "shorter one"
        )
