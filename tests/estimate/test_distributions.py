"""Cumulants, and comparisons with laws and with other samples."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtr

import qtcore as qt
from qtcore import estimate
from qtcore.estimate.comparison import _anderson_tail

SAMPLES = np.random.default_rng(1).gamma(4.0, 1.0, (5000, 2))


def test_cumulants_are_those_of_scipy():
    for order in (3, 4):
        expected = [stats.kstat(column, order) for column in SAMPLES.T]
        assert estimate.cumulant(SAMPLES, order).values == pytest.approx(expected)
    assert estimate.skewness(SAMPLES).values == pytest.approx(stats.skew(SAMPLES, bias=False))
    assert estimate.kurtosis(SAMPLES).values == pytest.approx(stats.kurtosis(SAMPLES, bias=False))


def test_errors_of_cumulants_are_those_of_a_jackknife():
    rng = np.random.default_rng(2)
    samples = rng.gamma(4.0, 1.0, 4000)
    left_out = [np.delete(samples, slice(n, n + 40)) for n in range(0, 4000, 40)]
    for ours, theirs in (
        (estimate.skewness, stats.skew),
        (estimate.kurtosis, stats.kurtosis),
        (lambda s: estimate.cumulant(s, 3), lambda s: stats.kstat(s, 3)),
        (lambda s: estimate.cumulant(s, 4), lambda s: stats.kstat(s, 4)),
    ):
        jackknife = np.std([theirs(part) for part in left_out]) * np.sqrt(99)
        # A hundred blocks know a standard error to 7 %.
        assert float(ours(samples).error) == pytest.approx(jackknife, rel=0.25)


def test_cumulants_of_few_realizations_have_no_error():
    for function, fewest in ((estimate.skewness, 1000), (estimate.kurtosis, 4000)):
        assert np.isfinite(function(SAMPLES[:fewest]).error).all()
        few = function(SAMPLES[: fewest - 1])
        assert np.isfinite(few.values).all()
        assert np.isnan(few.error).all()


def test_cumulants_leave_out_what_is_missing_and_refuse_other_orders():
    gaps = SAMPLES.copy()
    gaps[3] = np.nan
    assert estimate.skewness(gaps).values == pytest.approx(
        estimate.skewness(np.delete(SAMPLES, 3, axis=0)).values
    )
    with pytest.raises(qt.InputError, match="got 2; `mean` and `variance`"):
        estimate.cumulant(SAMPLES, 2)
    with pytest.raises(qt.Missing, match="at least 8"):
        estimate.skewness(SAMPLES[:5])


def test_probabilities_are_even_if_the_law_is_right_and_small_if_it_is_not():
    rng = np.random.default_rng(3)
    equal = [estimate.compare_with_law(rng.standard_normal(300), ndtr) for _ in range(300)]
    two = [
        estimate.compare_samples(rng.standard_normal(200), rng.standard_normal(300))
        for _ in range(300)
    ]
    for found in (equal, two):
        for name in ("kolmogorov", "anderson"):
            p = [getattr(one, name) for one in found]
            assert stats.kstest(p, "uniform").pvalue > 0.01, name
        squares = np.array([float(one.squared) for one in found])
        assert abs(squares.mean()) < 4 * squares.std() / np.sqrt(300)
    wider = [estimate.compare_with_law(1.3 * rng.standard_normal(300), ndtr) for _ in range(20)]
    assert max(one.anderson for one in wider) < 0.05
    assert all(one.squared > 0 for one in wider)


def test_largest_differences_are_those_of_scipy():
    a, b = SAMPLES[:400, 0], SAMPLES[400:1000, 1] + 0.2
    law = stats.gamma(4).cdf
    ours, theirs = estimate.compare_with_law(a, law), stats.kstest(a, law)
    assert ours.largest == pytest.approx(theirs.statistic)
    assert ours.kolmogorov == pytest.approx(theirs.pvalue)
    ours, theirs = estimate.compare_samples(a, b), stats.ks_2samp(a, b)
    assert ours.largest == pytest.approx(theirs.statistic)
    assert ours.kolmogorov == pytest.approx(theirs.pvalue)


def test_the_law_of_anderson_and_darling_is_that_of_its_sum_of_squares():
    """A² = Σ z_j² / (j (j + 1)); its tail by inverting the characteristic function (Imhof 1961)."""
    j = np.arange(1, 2001)
    weights = 1 / (j * (j + 1))
    rest = 1 / 2001  # the mean of what the sum leaves out
    u = np.linspace(1e-6, 300, 6001)
    phase = 0.5 * sum(np.arctan(weight * u) for weight in weights)
    size = np.exp(0.25 * sum(np.log1p((weight * u) ** 2) for weight in weights))
    for z in (0.5, 1.0, 2.5, 4.0):
        integrand = np.sin(phase - 0.5 * u * (z - rest)) / (u * size)
        tail = 0.5 + np.trapezoid(integrand, u) / np.pi
        assert _anderson_tail(z) == pytest.approx(tail, abs=3e-5)
    assert _anderson_tail(0.0) == 1.0


def test_bins_are_compared_with_what_values_have_in_common():
    """Six equal values of a realization are one: a covariance that ignored this would refuse the law."""
    rng = np.random.default_rng(4)
    edges = (-np.inf, -0.7, 0.0, 0.7, np.inf)

    def one(copies):
        values = np.repeat(rng.standard_normal((200, 1)), copies, axis=1)
        return estimate.compare_bins(values, edges, ndtr)[0]

    for copies in (1, 6):
        p = [one(copies) for _ in range(300)]
        assert stats.kstest(p, "uniform").pvalue > 0.01
    p, difference = estimate.compare_bins(1.4 * rng.standard_normal((400, 2)), edges, ndtr)
    assert p < 1e-3
    assert difference.values.sum() == pytest.approx(0, abs=1e-12)
    assert difference.values[0] > 3 * difference.error[0]


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: estimate.compare_with_law(SAMPLES, ndtr), qt.InputError, "compare_bins"),
        (lambda: estimate.compare_with_law(SAMPLES[:, 0], np.cos), qt.InputError, "from 0 to 1"),
        (
            lambda: estimate.compare_with_law(SAMPLES[:, 0], lambda x: ndtr(-x)),
            qt.InputError,
            "never falls",
        ),
        (
            lambda: estimate.compare_samples(SAMPLES[:, 0], np.full(9, np.nan)),
            qt.Missing,
            "0 of 9; compute more",
        ),
        (
            lambda: estimate.compare_bins(SAMPLES[:20], np.linspace(0, 9, 10), ndtr),
            qt.Missing,
            "takes at least",
        ),
    ],
)
def test_bad_input_of_comparisons_is_refused(call, error, match):
    with pytest.raises(error, match=match):
        call()
