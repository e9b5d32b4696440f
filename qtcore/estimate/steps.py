"""Steps of a staircase: where they are, and how wide."""

import numpy as np

from qtcore.estimate.estimate import Array, Estimate, exact, stack
from qtcore.estimate.independent import independent
from qtcore.estimate.local_fit import FEWEST_POINTS, smoother
from qtcore.estimate.missing import Missing

_REACH = 0.3
"""How far the fit of a step reaches to each side, over the distance of two steps."""

_PLACES = 10
"""Places within one reach where the sign of g less a half is looked at."""


def steps(gate: Array, g: Array | Estimate, most: int) -> Estimate:
    """Return the gate values at which g passes 1/2, 3/2, ..., by a local fit.

    The first crossing of noisy values comes too early. A cubic around each place leaves a step
    where it is, since a step is odd about its middle.

    Parameters
    ----------
    gate : (gate,) float array
        From closed to open; five values at least.
    g : (gate,) Estimate or float array
        Conductance there. The errors of an estimate become those of the steps; exact numbers have
        none. Plain numbers have the noise from gate to gate that the fits leave.
    most : int
        How many steps are wanted.

    Returns
    -------
    Estimate (most,)
        NaN for steps that g does not reach.

    Raises
    ------
    Missing
        If there are fewer than five gate values.
    """
    from scipy.optimize import brentq

    if len(gate) < FEWEST_POINTS:
        raise Missing(
            f"steps need at least {FEWEST_POINTS} gate values, got {len(gate)}; use a finer gate axis"
        )
    x, to_open = np.abs(gate - gate[0]), float(np.sign(gate[-1] - gate[0]))
    values = g.values if isinstance(g, Estimate) else np.asarray(g, dtype=np.float64)
    opened = int(np.argmax(values >= 0.5))
    reach = _REACH * float(x[-1] - x[opened]) / max(float(values.max()) - 0.5, 1.0)
    curve = g if isinstance(g, Estimate) else independent(values, _scatter(x, values, reach))
    places = np.linspace(0, x[-1], int(_PLACES * x[-1] / reach) + 2)
    smooth = smoother(x, places, reach) @ values
    found = []
    for n in range(most):
        passed = np.flatnonzero((smooth[:-1] < n + 0.5) & (smooth[1:] >= n + 0.5))
        if not len(passed):
            found.append(exact(np.nan))
            continue
        j = int(passed[0])

        def above(place: float, n: int = n) -> float:
            return float(smoother(x, np.array([place]), reach)[0] @ values) - n - 0.5

        place = float(brentq(above, places[j], places[j + 1]))
        step = (places[1] - places[0]) / 10
        slope = (above(place + step) - above(place - step)) / (2 * step)
        # Where g comes out too high, its step comes too early.
        shares = -to_open / slope * (curve.shares @ smoother(x, np.array([place]), reach)[0])
        counts = float(curve.counts.min())
        position = gate[0] + to_open * place
        found.append(Estimate(position, shares, counts, folded=curve.folded))
    return stack(found)


def _scatter(x: Array, g: Array, reach: float) -> Array:
    """Return the independent noise of each value that the local fits leave."""
    fits = smoother(x, x, reach)
    rest = g - fits @ g
    degrees = len(x) - 2 * np.trace(fits) + (fits**2).sum()
    return np.full(len(x), np.sqrt(float(rest @ rest) / max(float(degrees), 1.0)))


def step_widths(gate: Array, g: Array, thresholds: Array, reach: float) -> Array:
    """Return the standard deviation of dg/dV around each threshold, (n,), in the unit of the gate.

    wx / sqrt(12) for the step of a saddle, pi kT / sqrt(3) for a Fermi function; their squares add.
    NaN for thresholds beyond the gates.

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
    held = (thresholds > gate.min()) & (thresholds < gate.max())
    return np.where(held, np.sqrt((near * rise * away**2).sum(axis=1)), np.nan)
