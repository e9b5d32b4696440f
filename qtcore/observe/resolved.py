"""Transmission from spin to spin, orbital to orbital: S in blocks of what the leads conserve."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import QtcoreError
from qtcore.model.conserved import NAMED, on_leads, on_sample
from qtcore.model.wire import Wire
from qtcore.shown import ShownFields
from qtcore.solve.arguments import Side, checked_energy, checked_wire
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.passage import refuse_unless_passing
from qtcore.solve.portions import Portion
from qtcore.solve.problem import CONDITION, doubted
from qtcore.solve.scattering import Scattering, open_channels, scattering_family
from qtcore.solve.sector_matrices import ResolvedMatrices, sector_matrices
from qtcore.solve.sector_pieces import keeps_sectors, sector_portions
from qtcore.solve.sector_scattering import solved_by_sectors
from qtcore.solve.sectors import Sectors, is_conserved, refuse_unless_conserved, sectors_of
from qtcore.threads import one_thread

_NOTHING = -np.inf, 0.0, 4 * CONDITION
"""ln T, R and certificate between sectors that nothing connects: exact zeros."""


@dataclass(frozen=True, eq=False, repr=False)
class ResolvedScattering(ShownFields):
    """What passes from sector to sector of an ensemble of wires.

    A sector is an eigenspace of a quantity that the leads conserve, such as spin up. All is for
    waves that come in from one side, the left unless `incidence` says otherwise. Arrays have the
    axes (realization, length), and behind them outgoing and incoming sector where said.

    Attributes
    ----------
    names : tuple of str
        Names of the sectors, in the order of the arrays.
    values : tuple of float
        Eigenvalue of the quantity in each; +1 and -1 for the spin.
    channels : (sector,) int array
        Open modes of each sector in a lead.
    ln_T : (realization, length, outgoing, incoming) float array
        Natural logarithm of T_ab, the sum of |t_mn|² over modes m of sector a and n of sector b.
        -inf where nothing passes. NaN where it is too small to be known, which is below about
        exp(-55) of the largest T_ab; never so where `any_depth`.
    reflection : (realization, length, outgoing, incoming) float array
        R_ab, the same of waves that go back.
    certificate : (realization, length, outgoing, incoming) float array
        Estimate, on the safe side, of the relative error of T_ab. That of R_ab, per channel of the
        incoming sector, is no larger than the certificate of the largest T_ab.
    suspect : (realization, length) bool array
        The relative error of g may be above 1e-6.
    any_depth : bool
        Whether each sector is solved as a wire of its own, as exactly as `scattering` does at any
        length. It is if the whole wire conserves the quantity, unless rounding errors of the energy
        count, as right beside a threshold.
    """

    names: tuple[str, ...]
    values: tuple[float, ...]
    channels: NDArray[np.intp]
    ln_T: NDArray[np.float64]
    reflection: NDArray[np.float64]
    certificate: NDArray[np.float64]
    suspect: NDArray[np.bool_]
    any_depth: bool

    @property
    def T(self) -> NDArray[np.float64]:
        """T_ab, (realization, length, outgoing, incoming); 0 where it is too small to be known."""
        return np.exp(self._known)

    @property
    def ln_g(self) -> NDArray[np.float64]:
        """Logarithm of g, the sum of all T_ab, (realization, length)."""
        total: NDArray[np.float64] = np.logaddexp.reduce(self._known, axis=(2, 3))
        return total

    @property
    def polarization(self) -> NDArray[np.float64]:
        """Mean of the quantity in what is transmitted, sum_ab q_a T_ab / g, (realization, length).

        Waves come in all modes of the lead alike, so that it is 0 for the spin of a beam that
        nothing polarises. NaN where nothing passes.
        """
        return self._mean(self._shares)

    @property
    def reflected_polarization(self) -> NDArray[np.float64]:
        """Mean of the quantity in what is reflected, (realization, length); NaN if nothing is."""
        total = self.reflection.sum(axis=(2, 3), keepdims=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            return self._mean(self.reflection / total)

    @property
    def flip_probability(self) -> NDArray[np.float64]:
        """Part of g that leaves in another sector than it came in, (realization, length).

        NaN where nothing passes.
        """
        shares = self._shares
        kept: NDArray[np.float64] = np.trace(shares, axis1=2, axis2=3)
        flipped: NDArray[np.float64] = (shares * (1 - np.eye(len(self.names)))).sum(axis=(2, 3))
        return np.where(np.isnan(kept), np.nan, flipped)

    @property
    def _known(self) -> NDArray[np.float64]:
        return np.where(np.isnan(self.ln_T), -np.inf, self.ln_T)

    @property
    def _shares(self) -> NDArray[np.float64]:
        """Part of g that passes from sector to sector, whatever the depth."""
        total = self.ln_g[:, :, None, None]
        with np.errstate(invalid="ignore"):
            return np.exp(self._known - total)

    def _mean(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(shares.sum(axis=3) @ np.array(self.values))


@one_thread
def resolved_scattering(
    wire: Wire,
    energy: float,
    lengths: Sequence[int],
    realizations: Sequence[int],
    seed: int,
    quantity: Any,
    absorption: float = 0.0,
    incidence: Side = "left",
) -> ResolvedScattering:
    """Solve an ensemble of wires from sector to sector of a quantity that the leads conserve.

    Parameters
    ----------
    wire : Wire
        The wire.
    energy : float
        Units of t.
    lengths : sequence of int
        Strictly increasing numbers of slices, each >= 1.
    realizations : sequence of int
        Numbers of the samples, each >= 0.
    seed : int
        Seed of the ensemble, >= 0.
    quantity : str, SpinAlong, Conserved or array
        "spin_x", "spin_y", "spin_z", "orbital", "sublattice"; the spin along a direction; or a
        Hermitian matrix on the orbitals of a site, of each site of a lead's slice, or of a whole
        slice.
    absorption : float
        eta >= 0 of a self-energy -i eta on every site of the sample, units of t: T + R < N.
    incidence : {"left", "right"}
        Side that the waves come from; left is the lead at slice 0.

    Raises
    ------
    InputError
        If an argument is wrong, no mode is open, structure cuts the wire apart, the leads do not
        conserve the quantity, or its eigenvalues do not tell which sectors there are.
    QtcoreError
        If rounding errors keep modes from being sorted, as close to a threshold.
    """
    ensemble = Ensemble(lengths, realizations, seed, absorption=absorption, incidence=incidence)
    energy = checked_energy(energy)
    sectors = conserved_sectors(checked_wire(wire), quantity)
    wire.check_length(ensemble.longest)
    refuse_unless_passing(wire, ensemble.lengths)
    open_channels(wire, energy)
    blocks = _blocks_on_sample(wire, quantity)
    portions = sector_portions(wire, blocks, sectors, energy, ensemble.absorption)
    if portions is not None:
        return _of_portions(portions, ensemble, sectors)
    found = solved_by_sectors(wire, energy, ensemble, sectors)
    arrays = found.ln_T, found.reflection, found.certificate
    if keeps_sectors(wire, blocks, sectors):
        between = ~np.eye(len(sectors.names), dtype=bool)
        for array, nothing in zip(arrays, _NOTHING, strict=True):
            array[:, :, between] = nothing
    return ResolvedScattering(
        sectors.names,
        sectors.values,
        found.channels,
        *arrays,
        doubted(found.of_whole, ensemble),
        any_depth=False,
    )


@one_thread
def resolved_matrices(
    wire: Wire,
    energy: float,
    lengths: Sequence[int],
    realizations: Sequence[int],
    seed: int,
    quantity: Any,
    absorption: float = 0.0,
) -> list[ResolvedMatrices]:
    """Return scattering matrices in modes that belong to one sector each, one for each length.

    Parameters
    ----------
    wire, energy, lengths, realizations, seed, quantity, absorption
        As in `resolved_scattering`.

    Returns
    -------
    list of ResolvedMatrices
        Their `block` is S_ab. In a clean wire t' of a mode is lambda^L as in `scattering_matrices`.

    Raises
    ------
    InputError, QtcoreError
        As in `resolved_scattering`.
    """
    ensemble = Ensemble(lengths, realizations, seed, absorption=absorption)
    energy = checked_energy(energy)
    sectors = conserved_sectors(checked_wire(wire), quantity)
    wire.check_length(ensemble.longest)
    return sector_matrices(wire, energy, ensemble, sectors)


def conserved_sectors(wire: Wire, quantity: Any) -> Sectors:
    """Return the sectors of a quantity in the leads of a wire.

    Raises
    ------
    InputError
        If it is none, does not fit the wire, or the leads do not conserve it.
    """
    found = on_leads(quantity, wire)
    sectors = sectors_of(found.matrix, found.label, found.names, rising=found.rising)
    slices = wire.slices()
    h, v = slices.lead_h, slices.lead_v
    refuse_unless_conserved(sectors, h, v, advice=partial(_advice, wire))
    return sectors


def conserved_names(wire: Wire) -> list[str]:
    """Return which of the quantities with a name the leads of a wire conserve."""
    slices = wire.slices()
    h, v = slices.lead_h, slices.lead_v
    size = max(float(np.abs(h).max()), float(np.abs(v).max()))
    kept = []
    for name in NAMED:
        try:
            Q = on_leads(name, wire).matrix
        except QtcoreError:
            continue
        if is_conserved(Q, h, size) and is_conserved(Q, v, size):
            kept.append(name)
    return kept


def _advice(wire: Wire) -> str:
    """Return which of the named quantities the leads conserve, for a message."""
    kept = ", ".join(map(repr, conserved_names(wire)))
    if kept:
        return f"these leads conserve {kept}"
    return "of the quantities with a name these leads conserve none, give a matrix that commutes with both"


def _blocks_on_sample(wire: Wire, quantity: Any) -> NDArray[np.complex128] | None:
    """Return a quantity on each site of the sample, or None if that has no meaning."""
    try:
        return on_sample(quantity, wire).blocks
    except QtcoreError:  # a matrix for the sites of other leads
        return None


def _of_portions(
    portions: Sequence[Portion | None], ensemble: Ensemble, sectors: Sectors
) -> ResolvedScattering:
    """Return what passes in each sector, where nothing passes between two of them."""
    solved: list[Scattering | None] = [_scattering(portion, ensemble) for portion in portions]
    shape = len(ensemble.realizations), len(ensemble.lengths), len(solved), len(solved)
    ln_T, reflection, certificate = (np.full(shape, nothing) for nothing in _NOTHING)
    suspect = np.zeros(shape[:2], dtype=bool)
    for sector, one in enumerate(solved):
        if one is None:
            continue
        ln_T[:, :, sector, sector] = one.ln_g
        reflection[:, :, sector, sector] = one.reflection
        certificate[:, :, sector, sector] = one.certificate
        suspect |= one.suspect
    channels = np.array([0 if one is None else one.channels for one in solved])
    return ResolvedScattering(
        sectors.names,
        sectors.values,
        channels,
        ln_T,
        reflection,
        certificate,
        suspect,
        any_depth=True,
    )


def _scattering(portion: Portion | None, ensemble: Ensemble) -> Scattering | None:
    if portion is None:
        return None
    return scattering_family(
        [(portion.wire, portion.energy)],
        ensemble.lengths,
        ensemble.realizations,
        ensemble.seed,
        absorption=ensemble.absorption,
        incidence=ensemble.incidence,
    )[0]
