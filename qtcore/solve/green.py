"""Green's functions inside a wire between its leads: columns, diagonal blocks, scattering states.

E - H - Sigma is block tridiagonal in the slices. Its columns follow from block elimination to the
right and substitution to the left (the Thomas algorithm). A sample in which a block that is to be
inverted comes close to singular is solved as a whole, with pivoting. Memory grows with length,
unlike in `recursive`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from qtcore.model.slices import Slices
from qtcore.model.wire import Wire
from qtcore.shown import Card, Shown
from qtcore.solve.arguments import checked_energy, checked_wire
from qtcore.solve.contacts import Leads, Turned, attach
from qtcore.solve.doubt import largest
from qtcore.solve.elimination import GROWTH, Before, beyond, response, responses, size
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.origin import Origin
from qtcore.solve.pencil import Matrix
from qtcore.solve.sample import HoppingOf, addressed, sample_slices
from qtcore.solve.whole import UnreachableStateError, whole_solution
from qtcore.solve.words import open_sample_card
from qtcore.threads import one_thread

_CLOSE = 2.0**30
"""Response, in units of the inverse coupling, from which on a level counts as close."""

_INFINITE = 2.0**42
"""The same of a Green's function that has no correct digit: its level is there."""


@dataclass(frozen=True, eq=False, repr=False)
class Blocks(Shown):
    """Block tridiagonal E - H - Sigma of an ensemble of one length, leads and absorption included.

    Attributes
    ----------
    diagonal : (slice, realization, M, M) complex array
        Blocks on the diagonal, units of t.
    inside : (slice, 1 or realization, M, M) complex array
        H inside the slices without the potential, units of t.
    ahead : (slice - 1, 1 or realization, M, M) complex array
        Coupling to the next slice; the blocks beside the diagonal are -v and -v^+.
    leads : Leads
        What the leads do to the first and the last slice.
    sites : int
        Sites in a slice; the orbitals of one follow each other in M.
    absorption : float
        eta of a self-energy -i eta on every site, units of t.
    turned : {slice: Turned}
        Of slices at which a self-energy has a pole close by: T, and the block on the diagonal
        times T, (realization, M, M). A single slice has the amplitudes c at both leads, T (M, 2 M),
        and as many rows.
    has_holes : bool
        Whether the orbitals of a site are those of electrons and holes.
    origin : Origin or None
        What the samples were cut out of, where `sample_with_leads` made them.
    """

    diagonal: Matrix
    inside: Matrix
    ahead: Matrix
    leads: Leads
    sites: int
    absorption: float
    turned: dict[int, Turned] = field(default_factory=dict)
    has_holes: bool = False
    origin: Origin | None = None

    def _card(self) -> Card:
        """Return what it shows of itself."""
        count, modes = len(self.diagonal), [lead.channels for lead in self.leads]
        energy = self.leads.left.lead.energy
        return open_sample_card(self.origin, count, self.sites, energy, modes, self.absorption)

    @property
    def unit(self) -> float:
        """The largest coupling between slices of the leads, units of t."""
        return size(self.leads.right.lead.v)

    @property
    def orbitals(self) -> int:
        """Orbitals on each site."""
        return int(self.diagonal.shape[2]) // self.sites

    def response(self, n: int, taken: Matrix | None, right_side: Matrix) -> Matrix:
        """Return (E - H - Sigma - taken)^-1 right_side of slice n; see `responses`."""
        if n not in self.turned:
            block = self.diagonal[n] if taken is None else self.diagonal[n] - taken
            return responses(block, right_side, self.unit)
        T, block = self.turned[n]
        M, more = len(T), block.shape[1] - len(T)
        if taken is not None:
            block = block.copy()
            block[:, :M] -= taken @ T
        given = np.pad(right_side, ((0, 0), (0, more), (0, 0)))
        return T @ responses(block, given, self.unit)

    def sources(self, left: Matrix, right: Matrix) -> Matrix:
        """Return right-hand sides on the end slices, (slice, M, N' + N): left's come first."""
        L, _, M, _ = self.diagonal.shape
        N = left.shape[1]
        both = np.zeros((L, M, N + right.shape[1]), dtype=np.complex128)
        both[0, :, :N] = left
        both[-1, :, N:] += right
        return both


@one_thread
def sample_with_leads(
    wire: Wire,
    energy: float,
    length: int,
    realizations: Sequence[int],
    seed: int,
    absorption: float = 0.0,
) -> Blocks:
    """Return samples of a wire between their leads, to be asked what goes on inside.

    Parameters
    ----------
    wire : Wire
        The wire.
    energy : float
        Units of t.
    length : int
        Number of slices.
    realizations : sequence of int
        Numbers of the samples, each >= 0. Memory grows with their number times the length.
    seed : int
        Seed of the ensemble, >= 0.
    absorption : float
        eta >= 0 of a self-energy -i eta on every site, units of t.

    Raises
    ------
    InputError
        If an argument is wrong, or no mode is open.
    """
    ensemble = Ensemble([length], realizations, seed, absorption=absorption)
    energy = checked_energy(energy)
    checked_wire(wire, junction=True).check_length(ensemble.longest)
    potential, hopping = addressed(wire, ensemble.numbers, ensemble.seed)
    values = potential(0, ensemble.longest)
    found = blocks(wire.slices(), energy, values, ensemble.absorption, hopping)
    origin = Origin(wire, tuple(ensemble.realizations), ensemble.seed)
    return replace(found, sites=wire.width, has_holes=wire.space.paired, origin=origin)


def blocks(
    slices: Slices,
    energy: float,
    potential: NDArray[np.float64],
    absorption: float = 0.0,
    hopping: HoppingOf | None = None,
) -> Blocks:
    """Return E - H - Sigma of a wire as long as its potential.

    Parameters
    ----------
    slices : Slices
        The clean wire and its leads.
    energy : float
        Units of t.
    potential : (slice, site, realization) float array
        Disorder and gates, units of t.
    absorption : float
        eta >= 0 of a self-energy -i eta on every site, units of t.
    hopping : function, optional
        Random hopping of (first slice, number of slices); see `Wire.hopping_of`.

    Raises
    ------
    InputError
        If the potential does not fit the wire, or no mode is open.
    """
    M, L = len(slices.h), max(1, len(potential))
    # H without the potential and the coupling are the same for all samples unless bonds differ.
    H = np.stack([part.H for part in sample_slices(slices, L, potential, hopping)])
    if hopping:
        found = hopping(0, L)
        inside, ahead = found.inside.dense(M), found.ahead.dense(M)[:-1]
    else:
        inside, ahead = (
            np.broadcast_to(matrix, (count, 1, M, M))
            for matrix, count in ((slices.h, L), (slices.v, L - 1))
        )
    leads = attach(slices, energy)
    diagonal = (energy + 1j * absorption) * np.eye(M) - H
    turned = _turned_ends(diagonal, leads)
    diagonal[0] -= leads.left.sigma
    diagonal[-1] -= leads.right.sigma
    return Blocks(diagonal, inside, ahead, leads, slices.sites, absorption, turned)


def _turned_ends(diagonal: Matrix, leads: Leads) -> dict[int, Turned]:
    """Return the blocks of end slices at which a self-energy has a pole; `diagonal` is E - H."""
    ends = [(place, contact) for place, contact in zip((0, -1), leads, strict=True)]
    if len(diagonal) > 1:
        return {
            place % len(diagonal): Turned(T, diagonal[place] @ T - sigma)
            for place, contact in ends
            if contact.turned
            for T, sigma in [contact.turned]
        }
    if not any(contact.turned for contact in leads):
        return {}
    # A single slice has the amplitudes of both leads, which have to agree on the wave.
    H, R, M = diagonal[0], *diagonal.shape[1:3]
    (T, sigma), (T_right, sigma_right) = (
        contact.turned or Turned(np.eye(M, dtype=np.complex128), contact.sigma) for contact in leads
    )
    unit = size(leads.left.lead.v)
    block = np.empty((R, 2 * M, 2 * M), dtype=np.complex128)
    block[:, :M, :M], block[:, :M, M:] = H @ T - sigma, -sigma_right
    block[:, M:, :M], block[:, M:, M:] = unit * T, -unit * T_right
    return {0: Turned(np.hstack([T, np.zeros_like(T)]), block)}


def reattached(system: Blocks, leads: Leads) -> Blocks:
    """Return samples with other self-energies of the same leads."""
    diagonal = system.diagonal.copy()
    L, _, M, _ = diagonal.shape
    turned = {n: Turned(one.basis, one.sigma.copy()) for n, one in system.turned.items()}
    for place, before, after in zip((0, -1), system.leads, leads, strict=True):
        diagonal[place] += before.sigma - after.sigma
        if place % L in turned:
            old, new = (one.turned.sigma if one.turned else one.sigma for one in (before, after))
            own = slice(M, None) if L == 1 and place == -1 else slice(M)
            turned[place % L].sigma[:, :M, own] += old - new
    return replace(system, diagonal=diagonal, leads=leads, turned=turned)


@one_thread
def solve_blocks(system: Blocks, sources: Matrix) -> Matrix:
    """Return psi with (E - H - Sigma) psi = source.

    Parameters
    ----------
    system : Blocks
        From `sample_with_leads` or `blocks`.
    sources : (slice, M, K) complex array
        The same K right-hand sides for every realization.

    Returns
    -------
    (slice, realization, M, K) complex array
        Of a sample with states that no lead reaches at exactly this energy: orthogonal to them,
        which is the limit from energies close by.

    Raises
    ------
    UnreachableStateError
        If a source drives such a state.
    """
    (L, R, M, _), unit = system.diagonal.shape, system.unit
    solved = np.empty((L, R, M, M), dtype=np.complex128)
    # One column more tells whether a level of a part, or of the whole, is close to the energy.
    given = np.concatenate([sources, np.cos(np.arange(L * M)).reshape(L, M, 1)], axis=2)
    psi = np.empty((L, R, M, given.shape[2]), dtype=np.complex128)
    back = system.ahead.conj().swapaxes(2, 3)
    taken: Matrix | None = None
    source = np.broadcast_to(given[0], psi.shape[1:])
    close = np.zeros(R, dtype=np.bool_)
    for n in range(L - 1):
        coupling = np.broadcast_to(system.ahead[n], (R, M, M))
        both = system.response(n, taken, np.concatenate([coupling, source], axis=2))
        # Solved as a whole below: until then it must not become infinite.
        met = ~(largest(both[:, :, :M]) < GROWTH)
        close |= met
        both[met] = 0.0
        solved[n], psi[n] = both[:, :, :M], both[:, :, M:]
        taken = back[n] @ solved[n]
        source = given[n + 1] + back[n] @ psi[n]
    psi[-1] = system.response(L - 1, taken, source)
    for n in range(L - 2, -1, -1):
        psi[n] += solved[n] @ psi[n + 1]
    close |= ~(np.abs(psi[..., -1]).max(axis=(0, 2)) * unit < _CLOSE)
    for r in np.flatnonzero(close).tolist():
        ahead = system.ahead[:, r % system.ahead.shape[1]]
        try:
            psi[:, r, :, :-1] = whole_solution(system.diagonal[:, r], ahead, sources, unit)
        except UnreachableStateError as error:
            raise error.in_sample(r, R) from None
    return psi[..., :-1]


@one_thread
def green_columns(system: Blocks, slice_number: int) -> Matrix:
    """Return G[:, slice_number], (slice, realization, M, M), in units of 1/t.

    Raises
    ------
    UnreachableStateError
        If a state that no lead reaches lies at exactly this energy, and on this slice.
    """
    L, _, M, _ = system.diagonal.shape
    sources = np.zeros((L, M, M), dtype=np.complex128)
    sources[slice_number] = np.eye(M)
    return solve_blocks(system, sources)


@one_thread
def green_diagonal(system: Blocks) -> Matrix:
    """Return the blocks G[n, n] of all slices, (slice, realization, M, M), in units of 1/t.

    Raises
    ------
    UnreachableStateError
        If a state that no lead reaches lies at exactly this energy, where G is infinite.
    """
    diagonal, shape = system.diagonal, system.diagonal.shape[1:]
    L = len(diagonal)
    ahead = [np.broadcast_to(v, shape) for v in system.ahead]
    back = [v.conj().swapaxes(1, 2) for v in ahead]
    left, right = np.zeros_like(diagonal), np.zeros_like(diagonal)
    growth = np.zeros(shape[0])
    for n in range(1, L):
        found = system.response(n - 1, left[n - 1], ahead[n - 1])
        _note(found, growth)
        left[n] = back[n - 1] @ found
    for n in range(L - 2, -1, -1):
        found = system.response(n + 1, right[n + 1], back[n])
        _note(found, growth)
        right[n] = ahead[n] @ found
    blocks = (diagonal - left - right).reshape(-1, *shape[1:])
    G = responses(blocks, np.broadcast_to(np.eye(shape[1]), blocks.shape), system.unit)
    G = G.reshape(diagonal.shape)
    for n in system.turned:
        G[n] = system.response(n, left[n] + right[n], np.broadcast_to(np.eye(shape[1]), shape))
    for r in np.flatnonzero(~(growth < GROWTH)).tolist():
        G[:, r] = _diagonal_of_one(system, r)
    most = np.abs(G).max(axis=(0, 2, 3))
    infinite = ~(most * system.unit < _INFINITE)
    if infinite.any():
        r = int(np.argmax(infinite))
        within = 1 / float(most[r])
        raise UnreachableStateError(within, system.unit, r, len(infinite))
    return G


def _note(found: Matrix, growth: NDArray[np.float64]) -> None:
    """Note how large the response of each sample is; those to be solved otherwise end here."""
    growth[:] = np.maximum(growth, largest(found))
    found[~(growth < GROWTH)] = 0.0


def _diagonal_of_one(system: Blocks, r: int) -> Matrix:
    """Return the blocks G[n, n] of one realization from both of its sides, (slice, M, M)."""
    diagonal = system.diagonal[:, r]
    ahead = system.ahead[:, r % system.ahead.shape[1]]
    L, M, _ = diagonal.shape
    one = np.eye(M, dtype=np.complex128)
    left = list(_from_one_end(diagonal, [(v, one) for v in ahead]))
    right = list(_from_one_end(diagonal[::-1], [(one, v) for v in ahead[::-1]]))[::-1]
    G = np.empty((L, M, M), dtype=np.complex128)
    for n, (before, behind) in enumerate(zip(left, right, strict=True)):
        extra = len(behind) - M
        K = len(before)
        block = np.zeros((K + extra, K + extra), dtype=np.complex128)
        block[:K, :K] = before
        block[:M, :M] += behind[:M, :M] - diagonal[n]
        block[:M, K:], block[K:, :M], block[K:, K:] = (
            *(behind[:M, M:], behind[M:, :M]),
            behind[M:, M:],
        )
        G[n] = response(block, np.eye(len(block), M, dtype=np.complex128), system.unit)[:M]
    return G


def _from_one_end(diagonal: Matrix, steps: list[tuple[Matrix, Matrix]]) -> Iterator[Matrix]:
    """Yield what is to be inverted on each slice if everything lay behind it, see `Before`."""
    M = diagonal.shape[1]
    shapes = (0, M), (M, 0), (0, 0)
    out, arriving, back = (np.zeros(shape, dtype=np.complex128) for shape in shapes)
    here = Before(out, arriving, back, 0.0, 0.0, 0.0, 0.0, np.zeros(2), diagonal[0])
    yield here.block
    for (A, B), inside in zip(steps, diagonal[1:], strict=True):
        here = beyond(here, A, B)
        here.block[:M, :M] += inside
        yield here.block


@one_thread
def scattering_states(system: Blocks) -> Matrix:
    """Return the scattering states that the open modes of both leads send in with unit flux.

    Returns
    -------
    (slice, realization, M, 2 N) complex array
        Columns: the N modes from the left, then the N from the right.
    """
    left, right = system.leads
    return solve_blocks(system, system.sources(left.source, right.source))
