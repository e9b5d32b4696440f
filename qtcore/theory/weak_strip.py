"""What the golden rule and the DMPK equation say of a weakly disordered strip of each symmetry class.

beta = 1 without a field, 2 in a field that breaks time reversal (`qtcore.theory.field`), 4 with
spin–orbit coupling. For beta = 4 channels are Kramers pairs, and g is that of one spin, g_K.

When spin–orbit coupling is strong enough. The two spins of each mode have different momenta. Were the
difference the same for all modes, a spin that turns along the wire would come out of every collision as
it went in: rotating the axes along with it would take the coupling away, as in a chain, and beta = 1
would stay. Differences that themselves differ by more than 1 rad within a mean free path dephase such a
helix. xi of strips (widths 4 and 8, E = 0.6, Rashba coupling 0.05 to 0.3, transfer solver, error 1 %)
makes 0.1, 0.3 to 0.8, 0.6 and 0.98 of its step from N + 1 to 4 N - 2 at 0.4, 1.5 to 1.9, 4 and 15 rad.

Near thresholds. Disorder smears the edge of a mode's band over sigma^(4/3), with sigma² the variance that
the mode feels, W²/12 times 3 / (2 (M + 1)) without a field (`qtcore.theory.thresholds`). Within a few of
these widths neither the mode nor what it does to the others is that of the golden rule. Thresholds, the next
order and the phases of modes are those of the wire itself, in its field and with its spin–orbit coupling.
"""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.lattice import Square
from qtcore.theory.born import (
    LARGEST_NEXT_ORDER,
    Rates,
    channel_inequality,
    is_anomalous,
    next_order,
    rates_of_wire,
    scattering_rates,
)
from qtcore.theory.crossover import transport_path
from qtcore.theory.diffusion import flux_cancellation, mean_square_velocity
from qtcore.theory.equivalent_channels import localization_length
from qtcore.theory.field import symmetry_index
from qtcore.theory.thresholds import nearest_threshold

if TYPE_CHECKING:
    from qtcore.model.wire import Wire

HELIX_LOST = 10.0
"""Radians per mean free path by which momenta of spins differ between modes, for beta = 4."""

NEAREST_THRESHOLD = 3.0
"""Distance of the energy from the nearest threshold, in widths of a smeared band edge, from which on the
formula is compared."""

LARGEST_INEQUALITY = 0.5
"""Of the channels, above which nothing is compared: some mode is slow, near its threshold."""

INCOMPLETE = 0.1
"""Part of the step of xi from beta = 1 that may be missing; so much is in a field at width 4."""

CHAIN = "a chain encloses no flux: the same numbers as without a field"
NEAR = "near the threshold of a mode: within 3 σ^(4/3), or channels too unequal"
LOCKED = "phases lock, as at the band centre: (β N + 2 − β) l does not hold"
STRONG = "disorder is strong: the next order is above 10 % of the golden rule"
IN_FIELD = "in a field between those of β = 1 and of β = 2"
WEAK_COUPLING = "with spin–orbit coupling between those of β = 1 and of β = 4"


@dataclass(frozen=True)
class WeakStrip:
    """A weakly disordered strip; lengths in sites.

    Attributes
    ----------
    rates : Rates
        Of the golden rule, between all modes of both spins.
    channels : float
        N, Kramers pairs with spin–orbit coupling.
    beta : float
        1, 2 or 4; NaN in between, where there is no formula.
    spins : int
        2 with spin–orbit coupling: modes of a channel, and g over the g of one spin.
    next_order : float
        Size of the next order in the disorder relative to the first (`born.next_order`).
    inequality : float
        Of the channels (`born.channel_inequality`).
    is_locked : bool
        Whether phases of two modes slip by less than 1 rad within a mean free path, over the number
        of pairs of modes, as at the band centre.
    threshold : float
        Distance of the energy from the nearest threshold of a mode, in widths of its smeared band
        edge (`thresholds.nearest_threshold`); infinite beyond 4.
    felt : float
        Part of a flux that acts: fluxes of the two walls cancel between collisions where l > width
        (`diffusion.flux_cancellation`). NaN with spin–orbit coupling, and at E = 0.
    is_chain_in_flux : bool
        Whether there is a flux that acts on nothing.
    """

    rates: Rates
    channels: float
    beta: float
    spins: int
    next_order: float
    inequality: float
    is_locked: bool
    threshold: float
    felt: float
    is_chain_in_flux: bool

    @property
    def mean_free_path(self) -> float:
        """DMPK mean free path l of the golden rule."""
        return self.rates.mean_free_path

    @property
    def localization_length(self) -> float:
        """(beta N + 2 - beta) l; where beta is in between, that of the class that comes next."""
        beta = (2.0 if self.spins == 1 else 4.0) if np.isnan(self.beta) else self.beta
        return localization_length(self.channels, self.mean_free_path, beta)

    @property
    def formula_error(self) -> float:
        """Relative size of what this leaves out (`born.formula_error`)."""
        return self.next_order + self.inequality

    @property
    def left_out(self) -> float:
        """The same with what of the step of xi from beta = 1 may be missing; NaN in between."""
        before, after = (localization_length(self.channels, 1.0, b) for b in (1.0, self.beta))
        return self.formula_error + INCOMPLETE * (1 - before / after)

    @property
    def why(self) -> str:
        """Why nothing is compared with the formula; empty where it holds."""
        if self.is_chain_in_flux:
            return CHAIN
        if self.is_locked:
            return LOCKED
        if self.threshold < NEAREST_THRESHOLD or self.inequality > LARGEST_INEQUALITY:
            return NEAR
        if self.next_order > LARGEST_NEXT_ORDER:
            return STRONG
        if np.isnan(self.beta):
            return IN_FIELD if self.spins == 1 else WEAK_COUPLING
        return ""


def weak_strip(wire: "Wire", energy: float, disorder: float) -> WeakStrip:
    """Return what theory says of a strip with box disorder.

    Parameters
    ----------
    wire : Wire
        A square strip with hard walls, with a flux or with terms for spin–orbit coupling.
    energy, disorder : float
        Energy and full width W of the box, units of t.

    Raises
    ------
    InputError
        If the strength is not positive, no mode is open, the wire is no square strip, or it has both a
        flux and spin–orbit coupling, for which no formula is here.
    """
    lattice = wire.lattice
    if not isinstance(lattice, Square):
        raise InputError(f"weak_strip takes wires on Square(...), got {lattice!r}")
    if wire.flux and wire.terms:
        raise InputError(
            "a strip has a flux or spin–orbit coupling here, not both: set one of them to 0"
        )
    if wire.terms:
        return _with_spin(wire, energy, disorder)
    is_chain_in_flux = lattice.width == 1 and wire.flux != 0
    if is_chain_in_flux:
        wire = replace(wire, flux=0.0)
    rates = scattering_rates(lattice, energy, disorder, wire.flux)
    return WeakStrip(
        rates,
        float(rates.channels),
        symmetry_index(lattice, energy, disorder, wire.flux),
        1,
        next_order(wire, energy, disorder),
        channel_inequality(rates),
        is_anomalous(wire, energy, rates.mean_free_path),
        nearest_threshold(wire, energy, disorder),
        _felt(lattice, energy, rates.mean_free_path),
        is_chain_in_flux,
    )


def _felt(lattice: Square, energy: float, path: float) -> float:
    if not 1e-6 < abs(energy) < 4:  # the open plane has no Fermi surface, or a singular one
        return math.nan
    lifetime = transport_path(path) / math.sqrt(2 * mean_square_velocity(energy))
    return math.sqrt(flux_cancellation(energy, lattice.width, lifetime))


def _with_spin(wire: "Wire", energy: float, disorder: float) -> WeakStrip:
    rates = rates_of_wire(wire, energy, disorder)
    path, momenta = rates.mean_free_path, _momenta(wire, energy)
    is_broken = len(momenta) == 2 or helix_dephasing(momenta) * path > HELIX_LOST
    return WeakStrip(
        rates,
        rates.channels / 2,
        4.0 if is_broken else math.nan,
        2,
        next_order(wire, energy, disorder),
        channel_inequality(rates),
        is_anomalous(wire, energy, path),
        nearest_threshold(wire, energy, disorder),
        math.nan,
        False,
    )


def helix_dephasing(momenta: NDArray[np.float64]) -> float:
    """Return by how much the momenta of both spins differ more in one mode than in another.

    Parameters
    ----------
    momenta : (2 N,) float array
        Of the modes that run right, increasing, rad per site; neighbours two by two are the spins of a
        mode.

    Returns
    -------
    float
        Rad per site; 0 for a single channel, whose helix nothing dephases.
    """
    return float(np.ptp(momenta[1::2] - momenta[::2]))


def _momenta(wire: "Wire", energy: float) -> NDArray[np.float64]:
    """Return the momenta of the modes that run right, increasing, rad per site."""
    from qtcore.solve.problem import wire_modes

    modes = wire_modes(wire, energy)
    chi, ahead = modes.right[:, : modes.channels], modes.right_ahead[:, : modes.channels]
    return np.sort(np.angle((chi.conj() * ahead).sum(axis=0)))
