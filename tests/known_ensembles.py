"""Ensembles whose truth is known: random walks of ln g, and random scatterers in series (DMPK)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def walk(lengths: Array, xi: float, realizations: int, seed: int, offset: float = 0.0) -> Array:
    """ln g with mean offset - 2 L / xi and variance 4 L / xi, lengths cut from the same wire."""
    rng = np.random.default_rng(seed)
    steps = np.diff(lengths, prepend=0.0)
    moves = rng.normal(-2 * steps / xi, np.sqrt(4 * steps / xi), (realizations, len(lengths)))
    return offset + moves.cumsum(axis=1)


def _haar(rng: np.random.Generator, count: int, N: int) -> NDArray[np.complex128]:
    z = rng.standard_normal((count, N, N)) + 1j * rng.standard_normal((count, N, N))
    q, r = np.linalg.qr(z)
    d = np.einsum("nii->ni", r)
    return q * (d / np.abs(d))[:, None, :]


def scatterers(
    N: int, beta: int, numbers: list[int], reflect: float, realizations: int, seed: int
) -> Array:
    """ln g after each of `numbers` weak isotropic scatterers, every channel reflecting alike.

    In the limit reflect -> 0 this is the DMPK equation, with L / l = number x reflect.
    """
    rng = np.random.default_rng(seed)
    one = np.eye(N)
    t = np.broadcast_to(one.astype(complex), (realizations, N, N)).copy()
    inner = np.zeros_like(t)
    log_scale = np.zeros(realizations)
    a, b = np.sqrt(reflect), np.sqrt(1 - reflect)
    found = []
    for number in range(1, max(numbers) + 1):
        u = _haar(rng, realizations, N)
        w = _haar(rng, realizations, N)
        # Time reversal makes the scattering matrix symmetric.
        v = u.transpose(0, 2, 1) if beta == 1 else _haar(rng, realizations, N)
        z = w.transpose(0, 2, 1) if beta == 1 else _haar(rng, realizations, N)
        r2, t2, t2_back, r2_back = -a * u @ v, b * z @ v, b * u @ w, a * z @ w
        bounces = np.linalg.inv(one - inner @ r2)
        t = t2 @ bounces @ t
        inner = r2_back + t2 @ bounces @ inner @ t2_back
        size = np.sqrt((np.abs(t) ** 2).sum(axis=(1, 2)))
        t /= size[:, None, None]
        log_scale += np.log(size)
        if number in numbers:
            found.append(2 * log_scale.copy())
    return np.stack(found, axis=1)
