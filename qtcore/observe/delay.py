"""How long an electron stays: Wigner-Smith matrix and density of states, without differences.

The leads enter through dSigma/dE (`qtcore.solve.lead_slope`).

Smith, Phys. Rev. 118, 349 (1960); Brouwer, Frahm and Beenakker, PRL 78, 4737 (1997).
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import QtcoreError
from qtcore.solve.arguments import Side
from qtcore.solve.contacts import Contact, Lead, Leads, broadening
from qtcore.solve.doubt import largest
from qtcore.solve.energies import EnergyError
from qtcore.solve.green import Blocks, green_diagonal, reattached, solve_blocks
from qtcore.solve.lead_slope import SingularError, pole_shift, slope_at, slope_of_inverse, threshold
from qtcore.solve.pencil import Matrix
from qtcore.solve.twofold import Twofold, exact
from qtcore.threads import one_thread

_RESOLVED = 1e-9
"""Size of a wave that nearly vanishes on a slice, from which on errors of dSigma/dE are below 1e-7."""

_HERMITIAN = 1e-6
"""Defect of a Wigner-Smith matrix, relative to the longest delay, above which it is refused."""

_ROUNDED = 2.0**-46
"""Rounding errors of a Wigner-Smith matrix, relative to the density of its waves in the sample."""

_EXACT = 1e-10
"""Rounding error of dSigma/dE, no unit, that a pole close by may leave in what is not large."""

_SHARP = 1e-11
"""Relative error of dSigma/dE that the self-energy of the modes would make, from which on a better
one takes its place."""


def self_energy_derivative(contact: Contact) -> Matrix:
    """Return dSigma/dE of a lead on the slice that it touches, (M, M), no unit.

    Raises
    ------
    QtcoreError
        If a channel opens at this energy, where it diverges.
    """
    lead, side = contact.lead, contact.side
    try:
        found = slope_at(lead, side)
    except SingularError:
        shift = pole_shift(lead) * np.eye(len(lead.h))
        sigma = _self_energy(lead, side)
        slope = -(sigma - shift) @ slope_of_inverse(lead, side) @ (sigma - shift)
        if contact.last is None:
            return np.asarray(slope)
        green, coupling = contact.last
        turned = -green @ (np.eye(len(green)) - slope) @ green
    else:
        if contact.last is None:
            return np.array(found.slope.high)
        coupling, turned = contact.last.coupling, np.asarray(found.slope_of_green.high)
    return coupling.conj().T @ turned @ coupling


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
    direct = _direct_slope(contact, T)
    if direct is not None and direct.rest < _EXACT:
        return _End(T, direct.slope)
    try:
        inverse = slope_of_inverse(lead, contact.side)
    except EnergyError:
        if direct is None or direct.rest > _RESOLVED * np.abs(direct.slope).max():
            raise
        return _End(T, direct.slope)
    shift = pole_shift(lead)
    # T^+ Sigma = (Sigma^+ T)^+ with Sigma^+ = Sigma + i Gamma.
    back = (sigma + 1j * contact.gamma @ T - shift.conjugate() * T).conj().T
    return _End(T, -back @ inverse @ (sigma - shift * T))


class _Direct(NamedTuple):
    """T^+ dSigma/dE T from the equation of dSigma/dE, and its error."""

    slope: Matrix
    rest: float


def _direct_slope(contact: Contact, T: Matrix) -> _Direct | None:
    """Return T^+ dSigma/dE T, whose large part T takes away, or None where waves meet."""
    try:
        found = slope_at(contact.lead, contact.side)
    except SingularError:
        return None
    basis = exact(T)
    return _Direct(basis.dagger.times(found.slope).times(basis).high, found.rest)


def _self_energy(lead: Lead, side: Side) -> Matrix:
    return lead.modes.self_energies(lead.v)[0 if side == "left" else 1]


def _sharpened(system: Blocks) -> Blocks:
    """Return a sample with the self-energies that belong to their slopes.

    Those of the modes have errors which the slopes amplify where a channel opens close by.
    """
    leads = Leads(*(_sharp(contact) for contact in system.leads))
    if all(new is old for new, old in zip(leads, system.leads, strict=True)):
        return system
    return reattached(system, leads)


def _sharp(contact: Contact) -> Contact:
    try:
        found = slope_at(contact.lead, contact.side)
    except SingularError:
        return contact
    if found.missed < _SHARP:
        return contact
    sigma = found.sigma
    if contact.last is not None:
        coupling = exact(contact.last.coupling)
        sigma = coupling.dagger.times(found.green).times(coupling)
    turned = contact.turned
    if turned is not None:
        turned = turned._replace(sigma=sigma.times(exact(turned.basis)).high)
    return replace(contact, sigma=sigma.high, read=_read(contact, sigma), turned=turned)


def _read(contact: Contact, sigma: Twofold) -> Matrix:
    """Return W^+ with W W^+ = i (Sigma - Sigma^+), next to that of the modes."""
    gamma = 1j * sigma.minus(sigma.dagger).high
    dual = np.linalg.pinv(contact.read)
    levels, basis = np.linalg.eigh(dual.conj().T @ gamma @ dual)
    if not levels.min() > 0:
        raise threshold(contact.lead)
    W = gamma @ dual @ (basis / np.sqrt(levels)) @ basis.conj().T
    return np.asarray(W.conj().T)


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
    system = _sharpened(system)
    G = green_diagonal(system)
    left, right = (self_energy_derivative(contact) for contact in system.leads)
    inside = np.einsum("nrii->r", G)
    leads = np.einsum("rij,ji->r", G[0], left) + np.einsum("rij,ji->r", G[-1], right)
    return np.asarray(-(inside - leads).imag / np.pi)


@one_thread
def local_density_of_states(system: Blocks) -> NDArray[np.float64]:
    """Return -(1/pi) Im G_ii, (slice, realization, M), in units of 1/t."""
    return np.asarray(-np.einsum("nrii->nri", green_diagonal(system)).imag / np.pi)


class Delays(NamedTuple):
    """S and the Wigner-Smith matrix of an ensemble of samples, in the same modes.

    Attributes
    ----------
    S : (realization, 2 N, 2 N) complex array
        Scattering matrix; the left lead's modes come first. See `wigner_smith` for the phases.
    Q : (realization, 2 N, 2 N) complex array
        -i S^+ dS/dE, units of 1/t (times ħ: a time).
    """

    S: Matrix
    Q: Matrix

    @property
    def proper(self) -> NDArray[np.float64]:
        """Proper delay times, (realization, 2 N), ascending: the eigenvalues of Q, units of ħ/t."""
        return np.asarray(np.linalg.eigvalsh(self.Q))

    @property
    def dwell(self) -> NDArray[np.float64]:
        """Mean dwell time over all incoming modes, (realization,): Tr Q / 2 N, units of ħ/t."""
        return np.asarray(np.trace(self.Q, axis1=1, axis2=2).real / self.Q.shape[1])

    def passing(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return g, and g times the mean time that passing takes, (realization,) each; unit ħ/t.

        The second is Im Tr t^+ dt/dE, both ways averaged: the delay of a transmitted wave packet, weighted
        with its probability. The ratio of their averages over an ensemble is the mean transit time.
        """
        slope = 1j * self.S @ self.Q
        weights, N = self.S.conj(), self.S.shape[1] // 2
        there, back = np.s_[:, N:, :N], np.s_[:, :N, N:]
        g, time = (
            sum((weights[way] * other[way]).sum(axis=(1, 2)) for way in (there, back)) / 2
            for other in (self.S, slope)
        )
        return np.asarray(g.real), np.asarray(time.imag)


def wigner_smith(system: Blocks) -> Matrix:
    """Return Q = -i S^+ dS/dE, (realization, 2 N, 2 N), in units of 1/t; see `delays`."""
    return delays(system).Q


@one_thread
def delays(system: Blocks) -> Delays:
    """Return S and the Wigner-Smith matrix Q = -i S^+ dS/dE.

    The eigenvalues of Q are the proper delay times; Q is exact relative to the longest one, or to 1e-14 times the
    density of the waves where nothing is delayed (a clean site). The reference planes are the sample's end slices,
    S = -1 + i W^+ G W with W W^+ = Gamma: incoming modes are the partners of the outgoing ones.
    Meaningful without absorption.

    Parameters
    ----------
    system : Blocks
        From `sample_with_leads`.
    """
    system = _sharpened(system)
    leads = system.leads
    ends = [_end(contact) for contact in leads]
    W = [contact.read.conj().T for contact in leads]
    psi = solve_blocks(system, system.sources(*W))
    S = 1j * np.concatenate([leads.left.read @ psi[0], leads.right.read @ psi[-1]], axis=1)
    S -= np.eye(S.shape[1])
    Q = (psi.conj().swapaxes(2, 3) @ psi).sum(axis=0)
    density = largest(Q)
    turned, read = [], []
    for end, source, wave in zip(ends, W, (psi[0], psi[-1]), strict=True):
        c = end.amplitudes(wave)
        c_dagger, dW = c.conj().swapaxes(1, 2), end.source_derivative(source)
        Q -= c_dagger @ end.slope @ c
        turned.append(c_dagger @ dW)
        read.append(dW.conj().T @ c)
    Q += S.conj().swapaxes(1, 2) @ np.concatenate(read, axis=1) - np.concatenate(turned, axis=2)
    if system.absorption == 0:
        _refuse_defect(Q, density, leads.left.lead)
    return Delays(S, np.asarray(Q))


def _refuse_defect(Q: Matrix, density: NDArray[np.float64], lead: Lead) -> None:
    """Refuse delays that are not Hermitian, as they are if dS/dE belongs to another S.

    `density` is the largest element of psi^+ psi, (realization,), 1/t: a sample of one slice may delay nothing,
    so that rounding errors of what Q is a sum of are all that is left.
    """
    defect = largest(Q - Q.conj().swapaxes(1, 2))
    if not (defect <= np.maximum(_HERMITIAN * largest(Q), _ROUNDED * density)).all():
        raise EnergyError(
            "delay times at the energy {energy!r} cannot be resolved: rounding errors keep the "
            "Wigner-Smith matrix from being Hermitian; shift the energy by {shift}",
            hopping=float(np.abs(lead.v).max()),
            energy=lead.energy,
        )
