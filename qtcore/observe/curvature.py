"""Curvatures of the levels of a ring: how strongly they feel a flux through it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.wire import Wire
from qtcore.room import refuse_more_than_memory
from qtcore.solve.closed import closed_sample
from qtcore.threads import one_thread

_PER_ELEMENT = 96
"""Bytes for each element of the dense H: eigenvectors, LAPACK's room, and the current."""

_MET = 1e-12
"""Distance of two levels, relative to the largest, below which they count as one."""


class LevelCurvatures(NamedTuple):
    """Levels of a ring in a window of energies, and what a flux does to them.

    Attributes
    ----------
    levels : (level,) float array
        Ascending, units of t.
    curvatures : (level,) float array
        d²E / d phi² at phi = 0, units of t; phi is the phase (radians) that a wave gains once around.
    """

    levels: NDArray[np.float64]
    curvatures: NDArray[np.float64]


@one_thread
def level_curvatures(
    wire: Wire, length: int, realization: int, seed: int, window: tuple[float, float]
) -> LevelCurvatures:
    """Return the levels of a ring in a window of energies, and their curvatures.

    The ring is a closed sample whose last slice is coupled to its first. Perturbation theory to second order in
    the phase, with all states of the sample:

        d²E_n / d phi² = <n|H''|n> + 2 sum_m |<m|H'|n>|² / (E_n - E_m).

    Where <|c|> is the mean size of the curvatures and Delta the mean spacing, pi <|c|> / Delta is the conductance
    of the ring in e²/h: D. J. Thouless, Phys. Rep. 13, 93 (1974); D. Braun, E. Hofstetter, G. Montambaux and
    A. MacKinnon, PRB 55, 7557 (1997).

    Parameters
    ----------
    wire : Wire
        The wire that the ring is made of; its leads do not matter.
    length : int
        Slices, at least three.
    realization, seed : int
        Address of the sample, each >= 0.
    window : (float, float)
        Lowest and highest energy, units of t.

    Raises
    ------
    InputError
        If the window is empty, two levels that a flux mixes coincide (as in a clean ring), or the memory does
        not suffice: the whole spectrum is needed.
    """
    low, high = window
    if not low < high:
        raise InputError(
            f"a window of energies goes from its lowest to its highest one, got {low:g} to {high:g}; "
            "give them in this order"
        )
    sample = closed_sample(wire, length, realization, seed, periodic=True)
    size = sample.H.shape[0]
    refuse_more_than_memory(
        _PER_ELEMENT * size**2, f"all states of {size:,} orbitals", "take a smaller ring"
    )
    H = sample.H.toarray()
    levels, states = np.linalg.eigh(H)
    here = np.flatnonzero((levels >= low) & (levels <= high))
    # The phase is spread evenly: exp(i phi / L) for each bond to the next slice.
    slices = np.arange(size) * length // size
    ahead = (slices[:, None] - slices + length // 2) % length - length // 2
    bonds = np.where(np.abs(ahead) == 1, H, 0.0) / length
    chosen = states[:, here]
    # H' = i (bonds ahead - bonds back): of a real H real but for the i.
    current = states.conj().T @ ((bonds * ahead) @ chosen)
    kinetic = -np.einsum("in,in->n", chosen.conj(), bonds @ chosen).real / length
    distance = levels[here] - levels[:, None]
    distance[here, np.arange(len(here))] = np.inf
    strength = np.abs(current) ** 2
    _refuse_degenerate(strength, distance, float(np.abs(levels).max()))
    return LevelCurvatures(levels[here], kinetic + 2 * (strength / distance).sum(axis=0))


def _refuse_degenerate(
    strength: NDArray[np.float64], distance: NDArray[np.float64], size: float
) -> None:
    """Raise InputError if a flux mixes two levels of the same energy: they part linearly, not as a square."""
    met = np.abs(distance) <= _MET * size
    if met.any() and (strength[met] > (_MET * size) ** 2).any():
        raise InputError(
            "two levels of the ring that a flux mixes coincide, as those of k and -k in a clean ring: they "
            "move in proportion to the flux and have no curvature; add disorder"
        )
