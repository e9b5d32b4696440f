"""Units and conventions, in one place.

Energies are in units of the hopping t, lengths in slices (sites of the square lattice, a = 1), hbar = 1.
Conductance g = sum_n T_n is in e²/h. It is *per spin* unless the orbitals of the wire hold the spin:
a spin-degenerate wire conducts 2e²/h times g, and one with terms that act on the spin conducts g.
Disorder strength W is the full width of the box, eps in [-W/2, W/2).
Magnetic flux is per plaquette, in units of the flux quantum h/e.
The localization length xi is defined by <ln g> = -2 L / xi.
"""

import math
from enum import Enum

DEFAULT_SEED = 1
"""Seed of the disorder where none was chosen."""

LANES = 8
"""Realizations in a group. A group is always computed whole, so its bits do not depend on which
of its realizations were asked for."""

GIGAHERTZ_PER_MILLIVOLT = 241.79892420849183
"""e/h, exact in SI 2019: the frequency at which a photon has the energy that a bias of 1 mV gives."""

CONDUCTANCE_QUANTUM_SIEMENS = 7.748091729863649e-5
"""2e²/h in siemens, exact in the SI of 2019: the conductance of one spin-degenerate channel."""


class Spins(Enum):
    """Which spins a stored conductance or resistance counts: the end of its unit, and of words."""

    ONE = (" per spin", " per spin")
    """The orbitals do not hold the spin."""

    BOTH = ("", ", both spins counted")
    """The orbitals hold the spin: Rashba, Ando, Zeeman, Kane and Mele, BHZ, random SU(2) bonds, …"""

    MIXED = (
        ", both spins or per spin",
        ", both spins counted where the orbitals hold the spin and per spin elsewhere",
    )
    """Some wires of a sweep hold the spin and some do not, or nothing is known of them."""

    def unit(self, unit: str) -> str:
        """Return a unit, such as e²/h, with the spins that are counted."""
        return unit + self.value[0]

    def words(self, unit: str) -> str:
        """Return the same, written out."""
        return unit + self.value[1]


def unit_of_g(meaning: str) -> str:
    """Return the unit of a conductance whose logarithm is stored with this meaning in words.

    What is no conductance, such as the transmission of electrons and holes, has none.
    """
    # The longest words first: those of a mixture contain the others.
    for spins in (Spins.MIXED, Spins.BOTH, Spins.ONE):
        if spins.words("e²/h") in meaning:
            return spins.unit("e²/h")
    return "e²/h" if "e²/h" in meaning else ""


def peierls_phase(flux: float) -> float:
    """Phase (radians) that a charge picks up around one plaquette.

    Parameters
    ----------
    flux : float
        Flux per plaquette in units of h/e.
    """
    return 2.0 * math.pi * flux
