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

from qtcore.theory.cooperon import rectangle_crossover
from qtcore.theory.diffusion import flux_cancellation, mean_square_velocity
from qtcore.theory.field import cyclotron_radius

Array = NDArray[np.float64]

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
    return np.asarray(1 / np.sqrt(4 * math.pi * np.abs(flux)))


def strength(precession: float) -> float:
    """Return weak localization over that without spin–orbit coupling, per spin, triplets gone."""
    return -0.5 if precession else 1.0


def holds(flux: Array, length: float, width: float, path: float) -> NDArray[np.bool_]:
    """Return in which fields the cooperon of the rectangle is the first order in 1/g, (flux,).

    Parameters
    ----------
    flux : (flux,) float array
        h/e per plaquette, without zero.
    length, width : float
        Of the rectangle, sites.
    path : float
        l of the DMPK equation, sites.
    """
    is_long = length >= SHORTEST * path
    is_wide = width >= NARROWEST * transport_path(path)
    return np.asarray((magnetic_length(flux) >= path) & is_long & is_wide)


def crossover(
    flux: Array,
    length: float,
    width: float,
    path: float,
    *,
    precession: float = 0.0,
    phase_length: float = math.inf,
    g: float = math.inf,
) -> Array:
    """Return delta g(B) - delta g(0), (flux,), e²/h per spin.

    Parameters
    ----------
    flux : (flux,) float array
        h/e per plaquette.
    length, width : float
        Of the rectangle, sites.
    path : float
        l of the DMPK equation, sites.
    precession : float
        Angle by which a site turns the spin, radians; 0 without spin–orbit coupling.
    phase_length : float
        L_phi, sites.
    g : float
        Conductance, e²/h per spin, for the next order in 1/g; infinite for the first one alone.
    """
    forgets = precession * transport_path(path) > 1
    quanta = np.asarray(flux) * width * length
    first = rectangle_crossover(
        quanta, length, width, path, phase_length, math.inf if forgets else precession
    )
    return (1 - NEXT_ORDER * strength(precession) / g) * first


def whole_crossover(length: float, width: float, path: float, *, precession: float = 0.0) -> float:
    """Return delta g(B) - delta g(0) where l_B = l': all loops that diffuse, e²/h per spin."""
    flux = 1 / (4 * math.pi * transport_path(path) ** 2)
    return float(crossover(np.array([flux]), length, width, path, precession=precession)[0])


def crossings(energy: float, path: float) -> float:
    """Return 1 / (k l'), the size of what ladders and crossed diagrams leave out."""
    return 1 / (math.sqrt(4 - abs(energy)) * transport_path(path))


def relative_error(
    length: float, path: float, *, energy: float, g: float, precession: float = 0.0
) -> float:
    """Return what 1/g, crossings and the leads leave open, relative to a change.

    Parameters
    ----------
    length, path : float
        Of the rectangle, and l of the DMPK equation; sites.
    energy : float
        Units of t.
    g : float
        Conductance, e²/h per spin.
    precession : float
        As for `crossover`.
    """
    leads = 0.5 * path / (length + path)
    next_order = 0.5 * NEXT_ORDER * strength(precession) / g
    return math.hypot(next_order, crossings(energy, path), leads)


def change_and_rest(
    flux: Array,
    path: float,
    g: Array,
    channels: Array,
    *,
    length: float,
    width: float,
    energy: float,
    precession: float = 0.0,
    phase_length: float = math.inf,
) -> tuple[Array, Array]:
    """Return the change of g in the field, and what its theory leaves out; e²/h per spin.

    Parameters
    ----------
    flux : (flux,) float array
        h/e per plaquette, the first one zero, the last one the strongest.
    path : float
        l of the DMPK equation, sites.
    g, channels : (flux,) float arrays
        Conductance, e²/h per spin, and open channels per spin.
    length, width : float
        Of the rectangle, sites.
    energy : float
        Units of t.
    precession, phase_length : float
        As for `crossover`.

    Returns
    -------
    change, rest : (flux,) float arrays
        Both 0 without a field.
    """
    field, transport, strongest = flux[1:], transport_path(path), float(g[-1])

    def change_at(felt: Array) -> Array:
        how = {"precession": precession, "phase_length": phase_length, "g": strongest}
        return crossover(felt, length, width, path, **how)

    change = change_at(field)
    lifetime = transport / math.sqrt(2 * mean_square_velocity(energy))
    walls = change_at(field * math.sqrt(flux_cancellation(energy, width, lifetime))) - change
    relative = relative_error(length, path, energy=energy, g=strongest, precession=precession)
    quantum = np.hypot(relative * change, walls)
    spacing = (transport / magnetic_length(field)) ** 2
    short = width / length * spacing**2 / (48 * math.pi)
    radius = np.array([cyclotron_radius(float(one), energy) for one in field])
    bent = g[1:] * 0.5 * (transport / radius) ** 2
    contacts = g[1:] ** 2 * np.abs(1 / channels[1:] - 1 / channels[0])
    gone = _triplets(
        field * width * length, (length, width, path), precession, phase_length, change
    )
    return np.append(0, change), np.append(0, quantum + short + bent + contacts + gone)


def _triplets(
    quanta: Array,
    geometry: tuple[float, float, float],
    precession: float,
    phase_length: float,
    change: Array,
) -> Array:
    if precession == 0:
        return np.zeros_like(change)
    transport = transport_path(geometry[-1])
    turned = (precession * transport) ** 2
    if turned > 1:
        return rectangle_crossover(quanta, *geometry, phase_length=transport)
    singlet = rectangle_crossover(quanta, *geometry, phase_length, math.inf)
    return np.asarray(np.abs(change - singlet) * turned / (1 + turned))
