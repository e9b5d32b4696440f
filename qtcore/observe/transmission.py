"""Transmission in three ways: S itself, from Green's functions (Caroli), from currents (Kubo)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qtcore.model.wire import Wire
from qtcore.solve.arguments import Side, checked_energy, checked_incidence, checked_wire
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.green import Blocks, green_columns, solve_blocks
from qtcore.solve.pencil import Matrix
from qtcore.solve.recursive import ensemble_matrices
from qtcore.solve.smatrix import RESOLVED, SMatrices
from qtcore.solve.whole import UnreachableStateError
from qtcore.threads import one_thread


@one_thread
def scattering_matrices(
    wire: Wire,
    energy: float,
    lengths: Sequence[int],
    realizations: Sequence[int],
    seed: int,
    absorption: float = 0.0,
) -> list[SMatrices]:
    """Return the full scattering matrices of an ensemble of wires, one entry for each length.

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
    absorption : float
        eta >= 0 of a self-energy -i eta on every site, units of t: S is no longer unitary.

    Raises
    ------
    InputError
        If an argument is wrong, or no mode is open.
    """
    ensemble = Ensemble(lengths, realizations, seed, absorption=absorption)
    return ensemble_matrices(checked_wire(wire, junction=True), checked_energy(energy), ensemble)


@one_thread
def caroli(system: Blocks, incidence: Side = "left") -> NDArray[np.float64]:
    """Return T = Tr[Gamma_out G Gamma_in G^+] of a coherent wire or of an absorbing one, (R,).

    Waves come in from the left lead, or as `incidence` says; only with absorption it matters.

    Caroli et al., J. Phys. C 4, 916 (1971); Fisher and Lee, PRB 23, 6851 (1981).
    """
    left, right = system.leads
    # Gamma = W W^+: the states that W drives have a meaning even where G is infinite.
    W_left, W_right = (contact.read.conj().T for contact in (left, right))
    none = W_left[:, :0]
    if checked_incidence(incidence) == "left":
        psi, out = solve_blocks(system, system.sources(W_left, none))[-1], right
    else:
        psi, out = solve_blocks(system, system.sources(none, W_right))[0], left
    T: NDArray[np.float64] = (np.abs(out.read @ psi) ** 2).sum(axis=(1, 2))
    return T


@one_thread
def kubo(system: Blocks) -> NDArray[np.float64]:
    """Return T = 2 Tr[J_x Im G J_x' Im G] for every pair of currents, (x, x', realization).

    J_x = i (|x + 1> v^+ <x| - h.c.) is the current from slice x to x + 1. Without absorption current
    conservation makes all pairs equal to what `caroli` finds to all digits; a pair that misses it
    by more than 1e-3 is lost in the rounding error of Im G, and NaN (T below about 1e-13). Needs the whole Green's function: (slices * M)² numbers a realization.

    Lee and Fisher, PRL 47, 882 (1981); Baranger and Stone, PRB 40, 8169 (1989).
    """
    L, R, M, _ = system.diagonal.shape
    try:
        G = np.stack([green_columns(system, n) for n in range(L)], axis=1)
        # (row slice, column slice, R, M, M); (G - G^+) / 2i swaps both slices and components.
        absorptive = (G - G.transpose(1, 0, 2, 4, 3).conj()) / 2j
    except UnreachableStateError:
        # What is infinite in G is no part of Im G = -psi psi^+ / 2, of all that comes from leads.
        W = (contact.read.conj().T for contact in system.leads)
        psi = solve_blocks(system, system.sources(*W))
        absorptive = -0.5 * np.einsum("xrim,yrjm->xyrij", psi, psi.conj())
    current = np.zeros((L - 1, system.ahead.shape[1], 2 * M, 2 * M), dtype=np.complex128)
    current[:, :, :M, M:] = -1j * system.ahead
    current[:, :, M:, :M] = 1j * system.ahead.conj().swapaxes(2, 3)

    def carried(x: int, y: int) -> Matrix:
        """Return J_x Im G between the slices x, x + 1 and y, y + 1."""
        block = absorptive[x : x + 2, y : y + 2].transpose(2, 0, 3, 1, 4)
        return np.asarray(current[x] @ block.reshape(R, 2 * M, 2 * M))

    T = np.empty((L - 1, L - 1, R))
    for x in range(L - 1):
        for y in range(L - 1):
            T[x, y] = 2 * np.einsum("rij,rji->r", carried(x, y), carried(y, x)).real
    if system.absorption == 0:
        through = caroli(system)
        T[~(np.abs(T - through) <= RESOLVED * through)] = np.nan
    return T
