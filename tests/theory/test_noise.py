"""Noise formulas against their limits."""

import numpy as np
import pytest

from qtcore.errors import InputError
from qtcore.theory.noise import excess_noise, fano_factor, noise_power, partition

T = np.array([[0.2, 0.7, 1.0], [0.5, 0.1, np.nan]])
G = np.nansum(T, axis=-1)


def test_equilibrium_is_johnson_and_nyquist():
    np.testing.assert_allclose(noise_power(T, 0.0, 0.05), 4 * 0.05 * G)


def test_cold_contact_is_poisson_times_fano():
    np.testing.assert_allclose(noise_power(T, 0.3), 2 * 0.3 * partition(T))
    assert fano_factor(T) == pytest.approx(partition(T).sum() / G.sum())


def test_small_bias_and_temperature_join_smoothly():
    # Khlus: S = 2 kT·2 sum T² + 2 eV coth(eV/2kT) sum T(1-T).
    eV, kT = 0.1, 0.04
    expected = 4 * kT * np.nansum(T**2, axis=-1) + 2 * eV / np.tanh(eV / 2 / kT) * partition(T)
    np.testing.assert_allclose(noise_power(T, eV, kT), expected)


@pytest.mark.parametrize("frequency", [0.1, 0.29, 0.31, 2.0])
def test_excess_noise_ends_at_the_bias(frequency):
    expected = 2 * partition(T) * max(0.0, 0.3 - frequency)
    np.testing.assert_allclose(excess_noise(T, 0.3, 0.0, frequency), expected, atol=1e-12)


def test_zero_point_noise_stays():
    np.testing.assert_allclose(noise_power(T, 0.0, 0.0, 0.7), 2 * 0.7 * G)


def test_negative_temperature_is_refused():
    with pytest.raises(InputError, match="temperature must be >= 0"):
        noise_power(T, 0.1, -1.0)


def test_a_missing_sample_has_no_noise_and_is_not_counted():
    with_missing = np.vstack([T, np.full((1, 3), np.nan)])
    np.testing.assert_array_equal(np.isnan(partition(with_missing)), [False, False, True])
    np.testing.assert_array_equal(np.isnan(noise_power(with_missing, 0.3)), [False, False, True])
    assert fano_factor(with_missing) == pytest.approx(fano_factor(T), rel=1e-14)
