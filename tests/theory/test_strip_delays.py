"""Times and Thouless energies of strips, against diffusion and against each other."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.theory import strip_delays
from qtcore.theory.born import slowness
from qtcore.theory.diffusion import golden_rule_diffusion

WIDTH, ENERGY, DISORDER, FLUX = 24, 1.23, 2.0, 0.006


@pytest.fixture(scope="module")
def flow():
    return golden_rule_diffusion(WIDTH, ENERGY, DISORDER, FLUX)


def test_long_strips_are_crossed_by_diffusion(flow):
    length = flow.mean_free_path * np.array([20.0, 40.0])
    time = strip_delays.transit_time(length, flow, flow, 0.0)
    # D of the clean modes: 2 pi rho M = 2 sum 1/v.
    D = flow.conductivity / (2 * slowness(qt.Square(WIDTH), ENERGY, FLUX).sum())
    felt = length + flow.outside
    # Ends are felt at z / 2 outside: waves enter and leave at this depth inside.
    expected = (felt**2 - flow.outside**2 / 2) / (6 * D)
    np.testing.assert_allclose(time.value, expected, rtol=2e-3)
    assert time.holds.all()


def test_a_longer_path_stretches_a_strip(flow):
    # Twice the mean free path: the time of half the length, twice as long.
    longer, length = flow.with_path(2 * flow.mean_free_path), np.array([60.0, 120.0])
    stretched = strip_delays.transit_time(length, longer, flow, 0.0).value
    plain = strip_delays.transit_time(length / 2, flow, flow, 0.0).value
    np.testing.assert_allclose(stretched, 2 * plain, rtol=1e-12)


def test_what_is_left_out_grows_with_the_ends_and_with_interference(flow):
    length = flow.mean_free_path * np.array([1.0, 5.0, 40.0])
    stay = strip_delays.transit_time(length, flow, flow, 0.01)
    share = stay.left_out / stay.value
    assert share[0] > 1
    assert 0.05 < share[1] < 0.1
    assert share[2] > share[1]
    assert stay.holds.tolist() == [False, True, True]


def test_rings_lose_weak_localization(flow):
    length = np.array([20.0, 40.0])
    ring = strip_delays.thouless_of_ring(length, WIDTH // 2, flow, 0.0)
    np.testing.assert_allclose(ring.value, flow.constant / length**2)
    g = flow.conductivity / 2 / length
    np.testing.assert_allclose(ring.left_out / ring.value, 1 / (3 * g))


def test_the_power_of_a_law_and_what_it_leaves_out():
    felt = np.array([10.0, 20.0, 40.0])
    stay = strip_delays.Stay(3 * felt**-2.0, 0.3 * felt**-2.0, np.ones(3, bool))
    power, left_out = strip_delays.power(stay, felt)
    assert power == pytest.approx(-2)
    assert left_out == pytest.approx(0.2 / np.log(4))
