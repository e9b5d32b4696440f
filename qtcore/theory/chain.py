"""Lyapunov exponents of disordered chains: exact for Cauchy disorder, in closed form for weak disorder.

γ = 1/ξ, ⟨ln g⟩ = −2 γ L, and the single parameter of a chain is var(ln g) / |⟨ln g⟩|, which is 2 for weak
disorder off the anomalies. On-site energies have the variance σ², W²/12 for a box of full width W.

Weak disorder. Off E = 0 and ±2, γ = σ² / (2 (4 − E²)) (D. J. Thouless, in Ill-Condensed Matter
(1979)). Within σ² of the band centre phases lock, and γ is σ² times a function of E/σ² (M. Kappus
and F. Wegner, Z. Phys. B 45, 15 (1981)). Within σ^(4/3) of a band edge it is σ^(2/3) times a function of
(|E| − 2) σ^(−4/3), by Airy functions (B. I. Halperin, Phys. Rev. 139, A104 (1965); B. Derrida and
E. Gardner, J. Phys. (Paris) 45, 1283 (1984)). There the ratio differs from 2 (H. Schomerus and
M. Titov, Phys. Rev. B 67, 100201 (2003)).

How the last two are found. The wave's amplitude and its slope (a, b), or those of every second site, follow
dv = M v dt + Σ N_i v dW_i. The angle of v has a Fokker-Planck equation on a circle, which is solved in Fourier
modes; the growth of ln |v| and of its variance follow from it.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError

Array = NDArray[np.float64]

_MODES = 201
"""Points on the circle of angles; odd, so that derivatives are exact for all modes."""

_FARTHEST = 40.0
"""Scaled distances from an anomaly at which the limit far from it is taken, below 1e-3 of it."""

_OUTSIDE = 8.0
"""Scaled distance outside of the band up to which the angle is resolved."""


def lloyd_exponent(energy: float, half_width: float) -> float:
    """Return γ of a chain with Cauchy disorder (Lloyd's model), exact at any strength.

    cosh γ = [√((2 + E)² + D²) + √((2 − E)² + D²)] / 4 (K. Ishii, Prog. Theor. Phys. Suppl. 53, 77
    (1973); D. J. Thouless, J. Phys. C 5, 77 (1972)).

    Parameters
    ----------
    energy, half_width : float
        E, and D of the density D/π / (ε² + D²); units of t.

    Raises
    ------
    InputError
        If the half width is negative.
    """
    if half_width < 0:
        raise InputError(f"the half width of Cauchy disorder must be >= 0, got {half_width:g}")
    return float(np.arccosh(sum(np.hypot(2 + s * energy, half_width) for s in (1, -1)) / 4))


def strong_box_exponent(strength: float) -> float:
    """Return γ of a chain at E = 0 with a wide box of full width W (t): ⟨ln |ε|⟩ = ln(W/2) − 1.

    To 2 % at W = 20 and 0.2 % at W = 50.

    Raises
    ------
    InputError
        If W is not above 2 e, where this is negative.
    """
    if not strength > 2 * np.e:
        raise InputError(
            f"the limit of strong disorder needs W > {2 * np.e:.3g}, better W > 20; got {strength:g}"
        )
    return float(np.log(strength / 2) - 1)


def centre_anomaly(scaled_energy: float) -> tuple[float, float]:
    """Return γ/σ² and var(ln g)/|⟨ln g⟩| of weak disorder near the band centre.

    0.1142366 and 2π/3 at E = 0; 1/8 and 2 far from it.

    Parameters
    ----------
    scaled_energy : float
        E/σ², with σ² the variance of the on-site energies, units of t.
    """
    kappa = abs(float(scaled_energy))
    if kappa > _FARTHEST:
        return 0.125, 2.0
    mean, variance = _centre(kappa)
    return mean / 2, 2 * variance / mean


def edge_anomaly(scaled_distance: float) -> tuple[float, float]:
    """Return γ σ^(−2/3) and var(ln g)/|⟨ln g⟩| of weak disorder near a band edge.

    Parameters
    ----------
    scaled_distance : float
        X = (|E| − 2) σ^(−4/3), negative inside the band.

    Raises
    ------
    InputError
        If X is above 8, far outside of the band: the ratio is not resolved there.
    """
    from scipy.special import airy

    X = float(scaled_distance)
    if X > _OUTSIDE:
        raise InputError(
            f"the edge is resolved up to (|E| - 2) / sigma^(4/3) = {_OUTSIDE:g}, got {X:g}"
        )
    if X < -_FARTHEST:
        return 1 / (8 * -X), 2.0
    c = 4.0 ** (1 / 3)
    ai, d_ai, bi, d_bi = airy(c * X)
    exponent = float(c / 2 * (ai * d_ai + bi * d_bi) / (ai**2 + bi**2))
    return exponent, 2 * _edge(X) / exponent


def weak_disorder_exponent(energy: float, variance: float) -> tuple[float, float]:
    """Return γ and var(ln g)/|⟨ln g⟩| of a chain with weak disorder, anomalies included.

    The golden rule times what the nearer anomaly makes of it. It leaves out the weak anomalies at E = ±1
    and other rational fillings, and higher orders: about 1 % for a box of W = 0.5 t, and 0.1 σ^(2/3) beside an edge.

    Parameters
    ----------
    energy : float
        E, from −2 to 2 (t).
    variance : float
        σ² of the on-site energies (t²): W²/12 for a box of full width W.

    Raises
    ------
    InputError
        If the energy lies outside of the band, or the variance is not positive.
    """
    if not abs(energy) <= 2:
        raise InputError(f"the chain conducts for -2 <= E <= 2, got the energy {energy:g}")
    if not variance > 0:
        raise InputError(f"the variance of the on-site energies must be > 0, got {variance:g}")
    if abs(energy) < 1:
        scaled, ratio = centre_anomaly(energy / variance)
        return variance / (2 * (4 - energy**2)) * 8 * scaled, ratio
    distance = abs(energy) - 2
    scaled, ratio = edge_anomaly(distance * variance ** (-2 / 3))
    # 4 − E² = (2 − |E|) (2 + |E|), of which the edge takes the second factor as 4.
    return variance ** (1 / 3) * scaled * 4 / (2 + abs(energy)), ratio


@lru_cache(maxsize=1024)
def _centre(kappa: float) -> tuple[float, float]:
    """Return how ln r and its variance grow per unit of σ² sites / 2."""
    turn = np.array([[0.0, -kappa], [kappa, 0.0]])
    kicks = np.array([[[0.0, 0.0], [1.0, 0.0]], [[0.0, -1.0], [0.0, 0.0]]])
    return _growth(turn, kicks)


@lru_cache(maxsize=1024)
def _edge(X: float) -> float:
    """Return how the variance of ln r grows per unit of σ^(−2/3) sites."""
    scale = max(1.0, abs(X)) ** 0.5  # waves turn evenly in these units of the slope
    drift = np.array([[0.0, scale], [X / scale, 0.0]])
    kick = np.array([[[0.0, 0.0], [1 / scale, 0.0]]])
    return _growth(drift, kick)[1]


def _growth(drift: Array, kicks: Sequence[Array] | Array) -> tuple[float, float]:
    """Return by how much ln |v| and its variance grow in a unit of time.

    dv = drift v dt + Σ kicks_i v dW_i, in Itô's sense. With e = v/|v| and n across it, d ln|v| =
    A dt + Σ e·N_i e dW_i and dθ = B dt + Σ n·N_i e dW_i. If χ solves L χ = ⟨A⟩ − A, with L the
    generator of the angle, ln|v| + χ(θ) grows evenly, and its noise alone makes the variance.
    """
    theta = np.pi * np.arange(_MODES) / _MODES
    e = np.stack([np.cos(theta), np.sin(theta)])
    n = np.stack([-np.sin(theta), np.cos(theta)])
    pushed = np.asarray(kicks) @ e  # (kick, component, angle)
    along, across = (pushed * e).sum(axis=1), (pushed * n).sum(axis=1)
    moved = drift @ e
    A = (moved * e).sum(axis=0) + 0.5 * ((pushed**2).sum(axis=(0, 1)) - 2 * (along**2).sum(axis=0))
    B = (moved * n).sum(axis=0) - (along * across).sum(axis=0)
    slope = _derivative()
    generator = B[:, None] * slope + 0.5 * (across**2).sum(axis=0)[:, None] * (slope @ slope)
    # The stationary density is annihilated by the adjoint; one equation is its normalisation.
    adjoint = generator.T.copy()
    adjoint[0] = 1.0
    right = np.zeros(_MODES)
    right[0] = 1.0
    density = np.linalg.solve(adjoint, right)
    mean = float(density @ A)
    bordered = generator + density  # adds ⟨χ⟩, which is free, to each equation
    chi = np.linalg.solve(bordered, mean - A)
    noise = along + across * (slope @ chi)
    return mean, float(density @ (noise**2).sum(axis=0))


@lru_cache(maxsize=1)
def _derivative() -> Array:
    """Return the derivative of functions of period π, by their Fourier modes."""
    away = np.arange(_MODES)[:, None] - np.arange(_MODES)
    with np.errstate(divide="ignore"):
        matrix = np.where(away == 0, 0.0, (-1.0) ** away / np.sin(np.pi * away / _MODES))
    return np.asarray(matrix)
