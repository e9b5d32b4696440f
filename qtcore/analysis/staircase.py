"""The conductance staircase of a point contact: theory, plateaus, and a resistance in series.

Büttiker, PRB 41, 7906 (1990), for the saddle point; van Wees et al., PRL 60, 848 (1988), and
Wharam et al., J. Phys. C 21, L209 (1988), for the plateaus and the series resistance.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.linalg import eigvalsh_tridiagonal
from scipy.stats import norm

from qtcore.errors import InputError
from qtcore.units import CONDUCTANCE_QUANTUM_SIEMENS

Array = NDArray[np.float64]

Measured = TypeVar("Measured", Array, xr.DataArray)

FLAT = 0.02
"""How far g on a plateau may lie from its middle, in channels."""

LONGER_THAN_A_RAMP = 3.0
"""A stretch so many times as long as on a straight ramp is a plateau."""

FEWEST_PLATEAUS = 3
"""Two points make a straight line but no error."""

FEWEST_GATES = 3
"""Neighbouring gate values that are a plateau."""


def harmonic_levels(width: int, wy: float) -> Array:
    """Return the transverse levels E_n of a saddle on the lattice, (width,), from the band edge.

    (n + 1/2) wy in the continuum; on the lattice a little below, as its mass grows with energy.

    Parameters
    ----------
    width : int
        Sites across.
    wy : float
        Frequency across, units of t.
    """
    y = np.arange(width) - (width - 1) / 2
    hopping = np.full(width - 1, -1.0)
    return np.asarray(eigvalsh_tridiagonal(2 + 0.25 * (wy * y) ** 2, hopping))


def opened_frequencies(wx: float, levels: Array, opening: float) -> Array:
    """Return the frequency along that each channel of a contact feels, (n,), units of t.

    Confinement that fades as exp(-x²/opening²) lowers level E_n as exp(-x²/2 opening²), so that the
    barrier of channel n is steeper than the saddle: wx_n² = wx² + E_n / (m opening²), m = 1/2.

    Parameters
    ----------
    wx : float
        Frequency of the saddle along, units of t.
    levels : (n,) float array
        Transverse levels E_n, units of t.
    opening : float
        Sites; infinite for a saddle without end.
    """
    return np.asarray(np.sqrt(wx**2 + 2 * np.asarray(levels) / opening**2))


def saddle_conductance(above: Array, levels: Array, wx: float | Array) -> Array:
    """Return g of a saddle point, sum_n 1 / (1 + exp(-2 pi (E - V0 - E_n) / wx)), per spin.

    Exact for a quadratic saddle without end.

    Parameters
    ----------
    above : float array
        E - V0, E from the band edge, units of t.
    levels : (n,) float array
        Transverse levels E_n, units of t.
    wx : float or (n,) float array
        Frequency along, units of t; of each level, if they differ (`opened_frequencies`).
    """
    eps = (np.asarray(above, dtype=np.float64)[..., None] - levels) / wx
    return np.asarray((0.5 * (1 + np.tanh(np.pi * eps))).sum(axis=-1))


def steps(gate: Array, g: Array, most: int) -> Array:
    """Return the gate values at which g passes 1/2, 3/2, ..., (most,); NaN where it does not.

    Parameters
    ----------
    gate : (gate,) float array
        From closed to open.
    g : (gate,) float array
        Conductance there.
    most : int
        How many steps are wanted.
    """
    found = np.full(most, np.nan)
    for n in range(most):
        passed = np.flatnonzero((g[:-1] < n + 0.5) & (g[1:] >= n + 0.5))
        if len(passed):
            j = int(passed[0])
            share = (n + 0.5 - g[j]) / (g[j + 1] - g[j])
            found[n] = gate[j] + share * (gate[j + 1] - gate[j])
    return found


def step_widths(gate: Array, g: Array, thresholds: Array, reach: float) -> Array:
    """Return the standard deviation of dg/dV around each threshold, (n,), in the unit of the gate.

    wx / sqrt(12) for the step of a saddle, pi kT / sqrt(3) for a Fermi function; their squares add.

    Parameters
    ----------
    gate : (gate,) float array
        Increasing or decreasing; the spacing counts as a width of its own, spacing / sqrt(12).
    g : (gate,) float array
        Conductance there, in steps of one.
    thresholds : (n,) float array
        Gates at which channels 1 to n open.
    reach : float
        How far the integral goes to each side of a threshold.
    """
    rise, middle = np.abs(np.diff(g)), (gate[1:] + gate[:-1]) / 2
    away = middle - np.asarray(thresholds)[:, None]
    near = np.abs(away) < reach
    return np.asarray(np.sqrt((near * rise * away**2).sum(axis=1)))


@dataclass(frozen=True)
class Plateaus:
    """Flat stretches of a staircase.

    Attributes
    ----------
    channels : (plateau,) int array
        Number N of open channels.
    g : (plateau,) float array
        Mean conductance of the flattest half of each, in the unit of the staircase.
    errors : (plateau,) float array
        Its uncertainty: the spread over this half or the noise from gate to gate of the whole
        stretch over the root of its length, or the standard error of the ensemble, whichever is
        larger.
    """

    channels: NDArray[np.int64]
    g: Array
    errors: Array


def plateaus(
    g: Array, points: int = FEWEST_GATES, tolerance: float = FLAT, errors: Array | None = None
) -> Plateaus:
    """Find the plateaus of a staircase, whatever the spacing of its gate values.

    A plateau is a stretch within `tolerance` of one value that is three times as long as it would
    be on a straight ramp to the same height. Counting goes from below, plateau by plateau, and not
    by rounding g: a resistance in series shifts each one.

    Parameters
    ----------
    g : (gate,) float array
        Conductance against a gate that opens the contact, evenly from closed to open.
    points : int
        Neighbouring gate values that a plateau must have at least.
    tolerance : float
        How far g on a plateau may lie from its middle.
    errors : (gate,) float array, optional
        Standard errors of g.

    Raises
    ------
    InputError
        If there is no plateau.
    """
    g = np.asarray(g, dtype=np.float64)
    if g.max() < 0.5:
        raise InputError(
            f"the gate closes the contact: g stays below {g.max():.2g}; open it further, or raise "
            "the energy"
        )
    opened = int(np.argmax(g >= 0.5))
    ramp = 2 * tolerance * (len(g) - opened) / max(g.max() - 0.5, 2 * tolerance)
    shortest = max(points, LONGER_THAN_A_RAMP * ramp)
    found: list[tuple[int, int]] = []
    for first, stop in sorted(_level(g, opened, 2 * tolerance), key=lambda run: run[0] - run[1]):
        middle = np.median(g[first:stop])
        # The shoulder of a longer one is no plateau of its own.
        near = [one for one in found if abs(np.median(g[slice(*one)]) - middle) < 4 * tolerance]
        if stop - first >= shortest and not near:
            found.append((first, stop))
    if not found:
        raise InputError(
            f"no plateau in the staircase: nowhere do {points} neighbouring gate values above one "
            f"half stay within {tolerance:g} of one value for longer than on a ramp; use a finer "
            "gate axis, a lower temperature or weaker disorder"
        )
    halves = [_flattest_half(g, *run) for run in sorted(found)]
    values = np.array([g[a:b].mean() for a, b in halves])
    spread = np.array(
        [
            max(g[a:b].std(), _noise(g[slice(*run)])) / np.sqrt(b - a)
            for (a, b), run in zip(halves, sorted(found), strict=True)
        ]
    )
    if errors is not None:
        spread = np.maximum(spread, [float(np.mean(errors[a:b])) for a, b in halves])
    return Plateaus(np.arange(1, len(halves) + 1), values, spread)


def _level(g: Array, opened: int, height: float) -> list[tuple[int, int]]:
    """Return from each gate value on the longest stretch [first, stop) of at most this height."""
    runs = []
    for first in range(opened, len(g)):
        ahead = g[first:]
        high = np.maximum.accumulate(ahead) - np.minimum.accumulate(ahead) > height
        runs.append((first, first + int(np.argmax(high)) if high.any() else len(g)))
    return runs


def _noise(g: Array) -> float:
    """Return the noise of single values from their differences, whose median spares the shoulders.

    The half of a stretch that was chosen as the flattest one shows too little of it.
    """
    return float(np.median(np.abs(np.diff(g))) / (norm.ppf(0.75) * np.sqrt(2)))


def _flattest_half(g: Array, first: int, stop: int) -> tuple[int, int]:
    """Return the half of a stretch in which g varies least."""
    half = -(-(stop - first) // 2)
    height = [np.ptp(g[a : a + half]) for a in range(first, stop - half + 1)]
    a = first + int(np.argmin(height))
    return a, a + half


@dataclass(frozen=True)
class SeriesResistance:
    """A resistance in series with the contact.

    Attributes
    ----------
    ohms, error : float
        R_s and its standard error.
    quantum, quantum_error : float
        The slope against 1/N, which should be h/2e² = 12906.40 ohms.
    """

    ohms: float
    error: float
    quantum: float
    quantum_error: float


def series_resistance(found: Plateaus) -> SeriesResistance:
    """Return R_s from a straight line through R against 1/N on the plateaus.

    R_N = R_s + (h / 2e²) / N, for conductances in units of 2e²/h.

    Raises
    ------
    InputError
        If there are fewer than three plateaus.
    """
    if len(found.channels) < FEWEST_PLATEAUS:
        raise InputError(
            f"a series resistance needs at least {FEWEST_PLATEAUS} plateaus for a value with an "
            f"error, got {len(found.channels)}; open the contact further"
        )
    resistance = 1 / (found.g * CONDUCTANCE_QUANTUM_SIEMENS)
    # Without disorder plateaus are exact to rounding, which is then their weight.
    relative = np.maximum(found.errors / found.g, 1e-12)
    weight = 1 / (relative * resistance)
    design = np.stack([np.ones(len(resistance)), 1 / found.channels], axis=1)
    covariance = np.linalg.inv((design * weight[:, None] ** 2).T @ design)
    ohms, quantum = covariance @ (design.T @ (weight**2 * resistance))
    misfit = (design @ [ohms, quantum] - resistance) * weight
    inflation = max(1.0, float(misfit @ misfit) / max(1, len(resistance) - 2))
    errors = np.sqrt(np.diag(covariance) * inflation)
    return SeriesResistance(float(ohms), float(errors[0]), float(quantum), float(errors[1]))


def with_series_resistance(g: Array, ohms: float) -> Array:
    """Return what is measured of g (2e²/h) behind a resistance in series, in 2e²/h."""
    return np.asarray(g / (1 + g * CONDUCTANCE_QUANTUM_SIEMENS * ohms))


def without_series_resistance(g: Measured, ohms: float) -> Measured:
    """Return the conductance of the contact (2e²/h) from what was measured, in 2e²/h."""
    return g / (1 - g * CONDUCTANCE_QUANTUM_SIEMENS * ohms)
