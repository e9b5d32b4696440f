"""How far an energy lies from the nearest threshold of a mode, in any wire of identical slices.

A threshold is an extremum of a band E(k) of the clean wire, at k = 0 or elsewhere, as in a field or with
spin–orbit coupling. Near one E = E₀ + a (k − k₀)², and disorder smears the edge over a^(−1/3) s^(2/3), with
s = <eps²> sum_y |chi(y)|⁴ the variance that the mode feels on a slice (the only energy that a and s make;
`qtcore.theory.chain` has a = 1). In a strip without field a = 1 and s = W²/12 times 3 / (2 (M + 1)), or
2 / (M + 1) for the mode in the middle of an odd number M of sites.
"""

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

if TYPE_CHECKING:
    from qtcore.model.wire import Wire

WITHIN = 4.0
"""Widths of a smeared band edge up to which thresholds are found."""

_POINTS = 96
"""Momenta on the circle; between two neighbours the slope of a band changes its sign once at most."""

_BESIDE = 24
"""Neighbours on each side among which the steepest slope says how deep a parabola is."""

_STEPS = 7
"""Steps by which a change of sign is narrowed, from 0.07 to 2e-3 rad per site."""

_SPLIT = 0.382
"""Part of an interval that a step leaves at its left; not a half, where bands may cross by symmetry."""

Array = NDArray[np.float64]


def nearest_threshold(wire: "Wire", energy: float, strength: float) -> float:
    """Return the distance of an energy from the nearest threshold, in widths of its smeared edge.

    Extrema are left out whose band is a parabola over less than the width of the smeared edge: there bands
    cross, or nearly so, and disorder does not see the gap between them.

    Parameters
    ----------
    wire : Wire
        Of it count lattice, field and terms of the leads.
    energy, strength : float
        Energy and full width W > 0 of the box, units of t.

    Returns
    -------
    float
        Infinite if no threshold lies within 4 widths.
    """
    slices = wire.slices()
    h, v = (np.asarray(one, np.complex128) for one in (slices.lead_h, slices.lead_v))
    return _nearest(h.tobytes(), v.tobytes(), wire.orbitals, float(energy), strength**2 / 12)


@lru_cache(maxsize=512)
def _nearest(h: bytes, v: bytes, orbitals: int, energy: float, variance: float) -> float:
    momenta, bands, slopes, shares = _bands(h, v, orbitals)
    step, steep = momenta[1] - momenta[0], np.abs(slopes)
    nearby = sliding_window_view(np.pad(steep, ((_BESIDE, _BESIDE), (0, 0)), "wrap"), _BESIDE, 0)
    steepest = nearby.max(axis=-1)  # of the neighbours from each place on
    following = {name: np.roll(one, -1, axis=0) for name, one in (("v", slopes), ("E", bands))}
    curvature = np.abs(following["v"] - slopes) / (2 * step)
    width = _width(variance * shares, curvature)
    away = np.minimum(np.abs(bands - energy), np.abs(following["E"] - energy))
    candidates = (slopes * following["v"] <= 0) & (away < WITHIN * width + steep * step)
    found = math.inf
    for place, band in zip(*np.nonzero(candidates), strict=True):
        edge, share, curved = _extremum(h, v, orbitals, momenta[place], step, int(band))
        smeared = float(_width(variance * share, curved))
        fastest = min(steepest[place + 1, band], steepest[place + _BESIDE + 1, band])
        if fastest**2 / (4 * curved) > smeared:
            found = min(found, abs(energy - edge) / smeared)
    return found if found <= WITHIN else math.inf


def _width(felt: Any, curvature: Any) -> Any:
    """Return the width of a smeared edge (t) of the variance that the mode feels."""
    return (felt**2 / np.maximum(curvature, 1e-9)) ** (1 / 3)


@lru_cache(maxsize=32)
def _bands(h: bytes, v: bytes, orbitals: int) -> tuple[Array, Array, Array, Array]:
    """Return momenta, and (momentum, band) arrays: energies, slopes (t per rad), sum_y |chi(y)|⁴."""
    momenta = 2 * math.pi * (np.arange(_POINTS) + 0.31) / _POINTS
    each = zip(*(_at(h, v, orbitals, float(k)) for k in momenta), strict=True)
    energies, slopes, shares = (np.array(one) for one in each)
    return momenta, energies, slopes, shares


def _at(h_bytes: bytes, v_bytes: bytes, orbitals: int, k: float) -> tuple[Array, Array, Array]:
    """Return energies of the modes at a momentum, their slopes, and sum_y |chi(y)|⁴."""
    size = math.isqrt(len(h_bytes) // 16)
    h, v = (np.frombuffer(one, np.complex128).reshape(size, size) for one in (h_bytes, v_bytes))
    ahead = v * np.exp(1j * k)
    energies, chi = np.linalg.eigh(h + ahead + ahead.conj().T)
    slopes = -2 * (chi.conj() * (ahead @ chi)).sum(axis=0).imag
    density = (np.abs(chi.reshape(-1, orbitals, size)) ** 2).sum(axis=1)
    return energies, slopes, (density**2).sum(axis=0)


def _extremum(
    h: bytes, v: bytes, orbitals: int, start: float, step: float, band: int
) -> tuple[float, float, float]:
    """Return energy, sum_y |chi(y)|⁴ and half of the curvature (its size) of a band's extremum."""
    low, high = start, start + step
    first, last = ([one[band] for one in _at(h, v, orbitals, k)] for k in (low, high))
    for _ in range(_STEPS):
        middle = low + _SPLIT * (high - low)
        found = [one[band] for one in _at(h, v, orbitals, middle)]
        if found[1] * first[1] > 0:
            low, first = middle, found
        else:
            high, last = middle, found
    curvature = abs(last[1] - first[1]) / (2 * (high - low))
    return float(first[0]), float(first[2]), float(curvature)
