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
from scipy.optimize import brentq

from qtcore.analysis.plateaus import Plateaus, possible_channels
from qtcore.errors import InputError
from qtcore.estimate.local_fit import FEWEST_POINTS, smoother
from qtcore.units import CONDUCTANCE_QUANTUM_SIEMENS

Array = NDArray[np.float64]

Measured = TypeVar("Measured", Array, xr.DataArray)

FEWEST_PLATEAUS = 3
"""Two points make a straight line but no error."""

_REACH = 0.3
"""How far the fit of a step reaches to each side, over the distance of two steps."""

_PLACES = 10
"""Places within one reach where the sign of g less a half is looked at."""


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


@dataclass(frozen=True)
class Steps:
    """Gate values at which the contact opens.

    Attributes
    ----------
    gates, errors : (step,) float arrays
        Where g passes 1/2, 3/2, ..., and the standard errors; NaN where it does not.
    """

    gates: Array
    errors: Array


def steps(gate: Array, g: Array, most: int, covariance: Array | None = None) -> Steps:
    """Return the gate values at which g passes 1/2, 3/2, ..., by a local fit.

    The first crossing of noisy values comes too early. A cubic around each place leaves a step
    where it is, since a step is odd about its middle.

    Parameters
    ----------
    gate : (gate,) float array
        From closed to open; five values at least.
    g : (gate,) float array
        Conductance there.
    most : int
        How many steps are wanted.
    covariance : (gate, gate) float array, optional
        Covariance of g between its samples, such as that of a `Curve`. Without it the noise is that
        from gate to gate, from what the fits leave; of exact values it is what a cubic leaves out.

    Raises
    ------
    InputError
        If there are fewer than five gate values.
    """
    if len(gate) < FEWEST_POINTS:
        raise InputError(
            f"steps need at least {FEWEST_POINTS} gate values, got {len(gate)}; use a finer gate axis"
        )
    x, found = np.abs(gate - gate[0]), Steps(np.full(most, np.nan), np.full(most, np.nan))
    opened = int(np.argmax(g >= 0.5))
    reach = _REACH * float(x[-1] - x[opened]) / max(float(g.max()) - 0.5, 1.0)
    places = np.linspace(0, x[-1], int(_PLACES * x[-1] / reach) + 2)
    smooth = smoother(x, places, reach) @ g
    noise = _scatter(x, g, reach) if covariance is None else covariance
    for n in range(most):
        passed = np.flatnonzero((smooth[:-1] < n + 0.5) & (smooth[1:] >= n + 0.5))
        if len(passed):
            j = int(passed[0])

            def above(place: float, n: int = n) -> float:
                return float(smoother(x, np.array([place]), reach)[0] @ g) - n - 0.5

            place = float(brentq(above, places[j], places[j + 1]))
            step = (places[1] - places[0]) / 10
            slope = (above(place + step) - above(place - step)) / (2 * step)
            weights = smoother(x, np.array([place]), reach)[0]
            found.gates[n] = gate[0] + np.sign(gate[-1] - gate[0]) * place
            found.errors[n] = np.sqrt(weights @ noise @ weights) / abs(slope)
    return found


def _scatter(x: Array, g: Array, reach: float) -> Array:
    """Return the covariance of independent noise that the local fits leave."""
    fits = smoother(x, x, reach)
    rest = g - fits @ g
    degrees = len(x) - 2 * np.trace(fits) + (fits**2).sum()
    return np.asarray(np.eye(len(x)) * float(rest @ rest) / max(float(degrees), 1.0))


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
        If there are fewer than three plateaus, or their heights do not tell how many channels are
        open on each.
    """
    if len(found.channels) < FEWEST_PLATEAUS:
        raise InputError(
            f"a series resistance needs at least {FEWEST_PLATEAUS} plateaus for a value with an "
            f"error, got {len(found.channels)}; open the contact further, or look for plateaus with a "
            "smaller tolerance if a large resistance presses them together"
        )
    if not found.channels.all():
        raise InputError(uncounted(found))
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


def uncounted(found: Plateaus) -> str:
    """Return why plateaus have no numbers of channels."""
    heights = ", ".join(f"{g:.3g}" for g in found.g)
    possible = [", ".join(map(str, one)) for one in possible_channels(found.g, found.errors)]
    if possible:
        why = f"N = {'; or '.join(possible[:3])} fit alike; give finer gates or less noise"
    else:
        why = (
            "no whole numbers of channels behind one resistance have these heights; some are no "
            "plateaus of whole channels: use a smaller tolerance, weaker disorder, or a contact "
            "that reflects less"
        )
    return f"plateaus at {heights} × 2e²/h do not say how many channels are open: {why}"


def with_series_resistance(g: Array, ohms: float) -> Array:
    """Return what is measured of g (2e²/h) behind a resistance in series, in 2e²/h."""
    return np.asarray(g / (1 + g * CONDUCTANCE_QUANTUM_SIEMENS * ohms))


def without_series_resistance(g: Measured, ohms: float) -> Measured:
    """Return the conductance of the contact (2e²/h) from what was measured, in 2e²/h."""
    return g / (1 - g * CONDUCTANCE_QUANTUM_SIEMENS * ohms)
