"""Fano factors in closed form against averages of samples that are drawn."""

import numpy as np
import pytest

from qtcore.errors import InputError
from qtcore.theory import elastic
from qtcore.theory.fano import chaotic_cavity, thermal_to_shot, two_barriers
from qtcore.theory.noise import noise_power


def test_two_barriers_are_an_average_over_the_phase():
    first, second = 0.3, 0.2
    phase = 2 * np.pi * np.arange(4096) / 4096
    T = first * second / np.abs(1 - np.sqrt((1 - first) * (1 - second)) * np.exp(1j * phase)) ** 2
    g, fano = two_barriers(first, second)
    assert g == pytest.approx(T.mean(), rel=1e-12)
    assert fano == pytest.approx((T * (1 - T)).mean() / T.mean(), rel=1e-12)


def test_two_barriers_have_their_limits():
    assert two_barriers(1e-6, 1e-6)[1] == pytest.approx(0.5, abs=1e-5)
    assert two_barriers(1e-6, 0.5)[1] == pytest.approx(1.0, abs=1e-4)
    assert two_barriers(1.0, 0.3)[1] == pytest.approx(0.7)


@pytest.mark.parametrize(("left", "right"), [(1, 1), (2, 3), (4, 4)])
@pytest.mark.parametrize("beta", [1, 2])
def test_a_cavity_is_an_average_over_random_unitary_matrices(left, right, beta):
    # 4,000 matrices: standard errors of g and of the partition noise below are stated by their spread.
    rng = np.random.default_rng(3)
    N = left + right
    Z = rng.standard_normal((4000, N, N)) + 1j * rng.standard_normal((4000, N, N))
    Q, R = np.linalg.qr(Z)
    phases = np.einsum("rii->ri", R)
    U = Q * (phases / np.abs(phases))[:, None]
    S = U if beta == 2 else U @ U.transpose(0, 2, 1)
    t = S[:, left:, :left]
    T = np.linalg.svd(t, compute_uv=False) ** 2
    g, parts = T.sum(1), (T * (1 - T)).sum(1)
    expected, fano = chaotic_cavity(left, right, beta)
    assert abs(g.mean() - expected) < 3.5 * g.std() / 4000**0.5
    assert abs(parts.mean() - fano * expected) < 3.5 * parts.std() / 4000**0.5


def test_wide_openings_have_a_quarter():
    assert chaotic_cavity(500, 500, 1)[1] == pytest.approx(0.25, rel=2e-3)
    # beta = 2: N²/(4 N² - 1)
    assert chaotic_cavity(4, 4, 2)[1] == pytest.approx(16 / 63)


def test_a_closed_cavity_is_refused():
    with pytest.raises(InputError, match=r"open channel in each opening, got 0 and 3; widen"):
        chaotic_cavity(0, 3, 1)


@pytest.mark.parametrize("x", [0.0, 1e-6, 0.3, 5.0, 40.0])
def test_the_way_from_thermal_to_shot_noise_is_that_of_khlus(x):
    T, kT = np.array([[0.2, 0.9, 0.6]]), 0.03
    fano = (T * (1 - T)).sum() / T.sum()
    expected = noise_power(T, x * kT, kT) / noise_power(T, 0.0, kT)
    np.testing.assert_allclose(thermal_to_shot(fano, x), expected, rtol=1e-9)


@pytest.mark.parametrize("energy", [-1.2, 0.4])
def test_one_changed_bond_is_what_matching_waves_gives(energy):
    hopping, k = 0.3, np.arccos(energy / 2)
    # psi_j = exp(ikj) + r exp(-ikj) up to site 0, t exp(ikj) from site 1 on; the bond between them is changed.
    wave = np.exp(1j * k)
    equations = np.array([[energy - wave, -hopping * wave], [-hopping, energy * wave - wave**2]])
    _, t = np.linalg.solve(equations, [1 / wave - energy, hopping])
    assert elastic.contact(energy, hopping) == pytest.approx(abs(t) ** 2, rel=1e-12)
