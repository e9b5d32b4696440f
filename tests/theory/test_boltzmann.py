import numpy as np
import pytest

import qtcore as qt
from qtcore.theory.boltzmann import classical_conductance, classical_transit
from qtcore.theory.born import Rates, scattering_rates, slowness


def equal(N, mean_free_path):
    """Rates of N equivalent channels."""
    any_rate = np.full((N, N), 1 / (N * mean_free_path))
    return Rates(any_rate, any_rate, any_rate)


@pytest.mark.parametrize("N", [1, 2, 5])
def test_equal_channels_follow_ohm_with_contacts(N):
    s = np.array([0, 1e-3, 0.3, 1, 7, 300])
    found = classical_conductance(equal(N, 40.0), 40 * s)
    assert found == pytest.approx(N / (1 + s), rel=1e-8)


@pytest.mark.parametrize("flux", [0.0, 0.01])
def test_short_wires_lose_the_golden_rule(flux):
    rates = scattering_rates(qt.Square(8), 0.6, 0.5, flux)
    s = 1e-5
    lost = rates.channels - classical_conductance(rates, np.array([s * rates.mean_free_path]))[0]
    assert lost == pytest.approx(rates.channels * s, rel=1e-4)


def test_resistance_of_long_wires_grows_linearly_and_is_additive():
    rates = scattering_rates(qt.Square(8), 0.6, 0.5)
    resistance = 1 / classical_conductance(rates, rates.mean_free_path * np.array([50.0, 100, 150]))
    assert resistance[2] - resistance[1] == pytest.approx(resistance[1] - resistance[0], rel=1e-8)


def test_unequal_channels_conduct_better_than_equal_ones():
    # The slow channel of width 2 near its threshold scatters most and carries no more than others.
    rates = scattering_rates(qt.Square(2), 0.9, 0.5)
    s = 5.0
    found = classical_conductance(rates, np.array([s * rates.mean_free_path]))[0]
    assert found > 1.1 * 2 / (1 + s)


def test_agrees_with_the_diffusion_of_single_particles():
    # A Monte Carlo of particles that hop between modes: 4e5 of them, error 0.0005.
    rates = scattering_rates(qt.Square(4), 0.6, 0.7, flux=0.02)
    N, length = rates.channels, 2 * rates.mean_free_path
    out = np.block([[rates.right, rates.back.T], [rates.back, rates.left]])
    total = out.sum(axis=0)
    cumulative = (out / total).cumsum(axis=0)
    rng = np.random.default_rng(5)
    state = rng.integers(0, N, 400_000)
    x = np.zeros(len(state))
    inside = np.ones(len(state), dtype=bool)
    while inside.any():
        moving = np.flatnonzero(inside)
        mode = state[moving]
        step = rng.exponential(1 / total[mode])
        x[moving] += np.where(mode < N, step, -step)
        inside[moving] = (x[moving] > 0) & (x[moving] < length)
        draw = rng.random(len(moving))
        state[moving] = (draw > cumulative[:, mode]).sum(axis=0)
    expected = classical_conductance(rates, np.array([length]))[0]
    assert N * (x >= length).mean() == pytest.approx(expected, abs=5 * N * 0.0008)


def test_transit_times_of_clean_and_of_diffusive_wires():
    rates = scattering_rates(qt.Square(8), 0.6, 0.5)
    slow, path = slowness(qt.Square(8), 0.6), rates.mean_free_path
    short, long = classical_transit(rates, slow, path * np.array([1e-6, 60.0]))
    assert short == pytest.approx(1e-6 * path * slow.mean(), rel=1e-4)
    # L² / 6 D with the contacts: D = N l' / 2 pi rho M, 2 pi rho M = 2 sum 1/v.
    g = classical_conductance(rates, path * np.array([60.0, 120.0]))
    conductivity = 60 * path / (1 / g[1] - 1 / g[0])
    contact = conductivity / g[0] - 60 * path
    felt, D = 60 * path + contact, conductivity / (2 * slow.sum())
    assert long == pytest.approx((felt**2 - contact**2 / 2) / (6 * D), rel=1e-3)


def test_transit_times_of_equal_channels():
    # Two currents, right and left: t = L / 2 v (1 + s/3 ...) exactly (s² / 3 + s + 1) / (1 + s) L / v.
    s = np.array([0.1, 1.0, 5.0])
    found = classical_transit(equal(3, 40.0), np.full(3, 0.7), 40 * s)
    assert found == pytest.approx(0.7 * 40 * s * (1 + s + s**2 / 3) / (1 + s), rel=1e-8)
