"""What a wire does to an electron: the questions, and the checks of what is asked."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.wire import Wire
from qtcore.shown import Card, Shown
from qtcore.solve.arguments import Side, checked_energy, checked_wire
from qtcore.solve.certified import solved_family
from qtcore.solve.choice import choose, solver_at
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.passage import refuse_unless_passing, removes_bonds_ahead
from qtcore.solve.portions import Portion, channels_of, portions
from qtcore.solve.problem import Problem, Solved, doubted
from qtcore.solve.shaped_wires import bare_wire, is_shaped
from qtcore.solve.shared import refuse_other_impurities
from qtcore.solve.together import together
from qtcore.solve.words import scattering_card
from qtcore.threads import one_thread


@dataclass(frozen=True, repr=False)
class Scattering(Shown):
    """Conductance and reflection of an ensemble of wires; every array is (realization, length).

    All is for waves that come in from one side, the left unless `incidence` says otherwise.

    Attributes
    ----------
    ln_g : float array
        Natural logarithm of g = sum_n T_n (e²/h, per spin unless the wire holds the
        spin), exact at any length.
    reflection : float array
        Total reflection sum_n R_n. Its error is at most `channels` times the certificate.
    certificate : float array
        Estimate, on the safe side, of the error of ln g (that is the relative error of g): the
        largest of the unitarity defect |sum (T + R) / N - 1| (of an absorbing wire only what T + R
        has above N), of the rounding errors that the
        solver knows it has amplified, which means something however small g is, and of what
        rounding errors do to the energy close to a threshold or a crossing of bands, and to the
        sample close to a zero of the transmission or a narrow level. From about 0.3 on no digit of
        g is promised; it is at most 2^20.
    suspect : bool array
        The certificate stayed above its threshold, the tolerance that was asked for or else 1e-6,
        although the sample was solved again with tighter re-orthogonalisation, and by the other
        solver if "auto" may choose it.
    channels : int
        Number N of open modes in each lead.
    ln_T : (realization, length, channel) float array or None
        Transmission eigenvalues, where they were asked for, NaN where they are too small to be
        known; see `ln_transmission_eigenvalues`.
    """

    ln_g: NDArray[np.float64]
    reflection: NDArray[np.float64]
    certificate: NDArray[np.float64]
    suspect: NDArray[np.bool_]
    channels: int
    ln_T: NDArray[np.float64] | None = None

    def _card(self) -> Card:
        """Return what it shows of itself."""
        found = self.ln_g, self.reflection, self.certificate, self.suspect
        return scattering_card("a wire", *found, self.channels)


@one_thread
def open_channels(wire: Wire, energy: float) -> int:
    """Return the number N of open modes of the wire's leads at an energy (units of t).

    Raises
    ------
    InputError
        If the energy is no finite number or no mode is open.
    """
    return channels_of(portions(checked_wire(wire), checked_energy(energy)))


@one_thread
def scattering(
    wire: Wire,
    energy: float,
    lengths: Sequence[int],
    realizations: Sequence[int],
    seed: int,
    method: str = "auto",
    absorption: float = 0.0,
    incidence: Side = "left",
    tolerance: float | None = None,
) -> Scattering:
    """Solve an ensemble of wires at every length, in one pass over their slices.

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
    method : {"auto", "transfer", "recursive"}
        Which solver; "auto" takes transfer wherever the slices' coupling can be inverted, or the
        slices can be solved one unknown at a time (see `choose`).
    absorption : float
        eta >= 0 of a self-energy -i eta on every site of the sample (units of t): T + R < N.
    incidence : {"left", "right"}
        Side that the waves come from; left is the lead at slice 0. Without absorption g and R are
        the same from both. With it R differs, and g too where time cannot be reversed; from the
        left the transfer solver then takes a pass for each length.
    tolerance : float, optional
        Error of ln g that is good enough, 1e-10 to 1e-3. The transfer solver makes columns
        orthonormal only as often as that needs: wide wires take a fifth less time with 1e-5. A
        sample whose certificate is above it is solved again more tightly, and suspect if that does
        not help. Left out, all is as close as for 3e-8, and doubt begins at 1e-6.

    Raises
    ------
    InputError
        If an argument is wrong, or no channel is open at this energy.
    """
    ensemble = Ensemble(lengths, realizations, seed, method, absorption, incidence, tolerance)
    return _of_family([(wire, energy)], ensemble, eigenvalues=False)[0]


@one_thread
def scattering_family(
    members: Sequence[tuple[Wire, float]],
    lengths: Sequence[int],
    realizations: Sequence[int],
    seed: int,
    method: str = "auto",
    absorption: float = 0.0,
    incidence: Side = "left",
    tolerance: float | None = None,
    *,
    eigenvalues: bool = False,
) -> list[Scattering]:
    """Solve the same impurity configurations at several energies, in several fields, with gates.

    The disorder is made once for all members; each result has the bits that `scattering` gives.

    Parameters
    ----------
    members : sequence of (Wire, float)
        Wires and energies (units of t). The wires must have the same sites and the same disorder;
        field, terms, gates and leads may differ.
    lengths, realizations, seed, method, absorption, incidence, tolerance
        As in `scattering`.
    eigenvalues : bool
        Whether to return the transmission eigenvalues too.

    Returns
    -------
    list of Scattering
        One for each member.

    Raises
    ------
    InputError
        If an argument is wrong, no channel is open, or the wires differ in their disorder.
    """
    ensemble = Ensemble(lengths, realizations, seed, method, absorption, incidence, tolerance)
    return _of_family(members, ensemble, eigenvalues=eigenvalues)


@one_thread
def ln_conductance(
    wire: Wire,
    energy: float,
    lengths: Sequence[int],
    realizations: Sequence[int],
    seed: int,
    method: str = "auto",
    absorption: float = 0.0,
    incidence: Side = "left",
    tolerance: float | None = None,
) -> NDArray[np.float64]:
    """Return ln g, (realization, length); see `scattering`."""
    ensemble = Ensemble(lengths, realizations, seed, method, absorption, incidence, tolerance)
    return _of_family([(wire, energy)], ensemble, eigenvalues=False)[0].ln_g


@one_thread
def ln_transmission_eigenvalues(
    wire: Wire,
    energy: float,
    lengths: Sequence[int],
    realizations: Sequence[int],
    seed: int,
    method: str = "auto",
    absorption: float = 0.0,
    incidence: Side = "left",
    tolerance: float | None = None,
) -> NDArray[np.float64]:
    """Return ln T_n, (realization, length, channel), largest first; see `scattering`.

    T_n are the eigenvalues of t^+ t, t from left to right (or as `incidence` says). The transfer
    solver gives every one at any depth, unless sites are missing or the leads have another width. Then, and
    from the recursive solver, they come from t alone: what t does not hold to 1e-3, below about exp(-40) of
    the largest, is NaN (see `smatrix.ln_eigenvalues`).

    They have no certificate. Away from thresholds the transfer solver's are as exact as ln g. At a
    distance d from a threshold those of the slow mode are known to about 1e-19 S / d only, where S
    is the size of the lead's energies, also where ln g, to which they add little, is known better.
    In a strip that is 1e-6 at 5e-13 t. In narrow bands, and in leads without a closed form, it may
    be up to 3e-15 S / d; docs/errors.md says where.
    """
    ensemble = Ensemble(lengths, realizations, seed, method, absorption, incidence, tolerance)
    ln_T = _of_family([(wire, energy)], ensemble, eigenvalues=True)[0].ln_T
    assert ln_T is not None
    return ln_T


def _of_family(
    members: Sequence[tuple[Wire, float]], ensemble: Ensemble, *, eigenvalues: bool
) -> list[Scattering]:
    if len(members) == 0:
        raise InputError("members is empty; give at least one (wire, energy)")
    family = [_portions(wire, energy, ensemble) for wire, energy in members]
    refuse_other_impurities([wire for wire, _ in members], ensemble.seed)
    problems = [_problem(portion, ensemble, eigenvalues) for found in family for portion in found]
    solved = iter(solved_family(problems))
    return [
        _scattering(found, [next(solved) for _ in found], ensemble, eigenvalues=eigenvalues)
        for found in family
    ]


def _portions(wire: Wire, energy: float, ensemble: Ensemble) -> list[Portion]:
    """Return what is solved, or raise InputError if the ensemble does not fit the wire."""
    energy = checked_energy(energy)
    found = portions(checked_wire(wire), energy, ensemble.absorption, ensemble.method)
    wire.check_length(ensemble.longest)
    refuse_unless_passing(wire, ensemble.lengths)
    if ensemble.method == "transfer":
        absorption = ensemble.absorption
        choose(wire, ensemble.method, absorption)
        if any(choose(one.wire, "auto", absorption).method != "transfer" for one in found):
            # The slices of a part may not be peeled where those of the whole wire are.
            return portions(wire, energy, absorption, "recursive")
    return found


def _problem(portion: Portion, ensemble: Ensemble, eigenvalues: bool) -> Problem:
    """Return a portion as a problem for the solver of its wire."""
    wire, modes, energy = portion.wire, portion.modes, portion.energy
    solver = solver_at(wire, modes, ensemble.method, ensemble.absorption)
    # Missing sites take their bonds along, and are no obstacle.
    carried = (bare_wire(wire) if is_shaped(wire) else None) or wire
    if solver == "transfer" and removes_bonds_ahead(carried, ensemble.longest):
        if ensemble.method == "transfer":
            raise InputError(
                "structure removes bonds from a slice to the next, which the transfer solver cannot "
                "carry on; use method='recursive'"
            )
        solver = "recursive"
    return Problem(wire, energy, modes, ensemble, solver, eigenvalues)


def _scattering(
    found: Sequence[Portion], solved: Sequence[Solved], ensemble: Ensemble, *, eigenvalues: bool
) -> Scattering:
    absorbing, rows = ensemble.absorption > 0, ensemble.rows
    whole = together(found, solved, absorbing=absorbing, eigenvalues=eigenvalues)
    return Scattering(
        whole.ln_g[rows],
        whole.reflection[rows],
        whole.certificate[rows],
        doubted(whole.certificate[rows], ensemble),
        channels_of(found),
        whole.ln_T[rows] if eigenvalues else None,
    )
