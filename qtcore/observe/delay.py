"""How long an electron stays: Wigner-Smith matrix and density of states, without differences.

The leads enter through dSigma/dE. It follows from how the space of outgoing waves turns with
energy: for a wave f at E and psi at E + dE the current form J(f, psi) between them grows by
i dE f^+ psi from an interface to the next. With outgoing waves psi = Z + dE Z_in Y and every f that
has no current with Z (incoming open ones, decaying ones) that is a Stein equation for Y. It needs
no derivative of a mode and is singular at thresholds only.

Smith, Phys. Rev. 118, 349 (1960); Brouwer, Frahm and Beenakker, PRL 78, 4737 (1997).
"""

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from qtcore.errors import QtcoreError
from qtcore.solve.asked import Side
from qtcore.solve.contacts import Contact, Lead, broadening, lead_at
from qtcore.solve.green import Blocks, green_diagonal, solve_blocks
from qtcore.solve.pencil import Matrix
from qtcore.threads import one_thread

_CLOSE = 1e-4
"""How close to 1 a product of factors may come before the Stein equation loses too many digits."""

_STEP = 2e-4
"""Distance of the energies between which dSigma/dE is interpolated, relative to the lead's norm."""


class _CrossingError(QtcoreError):
    """Two open waves that move opposite ways have the same wave vector at this energy."""

    def __init__(self) -> None:
        super().__init__(
            "two channels that move opposite ways have the same wave vector at this energy, so "
            "that dSigma/dE cannot be resolved; shift the energy by 1e-4"
        )


def _stein(F: Matrix, step: Matrix, C: Matrix) -> Matrix:
    """Return X with X - F^+ X step = C, from Schur forms of both.

    Raises
    ------
    _CrossingError
        If a factor of F^+ times one of `step` is 1.
    """
    S, V = scipy.linalg.schur(F.conj().T, output="complex")
    T, U = scipy.linalg.schur(step, output="complex")
    right = V.conj().T @ C @ U
    X = np.zeros_like(right)
    one = np.eye(len(S))
    if np.abs(1 - np.outer(np.diag(S), np.diag(T))).min() < _CLOSE:
        raise _CrossingError
    for j in range(len(T)):
        known = right[:, j] + S @ (X[:, :j] @ T[:j, j])
        X[:, j] = scipy.linalg.solve_triangular(one - T[j, j] * S, known)
    return V @ X @ U.conj().T


def _turn(out: tuple[Matrix, ...], into: tuple[Matrix, ...], channels: int, v: Matrix) -> Matrix:
    """Return Y with dw/dE = Z_in Y for the waves Z that leave a lead at the interface in front.

    Each side is given as (on the slice before the interface, on the slice behind it, per-slice
    step away from the sample), seen from the sample towards the lead, and v couples in that
    direction.
    """
    near, far, step = out
    in_near, in_far, in_step = into
    N = channels
    # Waves without current with the outgoing ones; the open incoming ones come back: their factor
    # per slice away from the sample is the inverse of that towards it.
    back = np.linalg.inv(in_step[:N, :N])
    test_near = np.hstack([in_near[:, :N], near[:, N:]])
    test_far = np.hstack([in_far[:, :N], far[:, N:]])
    exact = np.hstack([in_near[:, :N] @ back, far[:, N:]])
    F = scipy.linalg.block_diag(back, step[N:, N:])
    K = 1j * (test_near.conj().T @ v @ in_far - test_far.conj().T @ v.conj().T @ in_near)
    X = _stein(F, step, -1j * exact.conj().T @ far)
    return np.linalg.solve(K, X)


def self_energy_derivative(contact: Contact) -> Matrix:
    """Return dSigma/dE of a lead on the slice that it touches, (M, M), no unit.

    Raises
    ------
    QtcoreError
        If a channel opens at this energy, where it diverges, or close to a crossing of waves.
    """
    try:
        slope = _derivative(contact.lead, contact.side)
    except _CrossingError:
        slope = _interpolated(contact.lead, contact.side)
    if contact.last is None:
        return slope
    green, coupling = contact.last
    turned = green @ (np.eye(len(green)) - slope) @ green
    return -coupling.conj().T @ turned @ coupling


def _derivative(lead: Lead, side: Side) -> Matrix:
    """Return dSigma/dE on a slice that continues the lead."""
    modes, v = lead.modes, lead.v
    v_back = v.conj().T
    sigma_left, sigma_right = modes.self_energies(v)
    into_left, into_right = np.linalg.pinv(modes.left_ahead), np.linalg.pinv(modes.right)
    left_step, right_step = into_left @ modes.left, into_right @ modes.right_ahead
    rightward = modes.right, modes.right_ahead, right_step
    leftward = modes.left_ahead, modes.left, left_step
    if side == "right":
        Y = _turn(rightward, (modes.left, modes.left_ahead, left_step), modes.channels, v)
        return (v @ modes.left_ahead - sigma_right @ modes.left) @ Y @ into_right
    Y = _turn(leftward, (modes.right_ahead, modes.right, right_step), modes.channels, v_back)
    return (v_back @ modes.right - sigma_left @ modes.right_ahead) @ Y @ into_left


def _interpolated(lead: Lead, side: Side) -> Matrix:
    """Return dSigma/dE where waves cross: Sigma is smooth there, only its equation is singular.

    From the cubic through the values at E - 2 d, E - d, E + d, E + 2 d; the error is of order d^4.
    """
    step = _STEP * float(np.linalg.norm(lead.h, 2) + 2 * np.linalg.norm(lead.v, 2))
    near = [lead_at(lead.h, lead.v, lead.energy + n * step) for n in (-2, -1, 1, 2)]
    if any(other.modes.channels != lead.modes.channels for other in near):
        raise QtcoreError(
            f"dSigma/dE cannot be resolved at the energy {lead.energy:g}: a channel opens there or "
            "close by, where it diverges; shift the energy by 1e-3 of the lead's bandwidth"
        )
    slopes = [_derivative(other, side) for other in near]
    weights = np.array([-1.0, 4.0, 4.0, -1.0]) / 6
    return np.asarray(np.tensordot(weights, np.stack(slopes), axes=1))


@one_thread
def density_of_states(system: Blocks) -> NDArray[np.float64]:
    """Return -(1/pi) Im Tr[G (1 - dSigma/dE)], (realization,), in units of 1/t.

    That is what the sample adds to the density of states of the wire, the distortion of the leads
    included (Friedel): Tr Q / 2 pi of the Wigner-Smith matrix.
    """
    G = green_diagonal(system)
    left, right = (self_energy_derivative(contact) for contact in system.leads)
    inside = np.einsum("nrii->r", G)
    leads = np.einsum("rij,ji->r", G[0], left) + np.einsum("rij,ji->r", G[-1], right)
    return np.asarray(-(inside - leads).imag / np.pi)


@one_thread
def local_density_of_states(system: Blocks) -> NDArray[np.float64]:
    """Return -(1/pi) Im G_ii, (slice, realization, M), in units of 1/t."""
    return np.asarray(-np.einsum("nrii->nri", green_diagonal(system)).imag / np.pi)


def _source_derivative(W: Matrix, d_sigma: Matrix) -> Matrix:
    """Return dW/dE of W W^+ = Gamma, in the basis that does not turn within Gamma's range."""
    inverse = np.linalg.pinv(W)
    change = broadening(d_sigma) @ inverse.conj().T
    return change - 0.5 * W @ (inverse @ change)


@one_thread
def wigner_smith(system: Blocks) -> Matrix:
    """Return Q = -i S^+ dS/dE, (realization, 2 N, 2 N), in units of 1/t.

    Its eigenvalues are the proper delay times. The reference planes are the sample's end slices,
    S = -1 + i W^+ G W with W W^+ = Gamma: incoming modes are the partners of the outgoing ones.
    Meaningful without absorption.

    Parameters
    ----------
    system : Blocks
        From `open_sample`.
    """
    leads = system.leads
    d_left, d_right = (self_energy_derivative(contact) for contact in leads)
    W_left, W_right = (contact.read.conj().T for contact in leads)
    psi = solve_blocks(system, system.sources(W_left, W_right))
    psi_dagger = psi.conj().swapaxes(2, 3)
    first, last = psi[0], psi[-1]
    dW = _source_derivative(W_left, d_left), _source_derivative(W_right, d_right)
    S = 1j * np.concatenate([leads.left.read @ first, leads.right.read @ last], axis=1)
    S -= np.eye(S.shape[1])
    inside = (psi_dagger @ psi).sum(axis=0)
    inside -= psi_dagger[0] @ d_left @ first + psi_dagger[-1] @ d_right @ last
    turned = np.concatenate([psi_dagger[0] @ dW[0], psi_dagger[-1] @ dW[1]], axis=2)
    read = np.concatenate([dW[0].conj().T @ first, dW[1].conj().T @ last], axis=1)
    return np.asarray(inside - turned + S.conj().swapaxes(1, 2) @ read)
