"""Dorokhov's law: normalisation and moments."""

import numpy as np
import pytest
from scipy.integrate import quad

from qtcore.theory.eigenvalues import (
    DIFFUSIVE_SECOND_MOMENT,
    DIFFUSIVE_THIRD_MOMENT,
    classical_fano,
    dorokhov_density,
    of_channels,
    x_of,
)


def test_x_inverts_the_transmission_at_any_size():
    x = np.array([0.0, 1e-3, 0.5, 3.0, 40.0])
    np.testing.assert_allclose(x_of(-2 * np.log(np.cosh(x))), x, atol=1e-7)
    assert x_of(np.array(-4000.0)) == pytest.approx(2000 + np.log(2), rel=1e-14)


def test_density_counts_each_channel_once_and_has_the_known_moments():
    s = 12.0

    def moment(power):
        # x = arcosh(1/sqrt T) takes the singularities away: dT = -2 T sqrt(1-T) dx.
        def integrand(x):
            T = 1 / np.cosh(x) ** 2
            weight = 2 * T * np.sqrt(1 - T)
            return float(dorokhov_density(np.array(T), s)) * weight * T**power

        return quad(integrand, 1e-9, s * (1 - 1e-12), limit=200)[0]

    assert moment(0) == pytest.approx(1, rel=1e-6)
    assert moment(1) == pytest.approx(np.tanh(s) / s, rel=1e-6)
    assert moment(2) / moment(1) == pytest.approx(DIFFUSIVE_SECOND_MOMENT, rel=1e-6)
    assert moment(3) / moment(1) == pytest.approx(DIFFUSIVE_THIRD_MOMENT, rel=1e-6)


def test_fano_factor_goes_from_ballistic_to_one_third():
    np.testing.assert_allclose(classical_fano(np.array([0.0, 1e9])), [0, 1 / 3], atol=1e-12)


def test_channels_too_small_to_be_known_pass_nothing_and_missing_samples_stay_missing():
    nan = np.nan
    stored = np.array([[-1.0, -2.0, -90.0, nan], [-3.0, -4.0, nan, nan], [nan, nan, nan, nan]])
    found = of_channels(stored, 3)  # the fourth channel is closed
    expected = [[-1.0, -2.0, -90.0], [-3.0, -4.0, -np.inf], [nan, nan, nan]]
    np.testing.assert_array_equal(found, expected)
