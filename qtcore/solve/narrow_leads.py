"""Leads on some sites of a strip's ends, hard walls on the others, as leads of the strip's own width.

To a plain strip a wall is a lead without waves: psi = 0 on the slice beyond the sample's last one. So
the modes of a narrower lead, and behind them one closed mode for each site at the wall, are the modes
of a lead that the strip continues. With them a strip between point contacts takes the kernels of a
plain one, and nothing is approximated.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.model.wire import Wire
from qtcore.solve.modes import Modes, Separable


def at_both_ends(wire: Wire, modes: Modes) -> tuple[Modes, Modes]:
    """Return modes as wide as a strip at its left and at its right end, from those of its leads."""
    sites = wire.lead_sites
    if sites is None:
        return modes, modes
    return beside_walls(modes, sites[0], wire.width), beside_walls(modes, sites[1], wire.width)


def beside_walls(modes: Modes, sites: NDArray[np.intp], width: int) -> Modes:
    """Return the modes of a lead on some sites of a slice with walls on the others.

    Parameters
    ----------
    modes : Modes
        Of the lead, (lead site, mode), which must be separable.
    sites : (lead site,) int array
        Where its sites are on the slice.
    width : int
        Sites M of the slice.

    Returns
    -------
    Modes
        (M, M); those of walls are the last ones. A wave that such a mode would bring in has the
        factor infinity: it is 0 on the earlier slice.
    """
    lead = modes.separable
    assert lead is not None
    walls = np.setdiff1d(np.arange(width), sites)
    at_walls = np.eye(width, dtype=np.complex128)[:, walls]
    nothing = np.zeros_like(at_walls)

    def on_slice(waves: NDArray[Any], beside: NDArray[Any]) -> NDArray[Any]:
        inside = np.zeros((width, waves.shape[1]), waves.dtype)
        inside[sites] = waves
        return np.hstack([inside, beside])

    separable = Separable(
        functions=on_slice(lead.functions, at_walls.real),
        norms=np.concatenate([lead.norms, np.ones(len(walls))]),
        left_factor=np.concatenate([lead.left_factor, np.full(len(walls), np.inf)]),
        right_factor=np.concatenate([lead.right_factor, np.zeros(len(walls))]),
    )
    return replace(
        modes,
        left=on_slice(modes.left, nothing),
        left_ahead=on_slice(modes.left_ahead, at_walls),
        right=on_slice(modes.right, at_walls),
        right_ahead=on_slice(modes.right_ahead, nothing),
        separable=separable,
    )
