"""Averages over expansions: their weights, what they add to an error, and when they are one expansion."""

import numpy as np
import pytest
from scipy.stats import norm

import qtcore as qt
from qtcore import estimate
from qtcore.estimate import ScalingOrders, independent

from .coverage.scaling_cases import BARE, CORRECTED, M, X, law

FEW = [ScalingOrders(n, 1, m, 0) for n in (2, 3) for m in (2, 3)]


def numbers(orders, seed=1, error=1e-3):
    rng = np.random.default_rng(seed)
    return independent(law(orders) + error * rng.standard_normal(80), error)


def test_weights_are_those_of_akaike():
    found = estimate.fit_scaling(X, M, numbers(CORRECTED), FEW)
    fits, weights = estimate.expansion_weights(found)
    assert {one.orders for one in fits} <= set(FEW)
    assert weights.sum() == pytest.approx(1)
    for one, weight in zip(fits, weights, strict=True):
        better = fits[0].squares - one.squares - 2 * (len(one.names) - len(fits[0].names))
        # χ² is in units of what a right one is in numbers whose errors are known: 1 to their rounding.
        assert weight / weights[0] == pytest.approx(np.exp(better / 2), rel=0.1)


def test_one_expansion_is_its_own_average():
    found = estimate.fit_scaling(X, M, numbers(BARE), BARE)
    fits, weights = estimate.expansion_weights(found)
    assert [one.orders for one in fits] == [BARE]
    assert weights.tolist() == [1.0]
    for level in (0.6827, 0.95):
        alone = estimate.profile_interval(found, "nu", level)
        assert estimate.average_interval(found, "nu", level) == pytest.approx(alone, abs=1e-4)
    average = estimate.average_expansions(found, "nu")
    assert float(average) == float(found.nu)
    assert average.error == pytest.approx(found.nu.error, rel=0.05)


def test_expansions_that_are_apart_widen_the_error():
    """The average lies between them; its interval is that of a mixture of normal numbers."""
    found = estimate.fit_scaling(X, M, numbers(CORRECTED, seed=3), FEW)
    fits, weights = estimate.expansion_weights(found)
    nu = np.array([float(one.nu) for one in fits])
    errors = np.array([float(one.nu.error) for one in fits])
    average = estimate.average_expansions(found, "nu")
    assert float(average) == pytest.approx(weights @ nu)
    low, high = estimate.average_interval(found, "nu")
    for end, level in ((low, 0.025), (high, 0.975)):
        # Profiles of ν are nearly parabolas here.
        assert weights @ norm.cdf((end - nu) / errors) == pytest.approx(level, abs=0.01)
    assert average.error > 0.95 * np.sqrt(weights @ errors**2)


def test_what_numbers_have_in_common_stays_in_the_average():
    y = numbers(CORRECTED)
    found = estimate.fit_scaling(X, M, y, FEW)
    average = estimate.average_expansions(found, "nu")
    fits, weights = estimate.expansion_weights(found)
    own = sum(w * one.nu.shares for w, one in zip(weights, fits, strict=True))
    stretch = float(average.error) / np.linalg.norm(own)
    assert stretch >= 1
    assert average.shares == pytest.approx(stretch * own, abs=1e-12)


def test_a_parameter_that_not_all_have_is_no_number():
    found = estimate.fit_scaling(X, M, numbers(CORRECTED), [BARE, CORRECTED])
    assert np.isnan(float(estimate.average_expansions(found, "a30")))
    with pytest.raises(qt.InputError, match="'a30' is no parameter"):
        estimate.average_interval(found, "a30")
