"""Weak localization of a rectangle in a field: the cooperon between two leads.

delta g = -(2 / L²) Tr C per spin, where [(-i nabla - 2eA/ħ)² + 1/L_phi²] C = 1 with C = 0 at the
leads and no current through the walls. Along a narrow coherent wire the trace is L²/6: -1/3. The
formula for wires (`weak_localization.wire_crossover`) needs a magnetic length above the width; a
sample that is not ten times longer than wide never has that at the fluxes which suppress its weak
localization, and comes out lower by a third to a half. The formula for films
(`weak_localization.hikami_larkin_nagaoka`) needs a sample of many L_phi. This solves the rectangle
as it is.

Altshuler, Khmel'nitzkii, Larkin and Lee, PRB 22, 5142 (1980); for samples between leads Lee, Stone
and Fukuyama, PRB 35, 1039 (1987).
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError

Array = NDArray[np.float64]

_SITES = 200
"""Sites of the coarser of two grids; the finer one has 3/2 as many in each direction."""


@lru_cache(maxsize=512)
def rectangle_levels(flux_quanta: float, aspect: float, along: int, across: int) -> Array:
    """Return eigenvalues of (-i nabla - 2eA/ħ)² × width², length = aspect × width, on a grid."""
    hx, hy = aspect / along, 1 / across
    half = along // 2
    # The cooperon has the charge 2e. With A along y and x from the centre, a reflection in x is
    # complex conjugation: for even states and i × odd ones, the Hamiltonian is real.
    turn = 4 * math.pi * flux_quanta / across * (np.arange(half) + 0.5) * hx / aspect
    # From the centre (no slope of even states, no value of odd ones) to a lead (no value).
    along_x = 2 * np.eye(along) - np.eye(along, k=1) - np.eye(along, k=-1)
    along_x[half - 1, half] = along_x[half, half - 1] = 0
    along_x[0, 0] -= 1
    for end in (half - 1, half, along - 1):
        along_x[end, end] += 1
    along_x /= hx**2
    step = np.diag(np.tile(np.cos(turn), 2))
    step[:half, half:], step[half:, :half] = -np.diag(np.sin(turn)), np.diag(np.sin(turn))
    neighbours = np.full(across, 2.0)
    neighbours[[0, -1]] -= 1
    hop = np.kron(np.eye(across, k=-1), step)
    whole = np.kron(np.eye(across), along_x) + np.kron(np.diag(neighbours), np.eye(along)) / hy**2
    return np.asarray(np.linalg.eigvalsh(whole - (hop + hop.T) / hy**2))


def rectangle_crossover(
    flux_quanta: Array,
    length: float,
    width: float,
    mean_free_path: float,
    phase_length: float = math.inf,
) -> Array:
    """Return delta g(Phi) - delta g(0), (flux,), e²/h per spin without spin–orbit coupling.

    With a spin–orbit length below all others it is -1/2 of that, for half of the conductance of
    both spins.

    Parameters
    ----------
    flux_quanta : (flux,) float array
        Flux through length × width, h/e.
    length, width : float
        Sites.
    mean_free_path : float
        l of the DMPK equation in sites: the leads are felt at l/2 outside the sample, and what is
        left of the correction is (s / (1 + s))³ with s = L / l (Mello and Stone 1991).
    phase_length : float
        L_phi in sites.

    Raises
    ------
    InputError
        If a length is not positive.
    """
    lengths = (length, width, mean_free_path, phase_length)
    if not min(lengths) > 0:
        raise InputError(f"length, width, mean free path, L_phi must be > 0 (sites), got {lengths}")
    felt = length + mean_free_path
    scale = 2 * (width / felt) ** 2 * (length / felt) ** 3
    aspect, mass = felt / width, (width / phase_length) ** 2
    through = np.abs(np.asarray(flux_quanta, dtype=np.float64)) * felt / length
    # As square as the grid's cells can be, but no fewer than six across or eight along.
    across = 2 * round(min(max(math.sqrt(_SITES / aspect), 6), _SITES / 8) / 2)
    along = 4 * round(_SITES / across / 4)

    def lost(finer: float) -> Array:
        grid = round(finer * along), round(finer * across)
        none, *left = (
            np.sum(1 / (rectangle_levels(float(q), aspect, *grid) + mass)) for q in (0.0, *through)
        )
        return np.asarray(none - np.array(left))

    # The error of a grid goes as the square of its spacing.
    return np.asarray(scale * (9 * lost(1.5) - 4 * lost(1.0)) / 5)
