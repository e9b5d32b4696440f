"""Correlations of samples and their half widths, against processes with known ones."""

import math

import numpy as np
import pytest

from qtcore.errors import InputError
from qtcore.estimate import (
    Missing,
    attempt,
    correlation,
    crossing,
    distances,
    exact,
    half_width,
    similarity,
    stack,
)
from qtcore.theory.universal import energy_correlation


def test_correlation_and_its_error_of_a_process_with_a_known_one():
    # g(x) = a cos x + b sin x with normal a, b: <g(0) g(x)> / <g²> = cos x.
    rng, x = np.random.default_rng(2), np.linspace(0, 2, 21)
    pulls = []
    for _ in range(100):
        a, b = rng.standard_normal((2, 400, 1))
        found = half_width(distances(x), correlation(x, a * np.cos(x) + b * np.sin(x)))
        pulls.append((float(found) - math.pi / 3) / float(found.error))
    # The mean pull has a standard error of 0.1.
    assert abs(np.mean(pulls)) < 0.35
    assert np.std(pulls) == pytest.approx(1, abs=0.25)


def test_what_has_no_half_width_is_refused_with_the_remedy():
    rng = np.random.default_rng(3)

    def cosine(x, count=200):
        a, b = rng.standard_normal((2, count, 1))
        return distances(x), correlation(x, a * np.cos(x) + b * np.sin(x))

    with pytest.raises(Missing, match="store a wider range"):
        half_width(*cosine(np.linspace(0, 0.8, 9)))
    with pytest.raises(Missing, match=r"before the first stored shift, 1\.2; store .* closer"):
        half_width(*cosine(np.linspace(0, 7.2, 7)))
    with pytest.raises(Missing, match="at least 5 shifts other than 0, got 4"):
        half_width(*cosine(np.linspace(0, 2, 5)))
    with pytest.raises(Missing, match="at least 200 realizations, got 199"):
        half_width(*cosine(np.linspace(0, 2, 9), count=199))
    with pytest.raises(Missing, match="same in all realizations"):
        correlation(np.arange(3.0), np.ones((50, 3)))


RULER = 2e-4 * np.array((0, 1, 3, 6, 13, 20, 27, 34, 41, 45, 49, 50))


@pytest.mark.parametrize(
    "shape",
    [
        lambda x: 1 / (1 + x**2),
        lambda x: np.exp(-math.log(2) * x**2),
        lambda x: np.exp(-math.log(2) * x),
        lambda x: energy_correlation(7.729 * x),
    ],
    ids=["lorentz", "gauss", "exponential", "diffuson"],
)
def test_the_local_fit_keeps_the_half_width_of_exact_curves(shape):
    shifts = np.unique(np.abs(RULER - RULER[:, None]).round(7))
    assert crossing(shifts, shape(shifts / 0.0035)) == pytest.approx(0.0035, rel=3e-3)


def test_distances_are_found_on_a_sparse_ruler():
    rng = np.random.default_rng(5)
    x = 0.3 + 0.1 * np.array([0, 1, 4, 6])
    curve = correlation(x, rng.standard_normal((4000, 4)))
    np.testing.assert_allclose(distances(x), 0.1 * np.arange(7), atol=1e-6)
    # Independent values: nothing beyond distance 0, each pair with an error of 1/sqrt(4000).
    assert curve.values[0] == pytest.approx(1)
    assert curve.error[0] < 1e-12
    assert np.abs(curve.values[1:] / curve.error[1:]).max() < 3.5
    assert curve.error[1:] == pytest.approx(4000**-0.5, rel=0.1)


def test_several_curves_side_by_side_are_those_alone():
    rng, x = np.random.default_rng(4), np.linspace(0, 2, 21)
    a, b = rng.standard_normal((2, 300, 1, 2))
    g = a * np.cos(x)[:, None] + b * np.sin(x)[:, None]
    curves, shifts = correlation(x, g), distances(x)
    assert curves.shape == (21, 2)
    alone = correlation(x, g[..., 1])
    np.testing.assert_array_equal(curves.values[:, 1], alone.values)
    np.testing.assert_array_equal(curves.error[:, 1], alone.error)
    gap = stack([curves[:, 0], exact(np.full(21, np.nan)), curves[:, 1]], axis=1)
    found = half_width(shifts, gap)
    assert np.isnan(found.values[1])
    assert float(found[2]) == float(half_width(shifts, alone))
    assert found.error[2] == pytest.approx(half_width(shifts, alone).error, rel=1e-9)
    np.testing.assert_allclose(crossing(shifts, gap.values), found.values)
    with pytest.raises(Missing, match=r"^L = 3: .*store a wider range"):
        half_width(shifts[:9], gap[:9, 1:], ["L = 2", "L = 3"])


def test_a_curve_without_a_half_width_takes_none_from_the_others():
    rng, x = np.random.default_rng(4), np.linspace(0, 2, 21)
    a, b = rng.standard_normal((2, 300, 1))
    fast, slow = (correlation(x, a * np.cos(pace * x) + b * np.sin(pace * x)) for pace in (1, 0.2))
    shifts, both = distances(x), stack([slow, fast], axis=1)
    found = half_width(shifts, both)
    assert np.isnan(found.values[0])
    assert found.values[1] == float(half_width(shifts, fast))
    np.testing.assert_allclose(crossing(shifts, both.values), found.values)
    why = attempt(half_width, shifts, both[:, 0])
    assert isinstance(why, Missing)
    assert "does not fall to one half within the stored values" in str(why)
    with pytest.raises(Missing, match="does not fall to one half"):
        crossing(shifts, both.values[:, :1])


def test_realizations_that_were_not_computed_do_not_count():
    rng, x = np.random.default_rng(6), np.linspace(0, 2, 9)
    a, b = rng.standard_normal((2, 300, 1))
    g = a * np.cos(x) + b * np.sin(x)
    g[250:, 3] = np.nan
    found, right = correlation(x, g), correlation(x, g[:250])
    np.testing.assert_allclose(found.values, right.values)
    np.testing.assert_allclose(found.error, right.error)
    assert (found.counts == 250).all()
    with pytest.raises(
        Missing, match="at least 8 realizations with all of its points, got 7 of 300"
    ):
        correlation(x, np.where(np.arange(300)[:, None] < 7, g, np.nan))
    with pytest.raises(InputError, match="with 9 points x, got"):
        correlation(x, g[:, :4])


def test_similarity_is_the_correlation_of_two_numbers():
    rng = np.random.default_rng(8)
    x = rng.standard_normal((4000, 2))
    y = 0.6 * x + 0.8 * rng.standard_normal((4000, 2))
    found = similarity(x, y)
    # Its error is (1 - 0.6²) / √4000 for equal variances.
    np.testing.assert_allclose(found.error, 0.64 / 4000**0.5, rtol=0.1)
    assert (np.abs(found.values - 0.6) < 3.5 * found.error).all()
    assert float(similarity(x[:, 0], x[:, 0])) == pytest.approx(1)
