"""Units and conventions, in one place.

Energies are in units of the hopping t, lengths in sites (lattice constant a = 1), hbar = 1.
Conductance g = sum_n T_n is *per spin*, in e²/h; a spin-degenerate wire conducts 2e²/h times g.
Disorder strength W is the full width of the box, eps in [-W/2, W/2).
Magnetic flux is per plaquette, in units of the flux quantum h/e.
The localization length xi is defined by <ln g> = -2 L / xi.
"""

import math

DEFAULT_SEED = 1
"""Seed of the disorder where none was chosen."""

LANES = 8
"""Realizations in a group. A group is always computed whole, so its bits do not depend on which
of its realizations were asked for."""

CONDUCTANCE_QUANTUM_SIEMENS = 7.748091729863649e-5
"""2e²/h in siemens, exact in the SI of 2019: the conductance of one spin-degenerate channel."""


def peierls_phase(flux: float) -> float:
    """Phase (radians) that a charge picks up around one plaquette.

    Parameters
    ----------
    flux : float
        Flux per plaquette in units of h/e.
    """
    return 2.0 * math.pi * flux
