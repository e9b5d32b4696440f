"""Classical conductivity of the square lattice beyond the golden rule: the coherent potential.

Each site scatters as often as it takes in a medium that scatters as the sites do on average: Sigma with
<t> = 0, t = (eps - Sigma) / (1 - (eps - Sigma) G), eps uniform in [-W/2, W/2) and G the Green's function of a
site. P. Soven, Phys. Rev. 156, 809 (1967). A potential of single sites has no vertex corrections (B. Velický,
Phys. Rev. 184, 614 (1969)), so that sigma = 2 (e²/h) times the integral of v_x² (Im G_k)² d²k/(2 pi)². What is left out are
crossed diagrams: interference, and corrections of the size 1/(k l).
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError

_NODES, _POINTS, _ROUNDS = 64, 1024, 400


class CoherentPotential(NamedTuple):
    """The medium.

    Attributes
    ----------
    self_energy : complex
        Sigma, units of t.
    density : float
        States per site and t.
    conductivity : float
        e²/h per spin.
    """

    self_energy: complex
    density: float
    conductivity: float

    @property
    def lifetime(self) -> float:
        """Time tau = 1 / (2 |Im Sigma|) between collisions, ħ/t."""
        return -0.5 / self.self_energy.imag

    @property
    def diffusion(self) -> float:
        """Diffusion constant, sites² t/ħ, by Einstein's relation."""
        return self.conductivity / (2 * np.pi * self.density)


@lru_cache(maxsize=64)
def coherent_potential(energy: float, disorder: float) -> CoherentPotential:
    """Return the medium that box disorder makes of the square lattice.

    Parameters
    ----------
    energy, disorder : float
        Units of t; full width W > 0 of the box.

    Raises
    ------
    InputError
        If the disorder is not positive, or so weak that levels are narrower than the sum over k resolves.
    """
    if not disorder > 0:
        raise InputError(f"the coherent potential needs disorder > 0 (t), got {disorder:g}")
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    levels, weights = disorder / 2 * nodes, weights / 2
    k = (np.arange(_POINTS) + 0.5) * np.pi / _POINTS  # k and -k are alike
    sigma = complex(0, -max(disorder**2 / 12, 1e-3))
    for _ in range(_ROUNDS):
        G = complex(_along(energy - sigma, k).mean())
        moved = levels - sigma
        t = complex((weights * moved / (1 - moved * G)).sum())
        step = t / (1 + t * G)
        sigma += step
        if abs(step) < 1e-12:
            break
    if -sigma.imag * _POINTS < 20:
        raise InputError(
            f"disorder {disorder:g} t at the energy {energy:g} t makes levels of the width {-2 * sigma.imag:.2g} t, "
            "narrower than this sum over momenta resolves; take stronger disorder"
        )
    G = complex(_along(energy - sigma, k).mean())
    return CoherentPotential(sigma, -G.imag / np.pi, _bubble(energy - sigma, k))


def _along(z: complex, k: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Return the mean of 1/(z - 2 cos k - 2 cos q) over q, for each k; Im z > 0."""
    w = z - 2 * np.cos(k)
    return np.asarray(1 / (np.sqrt(w - 2) * np.sqrt(w + 2)))


def _bubble(z: complex, k: NDArray[np.float64]) -> float:
    """Return 2 x the mean of (2 sin q)² (Im 1/(z - 2 cos k - 2 cos q))² over both momenta."""
    total = 0.0
    for one in np.array_split(k, 16):
        G = 1 / (z - 2 * np.cos(one)[:, None] - 2 * np.cos(k))
        total += float(((2 * np.sin(k)) ** 2 * G.imag**2).sum())
    return 2 * total / len(k) ** 2
