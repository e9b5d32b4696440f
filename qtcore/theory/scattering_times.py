"""Lifetime and transport time of plane waves on the square lattice, in weak disorder with correlations.

By the golden rule a wave k is scattered into k' of the same energy at the rate 2 pi C(k - k'), with C(q) the Fourier
transform of the correlations <V(r) V(0)> of the potential. All scattering ends a plane wave (1/tau); what turns its velocity little hardly
ends a current (1/tau_tr). The rates are integrals along the contour of constant energy, summed here over many of
its points. For a round contour and Gaussian correlations tau_tr/tau = I0(x) / (I0(x) - I1(x)), x = k² xi².
Units: t, ħ/t, lattice constants.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError

Array = NDArray[np.float64]

KINDS = ("point", "gaussian", "remote")
"""Independent sites; <V(r) V(0)> = V0² exp(-r²/2 xi²); charges in a layer at the distance xi, V0² (1 + r²/4 xi²)^(-3/2)."""

_POINTS = 720
"""Points of the contour, a multiple of eight."""

_REACH = 60
"""Sites around 0 at which correlations are summed where they end by themselves."""


def correlation_transform(kind: str, length: float, q: Array) -> Array:
    """Return C(q) / V0², the sum of correlations times exp(-i q r) over the sites of the lattice.

    Parameters
    ----------
    kind : {"point", "gaussian", "remote"}
        See `KINDS`.
    length : float
        xi or the distance, lattice constants; of no meaning for "point".
    q : (..., 2) array
        Radians per lattice constant.

    Raises
    ------
    InputError
        If the kind is another one.
    """
    if kind == "point":
        return np.ones(q.shape[:-1])
    if kind == "gaussian":
        x = np.arange(-_REACH, _REACH + 1)
        row = np.exp(-(x**2) / (2 * length**2))
        along, across = (np.cos(q[..., axis, None] * x) @ row for axis in (0, 1))
        return np.asarray(along * across)
    if kind == "remote":
        # Poisson's sum: the transform of the plane, 8 pi d² exp(-2 q d), at all wave vectors that the lattice tells not apart.
        images = 2 * math.pi * np.arange(-2, 3)
        found = np.zeros(q.shape[:-1])
        for a in images:
            for b in images:
                size = np.hypot(q[..., 0] + a, q[..., 1] + b)
                found += 8 * math.pi * length**2 * np.exp(-2 * size * length)
        return found
    raise InputError(f"the kind of disorder is one of {', '.join(KINDS)}, got {kind!r}")


@dataclass(frozen=True)
class ScatteringTimes:
    """The golden rule for one wave.

    Attributes
    ----------
    tau, transport : float
        Lifetime, and the time in which the velocity along the wave is lost, ħ/t: the integral of v(t)/v(0).
    speed : float
        |dE/dk|, lattice constants t/ħ.
    """

    tau: float
    transport: float
    speed: float
    _rates: Array
    _modes: Array
    _parts: Array

    def velocity(self, times: Array) -> Array:
        """Return v(t)/v(0) along the wave, by the Boltzmann equation, (time,)."""
        decay = np.exp(-np.outer(times, self._rates))
        return np.asarray((decay * (self._modes * self._parts)).sum(axis=1))


@lru_cache(maxsize=256)
def scattering_times(kind: str, strength: float, length: float, kx: float) -> ScatteringTimes:
    """Return the times of the wave (kx, 0) near the upper edge of the band, E = 2 (1 + cos kx).

    Parameters
    ----------
    kind, length
        As in `correlation_transform`.
    strength : float
        Standard deviation V0 of the potential, t.
    kx : float
        Radians per lattice constant, 0 < kx < pi/2, where the contour is closed around k = 0.

    Raises
    ------
    InputError
        If the strength is not positive or the wave has another contour.
    """
    if not strength > 0:
        raise InputError(f"strength must be > 0 to scatter at all (units of t), got {strength:g}")
    if not 0 < kx < math.pi / 2:
        raise InputError(f"the wave (kx, 0) has a closed contour for 0 < kx < pi/2, got {kx:g}")
    half_energy = 1 + math.cos(kx)
    angle = 2 * math.pi * np.arange(_POINTS) / _POINTS
    low, high = np.zeros(_POINTS), np.full(_POINTS, math.pi)
    for _ in range(60):  # cos(r cos a) + cos(r sin a) falls with r
        r = (low + high) / 2
        is_inside = np.cos(r * np.cos(angle)) + np.cos(r * np.sin(angle)) > half_energy
        low, high = np.where(is_inside, r, low), np.where(is_inside, high, r)
    k = r[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    v = 2 * np.sin(k)
    # d²k delta(E - E_k) = r da / |dE/dr|
    weights = r / (v * k / r[:, None]).sum(axis=1) * (2 * math.pi / _POINTS) / (2 * math.pi) ** 2
    rates = 2 * math.pi * strength**2 * correlation_transform(kind, length, k[:, None] - k)
    # Symmetric with the roots of the weights on both sides.
    root = np.sqrt(weights)
    collisions = np.diag(rates @ weights) - root[:, None] * rates * root
    values, modes = np.linalg.eigh(collisions)
    along = v[:, 0] / v[0, 0]
    parts = (modes.T @ (along * root)) / root[0]
    keeps = np.abs(parts * modes[0]) > 1e-12
    values, modes, parts = values[keeps], modes[0, keeps], parts[keeps]
    return ScatteringTimes(
        1 / float(rates[0] @ weights),
        float((modes * parts / values).sum()),
        float(v[0, 0]),
        values,
        modes,
        parts,
    )


def round_ratio(kind: str, x: float) -> float:
    """Return tau_tr/tau of a round contour, x = k xi or k d: by integrals over the angle.

    I0(x²) / (I0(x²) - I1(x²)) for Gaussian correlations; the same with exp(-4 k d |sin(a/2)|) for charges at a distance,
    (2 k d)² for large k d; 1 for independent sites.
    """
    from scipy.special import ive

    if kind == "point":
        return 1.0
    if kind == "gaussian":
        return float(ive(0, x**2) / (ive(0, x**2) - ive(1, x**2)))
    a = (np.arange(20_000) + 0.5) * math.pi / 20_000
    weight = np.exp(-4 * x * np.sin(a / 2))
    return float(weight.sum() / (weight * (1 - np.cos(a))).sum())
