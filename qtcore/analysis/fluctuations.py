"""Universal conductance fluctuations: their size in any shape, and how fast they forget.

Lee and Stone, PRL 55, 1622 (1985); Lee, Stone and Fukuyama, PRB 35, 1039 (1987); Altshuler, JETP
Lett. 41, 648 (1985). Wires: Beenakker, RMP 69, 731 (1997). Leads as wide as the sample, hard walls
across, coherent, L >> l, xi >> L.
"""

import math

import numpy as np
from numpy.typing import NDArray

from qtcore.analysis.cooperon import rectangle_levels
from qtcore.analysis.ladder import ladder_levels, ladder_levels_apart
from qtcore.analysis.statistics import Curve, complete
from qtcore.errors import InputError

Array = NDArray[np.float64]

WIRE_VARIANCE = 2 / 15
"""var g of a wire for beta = 1, per spin; beta = 2: half."""

_TERMS = 2000

_GRID = (32, 8)
"""Along and across: sums of lambda⁻² to 1 % of the largest one."""


def universal_variance(beta: float, aspect: float = math.inf, *, periodic: bool = False) -> float:
    """Return var g per spin of a rectangle, Lx / Ly = aspect, Lx from lead to lead.

    (12 / pi⁴) sum_{nx >= 1, ny >= 0} (nx² + (Lx/Ly)² ny²)⁻², over beta; periodic across: 2 Lx/Ly
    and ny of both signs. A wire (aspect = infinity) has 2 / (15 beta).
    """
    if math.isinf(aspect):
        return WIRE_VARIANCE / beta
    step = 2 * aspect if periodic else aspect
    ny = step * np.arange(1, _TERMS)
    # sum over nx >= 1 of (nx² + a²)⁻², in closed form.
    a = np.pi * ny
    with np.errstate(over="ignore"):
        columns = (np.pi**4) * (
            1 / (4 * a**3) / np.tanh(a) + 1 / (4 * a**2) / np.sinh(a) ** 2 - 1 / (2 * a**4)
        )
    total = np.pi**4 / 90 + (2 if periodic else 1) * columns.sum()
    return float(12 / np.pi**4 * total / beta)


def variance_in_field(flux_quanta: float, aspect: float) -> float:
    """Return var g per spin of a rectangle in a field, h/e through it: from beta = 1 to 2.

    Half of it are diffusons, which the field leaves alone, half cooperons, which have charge 2e
    and lose their slow modes.
    """
    lost = _squares(flux_quanta, aspect) / _squares(0.0, aspect)
    return universal_variance(2, aspect) * (1 + lost)


def ballistic_share(length: float, width: int, step: float) -> float:
    """Return by how much the sum of lambda⁻² grows when ladders take the place of diffusons.

    What var g of diffusive rectangles leaves out is of this relative size: of order (l/L)².

    Parameters
    ----------
    length : float
        Between the points where the leads are felt, sites.
    width : int
        Sites.
    step : float
        l_tr, sites.
    """
    nx, ny = np.meshgrid(np.arange(1, round(length) + 1), np.arange(width))
    levels = (np.pi * nx / length) ** 2 + (np.pi * ny / width) ** 2
    return float((ladder_levels(levels, step) ** -2.0).sum() / (levels**-2.0).sum() - 1)


def rectangle_field_correlation(flux_quanta: float, aspect: float, step: float = 0.0) -> float:
    """Return F(dPhi) / F(0) of a rectangle without time-reversal symmetry; dPhi in h/e through it.

    The diffuson of two fields feels their difference with charge e. With a step l_tr (over the
    width) it is the ladder. For aspect >> 1 half is lost at 1.168 h/e.
    """
    return _squares(flux_quanta / 2, aspect, step) / _squares(0.0, aspect, step)


def _squares(flux_quanta: float, aspect: float, step: float = 0.0) -> float:
    """Return the sum over modes of the cooperon, lambda⁻², with `flux_quanta` h/e through it."""
    levels = rectangle_levels(flux_quanta, aspect, *_GRID)
    if step:
        levels = ladder_levels(levels, step)
    return float((levels**-2.0).sum())


def energy_correlation(
    energy_over_thouless: Array, aspect: float = math.inf, step: float = 0.0
) -> Array:
    """Return F(dE) / F(0) of g at T = 0, for a wire or a rectangle; dE in units of ħD / L².

    sum (4 |lam|⁻² + 2 Re lam⁻²) with lam = pi² (nx² + (Lx/Ly)² ny²) - i dE/E_Th, over its value
    at dE = 0. A wire has ny = 0 only, and half at 7.729 E_Th. With a step l_tr (over L) lam is
    that of the ladder.
    """
    nx, ny = np.arange(1, 100), np.arange(1 if math.isinf(aspect) else 100)
    across = ny * (0.0 if math.isinf(aspect) else aspect)
    levels = (np.pi**2 * (nx**2 + across[:, None] ** 2)).ravel()
    energy = np.asarray(energy_over_thouless, dtype=np.float64)[..., None]
    if step:
        lam, levels = ladder_levels_apart(levels, step, energy), ladder_levels(levels, step)
    else:
        lam = levels - 1j * energy
    total = 4 * np.abs(lam) ** -2.0 + 2 * (lam**-2).real
    return np.asarray(total.sum(axis=-1) / (6 * levels**-2.0).sum())


def correlation(x: Array, g: Array) -> tuple[Array, Curve]:
    """Return the distances between points of a parameter, and <dg(x) dg(x + d)> / <dg²> there.

    The average runs over realizations and over all pairs of points at the same distance: the
    fluctuations must be stationary over the range of x.

    Parameters
    ----------
    x : (x,) float array
        Values of the parameter, increasing.
    g : (realization, x) float array
        Conductances of the same samples.

    Returns
    -------
    shifts : (shift,) float array
        Increasing from 0.
    curve : Curve
        The correlation there.

    Raises
    ------
    InputError
        If fewer than eight realizations are complete, or g does not fluctuate.
    """
    present = complete(g)
    away = np.zeros_like(g)
    away[present] = g[present] - g[present].mean(axis=0)
    if not away.any():
        raise InputError("g is the same in all realizations: there is no correlation to speak of")
    first, second = np.triu_indices(len(x))
    # Distances that agree up to rounding are one.
    unit = 1e-6 * (x[-1] - x[0]) if len(x) > 1 else 1.0
    steps, which = np.unique(np.round((x[second] - x[first]) / unit), return_inverse=True)
    at_shift = (which[:, None] == np.arange(len(steps))).astype(np.float64)
    products = (away[:, first] * away[:, second]) @ at_shift
    # Over the same points: their chance deviation from the ensemble's variance drops out.
    own = ((away[:, first] ** 2 + away[:, second] ** 2) / 2) @ at_shift
    scale = own.sum(axis=0)
    values = products.sum(axis=0) / scale
    shares = (products - values * own) / scale
    return steps * unit, Curve(values, shares)
