import numpy as np
import pytest

import qtcore as qt
from qtcore.analysis.statistics import (
    Estimate,
    inverse,
    mean,
    pooled,
    ratio,
    scaled,
    variance,
)

LENGTHS = np.array([10.0, 20, 40, 80, 160])


def bootstrap(samples, statistic, resamples=800, seed=3):
    """Covariance of a statistic over whole resampled realizations."""
    rng = np.random.default_rng(seed)
    chosen = rng.integers(0, len(samples), (resamples, len(samples)))
    return np.cov(np.array([statistic(samples[rows]) for rows in chosen]).T)


def test_mean_and_variance_are_the_plain_ones(walk):
    samples = walk(LENGTHS, 30.0, 500, seed=1)
    assert mean(samples).values == pytest.approx(samples.mean(axis=0))
    assert variance(samples).values == pytest.approx(samples.var(axis=0, ddof=1))
    assert mean(samples).covariance == pytest.approx(np.cov(samples.T) / 500)
    assert mean(samples).errors == pytest.approx(samples.std(axis=0, ddof=1) / np.sqrt(500))


@pytest.mark.parametrize(
    ("ours", "plain"),
    [(mean, lambda x: x.mean(axis=0)), (variance, lambda x: x.var(axis=0, ddof=1))],
)
def test_covariance_is_that_of_the_bootstrap(walk, ours, plain):
    # 800 resamples know a covariance to 5 %; correlations between lengths come along.
    samples = walk(LENGTHS, 30.0, 400, seed=2)
    expected = bootstrap(samples, plain)
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert ours(samples).covariance / scale == pytest.approx(expected / scale, abs=0.2)


def test_ratio_pairs_realizations():
    rng = np.random.default_rng(4)
    common = rng.normal(size=(2000, 1))
    a = 10 + common + 0.1 * rng.normal(size=(2000, 1))
    b = 5 + 0.5 * common + 0.1 * rng.normal(size=(2000, 1))
    over = [Estimate(float(c.values[0]), c.shares[:, 0]) for c in (mean(a), mean(b))]
    found = ratio(*over)
    expected = np.sqrt(bootstrap(np.hstack([a, b]), lambda x: x[:, 0].mean() / x[:, 1].mean()))
    assert found.error == pytest.approx(expected, rel=0.1)
    # Without pairing the error would come out five times as large.
    blind = found.value * np.hypot(over[0].error / over[0].value, over[1].error / over[1].value)
    assert blind > 3 * found.error


def test_ratio_refuses_other_realizations():
    with pytest.raises(qt.InputError, match=r"pairs realizations: got 3 .* 4"):
        ratio(Estimate(1.0, np.zeros(3)), Estimate(1.0, np.zeros(4)))


def test_inverse_and_scale():
    estimate = Estimate(4.0, np.array([0.1, -0.3, 0.2]))
    assert inverse(estimate).value == 0.25
    assert inverse(estimate).error == pytest.approx(estimate.error / 16)
    assert scaled(estimate, -2).value == -8
    assert scaled(estimate, -2).error == pytest.approx(2 * estimate.error)


def test_missing_realizations_are_left_out_but_keep_their_place(walk):
    samples = walk(LENGTHS, 30.0, 300, seed=5)
    holes = samples.copy()
    holes[7] = np.nan
    holes[100:150, 2] = np.nan
    there = np.isfinite(holes).all(axis=1)
    for function in (mean, variance):
        found, plain = function(holes), function(samples[there])
        assert found.values == pytest.approx(plain.values)
        assert found.errors == pytest.approx(plain.errors)
        assert found.shares.shape == samples.shape
        assert (found.shares[~there] == 0).all()


def test_too_few_realizations_are_refused():
    samples = np.ones((20, 3))
    samples[7:] = np.nan
    with pytest.raises(qt.InputError, match=r"at least 8 .* got 7 of 20"):
        mean(samples)


def test_pooled_weighs_by_error_and_skips_what_was_not_computed():
    value, error = pooled(np.array([1.0, 2.0, np.nan]), np.array([0.1, 0.2, 0.1]))
    assert value == pytest.approx((1 / 0.01 + 2 / 0.04) / (1 / 0.01 + 1 / 0.04))
    assert error == pytest.approx((1 / 0.01 + 1 / 0.04) ** -0.5)
    assert np.isnan(pooled(np.array([np.nan]), np.array([1.0]))).all()
