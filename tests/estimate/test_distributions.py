"""Cumulants, and comparisons with laws and with other samples."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtr

import qtcore as qt
from qtcore import estimate
from qtcore.estimate.anderson import _tail, tail_of_continuous

SAMPLES = np.random.default_rng(1).gamma(4.0, 1.0, (5000, 2))


def test_cumulants_are_those_of_scipy():
    for order in (3, 4):
        expected = [stats.kstat(column, order) for column in SAMPLES.T]
        assert estimate.cumulant(SAMPLES, order).values == pytest.approx(expected)
    assert estimate.skewness(SAMPLES).values == pytest.approx(stats.skew(SAMPLES, bias=False))
    assert estimate.kurtosis(SAMPLES).values == pytest.approx(stats.kurtosis(SAMPLES, bias=False))


def test_errors_of_cumulants_are_those_of_a_jackknife():
    rng = np.random.default_rng(2)
    samples = rng.gamma(64.0, 1.0, 4000)
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
    normal = np.random.default_rng(15).standard_normal((5000, 2))
    for function, fewest in ((estimate.skewness, 1000), (estimate.kurtosis, 4000)):
        assert np.isfinite(function(normal[:fewest]).error).all()
        few = function(normal[: fewest - 1])
        assert np.isfinite(few.values).all()
        assert np.isnan(few.error).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("draw", "true", "function", "few", "enough"),
    [
        (lambda rng, n: rng.standard_exponential(n), 2.0, estimate.skewness, 4000, 30_000),
        (lambda rng, n: rng.gamma(2.0, 1.0, n), 2**0.5, estimate.skewness, 2000, 16_000),
        (lambda rng, n: rng.gamma(8.0, 1.0, n), 0.75, estimate.kurtosis, 4000, 40_000),
        (lambda rng, n: rng.standard_t(10, n), 1.0, estimate.kurtosis, 4000, 40_000),
    ],
)
def test_cumulants_of_long_tails_have_an_error_when_it_is_known(draw, true, function, few, enough):
    rng = np.random.default_rng(16)
    assert np.isnan(function(draw(rng, few)).error)
    found = [function(draw(rng, enough)) for _ in range(100)]
    pulls = np.array([(float(one) - true) / float(one.error) for one in found])
    pulls = pulls[np.isfinite(pulls)]
    assert len(pulls) > 60  # where the samples show longer tails, more are asked for
    # Four standard errors of a rate of 95 % in 100, of which the tails take 3 % more.
    assert np.mean(np.abs(pulls) < 1.96) > 0.95 - 0.03 - 4 * np.sqrt(0.95 * 0.05 / 100)
    assert np.sqrt(np.mean(pulls**2)) < 1 + 0.15 + 4 / np.sqrt(200)


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
        assert tail_of_continuous(z) == pytest.approx(tail, abs=3e-5)
    assert tail_of_continuous(0.0) == 1.0


def permuted(one, other, rounds, rng):
    """Return the probability of Anderson and Darling's sum by permutation, gap by gap of its definition."""
    pooled = np.concatenate([one, other])
    places, times = np.unique(pooled, return_counts=True)
    N, n = len(pooled), len(one)

    def statistic(first):
        whole = 0.0
        for sign in (
            1,
            -1,
        ):  # Scholz and Stephens (1987), eq. 6, for the samples and their mirror image
            x, order = sign * first, np.sort(sign * places)
            for z in order[:-1]:
                B, M = np.sum(sign * pooled <= z), np.sum(x <= z)
                weight = times[places == sign * z][0]
                whole += 0.5 * weight * (N * M - n * B) ** 2 / (B * (N - B))
        return whole

    measured = statistic(one)
    many = [statistic(rng.permutation(pooled)[:n]) for _ in range(rounds)]
    return float(np.mean(np.array(many) >= measured - 1e-9))


def test_equal_values_count_in_the_probability_of_anderson_and_darling():
    """Numbers that are counted: the probability is that of all permutations."""
    rng = np.random.default_rng(11)
    for mean_of_first, mean_of_other in ((1.0, 1.0), (1.0, 1.3), (0.3, 0.5), (4.0, 4.4)):
        one = rng.poisson(mean_of_first, 120).astype(float)
        other = rng.poisson(mean_of_other, 150).astype(float)
        found = estimate.compare_samples(one, other).anderson
        expected = permuted(one, other, 1500, rng)
        # 1500 permutations know it to their standard error; the limit of many numbers is off by 1/n of it.
        allowed = 4 * np.sqrt(max(expected * (1 - expected), 1e-3) / 1500) + 0.01
        assert found == pytest.approx(expected, abs=allowed)
        mirrored = estimate.compare_samples(-one, -other).anderson
        assert mirrored == pytest.approx(found, rel=1e-6)


def test_counted_numbers_of_different_laws_are_told_apart_and_equal_ones_are_not():
    rng = np.random.default_rng(12)
    equal = [
        estimate.compare_samples(rng.poisson(3.0, 200), rng.poisson(3.0, 300)).anderson
        for _ in range(400)
    ]
    for level in (0.05, 0.3, 0.7):
        # 400 repeats know a rate to sqrt(p (1 - p) / 400).
        allowed = 3.5 * np.sqrt(level * (1 - level) / 400)
        assert np.mean(np.array(equal) < level) == pytest.approx(level, abs=allowed)
    for _ in range(20):
        one, other = rng.poisson(1.0, 200), rng.poisson(1.5, 200)
        assert estimate.compare_samples(one, other).anderson < 0.01
    far = estimate.compare_samples(np.zeros(50), np.ones(60))
    # Two values: the sum is half of the χ² of a table of two by two, here with all 110 numbers.
    assert far.anderson == pytest.approx(stats.chi2.sf(110, 1), rel=1e-6)
    assert estimate.compare_samples(np.zeros(50), np.zeros(60)).anderson == 1.0


def test_the_tail_of_a_sum_of_squares_is_exact():
    for squared in (0.1, 1.0, 5.0, 30.0):
        one, two = _tail(squared, np.array([0.5])), _tail(squared, np.array([0.5, 0.5]))
        assert one == pytest.approx(stats.chi2.sf(2 * squared, 1), rel=1e-7)
        assert two == pytest.approx(stats.chi2.sf(2 * squared, 2), rel=1e-7)


def test_one_equal_pair_among_many_numbers_hardly_changes_the_probability():
    """The sum over the parts of many different values goes over into the law of continuous ones."""
    rng = np.random.default_rng(13)
    for shift in (0.0, 0.3):
        one, other = rng.standard_normal(400), rng.standard_normal(500) + shift
        continuous = estimate.compare_samples(one, other).anderson
        tied = one.copy()
        tied[np.argsort(tied)[200]] = np.sort(tied)[201]
        assert estimate.compare_samples(tied, other).anderson == pytest.approx(
            continuous, rel=0.02, abs=1e-4
        )


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
        (
            lambda: estimate.compare_with_law(np.append(SAMPLES[:20, 0], -np.inf), ndtr),
            qt.Missing,
            "1 of the 21 samples to compare are infinite",
        ),
        (
            lambda: estimate.compare_with_law(SAMPLES[:, 0], lambda x: x[0] / 0 if x.size else x),
            qt.InputError,
            "as many probabilities from 0 to 1",
        ),
        (
            lambda: estimate.compare_with_law(SAMPLES[:, 0], lambda x: x.nothing),
            qt.InputError,
            "the law fails for an array of numbers: AttributeError",
        ),
        (lambda: estimate.compare_with_law(SAMPLES[:, 0], None), qt.InputError, "got None"),
        (lambda: estimate.compare_bins(0.1 * SAMPLES, [0], ndtr), qt.InputError, r"got \[0.0\]"),
        (lambda: estimate.compare_bins(0.1 * SAMPLES, [], ndtr), qt.InputError, r"got \[\]"),
        (
            lambda: estimate.compare_bins(np.clip(SAMPLES, 0, 1), [-np.inf, 5, np.inf], ndtr),
            qt.Missing,
            "got 0 such of 2; choose edges between the values",
        ),
        (
            lambda: estimate.compare_bins(SAMPLES + 99, [-1, 0, 1], ndtr),
            qt.Missing,
            "some realizations have more values and others fewer",
        ),
        (
            lambda: estimate.compare_bins(SAMPLES, [0, 3, 9], lambda x: 7 * x),
            qt.InputError,
            "from 0 to 1, got",
        ),
        (
            lambda: estimate.compare_bins(np.full(99, np.nan), [0, 3, 9], ndtr),
            qt.Missing,
            "none of the 99 realizations has a value",
        ),
        (lambda: estimate.histogram(np.zeros(0), [0, 1]), qt.Missing, "none of the 0"),
        (lambda: estimate.histogram(SAMPLES * 1j, [0, 1]), qt.InputError, "got complex ones"),
        (lambda: estimate.histogram(["a", "b"], [0, 1]), qt.InputError, "are numbers, got"),
        (lambda: estimate.histogram(3.0, [0, 1]), qt.InputError, "got a single number"),
        (
            lambda: estimate.histogram(SAMPLES, [-np.inf, 0, 1]),
            qt.InputError,
            "bins of finite width, got edges from -inf to 1",
        ),
    ],
)
def test_bad_input_of_comparisons_is_refused(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_infinite_values_count_outside_finite_bins_and_in_infinite_ones():
    """Of 40 realizations of two values, 20 have one that is infinite."""
    values = np.full((40, 2), 0.25)
    values[:20, 1] = np.inf
    density = estimate.histogram(values, [0.0, 0.5, 1.0])
    assert density.values == pytest.approx([0.75 / 0.5, 0.0])

    def even(x):
        return np.clip(x, 0, 1)

    _, inside = estimate.compare_bins(values, [0.0, 0.5, np.inf], even)
    assert inside.values == pytest.approx([0.75 - 0.5, 0.25 - 0.5])
    _, outside = estimate.compare_bins(values, [0.0, 0.5, 1.0], even)
    assert outside.values == pytest.approx([0.75 - 0.5, 0.0 - 0.5])


def test_values_of_one_bin_are_compared_without_edges_of_another_making():
    """Edges beyond all values stay those that were given."""
    values = np.random.default_rng(14).uniform(0, 1, (200, 2))
    edges = [-np.inf, 0.5, 5.0, np.inf]
    p, difference = estimate.compare_bins(values, edges, lambda x: np.clip(x, 0, 1))
    assert 0 < p < 1
    assert difference.values.sum() == pytest.approx(0, abs=1e-12)
    assert difference.values[2] == 0


@pytest.mark.parametrize(("p", "realizations"), [(0.005, 200), (0.02, 100), (0.2, 200)])
def test_bins_with_few_values_have_errors_that_hold_the_truth(p, realizations):
    """A bin that no value has met is not known to be empty."""
    rng = np.random.default_rng(17)
    held = 0
    for _ in range(600):
        density = estimate.histogram(rng.uniform(0, 1, realizations), [0.0, p, 1.0])[0]
        assert float(density.error) > 0
        held += abs(float(density) - 1) < 1.96 * float(density.error)
    # Agresti and Coull's intervals hold 92 to 99 % for any p; four standard errors of 600 repeats.
    assert held / 600 > 0.92 - 4 * np.sqrt(0.92 * 0.08 / 600)


def test_values_that_belong_together_keep_their_error_in_a_bin():
    """Six equal values of a realization count as one: the error is that of 200 values and not of 1200."""
    rng = np.random.default_rng(18)
    values = np.repeat(rng.uniform(0, 1, (200, 1)), 6, axis=1)
    density = estimate.histogram(values, [0.0, 0.5, 1.0])[0]
    part = float(density) / 2
    assert float(density.error) / 2 == pytest.approx(np.sqrt(part * (1 - part) / 199), rel=0.01)
