"""Fluctuations of diffusive strips: long ones are wires with known numbers, short ones rectangles."""

from dataclasses import replace

import numpy as np
import pytest

from qtcore.theory.diffusion import golden_rule_diffusion
from qtcore.theory.dmpk import universality
from qtcore.theory.moved_impurity import Strip, moved_correlation, scattering_strength
from qtcore.theory.strip_fluctuations import (
    LARGEST_SHARE,
    correlation_in_energy,
    correlation_in_field,
    correlation_of_moved,
    next_order,
    strip_variance,
    thouless_energy,
)
from qtcore.theory.universal import universal_variance


@pytest.fixture(scope="module")
def flow():
    return golden_rule_diffusion(40, 1.16, 2.5, 0.004)


def test_variance_without_a_field_is_that_of_the_rectangle_times_dmpk(flow):
    length, still = np.array([60.0, 150.0]), replace(flow, flux=0.0)
    found = strip_variance(length, still)
    aspect = (length + still.outside) / 40
    shape = np.array([universal_variance(1, a) for a in aspect]) / (2 / 15)
    moments, _ = universality(length / still.mean_free_path, still.channels, 1)
    np.testing.assert_allclose(found.value, shape * moments * 2 / 15, rtol=1e-6)


def test_a_field_takes_the_cooperons_of_long_strips(flow):
    # 24 h/e through the strip: 2 % of the cooperons are left.
    found = strip_variance(np.array([150.0]), flow).value
    moments, _ = universality(np.array([150.0]) / flow.mean_free_path, flow.channels, 2)
    expected = universal_variance(2, (150 + flow.outside) / 40) * moments
    np.testing.assert_allclose(found, expected, rtol=0.02)
    assert found > expected


def test_variances_hold_between_ballistic_and_localized_lengths(flow):
    length = np.array([4.0, 10.0, 20.0, 0.99 * flow.channels, 1.01 * flow.channels])
    found = strip_variance(length * flow.mean_free_path, flow)
    np.testing.assert_array_equal(found.holds, [False, False, True, True, False])
    assert (np.diff(found.left_out[:3] / found.value[:3]) < 0).all()
    assert found.left_out[2] / found.value[2] < LARGEST_SHARE + 0.01


def test_long_strips_forget_the_energy_at_the_published_shift(flow):
    length = np.array([4000.0])
    unit = thouless_energy(length, flow)
    assert unit[0] == pytest.approx(flow.constant / (4000 + flow.outside) ** 2)
    shifts = np.array([0.0, 7.729]) * unit
    np.testing.assert_allclose(
        correlation_in_energy(shifts, length, flow)[:, 0], [1, 0.5], atol=2e-3
    )


def test_long_strips_forget_the_field_at_the_published_flux(flow):
    length = np.array([3000.0])
    flux = 1.168 / (40 * (3000 + flow.outside) * flow.flux_kept)
    found = correlation_in_field(np.array([0.0, flux]), length, flow)
    np.testing.assert_allclose(found[:, 0], [1, 0.5], atol=3e-3)


def test_ladders_differ_from_diffusons_by_the_square_of_the_length(flow):
    length = np.array([100.0, 200.0])
    for law, scale in (
        (correlation_in_energy, 8 * thouless_energy(length, flow)[0]),
        (correlation_in_field, 1.5 / (40 * 100)),
    ):
        shifts = np.array([scale, scale / 4])
        apart = np.abs(law(shifts, length, flow, ladder=True) - law(shifts, length, flow))
        assert 0 < apart[0, 0] < 0.05
        assert apart[1, 1] < 0.6 * apart[0, 0]


def test_next_orders_are_those_of_the_variance(flow):
    s = np.array([10.0, 20.0])
    moments, series = universality(s, flow.channels, 2)
    expected = np.abs(moments - 1) + series
    np.testing.assert_allclose(next_order(s * flow.mean_free_path, flow), expected)


def test_a_moved_impurity_is_that_of_the_strip_between_the_leads(flow):
    sites = [(73, 13), (73, 26)]
    found, left_out = correlation_of_moved(147, flow, sites, 3.9)
    middle = (147 + flow.outside) / 2
    strip = Strip(147 + flow.outside, 40, flow.conductivity / 40, flow.step)
    # Half-way along, up to half a slice.
    strength = scattering_strength(1.16, 3.9)
    expected = moved_correlation(strip, [(middle, 13.5), (middle, 26.5)], strength)
    assert found == pytest.approx(expected, rel=1e-3)
    assert 0 < left_out < 0.2
