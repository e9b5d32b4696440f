"""Green's functions inside a wire between its leads: columns, diagonal blocks, scattering states.

E - H - Sigma is block tridiagonal in the slices. Its columns follow from block elimination to the
right and substitution to the left (the Thomas algorithm); the leads' self-energies keep every
block that is inverted away from singular. Memory grows with length, unlike in `recursive`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.model.slices import Slices
from qtcore.solve.pencil import Matrix
from qtcore.solve.recursive import Leads, attach, checked_potential, solve_slice


@dataclass(frozen=True, eq=False)
class Blocks:
    """Block tridiagonal E - H - Sigma of an ensemble of one length, leads and absorption included.

    Attributes
    ----------
    diagonal : (slice, realization, M, M) complex array
        Blocks on the diagonal, units of t.
    v : (M, M) complex array
        Coupling to the next slice; the blocks beside the diagonal are -v and -v^+.
    leads : Leads
        What the leads do to the first and the last slice.
    """

    diagonal: Matrix
    v: Matrix
    leads: Leads


def blocks(
    slices: Slices, energy: float, potential: NDArray[np.float64], absorption: float = 0.0
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

    Raises
    ------
    InputError
        If the potential does not fit the wire, or no mode is open.
    """
    values = checked_potential(slices, max(1, len(potential)), potential)
    leads = attach(slices, energy)
    M = len(slices.h)
    diagonal = np.zeros((*values.shape, M), dtype=np.complex128)
    diagonal[...] = (energy + 1j * absorption) * np.eye(M) - slices.h
    sites = np.arange(M)
    diagonal[:, :, sites, sites] -= values
    diagonal[0] -= leads.sigma_left
    diagonal[-1] -= leads.sigma_right
    return Blocks(diagonal, slices.v, leads)


def solve_blocks(system: Blocks, sources: Matrix) -> Matrix:
    """Return psi with (E - H - Sigma) psi = source.

    Parameters
    ----------
    system : Blocks
        From `blocks`.
    sources : (slice, M, K) complex array
        The same K right-hand sides for every realization.

    Returns
    -------
    (slice, realization, M, K) complex array
    """
    L, R, M, _ = system.diagonal.shape
    ahead = np.empty((L, R, M, M), dtype=np.complex128)
    psi = np.empty((L, R, M, sources.shape[2]), dtype=np.complex128)
    v, v_back = system.v, system.v.conj().T
    block, source = system.diagonal[0], np.broadcast_to(sources[0], psi.shape[1:])
    coupling = np.broadcast_to(v, (R, M, M))
    for n in range(L):
        solved = solve_slice(block, np.concatenate([coupling, source], axis=2), n)
        ahead[n], psi[n] = solved[:, :, :M], solved[:, :, M:]
        if n + 1 < L:
            block = system.diagonal[n + 1] - v_back @ ahead[n]
            source = sources[n + 1] + v_back @ psi[n]
    for n in range(L - 2, -1, -1):
        psi[n] += ahead[n] @ psi[n + 1]
    return psi


def green_columns(system: Blocks, slice_number: int) -> Matrix:
    """Return G[:, slice_number], (slice, realization, M, M), in units of 1/t."""
    L, _, M, _ = system.diagonal.shape
    sources = np.zeros((L, M, M), dtype=np.complex128)
    sources[slice_number] = np.eye(M)
    return solve_blocks(system, sources)


def green_diagonal(system: Blocks) -> Matrix:
    """Return the blocks G[n, n] of all slices, (slice, realization, M, M), in units of 1/t."""
    diagonal = system.diagonal
    L = len(diagonal)
    v, v_back = system.v, system.v.conj().T
    left, right = np.zeros_like(diagonal), np.zeros_like(diagonal)
    for n in range(1, L):
        left[n] = v_back @ solve_slice(diagonal[n - 1] - left[n - 1], _like(v, diagonal[n]), n)
    for n in range(L - 2, -1, -1):
        right[n] = v @ solve_slice(diagonal[n + 1] - right[n + 1], _like(v_back, diagonal[n]), n)
    return np.linalg.inv(diagonal - left - right)


def _like(matrix: Matrix, blocks_of: Matrix) -> Matrix:
    return np.broadcast_to(matrix, blocks_of.shape)


def scattering_states(system: Blocks) -> Matrix:
    """Return the scattering states that the open modes of both leads send in with unit flux.

    Returns
    -------
    (slice, realization, M, 2 N) complex array
        Columns: the N modes from the left, then the N from the right.
    """
    L, _, M, _ = system.diagonal.shape
    N = system.leads.modes.channels
    sources = np.zeros((L, M, 2 * N), dtype=np.complex128)
    sources[0, :, :N] = system.leads.from_left
    sources[-1, :, N:] += system.leads.from_right
    return solve_blocks(system, sources)
