"""How much of time-reversal symmetry a perpendicular field leaves in a wire.

Two scales compete. In a wire that is dirtier than wide (l < width) an electron collects flux on
its way, and the localization length doubles between about one and ten flux quanta through
xi × width. In a cleaner wire the fluxes of the two sides of the strip cancel between collisions
(C. W. J. Beenakker and H. van Houten, PRB 38, 3232 (1988)), and the field acts through the modes
instead: those that run right and left move apart sideways, so that a collision n -> m and its
time-reversed copy no longer add up in phase.
"""

import logging
import math

import numpy as np
from numpy.typing import NDArray

from qtcore.model.lattice import Square
from qtcore.theory.born import scattering_rates
from qtcore.units import peierls_phase

log = logging.getLogger(__name__)

FLUX_QUANTA_NEEDED = 10.0
"""Flux quanta through xi × width at which the doubling of xi is complete if l < width."""

COLLISION_LOSS_NEEDED = 0.15
"""Collision loss at which it is complete if l > width: at a loss of 0.02, 0.07, 0.15 and 0.25
about 0.4, 0.6, 0.95 and 0.95-1 of the step from N + 1 to 2 N is made (transfer matrices of bars,
widths 2, 4, 8 at E = 0.6, W = 0.5; uncertainty 0.05)."""


def flux_quanta(flux: float, width: int, xi: float) -> float:
    """Return the flux through xi × width in h/e; `flux` is per plaquette, lengths in sites."""
    return abs(flux) * width * xi


def cyclotron_radius(flux: float, energy: float) -> float:
    """Return the cyclotron radius in sites, with k = sqrt(4 - |E|) of the nearer band edge.

    Below the width of the wire the modes turn into edge states, which DMPK does not describe.
    """
    if flux == 0:
        return math.inf
    return math.sqrt(max(4 - abs(energy), 0.0)) / abs(peierls_phase(flux))


def warn_of_edge_states(width: int, flux: float, energy: float) -> None:
    """Tell the reader of the log if modes of a strip (sites) turn into edge states at a flux."""
    radius = cyclotron_radius(flux, energy)
    if radius < width:
        log.warning(
            "at the flux %g the cyclotron radius is %.0f sites, below the width %d: edge states "
            "form, which theory of diffusive wires knows nothing of; use smaller fluxes",
            flux,
            radius,
            width,
        )


def collision_loss(lattice: Square, energy: float, flux: float) -> float:
    """Return the loss of interference with the time-reversed copy, per mean free path.

    sum_mn (R_mn - |sum_y a_mn(y) conj(a_nm(y))|) / sum_mn R_mn, with a_mn(y) the amplitude
    density conj(chi_m^left) chi_n^right of a collision from n into m: 0 without a field, and of
    order 1 when right- and left-movers keep to their own sides.

    Parameters
    ----------
    lattice : Square
        Cross-section with hard walls.
    energy : float
        Units of t.
    flux : float
        Flux per plaquette in h/e.

    Returns
    -------
    float
        NaN on a cylinder, where a field normal to its surface leaves no such pairs of modes.
    """
    from qtcore.solve.lead_modes import lead_modes

    if lattice.periodic:
        return math.nan
    phase = peierls_phase(flux)
    modes = lead_modes(lattice, energy, phase)
    N = modes.channels
    # In the gauge that is symmetric about the axis the mode that runs back has opposite momentum.
    shift = np.exp(-0.5j * phase * (lattice.width - 1))
    ahead = _momenta(modes.right[:, :N], modes.right_ahead[:, :N] * shift)
    backward = _momenta(modes.left[:, :N], modes.left_ahead[:, :N] * shift)
    partner = np.abs(np.exp(1j * backward) - np.exp(-1j * ahead)[:, None]).argmin(axis=1)
    right, left = _real(modes.right[:, :N]), _real(modes.left[:, partner])
    forth = left[:, :, None] * right[:, None, :]
    interference = np.abs((forth * forth.transpose(0, 2, 1)).sum(axis=0))
    return float(1 - interference.sum() / (forth**2).sum())


def _momenta(chi: NDArray[np.complex128], ahead: NDArray[np.complex128]) -> NDArray[np.float64]:
    """Return the phase that each open mode gains per slice."""
    momenta: NDArray[np.float64] = np.angle((chi.conj() * ahead).sum(axis=0))
    return momenta


def _real(chi: NDArray[np.complex128]) -> NDArray[np.float64]:
    """Strip each mode (a column) of its overall phase: the rest is real, with signs.

    With the field in the hopping along the wire, a mode of momentum k solves the real equation
    (E - 2 cos(k - phase y)) chi = h chi.
    """
    largest = np.abs(chi).argmax(axis=0)
    phase = np.angle(chi[largest, np.arange(chi.shape[1])])
    real: NDArray[np.float64] = (chi * np.exp(-1j * phase)).real
    return real


def symmetry_index(lattice: Square, energy: float, strength: float, flux: float) -> float:
    """Return beta: 1 without field, 2 when it has broken time reversal, NaN in between.

    A single channel is always 1: a strip of width 1 encloses no flux.
    """
    if flux == 0 or lattice.width == 1:
        return 1.0
    rates = scattering_rates(lattice, energy, strength, flux)
    l_born = rates.mean_free_path
    if l_born < lattice.width or lattice.periodic:
        broken = flux_quanta(flux, lattice.width, 2 * rates.channels * l_born)
        return 2.0 if broken >= FLUX_QUANTA_NEEDED else math.nan
    return 2.0 if collision_loss(lattice, energy, flux) >= COLLISION_LOSS_NEEDED else math.nan
