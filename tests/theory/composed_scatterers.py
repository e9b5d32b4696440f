"""Independent truth for localization lengths: random scatterers composed one after the other.

Weak disorder leaves of a wire what the golden rule says of each thin piece: reflection and
transmission amplitudes between the modes, Gaussian, with the covariances of site disorder seen by
the modes themselves. Phases of different pairs of modes run through freely; a collision n -> m and
its time-reversed copy keep the part of their correlation that the field leaves. No equal channels,
no equal mean free paths, and no field that is either off or complete.
"""

from typing import NamedTuple

import numpy as np

from qtcore.model.lattice import Square
from qtcore.solve.lead_modes import lead_modes
from qtcore.theory.field import _momenta, _real
from qtcore.units import peierls_phase


class Composed(NamedTuple):
    """Localization length and its standard error over the mean free path; channels N."""

    xi: float
    error: float
    channels: int
    path: float


def paired_modes(width: int, energy: float, flux: float) -> tuple[np.ndarray, np.ndarray]:
    """Return modes that run right and their partners that run left, (site, mode), real."""
    phase = peierls_phase(flux)
    modes = lead_modes(Square(width), energy, phase)
    N, shift = modes.channels, np.exp(-0.5j * phase * (width - 1))
    ahead = _momenta(modes.right[:, :N], modes.right_ahead[:, :N] * shift)
    backward = _momenta(modes.left[:, :N], modes.left_ahead[:, :N] * shift)
    partner = np.abs(np.exp(1j * backward) - np.exp(-1j * ahead)[:, None]).argmin(axis=1)
    right, left = _real(modes.right[:, :N]), _real(modes.left[:, partner])
    return right, left * np.sign((left * right).sum(axis=0))


def composed(
    width: int, energy: float, strength: float, flux: float, lengths: float, seed: int
) -> Composed:
    """Compose `lengths` localization lengths of scatterers, in 600 wires side by side."""
    wires, step = 600, 0.02
    right, left = paired_modes(width, energy, flux)
    N, rng = right.shape[1], np.random.default_rng(seed)
    back = left.T[:, None, :] * right.T[None]
    ahead, behind = right.T[:, None, :] * right.T[None], left.T[:, None, :] * left.T[None]
    path = N / (strength**2 / 12 * (back**2).sum())
    sigma = strength * np.sqrt(step * path / 12)
    upper, off, d, one = np.triu_indices(N), np.triu_indices(N, 1), np.arange(N), np.eye(2 * N)

    def sites(pairs: int) -> np.ndarray:
        parts = rng.normal(size=(2, wires, pairs, width)) * sigma / np.sqrt(2)
        return parts[0] + 1j * parts[1]

    X = np.zeros((wires, 2 * N, 2 * N), dtype=complex)
    Q = np.linalg.qr(rng.normal(size=(wires, 2 * N, N)) + 0j)[0]
    per_xi = (2 * N if flux else N + 1) / step
    first, last = int(10 * per_xi), int((10 + lengths / wires) * per_xi)
    grown = np.zeros(wires)
    for k in range(last):
        pair = sites(len(upper[0]))
        forward, own = sites(len(off[0])), rng.normal(size=(wires, width)) * sigma
        v, u, w = np.zeros((3, wires, N, N), dtype=complex)
        v[:, upper[1], upper[0]] = (pair * back.transpose(1, 0, 2)[upper]).sum(axis=2)
        v[:, upper[0], upper[1]] = (pair * back[upper]).sum(axis=2)
        for matrix, between, noise in ((u, ahead, forward), (w, behind, forward.conj())):
            matrix[:, off[0], off[1]] = (noise * between[off]).sum(axis=2)
            matrix += matrix.conj().swapaxes(1, 2)
            matrix[:, d, d] = own @ between[d, d].T
        X[:, :N, :N], X[:, :N, N:] = 1j * u, 1j * v
        X[:, N:, :N], X[:, N:, N:] = -1j * v.conj().swapaxes(1, 2), -1j * w
        # Cayley's form conserves the current.
        Q = np.linalg.solve(one - X / 2, Q + X @ Q / 2)
        if k % 4 == 3 or k in (first - 1, last - 1):
            Q, R = np.linalg.qr(Q)
            grown += np.log(np.abs(R[:, N - 1, N - 1])) if k >= first else 0
    rate = grown / (step * (last - first))
    return Composed(1 / rate.mean(), rate.std() / np.sqrt(wires) / rate.mean() ** 2, N, path)
