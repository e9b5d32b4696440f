"""The waves of a periodic lead, whatever its coupling: the Schur form of a transformed pencil.

With v = A B^+ (A, B of full column rank r, from the singular values of v) neighbours meet only in
w_n = (A^+ psi_{n-1}, B^+ psi_n), the interface between the slices n - 1 and n, and

    psi_n = G [B (a_n + i b_{n-1}) + A (b_n + i a_{n+1})],  G = (E - h + i A A^+ + i B B^+)^-1,

which is the lead's equation with i (A A^+ + B B^+) psi_n added on both sides, so that G exists
even where E - h is singular. A^+ and B^+ of it make the pencil La w_n = Lb w_{n+1} of size 2 r. A
singular v leaves factors 0 and infinity only where they are there in truth. A Moebius map of the
unit disc makes them numbers like all others,

    K = (La - s Lb)^-1 (Lb - s* La),  kappa = (1 - s* lambda) / (lambda - s),  |s| < 1,

with a pole s at which La - s Lb is far from singular (s = 0, the inverse of the transfer matrix,
nearly always): |kappa| = 1 for open waves, above 1 for those that decay, below for those that
grow. Its subspaces of waves that grow and that decay are orthonormal (`invariant`), and
well-conditioned where eigenvectors are not.

The current through an interface, i (a^+ b - b^+ a), separates waves with the same factor; those
with nearly the same factor that move opposite ways are told apart by structure (`meeting`). What
rounding errors have mixed of waves that move one way, it takes apart again (`flux`).
Rungger and Sanvito, PRB 78, 035407 (2008); Groth et al., New J. Phys. 16, 063065 (2014).
"""

from typing import Any, NamedTuple

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy.linalg import lapack

from qtcore.solve.bulk import Bulk
from qtcore.solve.energies import EnergyError
from qtcore.solve.flux import Waves, currents, leaving
from qtcore.solve.groups import NEAR, OPEN, ThresholdError, meetings, waves_of
from qtcore.solve.invariant import Invariant, ordered
from qtcore.solve.meeting import Parted, told_apart
from qtcore.solve.twofold import exact

_MIDDLE = (1e-3, 4e-3, 2.5e-4)
"""How far |lambda| may be from 1 for a wave to be looked at with the open ones, in this order:
the first one is taken that no wave comes close to."""

_SLOW = 5e-3
"""Velocity of an open wave relative to the lead's norm, and rate of a closed one, below which
rounding errors of the energy count."""

_LOCAL = 1e-2
"""Reciprocal condition of a slice below which it has a state that neighbours hardly reach."""

_SHAKEN = 4.0
"""Rounding errors of the Schur form that nudges imitate, which meetings flatter than a parabola feel."""

_BLURRED = 0.1
"""Rate of decay below which a closed wave could be an open one that rounding errors moved."""

_SAME = 1e-6
"""Distance of factors below which waves of one direction count as degenerate."""
Matrix = NDArray[np.complexfloating]

_POLES = (
    0.0,
    *(radius * np.exp(1j * angle) for radius in (0.9, 0.3, 0.6) for angle in (0.5, 2.1, -1.3)),
)
"""Poles s to try, in this order."""

_FAR = 1e-3
"""Reciprocal condition of La - s Lb from which a pole is taken without looking for a better one."""

_SINGULAR = 1e-12
"""Reciprocal condition of La - s Lb below which the pencil counts as singular at s."""


class _Mapped(NamedTuple):
    """The pencil's map K (2 r, 2 r) and its pole s."""

    K: Matrix
    pole: complex

    def factor(self, kappa: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return numerator and denominator of lambda, of a number or an upper triangular matrix."""
        one = np.eye(len(kappa)) if kappa.ndim == 2 else 1.0
        return one + self.pole * kappa, kappa + np.conj(self.pole) * one


def factors(v: Matrix) -> tuple[Matrix, Matrix]:
    """Return A, B of full column rank with v = A B^+, each with orthogonal columns."""
    gram = v.conj().T @ v
    square = np.diag(gram).real
    noise = 16 * len(v) * np.finfo(float).eps
    if np.abs(gram - np.diag(square)).max() < noise * square.max():
        # Bonds that do not mix: straight ahead, in a field, with spin, to single neighbours.
        kept = np.sqrt(square) > noise * np.sqrt(square.max())
        fourth_root = square[kept] ** 0.25
        return v[:, kept] / fourth_root, np.eye(len(v), dtype=v.dtype)[:, kept] * fourth_root
    U, s, Vh = np.linalg.svd(v)
    rank = int((s > noise * s[0]).sum())
    root = np.sqrt(s[:rank])
    return U[:, :rank] * root, Vh[:rank].conj().T * root


def _factorised(matrix: Matrix) -> tuple[tuple[Matrix, NDArray[np.int32]], float]:
    """Return the LU factors of a matrix and its reciprocal condition number (1-norm)."""
    matrix = np.asarray(matrix, np.complex128)
    size = float(np.linalg.norm(matrix, 1))
    lu, pivots, _ = lapack.zgetrf(matrix)
    reciprocal, _ = lapack.zgecon(lu, size)
    return (lu, pivots), float(reciprocal)


def slice_response(h: Matrix, A: Matrix, B: Matrix, energy: float) -> tuple[Matrix, Matrix, float]:
    """Return (M, 2 r) matrices P, F with psi_n = P w_n + F w_{n+1}, and `Bulk.turns`.

    Raises
    ------
    QtcoreError
        If a state at this energy couples to neither neighbour.
    """
    inner = energy * np.eye(len(h)) - h + 1j * (A @ A.conj().T + B @ B.conj().T)
    lu, reciprocal = _factorised(inner)
    if reciprocal < 1e-14:
        raise EnergyError(
            "a slice of the lead has a state at the energy {energy!r} that couples to neither "
            "neighbour; take the site that holds it out of the slice, or shift the energy by "
            "{shift}",
            energy=energy,
        )
    both = np.hstack([A, B])
    if reciprocal > _LOCAL:
        response, turns = scipy.linalg.lu_solve(lu, both), 0.0
    else:
        # Rounding errors would let the neighbours reach it, 1 / distance of the energy times.
        G = exact(inner).inverse()
        seen = G.times(exact(both))
        response = seen.high
        turns = float(np.linalg.norm(G.times(seen).high, 2) / np.linalg.norm(response, 2))
    GA, GB = np.split(response, 2, axis=1)
    return np.hstack([GB, 1j * GB]), np.hstack([1j * GA, GA]), turns


def _pencil(P: Matrix, F: Matrix, A: Matrix, B: Matrix) -> tuple[Matrix, Matrix]:
    """Return La, Lb of La w_n = Lb w_{n+1}."""
    r = A.shape[1]
    one, none = np.eye(r), np.zeros((r, r))
    La = np.vstack([A.conj().T @ P, np.hstack([none, one]) - B.conj().T @ P])
    Lb = np.vstack([np.hstack([one, none]) - A.conj().T @ F, B.conj().T @ F])
    return La, Lb


def _mapped(La: Matrix, Lb: Matrix, energy: float) -> _Mapped:
    """Return the map K of a pencil, with a pole away from its eigenvalues.

    Raises
    ------
    QtcoreError
        If every lambda is an eigenvalue (a flat band).
    """
    best, pole, factorised = -1.0, 0j, None
    for trial in _POLES:
        lu, reciprocal = _factorised(La - trial * Lb)
        if reciprocal > best:
            best, pole, factorised = reciprocal, complex(trial), lu
        if best > _FAR:
            break
    if factorised is None or best < _SINGULAR:
        raise EnergyError(
            "the lead has a flat band at the energy {energy!r}: states that do not move; "
            "shift the energy by {shift}",
            energy=energy,
        )
    return _Mapped(scipy.linalg.lu_solve(factorised, Lb - np.conj(pole) * La), pole)


def _carriers(
    factor: NDArray[np.complexfloating], vectors: Matrix, current: Matrix, slice_wave: Matrix
) -> tuple[Matrix, NDArray[np.float64]]:
    """Return open waves that carry current one by one, and their velocities.

    Waves with the same lambda come out of the eigenproblem in any mixture. An infinitesimal
    absorption separates them, lambda -> lambda (1 - 0 psi^+ psi / current): the ones that belong
    together diagonalise the current with respect to the norm on a slice.
    """
    vectors = vectors / np.linalg.norm(vectors, axis=0)
    near = np.abs(factor[:, None] - factor) < _SAME
    alone = near.sum(axis=1) == 1
    waiting = np.flatnonzero(~alone)
    while len(waiting):
        same = waiting[near[waiting[0], waiting]]
        waiting = np.setdiff1d(waiting, same)
        mixed, _ = np.linalg.qr(vectors[:, same])
        psi = slice_wave @ mixed
        _, mixture = scipy.linalg.eigh(mixed.conj().T @ current @ mixed, psi.conj().T @ psi)
        vectors[:, same] = mixed @ mixture
    vectors /= np.linalg.norm(slice_wave @ vectors, axis=0)
    velocity = (vectors.conj() * (current @ vectors)).sum(axis=0).real
    return vectors, velocity


class _Sides(NamedTuple):
    """(w_n, w_{n+1}) of the waves of the middle group: open ones of unit flux, and closed ones."""

    right: tuple[Matrix, Matrix]
    left: tuple[Matrix, Matrix]
    decaying: tuple[Matrix, Matrix]
    growing: tuple[Matrix, Matrix]
    delicate: bool
    slowness: float


def _middle_waves(
    subspace: Invariant,
    mapped: _Mapped,
    P: Matrix,
    F: Matrix,
    is_real: bool,
    bulk: Bulk,
    reach: float,
) -> _Sides:
    """Tell the waves of the middle group apart."""
    basis = subspace.basis
    numerator, denominator = mapped.factor(subspace.action)
    step = scipy.linalg.solve_triangular(denominator, numerator)
    factor, vectors = np.linalg.eig(step)
    current, slice_wave = currents(basis), P @ basis + F @ basis @ step
    parted: list[Parted] = []
    alone = np.ones(len(factor), dtype=np.bool_)
    for indices, space in meetings(factor, step, current, reach):
        alone[indices] = False
        psi = slice_wave @ space
        T, J = (space.conj().T @ matrix @ space for matrix in (step, current))
        found = told_apart(T, J, psi, bulk)
        parted.append(Parted(*(space @ waves for waves in found)))
    decays, grows = (alone & (sign * (1 - np.abs(factor)) > OPEN) for sign in (1, -1))
    opens = alone & ~decays & ~grows
    waves, velocity = _carriers(factor[opens], vectors[:, opens], current, slice_wave)

    def side(sign: int) -> Matrix:
        moving = sign * velocity > 0
        others = [one.right if sign > 0 else one.left for one in parted]
        all_waves = np.hstack([waves[:, moving] / np.sqrt(np.abs(velocity[moving])), *others])
        angles = [factor[opens][moving], *(_factors_of(step, one) for one in others)]
        order = np.argsort(-sign * np.angle(np.concatenate(angles)), kind="stable")
        return all_waves[:, order]

    def both(wave: Matrix) -> tuple[Matrix, Matrix]:
        return basis @ wave, basis @ step @ wave

    wave, back = side(1), side(-1)
    decaying = np.hstack([waves_of(step, factor[decays], reach), *(one.decaying for one in parted)])
    growing = np.hstack([waves_of(step, factor[grows], reach), *(one.growing for one in parted)])
    if wave.shape != back.shape or decaying.shape != growing.shape:
        raise ThresholdError
    right, left = both(wave), both(back)
    if is_real:
        # The partners under time reversal at the same interface: S is symmetric in these waves.
        left = (basis @ np.linalg.solve(step, wave)).conj(), right[0].conj()
    delicate = bool(parted) or bool((np.abs(velocity) < _SLOW * bulk.norm).any())
    slowness = bulk.norm / float(np.abs(velocity).min(initial=bulk.norm))
    return _Sides(right, left, both(decaying), both(growing), delicate, slowness)


def _factors_of(step: Matrix, waves: Matrix) -> NDArray[np.complexfloating]:
    return np.asarray((waves.conj() * (step @ waves)).sum(axis=0))


def _rates(factors: tuple[NDArray[Any], NDArray[Any]]) -> NDArray[np.float64]:
    """Return ln |lambda| from its numerator and denominator."""
    forward, backward = (np.abs(part) for part in factors)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(forward) - np.log(backward))


def _refuse_blurred(S: Matrix, rate: NDArray[np.float64]) -> None:
    """Refuse a lead where rounding errors decide whether a wave is open.

    Bands that are flatter than a parabola, such as that of a wide zigzag ribbon's edges at E = 0,
    belong to several waves with the same factor, which rounding errors scatter widely.

    Raises
    ------
    ThresholdError
        If a closed wave might as well be an open one.
    """
    kappa = np.diag(S)
    barely = np.flatnonzero((np.abs(rate) > OPEN) & (np.abs(rate) < _BLURRED))
    near = np.abs(kappa[barely, None] - kappa) < 3 * np.abs(rate[barely, None])
    barely = barely[near.sum(axis=1) > 3]
    if not len(barely):
        return
    found: tuple[Any, ...] = scipy.linalg.eig(S, left=True, right=True)
    _, left, right = found
    # eig of a triangular matrix keeps the order of its eigenvalues.
    overlap = np.abs((left[:, barely].conj() * right[:, barely]).sum(axis=0))
    error = 4 * float(np.finfo(float).eps) * np.linalg.norm(S, 2) / np.maximum(overlap, 1e-300)
    if (error > 0.3 * np.abs(rate[barely])).any():
        raise ThresholdError


def _groups(rate: NDArray[np.float64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which waves decay and which grow so fast that they are not looked at one by one.

    As many decay as grow, since factors come in pairs lambda, 1 / lambda^*.
    """
    distance = np.abs(rate)
    limit = next(
        (one for one in _MIDDLE if not ((distance > one / 1.3) & (distance < one * 1.3)).any()),
        _MIDDLE[0],
    )
    each = min(int((rate < -limit).sum()), int((rate > limit).sum()))
    decays, grows = np.zeros((2, len(rate)), dtype=np.bool_)
    order = np.argsort(rate, kind="stable")
    decays[order[:each]] = True
    grows[order[len(order) - each :]] = True
    return decays, grows


def _shaken(K: Matrix, nudge: float) -> Matrix | float:
    """Return changes of K as large as the rounding errors of its Schur form, for a nudge."""
    if nudge == 0:
        return 0.0
    pattern = np.exp(1j * np.arange(K.size) ** 2).reshape(K.shape)
    size = _SHAKEN * float(np.finfo(float).eps) * np.linalg.norm(K, 2) / np.sqrt(len(K))
    return np.asarray(np.sign(nudge) * size * pattern)


def interface_waves(bulk: Bulk, A: Matrix, B: Matrix) -> tuple[Waves, Waves, Matrix, Matrix]:
    """Return the waves that leave to the right and to the left, and P, F of `slice_response`.

    Parameters
    ----------
    bulk : Bulk
        The lead and the energy, units of t.
    A, B : (M, r) complex arrays
        Factors of the coupling v = A B^+ to the next slice.

    Raises
    ------
    ThresholdError
        If waves of velocity zero cannot be told apart.
    QtcoreError
        If the lead has a flat band at this energy.
    """
    h, v, energy = bulk.h, bulk.v, bulk.nudged
    P, F, turns = slice_response(h, A, B, energy)
    bulk = bulk._replace(turns=turns)
    mapped = _mapped(*_pencil(P, F, A, B), energy)
    S, Z = scipy.linalg.schur(mapped.K + _shaken(mapped.K, bulk.nudge), output="complex")
    rate = _rates(mapped.factor(np.diag(S)))
    _refuse_blurred(S, rate)
    groups = ordered(S, Z, *_groups(rate))
    is_real = not (np.imag(h).any() or np.imag(v).any())
    for reach in NEAR:
        try:
            middle = _middle_waves(groups.middle(), mapped, P, F, is_real, bulk, reach)
            break
        except ThresholdError:
            if reach == NEAR[-1]:
                raise
    closed, action = groups.leading()
    numerator, denominator = mapped.factor(action)
    ahead = closed @ scipy.linalg.solve_triangular(denominator, numerator)
    right_parts = middle.right, middle.decaying, (closed, ahead)
    closed, action = groups.last()
    numerator, denominator = mapped.factor(action)
    behind = closed @ scipy.linalg.solve_triangular(numerator, denominator)
    left_parts = middle.left, middle.growing, (behind, closed)
    channels = middle.right[0].shape[1]
    least = float(np.abs(rate[np.abs(rate) > OPEN]).min(initial=1.0))
    delicate = middle.delicate or least < _SLOW
    hopping = float(np.prod([np.linalg.norm(part, axis=0) for part in (A, B)], axis=0).max())
    slowness = max(middle.slowness, bulk.norm / (2 * least * hopping))
    leaving_right, leaving_left = (
        Waves(channels, *leaving(parts, channels, direction), delicate, slowness)
        for parts, direction in ((right_parts, 1), (left_parts, -1))
    )
    return leaving_right, leaving_left, P, F
