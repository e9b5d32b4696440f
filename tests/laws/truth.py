"""The open wire as one dense matrix: plain NumPy, nothing of qtcore's solvers.

Self-energies come from decimation with an absorption (Lopez Sancho et al., J. Phys. F 15, 851
(1985)) and Newton's method without one; the wire between them is inverted as a whole. Scattering
matrices are given on the sites of the slices that touch the leads, S = -P + i sqrt(Gamma) G
sqrt(Gamma) with P the projector on what Gamma reaches, which needs no choice of modes and of their
phases. Where leads have a cross-section of their own, a slice of each is taken as part of the wire.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np


def bands(h, v, count=240):
    """Return the bands E_n(k) of a lead on a grid over the Brillouin zone, (k, band)."""
    k = np.linspace(-np.pi, np.pi, count, endpoint=False)[:, None, None] + 0.01
    along = np.exp(1j * k) * v
    return np.linalg.eigvalsh(h + along + along.conj().swapaxes(1, 2))


def open_channels(slices, energy):
    """Count where bands of the leads cross the energy, half of it for each direction."""
    return _open_channels(slices.lead_h.tobytes(), slices.lead_v.tobytes(), energy)


@lru_cache(maxsize=1024)
def _open_channels(h_bytes, v_bytes, energy):
    above = bands(_square(h_bytes), _square(v_bytes), 1000) > energy
    return int((above != np.roll(above, 1, axis=0)).sum()) // 2


def _square(matrix_bytes):
    flat = np.frombuffer(matrix_bytes, complex)
    return flat.reshape(round(len(flat) ** 0.5), -1)


def conducting_energy(slices, start=0.47):
    """Return the first energy from `start` on that is no threshold and at which leads conduct.

    None if there is none: leads can be full of thresholds or have flat bands only.
    """
    E = bands(slices.lead_h, slices.lead_v)
    turning = (E - np.roll(E, 1, axis=0)) * (np.roll(E, -1, axis=0) - E) <= 0
    edges = E[turning]
    for step in range(400):
        energy = start + 0.037 * (step // 2) * (1 if step % 2 else -1)
        if (energy < E).any(axis=0)[(energy > E).any(axis=0)].any() and (
            np.abs(edges - energy) > 0.03
        ).all():
            return round(energy, 6)
    return None


def self_energy(h, v, energy):
    """Return Sigma = v g v^+ of a lead that repeats (h, v) to the right."""
    one = np.eye(len(h))
    bulk, surface, ahead, back = h + 0j, h + 0j, v + 0j, v.conj().T
    for _ in range(30):
        g = np.linalg.inv((energy + 1e-4j) * one - bulk)
        surface = surface + ahead @ g @ back
        bulk = bulk + ahead @ g @ back + back @ g @ ahead
        ahead, back = ahead @ g @ ahead, back @ g @ back
    sigma = v @ np.linalg.solve((energy + 1e-4j) * one - surface, v.conj().T)
    for _ in range(6):
        # Newton's step D solves D - A D B = v g v^+ - Sigma with g = (E - h - Sigma)^-1.
        g = np.linalg.inv(energy * one - h - sigma)
        A, B = v @ g, g @ v.conj().T
        defect = A @ v.conj().T - sigma
        if np.abs(defect).max() < 1e-14 * np.abs(sigma).max():
            break
        linear = np.eye(one.size) - np.kron(A, B.T)
        sigma = sigma + np.linalg.solve(linear, defect.ravel()).reshape(h.shape)
    return sigma


@lru_cache(maxsize=1024)
def _self_energies(h_bytes, v_bytes, energy):
    h, v = _square(h_bytes), _square(v_bytes)
    return self_energy(h, v.conj().T, energy), self_energy(h, v, energy)


def self_energies(slices, energy):
    """Return Sigma of the left and of the right lead on a slice of the lead's own."""
    return _self_energies(slices.lead_h.tobytes(), slices.lead_v.tobytes(), energy)


class Sample(NamedTuple):
    """H of the single slices, potential included, and the couplings to the next ones."""

    inside: list
    ahead: list


def sample(slices, potential, hopping=None):
    """Return one sample of potential (slice, site); hopping as (h_n, v_n), (slice, M, M) each."""
    L = len(potential)
    h, v = hopping or ([slices.h] * L, [slices.v] * L)
    inside = [h[n] + np.diag(np.repeat(potential[n], slices.orbitals)) for n in range(L)]
    ahead = list(v[: L - 1])
    if slices.uniform:
        return Sample(inside, ahead)
    ends = [slices.left_contact], [slices.right_contact]
    return Sample([slices.lead_h, *inside, slices.lead_h], [*ends[0], *ahead, *ends[1]])


def green_function(parts, energy, sigmas, absorption=0.0):
    """Return G of the whole sample, (D, D)."""
    starts = np.cumsum([0, *(len(h) for h in parts.inside)])
    H = np.zeros((starts[-1], starts[-1]), complex)
    for n, h in enumerate(parts.inside):
        here = slice(starts[n], starts[n + 1])
        H[here, here] = h - 1j * absorption * np.eye(len(h))
        if n < len(parts.ahead):
            after = slice(starts[n + 1], starts[n + 2])
            H[here, after], H[after, here] = parts.ahead[n], parts.ahead[n].conj().T
    M = len(sigmas[0])
    H[:M, :M] += sigmas[0]
    H[-M:, -M:] += sigmas[1]
    return np.linalg.inv(energy * np.eye(len(H)) - H)


def root(sigma, channels):
    """Return sqrt(Gamma) and the projector on its range of the given rank."""
    values, vectors = np.linalg.eigh(1j * (sigma - sigma.conj().T))
    values, vectors = values[-channels:], vectors[:, -channels:]
    return (vectors * np.sqrt(values)) @ vectors.conj().T, vectors @ vectors.conj().T


def site_matrix(parts, sigmas, energy, channels):
    """Return S on the sites, (2, M, 2, M): outgoing lead and site, incoming lead and site."""
    M = len(sigmas[0])
    ends = np.r_[:M, -M:0]
    G = green_function(parts, energy, sigmas)[np.ix_(ends, ends)]
    roots, projectors = zip(*(root(sigma, channels) for sigma in sigmas), strict=True)
    both = np.zeros((2 * M, 2 * M), complex)
    both[:M, :M], both[M:, M:] = roots
    S = (1j * both @ G @ both).reshape(2, M, 2, M)
    for i in range(2):
        S[i, :, i] -= projectors[i]
    return S
