"""Ohm's law of a strip with voltage probes on all of its sites, and what is left of interference.

A probe of strength eta takes an electron out of a mode at its site with the probability 2 eta |chi|² per
slice (modes at unit flux), and gives it back there, without phase memory, into each mode in proportion
to the |chi|² of that mode on the site. These probabilities add to those of the golden rule for disorder, and
the Boltzmann equation of the modes makes the resistance of both (`qtcore.theory.boltzmann`). In a clean chain
that is 1/g = 1 + eta L / v, which the probes of J. L. D'Amato and H. M. Pastawski, PRB 41, 7411 (1990) give
to lowest order in eta.

Interference that is left. Equal channels scatter back with 1/l_d per site and as often ahead, and lose their
phase with 1/l_a, so that a flight has the mean length 1/mu, mu = 2/l_d + 1/l_a. Loops of two collisions and
more, each passed in both directions, take (l² / 2 l_d) (sqrt(mu l_a) - 1) off sigma × width (e²/h per spin, l
of both together). Where l_a is long this is L_phi = sqrt(l l_a / 2), the weak localization of a wire
(B. L. Altshuler and A. G. Aronov, JETP Lett. 33, 499 (1981)). Between leads at the distance L it is
coth x - 1/x of that, x = L / L_phi.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtcore.errors import InputError
from qtcore.model.lattice import Square
from qtcore.theory.boltzmann import classical_conductance
from qtcore.theory.born import Rates, scattering_rates

Array = NDArray[np.float64]


@dataclass(frozen=True)
class DephasedStrip:
    """A strip with box disorder and probes; lengths in sites.

    Attributes
    ----------
    rates : Rates
        Of disorder and probes together.
    elastic_path : float
        l_d, the DMPK mean free path of disorder alone.
    phase_path : float
        l_a, after which an electron comes to a probe; infinite without probes.
    """

    rates: Rates
    elastic_path: float
    phase_path: float

    @property
    def mean_free_path(self) -> float:
        """DMPK mean free path l of disorder and probes together."""
        return self.rates.mean_free_path

    @property
    def phase_length(self) -> float:
        """L_phi = sqrt(l l_a / 2), how far an electron diffuses until it comes to a probe."""
        return math.sqrt(self.mean_free_path * self.phase_path / 2)

    @property
    def conductivity(self) -> float:
        """Sigma × width without interference, from two long wires; e²/h per spin × sites."""
        near, far = 10 * self.mean_free_path, 20 * self.mean_free_path
        g = classical_conductance(self.rates, np.array([near, far]))
        return float((far - near) / (1 / g[1] - 1 / g[0]))

    @property
    def lost(self) -> float:
        """What interference takes off sigma × width, same unit; infinite without probes."""
        both, ratio = self.mean_free_path, self.phase_path / self.elastic_path
        return both**2 / (2 * self.elastic_path) * (math.sqrt(1 + 2 * ratio) - 1)

    @property
    def lost_part(self) -> float:
        """The same over sigma × width: small where Ohm's law holds."""
        return self.lost / self.conductivity

    @property
    def pairs(self) -> float:
        """Size of what collisions with disorder and with probes have in common, over the resistance.

        The wave that comes to a probe and the one that goes back from it are the same speckle, which disorder
        within L_phi has made, while rates add. One channel, a weak scatterer and a weak probe beside it at a
        random distance have R = rho + alpha/2 + rho alpha/4 and not rho + alpha/2: a quarter of
        (l/l_d) (1 - l/l_d). This is the whole of it over N, as channels are not equal.
        """
        share = self.mean_free_path / self.elastic_path
        return share * (1 - share) / self.rates.channels

    def rates_left_out(self, next_order: float) -> float:
        """Return what the rates leave out, as a part of the resistance: a half width.

        Squares are added of the next order in the disorder (one and a half times, in its part of the
        scattering), of `pairs`, and of the next order in the probes, (eta <1/v>)².

        Parameters
        ----------
        next_order : float
            Of the disorder, `born.next_order`.
        """
        share = self.mean_free_path / self.elastic_path
        return math.hypot(1.5 * next_order * share, self.pairs, (0.5 / self.phase_path) ** 2)

    def resistance(self, length: ArrayLike, loops: float = 1.0) -> Array:
        """Return 1/g between leads, (length,), h/e² per spin.

        Parameters
        ----------
        length : (length,) float array
            Sites.
        loops : float
            How much of what interference takes: 1, or 0 for the classical value.

        Raises
        ------
        InputError
            If interference takes all of the conductivity: the wire is localized between probes.
        """
        sites = np.asarray(length, dtype=np.float64)
        classical = 1 / classical_conductance(self.rates, sites)
        if not loops:
            return classical
        if not loops * self.lost < self.conductivity:
            raise InputError(
                f"interference takes {self.lost:.3g} of {self.conductivity:.3g} e²/h × sites: with the phase "
                f"length {self.phase_length:.3g} sites the strip is localized, and Ohm's law has no "
                "meaning; take stronger probes"
            )
        x = sites / self.phase_length
        kept = self.conductivity - loops * self.lost * (1 / np.tanh(x) - 1 / x)
        return np.asarray(classical + sites / kept - sites / self.conductivity)


def dephased_strip(lattice: Square, energy: float, disorder: float, eta: float) -> DephasedStrip:
    """Return the classical transport of a strip with box disorder and a probe on every site.

    Parameters
    ----------
    lattice : Square
        Cross-section.
    energy, disorder : float
        Energy and full width W > 0 of the box, units of t.
    eta : float
        Strength of the probes, >= 0, units of t; their self-energy is -i eta.

    Raises
    ------
    InputError
        If the strength of the probes is negative, disorder is not positive, or no mode is open.
    """
    from qtcore.solve.lead_modes import lead_modes

    if not 0 <= eta < np.inf:
        raise InputError(f"the strength eta of probes must be >= 0 (units of t), got {eta:g}")
    elastic = scattering_rates(lattice, energy, disorder)
    if not eta:
        return DephasedStrip(elastic, elastic.mean_free_path, math.inf)
    modes = lead_modes(lattice, energy, 0.0)
    right, left = (np.abs(waves[:, : modes.channels]) ** 2 for waves in (modes.right, modes.left))
    # (site, 1): what a probe takes, over what it shares out among all modes.
    taken = 2 * eta / (right + left).sum(axis=1, keepdims=True)
    both = Rates(
        right=elastic.right + right.T @ (taken * right),
        left=elastic.left + left.T @ (taken * left),
        back=elastic.back + left.T @ (taken * right),
    )
    phase_path = modes.channels / (2 * eta * right.sum())
    return DephasedStrip(both, elastic.mean_free_path, float(phase_path))
