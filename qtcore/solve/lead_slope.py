"""dSigma/dE of a lead, in twice the digits where its waves meet.

Sigma = v g v^+ with g = (E - h - Sigma)^-1 has the slope

    X - A X B = -A B,  A = v g,  B = g v^+,

a Stein equation, which is nearly singular where two waves that move opposite ways have nearly the
same factor: at a distance q of their wave numbers an error of Sigma counts 1 / q there (more where
bands are flatter than a parabola). So Sigma is solved for once more by Newton's method, whose step
D is D - A D B = v g v^+ - Sigma, with defects in twice the digits. What comes out has all its digits
wherever the equation has a solution at all, and the steps say whether it has.

Where bands cross with a velocity the equation is singular although Sigma is smooth: there the slope
is interpolated from energies close by, twice, and the two must agree.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import scipy.linalg

from qtcore.errors import QtcoreError
from qtcore.solve.arguments import Side
from qtcore.solve.contacts import Lead, lead_at
from qtcore.solve.energies import EnergyError
from qtcore.solve.pencil import Matrix
from qtcore.solve.twofold import Twofold, exact

_SINGULAR = 1e-14
"""How close to 1 a product of factors may come before the Stein equation counts as singular."""

_CONTRACTION = 0.1
"""By how much every step must be smaller than the one before: the start is on the right branch, and
its error small beside the distance of the waves."""

_SETTLED = 2.0**-70
"""Step, relative to Sigma or its slope, with which an iteration may end."""

_FLOOR = 2.0**-92
"""The same, below which there is nothing but rounding errors."""

_HIDDEN = 1e-2
"""Relative change of dSigma/dE by a rounding error of the energy, above which it is refused."""

_NEAR = 1e-6
"""Distance of the energies between which dSigma/dE is interpolated, relative to the lead's norm."""

_AGREED = 1e-7
"""Relative difference of two interpolations above which the slope counts as unknown."""

_MOVING = 1e-5
"""Velocity, relative to the lead's norm, below which waves that meet are at a threshold."""


class SingularError(QtcoreError):
    """The equation of dSigma/dE has no solution that rounding errors leave."""


class Slope(NamedTuple):
    """What a lead does to a slice that continues it, and how that changes with the energy.

    Attributes
    ----------
    sigma : (M, M) complex matrix
        Self-energy, units of t.
    green : (M, M) complex matrix
        g = (E - h - Sigma)^-1, units of 1/t.
    slope : (M, M) complex matrix
        dSigma/dE, no unit.
    rest : float
        Size of the last step towards it, that is of its rounding errors.
    missed : float
        Relative error that the slope would have with the self-energy of the lead's modes.
    """

    sigma: Twofold
    green: Twofold
    slope: Twofold
    rest: float
    missed: float

    @property
    def slope_of_green(self) -> Twofold:
        """dg/dE, (M, M), units of 1/t^2."""
        one = exact(np.eye(len(self.slope.high), dtype=np.complex128))
        return -self.green.times(one.minus(self.slope)).times(self.green)


class _Stein:
    """X - A X B = C with given A and B, from Schur forms of both.

    Raises
    ------
    SingularError
        If a factor of A times one of B is 1.
    """

    def __init__(self, A: Matrix, B: Matrix) -> None:
        self._S, self._V = scipy.linalg.schur(A, output="complex")
        self._T, self._U = scipy.linalg.schur(B, output="complex")
        products = np.outer(np.diag(self._S), np.diag(self._T))
        if np.abs(1 - products).min() < _SINGULAR:
            raise SingularError

    def solve(self, C: Matrix) -> Matrix:
        """Return X."""
        S, T, V, U = self._S, self._T, self._V, self._U
        right = V.conj().T @ C @ U
        X, one = np.zeros_like(right), np.eye(len(S))
        for j in range(len(T)):
            known = right[:, j] + S @ (X[:, :j] @ T[:j, j])
            X[:, j] = scipy.linalg.solve_triangular(one - T[j, j] * S, known)
        return np.asarray(V @ X @ U.conj().T)


class _Convergence:
    """Watches the steps of an iteration."""

    def __init__(self) -> None:
        self._last = np.inf

    def settled(self, step: Matrix, whole: Matrix) -> bool:
        """Return whether no further step is needed; raises SingularError if none would help."""
        size = float(np.abs(step).max() / np.abs(whole).max())
        shrinks = size < _CONTRACTION * self._last
        if size <= _FLOOR or (size <= _SETTLED and not shrinks):
            return True
        if not shrinks:
            raise SingularError
        self._last = size
        return False


def slope_at(lead: Lead, side: Side) -> Slope:
    """Return dSigma/dE of a lead on a slice that continues it.

    Raises
    ------
    SingularError
        If two waves that move opposite ways have the same wave vector, or rounding errors hide
        their distance.
    EnergyError
        If a channel opens so close by that rounding errors of the energy count.
    """
    h, v = (np.asarray(one, np.complex128).tobytes() for one in (lead.h, lead.v))
    return _kept_slope(h, v, lead.energy, side)


@lru_cache(maxsize=16)
def _kept_slope(h_bytes: bytes, v_bytes: bytes, energy: float, side: Side) -> Slope:
    """Slope of a lead; the latest are kept, since every block of a point asks for the same ones."""
    flat = np.frombuffer(h_bytes, np.complex128)
    M = math.isqrt(len(flat))
    h, v = flat.reshape(M, M), np.frombuffer(v_bytes, np.complex128).reshape(M, M)
    try:
        return _slope_at(lead_at(h, v, energy), side)
    except np.linalg.LinAlgError:
        raise SingularError from None


def _slope_at(lead: Lead, side: Side) -> Slope:
    w = exact(lead.v if side == "right" else lead.v.conj().T)
    one = np.eye(len(lead.h), dtype=np.complex128)
    away = exact(lead.energy * one).minus(exact(lead.h))
    sigma = exact(lead.modes.self_energies(lead.v)[0 if side == "left" else 1])

    def products() -> tuple[Twofold, Twofold, Twofold]:
        green = away.minus(sigma).inverse()
        return green, w.times(green), green.times(w.dagger)

    green, A, B = products()
    equation = _Stein(A.high, B.high)
    first = equation.solve(-A.high @ B.high)
    watch, settled, renewed = _Convergence(), False, False
    while not settled:
        step = equation.solve(A.times(w.dagger).minus(sigma).high)
        sigma = sigma.plus(exact(step))
        green, A, B = products()
        try:
            settled = watch.settled(step, sigma.high)
        except SingularError:
            # Beside a threshold the equation may need a better self-energy than that of the modes.
            if renewed:
                raise
            equation, watch, renewed = _Stein(A.high, B.high), _Convergence(), True
    given = -A.times(B)
    slope, watch, settled = exact(equation.solve(given.high)), _Convergence(), False
    while not settled:
        step = equation.solve(given.minus(slope).plus(A.times(slope).times(B)).high)
        slope = slope.plus(exact(step))
        settled = watch.settled(step, slope.high)
    missed = float(np.abs(first - slope.high).max() / np.abs(slope.high).max())
    found = Slope(sigma, green, slope, float(np.abs(step).max()), missed)
    _refuse_hidden(lead, found, w.high, equation)
    return found


def _refuse_hidden(lead: Lead, found: Slope, w: Matrix, equation: _Stein) -> None:
    """Refuse a slope that changes with the rounding errors of the energy.

    The equation's own derivative is one with the same left side.
    """
    g, dg, X = found.green.high, found.slope_of_green.high, found.slope.high
    rest = np.eye(len(X)) - X
    curvature = equation.solve(-w @ (dg @ rest @ g + g @ rest @ dg) @ w.conj().T)
    rounding = float(np.finfo(float).eps) * _norm(lead)
    if not rounding * np.abs(curvature).max() < _HIDDEN * np.abs(X).max():
        raise threshold(lead)


def _norm(lead: Lead) -> float:
    return float(np.linalg.norm(lead.h, 2) + 2 * np.linalg.norm(lead.v, 2))


def threshold(lead: Lead) -> EnergyError:
    """Return the error that says where dSigma/dE diverges."""
    return EnergyError(
        "dSigma/dE cannot be resolved at the energy {energy!r}: a channel opens there or close by, "
        "where it diverges, and with it densities of states and delay times; shift the energy by "
        "{shift}",
        hopping=float(np.abs(lead.v).max()),
        energy=lead.energy,
    )


def pole_shift(lead: Lead) -> complex:
    """Return i u of `slope_of_inverse`, units of t."""
    return 1j * float(np.linalg.norm(lead.v, 2))


def slope_of_inverse(lead: Lead, side: Side) -> Matrix:
    """Return dK/dE of K = (Sigma - i u)^-1, (M, M), units of 1/t^2, where bands cross.

    K is smooth there even where Sigma has a pole (the lead's end has a bound state, as that of a
    metallic armchair ribbon has at E = 0), since no part of Sigma gains energy.

    Raises
    ------
    EnergyError
        If a channel opens at this energy or close by.
    """
    modes = lead.modes
    size = np.hypot(*(np.linalg.norm(Z, axis=0) for Z in (modes.left, modes.left_ahead)))
    if (1 / size[: modes.channels] ** 2 < _MOVING * _norm(lead)).any():
        raise threshold(lead)
    try:
        coarse, fine = (_between(lead, side, part * _NEAR * _norm(lead)) for part in (1.0, 0.5))
    except (SingularError, EnergyError):
        # One that names the energy of a neighbour tells nobody anything.
        raise threshold(lead) from None
    if not np.abs(coarse - fine).max() < _AGREED * np.abs(fine).max():
        raise threshold(lead)
    return fine


def _between(lead: Lead, side: Side, step: float) -> Matrix:
    """Return dK/dE from the cubic through its values at E - 2 d, E - d, E + d, E + 2 d."""
    slopes = []
    for n in (-2, -1, 1, 2):
        one = lead_at(lead.h, lead.v, lead.energy + n * step)
        if one.modes.channels != lead.modes.channels:
            raise threshold(lead)
        here = slope_at(one, side)
        K = here.sigma.minus(exact(pole_shift(lead) * np.eye(len(lead.h)))).inverse()
        slopes.append((-K.times(here.slope).times(K)).high)
    weights = np.array([-1.0, 4.0, 4.0, -1.0]) / 6
    return np.asarray(np.tensordot(weights, np.stack(slopes), axes=1))
