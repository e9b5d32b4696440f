"""Recursive Green's functions: any slice, an inversion each. Slower than transfer, and its referee.

The left part of the wire acts on slice n through a self-energy, Sigma_n = v^+ g_{n-1} v with
g_n = (E - h - eps_n - Sigma_n)^-1. What lies between the left lead and slice n is kept in the N
open channels only. A length L is closed with the right lead's self-energy on slice L - 1, on a
copy. Nothing inverts v, so it may be singular, and the field sits in v (the transfer solver has it
elsewhere): the two solvers share neither their algorithm nor their gauge.

Lee and Fisher, PRL 47, 882 (1981); MacKinnon, Z. Phys. B 59, 385 (1985); Fisher and Lee, PRB 23,
6851 (1981).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import QtcoreError
from qtcore.model.slices import Slices
from qtcore.model.wire import Wire
from qtcore.solve.contacts import Contact, Leads, attach
from qtcore.solve.pencil import Matrix
from qtcore.solve.sample import (
    HoppingOf,
    PotentialOf,
    SampleSlice,
    addressed,
    in_units,
    sample_slices,
)
from qtcore.solve.smatrix import SMatrices


def solve_slice(block: Matrix, right_side: Matrix, slice_number: int) -> Matrix:
    """Return block^-1 right_side for every realization, (realization, M, K).

    Raises
    ------
    QtcoreError
        If a block cannot be inverted.
    """
    try:
        return np.linalg.solve(block, right_side)
    except np.linalg.LinAlgError:
        raise QtcoreError(
            f"the wire up to slice {slice_number} has a state at exactly this energy that no lead "
            "reaches; shift the energy by 1e-6"
        ) from None


def scattering_matrices(
    slices: Slices,
    energy: float,
    lengths: Sequence[int],
    potential: NDArray[np.float64] | PotentialOf,
    absorption: float = 0.0,
    hopping: HoppingOf | None = None,
    nudge: float = 0.0,
) -> list[SMatrices]:
    """Return the scattering matrices of an ensemble at every length, in one pass.

    Memory does not grow with the length where potential and hopping are functions.

    Parameters
    ----------
    slices : Slices
        The clean wire and its leads.
    energy : float
        Units of t.
    lengths : sequence of int
        Strictly increasing numbers of slices, each >= 1.
    potential : (slice, site, realization) float array or function
        Disorder and gates, units of t, or a function of (first slice, number of slices) that
        returns those.
    absorption : float
        eta >= 0 of a self-energy -i eta on every site (units of t): S is no longer unitary.
    hopping : function, optional
        Random hopping of (first slice, number of slices); see `Wire.hopping_of`.
    nudge : float
        By how many of its rounding errors the leads' energy is moved; see `general_modes`.

    Returns
    -------
    list of SMatrices
        One for each length.

    Raises
    ------
    InputError
        If the potential does not fit the wire, or no mode is open.
    QtcoreError
        If a part of the wire that no lead reaches has a state at exactly this energy.
    """
    unit = slices.unit
    if unit != 1:
        slices, energy, absorption = slices.in_units(unit), energy / unit, absorption / unit
        potential, hopping = in_units(potential, hopping, unit)
    sample = sample_slices(slices, lengths[-1], potential, hopping)
    leads = attach(slices, energy, nudge, keeps_unknowns=True)
    return list(solved(sample, leads, energy + 1j * absorption, lengths))


def solved(
    sample: Iterable[SampleSlice], leads: Leads, energy: complex, lengths: Sequence[int]
) -> Iterator[SMatrices]:
    """Yield the scattering matrices of a sample that ends after each of these numbers of slices.

    Parameters
    ----------
    sample : iterable of SampleSlice
        As many slices as the last length, the first one at the left lead. They may differ in size,
        if only the slices at which a length ends have that of the right contact.
    leads : Leads
        Contacts to the first slice and to those at which a length ends.
    energy : complex
        Energy plus i times the absorption, units of t.
    lengths : sequence of int
        Strictly increasing.
    """
    reached = None
    for number, (H, step) in enumerate(sample, start=1):
        if reached is None:
            reached = _start(leads.left, len(H))
        out, arriving, back, log_out, log_arriving, surface = reached
        # Behind the orbitals of the first slice there may be unknowns of the left contact.
        M, size = H.shape[1], surface.shape[1]
        block = _padded(energy * np.eye(M) - H, size, size) - surface
        if number in lengths:
            yield _closed(block, leads.right, reached, number - 1)
        if number == lengths[-1]:
            return
        rank = step.A.shape[2]
        coupled = _padded(np.broadcast_to(step.A, (len(H), M, rank)), size, rank)
        found = solve_slice(block, np.concatenate([coupled, arriving], axis=2), number - 1)
        ahead, through = found[:, :, :rank], found[:, :, rank:]
        back = back + np.exp(log_out + log_arriving)[:, None, None] * (out @ through)
        out, log_out = _rescaled(step.ahead(out @ ahead), log_out)
        arriving, log_arriving = _rescaled(step.back(through[:, :M]), log_arriving)
        surface = step.ahead(step.back(ahead[:, :M]))
        reached = _Reached(out, arriving, back, log_out, log_arriving, surface)


class _Reached(NamedTuple):
    """What lies between the left lead and a slice.

    Attributes
    ----------
    out : (realization, N', M) complex array
        What reaches the left lead from this slice, times exp(-log_out).
    arriving : (realization, M, N') complex array
        What arrives here from the left lead, times exp(-log_arriving).
    back : (realization, N', N') complex array
        What came back into the left lead before this slice.
    log_out, log_arriving : (realization,) float arrays
        Natural logarithms of the scales.
    surface : (realization, M, M) complex array
        Self-energy of all that lies to the left, units of t.
    """

    out: Matrix
    arriving: Matrix
    back: Matrix
    log_out: NDArray[np.float64]
    log_arriving: NDArray[np.float64]
    surface: Matrix


def _start(left: Contact, R: int) -> _Reached:
    parts = (left.read, left.source, -left.direct)
    out, arriving, back = (np.broadcast_to(part, (R, *part.shape)) for part in parts)
    surface = np.broadcast_to(left.sigma, (R, *left.sigma.shape))
    return _Reached(out, arriving, back, np.zeros(R), np.zeros(R), surface)


def _closed(block: Matrix, right: Contact, reached: _Reached, slice_number: int) -> SMatrices:
    """Return the scattering matrices of a wire that ends with this slice."""
    out, arriving, back, log_out, log_arriving, _ = reached
    N, R, size = right.channels, len(block), block.shape[1] + right.unknowns
    # The right contact's own unknowns come behind those of the left one.
    M = len(right.sigma) - right.unknowns
    place = np.r_[:M, block.shape[1] : size]
    closing, source = np.zeros((size, size), complex), np.zeros((R, size, N), complex)
    closing[place[:, None], place] = right.sigma
    source[:, place] = right.source
    both = np.concatenate([source, _padded(arriving, size, arriving.shape[2])], axis=2)
    psi = solve_slice(_padded(block, size, size) - closing, both, slice_number)
    out = _padded(out, out.shape[1], size)
    read = np.zeros((N, size), complex)
    read[:, place] = right.read
    from_right, from_left = psi[:, :, :N], psi[:, :, N:]
    scale = np.exp(log_out + log_arriving)[:, None, None]
    return SMatrices(
        t=out @ from_right,
        r=read @ from_right - right.direct,
        t_prime=read @ from_left,
        r_prime=back + scale * (out @ from_left),
        log_scale=log_out,
        log_scale_prime=log_arriving,
    )


def _padded(matrices: Matrix, rows: int, columns: int) -> Matrix:
    """Return matrices with zeros behind their rows and columns, a copy if there are any."""
    more = rows - matrices.shape[1], columns - matrices.shape[2]
    return np.pad(matrices, ((0, 0), (0, more[0]), (0, more[1]))) if any(more) else matrices


def _rescaled(
    amplitudes: Matrix, log_scale: NDArray[np.float64]
) -> tuple[Matrix, NDArray[np.float64]]:
    """Return amplitudes of order one and the logarithm of what they are to be multiplied by."""
    size = np.abs(amplitudes).max(axis=(1, 2))
    # A wire that lets nothing at all through keeps its zeros.
    size[size == 0] = 1.0
    return amplitudes / size[:, None, None], log_scale + np.log(size)


def ensemble(
    wire: Wire,
    energy: float,
    lengths: Sequence[int],
    realizations: NDArray[np.uint64],
    seed: int,
    absorption: float = 0.0,
) -> list[SMatrices]:
    """Return the scattering matrices of samples of a wire at every length, in bounded memory.

    Parameters
    ----------
    wire : Wire
        The wire.
    energy : float
        Units of t.
    lengths : sequence of int
        Strictly increasing numbers of slices.
    realizations : (R,) uint64 array
        Numbers of the samples.
    seed : int
        Seed of the ensemble.
    absorption : float
        eta >= 0 of a self-energy -i eta on every site, units of t.
    """
    potential, hopping = addressed(wire, realizations, seed)
    return scattering_matrices(wire.slices(), energy, lengths, potential, absorption, hopping)


class Amplitudes(NamedTuple):
    """Amplitudes of one sample for waves from the right; indices (outgoing, incoming) modes.

    Attributes
    ----------
    t : (channels, channels) complex array
        Transmission to the left lead, to be multiplied by exp(log_scale).
    log_scale : float
        Natural logarithm of the scale of t.
    r : (channels, channels) complex array
        Reflection back into the right lead.
    """

    t: NDArray[np.complexfloating]
    log_scale: float
    r: NDArray[np.complexfloating]

    @property
    def ln_g(self) -> float:
        """Natural logarithm of g (e²/h per spin)."""
        return float(np.log((np.abs(self.t) ** 2).sum()) + 2 * self.log_scale)

    @property
    def reflection(self) -> float:
        """Total reflection."""
        return float((np.abs(self.r) ** 2).sum())


def amplitudes(
    wire: Wire, energy: float, lengths: Sequence[int], realization: int, seed: int
) -> list[Amplitudes]:
    """Return the scattering amplitudes of one sample of a wire at every length.

    Parameters
    ----------
    wire : Wire
        The wire.
    energy : float
        Units of t.
    lengths : sequence of int
        Strictly increasing numbers of slices.
    realization, seed : int
        Address of the sample.

    Returns
    -------
    list of Amplitudes
        One for each length.
    """
    numbers = np.array([realization], dtype=np.uint64)
    found = ensemble(wire, energy, lengths, numbers, seed)
    return [Amplitudes(S.t[0], float(S.log_scale[0]), S.r[0]) for S in found]
