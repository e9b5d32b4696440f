"""Loops by their times, beside the integrals that they are."""

import numpy as np
import pytest

from qtcore.theory import loops


def test_a_blur_ends_loops_as_the_integral_over_their_times_says():
    blur, tau = 0.03, 3.4
    t = np.geomspace(tau, 2000, 200_001)
    exact = np.trapezoid(np.exp(-((blur * t) ** 2)), np.log(t)) / (2 * np.pi)
    assert loops.lost_in_blur(blur, tau) == pytest.approx(exact, rel=1e-6)


def test_times_are_averaged_over():
    t = np.linspace(14, 40, 100_001)
    exact = np.log(t / 3.4).mean() / (2 * np.pi)
    assert loops.lost_between(14, 40, 3.4) == pytest.approx(exact, rel=1e-5)


def test_a_blur_takes_the_end_of_the_current():
    blur, tau = 0.1, 3.4
    u = np.linspace(0, 60, 400_001)
    exact = np.trapezoid(np.exp(-u - (blur * tau * u) ** 2), u)
    assert loops.blurred_part(blur, tau) == pytest.approx(exact, rel=1e-6)


def test_a_factor_of_ten_in_length_is_the_known_slope():
    """-(1/pi) ln L: a hundred times the time is ten times the length."""
    near, far = (loops.lost_in_blur(blur, 1.0) for blur in (1e-4, 1e-5))
    assert far - near == pytest.approx(np.log(10) / (2 * np.pi), rel=1e-4)


def test_a_thin_cylinder_loses_the_third_of_a_wire_and_a_wide_one_the_logarithm():
    thin = loops.lost_between_leads(4000.0, 40.0, 5.0, 0.02) * 40 / 4000
    assert thin == pytest.approx(1 / 3, rel=0.05)
    near, far = (loops.lost_between_leads(L, 8 * L, 5.0, 2.0) for L in (200.0, 800.0))
    assert far - near == pytest.approx(np.log(4) / np.pi, rel=0.03)


def test_a_field_ends_loops_as_the_integral_over_their_times_says():
    flux, D, tau = 1 / 64, 4.5, 1.7
    x = np.geomspace(4 * np.pi * flux * D * tau, 60, 200_001)
    exact = np.trapezoid(x / np.sinh(x), np.log(x)) / (2 * np.pi)
    assert loops.lost_in_field(flux, D, tau) == pytest.approx(exact, rel=1e-6)
