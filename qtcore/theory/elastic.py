"""Exact transmission of chains and strips with a few scatterers, at any energy in the band.

Energies in units of t, measured from the band centre; k > 0 with E = 2 cos k, v = 2 sin k.
Chu and Sorbello, PRB 40, 5941 (1989); Bagwell, PRB 41, 10354 (1990); Fano, Phys. Rev. 124, 1866
(1961). The rest follows from matching plane waves.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def velocity(energy: Array) -> Array:
    """Return v = sqrt(4 - E²) of the chain."""
    return np.asarray(np.sqrt(4 - np.asarray(energy) ** 2))


def barrier(energy: Array, height: float, sites: int) -> Array:
    """Return T of a chain with the energy `height` on some neighbouring sites."""
    k = np.arccos(np.asarray(energy) / 2)
    q = np.arccos((np.asarray(energy) - height + 0j) / 2)  # complex below the barrier
    ratio = np.abs(np.sin(sites * q) / np.sin(q)) ** 2 / np.sin(k) ** 2
    return np.asarray(1 / (1 + (height / 2) ** 2 * ratio))


def contact(energy: Array, hopping: float) -> Array:
    """Return T of a chain with one bond whose hopping is `hopping`, in units of the others."""
    across = hopping * velocity(energy)
    return np.asarray(across**2 / ((1 - hopping**2) ** 2 + across**2))


def two_impurities(energy: Array, height: float, distance: int) -> Array:
    """Return T of a chain with two sites of the energy `height`, `distance` sites apart."""
    v, k = velocity(energy), np.arccos(np.asarray(energy) / 2)
    t = 1 / (1 + 1j * height / v)
    r = -1j * height / v * t
    # The hopping is +1: a wave that runs right has the wave number -k.
    return np.asarray(np.abs(t**2 / (1 - r**2 * np.exp(-2j * k * distance))) ** 2)


def side_site(energy: Array, level: float, coupling: float = 1.0) -> Array:
    """Return T of a chain with a site of energy `level` at its side: zero at E = level (Fano)."""
    detuning = (np.asarray(energy) - level) * velocity(energy)
    return np.asarray(detuning**2 / (detuning**2 + coupling**4))


def strip_impurity(energy: Array, width: int, site: int, height: float) -> tuple[Array, Array]:
    """Return g of a strip with one impurity, and its open channels N (Bagwell).

    g = N - V²A²/((1 - V R)² + V²A²) with A = sum chi_n²/v_n over open channels and R the real part
    of G that closed channels contribute. Without the site (V -> inf) it is
    N - A²/(A² + R²), and N - 1 at E = 0, where R = 0.

    Parameters
    ----------
    energy : (energy,) float array
        Away from thresholds.
    width, site : int
        Sites across, hard walls; the site of the impurity, from 0.
    height : float
        V.
    """
    n = np.arange(1, width + 1)
    chi2 = 2 / (width + 1) * np.sin(np.pi * n * (site + 1) / (width + 1)) ** 2
    c = (np.asarray(energy)[:, None] - 2 * np.cos(np.pi * n / (width + 1))) / 2
    is_open = np.abs(c) < 1
    root = np.sqrt(np.abs(c**2 - 1))
    A = np.where(is_open, chi2 / (2 * root), 0.0).sum(axis=1)
    R = np.where(is_open, 0.0, np.sign(c) * chi2 / (2 * root)).sum(axis=1)
    N = is_open.sum(axis=1)
    return np.asarray(N - A**2 / ((1 / height - R) ** 2 + A**2)), np.asarray(N, dtype=np.float64)
