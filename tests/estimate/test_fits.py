"""Fits: exact on exact numbers, errors against many repetitions, chi² of correlated numbers."""

import numpy as np
import pytest
from scipy import stats

import qtcore as qt
from qtcore.estimate import (
    Estimate,
    Missing,
    fit,
    fit_line,
    fit_linear,
    independent,
    mean,
    pool,
    stack,
    variance,
)
from qtcore.estimate.goodness import excess_of

X = np.arange(1.0, 9.0)


def nested(count, seed=1):
    """Samples of 1 - 2 x with steps that lengths have in common."""
    rng = np.random.default_rng(seed)
    return 1 - 2 * X + np.cumsum(rng.standard_normal((count, 8)), axis=1)


def test_it_is_generalised_least_squares():
    data = nested(60)
    design = np.stack([np.ones_like(X), X], axis=1)
    measured = np.cov(data, rowvar=False) / 60
    for weights in (None, np.minimum.outer(X, X)):
        found = fit_linear(mean(data), design, weights)
        inverse = np.linalg.inv(measured if weights is None else weights)
        estimator = np.linalg.solve(design.T @ inverse @ design, design.T @ inverse)
        assert found.coefficients.values == pytest.approx(estimator @ data.mean(axis=0))
        # Weights that follow the measured covariance make both the scatter and the error larger.
        nu, q = 59, 6
        factor = 1.0 if weights is not None else nu * (nu - 1) / ((nu - q) * (nu - q - 1))
        errors = np.sqrt(factor * np.diag(estimator @ measured @ estimator.T))
        assert found.coefficients.error == pytest.approx(errors)
        best = np.linalg.solve(design.T @ np.linalg.inv(measured) @ design, design.T)
        best = best @ np.linalg.inv(measured)
        rest = data.mean(axis=0) - design @ best @ data.mean(axis=0)
        squares = rest @ np.linalg.solve(measured, rest) * (60 - 8 - 2) / 59
        assert found.reduced == pytest.approx(squares / 6)
        assert found.degrees == 6
    assert fit_line(X, mean(data)).coefficients.values == pytest.approx(
        fit_linear(mean(data), design).coefficients.values
    )


def test_given_weights_are_those_of_the_linear_fit_also_in_a_search():
    weights = np.minimum.outer(X, X) + np.diag(0.1 * X)
    design = np.stack([np.ones_like(X), X], axis=1)
    line = fit_linear(mean(nested(60)), design, weights)
    found = fit(lambda p: p[0] + p[1] * X, mean(nested(60)), [0.0, 0.0], weights)
    assert found.coefficients.values == pytest.approx(line.coefficients.values, rel=1e-6)
    assert found.coefficients.error == pytest.approx(line.coefficients.error, rel=1e-6)
    np.testing.assert_allclose(found.estimator, line.estimator, rtol=1e-5, atol=1e-6)
    # By the estimator: how much the line moves with the numbers.
    moved = fit_linear(mean(nested(60)) + 0.1 * X, design, weights)
    change = moved.coefficients.values - line.coefficients.values
    assert change == pytest.approx(line.estimator @ (0.1 * X))
    with pytest.raises(qt.InputError, match=r"covariance that sets the weights .* is singular"):
        fit(lambda p: p[0] + p[1] * X, mean(nested(60)), [0.0, 0.0], np.ones((8, 8)))


def test_a_fit_says_what_it_lacks():
    design = np.stack([np.ones_like(X), X], axis=1)
    with pytest.raises(qt.InputError, match=r"at least 18 realizations .* got 17"):
        fit_linear(mean(nested(17)), design)
    with pytest.raises(qt.InputError, match="2 coefficients needs at least 2 numbers, got 1"):
        fit_linear(mean(nested(40))[:1], design[:1])
    twice = mean(nested(60))
    with pytest.raises(qt.InputError, match="singular"):
        fit_linear(stack([*twice[:3], twice[0]]), design[:4])


def decay(p):
    return p[0] * np.exp(-X / p[1])


def noisy(rng, count):
    common = rng.standard_normal((count, 1))
    return decay([2.0, 3.0]) * (1 + 0.3 * common + 0.3 * rng.standard_normal((count, 8)))


def test_a_nonlinear_fit_finds_exact_parameters():
    # Noise whose mean is exactly zero leaves the parameters as they are.
    noise = np.random.default_rng(5).standard_normal((40, 8))
    y = mean(decay([2.0, 3.0]) + 0.01 * (noise - noise.mean(axis=0)))
    found = fit(decay, y, [1.0, 1.0])
    assert found.coefficients.values == pytest.approx([2.0, 3.0], rel=1e-6)
    assert found.reduced == pytest.approx(0, abs=1e-6)


def test_a_step_that_goes_much_too_far_is_taken_back():
    x = np.arange(1.0, 5.0)
    numbers = independent(np.exp(2.2 * x) + 1e6, np.full(4, 0.1))
    # The first step is to p = 2,000 or so, where the squares of the model are infinite.
    found = fit(lambda p: np.exp(p[0] * x) + p[1], numbers, [0.0, 1e6 - 500.0])
    assert found.coefficients.values == pytest.approx([2.2, 1e6], rel=1e-6)


def test_errors_of_a_nonlinear_fit_are_the_scatter_of_many():
    # 400 repetitions know a scatter to 3.5 %, three of these are 11 %. chi² averages to 1 although
    # the numbers of one repetition are strongly correlated: its mean is known to 3 %.
    rng = np.random.default_rng(6)
    fits = [fit(decay, mean(noisy(rng, 100)), [1.0, 1.0]) for _ in range(400)]
    values = np.array([one.coefficients.values for one in fits])
    errors = np.array([one.coefficients.error for one in fits])
    assert errors.mean(axis=0) == pytest.approx(values.std(axis=0), rel=0.11)
    pulls = (values - [2.0, 3.0]) / errors
    assert np.abs(pulls.mean(axis=0)).max() < 3 / np.sqrt(400) + 0.1
    assert np.mean([one.reduced for one in fits]) == pytest.approx(1, abs=0.15)


def test_a_nonlinear_fit_says_what_it_lacks():
    y = mean(noisy(np.random.default_rng(7), 50))
    with pytest.raises(qt.InputError, match="8 parameters needs more than 8 numbers, got 8"):
        fit(decay, y, np.ones(8))
    with pytest.raises(qt.InputError, match="returns 8 numbers, got 3"):
        fit(lambda p: p[:1].repeat(3), y, [1.0, 1.0])
    with pytest.raises(Missing, match=r"1 of the 8 numbers .* no value or no error"):
        fit(decay, y.where(X != 3), [1.0, 1.0])


def test_pooled_numbers():
    y = stack([mean(np.random.default_rng(n).normal(1, n + 1, (400, 1)))[0] for n in range(4)])
    weights = y.error**-2
    assert float(pool(y)) == pytest.approx((weights * y.values).sum() / weights.sum())
    # Independent numbers: products of shares scatter around zero by 1/sqrt(400).
    assert float(pool(y).error) == pytest.approx(weights.sum() ** -0.5, rel=0.1)
    twice = stack([y[0], y[0]])
    assert float(pool(twice).error) == pytest.approx(y.error[0])
    lacking = y.where([True, False, True, True])
    assert float(pool(lacking)) == pytest.approx(float(pool(y[np.array([0, 2, 3])])))
    assert np.isnan(float(pool(lacking[1:2])))
    assert pool(y.reshape(2, 2), 1).shape == (2,)


def test_a_pool_of_an_estimate_without_error_does_not_count_it():
    y = Estimate([1.0, 5.0], [[0.1, np.nan], [-0.1, np.nan]], 2)
    assert float(pool(y)) == 1


WRONG_STARTS = {
    "NaN": ([np.nan, 3.0], qt.InputError, r"one finite number for each parameter .* got \[nan, 3"),
    "none": ([], qt.InputError, "one finite number for each parameter"),
    "a number": (2.0, qt.InputError, "one finite number for each parameter"),
    "two rows": ([[2.0, 3.0]], qt.InputError, "one finite number for each parameter"),
    "text": ("23", qt.InputError, "one finite number for each parameter"),
    "too short": ([2.0], qt.InputError, r"fails for 1 parameter \(2\), IndexError: .* `start` has"),
    "too long": (
        [2.0, 3.0, 1.0],
        Missing,
        r"does not change with its parameter 2 \(counted from 0\): .* as many as 3 parameters",
    ),
    "no value": ([2.0, 0.0], qt.InputError, r"is no number at its start \(2, 0\)"),
}


@pytest.mark.parametrize("wrong", WRONG_STARTS)
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
def test_a_wrong_start_is_told_in_a_sentence(wrong):
    start, kind, says = WRONG_STARTS[wrong]

    def model(p):
        return decay(p) if p[1] else np.full(8, np.nan)

    numbers = mean(noisy(np.random.default_rng(1), 60))
    with pytest.raises(kind, match=says):
        fit(model, numbers, start)


def test_a_model_that_ends_within_the_search_does_not_settle():
    start = [2.0, 3.0]
    with pytest.raises(Missing, match="the fit did not settle"):
        fit(
            lambda p: decay(p) * (1.0 if p[1] == start[1] else np.nan),
            mean(noisy(np.random.default_rng(1), 60)),
            start,
        )


def test_parameters_that_numbers_leave_open_have_no_error():
    numbers = mean(noisy(np.random.default_rng(1), 60))
    with pytest.raises(Missing, match="leave its parameters open"):
        fit(lambda p: p[0] * p[2] * np.exp(-X / p[1]), numbers, [2.0, 3.0, 1.0])
    with pytest.raises(qt.InputError, match="returned an Estimate"):
        fit(lambda p: p[0] * numbers, numbers, [1.0])


def test_a_linear_fit_names_numbers_that_are_none():
    numbers = mean(nested(60)) * np.where(X == 3.0, np.nan, 1.0)
    with pytest.raises(Missing, match=r"1 of the 8 numbers .* no value or no error, .* from 0\) 2"):
        fit_line(X, numbers)


@pytest.mark.parametrize(("q", "m"), [(1, 40), (3, 20), (6, 60), (6, np.inf), (40, 200)])
def test_the_excess_of_chi2_is_a_normal_number(q, m):
    """Against the exact law of the ratio, most closely where a row of checks decides."""
    law = stats.chi2(q, scale=1 / q) if np.isinf(m) else stats.f(q, m)
    for z in (-1.0, 0.0, 1.0, 2.0, 3.0):
        ratio = law.isf(stats.norm.sf(z))
        # The approximation is worst below 0, for one degree of freedom: 0.08.
        near = 0.05 if z == 3 else 0.08
        assert float(excess_of(ratio, q, m)) == pytest.approx(z, abs=near)
        assert excess_of(ratio, q, m).error == 1
    assert np.isnan(float(excess_of(1.0, 0, m)))


def linear(numbers):
    return fit_line(X, numbers)


def walks(rng, count):
    """Samples of 1 - 2 x; lengths have their steps in common."""
    return 1 - 2 * X + np.cumsum(rng.standard_normal((count, 8)), axis=1)


def apart(rng, count):
    """Samples of 1 - 2 x that have nothing in common."""
    return 1 - 2 * X + rng.standard_normal((count, 8))


def searched(numbers):
    return fit(lambda p: p[0] + p[1] * X, numbers, [0.0, 0.0])


@pytest.mark.parametrize(
    ("way", "draw"), [(linear, walks), (linear, apart), (searched, apart), (searched, walks)]
)
@pytest.mark.first_cases(2)
def test_a_right_model_has_an_excess_of_0_and_1_and_a_wrong_one_more(way, draw):
    repeats = 300
    rng = np.random.default_rng(4)
    found = [float(way(mean(draw(rng, 60))).excess) for _ in range(repeats)]
    # Means of 300 numbers to 0.058, their deviation to 4.1 %: four of these; no normal law in detail.
    assert np.mean(found) == pytest.approx(0, abs=0.24)
    assert np.std(found) == pytest.approx(1, abs=0.17)
    assert np.mean(np.abs(found) > 3) < 0.015
    bent = [float(way(mean(draw(rng, 60) + 0.15 * (X - 4) ** 2)).excess) for _ in range(20)]
    assert np.mean(np.array(bent) > 3) > 0.9


def test_the_excess_of_known_errors_is_that_of_chi2():
    numbers = independent(1 - 2 * X + np.array([1, -1, 2, 0, -2, 1, 0.5, -1.0]), np.ones(8))
    found = searched(numbers)
    chi2 = 6 * found.reduced
    assert float(found.excess) == pytest.approx(stats.norm.isf(stats.chi2(6).sf(chi2)), abs=0.03)
    exact = fit_line(X[:2], mean(nested(40))[:2])
    assert np.isnan(float(exact.excess))


def test_a_parameter_that_hardly_moves_the_numbers_has_a_large_error():
    """The derivatives of both parameters differ by 1e18, and the numbers are (1, 0) times each."""
    x = np.arange(6.0)
    found = fit(
        lambda p: 1e-18 * p[0] + p[1] * x,
        independent(np.zeros(6), 1.0),
        [0.0, 0.0],
        slope=lambda _: np.stack([np.full(6, 1e-18), x], axis=1),
    )
    covariance = np.linalg.inv(np.array([[6.0, x.sum()], [x.sum(), x @ x]]))
    assert found.coefficients.error[0] == pytest.approx(1e18 * covariance[0, 0] ** 0.5)
    assert found.coefficients.error[1] == pytest.approx(covariance[1, 1] ** 0.5)


NUMBERS = mean(nested(60))
LINE = np.stack([np.ones_like(X), X], axis=1)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: fit(decay, X, [1.0, 1.0]), qt.InputError, "must be an Estimate"),
        (lambda: fit(decay, NUMBERS, [1.0, 1.0], np.eye(5)), qt.InputError, r"shape \(8, 8\)"),
        (lambda: fit(decay, NUMBERS, [1.0, 1.0], -np.eye(8)), qt.InputError, "variances > 0"),
        (
            lambda: fit(decay, NUMBERS, [1.0, 1.0], slope=lambda _: LINE.T),
            qt.InputError,
            r"slope of a fit .* shape \(8, 2\); got \(2, 8\)",
        ),
        (
            lambda: fit(lambda p: 1j * p * X, NUMBERS, [1.0]),
            qt.InputError,
            "real numbers, got complex",
        ),
        (
            lambda: fit(lambda p: p[0] * np.exp(-p[1] * X), NUMBERS, [1.0, 1e6]),
            Missing,
            r"does not change with its parameter .* the search began too far away",
        ),
        (lambda: fit_line(np.ones(8), NUMBERS), Missing, "numbers at one place"),
        (lambda: fit_line(np.append(X[:7], np.nan), NUMBERS), qt.InputError, "finite .* got nan"),
        (lambda: fit_line(X[:7], NUMBERS), qt.InputError, r"shape \(8,\) .* got \(7,\)"),
        (lambda: fit_line(X, X), qt.InputError, "numbers of a fit must be an Estimate"),
        (lambda: fit_linear(NUMBERS, np.ones((8, 2))), Missing, "do not depend on each other"),
        (lambda: fit_linear(NUMBERS, 0 * LINE), Missing, "2 columns of the model that do not"),
        (lambda: fit_linear(NUMBERS, np.nan * LINE), qt.InputError, "finite numbers, got nan"),
        (lambda: fit_linear(NUMBERS, LINE.T), qt.InputError, r"got \(8,\) and \(2, 8\)"),
        (
            lambda: fit_line(X, variance(nested(60))),
            Missing,
            "values without errors, because there are too few realizations",
        ),
        (
            lambda: fit_line(X, mean(np.tile(X, (60, 1)))),
            Missing,
            "errors are exactly 0, as those of samples that are all equal",
        ),
    ],
)
def test_what_cannot_be_fitted_is_said_in_a_sentence(call, error, match):
    with pytest.raises(error, match=match):
        call()
