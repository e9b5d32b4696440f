"""What a field does to g of a rectangle by theory, and what that theory leaves out.

The cooperon of the rectangle (`cooperon`) has no free parameter: l comes from g in the strongest
field, the spin's precession and eta from the Hamiltonian. It is the first order in 1/g, of
diffusion between two leads. Estimates of the rest, none of them fitted (l' = 2 l / pi is the
transport mean free path, l_B² = ħ / 2eB):

- Next order in 1/g: the correction itself over g, relative. In a coherent wire without field it is
  2/15 instead of 1/3 over g, and of the opposite sign with spin–orbit coupling (Mello and Stone, PRB
  44, 3559 (1991)); for rectangles it is not known. Squares of 24 sites without coupling, solved at
  g = 4.9 and 2.4, stay 9.5 and 20 % (error 2 %) behind the sum of all crossed diagrams: 1/2g. The
  correction is what a field of l_B = l' takes.
- Leads: the sample's share L / (L + l) of the resistance enters squared if the correction is uniform
  along it, and to the third power in a long wire (Mello and Stone): one power, relative.
- Short loops: levels of the cooperon lie (l' / l_B)² apart, and a sum over them differs from an
  integral by (1/24) of their distance squared (Euler and Maclaurin) times what is beyond diffusion
  at l', of order 1 (Kawabata, J. Phys. Soc. Jpn. 53, 3540 (1984)). Compared where l_B > l'.
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

from qtcore.analysis.cooperon import rectangle_crossover
from qtcore.analysis.field import cyclotron_radius
from qtcore.analysis.rectangles import Sample
from qtcore.analysis.statistics import Array


def transport_path(path: float) -> float:
    """Return the transport mean free path of the l of the DMPK equation, sites (two dimensions)."""
    return 2 * path / math.pi


def magnetic_length(flux: Array) -> Array:
    """Return l_B = sqrt(ħ / 2eB) of the cooperon's charge 2e, in sites; flux h/e per plaquette."""
    return np.asarray(1 / np.sqrt(4 * math.pi * np.asarray(flux)))


def crossover(sample: Sample, flux: Array, path: float, phase_length: float = math.inf) -> Array:
    """Return delta g(B) - delta g(0) of the cooperon, (flux,), e²/h per spin.

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
    """
    kappa = sample.precession
    forgets = kappa * transport_path(path) > 1
    quanta = np.asarray(flux) * sample.width * sample.length
    return rectangle_crossover(
        quanta, sample.length, sample.width, path, phase_length, math.inf if forgets else kappa
    )


def whole_crossover(sample: Sample, path: float, phase_length: float = math.inf) -> float:
    """Return delta g(B) - delta g(0) where l_B = l': all loops that diffuse, e²/h per spin."""
    flux = 1 / (4 * math.pi * transport_path(path) ** 2)
    return float(crossover(sample, np.array([flux]), path, phase_length)[0])


def relative_error(sample: Sample, path: float, g: float) -> float:
    """Return what the next order in 1/g and the leads leave open, relative to a change.

    Parameters
    ----------
    sample : Sample
        The rectangle.
    path : float
        l of the DMPK equation, sites.
    g : float
        Conductance, e²/h per spin.
    """
    whole = whole_crossover(sample, path, sample.probe_length)
    return abs(whole) / g + path / (sample.length + path)


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
    change = crossover(sample, flux, path, sample.probe_length)
    quantum = relative_error(sample, path, float(g[-1])) * np.abs(change)
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
