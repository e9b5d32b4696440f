"""Finite-size scaling: what comes out, how orders are chosen, what is refused, and intervals."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize, stats

import qtcore as qt
from qtcore import estimate
from qtcore.estimate import ScalingOrders, independent, mean
from qtcore.estimate.scaling_function import Expansion, Form

from .coverage.harness import LEVELS, measured
from .coverage.scaling_cases import BARE, CASES, CORRECTED, SIZES, STRENGTHS, TRUTH, M, X, law

ERROR = 1e-3


def numbers(orders, seed=1, error=ERROR):
    rng = np.random.default_rng(seed)
    return independent(law(orders) + error * rng.standard_normal(80), error)


@pytest.mark.parametrize(
    ("orders", "form"),
    [
        (ScalingOrders(3, 1, 2, 1), Form()),
        (ScalingOrders(4, 2, 3, 2), Form(unit=1.0)),
        (ScalingOrders(4, 1, 2, 0), Form(16.2, 1.0, is_even=True)),
        (ScalingOrders(1), Form()),
    ],
)
def test_derivatives_are_those_of_differences(orders, form):
    expansion = Expansion(orders, form, X, M)
    rng = np.random.default_rng(2)
    known = dict(zip(expansion.names, 0.3 * rng.standard_normal(len(expansion.names)), strict=True))
    p = expansion.parameters({**known, "critical": 16.5, "nu": 1.6, "y": -2.0})
    steps = 1e-6 * np.eye(len(p))
    numeric = [(expansion.value(p + h) - expansion.value(p - h)) / 2e-6 for h in steps]
    scale = np.abs(expansion.slope(p)).max()
    assert expansion.slope(p) == pytest.approx(np.transpose(numeric), abs=1e-8 * scale)


def test_the_function_is_the_sum_that_the_page_says():
    w = X / TRUTH["critical"] - 1
    one = (w + TRUTH["b2"] * w**2) * M ** (1 / TRUTH["nu"])
    two = M ** TRUTH["y"]
    t = TRUTH
    written = t["a00"] + t["a10"] * one + t["a20"] * one**2 + t["a01"] * two + t["a11"] * one * two
    assert law(CORRECTED) == pytest.approx(written, abs=1e-13)


def test_it_finds_the_transition_without_a_start_and_agrees_with_scipy():
    y = numbers(CORRECTED)
    found = estimate.fit_scaling(X, M, y, CORRECTED)
    for name, truth in TRUTH.items():
        one = found.parameter(name)
        assert float(one) == pytest.approx(truth, abs=4 * float(one.error)), name

    def model(_, *p):
        return found.expansion.value(np.array(p))

    start = found.expansion.parameters(TRUTH)
    best, covariance = optimize.curve_fit(
        model, X, y.values, start, y.error, absolute_sigma=True, method="lm"
    )
    assert found.fit.coefficients.values == pytest.approx(best, rel=2e-3, abs=2e-3)
    errors = np.sqrt(np.diag(covariance))
    assert found.fit.coefficients.error == pytest.approx(errors, rel=0.02)
    squares = float((((model(None, *best) - y.values) / ERROR) ** 2).sum())
    assert found.squares == pytest.approx(squares, rel=1e-6)
    assert found.fit.probability == pytest.approx(stats.chi2(71).sf(squares), abs=0.02)
    # What the fit says elsewhere, what large sizes have, and where points collapse.
    assert found.value(X, M) == pytest.approx(found.expansion.value(found.fit.coefficients.values))
    large = found.without_irrelevant(16.0, 1e3)
    assert large == pytest.approx(found.value(16.0, 1e3), abs=1e-6)
    assert float(found.relevant_variable(float(found.critical), 8.0)) == pytest.approx(0, abs=1e-12)


def test_without_the_irrelevant_variable_the_exponent_of_such_points_is_wrong():
    bare = estimate.fit_scaling(X, M, numbers(CORRECTED), BARE)
    assert bare.fit.probability < 1e-6
    assert abs(float(bare.critical) - 16.54) > 5 * float(bare.critical.error)


@pytest.mark.slow
def test_the_rule_takes_the_fewest_parameters_that_suffice():
    tried = [ScalingOrders(n, i, m, 0) for n in (1, 2, 3) for i in (0, 1) for m in (1, 2)]
    for truth in (BARE, CORRECTED):
        chosen = [
            estimate.fit_scaling(X, M, numbers(truth, seed, 3e-4), tried).orders
            for seed in range(6)
        ]
        # A right expansion is refused in one case of ten: χ² is as large by chance.
        assert sum(one == truth for one in chosen) >= 4, chosen
    found = estimate.fit_scaling(X, M, numbers(BARE), tried)
    assert [row.why for row in found.tried].count("chosen") == 1
    assert [row.parameters for row in found.tried] == sorted(row.parameters for row in found.tried)
    (row,) = (one for one in found.tried if one.why == "chosen")
    assert row.orders == found.orders
    assert row.probability == found.fit.probability
    assert "chosen" in str(row)
    assert "ν" in str(row)


def test_orders_are_chosen_from_fits_by_bound_and_significance():
    y = numbers(CORRECTED)
    fits = [estimate.fit_scaling(X, M, y, one) for one in (BARE, CORRECTED)]
    assert estimate.choose_orders(fits).orders == CORRECTED
    # No fit of two is good: the better one is returned, and its probability says so.
    worse = estimate.fit_scaling(X, M, y, ScalingOrders(1))
    assert estimate.choose_orders([worse, fits[0]]).orders == BARE
    # With a bound of nothing and a significance of nothing the smallest one is good enough.
    assert estimate.choose_orders(fits, bound=0.0, significance=0.0).orders == BARE
    with pytest.raises(qt.InputError, match="got none"):
        estimate.choose_orders([])


def test_results_that_move_with_the_smallest_size_show_what_is_left_out():
    scan = estimate.scan_smallest_size(X, M, numbers(CORRECTED, error=1e-4), BARE)
    assert list(scan) == [4.0, 6.0, 8.0, 10.0]
    away = [abs(float(one.critical) - 16.54) for one in scan.values()]
    assert away[0] > 0.05
    assert away[0] > 2 * away[1] > 4 * away[2]
    scan = estimate.scan_smallest_size(X, M, numbers(CORRECTED), CORRECTED)
    assert isinstance(scan[10.0], qt.Missing)
    assert "three sizes" in str(scan[10.0])


@pytest.mark.parametrize(
    ("keep", "match"),
    [
        (X < 15.9, r"falls towards values above 15\.8"),
        (X > 17.3, r"falls towards values below 17\.4"),
        (M < 5, r"at least two sizes, got 4 with values"),
        ((X < 15.3) & (M < 9), r"4 parameters need more than 4 points"),
        (X < 0, r"none of the 80 points"),
    ],
)
def test_points_that_do_not_suffice_are_refused_with_what_to_add(keep, match):
    values = np.where(keep, numbers(BARE).values, np.nan)
    orders = [BARE, ScalingOrders(1)]
    if "parameters" in match:
        values[np.flatnonzero(keep)[4:]] = np.nan
    with pytest.raises(qt.Missing, match=match):
        estimate.fit_scaling(X, M, independent(values, ERROR), orders)


def test_a_search_that_does_not_settle_says_so():
    rng = np.random.default_rng(3)
    noise = independent(1e6 * rng.standard_normal(80) ** 9, 1e-6)
    with pytest.raises(qt.Missing, match=r"no scaling function|do not cross|beyond the values"):
        estimate.fit_scaling(X, M, noise, ScalingOrders(2, 1, 2, 1))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"tuning": X[:7]}, "broadcast to the shape of y"),
        ({"sizes": -M}, "sizes > 0"),
        ({"tuning": X - 16.5}, "give `unit`"),
        ({"critical": 0.0}, "give `unit`"),
        ({"unit": -1.0}, "unit, of the distance"),
        ({"orders": ()}, "got none"),
        ({"orders": (1, 0, 1, 0)}, "orders are ScalingOrders"),
        ({"orders": "abc"}, "orders are ScalingOrders"),
        ({"orders": 3}, "orders are ScalingOrders"),
        ({"y": np.ones(80)}, "y must be an Estimate"),
        ({"critical": np.nan}, "critical must be a finite number"),
        ({"smallest": np.nan}, "smallest must be a size"),
    ],
)
def test_bad_arguments_are_refused(change, match):
    given = {"tuning": X, "sizes": M, "y": numbers(BARE), "orders": BARE} | change
    if given["orders"] == ():
        given["orders"] = iter(())
    with pytest.raises(qt.InputError, match=match):
        estimate.fit_scaling(**given)


@pytest.mark.parametrize("wrong", [(0,), (2, -1), (2, 0, 1, 1), (2.5,), (True,)])
def test_orders_that_are_none_are_refused(wrong):
    with pytest.raises(qt.InputError, match=r"got|n_I = 0 leaves out"):
        ScalingOrders(*wrong)


def test_any_scale_invariant_number_will_do():
    """1/Λ, Λ and ln Λ have the same transition."""
    y = numbers(BARE)
    orders = ScalingOrders(3, 0, 2, 0)
    found = [estimate.fit_scaling(X, M, one, orders) for one in (y, np.exp(y), np.exp(-y))]
    for one in found[1:]:
        assert float(one.critical) == pytest.approx(float(found[0].critical), abs=0.01)
        assert float(one.nu) == pytest.approx(float(found[0].nu), abs=0.02)
        assert one.fit.probability > 0.01


def test_a_grid_of_strengths_and_sizes_broadcasts():
    y = numbers(BARE)
    flat = estimate.fit_scaling(X, M, y, BARE)
    grid = estimate.fit_scaling(STRENGTHS[:, None], SIZES, y.reshape(16, 5), BARE)
    assert np.array_equal(grid.fit.coefficients.values, flat.fit.coefficients.values)


def test_the_probability_of_chi2_is_even_for_few_realizations():
    """Of 24 numbers of 40 realizations each: chance correlations are no correlations."""
    rng = np.random.default_rng(5)
    x = np.linspace(-1, 1, 24)

    def one():
        y = mean(1 + x + rng.standard_normal((40, 24)))
        return estimate.fit(lambda p: p[0] + p[1] * x, y, [0.0, 0.0]).probability

    found = [one() for _ in range(300)]
    assert stats.kstest(found, "uniform").pvalue > 0.01


@pytest.mark.slow
@pytest.mark.parametrize("case", [one for one in CASES if one.slow], ids=lambda one: one.name)
def test_intervals_of_slow_cases_on_few_repetitions(case):
    few = replace(case, repetitions=25)
    assert measured(few).missed() == []


SMALL = (np.repeat(np.linspace(15, 18, 6), 3), np.tile([4.0, 8.0, 16.0], 6))


def interval_hits(repetitions, refits):
    """Return how often intervals hold ν = 1.57: refits and profiles at both levels."""
    x, sizes = SMALL
    rng = np.random.default_rng(8)
    expansion = Expansion(ScalingOrders(1), Form(), x, sizes)
    truth = expansion.value(expansion.parameters(TRUTH))
    hits = {(way, level): 0 for way in ("refits", "profile") for level in LEVELS}
    for number in range(repetitions):
        y = independent(truth + 0.03 * rng.standard_normal(18), 0.03)
        found = estimate.fit_scaling(x, sizes, y, ScalingOrders(1))
        draws = estimate.refit_scaling(found, refits, seed=number) if refits else None
        for level in LEVELS:
            ends = [("profile", estimate.profile_interval(found, "nu", level))]
            ends += [("refits", draws.interval("nu", level))] if draws else []
            for way, (low, high) in ends:
                hits[way, level] += low <= TRUTH["nu"] <= high
    return {key: count / repetitions for key, count in hits.items()}


def within(share, level, repetitions):
    return abs(share - level) <= 3 * math.sqrt(level * (1 - level) / repetitions)


@pytest.mark.further
def test_intervals_of_profiles_hold_the_truth_as_often_as_they_say():
    for (way, level), share in interval_hits(60, 0).items():
        assert way == "refits" or within(share, level, 60), (way, level, share)


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say():
    for (way, level), share in interval_hits(500, 200).items():
        assert within(share, level, 500), (way, level, share)


def test_intervals_are_the_errors_where_chi2_is_a_parabola():
    found = estimate.fit_scaling(X, M, numbers(BARE), BARE)
    draws = estimate.refit_scaling(found, 400)
    for name in ("critical", "nu", "a00"):
        one = found.parameter(name)
        for level, sigmas in ((0.6827, 1.0), (0.95, 1.96)):
            half = sigmas * float(one.error)
            for low, high in (
                estimate.profile_interval(found, name, level),
                draws.interval(name, level),
            ):
                # Quantiles of 400 draws are known to a tenth.
                assert low == pytest.approx(float(one) - half, abs=0.2 * half)
                assert high == pytest.approx(float(one) + half, abs=0.2 * half)


def test_a_profile_knows_what_numbers_have_in_common():
    """Noise common to all strengths of a size makes the interval of ν another one."""
    rng = np.random.default_rng(6)
    noise = 0.016 * rng.standard_normal((64, 1, 5)) * np.linspace(-3, 3, 16)[:, None] / 3
    own = 0.004 * rng.standard_normal((64, 16, 5))
    y = mean(law(BARE) + (noise + own).reshape(64, 80))
    found = estimate.fit_scaling(X, M, y, BARE)
    low, high = estimate.profile_interval(found, "nu", 0.6827)
    assert (high - low) / 2 == pytest.approx(float(found.nu.error), rel=0.1)
    draws = estimate.refit_scaling(found, 400).interval("nu", 0.6827)
    assert (draws[1] - draws[0]) / 2 == pytest.approx(float(found.nu.error), rel=0.15)


def test_intervals_refuse_what_they_cannot_answer():
    found = estimate.fit_scaling(X, M, numbers(BARE), BARE)
    with pytest.raises(qt.InputError, match="'y' is no parameter"):
        estimate.profile_interval(found, "y")
    for level in (0.0, 1.0, 95):
        with pytest.raises(qt.InputError, match="between 0 and 1"):
            estimate.profile_interval(found, "nu", level)
    with pytest.raises(qt.InputError, match="at least 100"):
        estimate.refit_scaling(found, 10)
    assert np.isnan(found.irrelevant.values)
