"""Universal fluctuations: lattice sums, and correlations against processes with known ones."""

import math

import numpy as np
import pytest

from qtcore.analysis.fluctuations import (
    FIELD_HALF_WIDTH,
    correlation,
    energy_correlation,
    energy_half_width,
    field_correlation,
    field_half_width,
    half_width,
    impurity_correlation,
    universal_variance,
    variance_in_field,
)
from qtcore.errors import InputError

CATALAN = 0.915965594177219


def test_shapes_have_the_published_variances():
    assert universal_variance(1) == pytest.approx(2 / 15)
    assert universal_variance(1, 1.0) == pytest.approx(2 * CATALAN / math.pi**2, rel=1e-5)
    assert universal_variance(1, 1.0, periodic=True) == pytest.approx(0.15408, abs=1e-5)
    assert universal_variance(2, 0.5) == pytest.approx(0.2993 / 2, abs=1e-4)
    assert universal_variance(1, 60.0) == pytest.approx(2 / 15, rel=1e-4)


def test_a_direct_double_sum_agrees():
    nx, ny = np.meshgrid(np.arange(1, 1500), np.arange(1500), indexing="ij")
    direct = 12 / math.pi**4 * ((nx**2 + (2.0 * ny) ** 2) ** -2.0).sum()
    assert universal_variance(1, 2.0) == pytest.approx(direct, rel=1e-5)


def test_correlations_start_at_one_and_are_half_where_stated():
    assert energy_correlation(np.array(0.0)) == pytest.approx(1, abs=1e-6)
    assert energy_correlation(np.array(7.729)) == pytest.approx(0.5, abs=1e-3)
    assert field_correlation(np.array(0.0)) == 1
    assert field_correlation(np.array(FIELD_HALF_WIDTH)) == pytest.approx(0.5, abs=1e-3)
    series, formula = field_correlation(np.array([0.02756, 0.02758]))
    assert series == pytest.approx(formula, abs=1e-5)


def test_correlation_and_its_error_of_a_process_with_a_known_one():
    # g(x) = a cos x + b sin x with normal a, b: <g(0) g(x)> / <g²> = cos x.
    rng, x = np.random.default_rng(2), np.linspace(0, 2, 21)
    pulls = []
    for _ in range(100):
        a, b = rng.standard_normal((2, 400, 1))
        found = half_width(*correlation(x, a * np.cos(x) + b * np.sin(x)))
        pulls.append((found.value - math.pi / 3) / found.error)
    # Straight lines between points are off by 3e-4; the mean pull has a standard error of 0.1.
    assert abs(np.mean(pulls)) < 0.35
    assert np.std(pulls) == pytest.approx(1, abs=0.25)


def test_too_short_a_window_says_so():
    rng, x = np.random.default_rng(3), np.linspace(0, 0.5, 6)
    g = rng.standard_normal((50, 1)) * np.cos(x)
    with pytest.raises(InputError, match="store a wider range"):
        half_width(*correlation(x, g))
    with pytest.raises(InputError, match="same in all realizations"):
        correlation(np.arange(3.0), np.ones((50, 3)))


def test_a_field_turns_one_symmetry_class_into_the_other():
    assert variance_in_field(0.0, 2.0) == pytest.approx(universal_variance(1, 2.0))
    # Cooperons that are left: less than 2 % where 20 h/e go through.
    assert variance_in_field(20.0, 3.0) == pytest.approx(universal_variance(2, 3.0), rel=0.02)


def test_long_rectangles_forget_the_field_like_wires():
    # The grid of the rectangle is good to 2 %.
    assert field_half_width(20.0) == pytest.approx(FIELD_HALF_WIDTH, rel=0.02)
    assert field_half_width(1.0) > 2.5 * FIELD_HALF_WIDTH


def test_a_moved_impurity_matters_as_one_over_g():
    # First order: <g³> of the free diffuson at the middle is 1/480: 1 - 180 kappa / 480.
    assert impurity_correlation(1000.0) == pytest.approx(1 - 1.5 / 1000, abs=1e-5)
    assert impurity_correlation(2.0, 0.5) == impurity_correlation(4.0, 1.0)
    assert impurity_correlation(1.0) == pytest.approx(0.4, abs=0.02)


def test_distances_are_found_on_a_sparse_ruler():
    rng = np.random.default_rng(5)
    x = 0.3 + 0.1 * np.array([0, 1, 4, 6])
    shifts, curve = correlation(x, rng.standard_normal((4000, 4)))
    np.testing.assert_allclose(shifts, 0.1 * np.arange(7), atol=1e-6)
    # Independent values: nothing beyond distance 0, each pair with an error of 1/sqrt(4000).
    assert curve.values[0] == pytest.approx(1)
    assert curve.errors[0] < 1e-12
    assert np.abs(curve.values[1:] / curve.errors[1:]).max() < 3.5
    assert curve.errors[1:] == pytest.approx(4000**-0.5, rel=0.1)


def test_correlation_in_energy_of_long_rectangles_is_that_of_wires():
    assert energy_half_width() == pytest.approx(7.729, abs=1e-3)
    assert energy_half_width(10.0) == pytest.approx(7.729, rel=0.01)
    assert energy_half_width(0.8) > 1.3 * energy_half_width()
    e = np.linspace(0, 40, 9)
    np.testing.assert_allclose(energy_correlation(e, 50.0), energy_correlation(e), atol=1e-3)
