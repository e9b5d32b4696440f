"""What a scaling fit says, as a dict of numbers that a definition declares by one call."""

import numpy as np
import pytest

import qtcore as qt
from qtcore import estimate
from qtcore.estimate import ScalingOrders, independent, transition_numbers

ORDERS = tuple(ScalingOrders(n, i, 1) for i in (0, 1) for n in (1, 2))
STRENGTHS, SIZES = np.linspace(15, 18, 9), np.array([4.0, 6.0, 8.0, 12.0])
W, M = np.meshgrid(STRENGTHS, SIZES, indexing="ij")
CRITICAL, NU, RATIO = 16.54, 1.57, 0.576


def made(error=1e-3, irrelevant=0.9):
    """Return Λ (strength, size) of a known transition."""
    ln_ratio = np.log(RATIO) - 1.2 * (W / CRITICAL - 1) * M ** (1 / NU) + irrelevant * M**-2.8
    noise = error * np.random.default_rng(3).standard_normal(W.shape)
    y = independent((ln_ratio + noise).ravel(), error).reshape(*W.shape)
    return np.exp(y)


def test_numbers_are_those_of_the_fit():
    found = transition_numbers(W, M, made(), ORDERS)
    fit = estimate.fit_scaling(W, M, np.log(made()), ORDERS)
    # Where a search of least squares settles depends on the last digits of what it starts from.
    for name in ("nu", "critical"):
        average = estimate.average_expansions(fit, name)
        assert float(found[name]) == pytest.approx(float(average), rel=1e-6)
        assert found[name].error == pytest.approx(average.error, rel=1e-3)
    assert abs(float(found["nu"]) - NU) < 3 * found["nu"].error
    assert abs(float(found["critical"]) - CRITICAL) < 3 * found["critical"].error
    assert abs(float(found["ratio_c"]) - RATIO) < 3 * found["ratio_c"].error
    for name, truth in (("nu", NU), ("critical", CRITICAL), ("ratio_c", RATIO)):
        low, high = found[f"{name}_ends"]
        assert low < truth < high
    ends = np.exp(estimate.average_interval(fit, "a00"))
    assert found["ratio_c_ends"] == pytest.approx(ends, rel=1e-3)
    assert np.nansum(found["chosen"]) == 1
    assert found["tried_reduced"][ORDERS.index(fit.orders)] == pytest.approx(
        fit.fit.reduced, rel=1e-3
    )
    assert found["chosen"][ORDERS.index(fit.orders)] == 1
    assert float(found["nu_from"][0]) == pytest.approx(float(fit.nu), rel=1e-6)
    assert np.isnan(float(found["nu_from"][-1]))
    # What the irrelevant variable adds at M = 4 is gone from the collapse.
    alone = np.exp(fit.without_irrelevant(W, M))
    assert found["corrected"].values == pytest.approx(alone, rel=5e-3)


@pytest.mark.further
def test_what_is_not_fitted_is_not_drawn():
    near = W < 17.5
    found = transition_numbers(W, M, made(), ORDERS, near)
    assert np.isnan(found["fitted"][~near]).all()
    assert np.isfinite(found["fitted"][near]).all()
    assert np.isnan(found["corrected"].values[~near]).all()
    # Sizes that are not fitted have no ν of their own.
    # Nor have expansions that are not tried any number, such as those with too few sizes for a correction.
    few = transition_numbers(W, M, made(), ORDERS, near, irrelevant_from=5)
    assert (
        np.isnan(few["chosen"]).tolist()
        == np.isnan(few["tried_nu"]).tolist()
        == [False] * 2 + [True] * 2
    )
    wide = transition_numbers(W, M, made(irrelevant=0.0), ORDERS[:2], M > 4)
    assert np.isnan(wide["nu_from"].values).tolist() == [True, False, False, True]


def test_points_far_from_where_a_definition_fits_are_told_so():
    with pytest.raises(qt.Missing, match="0 of the 36 points lie where the definition fits"):
        transition_numbers(W, M, made(), ORDERS, W > 20)
    with pytest.raises(qt.Missing, match=r"4 of the 36 points .* 5 or more"):
        transition_numbers(W, M, made(), ORDERS, W < 15.3)


def test_few_sizes_try_no_irrelevant_variable():
    found = transition_numbers(W, M, made(irrelevant=0.0), ORDERS, irrelevant_from=5)
    assert np.isnan(found["tried_nu"]).tolist() == [one.n_I > 0 for one in ORDERS]
    # Sizes that are not fitted do not count.
    fewer = transition_numbers(W, M, made(), ORDERS, M >= 6, irrelevant_from=4)
    assert np.isnan(fewer["tried_nu"][2:]).all()


def test_a_place_that_is_known_is_no_result():
    x = W - CRITICAL
    ln_ratio = 0.2 - 0.3 * x**2 * M ** (2 / 2.6)
    y = independent(ln_ratio.ravel(), 1e-3).reshape(*W.shape)
    form = {"critical": 0.0, "unit": 1.0, "even": True}
    found = transition_numbers(x, M, np.exp(y), (ScalingOrders(2, 0, 1),), **form)
    assert "critical" not in found
    assert float(found["nu"]) == pytest.approx(2.6, abs=1e-6)


@pytest.mark.parametrize("known", [True, False])
def test_all_numbers_are_declared(known):
    form = {"critical": CRITICAL} if known else {}
    found = transition_numbers(W, M, made(), ORDERS, **form)
    declared = qt.transition_quantities("disorder", "width", "made up", critical=not known)
    assert {quantity.name for quantity in declared} == set(found)
    sizes = {"disorder": len(STRENGTHS), "width": len(SIZES), "end": 2, "order": len(ORDERS)}
    for quantity in declared:
        assert np.shape(found[quantity.name]) == tuple(sizes[d] for d in quantity.dims)
