"""Electrons and holes in normal leads: what a wire with pairing reflects and transmits of each.

An electron that comes in may leave as a hole, which leaves a Cooper pair behind (Andreev). Lead modes
are of one kind each, since nothing couples the two in a normal lead.

Blonder, Tinkham and Klapwijk, PRB 25, 4515 (1982); Akhmerov, Dahlhaus, Hassler, Wimmer and Beenakker,
PRL 106, 057001 (2011).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, QtcoreError
from qtcore.model.wire import Wire
from qtcore.observe.invariants import ReflectionInvariants, determinant_sign
from qtcore.solve.arguments import Side, checked_energy, checked_incidence, checked_wire
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.lead_modes import general_modes
from qtcore.solve.modes import Modes
from qtcore.solve.pencil import Matrix
from qtcore.solve.recursive import ensemble_matrices
from qtcore.solve.smatrix import SMatrices
from qtcore.threads import one_thread

_PURE = 1e-9
"""Part of a mode that may lie on the other kind of orbitals before it counts as mixed."""

_REAL = 1e-6
"""Imaginary part of det r at E = 0 above which particle-hole symmetry is lost."""


@dataclass(frozen=True, eq=False)
class Andreev:
    """The parts of S of an ensemble at one length, for waves from one lead, e electrons and h holes.

    The first letter is what leaves, the second what came in: r_he turns an electron into a hole. Bases
    are those of `qt.scattering_matrices`, but for the holes at E = 0: there a hole's mode is the
    complex conjugate of its electron's, so that r_hh = r_ee^* and r_eh = r_he^*.

    Attributes
    ----------
    r_ee, r_he, r_eh, r_hh : (realization, N_out, N_in) complex arrays
        Reflection into the lead that the waves came from.
    t_ee, t_he, t_eh, t_hh : (realization, N_out, N_in) complex arrays
        Transmission into the other lead, to be multiplied by exp(log_scale).
    log_scale : (realization,) float array
        Natural logarithm of the scale of the transmissions.
    energy : float
        Units of t, from the chemical potential of the superconductor.
    """

    r_ee: Matrix
    r_he: Matrix
    r_eh: Matrix
    r_hh: Matrix
    t_ee: Matrix
    t_he: Matrix
    t_eh: Matrix
    t_hh: Matrix
    log_scale: NDArray[np.float64]
    energy: float

    @property
    def channels(self) -> int:
        """Open modes of electrons, N."""
        return int(self.r_ee.shape[2])

    @property
    def R_ee(self) -> NDArray[np.float64]:
        """Electrons that are reflected as such, summed over modes, (realization,)."""
        return _sum(self.r_ee)

    @property
    def R_he(self) -> NDArray[np.float64]:
        """Electrons that are reflected as holes (Andreev reflection), (realization,)."""
        return _sum(self.r_he)

    @property
    def T_ee(self) -> NDArray[np.float64]:
        """Electrons that are transmitted as such, (realization,)."""
        return _sum(self.t_ee) * np.exp(2 * self.log_scale)

    @property
    def T_he(self) -> NDArray[np.float64]:
        """Electrons that leave through the other lead as holes (crossed Andreev reflection)."""
        return _sum(self.t_he) * np.exp(2 * self.log_scale)

    @property
    def G_NS(self) -> NDArray[np.float64]:
        """Andreev conductance N - R_ee + R_he, (realization,), e²/h.

        It is dI/dV of the lead at E = eV at zero temperature, where superconductor and other lead
        are grounded. Every electron counts, spins included where the wire has them.
        """
        return self.channels - self.R_ee + self.R_he

    @property
    def nonlocal_conductance(self) -> NDArray[np.float64]:
        """Current into the other lead, T_ee - T_he, (realization,), e²/h."""
        return self.T_ee - self.T_he

    @property
    def r(self) -> Matrix:
        """All of the reflection, (realization, N_e + N_h, N_e + N_h): electrons first."""
        top, low = (
            np.concatenate([self.r_ee, self.r_eh], 2),
            np.concatenate([self.r_he, self.r_hh], 2),
        )
        return np.concatenate([top, low], axis=1)

    @property
    def det_r(self) -> NDArray[np.float64]:
        """Return det r at E = 0, (realization,): real, from -1 to 1.

        Its sign is the topological invariant of class D, -1 where the sample binds a Majorana state
        at this end. Its size is 1 where nothing is transmitted.

        Raises
        ------
        InputError
            If the energy is not 0, where det r is not real.
        QtcoreError
            If rounding errors hide that it is real.
        """
        refuse_unless_zero(self.energy)
        found = np.linalg.det(self.r)
        if not np.abs(found.imag).max(initial=0.0) < _REAL:
            raise QtcoreError(
                "det r has lost particle-hole symmetry to rounding errors: its imaginary part is "
                f"{np.abs(found.imag).max():.2g}; take a slightly other chemical potential"
            )
        return np.asarray(found.real)

    @property
    def invariant(self) -> ReflectionInvariants:
        """Sign of det r at E = 0, -1 topological and 1 trivial, with what it rests on.

        See `observe.determinant_sign`; errors are those of `det_r`.
        """
        refuse_unless_zero(self.energy)
        swap = np.array([[0.0, 1.0], [1.0, 0.0]])
        return determinant_sign(self.r, np.kron(swap, np.eye(self.channels)))


@one_thread
def andreev(
    wire: Wire,
    energy: float,
    lengths: Sequence[int],
    realizations: Sequence[int],
    seed: int,
    incidence: Side = "left",
) -> list[Andreev]:
    """Return what a wire with pairing does to electrons and holes, one entry for each length.

    Parameters
    ----------
    wire : Wire
        A wire with pairing in the sample and normal leads, such as one with `SWavePairing(delta)`.
    energy : float
        Units of t, counted from the chemical potential of the superconductor.
    lengths : sequence of int
        Strictly increasing numbers of slices, each >= 1.
    realizations : sequence of int
        Numbers of the samples, each >= 0.
    seed : int
        Seed of the ensemble, >= 0.
    incidence : {"left", "right"}
        Lead that the waves come from; left is the one at slice 0.

    Raises
    ------
    InputError
        If an argument is wrong, the wire has no pairing, the leads are superconductors, no mode is
        open, or one opens at exactly E = 0 where that is asked for.
    """
    ensemble = Ensemble(lengths, realizations, seed, incidence=checked_incidence(incidence))
    energy = checked_energy(energy)
    refuse_without_holes(checked_wire(wire))
    slices = wire.slices()
    modes = general_modes(slices.lead_h, slices.lead_v, energy)
    k = wire.orbitals
    right, left = (
        _kinds(waves, modes.channels, k)
        for waves in ((modes.right, modes.right_ahead), (modes.left, modes.left_ahead))
    )
    into, back = (right, left) if ensemble.incidence == "left" else (left, right)
    turned = _turned(modes, right, left, k) if energy == 0 else None
    if turned is not None and ensemble.incidence == "right":
        turned = turned[::-1]
    found = ensemble_matrices(wire, energy, ensemble)
    read = [S if ensemble.incidence == "left" else S.turned for S in found]
    return [_parts(S, into, back, turned, energy) for S in read]


def refuse_unless_zero(energy: float) -> None:
    """Raise InputError unless an energy (units of t) is 0, where det r is real."""
    if energy != 0:
        raise InputError(
            "det r is real, and its sign an invariant, at the energy 0 of the superconductor's chemical "
            f"potential only; got energy = {energy:g}"
        )


def refuse_without_holes(wire: Wire) -> None:
    """Raise InputError unless a wire has pairing, and leads without it."""
    if not wire.space.paired:
        raise InputError(
            "electrons and holes are those of a wire with pairing: give it a term such as "
            "SWavePairing(delta) or PWavePairing(delta), or a lattice Custom(..., pairing=True)"
        )
    slices, k = wire.slices(), wire.orbitals
    for matrix in (slices.lead_h, slices.lead_v):
        blocks = matrix.reshape(-1, 2, k // 2, len(matrix) // k, 2, k // 2)
        if blocks[:, 0, :, :, 1].any() or blocks[:, 1, :, :, 0].any():
            raise InputError(
                "in superconducting leads no wave is an electron or a hole: take normal leads "
                "(in_leads=False), or qt.scattering for the quasiparticles as a whole"
            )


def _kinds(waves: tuple[Matrix, Matrix], channels: int, k: int) -> NDArray[np.bool_]:
    """Return which of the open modes are holes."""
    both = np.concatenate([one[:, :channels] for one in waves])
    weight = (np.abs(both) ** 2).reshape(-1, 2, k // 2, channels).sum(axis=(0, 2))
    share = weight[1] / weight.sum(axis=0)
    if (np.minimum(share, 1 - share) > _PURE).any():
        raise QtcoreError(
            "a mode of the leads is both electron and hole; this is a fault of qtcore"
        )
    return np.asarray(share > 0.5)


def _turned(
    modes: Modes, right: NDArray[np.bool_], left: NDArray[np.bool_], k: int
) -> tuple[Matrix, Matrix]:
    """Return the holes' modes at E = 0 as conjugates of the electrons', (N, N) unitaries.

    Column n of the first one is the conjugate of the n-th mode of an electron that moves to the right,
    in terms of the modes of holes; the second one is for those that move to the left.

    Raises
    ------
    InputError
        If a channel opens at this energy.
    QtcoreError
        If rounding errors hide that modes are conjugates.
    """
    if 2 * int(right.sum()) != len(right):
        raise InputError(
            f"a band of the leads begins or ends at E = 0: in the limit from above {int((~right).sum())} "
            f"modes of electrons and {int(right.sum())} of holes are open, which is not particle-hole "
            "symmetric; take a slightly other chemical potential of the leads (lead_shift)"
        )
    found = []
    for waves, holes in (
        ((modes.right, modes.right_ahead), right),
        ((modes.left, modes.left_ahead), left),
    ):
        both = np.concatenate([one[:, : modes.channels] for one in waves])
        swapped = both.conj().reshape(-1, 2, k // 2, modes.channels)[:, ::-1]
        partners = swapped.reshape(both.shape)[:, ~holes]
        U, _, _, _ = np.linalg.lstsq(both[:, holes], partners, rcond=None)
        missed = np.abs(both[:, holes] @ U - partners).max(initial=0.0)
        if not missed < _REAL * np.abs(partners).max(initial=1.0):
            raise QtcoreError(
                "the modes of holes at E = 0 are not the conjugates of those of electrons within "
                "rounding errors, as close to a threshold; take a slightly other chemical potential"
            )
        V, _, W = np.linalg.svd(U)
        found.append(V @ W)
    return found[0], found[1]


def _parts(
    S: SMatrices,
    into: NDArray[np.bool_],
    back: NDArray[np.bool_],
    turned: tuple[Matrix, Matrix] | None,
    energy: float,
) -> Andreev:
    r, t = S.r_prime, S.t_prime
    blocks = {}
    # Both leads are alike: what is transmitted moves the way of what came in.
    for name, matrix, out in (("r", r, back), ("t", t, into)):
        for a, rows in (("e", ~out), ("h", out)):
            for b, columns in (("e", ~into), ("h", into)):
                blocks[f"{name}_{a}{b}"] = matrix[:, rows][:, :, columns]
    if turned is not None:
        coming, leaving = turned
        for name, U in (("r", leaving), ("t", coming)):
            for b in "eh":
                blocks[f"{name}_h{b}"] = U.conj().T @ blocks[f"{name}_h{b}"]
            for a in "eh":
                blocks[f"{name}_{a}h"] = blocks[f"{name}_{a}h"] @ coming
    return Andreev(**blocks, log_scale=S.log_scale_prime, energy=energy)


def _sum(part: Matrix) -> NDArray[np.float64]:
    return np.asarray((np.abs(part) ** 2).sum(axis=(1, 2)))
