"""Recursive Green's functions: any slice, an inversion each. Slower than transfer, and its referee.

The left part of the wire acts on slice n through a self-energy, Sigma_n = v^+ g_{n-1} v with
g_n = (E - h - eps_n - Sigma_n)^-1. What lies between the left lead and slice n is kept in the N
open channels only. A length L is closed with the right lead's self-energy on slice L - 1, on a
copy. Nothing inverts v, so it may be singular, and the field sits in v (the transfer solver has it
elsewhere): the two solvers share neither their algorithm nor their gauge.

Lee and Fisher, PRL 47, 882 (1981); MacKinnon, Z. Phys. B 59, 385 (1985); Fisher and Lee, PRB 23,
6851 (1981).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, QtcoreError
from qtcore.model.slices import Slices
from qtcore.model.wire import Wire
from qtcore.solve.modes import Modes, general_modes
from qtcore.solve.pencil import Matrix, factors


@dataclass(frozen=True, eq=False)
class Leads:
    """What both leads do to the slice that they touch, in terms of open modes of unit flux.

    Attributes
    ----------
    modes : Modes
        Modes of the leads.
    sigma_left, sigma_right : (M, M) complex arrays
        Self-energies on the first and on the last slice, units of t.
    from_left, from_right : (M, N) complex arrays
        What each incoming mode brings in there (the right side of (E - H - Sigma) psi = source).
    to_left, to_right : (N, M) complex arrays
        Amplitudes of the outgoing modes in a wave on the first and on the last slice.
    direct_left, direct_right : (N, N) complex arrays
        To be taken off a reflection: the incoming modes themselves.
    """

    modes: Modes
    sigma_left: Matrix
    sigma_right: Matrix
    from_left: Matrix
    from_right: Matrix
    to_left: Matrix
    to_right: Matrix
    direct_left: Matrix
    direct_right: Matrix

    @property
    def gamma_left(self) -> Matrix:
        """Broadening i (Sigma - Sigma^+) by the left lead, (M, M), units of t."""
        return broadening(self.sigma_left)

    @property
    def gamma_right(self) -> Matrix:
        """Broadening by the right lead."""
        return broadening(self.sigma_right)


def broadening(sigma: Matrix) -> Matrix:
    """Return Gamma = i (Sigma - Sigma^+)."""
    return 1j * (sigma - sigma.conj().T)


def attach(slices: Slices, energy: float) -> Leads:
    """Return what the leads of a wire do to it at an energy (units of t).

    Raises
    ------
    InputError
        If no mode is open.
    """
    v = slices.lead_v
    modes = general_modes(slices.lead_h, v, energy)
    N = modes.channels
    sigma_left, sigma_right = modes.self_energies(v)
    to_left = modes.left_ahead[:, :N].conj().T @ broadening(sigma_left)
    to_right = modes.right[:, :N].conj().T @ broadening(sigma_right)
    return Leads(
        modes,
        sigma_left,
        sigma_right,
        from_left=v.conj().T @ modes.right[:, :N] - sigma_left @ modes.right_ahead[:, :N],
        from_right=v @ modes.left_ahead[:, :N] - sigma_right @ modes.left[:, :N],
        to_left=to_left,
        to_right=to_right,
        direct_left=to_left @ modes.right_ahead[:, :N],
        direct_right=to_right @ modes.left[:, :N],
    )


@dataclass(frozen=True, eq=False)
class SMatrices:
    """Scattering matrices of an ensemble at one length; indices (outgoing, incoming) modes.

    Attributes
    ----------
    t, t_prime : (realization, N, N) complex arrays
        Transmission from right to left, and from left to right, to be multiplied by
        exp(log_scale) and exp(log_scale_prime).
    r, r_prime : (realization, N, N) complex arrays
        Reflection back into the right, and into the left lead.
    log_scale, log_scale_prime : (realization,) float arrays
        Natural logarithms of the scales of t and t'.
    """

    t: Matrix
    r: Matrix
    t_prime: Matrix
    r_prime: Matrix
    log_scale: NDArray[np.float64]
    log_scale_prime: NDArray[np.float64]

    @property
    def ln_g(self) -> NDArray[np.float64]:
        """Natural logarithm of g = sum_n T_n, (realization,)."""
        g: NDArray[np.float64] = (np.abs(self.t) ** 2).sum(axis=(1, 2))
        return np.log(g) + 2 * self.log_scale

    @property
    def reflection(self) -> NDArray[np.float64]:
        """Total reflection into the right lead, (realization,)."""
        total: NDArray[np.float64] = (np.abs(self.r) ** 2).sum(axis=(1, 2))
        return total

    @property
    def defect(self) -> NDArray[np.float64]:
        """Largest element of S^+ S - 1, (realization,): the rounding error of a coherent wire."""
        S = self.matrix()
        excess = S.conj().swapaxes(1, 2) @ S - np.eye(S.shape[1])
        largest: NDArray[np.float64] = np.abs(excess).max(axis=(1, 2))
        return largest

    def matrix(self) -> Matrix:
        """Return S, (realization, 2 N, 2 N): the left lead's modes first, then the right's."""
        t = self.t * np.exp(self.log_scale)[:, None, None]
        t_prime = self.t_prime * np.exp(self.log_scale_prime)[:, None, None]
        left, right = np.concatenate([self.r_prime, t], 2), np.concatenate([t_prime, self.r], 2)
        return np.concatenate([left, right], axis=1)


def ln_eigenvalues(
    t: NDArray[np.complexfloating], log_scale: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return ln T_n of t^+ t, (..., N), the largest first.

    Parameters
    ----------
    t : (..., N, N) complex array
        Transmission amplitudes, to be multiplied by exp(log_scale).
    log_scale : (...) float array
        Natural logarithm of the scale of t.
    """
    values = np.linalg.svd(t, compute_uv=False)
    with np.errstate(divide="ignore"):
        return np.asarray(2 * (np.log(values) + log_scale[..., None]))


def checked_potential(
    slices: Slices, length: int, potential: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the potential per component, (slice, realization, M), or raise InputError."""
    values = np.asarray(potential, dtype=np.float64)
    if values.ndim != 3 or len(values) < length or values.shape[1] != slices.sites:
        raise InputError(
            f"the potential must be (slice, site, realization) with at least {length} slices of "
            f"{slices.sites} sites, got shape {values.shape}"
        )
    if not np.isfinite(values[:length]).all():
        raise InputError("the potential must be finite everywhere (units of t)")
    return np.repeat(values[:length].swapaxes(1, 2), slices.orbitals, axis=2)


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
    potential: NDArray[np.float64],
    absorption: float = 0.0,
) -> list[SMatrices]:
    """Return the scattering matrices of an ensemble at every length, in one pass.

    Parameters
    ----------
    slices : Slices
        The clean wire and its leads.
    energy : float
        Units of t.
    lengths : sequence of int
        Strictly increasing numbers of slices, each >= 1.
    potential : (slice, site, realization) float array
        Disorder and gates, units of t.
    absorption : float
        eta >= 0 of a self-energy -i eta on every site (units of t): S is no longer unitary.

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
    diagonal = checked_potential(slices, lengths[-1], potential)
    leads = attach(slices, energy)
    M, R, N = len(slices.h), diagonal.shape[1], leads.modes.channels
    fixed = (energy + 1j * absorption) * np.eye(M) - slices.h
    A, B = factors(slices.v)
    if A.shape[1] == M:
        A, B = slices.v, np.eye(M, dtype=np.complex128)
    rank, sites = A.shape[1], np.arange(M)
    surface = np.broadcast_to(leads.sigma_left, (R, M, M))
    # What reaches the left lead from this slice, what arrives here from it, and what came back.
    out = np.broadcast_to(leads.to_left, (R, N, M))
    arriving = np.broadcast_to(leads.from_left, (R, M, N))
    back = np.broadcast_to(-leads.direct_left, (R, N, N))
    log_out, log_arriving = np.zeros(R), np.zeros(R)
    coupled = np.broadcast_to(A, (R, M, rank))
    results: list[SMatrices] = []
    for n in range(lengths[-1]):
        block = fixed - surface
        block[:, sites, sites] -= diagonal[n]
        if n + 1 in lengths:
            reached = _Reached(out, arriving, back, log_out, log_arriving)
            results.append(_closed(block, leads, reached, n))
        solved = solve_slice(block, np.concatenate([coupled, arriving], axis=2), n)
        ahead, through = solved[:, :, :rank], solved[:, :, rank:]
        back = back + np.exp(log_out + log_arriving)[:, None, None] * (out @ through)
        surface = B @ (A.conj().T @ ahead) @ B.conj().T
        out, log_out = _rescaled(out @ ahead @ B.conj().T, log_out)
        arriving, log_arriving = _rescaled(B @ (A.conj().T @ through), log_arriving)
    return results


class _Reached(NamedTuple):
    """What lies between the left lead and a slice; see `scattering_matrices`."""

    out: Matrix
    arriving: Matrix
    back: Matrix
    log_out: NDArray[np.float64]
    log_arriving: NDArray[np.float64]


def _closed(block: Matrix, leads: Leads, reached: _Reached, slice_number: int) -> SMatrices:
    """Return the scattering matrices of a wire that ends with this slice."""
    out, arriving, back, log_out, log_arriving = reached
    source = np.broadcast_to(leads.from_right, arriving.shape)
    both = np.concatenate([source, arriving], axis=2)
    psi = solve_slice(block - leads.sigma_right, both, slice_number)
    N = source.shape[2]
    from_right, from_left = psi[:, :, :N], psi[:, :, N:]
    scale = np.exp(log_out + log_arriving)[:, None, None]
    return SMatrices(
        t=out @ from_right,
        r=leads.to_right @ from_right - leads.direct_right,
        t_prime=leads.to_right @ from_left,
        r_prime=back + scale * (out @ from_left),
        log_scale=log_out,
        log_scale_prime=log_arriving,
    )


def _rescaled(
    amplitudes: Matrix, log_scale: NDArray[np.float64]
) -> tuple[Matrix, NDArray[np.float64]]:
    """Return amplitudes of order one and the logarithm of what they are to be multiplied by."""
    size = np.abs(amplitudes).max(axis=(1, 2))
    # A wire that lets nothing at all through keeps its zeros.
    size[size == 0] = 1.0
    return amplitudes / size[:, None, None], log_scale + np.log(size)


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
    potential = wire.potential_of(numbers, 0, lengths[-1], seed)
    found = scattering_matrices(wire.slices(), energy, lengths, potential)
    return [Amplitudes(S.t[0], float(S.log_scale[0]), S.r[0]) for S in found]
