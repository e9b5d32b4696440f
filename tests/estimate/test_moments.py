"""Means, variances and densities, against NumPy and the bootstrap."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.errors import InputError
from qtcore.estimate import histogram, mean, refuse_large_error, variance
from qtcore.estimate.moments import FEWEST_FOR_VARIANCE


def nested(count=500, seed=1):
    """Sums of independent steps: correlated as the lengths of one wire are."""
    return np.cumsum(np.random.default_rng(seed).normal(-1, 1, (count, 4)), axis=1)


def test_mean_and_variance_are_the_plain_ones():
    data = nested()
    assert mean(data).values == pytest.approx(data.mean(axis=0))
    assert mean(data).error == pytest.approx(data.std(axis=0, ddof=1) / np.sqrt(500))
    assert mean(data).covariance == pytest.approx(np.cov(data.T) / 500)
    assert variance(data).values == pytest.approx(data.var(axis=0, ddof=1))


def test_covariance_of_variances_is_that_of_the_bootstrap():
    # 800 resamples know a covariance to 5 %, four errors are 0.2.
    data = nested(400)
    rng = np.random.default_rng(3)
    chosen = rng.integers(0, 400, (800, 400))
    expected = np.cov(np.array([data[rows].var(axis=0, ddof=1) for rows in chosen]).T)
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert variance(data).covariance / scale == pytest.approx(expected / scale, abs=0.2)


def test_missing_realizations_keep_their_place():
    data = nested(300)
    data[7] = np.nan
    data[100:150, 2] = np.nan
    there = np.isfinite(data).all(axis=1)
    for function in (mean, variance):
        found, plain = function(data), function(data[there])
        assert found.values == pytest.approx(plain.values)
        assert found.error == pytest.approx(plain.error)
        assert np.array_equal(found.shares[there], plain.shares)
        assert not found.shares[~there].any()
        assert (found.counts == there.sum()).all()


def test_an_entry_without_any_sample_is_missing():
    data = nested()
    data[:, 1] = np.nan
    for function in (mean, variance):
        found = function(data)
        assert np.array_equal(np.isnan(found.values), [False, True, False, False])
        assert np.array_equal(np.isnan(found.error), [False, True, False, False])
        assert found.values[2] == pytest.approx(function(nested()).values[2])


def test_nothing_computed_is_nan_and_not_an_error():
    found = mean(np.full((20, 3), np.nan))
    assert np.isnan(found.values).all()
    assert np.isnan(found.error).all()


def test_too_few_realizations_are_refused():
    with pytest.raises(
        qt.InputError, match="at least 8 realizations with every length, got 7 of 7"
    ):
        mean(nested(7))
    with pytest.raises(qt.InputError, match="single number"):
        mean(1.0)


def test_a_variance_of_few_realizations_has_no_error():
    few = variance(nested(FEWEST_FOR_VARIANCE - 1))
    assert np.isfinite(few.values).all()
    assert np.isnan(few.error).all()
    assert np.isnan((few / 2 + 1).error).all()
    assert np.isfinite(variance(nested(FEWEST_FOR_VARIANCE)).error).all()


def test_a_density_is_that_of_numpy():
    rng = np.random.default_rng(2)
    values = rng.beta(0.5, 0.5, (300, 12))
    values[5, 3:] = np.nan
    values[9] = np.nan
    values[0, 0], values[0, 1] = 1.0, 0.25
    edges = np.linspace(0, 1, 9)
    found = histogram(values, edges)
    plain, _ = np.histogram(values[np.isfinite(values)], edges, density=True)
    assert found.values == pytest.approx(plain, rel=1e-12)
    resampled = []
    for _ in range(400):
        rows = values[rng.integers(0, 300, 300)]
        resampled.append(np.histogram(rows[np.isfinite(rows)], edges, density=True)[0])
    # 400 resamples know an error to 3.5 %.
    assert found.error == pytest.approx(np.std(resampled, axis=0), rel=0.15)


def test_values_outside_the_bins_count_in_the_norm():
    values = np.tile([0.5, 3.0], (10, 1))
    assert histogram(values, [0.0, 1.0, 2.0]).values == pytest.approx([0.5, 0.0])


def test_a_density_knows_that_values_of_one_realization_belong_together():
    # All twelve values of a realization are equal: 300 independent numbers, not 3600.
    values = np.repeat(np.random.default_rng(4).random((300, 1)), 12, axis=1)
    error = histogram(values, [0, 0.5, 1]).error
    assert error == pytest.approx([1 / np.sqrt(300)] * 2, rel=0.02)


@pytest.mark.parametrize("edges", [[1.0], [0.0, 1.0, 1.0], [[0.0, 1.0]]])
def test_edges_that_do_not_increase_are_refused(edges):
    with pytest.raises(qt.InputError, match="edges of bins"):
        histogram(np.zeros((20, 2)), edges)


def test_an_error_that_realizations_cannot_reach_is_refused_with_their_number():
    refuse_large_error("var_error", 0.05, 800)
    with pytest.raises(
        InputError, match=r"to 0.02 needs 5000 realizations, got 800; .* var_error="
    ):
        refuse_large_error("var_error", 0.02, (5000, 800))
    with pytest.raises(
        InputError, match="var_error, a relative standard error, must be > 0, got 0"
    ):
        refuse_large_error("var_error", 0.0, 800)
