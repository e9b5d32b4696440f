"""Closed forms of chaotic cavities beside scattering matrices that are drawn, and a random Hamiltonian."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.theory import random_matrix as law

DRAWS = 40_000


def scattering(channels, beta, rng, draws=DRAWS):
    """Draw S of a cavity with so many channels in all: unitary, and symmetric for β = 1."""
    shape = (draws, channels, channels)
    Q, R = np.linalg.qr(rng.standard_normal(shape) + 1j * rng.standard_normal(shape))
    phases = np.einsum("nii->ni", R)
    U = Q * (phases / np.abs(phases))[:, None, :]
    return U if beta == 2 else U.swapaxes(1, 2) @ U


@pytest.mark.parametrize("beta", [1, 2])
@pytest.mark.parametrize(("left", "right"), [(1, 1), (2, 3)])
def test_moments_are_those_of_matrices_that_are_drawn(left, right, beta):
    S = scattering(left + right, beta, np.random.default_rng(3))
    T = np.linalg.svd(S[:, left:, :left], compute_uv=False) ** 2
    g, p = T.sum(axis=1), (T * (1 - T)).sum(axis=1)
    spread = (g - g.mean()) ** 2
    for samples, expected in (
        (g, law.mean_conductance(left, right, beta)),
        (spread, law.conductance_variance(left, right, beta)),
        (p, law.mean_partition(left, right, beta)),
    ):
        assert abs(samples.mean() - expected) < 4 * samples.std() / np.sqrt(DRAWS)
        assert samples.std() / np.sqrt(DRAWS) < 0.02 * expected


@pytest.mark.parametrize("beta", [1, 2])
def test_one_channel(beta):
    T = np.abs(scattering(2, beta, np.random.default_rng(4))[:, 1, 0]) ** 2
    for t in (0.1, 0.5, 0.9):
        assert abs((t > T).mean() - law.one_channel_distribution(t, beta)) < 4 * 0.5 / np.sqrt(
            DRAWS
        )
    step = 1e-6
    slope = (
        law.one_channel_distribution(0.3 + step, beta) - law.one_channel_distribution(0.3, beta)
    ) / step
    assert law.one_channel_density(0.3, beta) == pytest.approx(slope, rel=1e-4)


def test_published_numbers():
    assert law.conductance_variance(1, 1, 1) == pytest.approx(0.08889, abs=1e-5)
    assert law.mean_conductance(50, 50, 1) - 25 == pytest.approx(-1 / 4, rel=0.015)
    assert law.conductance_variance(50, 50, 1) == pytest.approx(1 / 8, rel=0.03)
    assert law.mean_partition(50, 50, 2) / law.mean_conductance(50, 50, 2) == pytest.approx(
        1 / 4, rel=1e-3
    )


@pytest.mark.parametrize("beta", [1, 2])
def test_delay_times_of_a_random_hamiltonian(beta):
    """800 cavities of 60 levels and two open channels: the law is that of many levels, to 1/60."""
    rng, M, N, draws = np.random.default_rng(5), 60, 2, 800
    H = rng.standard_normal((draws, M, M)) + 1j * (beta - 1) * rng.standard_normal((draws, M, M))
    H = (H + H.conj().swapaxes(1, 2)) / 2 / np.sqrt((2 + 2 * (beta == 2)) * M)  # a semicircle to ±1
    density = 2 * M / np.pi  # at its middle
    W = np.eye(M, N) / np.sqrt(2 * np.pi)  # <S> = 0: no wave is reflected at once
    inside = np.pi * W @ W.T * 1j - H
    psi = np.linalg.solve(inside, np.broadcast_to(W + 0j, (draws, M, N)))
    Q = 2 * np.pi * psi.conj().swapaxes(1, 2) @ psi
    x = 2 * np.pi * density * np.trace(np.linalg.inv(Q), axis1=1, axis2=2).real
    assert x.mean() == pytest.approx(law.mean_rate(N, beta), rel=0.04)  # error 0.016
    for point in (0.6, 1.0, 1.4):
        point *= law.mean_rate(N, beta)
        assert (x < point).mean() == pytest.approx(law.rate_distribution(point, N, beta), abs=0.05)


def test_densities_are_slopes():
    x = np.linspace(0.1, 40, 4000)
    for beta in (1, 2):
        P = law.rate_density(x, 2, beta)
        assert np.trapezoid(P, x) == pytest.approx(1, abs=1e-3)
        assert np.trapezoid(x * P, x) == pytest.approx(law.mean_rate(2, beta), rel=1e-3)


def test_dip():
    assert law.lorentzian_dip(np.array([0.0, 0.5]), 0.2, 0.5).tolist() == [-0.2, -0.1]


def test_what_is_no_cavity_is_refused():
    with pytest.raises(qt.InputError, match="at least 1 open channel, got"):
        law.mean_conductance(0, 1, 1)
    with pytest.raises(qt.InputError, match=r"beta must be 1 .* or 2"):
        law.mean_partition(1, 1, 4)
