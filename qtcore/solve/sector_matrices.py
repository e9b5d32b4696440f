"""Scattering matrices of an ensemble in modes of leads that are sorted by a conserved quantity."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief
from qtcore.model.wire import Wire
from qtcore.solve.contacts import Lead, lead_at
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.pencil import Matrix
from qtcore.solve.recursive import scattering_matrices
from qtcore.solve.sample import addressed
from qtcore.solve.sectors import Sectors, sorted_lead
from qtcore.solve.smatrix import SMatrices

Part = Literal["t", "r", "t_prime", "r_prime"]

PARTS: tuple[Part, ...] = ("t", "r", "t_prime", "r_prime")


@dataclass(frozen=True, eq=False)
class ResolvedMatrices:
    """Scattering matrices of an ensemble at one length whose modes belong to one sector each.

    Attributes
    ----------
    S : SMatrices
        The scattering matrices. Modes of a lead have the order of their sectors.
    names : tuple of str
        Names of the sectors.
    values : tuple of float
        Eigenvalue of the conserved quantity in each.
    left, right : (N',), (N,) int arrays
        Number of the sector of each mode of the left and of the right lead.
    """

    S: SMatrices
    names: tuple[str, ...]
    values: tuple[float, ...]
    left: NDArray[np.intp]
    right: NDArray[np.intp]

    def block(self, part: Part, outgoing: str, incoming: str) -> Matrix:
        """Return the block of a part of S that leads from one sector to another one.

        Parameters
        ----------
        part : {"t", "r", "t_prime", "r_prime"}
            Which part, as in `SMatrices`: t_prime leads from left to right, r_prime back to the
            left. Blocks of t and t_prime are to be multiplied by exp(log_scale) and by
            exp(log_scale_prime) of `S`.
        outgoing, incoming : str
            Names of sectors.

        Returns
        -------
        (realization, outgoing mode, incoming mode) complex array
            Empty where a sector has no open mode.

        Raises
        ------
        InputError
            If there is no part or sector of this name.
        """
        if part not in PARTS:
            raise InputError(f"a part of S is one of {', '.join(PARTS)}, got {brief(part)}")
        rows, columns = self._sectors_of(part)
        a, b = (self._number(name) for name in (outgoing, incoming))
        whole: Matrix = getattr(self.S, part)
        return whole[:, rows == a][:, :, columns == b]

    def _sectors_of(self, part: Part) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        rows = self.left if part in ("t", "r_prime") else self.right
        columns = self.left if part in ("t_prime", "r_prime") else self.right
        return rows, columns

    def _number(self, name: str) -> int:
        if name not in self.names:
            raise InputError(f"a sector is one of {', '.join(self.names)}, got {brief(name)}")
        return self.names.index(name)

    @property
    def turned(self) -> "ResolvedMatrices":
        """The same with left and right exchanged: its sums are for waves from the right."""
        return ResolvedMatrices(self.S.turned, self.names, self.values, self.right, self.left)

    @cached_property
    def ln_T(self) -> NDArray[np.float64]:
        """Logarithm of T_ab for waves from the left, (realization, outgoing, incoming).

        As it is in S: rounding errors of the largest block are in all of them. -inf where nothing
        passes.
        """
        T = self._summed("t_prime")
        with np.errstate(divide="ignore"):
            return np.log(T) + 2 * self.S.log_scale_prime[:, None, None]

    @cached_property
    def reflection(self) -> NDArray[np.float64]:
        """R_ab of waves from the left, (realization, outgoing, incoming)."""
        return self._summed("r_prime")

    def channels(self, side: Literal["left", "right"]) -> NDArray[np.intp]:
        """Return the open modes of each sector in a lead, (sector,)."""
        own = self.left if side == "left" else self.right
        return np.bincount(own, minlength=len(self.names)).astype(np.intp)

    def _summed(self, part: Part) -> NDArray[np.float64]:
        """Return sums of |S_mn|² over the modes of two sectors, (realization, sector, sector)."""
        rows, columns = (
            (np.arange(len(self.names))[:, None] == own).astype(np.float64)
            for own in self._sectors_of(part)
        )
        probability: NDArray[np.float64] = np.abs(getattr(self.S, part)) ** 2
        summed: NDArray[np.float64] = rows @ probability @ columns.T
        return summed


def sector_matrices(
    wire: Wire,
    energy: float,
    ensemble: Ensemble,
    sectors: Sectors,
    numbers: NDArray[np.uint64] | None = None,
    nudge: float = 0.0,
    shake: int = 0,
) -> list[ResolvedMatrices]:
    """Return scattering matrices of samples of a wire at every length, in bounded memory.

    Parameters
    ----------
    wire : Wire
        The wire, whose leads conserve the quantity.
    energy : float
        Units of t.
    ensemble : Ensemble
        Lengths, samples and absorption.
    sectors : Sectors
        The quantity.
    numbers : (R,) uint64 array, optional
        Numbers of the samples, if not those of the ensemble.
    nudge : float
        By how many of its rounding errors the leads' energy is moved; see `general_modes`.
    shake : int
        Number of the changes of the sample by rounding errors, or 0 for none; see `shaken`.
    """
    slices = wire.slices()
    numbers = ensemble.numbers if numbers is None else numbers
    potential, hopping = addressed(wire, numbers, ensemble.seed)

    def sort(lead: Lead) -> Lead:
        return sorted_lead(lead, sectors).lead

    own = sorted_lead(lead_at(slices.lead_h, slices.lead_v, energy, nudge), sectors).sector
    found = scattering_matrices(
        slices,
        energy,
        ensemble.lengths,
        potential,
        ensemble.absorption,
        hopping,
        nudge,
        shake,
        sort,
    )
    return [ResolvedMatrices(S, sectors.names, sectors.values, own, own) for S in found]


def stacked(
    found: Sequence[ResolvedMatrices],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ln T_ab and R_ab of all lengths, (realization, length, outgoing, incoming)."""
    ln_T, reflection = ([getattr(one, name) for one in found] for name in ("ln_T", "reflection"))
    return np.stack(ln_T, axis=1), np.stack(reflection, axis=1)
