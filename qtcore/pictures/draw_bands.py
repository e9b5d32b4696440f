"""The picture of the bands of leads."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, counted
from qtcore.figures.style import INK, TWO_COLUMNS, house_style
from qtcore.model.kwant_ensemble import KwantEnsemble
from qtcore.model.kwant_system import KwantSystem
from qtcore.pictures.artists import SITE
from qtcore.pictures.bands import (
    Device,
    crossings,
    in_words,
    is_within,
    lead_bands,
    leads_of_device,
    open_modes,
)
from qtcore.pictures.canvas import Picture
from qtcore.pictures.layout import MINUS
from qtcore.solve.pencil import Matrix

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FERMI = "#d55e00"
"""Vermilion of Okabe and Ito, which every kind of colour vision tells from the blue of the bands."""


_COLUMNS = 3
"""Panels beside each other on the width of a page."""


class _Lead(NamedTuple):
    """Leads that are alike."""

    names: list[str]
    h: Matrix
    v: Matrix


def draw_bands(device: Device, energy: float | None, axes: "Axes | None") -> "Figure":
    """Draw the bands of the leads of a device; arguments and errors as of `Plot.bands`."""
    leads = _different(device)
    found = [lead_bands(lead.h, lead.v) for lead in leads]
    kwant = isinstance(device, KwantSystem | KwantEnsemble)
    unit = "energy unit of the system" if kwant else "t"
    if energy is not None and not any(is_within(energy, energies) for _, energies in found):
        shown = "; ".join(
            f"of {_names(lead)} {in_words(energies)}"
            for lead, (_, energies) in zip(leads, found, strict=True)
        )
        raise InputError(
            f"energy {energy:g} lies outside all bands of the leads, which are {shown} (units of "
            f"{unit}); choose an energy within them"
        )
    if axes is not None and len(leads) > 1:
        raise InputError(
            f"axes= takes one panel, and the leads have {len(leads)} kinds of bands: "
            f"{', '.join(_names(lead) for lead in leads)}; leave axes out"
        )
    with house_style():
        if axes is None:
            columns = min(len(leads), _COLUMNS)
            rows = -(-len(leads) // columns)
            size = 0.6 + (TWO_COLUMNS - 0.6) * columns / _COLUMNS, 2.5 * rows
            figure: Figure = Picture(figsize=size, layout="constrained")
            panels = list(figure.subplots(rows, columns, squeeze=False, sharey=True).flat)
            for panel in panels[len(leads) :]:
                panel.remove()
        else:
            figure, panels = axes.get_figure(root=True), [axes]  # type: ignore[assignment]
        for panel, lead, (k, energies) in zip(panels, leads, found, strict=False):
            _draw(panel, k, energies)
            title = _names(lead)
            if energy is not None:
                number = open_modes(lead.h, lead.v, energy)
                _mark(panel, energy, crossings(k, energies, energy))
                title += f", {counted(number, 'open modes')}"
            panel.set_title(title, loc="left", fontsize=7.5, color=INK)
            panel.set_xlabel("k (radians per slice)")
            panel.set_xticks([-np.pi, 0, np.pi], ["−π", "0", "π"])
            panel.set_xlim(-np.pi, np.pi)
        for panel in panels[: len(leads) : _COLUMNS]:
            panel.set_ylabel(f"energy ({unit})")
    return figure


def _draw(panel: "Axes", k: NDArray[np.float64], energies: NDArray[np.float64]) -> None:
    from matplotlib.collections import LineCollection

    lines = np.stack([np.broadcast_to(k[:, None], energies.shape), energies], axis=-1)
    wide = float(np.clip(12 / energies.shape[1], 0.35, 1.1))
    bands = LineCollection(
        list(lines.swapaxes(0, 1)), colors=SITE, linewidths=wide, zorder=2, label="bands"
    )
    panel.add_collection(bands)
    panel.autoscale_view()
    panel.margins(y=0.04)


def _mark(panel: "Axes", energy: float, waves: NDArray[np.float64]) -> None:
    panel.axhline(energy, color=FERMI, lw=0.9, ls=(0, (5, 2)), zorder=1)
    panel.plot(
        waves, np.full(len(waves), energy), "o", ms=3, mfc="white", mec=FERMI, mew=0.9, zorder=3
    )
    panel.annotate(
        f"E = {energy:.4g}".replace("-", MINUS),
        (1, energy),
        xycoords=("axes fraction", "data"),
        xytext=(-2, 2),
        textcoords="offset points",
        ha="right",
        va="bottom",
        fontsize=7,
        color=FERMI,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.8},
        zorder=4,
    )


def _different(device: Device) -> list[_Lead]:
    """Return the leads, those that are alike as one."""
    found: list[_Lead] = []
    for name, h, v in leads_of_device(device):
        for other in found:
            if (
                h.shape == other.h.shape
                and np.array_equal(h, other.h)
                and np.array_equal(v, other.v)
            ):
                other.names.append(name)
                break
        else:
            found.append(_Lead([name], h, v))
    return found


def _names(lead: _Lead) -> str:
    names = lead.names
    if len(names) > 3:
        return f"{names[0]}, {names[1]} and {len(names) - 2} more"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
