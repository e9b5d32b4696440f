"""Modes of a clean, translation-invariant lead, as every solver takes them.

A lead repeats one slice: (E - h) chi = lambda v chi + lambda^-1 v^+ chi, psi_n = lambda^n chi.
Modes with |lambda| = 1 are open and carry the velocity -2 Im(lambda chi^+ v chi); the others grow
or decay. Open modes are normalised to unit flux. They are found in `lead_modes`.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qtcore.solve.dual import dual
from qtcore.solve.pencil import Matrix


@dataclass(frozen=True)
class Separable:
    """Modes that are products of a transverse function and lambda^n.

    Attributes
    ----------
    functions : (width, mode) float array
        Real orthonormal transverse functions.
    norms : (mode,) float array
        Norm of a mode on one slice: 1 / sqrt(velocity) for unit flux, 1 for closed modes.
    left_factor, right_factor : (mode,) complex arrays
        The factor lambda that a mode gains per slice; infinite for a wave that is 0 on a slice and
        not on the next, as at a wall.
    """

    functions: NDArray[np.float64]
    norms: NDArray[np.float64]
    left_factor: NDArray[np.complex128]
    right_factor: NDArray[np.complex128]


@dataclass(frozen=True)
class Modes:
    """Modes of a lead, the open ones first.

    Attributes
    ----------
    channels : int
        Number N of open modes (in each direction).
    left, right : (width, rank) complex arrays
        Waves that move or decay to the left (n -> -infinity) and to the right, a column each, on
        one slice; `rank` is that of the coupling v. The first N carry unit flux; the others span
        the closed modes.
    left_ahead, right_ahead : (width, rank) complex arrays
        The same waves one slice further to the right. Where v is singular, waves to the right
        matter on this slice and waves to the left on the one before; `left_ahead` and `right`
        then lack what v^+ or v does not carry to the neighbour.
    separable : Separable or None
        Set where real transverse functions diagonalise the lead (no field).
    delicate : bool
        Whether the waves feel rounding errors of the energy: close to a threshold or a crossing
        of bands.
    velocity_error : float
        By how much rounding errors of the energy change the velocity of the slowest open wave, or
        the rate of the slowest closed one, relative to it; 0 where they are known to more digits.
    """

    channels: int
    left: NDArray[np.complex128]
    right: NDArray[np.complex128]
    left_ahead: NDArray[np.complex128]
    right_ahead: NDArray[np.complex128]
    separable: Separable | None
    delicate: bool = False
    velocity_error: float = 0.0

    @property
    def width(self) -> int:
        """Sites (or components) across."""
        return len(self.left)

    def mixed(self) -> "Modes":
        """Return modes whose open waves to the left are mixed at random: as good a choice as any."""
        rng = np.random.default_rng(self.width)
        normal = rng.standard_normal((2, self.channels, self.channels))
        mixing, _ = np.linalg.qr(normal[0] + 1j * normal[1])
        left, ahead = self.left.copy(), self.left_ahead.copy()
        for waves in (left, ahead):
            waves[:, : self.channels] = waves[:, : self.channels] @ mixing
        return replace(self, left=left, left_ahead=ahead)

    def amplitude_rows(self) -> NDArray[np.complex128]:
        """Return what reads amplitudes off psi on two slices of a right lead, (width + N, 2 width).

        The rows are the incoming ones, of which those of closed modes must vanish, then the N outgoing
        open ones; the columns are psi on one slice, then on the next one to the right. The lead's
        coupling must have an inverse.
        """
        M, N = self.width, self.channels
        expansion = np.block([[self.left, self.right], [self.left_ahead, self.right_ahead]])
        if self.delicate:
            # Waves that barely grow and barely decay are alike. All that counts of those that grow
            # is that they vanish, which any waves say that complete the others.
            kept = np.hstack([expansion[:, :N], expansion[:, M:]])
            others, _ = np.linalg.qr(kept / np.linalg.norm(kept, axis=0), mode="complete")
            expansion[:, N:M] = others[:, M + N :]
        return np.asarray(np.linalg.inv(expansion)[: M + N])

    def self_energies(self, lead_v: Matrix) -> tuple[Matrix, Matrix]:
        """Return what the left and the right lead add to the slice that they touch.

        Parameters
        ----------
        lead_v : (width, width) complex array
            Coupling from a slice of the lead to the next, units of t.

        Returns
        -------
        sigma_left, sigma_right : (width, width) complex arrays
            v^+ psi_{n-1} = sigma_left psi_n for waves that leave to the left, and
            v psi_{n+1} = sigma_right psi_n for those that leave to the right; units of t.

        Raises
        ------
        QtcoreError
            If the end of a lead has a bound state at exactly this energy.
        """
        hopping = float(np.abs(lead_v).max())
        left = lead_v.conj().T @ self.left @ dual(self.left_ahead, self.left, hopping)
        return left, lead_v @ self.right_ahead @ dual(self.right, self.right_ahead, hopping)


def in_units(modes: Modes, unit: float) -> Modes:
    """Return modes of unit flux where energies are in units of `unit`, a power of four."""
    if unit == 1:
        return modes
    scale, kept = math.sqrt(unit), modes.separable
    if kept is not None:
        kept = replace(kept, norms=kept.norms * scale)
    return replace(
        modes,
        left=modes.left * scale,
        right=modes.right * scale,
        left_ahead=modes.left_ahead * scale,
        right_ahead=modes.right_ahead * scale,
        separable=kept,
    )
