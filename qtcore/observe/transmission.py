"""Transmission in three ways: from S, from Green's functions (Caroli), from currents (Kubo)."""

import numpy as np
from numpy.typing import NDArray

from qtcore.solve.green import Blocks, green_columns
from qtcore.solve.pencil import Matrix
from qtcore.solve.recursive import SMatrices, ln_eigenvalues


def ln_transmission_eigenvalues(S: SMatrices) -> NDArray[np.float64]:
    """Return ln T_n, the largest first, (realization, N).

    An eigenvalue is exact relative to the largest of its sample: below 1e-30 of it, rounding
    errors take over (`solve.lyapunov` resolves them all).
    """
    return ln_eigenvalues(S.t, S.log_scale)


def caroli(system: Blocks) -> NDArray[np.float64]:
    """Return T = Tr[Gamma_L G Gamma_R G^+] of a coherent wire or of an absorbing one, (R,).

    Caroli et al., J. Phys. C 4, 916 (1971); Fisher and Lee, PRB 23, 6851 (1981).
    """
    G = green_columns(system, len(system.diagonal) - 1)[0]
    left, right = system.leads.gamma_left, system.leads.gamma_right
    T: NDArray[np.float64] = np.einsum("rij,rij->r", left @ G @ right, G.conj()).real
    return T


def kubo(system: Blocks) -> NDArray[np.float64]:
    """Return T = 2 Tr[J_x Im G J_x' Im G] for every pair of currents, (x, x', realization).

    J_x = i (|x + 1> v^+ <x| - h.c.) is the current from slice x to x + 1. Current conservation
    makes all pairs equal. Needs the whole Green's function: (slices * M)² numbers a realization.

    Lee and Fisher, PRL 47, 882 (1981); Baranger and Stone, PRB 40, 8169 (1989).
    """
    L, R, M, _ = system.diagonal.shape
    G = np.stack([green_columns(system, n) for n in range(L)], axis=1)
    # (row slice, column slice, R, M, M); (G - G^+) / 2i swaps both slices and components.
    absorptive = (G - G.transpose(1, 0, 2, 4, 3).conj()) / 2j
    current = np.zeros((2 * M, 2 * M), dtype=np.complex128)
    current[:M, M:], current[M:, :M] = -1j * system.v, 1j * system.v.conj().T

    def carried(x: int, y: int) -> Matrix:
        """Return J_x Im G between the slices x, x + 1 and y, y + 1."""
        block = absorptive[x : x + 2, y : y + 2].transpose(2, 0, 3, 1, 4)
        return current @ block.reshape(R, 2 * M, 2 * M)

    T = np.empty((L - 1, L - 1, R))
    for x in range(L - 1):
        for y in range(L - 1):
            T[x, y] = 2 * np.einsum("rij,rji->r", carried(x, y), carried(y, x)).real
    return T
