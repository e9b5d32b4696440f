"""Strips between narrower leads at different places: a front eliminates their sites, see `front`.

Most of what leaves a lead goes straight ahead, and only a small part of it to a lead at another
place. The transfer solver carries everything that arrives at a slice, with an error that is relative
to the largest, and so loses the small part in a long localized strip. An elimination adds up the waves
between the two leads and nothing else: each has an error relative to itself. Slices are not told
apart; the front sweeps from the right lead on and takes sites in the order of their distance from it.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from qtcore.model.lattice import Square
from qtcore.solve.contacts import Contact, attach
from qtcore.solve.elimination import size
from qtcore.solve.front import SHALLOW, Corner, corner, lost, room_for
from qtcore.solve.front_order import Border, Order, order_of
from qtcore.solve.pencil import Matrix
from qtcore.solve.problem import CONDITION, NOTHING, ROUNDING, Problem, Solved, defect_of
from qtcore.solve.shared import SharedDisorder
from qtcore.solve.smatrix import ln_eigenvalues
from qtcore.units import LANES

_LEFT, _RIGHT = 0, 1

_MOST_DOUBLINGS = 400
"""Times that a deep strip's amplitudes are doubled: their squares stay numbers at both ends."""

_OF_DEFECT = 4.0
"""Error of ln g that a unitarity defect stands for, as in `certified`."""


class _Plan(NamedTuple):
    """An elimination of all samples of a strip of one length.

    Attributes
    ----------
    order : Order
        The elimination; the D sites are numbered slice by slice.
    diagonal : (D,) int array
        Where E - eps of each site is among its entries.
    """

    order: Order
    diagonal: NDArray[np.intp]


@lru_cache(maxsize=16)
def _plan(
    lattice: Square, length: int, sites: tuple[tuple[int, ...], ...], channels: tuple[int, int]
) -> _Plan:
    """Return the elimination for leads on some sites of the first and of the last slice."""
    D = length * lattice.width
    H = _clean(lattice, length)
    left, right = (np.array(one, dtype=np.intp) for one in sites)
    N, M = channels
    border = Border(
        [left, right + D - lattice.width],
        [np.arange(N), np.arange(N, N + M)],
        [np.arange(N), np.arange(0)],
    )
    order = order_of(abs(H), border, _RIGHT)
    own = np.flatnonzero(order.entry_rows == order.entry_columns)
    diagonal = np.empty(D, dtype=np.intp)
    diagonal[order.entry_rows[own]] = own
    return _Plan(order, diagonal)


def _clean(lattice: Square, length: int) -> sparse.csr_array:
    """Return H of a strip without disorder, (D, D)."""
    across = sparse.csr_array(lattice.transverse().real)
    ahead = sparse.eye_array(length, k=1)
    inside = sparse.kron(sparse.eye_array(length), across)
    along = sparse.kron(ahead + ahead.T, sparse.eye_array(lattice.width))
    return sparse.csr_array(inside + along)


def eliminated(problem: Problem, groups: Sequence[int]) -> Solved:
    """Return what the front finds of some groups of a strip between narrower leads.

    A contact that keeps unknowns of its own, where its lead has a bound state at this energy, is not
    eliminated: all samples then are in doubt.
    """
    wire, lengths = problem.wire, problem.ensemble.lengths
    leads = attach(wire.slices(), problem.energy, problem.nudge)
    by_length = []
    for length in lengths:
        if leads.left.unknowns or leads.right.unknowns:
            by_length.append(_unknown(problem, len(groups)))
        else:
            by_length.append(_of_length(problem, leads, length, groups))
    return Solved(*(np.stack(parts, axis=1) for parts in zip(*by_length, strict=True)))


def _of_length(
    problem: Problem, leads: tuple[Contact, Contact], length: int, groups: Sequence[int]
) -> Solved:
    """Return what is found of strips of one length, (realization, ...)."""
    wire, sites = problem.wire, problem.wire.lead_sites
    assert wire.strip is not None
    assert sites is not None
    channels = leads[_LEFT].channels, leads[_RIGHT].channels
    numbers = tuple(tuple(one.tolist()) for one in sites)
    plan = _plan(wire.strip, length, numbers, channels)
    values = _values(plan.order, _clean(wire.strip, length), problem.energy, leads, sites)
    shared, room = np.repeat(values[:, :, None], LANES, axis=2), room_for(plan.order.program)
    unit, found = size(leads[_LEFT].lead.v), []
    reads = plan.order.entry_rows >= len(plan.diagonal) + channels[_LEFT]
    for group in groups:
        samples = np.arange(group * LANES, (group + 1) * LANES, dtype=np.uint64)
        disorder = SharedDisorder(wire, samples, problem.ensemble.seed, keep=False)
        potential = disorder.potential(wire)(0, length).reshape(-1, LANES)
        values = shared.copy()
        values[plan.diagonal, 0] -= potential
        left, doublings = corner(plan.order.program, values, unit, room), 0
        if (_transmission(left, channels[_LEFT]) < SHALLOW).any():
            # What the right lead reads is larger then, by a power of two, and has the same bits.
            doublings = _MOST_DOUBLINGS
            values[reads] *= 2.0**doublings
            left = corner(plan.order.program, values, unit, room)
        found.append(_judged(problem, left, leads[_LEFT].direct, doublings))
    return Solved(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def _values(
    order: Order,
    H: sparse.csr_array,
    energy: float,
    leads: tuple[Contact, Contact],
    sites: tuple[NDArray[np.intp], NDArray[np.intp]],
) -> NDArray[np.float64]:
    """Return the elements of E - H - Sigma, sources and reading rows, without disorder, (entry, 2)."""
    D, row = H.shape[0], H.shape[0]
    Z = (energy * sparse.eye_array(D) - H).tocoo()
    parts = [(Z.data.astype(np.complex128), *Z.coords)]
    last = D - len(leads[_LEFT].sigma)
    for contact, own, first in zip(leads, sites, (0, last), strict=True):
        N, at = contact.channels, own + first
        modes = row + np.arange(N)
        sigma = contact.sigma[np.ix_(own, own)]
        parts.append((-sigma.ravel(), np.repeat(at, len(at)), np.tile(at, len(at))))
        parts.append((contact.read[:, own].ravel(), np.repeat(modes, len(at)), np.tile(at, N)))
        row += N
    N, own = leads[_LEFT].channels, sites[_LEFT]
    sources = D + np.arange(N)
    parts.append((leads[_LEFT].source[own].ravel(), np.repeat(own, N), np.tile(sources, len(own))))
    values, rows, columns = (np.concatenate(every) for every in zip(*parts, strict=True))
    whole = sparse.csr_array((values, (rows, columns)), shape=(row, D + N))
    found = np.asarray(whole[order.entry_rows, order.entry_columns]).ravel()
    return np.stack([found.real, found.imag], axis=1)


def _transmission(left: Corner, channels: int) -> NDArray[np.float64]:
    """Return T of all samples, of waves in so many channels of the left lead."""
    found: NDArray[np.float64] = (np.abs(left.found[:, channels:]) ** 2).sum(axis=(1, 2))
    return found


def _judged(problem: Problem, left: Corner, direct: Matrix, doublings: int) -> Solved:
    """Return ln g and reflection of waves from the left lead, with the errors of the elimination.

    The amplitudes in the right lead are 2^doublings times as large as they are.
    """
    N, log_scale = len(direct), -doublings * math.log(2)
    T, R = _transmission(left, N), (np.abs(left.found[:, :N] - direct) ** 2).sum(axis=(1, 2))
    ln_g = np.log(T) + 2 * log_scale
    rounding = ROUNDING * lost(left.growth, left.cancelled, left.parts[:, _RIGHT, _LEFT], T)
    certificate = np.maximum(_OF_DEFECT * defect_of(problem, ln_g, R), rounding)
    certificate += CONDITION * (4 + np.where(T > 0, np.abs(ln_g), 0.0))
    certificate = np.nan_to_num(certificate, nan=NOTHING, posinf=NOTHING)
    ln_T = np.empty((LANES, 0))
    if problem.eigenvalues:
        amplified = np.minimum(np.sqrt(1 + np.nan_to_num(left.growth)), NOTHING)
        t = np.where(np.isfinite(left.found), left.found, 0.0)[:, N:]
        ln_T = ln_eigenvalues(t, np.full(LANES, log_scale), amplified)
    return Solved(ln_g, R, certificate, np.zeros(LANES), ln_T)


def _unknown(problem: Problem, groups: int) -> Solved:
    """Return that nothing is known of any sample."""
    nothing = np.full(LANES * groups, np.nan)
    channels = problem.modes.channels if problem.eigenvalues else 0
    ln_T = np.full((len(nothing), channels), np.nan)
    return Solved(nothing, nothing, np.full(len(nothing), NOTHING), np.zeros(len(nothing)), ln_T)
