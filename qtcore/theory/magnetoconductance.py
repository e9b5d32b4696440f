"""Weak localization in a field: the crossover in a coherent wire, and the logarithms of a film.

Sources: Altshuler and Aronov, JETP Lett. 33, 499 (1981) and Beenakker and van Houten, Solid State
Phys. 44, 1 (1991) for wires; Hikami, Larkin and Nagaoka, Prog. Theor. Phys. 63, 707 (1980) for
films.
"""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PER_LOGARITHM_OF_SIZE = -1 / math.pi
"""d sigma / d ln L of a square without spin–orbit coupling, e²/h per spin; +1/(2 pi) with."""


def wire_crossover(flux_quanta: Array) -> Array:
    """Return delta g(Phi) / delta g(0) of a coherent wire, 1 at zero flux.

    3 (x coth x - 1) / x² with x = (2 pi / sqrt 3) Phi / (h/e) and Phi the flux through the whole
    wire; dirty limit, hard walls. Half at 1.305 h/e.
    """
    x = 2 * math.pi / math.sqrt(3) * np.abs(np.asarray(flux_quanta, dtype=np.float64))
    small = x < 1e-2
    safe = np.where(small, 1.0, x)
    return np.asarray(np.where(small, 1 - x**2 / 15, 3 * (safe / np.tanh(safe) - 1) / safe**2))


def _f(z: Array) -> Array:
    """Return psi(1/2 + 1/z) + ln z, z²/24 for small z."""
    from scipy.special import digamma

    z = np.abs(np.asarray(z, dtype=np.float64))
    small = z < 1e-2
    safe = np.where(small, 1.0, z)
    exact = digamma(0.5 + 1 / safe) + np.log(safe)
    return np.asarray(np.where(small, z**2 / 24 - 7 * z**4 / 960, exact))


def phase_field(length: float) -> float:
    """Return B_phi = ħ / (4 e L_phi²) as flux in h/e per plaquette: 1 / (8 pi L_phi²).

    Parameters
    ----------
    length : float
        Phase-coherence length L_phi in sites.
    """
    return 1 / (8 * math.pi * length**2)


def hikami_larkin_nagaoka(flux: Array, phase_length: float, spin_orbit_field: float = 0.0) -> Array:
    """Return sigma(B) - sigma(0) of a film, e²/h per spin.

    (1 / 2 pi) [f(B/B_phi')] with f(z) = psi(1/2 + 1/z) + ln z; with spin–orbit coupling
    f(B/(B_phi + B_so)) + f(B/(B_phi + 2 B_so))/2 - f(B/B_phi)/2.

    Parameters
    ----------
    flux : float array
        h/e per plaquette.
    phase_length : float
        L_phi in sites, > 0.
    spin_orbit_field : float
        B_so >= 0 in h/e per plaquette.
    """
    B, own = np.asarray(flux, dtype=np.float64), phase_field(phase_length)
    if spin_orbit_field == 0:
        return np.asarray(_f(B / own) / (2 * math.pi))
    triplet = _f(B / (own + spin_orbit_field)) + _f(B / (own + 2 * spin_orbit_field)) / 2
    return np.asarray((triplet - _f(B / own) / 2) / (2 * math.pi))
