"""How long an electron stays: Wigner-Smith matrix and density of states, without differences.

The leads enter through dSigma/dE. It follows from how the space of outgoing waves turns with
energy: for a wave f at E and psi at E + dE the current form J(f, psi) between them grows by
i dE f^+ psi from an interface to the next. With outgoing waves psi = Z + dE Z_in Y and every f that
has no current with Z (incoming open ones, decaying ones) that is a Stein equation for Y. It needs
no derivative of a mode and is singular at thresholds only.

Smith, Phys. Rev. 118, 349 (1960); Brouwer, Frahm and Beenakker, PRL 78, 4737 (1997).
"""

from typing import NamedTuple

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from qtcore.errors import QtcoreError
from qtcore.solve.asked import Side
from qtcore.solve.contacts import Contact, Lead, broadening, lead_at
from qtcore.solve.energies import EnergyError
from qtcore.solve.green import Blocks, green_diagonal, solve_blocks
from qtcore.solve.pencil import Matrix
from qtcore.threads import one_thread

_CLOSE = 1e-4
"""How close to 1 a product of factors may come before the Stein equation loses too many digits."""

_STEP = 2e-4
"""Distance of the energies between which dSigma/dE is interpolated, relative to the lead's norm."""

_RESOLVED = 1e-9
"""Size of a wave that nearly vanishes on a slice, from which on errors of dSigma/dE are below 1e-7."""


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
    slope = _derivative_of_lead(contact)
    if contact.last is None:
        return slope
    green, coupling = contact.last
    turned = green @ (np.eye(len(green)) - slope) @ green
    return -coupling.conj().T @ turned @ coupling


def _derivative_of_lead(contact: Contact) -> Matrix:
    try:
        return _derivative(contact.lead, contact.side)
    except _CrossingError:
        sigma = _self_energy(contact.lead, contact.side)
        shift = _pole_shift(contact.lead) * np.eye(len(sigma))
        return -(sigma - shift) @ _slope_of_inverse(contact.lead, contact.side) @ (sigma - shift)


class _End(NamedTuple):
    """dSigma/dE of a contact in the amplitudes c of psi = T c on the slice that it touches.

    Attributes
    ----------
    basis : (M, M) complex array or None
        T, of order one but nearly singular where Sigma has a pole close by; None stands for 1.
    slope : (M, M) complex array
        T^+ dSigma/dE T, no unit.
    """

    basis: Matrix | None
    slope: Matrix

    def amplitudes(self, psi: Matrix) -> Matrix:
        """Return c of psi = T c."""
        return psi if self.basis is None else np.linalg.solve(self.basis, psi)

    def source_derivative(self, W: Matrix) -> Matrix:
        """Return T^+ dW/dE of W W^+ = Gamma, in the basis that does not turn in Gamma's range."""
        inverse = self.amplitudes(np.linalg.pinv(W).conj().T)
        change = broadening(self.slope) @ inverse
        if self.basis is not None:
            W = self.basis.conj().T @ W
        return change - 0.5 * W @ (inverse.conj().T @ change)


def _end(contact: Contact) -> _End:
    """Return dSigma/dE without any number that a pole of Sigma makes large.

    Raises
    ------
    QtcoreError
        If the pole is so close that rounding errors of the energy count.
    """
    if contact.turned is None:
        return _End(None, self_energy_derivative(contact))
    T, sigma = contact.turned
    lead = contact.lead
    if float(np.linalg.svd(T, compute_uv=False)[-1]) < _RESOLVED:
        raise EnergyError(
            "the end of a lead has a bound state so close to the energy {energy!r} that rounding "
            "errors hide dSigma/dE, which has a pole there; shift the energy by {shift}",
            hopping=float(np.abs(lead.v).max()),
            energy=lead.energy,
        )
    try:
        return _End(T, T.conj().T @ _derivative(lead, contact.side) @ T)
    except _CrossingError:
        shift = _pole_shift(lead)
        # T^+ Sigma = (Sigma^+ T)^+ with Sigma^+ = Sigma + i Gamma.
        back = (sigma + 1j * contact.gamma @ T - shift.conjugate() * T).conj().T
        slope = -back @ _slope_of_inverse(lead, contact.side) @ (sigma - shift * T)
        return _End(T, slope)


def _self_energy(lead: Lead, side: Side) -> Matrix:
    return lead.modes.self_energies(lead.v)[0 if side == "left" else 1]


def _pole_shift(lead: Lead) -> complex:
    return 1j * float(np.linalg.norm(lead.v, 2))


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


def _slope_of_inverse(lead: Lead, side: Side) -> Matrix:
    """Return dK/dE of K = (Sigma - i u)^-1 where waves cross, or where Sigma has a pole close by.

    There Sigma is smooth or has a pole (the lead's end has a bound state, as that of a metallic
    armchair ribbon has at E = 0), and only its equation is singular. K is smooth in both cases,
    since no part of Sigma gains energy. From the cubic through the slopes at E - 2 d, E - d, E + d,
    E + 2 d; the error is of order d^4.
    """
    step = _STEP * float(np.linalg.norm(lead.h, 2) + 2 * np.linalg.norm(lead.v, 2))
    near = [lead_at(lead.h, lead.v, lead.energy + n * step) for n in (-2, -1, 1, 2)]
    if any(other.modes.channels != lead.modes.channels for other in near):
        raise QtcoreError(
            f"dSigma/dE cannot be resolved at the energy {lead.energy:g}: a channel opens there or "
            "close by, where it diverges; shift the energy by 1e-3 of the lead's bandwidth"
        )
    slopes = []
    for one in near:
        K = np.linalg.inv(_self_energy(one, side) - _pole_shift(one) * np.eye(len(one.h)))
        slopes.append(-K @ _derivative(one, side) @ K)
    weights = np.array([-1.0, 4.0, 4.0, -1.0]) / 6
    return np.asarray(np.tensordot(weights, np.stack(slopes), axes=1))


@one_thread
def density_of_states(system: Blocks) -> NDArray[np.float64]:
    """Return -(1/pi) Im Tr[G (1 - dSigma/dE)], (realization,), in units of 1/t.

    That is what the sample adds to the density of states of the wire, the distortion of the leads
    included (Friedel): Tr Q / 2 pi of the Wigner-Smith matrix.

    Raises
    ------
    QtcoreError
        If a channel opens at this energy; or, with absorption, if the end of a lead has a bound
        state close by.
    """
    if any(contact.turned is not None for contact in system.leads):
        if system.absorption > 0:
            raise QtcoreError(
                "the density of states of a sample with absorption cannot be resolved so close to "
                "a bound state of a lead's end; shift the energy by 1e-3 of the lead's bandwidth"
            )
        return np.asarray(np.trace(wigner_smith(system), axis1=1, axis2=2).real / (2 * np.pi))
    G = green_diagonal(system)
    left, right = (self_energy_derivative(contact) for contact in system.leads)
    inside = np.einsum("nrii->r", G)
    leads = np.einsum("rij,ji->r", G[0], left) + np.einsum("rij,ji->r", G[-1], right)
    return np.asarray(-(inside - leads).imag / np.pi)


@one_thread
def local_density_of_states(system: Blocks) -> NDArray[np.float64]:
    """Return -(1/pi) Im G_ii, (slice, realization, M), in units of 1/t."""
    return np.asarray(-np.einsum("nrii->nri", green_diagonal(system)).imag / np.pi)


@one_thread
def wigner_smith(system: Blocks) -> Matrix:
    """Return Q = -i S^+ dS/dE, (realization, 2 N, 2 N), in units of 1/t.

    Its eigenvalues are the proper delay times; Q is exact relative to the longest one. The reference planes are the sample's end slices,
    S = -1 + i W^+ G W with W W^+ = Gamma: incoming modes are the partners of the outgoing ones.
    Meaningful without absorption.

    Parameters
    ----------
    system : Blocks
        From `open_sample`.
    """
    leads = system.leads
    ends = [_end(contact) for contact in leads]
    W = [contact.read.conj().T for contact in leads]
    psi = solve_blocks(system, system.sources(*W))
    S = 1j * np.concatenate([leads.left.read @ psi[0], leads.right.read @ psi[-1]], axis=1)
    S -= np.eye(S.shape[1])
    Q = (psi.conj().swapaxes(2, 3) @ psi).sum(axis=0)
    turned, read = [], []
    for end, source, wave in zip(ends, W, (psi[0], psi[-1]), strict=True):
        c = end.amplitudes(wave)
        c_dagger, dW = c.conj().swapaxes(1, 2), end.source_derivative(source)
        Q -= c_dagger @ end.slope @ c
        turned.append(c_dagger @ dW)
        read.append(dW.conj().T @ c)
    Q += S.conj().swapaxes(1, 2) @ np.concatenate(read, axis=1) - np.concatenate(turned, axis=2)
    return np.asarray(Q)
