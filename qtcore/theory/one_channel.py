"""The distribution of the transmission of a wire with one channel, from ballistic to localized.

A. A. Abrikosov, Solid State Commun. 37, 997 (1981). The DMPK equation of one channel is diffusion on the
hyperbolic plane: T = 1/cosh²(d/2), where d is the distance from the start after the time s = L / l, so that
P is its heat kernel. ⟨ln T⟩ = −s and ⟨1/T⟩ = (1 + exp 2s) / 2 at all lengths.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtcore.errors import InputError

Array = NDArray[np.float64]

_NODES = 160
_FAR = 9.0
"""In standard deviations of the distance: the kernel is below 1e-17 from here on."""


def ln_transmission_distribution(ln_T: ArrayLike, length_over_l: float) -> Array:
    """Return the probability that ln T is smaller, to 1e-9.

    Weak disorder, away from the anomalies of a lattice, l much longer than the wavelength; β = 1 and 2
    alike.

    Parameters
    ----------
    ln_T : float array
        At most 0.
    length_over_l : float
        s = L / l, with l = ξ / 2.

    Raises
    ------
    InputError
        If the length is not positive and finite, or T above 1.
    """
    s = _length(length_over_l)
    given = np.asarray(ln_T, dtype=np.float64)
    if (given > 1e-9).any():
        raise InputError(f"T of one channel is at most 1, got ln T = {given.max():g}")
    half = np.maximum(-given.ravel() / 2, 0.0)
    # arccosh(exp h) = h + ln(1 + sqrt(1 - exp(-2 h))), which holds for any h
    distance = 2 * (half + np.log1p(np.sqrt(-np.expm1(-2 * half))))
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    # P(d > D) ∝ ∫ x exp(−x²/4s) √(cosh x − cosh D) dx from D on; x = D + u² takes the root away.
    end = np.sqrt(np.maximum(s + _FAR * np.sqrt(2 * s) - distance, _FAR * np.sqrt(2 * s)))
    u = end[:, None] * (nodes + 1) / 2
    y = u**2
    x = distance[:, None] + y
    # √(cosh x − cosh D) = exp(x/2) √((1 − exp(−y)) (1 − exp(−x − D)) / 2)
    root = np.sqrt(-np.expm1(-y) * -np.expm1(-x - distance[:, None]) / 2)
    value = x * np.exp(-((x - s) ** 2) / (4 * s)) * root * 2 * u
    total = (value @ weights) * end / 2
    return np.asarray(
        np.clip(total * 4 * np.pi * np.sqrt(2) / (4 * np.pi * s) ** 1.5, 0, 1)
    ).reshape(given.shape)


def ln_transmission_variance(length_over_l: float) -> float:
    """Return the variance of ln T, to 1e-6 of it; s² in short wires, 2 s − π²/3 in long ones.

    Parameters and errors raised as in `ln_transmission_distribution`.
    """
    s = _length(length_over_l)
    # ⟨ln² T⟩ = ∫ P(d > D) d(ln² T)/dD dD; nearer than `near` nothing ends, further than `far` everything does.
    reach = _WINDOW * np.sqrt(2 * s)
    near, far = max(s - reach, 0.0), s + reach
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    distance = near + (far - near) * (nodes + 1) / 2
    fall = _fall(distance)
    beyond = ln_transmission_distribution(-fall, s)
    rest = (weights * beyond * 2 * fall * np.tanh(distance / 2)).sum() * (far - near) / 2
    return float(_fall(np.array(near)) ** 2 + rest - s**2)


def _fall(distance: Array) -> Array:
    """Return −ln T = ln cosh²(d/2), without overflow and without loss at small d."""
    return np.asarray(
        np.where(
            distance < 1,
            np.log1p(np.sinh(np.minimum(distance, 1.0) / 2) ** 2),
            distance + 2 * np.log1p(np.exp(-distance)) - 2 * np.log(2),
        )
    )


_WINDOW = 12.0
"""Standard deviations of the distance on both sides of its mean that are integrated over."""


def long_wire_cumulants(length_over_l: float) -> tuple[float, float, float, float]:
    """Return mean, variance, third and fourth cumulant of ln T of a long wire.

    The third is right to 0.5 % and the fourth to 3.5 % at s = 24, all of them to 1e-3 at s = 48:
    −s, 2 s − π²/3, −12 ζ(3) and −14 π⁴ / 15, with s = L / l. For long wires ⟨T^μ⟩ is exp(s μ (μ − 1))
    times Γ(1 − μ)² / Γ(1 − 2 μ) for small |μ|, where the second factor is Harish-Chandra's function of
    the hyperbolic plane: the motion of ln T has even drift and noise, and only its start and end differ.

    Raises
    ------
    InputError
        If the wire is not long: s is below 20.
    """
    s = float(length_over_l)
    if not s >= 20:
        raise InputError(f"the cumulants of a long wire need L / l >= 20, got {s:g}")
    zeta_3 = 1.2020569031595943
    return -s, 2 * s - np.pi**2 / 3, -12 * zeta_3, -14 * np.pi**4 / 15


def mean_transmission(length_over_l: float) -> float:
    """Return ⟨T⟩, to 1e-8 of 1; it falls as s^(−3/2) exp(−s/4), four times slower in its exponent than exp⟨ln T⟩.

    In long wires it is made by the share ⟨T⟩ of samples that conduct well: ⟨T²⟩ is ⟨T⟩ / 4 there. A mean over R
    samples has the relative error 1 / √(4 R ⟨T⟩), if R ⟨T⟩ of them is a number that is not small.

    Parameters and errors raised as in `ln_transmission_distribution`.
    """
    x, weights = np.polynomial.legendre.leggauss(400)
    x, weights = 20 * (x - 1), 20 * weights
    above = 1 - ln_transmission_distribution(x, length_over_l)
    return float(above * np.exp(x) @ weights + np.exp(-40.0))


def _length(length_over_l: float) -> float:
    s = float(length_over_l)
    if not 0 < s < np.inf:
        raise InputError(f"L / l must be > 0 and finite, got {s:g}")
    return s
