"""Where a shaped wire meets its leads: the columns that start, and the system that closes a length.

A lead and a sample that touch at some of their sites only leave an equation without an unknown at each
other site of the slice before, and an unknown without an equation at each other one of the slice behind.
At the left lead these equations say which sums of its outgoing waves can be at all. At the right one they
stand below those of its incoming amplitudes.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.model.slices import Slices
from qtcore.solve.lead_weights import mode_weights
from qtcore.solve.modes import Modes
from qtcore.solve.pencil import Matrix
from qtcore.solve.shaped_wires import straight_bonds, without_missing
from qtcore.solve.terminal_closing import Columns, closed

_NOTHING = 2.0**-46
"""Amplitude in the left lead, of a column of size one, that counts as none."""

_REAL = 1e-9
"""Singular value, relative to the largest one, below which real vectors count as dependent."""


class Start(NamedTuple):
    """Columns at slice 0.

    Attributes
    ----------
    latest, before : (M, column) complex arrays
        On slice 0, and on the one before as the bare wire continues it to the left.
    back : (N, column) complex array
        What each sends into the left lead.
    fast : int
        How many of them, the last ones, send nothing there.
    is_real : bool
        Whether these are real.
    """

    latest: Matrix
    before: Matrix
    back: Matrix
    fast: int
    is_real: bool


def start_of(
    slices: Slices,
    modes: Modes,
    there: NDArray[np.bool_],
    *,
    holds_outgoing: bool,
    may_be_real: bool,
) -> Start:
    """Return the outgoing waves of the left lead on slice 0, of which some sites are `there`."""
    contact = without_missing(slices, there, "left")
    bonds = straight_bonds(contact)
    assert bonds is not None
    rows, sites = bonds
    M, N = len(there), modes.channels
    leaving = slices.lead_v @ modes.left_ahead
    latest = np.zeros((M, modes.width), np.complex128)
    latest[sites] = np.linalg.solve(contact[np.ix_(rows, sites)], leaving[rows])
    before = np.linalg.inv(slices.v).conj().T @ contact.conj().T @ modes.left
    back = np.eye(N, modes.width, dtype=np.complex128)
    ended = np.setdiff1d(np.arange(len(contact)), rows)
    if len(ended):
        kept = _null_space(leaving[ended])
        _, sizes, turned = np.linalg.svd(kept[:N])
        kept = kept @ turned.conj().T
        N = int((sizes > _NOTHING).sum())
        latest, before, back = latest @ kept, before @ kept, back @ kept
        back[:, N:] = 0.0
    born = np.setdiff1d(np.flatnonzero(there), sites)
    given = np.zeros((M, len(born)))
    given[born, np.arange(len(born))] = 1.0
    if may_be_real:
        closed_waves = _real_basis(np.concatenate([latest, before])[:, N:])
        may_be_real = closed_waves is not None
        if closed_waves is not None:
            latest[:, N:], before[:, N:] = np.split(closed_waves, 2)
    # Rounding errors at sites that are not there would go on and grow.
    beside = np.setdiff1d(np.arange(M), sites)
    latest[beside] = before[beside] = 0.0
    if holds_outgoing:
        latest = slices.v @ latest
    latest = np.hstack([latest, given])
    before, back = (np.pad(part, ((0, 0), (0, len(born)))) for part in (before, back))
    return Start(latest, before, back, latest.shape[1] - N, may_be_real)


def _null_space(rows: Matrix) -> Matrix:
    """Return orthonormal columns that independent rows all give zero on."""
    scaled = rows / np.linalg.norm(rows, axis=1)[:, None]
    Q, _ = np.linalg.qr(scaled.conj().T, mode="complete")
    return np.asarray(Q[:, len(rows) :])


def _real_basis(waves: Matrix) -> NDArray[np.float64] | None:
    """Return as many real vectors that span the same, or None if there are none."""
    U, sizes, _ = np.linalg.svd(np.hstack([waves.real, waves.imag]), full_matrices=False)
    count = waves.shape[1]
    if count and (sizes[count:] > _REAL * sizes[0]).any():
        return None
    return np.asarray(U[:, :count])


class Closed(NamedTuple):
    """A group at a length.

    Attributes
    ----------
    t : (realization, N, N) complex array
        Transmission from right to left.
    reflection : (realization,) float array
        Back into the right lead.
    strain, missed : (realization,) float arrays
        By how much rounding errors of the columns count in T, and those of the solution; see `Strain`.
    """

    t: Matrix
    reflection: NDArray[np.float64]
    strain: NDArray[np.float64]
    missed: NDArray[np.float64]


class _Reading(NamedTuple):
    """What reads a lead's amplitudes off columns that end with slices of some sites.

    Attributes
    ----------
    sites, ended : int arrays
        Components of the last slice that the lead continues, and those that end there.
    here, ahead : (mode, site) or (amplitude, site) arrays
        Of psi on the last slice, and on the one behind as the bare wire has it: transverse functions
        where those are real, otherwise all M + N amplitudes.
    born : (amplitude, column) complex array
        Amplitudes of what is one at sites of the lead that continue none.
    """

    sites: NDArray[np.intp]
    ended: NDArray[np.intp]
    here: NDArray[np.number]
    ahead: NDArray[np.number]
    born: Matrix


class Ending:
    """The right lead of a shaped wire.

    Parameters
    ----------
    slices : Slices
        The wire and its leads, in their unit.
    modes : Modes
        Of the leads.
    holds_outgoing : bool
        See `Stencil`.
    """

    def __init__(self, slices: Slices, modes: Modes, *, holds_outgoing: bool) -> None:
        self._slices, self._modes = slices, modes
        identity = np.eye(len(slices.v), dtype=np.complex128)
        self._leaves = identity if holds_outgoing else slices.v
        # Rows of both slices that a lead's mode is read off by, the incoming ones first.
        read = modes.amplitude_rows()
        M, N = modes.width, modes.channels
        self.channels = N
        open_rows = read[np.r_[:N, M : M + N]]
        self.steepness = max(1.0, float(np.linalg.norm(open_rows, axis=1).max()))
        self._read = read[:, :M], read[:, M:]
        self._weights: Matrix | None = None
        if modes.separable is not None:
            # Real transverse functions: half the products, and each mode alone behind them.
            found = mode_weights(modes, modes.separable)
            self._weights = found[:, 1:].copy().view(np.complex128)[:, :, None]
        self._readings: dict[bytes, _Reading] = {}

    def _reading(self, there: NDArray[np.bool_]) -> _Reading:
        key = there.tobytes()
        if key not in self._readings:
            self._readings[key] = self._new_reading(there)
        return self._readings[key]

    def _new_reading(self, there: NDArray[np.bool_]) -> _Reading:
        contact = without_missing(self._slices, there, "right")
        bonds = straight_bonds(contact)
        assert bonds is not None
        rows, sites = bonds
        joint = contact.conj().T[np.ix_(sites, rows)]
        ahead = np.linalg.solve(joint, self._leaves[np.ix_(sites, sites)])
        here = np.linalg.solve(self._slices.right_v.conj().T, contact[:, sites])
        ended = np.setdiff1d(np.flatnonzero(there), sites)
        born = np.setdiff1d(np.arange(len(contact)), rows)
        before, behind = self._read
        if self._weights is None:
            return _Reading(sites, ended, before @ here, behind[:, rows] @ ahead, behind[:, born])
        assert self._modes.separable is not None
        turned, N = self._modes.separable.functions.T, self._modes.channels
        # The weights of closed modes may have another size than the rows have.
        behind = self._weights[:, 1] * np.concatenate([turned, turned[:N]])
        both = turned @ here, turned[:, rows] @ ahead
        if not any(one.imag.any() for one in both):
            both = both[0].real, both[1].real
        here, ahead = (np.ascontiguousarray(one) for one in both)
        return _Reading(sites, ended, here, ahead, behind[:, born])

    def _amplitudes(self, reading: _Reading, here: Matrix, ahead: Matrix) -> Matrix:
        """Return all amplitudes of columns, (realization, M + N, column)."""
        found = []
        for rows, columns in ((reading.here, here), (reading.ahead, ahead)):
            if np.iscomplexobj(rows):
                found.append(rows @ columns)
            else:
                found.append((rows @ columns.view(np.float64)).view(np.complex128))
        if self._weights is None:
            return np.asarray(found[0] + found[1])
        M, N, W = self._modes.width, self._modes.channels, self._weights
        amplitudes = np.empty((len(here), M + N, here.shape[2]), np.complex128)
        for part, modes_of in ((slice(M), slice(M)), (slice(M, None), slice(N))):
            np.multiply(found[1][:, modes_of], W[part, 1], out=amplitudes[:, part])
            amplitudes[:, part] += found[0][:, modes_of] * W[part, 0]
        return amplitudes

    def close(
        self, latest: Matrix, before: Matrix, back: Matrix, there: NDArray[np.bool_]
    ) -> Closed:
        """Return what passes wires that end with a slice of which some components are `there`.

        Parameters
        ----------
        latest, before : (realization, M, column) complex arrays
            What the bare wire has on the slice behind, and the last slice.
        back : (realization, N, column) complex array
            What the columns send into the left lead.
        """
        reading = self._reading(there)
        R, N, count = back.shape
        M, born, sites = self._modes.width, reading.born.shape[1], reading.sites
        ended = len(reading.ended)
        parts = self._amplitudes(reading, before[:, sites], latest[:, sites])
        entering = np.empty((R, M + ended, count + born), np.complex128)
        leaving = np.empty((R, len(parts[0]) - M, count + born), np.complex128)
        entering[:, :M, :count], leaving[:, :, :count] = parts[:, :M], parts[:, M:]
        entering[:, :M, count:], leaving[:, :, count:] = reading.born[:M], reading.born[M:]
        entering[:, M:, :count] = self._leaves[reading.ended] @ latest if ended else 0.0
        entering[:, M:, count:] = 0.0
        if born:
            back = np.pad(back, ((0, 0), (0, 0), (0, born)))
        nothing = np.zeros((R, 0, count + born), np.complex128)
        S, strain = closed(Columns(entering, leaving, nothing, back), [])
        t, r = S[:, :N], S[:, N:]
        reflection = (r.real**2 + r.imag**2).sum(axis=(1, 2))
        return Closed(t, reflection, strain.of_elements[:, 0, 0], strain.of_solution[:, 0, 0])
