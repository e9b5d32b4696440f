"""Waves of a lead that meet: nearly the same factor, but opposite directions.

Two waves that move opposite ways become one where a channel opens or closes (a threshold), and
merely have the same wave vector where bands cross (a Dirac point, edge states at k = 0 or pi).
Eigenvectors do not tell such waves apart to more than half of the digits; the structure does. The
step T from an interface to the next keeps the current J, T^+ J T = J, so that with T = lambda e^iq

    S = J C,  C = 2 tan(q / 2) = -2i (T - lambda) (T + lambda)^-1

is Hermitian. S x = q J x gives waves with real q, which are open, and pairs q, q^*, which are
closed. Where all are open S - s J is definite for some s, and a Hermitian eigenproblem finds them.
An energy higher by d turns T into T (1 + i d J^-1 Q), with Q the norm on a slice, and S into
S + d Q. At a meeting S is singular. Close to one, what is left of S is psi^+ (E - H(k)) psi: its
error is of second order in that of psi, so that more digits in this product alone resolve the
distance. Where even they do not, the energy is taken from above.

Gohberg, Lancaster and Rodman, Indefinite Linear Algebra and Applications (2005), chapter 6.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from qtcore.solve.bulk import LONG, Bulk, pattern
from qtcore.solve.crossing import MOVING, bent, gap_at_crossing, through_others, without_offset
from qtcore.solve.groups import ThresholdError, hermitian

Matrix = NDArray[np.complexfloating]

ABOVE = 0.2
"""How far above a meeting the energy is taken where rounding hides its distance, in units of this
rounding error: a channel that opens there has a velocity of 1e-9."""

NUDGE = 9.0
"""How far energies are moved to see what their rounding errors do, in units of those."""

_CROSSING = 1e-2
"""Size of S, relative to the lead's norm, below which bands that meet cross with a velocity."""

_PARALLEL = 1e-12
"""Smallest norm on a slice, relative to the largest, of waves that are not the same wave there."""

_PARABOLA = 1e-6
"""Largest wave number, from its meeting, of a wave on a parabola whose distance is hidden."""

_SAME = 1e-6
"""Relative distance of wave numbers that count as equal."""

_ROUNDED = 0.02
"""Rounding errors of psi^+ (E - H(k)) psi that a nudge of one adds in every direction, in units of
those of a number: 0.2 of them, nine times (`NUDGE`), with some room."""

_CLOSED = 1e-6
"""Imaginary part of a closed wave's number q, relative to q, that rounding does not make."""


class Parted(NamedTuple):
    """Waves that met, told apart, a column each.

    Attributes
    ----------
    right, left : (d, n) complex arrays
        Open waves of unit flux.
    decaying, growing : (d, m) complex arrays
        Closed ones, seen to the right.
    """

    right: Matrix
    left: Matrix
    decaying: Matrix
    growing: Matrix


def told_apart(T: Matrix, J: Matrix, psi: Matrix, bulk: Bulk) -> Parted:
    """Tell waves apart that meet.

    Parameters
    ----------
    T, J : (d, d) complex arrays
        Step to the next interface, and current, in a basis of these waves.
    psi : (M, d) complex array
        The basis on a slice.
    bulk : Bulk
        The lead.

    Raises
    ------
    ThresholdError
        If rounding errors do not let them be told apart.
    """
    J, Q = hermitian(J), hermitian(psi.conj().T @ psi)
    mean = np.trace(T)
    mean /= abs(mean)
    S, skew = _pencil(T, J, mean)
    size, norm = float(np.linalg.norm(Q, 2)), bulk.norm
    noise = max(float(np.finfo(float).eps) * norm, 4 * skew / size)
    middle = float(np.trace(np.linalg.solve(J, S)).real) / len(J)
    levels, states = np.linalg.eigh(S - middle * J)
    close = np.abs(levels) < max(math.sqrt(noise / norm) * norm, 2 * noise) * size
    hidden, factor = 0, mean * (1 + 0.5j * middle) / (1 - 0.5j * middle)
    if np.abs(levels).max() < _CROSSING * norm * size:
        crossed = _crossing(psi, J, Q, bulk, factor)
        if crossed is not None:
            return crossed
    if close.any():
        levels[close], mixture = _resolved_levels(psi, states[:, close], J, Q, bulk, factor)
        hidden = int((np.abs(levels[close]) < 2 * NUDGE * LONG * norm * size).sum())
        states[:, close] = states[:, close] @ mixture
    # A basis of waves that are close has errors that some hundreds of roundings add up to.
    blurred = np.minimum(300 * float(np.finfo(float).eps) * norm * size, 1e-4 * abs(levels))
    levels = levels + np.sign(bulk.nudge) * blurred
    return _by_wave_number(states / np.sqrt(np.abs(levels)), np.sign(levels), J, Q, hidden)


def _resolved_levels(
    psi: Matrix, close: Matrix, J: Matrix, Q: Matrix, bulk: Bulk, factor: complex
) -> tuple[NDArray[np.float64], Matrix]:
    """Return levels of S close to zero with more digits, and how its states `close` mix in them."""
    size, norm = float(np.linalg.norm(Q, 2)), bulk.norm
    exact = bulk.distance(psi @ close, factor)
    current, there = (close.conj().T @ matrix @ close for matrix in (J / np.linalg.norm(J, 2), Q))
    exact = without_offset(exact, current)
    # Each wave has its own phase on a slice, see `crossing`.
    exact = exact - bent(exact, close, J, factor * (psi.conj().T @ bulk.v @ psi))
    exact = _from_above(exact, there, LONG * norm, bulk.nudge)
    if np.abs(np.linalg.eigvalsh(current)).max() > MOVING:
        # Terms that are missed here mix waves that cross, relative to the distance.
        found, basis = np.linalg.eigh(exact)
        root = basis * np.sqrt(np.abs(found))
        mixed = 4 * bulk.nudge * float(np.abs(found).max()) / (norm * size)
        exact = hermitian(root @ (np.diag(np.sign(found)) + mixed) @ root.conj().T)
    levels, mixture = np.linalg.eigh(exact)
    return levels, mixture


def _by_wave_number(
    waves: Matrix, signs: NDArray[np.float64], J: Matrix, Q: Matrix, hidden: int
) -> Parted:
    """Return S x = q J x for waves in which S is diagonal with entries of +-1."""
    current = hermitian(waves.conj().T @ J @ waves)
    if np.abs(signs.sum()) == len(signs):
        _refuse_higher_meetings(1 / np.linalg.eigvalsh(current), hidden)
        right, left = _by_direction(current, np.eye(len(J)))
        return _balanced(waves @ right, waves @ left, waves[:, :0], waves[:, :0])
    q, vectors = np.linalg.eig(np.linalg.solve(current, np.diag(signs)))
    _refuse_higher_meetings(q, hidden)
    vectors = waves @ vectors
    vectors /= np.linalg.norm(vectors, axis=0)
    closed = np.abs(q.imag) > _CLOSED * np.abs(q)
    decaying, growing = (vectors[:, closed & (sign * q.imag > 0)] for sign in (1, -1))
    right, left = _of_both_directions(q[~closed].real, vectors[:, ~closed], J, Q)
    return _balanced(right, left, decaying, growing)


def _crossing(psi: Matrix, J: Matrix, Q: Matrix, bulk: Bulk, factor: complex) -> Parted | None:
    """Return waves of bands that cross with a velocity, or None if some of them are closed.

    Close to a crossing (E - H(k)) psi = 0 with e^iq = 1 + iq misses terms of order q beside those
    that tell waves apart; so q is put into H(k). Even closer all that matters is Q.
    """
    # Orthonormal on a slice: a distance d from a crossing is X = d.
    weights, turn = np.linalg.eigh(Q)
    if weights[0] <= _PARALLEL * weights[-1]:
        # Both waves of a narrow band that ends here; their difference is made of rounding errors.
        return None
    turn = turn / np.sqrt(weights)
    psi, J, Q = psi @ turn, hermitian(turn.conj().T @ J @ turn), np.eye(len(Q), dtype=complex)
    norm = bulk.norm
    # A nudge in energy moves X along Q alone; its rounding errors have every direction.
    rounded = _ROUNDED * bulk.nudge * LONG * norm * pattern(len(Q))
    X = hermitian(bulk.distance(psi, factor)) + rounded
    if np.linalg.norm(X, 2) > _CROSSING * norm:
        # A band that turns next to another one; its curvature counts.
        return None
    if np.abs(np.linalg.eigvalsh(X)).min() < math.sqrt(LONG) * norm:
        X = without_offset(X, J / np.linalg.norm(J, 2))
    if bulk.rounded:
        X = X + np.sign(bulk.nudge) * _of_rounding(X, J, norm)
    found = _crossed(X, psi, J, bulk, factor)
    rounding, velocity = float(np.finfo(float).eps) * norm, np.abs(np.linalg.eigvalsh(J))
    if found is None and np.linalg.norm(X, 2) < 4 * rounding and velocity.min() > MOVING * norm:
        # Rounding errors of h and v make such a gap of a crossing: the energy is taken above it.
        found = _crossed(4 * rounding * Q, psi, J, bulk, factor)
    return found and Parted(*(turn @ waves for waves in found))


def _of_rounding(X: Matrix, J: Matrix, norm: float) -> Matrix:
    """Return what rounding errors of h and v may have made of X, in an orthonormal basis.

    Bands that cross at one energy have X = d but for an offset: whatever else there is splits them.
    """
    split = without_offset(X, J / np.linalg.norm(J, 2))
    split = split - np.trace(split) / len(split) * np.eye(len(split))
    small = np.linalg.norm(split, 2) < 4 * float(np.finfo(float).eps) * norm
    return split if small else np.zeros_like(split)


def _crossed(X: Matrix, psi: Matrix, J: Matrix, bulk: Bulk, factor: complex) -> Parted | None:
    """Return waves of bands that cross, in a basis orthonormal on a slice; see `_crossing`."""
    norm, Q = bulk.norm, np.eye(len(X), dtype=complex)
    along = factor * (psi.conj().T @ bulk.v @ psi)
    distance = max(float(np.linalg.norm(X, 2)), LONG * norm)
    levels, states = np.linalg.eigh(X)
    mixed = max(LONG * norm / distance, np.finfo(float).eps)
    near = math.sqrt(LONG) * norm
    small = np.abs(levels) < near
    if small.any():
        here, mixed = states[:, small], near / norm
        if small.all():
            mixed = distance * max(1 / norm, bulk.turns)
        shape = _shape(X, here, psi, J, bulk, factor)
        moving = np.linalg.eigvalsh(here.conj().T @ J @ here) / np.linalg.norm(J, 2)
        if moving[0] < -MOVING and moving[-1] > MOVING and not small.all():
            # Only its shape matters: at this size nothing is lost in sums with other levels.
            shape *= max(1.0, 0.01 * near / float(np.linalg.norm(shape, 2)))
        shape = shape + bent(shape, here, J, through_others(psi, bulk, factor))
        levels[small], mixture = np.linalg.eigh(shape)
        states[:, small] = here @ mixture
    root, inverse = states * np.sqrt(np.abs(levels)), states / np.sqrt(np.abs(levels))
    signs = np.diag(np.sign(levels))
    current = hermitian(inverse.conj().T @ J @ inverse)
    # An uncertain X mixes the waves a little.
    _, waves = np.linalg.eigh(current)
    phases = np.triu(np.full(X.shape, np.exp(0.8j)), k=1)
    others = waves @ (phases + phases.conj().T) @ waves.conj().T
    signs = signs + 16 * bulk.nudge * mixed * others
    X = hermitian(root @ signs @ root.conj().T)
    numbers = np.linalg.eigvals(np.linalg.solve(current, signs))
    if (np.abs(numbers.imag) > _CLOSED * np.abs(numbers)).any():
        return None
    q = numbers.real
    velocity = 1j * (along - along.conj().T)
    sides: tuple[list[Matrix], list[Matrix]] = ([], [])
    for same in _groups(q):
        number = float(q[same].mean())
        for _ in range(3):
            # exp(iq) - 1 would lose 1e-16 / q of the part that mixes the waves.
            moved = np.expm1(1j * number) * along
            rest, vectors = np.linalg.eig(np.linalg.solve(velocity, X - moved - moved.conj().T))
            chosen = np.argsort(np.abs(rest))[: len(same)]
            number += float(rest[chosen].real.mean())
        mixture, _ = np.linalg.qr(vectors[:, chosen])
        inside = [hermitian(mixture.conj().T @ matrix @ mixture) for matrix in (J, Q)]
        for side, found in zip(sides, _by_direction(*inside), strict=True):
            side.append(mixture @ found)
    right, left = (np.hstack([J[:, :0], *side]) for side in sides)
    return _balanced(right, left, J[:, :0], J[:, :0])


def _shape(X: Matrix, here: Matrix, psi: Matrix, J: Matrix, bulk: Bulk, factor: complex) -> Matrix:
    """Return what tells waves `here` apart that are close to a crossing, to first order; see `crossing`."""
    others = through_others(psi, bulk, factor)

    def straight(distance: Matrix) -> Matrix:
        near = here.conj().T @ distance @ here
        return near - bent(near, here, J, others)

    Q = here.conj().T @ here
    shape = _from_above(straight(X), Q, LONG * bulk.norm, bulk.nudge)
    exact = straight(hermitian(bulk.exact_distance(psi, factor)))
    current = here.conj().T @ J @ here / np.linalg.norm(J, 2)
    return shape + gap_at_crossing(shape, exact, current, bulk.nudge, rounded=bulk.rounded)


def _groups(q: NDArray[np.floating[Any]]) -> list[NDArray[np.intp]]:
    """Return groups of equal numbers (nearly)."""
    order = np.argsort(q)
    apart = np.diff(q[order]) > _SAME * np.abs(q[order][1:])
    return np.split(order, np.flatnonzero(apart) + 1)


def _refuse_higher_meetings(q: NDArray[np.inexact[Any]], hidden: int) -> None:
    """Refuse bands that leave a meeting flatter than a parabola, whose waves rounding mixes.

    A hidden level belongs to a wave number of the size of its root at most.
    """
    if (np.abs(q) < _PARABOLA).sum() < hidden:
        raise ThresholdError


def _of_both_directions(
    q: NDArray[np.float64], vectors: Matrix, J: Matrix, Q: Matrix
) -> tuple[Matrix, Matrix]:
    """Return open waves that move right and left; those of the same number are orthogonal."""
    sides: tuple[list[Matrix], list[Matrix]] = ([], [])
    for same in _groups(q):
        mixed, _ = np.linalg.qr(vectors[:, same])
        inside = [hermitian(mixed.conj().T @ matrix @ mixed) for matrix in (J, Q)]
        for side, found in zip(sides, _by_direction(*inside), strict=True):
            side.append(mixed @ found)
    right, left = (np.hstack([vectors[:, :0], *side]) for side in sides)
    return right, left


def _from_above(exact: Matrix, Q: Matrix, noise: float, nudge: float) -> Matrix:
    """Return what is left of S close to a meeting, free of what only rounding made of it.

    Parameters
    ----------
    exact, Q : (d, d) complex arrays
        psi^+ (E - H(k)) psi, and norm on a slice.
    noise : float
        Rounding error of the energy.
    nudge : float
        By how many of those the energy is moved.
    """
    # Bands that meet at one energy are all at the same distance d from it: exact = d Q.
    distance = float(np.trace(exact).real / np.trace(Q).real)
    size = float(np.linalg.norm(Q, 2))
    if np.linalg.norm(exact - distance * Q, 2) < 4 * noise * size:
        return resolved(distance, noise, nudge) * hermitian(Q)
    levels, states = np.linalg.eigh(exact)
    hidden = np.abs(levels) <= 2 * noise * size
    here = states[:, hidden]
    known = [size * resolved(level / size, noise, nudge) for level in levels[~hidden]]
    above = resolved(0.0, noise, nudge) * here @ (here.conj().T @ Q @ here) @ here.conj().T
    return hermitian((states[:, ~hidden] * known) @ states[:, ~hidden].conj().T + above)


def resolved(distance: float, noise: float, nudge: float) -> float:
    """Return a distance from a meeting that is not hidden by rounding errors, moved by a nudge."""
    if abs(distance) <= 2 * noise:
        # By convention the limit from above: a nudge does not take it to the other side.
        return max(nudge, ABOVE) * noise
    moved = distance + nudge * noise
    return moved if moved * distance > 0 else distance / 4


def _pencil(T: Matrix, J: Matrix, mean: complex) -> tuple[Matrix, float]:
    """Return S and by how much rounding keeps it from being Hermitian."""
    one = np.eye(len(T))
    S = J @ np.linalg.solve((T + mean * one).T, (-2j * (T - mean * one)).T).T
    symmetric = hermitian(S)
    return symmetric, float(np.linalg.norm(S - symmetric, 2))


def _by_direction(J: Matrix, norm: NDArray[Any]) -> tuple[Matrix, Matrix]:
    """Return waves that move right and left, of unit flux, orthogonal in current and norm."""
    if len(J) == 0:
        return J, J
    velocity, mixture = scipy.linalg.eigh(J, norm)
    mixture = mixture / np.sqrt(np.abs(velocity))
    return mixture[:, velocity > 0], mixture[:, velocity < 0]


def _balanced(right: Matrix, left: Matrix, decaying: Matrix, growing: Matrix) -> Parted:
    if right.shape != left.shape or decaying.shape != growing.shape:
        raise ThresholdError
    return Parted(right, left, decaying, growing)
