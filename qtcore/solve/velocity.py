"""Velocities in a closed sample, v = i [H, r], along any axis."""

from typing import Any

import numpy as np
from scipy import sparse

from qtcore.errors import InputError, brief
from qtcore.model.checks import whole_number
from qtcore.model.lattice import Cubic, Honeycomb, Square
from qtcore.model.wire import Wire
from qtcore.solve.arguments import checked_wire
from qtcore.solve.waves import positions, shortest

AXES = "xyz"


def checked_axes(axes: Any, wire: Wire, periodic: bool) -> tuple[int, int]:
    """Return two axes such as "xy" as numbers, or raise InputError.

    Raises
    ------
    InputError
        If they are no two of x, y, z, or the sample is not closed along one of them: there no
        current can flow for ever.
    """
    if not isinstance(axes, str) or len(axes) != 2 or not set(axes) <= set(AXES):
        raise InputError(f'axes must be two of "x", "y", "z" such as "xy", got {brief(axes)}')
    first, second = AXES.index(axes[0]), AXES.index(axes[1])
    wraps = wire.lattice.wraps()
    for axis in {first, second}:
        if axis == 0:
            closed, remedy = periodic, "use periodic=True"
        else:
            closed = any(abs(wrap[axis]) > 0 for wrap in wraps)
            remedy = "use a lattice with periodic=True"
        if not closed:
            raise InputError(
                f"a conductivity along {AXES[axis]} needs a sample that is closed along {AXES[axis]}; "
                f"{remedy}"
            )
    return first, second


def velocity(wire: Wire, H: Any, length: int, periodic: bool, axis: int) -> Any:
    """Return v = i [H, r] along an axis, a sparse (D, D) array, units of t times lattice constants.

    Each bond counts with its shortest way around the sample; bonds must be shorter than half of
    that.

    Parameters
    ----------
    wire : Wire
        The wire.
    H : sparse (D, D) array
        Of its sample, units of t.
    length, periodic
        As in `closed_sample`.
    axis : int
        0, 1 or 2.
    """
    places = positions(wire, length)
    found = H.tocoo()
    around = list(wire.lattice.wraps())
    if periodic:
        around.append(np.array([length * wire.lattice.period, 0.0, 0.0]))
    along = shortest(places[found.col] - places[found.row], around)[:, axis]
    moves = along != 0
    rows, columns = found.row[moves], found.col[moves]
    return sparse.csr_array((1j * (found.data * along)[moves], (rows, columns)), H.shape)


def area_of(wire: Wire, length: int) -> float:
    """Return the area (a volume in 3D) of a sample, in squared (cubed) lattice constants.

    On chains, squares and cubes that is the number of sites. On the honeycomb lattice, whose lattice
    constant is sqrt(3) times the distance of neighbours, two sites have sqrt(3) / 2.

    Parameters
    ----------
    wire : Wire
        The wire.
    length : int
        Slices of the sample.

    Raises
    ------
    InputError
        If an argument is wrong, or the lattice is given by matrices, which do not tell the area.
    """
    lattice = checked_wire(wire).lattice
    sites = float(whole_number("length (slices)", length, 1) * lattice.sites)
    if isinstance(lattice, Square | Cubic):
        return sites
    if isinstance(lattice, Honeycomb):
        return sites * lattice.plaquette / 2
    raise InputError(f"area must be given for {lattice!r}, in squared lattice constants")
