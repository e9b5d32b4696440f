"""Elimination of slices one by one that no level of what is eliminated can stop.

A part that ends at a bond v = A B^+ acts on what follows through a self-energy, which is infinite
where the part on its own has a level at the energy. Such a level means nothing: the whole has it
no more. Where it comes close, the bond is taken to carry waves instead. The part then sees the
absorbing end -i A A^+, with which it has a level at a real energy only if that reaches nothing at
all, and the amplitude w of what enters it, with a = A^+ psi_n and b = B^+ psi_{n+1} on its ends,

    w = b + i a,  a = g w,  b = (1 - i g) w,  g = A^+ (E - H - Sigma + i A A^+)^-1 A,

is an unknown of its own next to psi_{n+1}, until the self-energy B g (1 - i g)^-1 B^+ is harmless
again. All are numbers of order one in the units of the bond: |1 - 2 i g| <= 1.

A state that couples to no lead at all, at exactly this energy, is orthogonal to all that comes in
and goes out. What remains is defined, and is the limit from energies close by.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.solve.doubt import cancelled
from qtcore.solve.pencil import Matrix

GROWTH = 2.0**14
"""Size of a self-energy, in units of the coupling, above which a bond carries waves."""

_CALM = 2.0**7
"""The same below which a bond that carries waves gives them up. Much less than where they begin: what
is large already passes its rounding errors on to what becomes large next, as in a chain whose ends
hold zero modes."""

_ABSENT = 2.0**40
"""Response, in units of the inverse coupling, of states whose width no double can resolve."""

_CHANCE = 2.0**60
"""Response of a probe, in the same units, that a block has only where rounding errors happen to cancel:
they move a pivot by 2^-53 otherwise."""

_SHIFT = 2.0**-49
"""Absorption, in units of the coupling, that keeps such states from being divided by zero."""

_LARGER = 2.0 ** np.arange(0, 13, 3)
"""By how much such an absorption is raised in a block in which it is lost among rounding errors."""

_HEAVY = 2.0**8
"""Energy of an orbital, in units of the coupling, above which its row is made smaller."""


class Before(NamedTuple):
    """One sample up to a slice, with N' open modes in the lead that it starts from.

    Attributes
    ----------
    out : (N', K) complex array
        What reaches the lead, times exp(-log_out).
    arriving : (K, N') complex array
        What arrives from the lead, times exp(-log_arriving).
    back : (N', N') complex array
        What came back into the lead before.
    log_out, log_arriving : float
        Natural logarithms of the scales.
    amplified : float
        Sum of the squares of the factors by which rounding errors were amplified.
    doubt : float
        Largest factor by which a small change of the sample may have been amplified so far.
    lowest : (2,) float array
        Lowest levels of what reaches the lead and of what arrives from it; see `doubt.judged`.
    block : (K, K) complex array
        What is to be inverted, units of t: E - H of the slice less what acts on it, M rows and
        columns, followed by those of the amplitudes on the bond before it if that carries waves.
    """

    out: Matrix
    arriving: Matrix
    back: Matrix
    log_out: float
    log_arriving: float
    amplified: float
    doubt: float
    lowest: NDArray[np.float64]
    block: Matrix


def size(matrix: Matrix) -> float:
    """Return the size of the largest element, 0 of an empty matrix."""
    return float(np.abs(matrix).max(initial=0.0))


def _solution(block: Matrix, right_side: Matrix, unit: float) -> Matrix:
    """Return block^-1 right_side, of one sample or of an ensemble.

    The row of an orbital of a large energy, such as a vacancy, is divided by the root of it (by a power
    of two, so that all others keep their bits). Otherwise pivoting would add it to the row of a
    neighbour, and the rounding errors of its energy with it, which then bypass the vacancy.
    """
    energies = np.abs(np.diagonal(block, axis1=-2, axis2=-1))
    heavy = energies > _HEAVY * unit
    if not heavy.any():
        return np.asarray(np.linalg.solve(block, right_side))
    exponents = np.where(heavy, np.frexp(energies / unit)[1] // 2, 0)
    rows = np.ldexp(1.0, -exponents)[..., None]
    return np.asarray(np.linalg.solve(rows * block, rows * right_side))


def response(block: Matrix, right_side: Matrix, unit: float, probes: int = 0) -> Matrix:
    """Return block^-1 right_side of one sample, without states that nothing couples to.

    Parameters
    ----------
    block : (K, K) complex array
        Units of t.
    right_side : (K, columns) complex array
        Orthogonal to those states.
    unit : float
        A coupling of the wire, units of t.
    probes : int
        So many of the last columns only probe how large the response may be.
    """
    found: Matrix = responses(block[None], right_side[None], unit, probes)[0]
    return found


def _shifted_solution(block: Matrix, right_side: Matrix, unit: float) -> Matrix:
    """Return the solution with an absorption that the block notices; infinite if there is none."""
    one = np.eye(len(block))
    # Below the rounding errors of a large block it is none.
    for shift in _SHIFT * np.array([unit, *(max(unit, size(block)) * _LARGER)]):
        try:
            return _solution(block + 1j * shift * one, right_side, unit)
        except np.linalg.LinAlgError:
            continue
    return np.full(right_side.shape, np.inf, dtype=np.complex128)


def responses(block: Matrix, right_side: Matrix, unit: float, probes: int = 0) -> Matrix:
    """Return `response` of an ensemble, (realization, K, columns)."""
    counts = right_side.shape[2] - probes
    try:
        found = _solution(block, right_side, unit)
    except np.linalg.LinAlgError:
        if len(block) > 1:  # a single one that is singular takes the others along
            pairs = zip(block, right_side, strict=True)
            return np.stack([response(*pair, unit, probes) for pair in pairs])
        found = np.full(right_side.shape, np.inf, dtype=np.complex128)
    largest, given, probed = (
        np.abs(matrix).max(axis=(1, 2), initial=0.0)
        for matrix in (found[:, :, :counts], right_side[:, :, :counts], found[:, :, counts:])
    )
    wild = ~(largest * unit <= _ABSENT * given) | (probed * unit > _CHANCE)
    for r in np.flatnonzero(wild):
        found[r] = _shifted_solution(block[r], right_side[r], unit)
    return found


def beyond(here: Before, A: Matrix, B: Matrix | None) -> Before:
    """Return one sample up to the next slice, whose own E - H is still to be added to the block.

    Parameters
    ----------
    here : Before
        The sample up to a slice.
    A, B : (M, r), (M', r) complex arrays
        Factors of the coupling v = A B^+ to the next one; None stands for 1.
    """
    A, B = _balanced(A, np.eye(A.shape[1], dtype=np.complex128) if B is None else B)
    r, N = A.shape[1], here.arriving.shape[1]
    end = np.zeros((len(here.block), r), dtype=np.complex128)
    end[: len(A)] = A
    unit = size(A) * size(B) or 1.0
    given = np.concatenate([end, here.arriving], axis=1)
    found = response(here.block + 1j * end @ end.conj().T, given, unit)
    g, f = np.split(end.conj().T @ found, [r], axis=1)
    out, came_back = np.split(here.out @ found, [r], axis=1)
    scale = np.exp(here.log_out + here.log_arriving)
    back = here.back + scale * came_back
    reflected = np.eye(r) - 1j * g
    try:
        inverse = np.linalg.inv(reflected)
    except np.linalg.LinAlgError:
        inverse = np.full_like(reflected, np.inf)
    if not size(inverse) < _CALM:
        M, root = len(B), np.sqrt(unit)
        block = np.zeros((M + r, M + r), dtype=np.complex128)
        block[:M, :M] = 1j * B @ B.conj().T
        block[:M, M:] = -1j * root * B @ (np.eye(r) - 2j * g)
        block[M:, :M] = root * B.conj().T
        block[M:, M:] = -unit * reflected
        arriving = np.concatenate([2 * B @ f, -1j * root * f])
        leaving = np.concatenate([np.zeros((N, M)), root * out], axis=1)
        amplified = here.amplified + 1
    else:
        block = -B @ g @ inverse @ B.conj().T
        arriving = B @ (inverse @ f)
        leaving = out @ inverse @ B.conj().T
        back = back + 1j * scale * out @ inverse @ f
        amplified = here.amplified + size(inverse) ** 2
    # Nothing is given where the waves have ended before, and no bond leads on.
    response_of = size(found) / (size(given) or 1.0) * unit
    doubt, lowest = _doubt(here, response_of, size(A), (size(out), size(f)))
    leaving, log_out = rescaled(leaving[None], np.array([here.log_out]))
    arriving, log_arriving = rescaled(arriving[None], np.array([here.log_arriving]))
    scales = float(log_out[0]), float(log_arriving[0])
    return Before(leaving[0], arriving[0], back, *scales, amplified, doubt, lowest, block)


def _doubt(
    here: Before, response: float, bond: float, passed: tuple[float, float]
) -> tuple[float, NDArray[np.float64]]:
    """Return doubt and lowest levels behind a part with an absorbing end, see `Before`.

    With such an end it has narrow levels only if they reach next to nothing, and its waves are as
    large as what they are made of unless they cancel.
    """
    before, after = (size(here.out), size(here.arriving)), np.array(passed) * bond
    # Where nothing passes at all, both are infinite.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        levels = np.array([here.log_out, here.log_arriving]) + np.log(after)
        lowest = np.minimum(here.lowest, levels)
        risen_by = np.exp(2 * np.nan_to_num(levels - lowest, nan=0.0)).max()
    return max(here.doubt, response, float(risen_by), *cancelled(before, after)), lowest


def _balanced(A: Matrix, B: Matrix) -> tuple[Matrix, Matrix]:
    """Return the same coupling from factors of equal size, square roots of an energy both."""
    if not size(A) * size(B):
        return A, B
    root = np.sqrt(size(A) / size(B))
    return A / root, B * root


def rescaled(
    amplitudes: Matrix, log_scale: NDArray[np.float64]
) -> tuple[Matrix, NDArray[np.float64]]:
    """Return amplitudes of order one and the logarithm of what they are to be multiplied by."""
    largest = np.abs(amplitudes).max(axis=(1, 2), initial=0.0)
    # A wire that lets nothing at all through keeps its zeros.
    largest[largest == 0] = 1.0
    return amplitudes / largest[:, None, None], log_scale + np.log(largest)
