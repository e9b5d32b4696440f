"""Hartree and Fock shifts of exact levels, to first order in an interaction.

delta E_a = sum_b [s <ab|U|ab> - <ab|U|ba>] over filled states b, with s spins that share each state. The
first part is Hartree's, the second Fock's. Altshuler, Aronov and Lee, PRL 44, 1288 (1980); Abrahams,
Anderson, Lee and Ramakrishnan, PRB 24, 6783 (1981).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief
from qtcore.model.checks import LARGEST_NUMBER, positive_number, truth, whole_number
from qtcore.model.interaction import Interaction, interaction_at
from qtcore.model.removed import has_removed_sites
from qtcore.model.wire import Wire
from qtcore.solve.arguments import checked_energy
from qtcore.solve.closed_ensemble import ClosedEnsemble
from qtcore.solve.expansion import Curves, checked_energies
from qtcore.solve.occupied import Spectrum, spectra
from qtcore.solve.waves import positions, shortest
from qtcore.threads import one_thread

_EQUAL = 1e-9
"""Distance of levels that count as one degenerate level, relative to the largest level."""

_MATRICES = 5
"""Matrices of the size of H that shifts need besides all states: U, density matrix, their products."""

_ROWS = 256
"""Rows of U that are made at once."""


@dataclass(frozen=True, eq=False)
class LevelShifts:
    """Levels of every realization with their shifts to first order in the interaction.

    Where sites are absent (vacancies, walls) a sample has fewer levels, and NaN behind the last one.

    Attributes
    ----------
    levels : (realization, level) float array
        Without interaction, ascending, units of t.
    hartree, fock : (realization, level) float arrays
        Both shifts, units of t.
    filled : (realization,) int array
        Filled levels, each with all of its spins.
    """

    levels: NDArray[np.float64]
    hartree: NDArray[np.float64]
    fock: NDArray[np.float64]
    filled: NDArray[np.int64]

    @property
    def shifts(self) -> NDArray[np.float64]:
        """Sum of both shifts, (realization, level), units of t."""
        return self.hartree + self.fock

    @property
    def fermi(self) -> NDArray[np.float64]:
        """Middle between the last filled and the first empty level, (realization,), units of t."""
        return self._middle(self.levels)

    def _middle(self, of_levels: NDArray[np.float64]) -> NDArray[np.float64]:
        each = np.arange(len(self.filled))
        return (of_levels[each, self.filled - 1] + of_levels[each, self.filled]) / 2

    def density(self, energies: Sequence[float], width: float) -> Curves:
        """Return the density of states without interaction, as in `density_change`."""
        _, g, orbitals = self._blurred(energies, width)
        return self._curves(energies, np.nansum(g, axis=2) / orbitals, width)

    def density_change(self, energies: Sequence[float], width: float, part: str = "both") -> Curves:
        """Return the change of the density of states to first order, for each spin and orbital, in 1/t.

        A level at E becomes a Gaussian, and moves by its shift: the change is minus the slope of
        Gaussians times shifts. Energies and shifts are counted from the Fermi energy, which moves too.
        The integral over all energies is zero. `mean` of what is returned is the mean over the
        realizations with its error.

        Parameters
        ----------
        energies : sequence of float
            From the Fermi energy, units of t.
        width : float
            Standard deviation of the Gaussian, units of t: some level spacings.
        part : {"both", "hartree", "fock"}
            Which shifts.

        Returns
        -------
        Curves
            `values` is (realization, energy); `errors` are 0.

        Raises
        ------
        InputError
            If an argument is wrong.
        """
        parts = {"both": self.shifts, "hartree": self.hartree, "fock": self.fock}
        if part not in tuple(parts):
            raise InputError(f"part must be one of {', '.join(parts)}, got {brief(part)}")
        x, g, orbitals = self._blurred(energies, width)
        moved = parts[part] - self._middle(parts[part])[:, None]
        change = np.nansum(moved[:, None] * x * g, axis=2) / width**2 / orbitals
        return self._curves(energies, change, width)

    def _blurred(
        self, energies: Sequence[float], width: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return distances, Gaussians (realization, energy, level), and the orbitals, (realization, 1)."""
        asked = checked_energies(energies)
        width = positive_number("width", width, "units of t")
        if width < 1 / LARGEST_NUMBER:
            raise InputError(f"width must be at least {1 / LARGEST_NUMBER:g} t, got {width:g}")
        from_fermi = self.levels - self.fermi[:, None]
        x = asked[:, None] - from_fermi[:, None]
        g = np.exp(-((x / width) ** 2) / 2) / (math.sqrt(2 * math.pi) * width)
        return x, g, np.isfinite(self.levels).sum(axis=1)[:, None]

    def _curves(
        self, energies: Sequence[float], values: NDArray[np.float64], width: float
    ) -> Curves:
        widths = np.full(len(values), float(width))
        return Curves(checked_energies(energies), values, np.zeros_like(values), widths)


@one_thread
def interaction_shifts(
    wire: Wire,
    interaction: Interaction,
    length: int,
    realizations: Sequence[int],
    seed: int,
    electrons: int | None = None,
    energy: float | None = None,
    spins: int = 1,
    periodic: bool = False,
    background: bool = False,
) -> LevelShifts:
    """Return the Hartree and Fock shifts of all levels of closed samples, to first order.

    States stay those without interaction. Degenerate levels are taken in the states in which the
    interaction does not mix them.

    Parameters
    ----------
    wire : Wire
        The wire.
    interaction : function
        U(distance) in units of t, for arrays of distances in lattice constants: `ContactInteraction`,
        `NeighbourInteraction`, `CoulombInteraction` or a function of your own. It acts between all
        orbitals of two sites alike. Distances in closed samples are the shortest ones around.
    length : int
        Slices.
    realizations : sequence of int
        Numbers of the samples, each once.
    seed : int
        Seed of the ensemble.
    electrons : int, optional
        Filled levels, the same for all samples.
    energy : float, optional
        Fermi energy instead, units of t: levels below are filled.
    spins : int
        1, or 2 if every level holds an electron of either spin. Hartree shifts count both, Fock shifts
        only electrons of the same spin. Wires whose terms act on the spin have levels of one electron.
    periodic : bool
        Couple the last slice to the first (needs at least three slices).
    background : bool
        Whether a uniform charge takes the mean density off in the Hartree shifts.

    Returns
    -------
    LevelShifts
        Arrays are (realization, level).

    Raises
    ------
    InputError
        If an argument is wrong, the Fermi energy lies beyond all levels or between levels that are
        equal, or the samples are too large for all of their states.
    """
    ensemble = ClosedEnsemble(wire, length, realizations, seed, periodic)
    if wire.space.paired:
        raise InputError(
            "Hartree and Fock shifts are those of filled levels of electrons, and levels of a wire with "
            "pairing are of electrons and holes"
        )
    if whole_number("spins", spins, 1) > 2:
        raise InputError(f"spins must be 1 or 2, got {spins}")
    if spins == 2 and ensemble.wire.spins == 2:
        raise InputError(
            "spins=2 counts each level twice, but terms or disorder of this wire act on the spin, so that "
            "its levels hold one electron each; use spins=1"
        )
    uniform = truth("background", background)
    asked = _checked_filling(electrons, energy, ensemble)
    places = positions(ensemble.wire, ensemble.length)[:: ensemble.wire.orbitals]
    around = list(ensemble.wire.lattice.wraps())
    if ensemble.periodic:
        around.append(np.array([ensemble.length * ensemble.wire.lattice.period, 0.0, 0.0]))
    interaction_at(interaction, np.array([0.0, 1.0]))
    found, U = [], None
    for realization, sample in zip(
        ensemble.ensemble.realizations, spectra(ensemble, asked.energy, _MATRICES), strict=True
    ):
        if U is None:
            U = _pairs(interaction, places, around)
        filled = _filled(sample, asked, realization)
        components = U[np.ix_(*2 * (sample.rows // ensemble.wire.orbitals,))]
        shifts = _shifts(sample, filled, components, spins, uniform)
        found.append((*_padded(ensemble.size, sample.levels, *shifts), filled))
    return LevelShifts(*(np.array(part) for part in zip(*found, strict=True)))


class _Filling(NamedTuple):
    electrons: int | None
    energy: float


def _checked_filling(
    electrons: int | None, energy: float | None, ensemble: ClosedEnsemble
) -> _Filling:
    if (electrons is None) == (energy is None):
        raise InputError(
            "give either electrons (how many levels are filled) or energy (the Fermi energy, units of t), "
            f"got electrons={electrons!r} and energy={energy!r}"
        )
    if energy is not None:
        return _Filling(None, checked_energy(energy))
    wire, size = ensemble.wire, ensemble.size
    gone = wire.missing_sites(0, ensemble.length)
    if gone is not None:
        size -= int(gone.sum()) * wire.orbitals
    if whole_number("electrons", electrons, 1) >= size:
        fewer = has_removed_sites((*wire.disorders, *wire.gates))
        also = " (fewer in samples with vacancies or walls)" if fewer else ""
        raise InputError(
            f"electrons must lie in 1 .. {size - 1}{also}, so that a level of the {size} is empty, got "
            f"{electrons}"
        )
    return _Filling(electrons, 0.0)


def _filled(sample: Spectrum, asked: _Filling, realization: int) -> int:
    """Return how many levels are filled, or raise InputError if that is not clear."""
    levels, filled = sample.levels, sample.filled
    if asked.electrons is not None:
        filled = asked.electrons
    if not 0 < filled < len(levels):
        where = "below" if filled == 0 else "above"
        raise InputError(
            f"realization {realization} has {len(levels)} levels, and no level lies {where} the Fermi energy; "
            f"take one within its levels, {levels[0]:.4g} .. {levels[-1]:.4g} t, or electrons in 1 .. "
            f"{len(levels) - 1}"
        )
    scale = _EQUAL * float(np.abs(levels).max())
    if levels[filled] - levels[filled - 1] <= scale:
        shell = np.flatnonzero(np.abs(levels - levels[filled]) <= scale)
        whole = [str(n) for n in (shell[0], shell[-1] + 1) if 0 < n < len(levels)]
        raise InputError(
            f"the Fermi energy of realization {realization} cuts a shell of {len(shell)} equal levels at "
            f"{levels[filled]:.6g} t, so that it is not known which of them are filled; take electrons="
            f"{' or '.join(whole)}"
        )
    return int(filled)


def _pairs(
    interaction: Interaction, places: NDArray[np.float64], around: list[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return U between all pairs of sites, (site, site), units of t."""
    U = np.empty((len(places), len(places)))
    for first in range(0, len(places), _ROWS):
        ways = places[None] - places[first : first + _ROWS, None]
        apart = np.linalg.norm(shortest(ways.reshape(-1, 3), around), axis=1)
        U[first : first + _ROWS] = interaction_at(interaction, apart.reshape(ways.shape[:2]))
    return U


def _shifts(
    sample: Spectrum, filled: int, U: NDArray[np.float64], spins: int, uniform: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Hartree and Fock shifts of all levels, (level,) each."""
    psi = sample.states
    occupied = psi[:, :filled]
    density = (np.abs(occupied) ** 2).sum(axis=1)
    if uniform:
        density = density - density.mean()
    mean_field = spins * (U @ density)
    exchange = -U * (occupied @ occupied.conj().T)
    psi = _unmixed(sample.levels, psi, np.diag(mean_field) + exchange)
    hartree = mean_field @ np.abs(psi) ** 2
    fock = np.einsum("ia,ia->a", psi.conj(), exchange @ psi).real
    return hartree, fock


def _unmixed(
    levels: NDArray[np.float64], psi: NDArray[Any], interaction: NDArray[Any]
) -> NDArray[Any]:
    """Return the states, those of equal levels such that the interaction does not mix them."""
    steps = np.diff(levels) > _EQUAL * float(np.abs(levels).max())
    shells = np.split(np.arange(len(levels)), np.flatnonzero(steps) + 1)
    found = psi
    for shell in shells:
        if len(shell) > 1:
            if found is psi:
                found = psi.astype(np.result_type(psi, interaction))
            some = psi[:, shell]
            found[:, shell] = some @ np.linalg.eigh(some.conj().T @ interaction @ some)[1]
    return found


def _padded(size: int, *arrays: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Return arrays with NaN behind their ends."""
    return [np.pad(one, (0, size - len(one)), constant_values=np.nan) for one in arrays]
