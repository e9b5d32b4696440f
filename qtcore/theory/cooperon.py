"""Weak localization of a rectangle in a field: the cooperon between two leads, with its spin.

A path and its time-reversed copy differ by twice the flux they enclose, and by the angle by which
the path turns the spin, up to the sign that half a turn too many gives. Averaged over the spin of
the electron this leaves a singlet, which no spin–orbit coupling touches, and three triplets, the
states of a spin 1 that the path turns:

    delta g = -(1 / L²) (Tr C_triplet - Tr C_singlet)   (e²/h per spin)

with D² C = 1 for each, C = 0 at the leads, no current through the walls, and
D = -i nabla - 2eA/ħ - kappa (z × S) in place of -i nabla. A length 1/L_phi adds 1/L_phi². The spin
turns by kappa per site about an axis normal to the path in the plane (Rashba's coupling, and Ando's
in a plane): triplets relax by diffusing (D'yakonov and Perel), less so along the walls and in
strips narrower than 1/kappa, and couple to the field; all of that is in D². Without coupling there
are 3 - 1 equal cooperons, -1/3 in a long wire; once the triplets are gone, +1/6.

Lengths are larger than l: short loops and those within l of a lead are not diffusive. The sum of all
crossed diagrams of a small sample, which needs no diffusion, agrees to 6 % down to l_B = l (tests). The
formula for wires (`magnetoconductance.wire_crossover`) needs besides a magnetic length above the
width, the formula for films (`magnetoconductance.hikami_larkin_nagaoka`) a sample of many L_phi.

Hikami, Larkin and Nagaoka, Prog. Theor. Phys. 63, 707 (1980); Altshuler, Khmel'nitzkii, Larkin and
Lee, PRB 22, 5142 (1980); between leads Lee, Stone and Fukuyama, PRB 35, 1039 (1987); spin as a
gauge field Lyanda-Geller and Mirlin, PRL 72, 1894 (1994), Iordanskii, Lyanda-Geller and Pikus, JETP
Lett. 60, 206 (1994); in wires Kettemann, PRL 98, 176808 (2007).
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError

Array = NDArray[np.float64]
Matrix = NDArray[np.complex128]

_SITES = 400
"""Sites of the coarser of two grids; the finer one has 3/2 as many in each direction."""


@lru_cache(maxsize=2048)
def rectangle_levels(flux_quanta: float, aspect: float, along: int, across: int) -> Array:
    """Return eigenvalues of (-i nabla - 2eA/ħ)² × width² of the singlet, on a grid.

    Length = aspect × width. Sums other than the trace need them.
    """
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


_ROOT = math.sqrt(0.5)
SPIN_X: Matrix = np.array([[0, _ROOT, 0], [_ROOT, 0, _ROOT], [0, _ROOT, 0]], dtype=np.complex128)
SPIN_Y: Matrix = 1j * np.array([[0, -_ROOT, 0], [_ROOT, 0, -_ROOT], [0, _ROOT, 0]])


def rectangle_trace(
    flux_quanta: Array, aspect: float, grid: tuple[int, int], mass: float, turn: float | None
) -> Array:
    """Return Tr C / width², (flux,), on a grid; lengths in units of the width.

    Parameters
    ----------
    flux_quanta : (flux,) float array
        Flux through the rectangle, h/e.
    aspect : float
        Length over width.
    grid : (int, int)
        Cells along and across.
    mass : float
        (width / L_phi)².
    turn : float or None
        Angle kappa × width by which a path as long as the width turns the triplets; None for the
        singlet.
    """
    from scipy.linalg import expm

    along, across = grid
    hx, hy = aspect / along, 1 / across
    one = np.eye(1 if turn is None else 3, dtype=np.complex128)
    ahead = up = one
    if turn is not None:
        ahead, up = expm(1j * turn * hx * SPIN_Y), expm(-1j * turn * hy * SPIN_X)
    # The cooperon has the charge 2e; A along x, so that all slices are alike.
    y = (np.arange(across) + 0.5) / across - 0.5
    phase = np.exp(4j * math.pi * np.asarray(flux_quanta)[:, None] / along * y)
    neighbours = np.full(across, 2.0)
    neighbours[[0, -1]] -= 1
    step = np.kron(np.eye(across, k=1), up) / hy**2
    inside = np.kron(np.diag(neighbours / hy**2 + 2 / hx**2 + mass), one) - step - step.conj().T
    # Hopping to the next slice: a phase for each row, a rotation within it.
    hop = np.repeat(phase, len(one), axis=1)[:, :, None] * np.kron(np.eye(across), ahead) / hx**2
    back = hop.conj().swapaxes(1, 2)
    # The leads, where C = 0, lie half a cell outside the first and the last slice.
    left = [np.broadcast_to(-np.eye(len(inside)) / hx**2, hop.shape)]
    right = [left[0]]
    for _ in range(along - 1):
        left.append(back @ np.linalg.inv(inside - left[-1]) @ hop)
        right.append(hop @ np.linalg.inv(inside - right[-1]) @ back)
    whole = np.linalg.inv(inside - np.stack(left) - np.stack(right[::-1]))
    return np.asarray(np.trace(whole, axis1=2, axis2=3).real.sum(axis=0))


def rectangle_crossover(
    flux_quanta: Array,
    length: float,
    width: float,
    mean_free_path: float,
    phase_length: float = math.inf,
    precession: float = 0.0,
) -> Array:
    """Return delta g(Phi) - delta g(0), (flux,), e²/h per spin.

    Parameters
    ----------
    flux_quanta : (flux,) float array
        Flux through length × width, h/e.
    length, width : float
        Sites.
    mean_free_path : float
        l of the DMPK equation in sites: the leads are felt at l/2 outside the sample.
    phase_length : float
        L_phi in sites.
    precession : float
        Angle kappa by which the spin turns per site, radians: 0 without spin–orbit coupling,
        infinite if triplets are gone, which leaves -1/2 of what there is without.

    Raises
    ------
    InputError
        If a length is not positive, or the precession negative.
    """
    lengths = (length, width, mean_free_path, phase_length)
    if not min(lengths) > 0:
        raise InputError(f"length, width, mean free path, L_phi must be > 0 (sites), got {lengths}")
    if not precession >= 0:
        raise InputError(f"precession must be >= 0 (radians per site), got {precession!r}")
    felt = length + mean_free_path
    # A share length/felt of the resistance is the sample's, and delta R = -(R / sigma) delta sigma
    # of it.
    scale = (width / felt) ** 2 * (length / felt) ** 2
    aspect, mass = felt / width, (width / phase_length) ** 2
    through = np.append(0, np.abs(np.asarray(flux_quanta, dtype=np.float64)) * felt / length)

    def lost(turn: float | None) -> Array:
        traces = [
            rectangle_trace(through, aspect, _grid(aspect, finer), mass, turn)
            for finer in (1.0, 1.5)
        ]
        # The error of a grid goes as the square of its spacing.
        left = (9 * traces[1] - 4 * traces[0]) / 5
        return np.asarray(left[0] - left[1:])

    singlet = lost(None)
    if precession == 0:
        return np.asarray(2 * scale * singlet)
    triplets = 0 * singlet if math.isinf(precession) else lost(precession * width)
    return np.asarray(scale * (triplets - singlet))


def _grid(aspect: float, finer: float) -> tuple[int, int]:
    """Return cells as square as they can be, but no fewer than six across or eight along."""
    across = min(max(math.sqrt(_SITES / aspect), 6), _SITES / 8)
    return round(finer * _SITES / across), round(finer * across)
