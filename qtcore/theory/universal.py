"""Universal conductance fluctuations: their size in any shape, and how fast they forget.

Lee and Stone, PRL 55, 1622 (1985); Lee, Stone and Fukuyama, PRB 35, 1039 (1987); Altshuler, JETP
Lett. 41, 648 (1985). Wires: Beenakker, RMP 69, 731 (1997). Leads as wide as the sample, hard walls
across, coherent, L >> l, xi >> L.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qtcore.theory.cooperon import rectangle_levels
from qtcore.theory.dmpk import universality
from qtcore.theory.ladder import ladder_levels, ladder_levels_apart

Array = NDArray[np.float64]

WIRE_VARIANCE = 2 / 15
"""var g of a wire for beta = 1, per spin; beta = 2: half."""

_TERMS = 2000

_CELLS, _CELLS_PER_QUANTUM = 100, 6
"""Of the coarser of two grids. The half width in field is good to 0.1 %, against finer grids and, in
long rectangles, against the sum of wires in closed form."""

_MODES = 400
"""Along and across, in sums without a field."""


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
    return universal_variance(2, aspect) * (1 + _kept(flux_quanta, aspect, 0.0))


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


def diffusive_variance(
    length: float, width: int, mean_free_path: float, outside: float, channels: float
) -> tuple[float, float]:
    """Return var g per spin of a rectangle without field, and what this leaves out.

    Diffusons and cooperons between the points where the leads are felt, times the next orders in 1/g
    of wires (DMPK). Left out are the last terms of that series and twice what ladders add: at 14 l
    variances of wires are found 4 to 6 % above theory, of which ladders account for 3.

    Parameters
    ----------
    length : float
        Sites.
    width : int
        Sites.
    mean_free_path, outside : float
        l and z of 1/g = (L + z) / N l, sites.
    channels : float
        N per spin.
    """
    in_wires, series = universality(np.array([length / mean_free_path]), channels, 1)
    felt = length + outside
    share = ballistic_share(felt, width, 2 * mean_free_path / math.pi)
    value = universal_variance(1, felt / width) * float(in_wires[0])
    return value, value * (2 * share + float(series[0] / in_wires[0]))


def rectangle_field_correlation(flux_quanta: float, aspect: float, step: float = 0.0) -> float:
    """Return F(dPhi) / F(0) of a rectangle without time-reversal symmetry; dPhi in h/e through it.

    The diffuson of two fields feels their difference with charge e. With a step l_tr (over the
    width) it is the ladder. For aspect >> 1 half is lost at 1.168 h/e.
    """
    return _kept(flux_quanta / 2, aspect, step)


@lru_cache(maxsize=4096)
def _kept(flux_quanta: float, aspect: float, step: float) -> float:
    """Return the sum of lambda⁻² of the cooperon, h/e through it, over that without a field.

    What the field takes comes from two grids, the error of which goes as the square of their spacing.
    Short waves, which no grid holds, lose nothing.
    """
    if flux_quanta == 0:
        return 1.0
    cells = max(_CELLS, _CELLS_PER_QUANTUM * abs(flux_quanta))
    # Multiples of four and two, so that the finer grid has 3/2 as many, an even number along.
    along = 4 * max(round(math.sqrt(cells * aspect) / 4), 3)
    across = 2 * max(round(cells / along / 2), 2)
    coarse, fine = (
        _squares(rectangle_levels(0.0, aspect, *grid), step)
        - _squares(rectangle_levels(flux_quanta, aspect, *grid), step)
        for grid in ((along, across), (3 * along // 2, 3 * across // 2))
    )
    return 1 - (9 * fine - 4 * coarse) / 5 / _squares(_free_levels(aspect), step)


@lru_cache(maxsize=64)
def _free_levels(aspect: float) -> Array:
    """Return eigenvalues of -nabla² × width² without a field."""
    nx, ny = np.meshgrid(np.arange(1, _MODES), np.arange(_MODES))
    return np.asarray(np.pi**2 * ((nx / aspect) ** 2 + ny**2).ravel())


def _squares(levels: Array, step: float) -> float:
    """Return the sum of lambda⁻²; with a step l_tr (over the width) that of ladders."""
    return float(((ladder_levels(levels, step) if step else levels) ** -2.0).sum())


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
