"""What a field does to g of a rectangle by theory, and what that theory leaves out.

The cooperon of the rectangle (`cooperon`) has no free parameter: l comes from g in the strongest
field, the spin's precession and eta from the Hamiltonian. It is the first order in 1/g, of
diffusion between two leads. The next order is that of a long wire, 2/15 instead of 1/3 over g, and
of the opposite sign with spin–orbit coupling (Mello and Stone, PRB 44, 3559 (1991)); that of a film
is much the same, 1 / (2 pi sigma) of the correction (Minkov, Germanenko and Gornyi, PRB 70, 245423
(2004)).

Where it holds. The sum of all crossed diagrams of a sample, which needs no diffusion, is the
cooperon to 2 % in squares where L >= 8 l and l_B >= l, and up to 12 % below it where L = 4 to 5 l
(tests; l' = 2 l / pi is the transport mean free path, l_B² = ħ / 2eB). In strips narrower than 4 l'
fluxes of the two walls cancel between collisions. There, and in weaker fields, theory is compared.

Estimates of the rest, none of them fitted. Of independent origin and unknown sign, relative, as the
root of their squares:

- Half of the next order in 1/g, which is known of wires only, and without field.
- Crossings beyond the ladder, and beyond lowest order in each collision: 1 / (k l').
- Walls: on a path between both walls of a strip fluxes cancel, as if the field were weaker by
  `diffusion.flux_cancellation` (Beenakker and van Houten). Crossed diagrams of strips 3 and 5 l' wide
  show half and a quarter of that.
- Leads: the sample's share L / (L + l) of the resistance enters squared if the correction is uniform
  along it, and to the third power in a wire of equal channels: half a power.

Besides these:

- Short loops: levels of the cooperon lie (l' / l_B)² apart, and a sum over them differs from an
  integral by (1/24) of their distance squared (Euler and Maclaurin) times what is beyond diffusion
  at l', of order 1 (Kawabata, J. Phys. Soc. Jpn. 53, 3540 (1984)).
- Triplets. A flight of length s turns the spin by kappa s, which leaves <cos kappa s> =
  1 / (1 + (kappa l')²) of it, and diffusion has 1 - (kappa l')². Where kappa l' < 1 the difference is
  a share (kappa l')² / (1 + (kappa l')²) of what triplets do. Where kappa l' > 1 they are gone at
  the next collision but for two halves in the plane: as two cooperons with L_phi = l', left out.
- Classical: bent orbits take (l' / r_c)² / 2 of g, and the field moves the channels' thresholds:
  at best it changes their number, which a contact resistance 1/N shows. Energies of samples lie
  midway between thresholds; an energy next to one changes g of a narrow wire more than weak
  localization does.
"""

import math

import numpy as np
from numpy.typing import NDArray

from qtcore.analysis.rectangles import Sample
from qtcore.analysis.statistics import Array
from qtcore.theory.cooperon import rectangle_crossover
from qtcore.theory.diffusion import flux_cancellation, mean_square_velocity
from qtcore.theory.field import cyclotron_radius

NEXT_ORDER = 2 / 15
"""The next order in 1/g of a long wire: this over g, relative to a change in the field."""

SHORTEST = 8.0
"""Length over l from which on theory is compared with a sample."""

NARROWEST = 4.0
"""Width over l' from which on theory is compared with a sample."""


def transport_path(path: float) -> float:
    """Return the transport mean free path of the l of the DMPK equation, sites (two dimensions)."""
    return 2 * path / math.pi


def magnetic_length(flux: Array) -> Array:
    """Return l_B = sqrt(ħ / 2eB) of the cooperon's charge 2e, in sites; flux h/e per plaquette."""
    return np.asarray(1 / np.sqrt(4 * math.pi * np.asarray(flux)))


def holds(sample: Sample, flux: Array, path: float) -> NDArray[np.bool_]:
    """Return in which fields the cooperon of the rectangle is the first order in 1/g, (flux,).

    Parameters
    ----------
    sample : Sample
        The rectangle.
    flux : (flux,) float array
        h/e per plaquette, without zero.
    path : float
        l of the DMPK equation, sites.
    """
    is_long = sample.length >= SHORTEST * path
    is_wide = sample.width >= NARROWEST * transport_path(path)
    return np.asarray((magnetic_length(flux) >= path) & is_long & is_wide)


def crossover(
    sample: Sample,
    flux: Array,
    path: float,
    phase_length: float = math.inf,
    g: float = math.inf,
) -> Array:
    """Return delta g(B) - delta g(0), (flux,), e²/h per spin.

    Parameters
    ----------
    sample : Sample
        The rectangle.
    flux : (flux,) float array
        h/e per plaquette.
    path : float
        l of the DMPK equation, sites.
    phase_length : float
        L_phi, sites.
    g : float
        Conductance, e²/h per spin, for the next order in 1/g; infinite for the first one alone.
    """
    kappa = sample.precession
    forgets = kappa * transport_path(path) > 1
    quanta = np.asarray(flux) * sample.width * sample.length
    first = rectangle_crossover(
        quanta, sample.length, sample.width, path, phase_length, math.inf if forgets else kappa
    )
    return (1 - NEXT_ORDER * sample.strength / g) * first


def whole_crossover(sample: Sample, path: float, phase_length: float = math.inf) -> float:
    """Return delta g(B) - delta g(0) where l_B = l': all loops that diffuse, e²/h per spin."""
    flux = 1 / (4 * math.pi * transport_path(path) ** 2)
    return float(crossover(sample, np.array([flux]), path, phase_length)[0])


def relative_error(sample: Sample, path: float, g: float) -> float:
    """Return what 1/g, crossings and the leads leave open, relative to a change.

    Parameters
    ----------
    sample : Sample
        The rectangle.
    path : float
        l of the DMPK equation, sites.
    g : float
        Conductance, e²/h per spin.
    """
    wave_number = math.sqrt(4 - abs(sample.energy))
    crossings = 1 / (wave_number * transport_path(path))
    leads = 0.5 * path / (sample.length + path)
    return math.hypot(0.5 * NEXT_ORDER * sample.strength / g, crossings, leads)


def left_out(sample: Sample, flux: Array, path: float, g: Array, channels: Array) -> Array:
    """Return what the theory of a change leaves out, (flux,), e²/h per spin.

    Parameters
    ----------
    sample : Sample
        The rectangle.
    flux : (flux,) float array
        h/e per plaquette, without zero.
    path : float
        l of the DMPK equation, sites.
    g, channels : (1 + flux,) float arrays
        Conductance, e²/h per spin, and open channels per spin, without field and in it.
    """
    transport = transport_path(path)
    change = crossover(sample, flux, path, sample.probe_length, float(g[-1]))
    lifetime = transport / math.sqrt(2 * mean_square_velocity(sample.energy))
    felt = flux * math.sqrt(flux_cancellation(sample.energy, sample.width, lifetime))
    walls = crossover(sample, felt, path, sample.probe_length, float(g[-1])) - change
    quantum = np.hypot(relative_error(sample, path, float(g[-1])) * change, walls)
    spacing = (transport / magnetic_length(flux)) ** 2
    short = sample.width / sample.length * spacing**2 / (48 * math.pi)
    radius = np.array([cyclotron_radius(float(field), sample.energy) for field in flux])
    bent = g[1:] * 0.5 * (transport / radius) ** 2
    contacts = g[1:] ** 2 * np.abs(1 / channels[1:] - 1 / channels[0])
    return np.asarray(quantum + short + bent + contacts + _triplets(sample, flux, path, change))


def _triplets(sample: Sample, flux: Array, path: float, change: Array) -> Array:
    if sample.spins == 1:
        return np.zeros_like(change)
    quanta = flux * sample.width * sample.length
    geometry = (quanta, sample.length, sample.width, path)
    turned = (sample.precession * transport_path(path)) ** 2
    if turned > 1:
        return rectangle_crossover(*geometry, phase_length=transport_path(path))
    singlet = rectangle_crossover(*geometry, sample.probe_length, math.inf)
    return np.asarray(np.abs(change - singlet) * turned / (1 + turned))
