"""What stands for a site that is not there."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.lattice.contract import Lattice

REMOVED = 2.0**20
"""On-site energy, in units of t, of a site that electrons cannot enter: what is left of it and
what rounding costs are both below 1e-6."""

_RANGE = 2.0**6

_TALL = 2.0**8
"""Energy, units of t, from which on a site counts as removed."""


def has_removed_sites(parts: Iterable[object]) -> bool:
    """Return whether disorder or gates have the energy of removed sites, as `energy` or `wall`."""
    return any(
        abs(getattr(part, name, 0.0)) > _TALL for part in parts for name in ("energy", "wall")
    )


def counts_as_removed(values: NDArray[np.float64], unit: float) -> NDArray[np.bool_]:
    """Return which on-site energies are those of removed sites.

    Parameters
    ----------
    values : float array
        Energies.
    unit : float
        Size of the hopping, in the same unit.
    """
    return np.asarray(np.abs(values) > _TALL * unit)


def refuse_unless_removed(parts: Iterable[object], lattice: Lattice) -> None:
    """Refuse the usual energy of a removed site where the hopping is far from t.

    Parameters
    ----------
    parts : iterable
        Disorder and gates; those that remove sites have the energy as `energy` or `wall`.
    lattice : Lattice
        Where they are.

    Raises
    ------
    InputError
        If the energy is the usual one, and means something else there.
    """
    for part in parts:
        for name in ("energy", "wall"):
            if getattr(part, name, None) != REMOVED:
                continue
            hopping = float(np.abs(lattice.bonds().hopping).max(initial=0.0)) or 1.0
            if not 1 / _RANGE <= hopping <= _RANGE:
                raise InputError(
                    f"{name} = 2^20 t, the usual energy of a removed site, is meant for a hopping "
                    f"of about t, and {lattice!r} has {hopping:g} t; give {name}="
                    f"{REMOVED * hopping:g}, which is 2^20 of that"
                )
