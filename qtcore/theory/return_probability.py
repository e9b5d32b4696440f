"""How likely a diffusing wave is at its starting place: diffusion, and the paths that run both ways.

Classically P(0, t) = (4 pi D t)^(-d/2) per site. With time-reversal symmetry each closed path interferes with
the one that runs the other way, and P is twice as large (coherent backscattering; Bergmann, Phys. Rep. 107,
1 (1984)). Units: lattice constants, ħ/t.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtcore.errors import InputError
from qtcore.theory.diffusion import density_of_states

Array = NDArray[np.float64]

EARLIEST, FARTHEST = 4.0, 0.3
"""Times over tau from which on waves diffuse, and the weak localization up to which they are not localized."""

MEETS = 0.03
"""P of the ways around a sample over that of the way back, at most."""


def diffusive_return(D: float, times: ArrayLike, extents: tuple[float, ...]) -> Array:
    """Return the classical P(0, t) per lattice constant to the power d, in a box without edges.

    Parameters
    ----------
    D : float
        Diffusion constant, sites² t / ħ.
    times : (time,) array
        ħ/t, > 0.
    extents : tuple of float
        After how many lattice constants each direction of diffusion repeats itself; inf for one without end.
    """
    t = np.asarray(times, dtype=np.float64)
    found = (4 * math.pi * D * t) ** (-len(extents) / 2)
    n = np.arange(-6, 7)
    for extent in extents:
        if math.isfinite(extent):
            found = found * np.exp(-((n * extent) ** 2) / (4 * D * t[:, None])).sum(axis=1)
    return np.asarray(found)


@dataclass(frozen=True)
class Band:
    """Golden rule of weak box disorder on the square or the cubic lattice, at one energy.

    Attributes
    ----------
    density : float
        States per site and t.
    D : float
        Diffusion constant, sites² t / ħ.
    tau : float
        Lifetime of a plane wave, ħ/t.
    early : tuple of float
        c of P(0, t) = (4 pi D t)^(-d/2) (1 + c tau/t), by the number d of directions of diffusion. Poles and
        residues of the Boltzmann equation of isotropic scattering, 1 = <1 / (1 + s tau + i q v tau)>, to fourth
        order in q: c = d/2 - d (d + 2)/2 + 3 d [<v_x⁴> + (d - 1) <v_x² v_y²>] / 4 <v_x²>².
    """

    density: float
    D: float
    tau: float
    early: tuple[float, ...]

    @property
    def sigma(self) -> float:
        """Conductivity 2 pi rho D, e²/h per spin, in a cube per lattice constant."""
        return 2 * math.pi * self.density * self.D


def golden_rule(dimension: int, energy: float, disorder: float) -> Band:
    """Return 1/tau = 2 pi rho W²/12 and D = <v_x²> tau.

    Parameters
    ----------
    dimension : int
        2 or 3.
    energy, disorder : float
        Energy and full width W of the box, units of t.

    Raises
    ------
    InputError
        If the energy lies outside the clean band or at the centre of that of the square lattice, the disorder is not
        positive, or the dimension is another one.
    """
    if dimension not in (2, 3):
        raise InputError(f"the golden rule is known here in 2 and 3 dimensions, got {dimension}")
    if not disorder > 0:
        raise InputError(f"disorder must be > 0 to scatter at all (units of t), got {disorder:g}")
    if not abs(energy) < 2 * dimension:
        raise InputError(
            f"the band reaches from {-2 * dimension} to {2 * dimension} t, got the energy {energy:g}"
        )
    density, squared, fourth, mixed = _moments(dimension, energy)
    tau = 6 / (math.pi * density * disorder**2)
    early = [
        d / 2 - d * (d + 2) / 2 + 3 * d * (fourth + (d - 1) * mixed) / (4 * squared**2)
        for d in range(1, dimension + 1)
    ]
    return Band(density, squared * tau, tau, tuple(early))


@lru_cache(maxsize=256)
def _moments(dimension: int, energy: float) -> tuple[float, float, float, float]:
    """Return the density of states, <v_x²>, <v_x⁴> and <v_x² v_y²> of the clean lattice at an energy."""
    if dimension == 2:
        angle = (np.arange(4000) + 0.5) * math.pi / 4000
        left = (energy - 2 * np.cos(angle)) / 2  # cos of k_x
        along = 4 * np.maximum(1 - left**2, 0.0)  # v_x²
        across = (2 * np.sin(angle)) ** 2
        rho = density_of_states(energy)
        # d²k delta(E - e) / (2 pi)² is dk_y / (2 pi² |v_x|), with both signs of k_x and k_y.
        squared, fourth, mixed = (
            float(power.mean()) / (math.pi * rho)
            for power in (along**0.5, along**1.5, along**0.5 * across)
        )
        return rho, squared, fourth, mixed
    kz = (np.arange(400) + 0.5) * math.pi / 400
    left = energy - 2 * np.cos(kz)
    inside = (np.abs(left) < 4) & (left != 0)
    layers = np.array([_moments(2, float(one))[:2] for one in left[inside]])
    density, beside, v = layers[:, 0] / len(kz), layers[:, 1], 2 * np.sin(kz[inside])
    rho = float(density.sum())
    squared, fourth, mixed = (
        float((density * one).sum()) / rho for one in (v**2, v**4, v**2 * beside)
    )
    return rho, squared, fourth, mixed


def _contour(energy: float) -> tuple[Array, Array]:
    """Return velocities on the contour of the square lattice, (n, 2), and their weights, which sum to 1."""
    ky = (np.arange(2000) + 0.5) * math.pi / 2000
    squared = 4 - (energy - 2 * np.cos(ky)) ** 2
    along, across = np.sqrt(squared[squared > 0]), 2 * np.sin(ky[squared > 0])
    signs = [(along, across), (along, -across), (across, along), (across, -along)]
    velocities = np.concatenate([np.stack(one, axis=1) for one in signs])
    weights = np.tile(1 / along, 4)
    return velocities, weights / weights.sum()


def site_memory(density: float, real: float, disorder: float) -> float:
    """Return <rho²>/<rho>² of the site where a packet starts and ends, by the energy of this site alone.

    The local density goes as 1/|1 - eps G|² with the energy eps of the site, uniform in the box.

    Parameters
    ----------
    density : float
        -Im G / pi of the clean lattice, per site and t.
    real : float
        Re G, 1/t.
    disorder : float
        Full width W of the box, t.
    """
    x, weights = np.polynomial.legendre.leggauss(24)
    changed = 1 / np.abs(1 - x * disorder / 2 * (real - 1j * math.pi * density)) ** 2
    return float(2 * (weights @ changed**2) / (weights @ changed) ** 2)


def square_green(energy: float) -> float:
    """Return Re G(0, 0; E) of the clean square lattice, 1/t: sign(E) K(E²/16) / 2 pi inside the band."""
    from scipy.special import ellipk

    return float(np.sign(energy) * ellipk(energy**2 / 16) / (2 * math.pi))


@lru_cache(maxsize=64)
def cubic_green(energy: float) -> float:
    """Return Re G(0, 0; E) of the clean cubic lattice, 1/t: the mean of squares over k_z, inside and outside their bands."""
    from scipy.special import ellipk

    kz = (np.arange(4000) + 0.5) * math.pi / 4000
    E = np.abs(left := energy - 2 * np.cos(kz))
    inside = ellipk(np.minimum(E, 4.0 - 1e-12) ** 2 / 16) / (2 * math.pi)
    E = np.maximum(E, 4 + 1e-12)
    outside = 2 / (math.pi * E) * ellipk(16 / E**2)
    return float((np.sign(left) * np.where(np.abs(left) < 4, inside, outside)).mean())


@dataclass(frozen=True)
class Packet:
    """A wave packet that spreads in a sample with box disorder.

    Parameters
    ----------
    kind : {"strip", "square", "cube"}
        A strip has two walls; the others repeat themselves in all directions.
    edge, across : int
        Sites along the strip and across; equal in squares and cubes.
    disorder, energy, spread : float
        Full width W of the box, and mean and standard deviation of the energy, units of t.
    flux : float
        h/e per square of the lattice constant. Any but 0 is taken to end the interference of both ways.
    """

    kind: str
    edge: int
    across: int
    disorder: float
    energy: float
    spread: float = 0.0
    flux: float = 0.0

    @property
    def dimension(self) -> int:
        """Directions in which it spreads."""
        return {"strip": 1, "square": 2, "cube": 3}[self.kind]

    def _band(self, energy: float) -> Band:
        return golden_rule(3 if self.kind == "cube" else 2, energy, self.disorder)

    @property
    def band(self) -> Band:
        """The golden rule at its mean energy."""
        return self._band(self.energy)

    def next_order(self, times: ArrayLike) -> Array:
        """Return what the second order of the correlation of local densities adds to P, relative, (time,).

        D(0, 0; omega)² beside D(0, 0; omega), equal with time-reversal symmetry and without. With sigma =
        2 pi rho D: sqrt(pi D t) / (2 sigma M) in a strip of width M, ln(t) / (2 pi sigma) in a square, where the
        logarithm begins at the lattice; a constant in a cube, which is small.
        """
        t, sigma = np.asarray(times, dtype=np.float64), self.band.sigma
        if self.kind == "strip":
            return np.asarray(np.sqrt(math.pi * self.band.D * t) / (2 * sigma * self.across))
        if self.kind == "cube":
            return np.zeros_like(t)
        return np.asarray(np.log(t) / (2 * math.pi * sigma))

    def weak_localization(self, times: ArrayLike) -> Array:
        """Return what weak localization of D(omega) changes at most, relative, (time,): what `home` leaves out.

        sqrt(pi D t) / (2 sigma M) in a strip, ln(t/tau) / (pi sigma) in a square, 1 / (sigma sqrt(D t)) in a cube.
        """
        t, band = np.asarray(times, dtype=np.float64), self.band
        if self.kind == "strip":
            return self.next_order(t)
        if self.kind == "cube":
            return np.asarray(1 / (band.sigma * np.sqrt(band.D * t)))
        return np.asarray(np.log(np.maximum(t / band.tau, 1.0)) / (math.pi * band.sigma))

    def home(self, times: Array) -> tuple[Array, Array]:
        """Return P(0, t), (time,), and the part of it that is left out.

        Diffusion with the D of each energy of the packet, the paths both ways, and what starts and ends on one site.
        The next order in tau/t is that of `Band.early`.
        """
        x, weights = np.polynomial.hermite_e.hermegauss(9)
        bands = [self._band(self.energy + self.spread * one) for one in x]
        shares = weights * [band.density for band in bands]
        P = np.zeros(len(times))
        for band, share in zip(bands, shares / shares.sum(), strict=True):
            D, early = band.D, band.early[self.dimension - 1]
            if self.kind == "square":  # circles between collisions: omega_c = B / (2 pi rho)
                D = D / (1 + (self.flux / band.density * band.tau) ** 2)
            P += (
                share
                * diffusive_return(D, times, (self.edge,) * self.dimension)
                * (1 + early * band.tau / times)
            )
        if self.kind == "strip":
            P /= self.across
        if self.spread:  # the filter makes a packet 1 / (2 spread) long in time
            half = self.dimension / 2
            P *= 1 + half * (half + 1) / 2 / (2 * self.spread * times) ** 2
        real = (cubic_green if self.kind == "cube" else square_green)(self.energy)
        memory = site_memory(self.band.density, real, self.disorder)
        P *= (1 if self.flux else 2) * memory * (1 + self.next_order(times))
        return P, self.weak_localization(times) + (memory - 1) / 2

    def cone(self, times: Array, q: Array) -> tuple[Array, Array]:
        """Return n(-k + q)/n of a plane wave k in a square, averaged over times, and what is left out.

        1 + exp(-D q² t) for small q and late times. The phase is that of the way from the first to the last
        scatterer, which takes less than t: flights between them are summed here, R = psi + psi * R with psi(t) =
        <cos(q v t)> exp(-t/tau) / tau, and one flight before and behind each. Whoever was scattered once has no
        partner. Weak localization makes D smaller, by ln(t/tau) / (2 pi sigma).

        Parameters
        ----------
        times : (time,) array
            ħ/t.
        q : (momentum, 2) array
            Radians per lattice constant.
        """
        band = self.band
        velocities, weights = _contour(self.energy)
        T = np.asarray(times) / band.tau
        step = float(T[-1]) / (steps := math.ceil(float(T[-1]) / 0.05))
        s = step * np.arange(steps + 1)
        x = band.tau * q @ velocities.T
        psi = np.exp(-s) * np.array([np.cos(s[:, None] * one) @ weights for one in x])
        R = np.zeros_like(psi)  # (momentum, time); the trapezoidal rule
        R[:, 0] = psi[:, 0]
        for n in range(1, steps + 1):
            before = psi[:, n:0:-1] * R[:, :n]
            R[:, n] = (psi[:, n] + step * (before.sum(axis=1) - before[:, 0] / 2)) / (1 - step / 2)
        outside = np.maximum(T[:, None] - s, 0.0)
        share = step * (outside * np.exp(-outside)) / (1 - np.exp(-T[:, None]))
        share[:, 0] /= 2
        found = 1 + (R @ share.T).mean(axis=1)
        change = math.log(times[-1] / band.tau) / (2 * math.pi * band.sigma)
        return found, np.asarray(change * found)

    def refuse_outside_window(self, times: Array, what: str) -> None:
        """Raise InputError unless waves diffuse at all times, and have not gone around the sample."""
        band = self.band
        begin, ends = EARLIEST * band.tau, np.geomspace(EARLIEST * band.tau, 1e9 * band.tau, 4000)
        free = self.weak_localization(ends) < FARTHEST
        end = float(ends[free][-1]) if free.any() else 0.0
        if not begin < end:
            raise InputError(
                f"{what} has no window of times: waves diffuse from 4 tau = {begin:.3g} ħ/t on, and localization begins at "
                f"about {end:.3g} ħ/t; take less disorder or a wider sample"
            )
        if times[0] < 0.95 * begin or times[-1] > end:
            raise InputError(
                f"{what}: times must lie between {begin:.4g} (4 tau) and {end:.4g} ħ/t (localization), got "
                f"{times[0]:g} to {times[-1]:g}"
            )
        arrival = self.edge**2 / (4 * band.D * math.log(2 * self.dimension / MEETS))
        if times[-1] > arrival:
            raise InputError(
                f"{what}: packets have gone around the sample of {self.edge} sites at {arrival:.4g} ħ/t, got times up to "
                f"{times[-1]:g}; take earlier ones or a larger edge"
            )
