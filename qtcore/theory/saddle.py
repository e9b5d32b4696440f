"""A saddle-point contact: its levels, its conductance, and a resistance in series with it.

Büttiker, PRB 41, 7906 (1990), for the saddle point; van Wees et al., PRL 60, 848 (1988), for the
resistance in series.
"""

import numpy as np
from numpy.typing import NDArray

from qtcore.units import CONDUCTANCE_QUANTUM_SIEMENS

Array = NDArray[np.float64]


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
    from scipy.linalg import eigvalsh_tridiagonal

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


def with_series_resistance(g: Array, ohms: float) -> Array:
    """Return what is measured of g (2e²/h) behind a resistance in series, in 2e²/h."""
    return np.asarray(g / (1 + g * CONDUCTANCE_QUANTUM_SIEMENS * ohms))


def without_series_resistance(g: Array, ohms: float) -> Array:
    """Return the conductance of the contact (2e²/h) from what was measured, in 2e²/h."""
    return np.asarray(g / (1 - g * CONDUCTANCE_QUANTUM_SIEMENS * ohms))
