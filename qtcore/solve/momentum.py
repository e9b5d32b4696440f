"""How plane waves scatter: the momenta of a state at later times, along an ensemble of closed samples.

The samples repeat themselves in all directions, so that momenta are multiples of 2 pi / extent, and a Fourier
transform finds all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.lattice import Cubic, Square
from qtcore.model.wire import Wire
from qtcore.shown import ShownFields
from qtcore.solve.closed_ensemble import ClosedEnsemble
from qtcore.solve.evolution import ARRAYS, advanced, checked_times
from qtcore.solve.side_by_side import batches
from qtcore.solve.waves import checked_momenta, plane_wave
from qtcore.threads import one_thread


@dataclass(frozen=True, eq=False, repr=False)
class Momenta(ShownFields):
    """The momenta of plane waves at later times.

    Attributes
    ----------
    times : (time,) float array
        Units of hbar / t.
    weights : (realization, time, x, y) float array, (realization, time, x, y, z) in a bar
        Probability of the momentum 2 pi (i / extent along x, j / extent along y, ...).
    amplitude : (realization, time) complex array
        <k|exp(-iHt)|k> with the momentum k of the beginning.
    """

    times: NDArray[np.float64]
    weights: NDArray[np.float64]
    amplitude: NDArray[np.complex128]


@one_thread
def momentum_distribution(
    wire: Wire,
    momentum: Sequence[float],
    times: Sequence[float],
    length: int,
    realizations: Sequence[int],
    seed: int,
) -> Momenta:
    """Return the momenta of a plane wave at later times, in closed samples without edges.

    Four realizations of a real H go side by side.

    Parameters
    ----------
    wire : Wire
        A square or cubic lattice with periodic=True and one orbital on a site, without a field.
    momentum : (float, float) or (float, float, float)
        k at time 0, radians per lattice constant; multiples of 2 pi / extent.
    times : sequence of float
        Increasing, >= 0, units of hbar / t.
    length : int
        Slices.
    realizations : sequence of int
        Numbers of the samples, each once.
    seed : int
        Seed of the ensemble.

    Raises
    ------
    InputError
        If an argument is wrong, a momentum does not fit, or the memory does not suffice.
    """
    asked = checked_times(times)
    ensemble = ClosedEnsemble(wire, length, realizations, seed, True)
    shape = _shape(wire, ensemble.length)
    k = checked_momenta([momentum], wire.lattice, ensemble.length)[0, : len(shape)]
    place = tuple(np.rint(k * shape / (2 * np.pi)).astype(int) % shape)
    start = plane_wave(wire, ensemble.length, momentum)[:, None]
    R = len(ensemble.ensemble.realizations)
    ensemble.refuse_more_than_memory(
        2 * ARRAYS,
        f"momenta of {R} realizations at {len(asked)} times",
        8 * R * len(asked) * ensemble.size,
    )
    weights = np.empty((R, len(asked), *shape))
    amplitude = np.empty((R, len(asked)), dtype=np.complex128)
    for batch in batches(ensemble, start):
        wanted = np.flatnonzero(batch.rows >= 0)
        psi, now = batch.states, 0.0
        for n, time in enumerate(asked):
            if time > now:
                psi = advanced(batch.recursion, batch.planes, psi, time - now)
                now = time
            for lane in wanted:
                row = batch.rows[lane]
                found = np.fft.fftn(psi[:, lane].reshape(shape), norm="ortho")
                weights[row, n] = found.real**2 + found.imag**2
                amplitude[row, n] = found[place]
    return Momenta(np.array(asked), weights, amplitude)


def _shape(wire: Wire, length: int) -> tuple[int, ...]:
    """Return the extents of a lattice without edges, or raise InputError."""
    lattice = wire.lattice
    if wire.field_vector.any():
        raise InputError(
            "in a magnetic field plane waves depend on the gauge; momenta need flux = 0"
        )
    if wire.orbitals == 1 and isinstance(lattice, Square) and lattice.periodic:
        return length, lattice.width
    if wire.orbitals == 1 and isinstance(lattice, Cubic) and all(lattice.closed):
        return length, lattice.width, lattice.height
    raise InputError(
        "momenta are found on square and cubic lattices with periodic=True and one orbital on a site, got "
        f"{lattice!r} with {wire.orbitals} orbitals; take spectral_function for others"
    )
