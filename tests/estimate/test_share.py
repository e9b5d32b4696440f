"""The share of samples with a property, beside the binomial distribution."""

import numpy as np
import pytest
from scipy import stats

from qtcore import estimate
from qtcore.errors import InputError

REPETITIONS = 1000


@pytest.mark.parametrize("p", [0.01, 0.03, 0.1, 0.2, 0.3, 0.45, 0.97])
@pytest.mark.parametrize("realizations", [50, 200])
def test_intervals_hold_the_truth_as_often_as_they_say(p, realizations):
    rng = np.random.default_rng(7)
    # Rates go up and down with p within the spread of k, so that p is drawn around its value.
    truth = (
        p * (1 + 0.1 * (2 * rng.random(REPETITIONS) - 1)) if p < 0.9 else np.full(REPETITIONS, p)
    )
    samples = rng.random((realizations, REPETITIONS))
    found = estimate.share(samples, lambda u: u < truth)
    for sigma, nominal in ((1.0, 0.68), (1.96, 0.95)):
        held = np.abs(found.values - truth) <= sigma * found.error
        # Standard error of the coverage at 1000 repetitions: 0.015 and 0.007.
        chance = np.sqrt(nominal * (1 - nominal) / REPETITIONS)
        assert held.mean() > nominal - 3 * chance


@pytest.mark.parametrize(("realizations", "least"), [(50, (0.61, 0.92)), (200, (0.64, 0.93))])
def test_rates_of_all_p_are_those_that_are_stated(realizations, least):
    k = np.arange(realizations + 1)
    every = estimate.share((k[None, :] > np.arange(realizations)[:, None]).astype(float))
    p = np.linspace(0.01, 0.5, 300)[:, None]
    chance = stats.binom.pmf(k, realizations, p)
    for sigma, lowest, usual in zip((1.0, 1.96), least, (0.68, 0.95), strict=True):
        rate = np.where(np.abs(every.values - p) <= sigma * every.error, chance, 0).sum(axis=1)
        assert rate.min() > lowest
        assert usual - 0.002 < rate.mean() < usual + 0.035


@pytest.mark.parametrize("realizations", [8, 60, 1000])
def test_none_and_all_have_an_error(realizations):
    none = estimate.share(np.zeros(realizations))
    every = estimate.share(np.ones(realizations, dtype=bool))
    assert (float(none), float(every)) == (0.0, 1.0)
    q = 2 / (realizations + 4)
    for one in (none, every):
        assert one.error == pytest.approx(np.sqrt(q * (1 - q) / (realizations - 1)), rel=1e-12)


def test_the_error_of_many_is_that_of_the_mean():
    has = np.random.default_rng(1).random((4000, 3)) < 0.4
    share, mean = estimate.share(has), estimate.mean(has)
    assert np.array_equal(share.values, mean.values)
    assert share.error == pytest.approx(mean.error, rel=2e-3)
    # Half of the same samples: what they have in common cancels.
    both = estimate.share(has[:, 0]) - estimate.share(has[:, 0])
    assert both.error < 1e-12


def test_points_in_which_none_has_it_are_independent():
    rng = np.random.default_rng(5)
    points = [estimate.share(rng.random(400), lambda u: u > 2) for _ in range(40)]
    errors = [
        float((one - other).error) for one, other in zip(points[::2], points[1::2], strict=True)
    ]
    assert np.mean(errors) == pytest.approx(np.sqrt(2) * float(points[0].error), rel=0.03)
    again = estimate.share(np.zeros(400) + 0.1, lambda u: u > 2)
    assert np.array_equal(again.shares, estimate.share(np.full(400, 0.1), lambda u: u > 2).shares)


def test_missing_samples_are_left_out():
    det_r = np.array([-1.0, 1.0] * 10 + [np.nan] * 5)[:, None] * np.ones(2)
    det_r[:, 1] = np.nan
    found = estimate.share(det_r, lambda r: r < 0)
    assert found.values[0] == 0.5
    assert np.isnan(found.values[1])
    assert found.counts.tolist() == [20, 0]
    assert (found.shares[20:] == 0).all()


def test_what_cannot_be_judged_is_refused():
    for samples, holds, message in (
        (0.5, None, "got a single number"),
        ([0.0, 1.0, 0.3] * 4, None, r"true or false, got 0.3"),
        (np.zeros(9), lambda x: x, "must return true or false for each sample"),
        (np.zeros(9), lambda x: (x > 0).any(), "must return true or false for each sample"),
    ):
        with pytest.raises(InputError, match=message):
            estimate.share(samples, holds)
    with pytest.raises(estimate.Missing, match="at least 8 realizations of every entry, got 5"):
        estimate.share(np.zeros(5))
