"""A closed sample cut out of a wire: its sparse Hamiltonian and velocity."""

import cmath
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from qtcore.errors import InputError, counted
from qtcore.model.checks import phase_number
from qtcore.model.hopping import Entries
from qtcore.model.nambu import potential_signs
from qtcore.model.removed import REMOVED
from qtcore.model.slices import Slices
from qtcore.model.wire import Wire
from qtcore.room import refuse_more_than_memory
from qtcore.shown import Card
from qtcore.solve.arguments import checked_wire
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.sample import HoppingOf, addressed, checked_potential
from qtcore.solve.velocity import velocity

_PER_COMPONENT = 200
"""Bytes that each row of H takes at least while it is made."""


class ClosedSample(NamedTuple):
    """One sample without leads, as sparse (slices * M, slices * M) arrays.

    Attributes
    ----------
    H : sparse array
        Units of t; real where it can be.
    velocity : sparse array
        v_x = i [H, x], units of t times lattice constants, x being the places of the sites; complex.
        The lattice constant is the distance of neighbours on chains, squares and cubes, and sqrt(3) times
        that on the honeycomb lattice. On a `Custom` lattice it is the length of a slice.
    """

    H: Any
    velocity: Any

    def __repr__(self) -> str:
        return Card(
            f"Closed sample of {counted(self.H.shape[0], 'orbitals')}",
            [
                ("H", f"{_few_words(self.H)}, units of t"),
                ("velocity", f"along x, {_few_words(self.velocity)}, t times lattice constants"),
            ],
        ).text()


def _few_words(matrix: Any) -> str:
    return f"sparse {matrix.dtype}, {matrix.nnz:,} elements"


def closed_sample(
    wire: Wire,
    length: int,
    realization: int,
    seed: int,
    periodic: bool = False,
    twist: float = 0.0,
) -> ClosedSample:
    """Return one sample of a wire without leads.

    Sites that structure removes keep their rows, without bonds, and a level at 2^20 t each, holes one at
    -2^20 t.

    Parameters
    ----------
    wire : Wire
        The wire.
    length : int
        Number of slices.
    realization, seed : int
        Address of the sample, each >= 0.
    periodic : bool
        Couple the last slice to the first (needs at least three slices).
    twist : float
        Phase (radians) that a wave gains once around; for `periodic`.

    Raises
    ------
    InputError
        If an argument is wrong, the ring is too short, or the memory does not suffice.
    """
    ensemble = Ensemble([length], [realization], seed)
    checked_wire(wire, junction=True).check_length(ensemble.longest)
    components = ensemble.longest * len(wire.slices().h)
    refuse_more_than_memory(
        _PER_COMPONENT * components, f"H of {components:,} orbitals", "take a smaller sample"
    )
    potential, hopping = addressed(wire, ensemble.numbers, ensemble.seed)
    values = potential(0, ensemble.longest)[:, :, 0]
    H = closed_hamiltonian(wire.slices(), values, periodic, twist, hopping)
    gone = wire.missing_sites(0, ensemble.longest)
    if gone is not None:
        level = REMOVED * wire.slices().unit * potential_signs(wire.space)
        H = _without_bonds(H, np.where(gone.ravel()[:, None], level, 0.0).ravel())
    return ClosedSample(H, velocity(wire, H, ensemble.longest, periodic, 0))


def _without_bonds(H: Any, levels: NDArray[np.float64]) -> Any:
    """Return H without the bonds of rows that have a level here, (D,), units of t; 0 is none.

    The bonds that close a ring go too, of which only one end is known to be missing.
    """
    there = sparse.diags_array(np.where(levels == 0, 1.0, 0.0))
    return sparse.csr_array(there @ H @ there + sparse.diags_array(levels))


def closed_hamiltonian(
    slices: Slices,
    potential: NDArray[np.float64],
    periodic: bool = False,
    twist: float = 0.0,
    hopping: HoppingOf | None = None,
) -> Any:
    """Return the sparse H of one sample without leads, as long as its potential, units of t.

    Parameters
    ----------
    slices : Slices
        The clean wire.
    potential : (slice, site) float array
        Disorder and gates of one sample, units of t.
    periodic, twist
        As in `closed_sample`.
    hopping : function, optional
        Random hopping of (first slice, number of slices); see `Wire.hopping_of`.

    Raises
    ------
    InputError
        If the potential does not fit, or the ring is too short.
    """
    L, M = len(potential), len(slices.h)
    onsite = checked_potential(slices, L, np.asarray(potential)[:, :, None])[:, 0]
    if periodic and L < 3:
        raise InputError(f"a periodic sample needs at least 3 slices, got {L}")
    twist = phase_number("twist", twist, "radians")
    if twist and not periodic:
        raise InputError("a twist needs periodic=True: an open sample has no way around")
    if hopping:
        found = hopping(0, L)
        inside, ahead = _on_diagonal(found.inside, M), _on_diagonal(found.ahead, M)
    else:
        one = sparse.eye_array(L)
        inside, ahead = (sparse.kron(one, matrix, format="coo") for matrix in (slices.h, slices.v))
    next_slice = _shifted(ahead, M, periodic, twist)
    back = next_slice.conj().T
    H = (inside + sparse.diags_array(onsite.ravel()) + next_slice + back).tocsr()
    return H if H.data.imag.any() else H.real


def _on_diagonal(entries: Entries, M: int) -> Any:
    """Return the matrices of all slices of one sample as the blocks of a sparse one."""
    first = M * np.arange(len(entries.values))[:, None]
    rows, columns = (first + entries.rows).ravel(), (first + entries.columns).ravel()
    D = M * len(entries.values)
    return sparse.coo_array((entries.values[:, :, 0].ravel(), (rows, columns)), shape=(D, D))


def _shifted(ahead: Any, M: int, periodic: bool, twist: float) -> Any:
    """Return the couplings v_n, given on the diagonal, where they belong: in the next column."""
    D = ahead.shape[0]
    columns, values = ahead.col + M, ahead.data.astype(np.complex128)
    around = columns >= D
    if periodic:
        values[around] *= cmath.exp(1j * twist)
        return sparse.coo_array((values, (ahead.row, columns % D)), shape=(D, D))
    kept = ~around
    return sparse.coo_array((values[kept], (ahead.row[kept], columns[kept])), shape=(D, D))
