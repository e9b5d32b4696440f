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
from qtcore.shown import ShownFields
from qtcore.solve.arguments import Side, checked_energy, checked_incidence, checked_wire
from qtcore.solve.contacts import lead_at, leads_of
from qtcore.solve.energies import zero_stays
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.lead_kinds import conjugates, kinds, mixes_kinds
from qtcore.solve.matrices import Certified, certified_matrices
from qtcore.solve.pencil import Matrix
from qtcore.threads import one_thread

_REAL = 1e-6
"""Imaginary part of det r at E = 0 above which particle-hole symmetry is lost."""


@dataclass(frozen=True, eq=False, repr=False)
class Andreev(ShownFields):
    """The parts of S of an ensemble at one length, for waves from one lead, e electrons and h holes.

    The first letter is what leaves, the second what came in: r_he turns an electron into a hole. Bases
    are those of `qt.scattering_matrices`, but for the holes at E = 0: there a hole's mode is the
    complex conjugate of its electron's, so that r_hh = r_ee^* and r_eh = r_he^*.

    Attributes
    ----------
    r_ee, r_he, r_eh, r_hh : (realization, N_out, N_in) complex arrays
        Reflection into the lead that the waves came from, which is normal.
    t_e, t_h : (realization, N_out, N_in) complex arrays
        Transmission of electrons and of holes into all modes of the other lead, to be multiplied by
        exp(log_scale). A superconductor has modes of quasiparticles, and none below its gap.
    log_scale : (realization,) float array
        Natural logarithm of the scale of the transmissions.
    energy : float
        Units of t, from the chemical potential of the superconductor.
    certificate : (realization,) float array
        Estimate, on the safe side, of the error per channel of what is reflected, and of the relative
        error of what is transmitted.
    holes_out : (N_out,) bool array or None
        Which modes of the other lead are holes; None if it is a superconductor.
    """

    r_ee: Matrix
    r_he: Matrix
    r_eh: Matrix
    r_hh: Matrix
    t_e: Matrix
    t_h: Matrix
    log_scale: NDArray[np.float64]
    energy: float
    certificate: NDArray[np.float64]
    holes_out: NDArray[np.bool_] | None

    @property
    def t_ee(self) -> Matrix:
        """Electrons that are transmitted as such, to be multiplied by exp(log_scale)."""
        return self.t_e[:, ~self._holes_out]

    @property
    def t_he(self) -> Matrix:
        """Electrons that are transmitted as holes, to be multiplied by exp(log_scale)."""
        return self.t_e[:, self._holes_out]

    @property
    def t_eh(self) -> Matrix:
        """Holes that are transmitted as electrons, to be multiplied by exp(log_scale)."""
        return self.t_h[:, ~self._holes_out]

    @property
    def t_hh(self) -> Matrix:
        """Holes that are transmitted as such, to be multiplied by exp(log_scale)."""
        return self.t_h[:, self._holes_out]

    @property
    def _holes_out(self) -> NDArray[np.bool_]:
        if self.holes_out is None:
            raise InputError(
                "the other lead is a superconductor, where no wave is an electron or a hole: T_e is what "
                "passes into all of its modes (quasiparticles above the gap)"
            )
        return self.holes_out

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
    def T_e(self) -> NDArray[np.float64]:
        """Electrons that are transmitted, as whatever they leave, (realization,).

        R_ee + R_he + T_e = N. Into a superconducting lead these are quasiparticles above its gap.
        """
        return _sum(self.t_e) * np.exp(2 * self.log_scale)

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
    method: str = "auto",
) -> list[Andreev]:
    """Return what a wire with pairing does to electrons and holes, one entry for each length.

    Parameters
    ----------
    wire : Wire
        A wire with pairing, such as one with `SWavePairing(delta)`. The lead that the waves come from
        is normal; the other one may be a superconductor (`in_leads="right"`).
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
    method : {"auto", "transfer", "recursive"}
        The transfer solver where the coupling between slices has an inverse, and recursive Green's
        functions elsewhere and for samples in doubt; or one of them. The transfer solver gives
        transmissions below exp(-700) as 0, recursive Green's functions at any depth.

    Raises
    ------
    InputError
        If an argument is wrong, the wire has no pairing, the waves come from a superconductor, no mode
        is open there, or one opens at exactly E = 0 where that is asked for.
    """
    ensemble = Ensemble(lengths, realizations, seed, method, incidence=checked_incidence(incidence))
    energy = checked_energy(energy)
    refuse_without_holes(checked_wire(wire, junction=True), ensemble.incidence)
    with zero_stays(energy, paired=True):
        k, sides = wire.orbitals, leads_of(wire.slices(), energy)
        lead, other = sides if ensemble.incidence == "left" else sides[::-1]
        if not lead.modes.channels:
            # It says why.
            lead_at(lead.h, lead.v, energy)
    to_right, to_left = kinds(lead.modes, k)
    into, back = (to_right, to_left) if ensemble.incidence == "left" else (to_left, to_right)
    # Normal leads are alike: what is transmitted moves the way of what came in.
    out = None if mixes_kinds(other.h, other.v, k) else into
    turned = conjugates(lead.modes, to_right, to_left, k) if energy == 0 else None
    if turned is not None and ensemble.incidence == "right":
        turned = turned[::-1]
    found = certified_matrices(wire, energy, ensemble)
    return [_parts(one, ensemble.incidence, (into, back, out), turned, energy) for one in found]


def refuse_unless_zero(energy: float) -> None:
    """Raise InputError unless an energy (units of t) is 0, where det r is real."""
    if energy != 0:
        raise InputError(
            "det r is real, and its sign an invariant, at the energy 0 of the superconductor's chemical "
            f"potential only; got energy = {energy:g}"
        )


def refuse_without_holes(wire: Wire, incidence: Side = "left") -> None:
    """Raise InputError unless a wire has pairing, and the lead that waves come from has none."""
    if not wire.space.paired:
        raise InputError(
            "electrons and holes are those of a wire with pairing: give it a term such as "
            "SWavePairing(delta) or PWavePairing(delta), or a lattice Custom(..., pairing=True)"
        )
    slices, k = wire.slices(), wire.orbitals
    leads = {"left": (slices.lead_h, slices.lead_v), "right": (slices.right_h, slices.right_v)}
    if not mixes_kinds(*leads[incidence], k):
        return
    other: Side = "right" if incidence == "left" else "left"
    if not mixes_kinds(*leads[other], k):
        raise InputError(
            f"the {incidence} lead is a superconductor, where no wave is an electron or a hole: let the "
            f"waves come from the normal lead (incidence={other!r})"
        )
    raise InputError(
        "in superconducting leads no wave is an electron or a hole: take normal leads "
        "(in_leads=False), one of them at least (in_leads='left' or 'right'), or qt.scattering for "
        "the quasiparticles as a whole"
    )


def _parts(
    found: Certified,
    incidence: Side,
    holes: tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_] | None],
    turned: tuple[Matrix, Matrix] | None,
    energy: float,
) -> Andreev:
    """Return the parts of S; `holes` are those of the waves that come in, go back and pass."""
    into, back, out = holes
    S = found.S if incidence == "left" else found.S.turned
    r, t = S.r_prime.copy(), S.t_prime.copy()
    if turned is not None:
        coming, leaving = turned
        r[:, back] = leaving.conj().T @ r[:, back]
        r[:, :, into], t[:, :, into] = r[:, :, into] @ coming, t[:, :, into] @ coming
        if out is not None:
            t[:, out] = coming.conj().T @ t[:, out]
    blocks = {
        f"r_{a}{b}": r[:, rows][:, :, columns]
        for a, rows in (("e", ~back), ("h", back))
        for b, columns in (("e", ~into), ("h", into))
    }
    return Andreev(
        **blocks,
        t_e=t[:, :, ~into],
        t_h=t[:, :, into],
        log_scale=S.log_scale_prime,
        energy=energy,
        certificate=found.certificate,
        holes_out=out,
    )


def _sum(part: Matrix) -> NDArray[np.float64]:
    # Each realization on its own, so that its bits do not depend on how many there are.
    squares = np.abs(part) ** 2
    return np.array([one.sum() for one in squares.reshape(len(part), -1)])
