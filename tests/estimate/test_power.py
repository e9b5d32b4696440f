import numpy as np
import pytest
from scipy import optimize

import qtcore as qt
from qtcore import estimate
from qtcore.estimate import independent

X = np.array([8.0, 16, 32, 64, 128, 256])


def test_a_power_is_found_whatever_its_size_and_sign():
    for exponent in (-2.0, -0.5, 0.3333, 2 / 3, 3.0):
        for amplitude in (-2.0, 1e-3, 5.0):
            y = amplitude * X**exponent
            found = estimate.fit_power(X, independent(y, 0.01 * np.abs(y)))
            assert float(found.exponent) == pytest.approx(exponent, abs=1e-6)
            assert float(found.amplitude) == pytest.approx(amplitude, rel=1e-5)
            assert float(found.constant) == 0
            assert found.constant.error == 0
            assert found.value(X) == pytest.approx(y, rel=1e-5)


def test_errors_are_those_of_scipy():
    rng = np.random.default_rng(1)
    y = 2 * X ** (2 / 3) - 3 + 0.1 * rng.standard_normal(6)
    found = estimate.fit_power(X, independent(y, 0.1), constant=True)
    best, covariance = optimize.curve_fit(
        lambda x, p, a, c: a * x**p + c, X, y, (0.7, 2, -3), 0.1 * np.ones(6), absolute_sigma=True
    )
    shown = (found.exponent, found.amplitude, found.constant)
    assert [float(one) for one in shown] == pytest.approx(best, rel=1e-4)
    errors = [float(one.error) for one in shown]
    assert errors == pytest.approx(np.sqrt(np.diag(covariance)), rel=0.01)
    assert found.fit.degrees == 3


def test_a_bare_power_of_shifted_numbers_does_not_fit():
    y = independent(2 * X ** (2 / 3) - 3, 0.02)
    assert estimate.fit_power(X, y).fit.probability < 1e-3
    shifted = estimate.fit_power(X, y, constant=True)
    assert float(shifted.exponent) == pytest.approx(2 / 3)
    assert shifted.fit.probability > 0.99


@pytest.mark.parametrize(
    ("x", "y", "constant", "error", "match"),
    [
        (X[:3], X[:3], True, qt.Missing, "more than 3 places, got 3"),
        (X[:2], X[:2], False, qt.Missing, "more than 2 places, got 2"),
        (-X, X, False, qt.InputError, "x > 0, got -256"),
        (X[:4], X, False, qt.InputError, r"shape \(4,\) .* got \(6,\)"),
        (np.append(X[:5], np.inf), X, False, qt.InputError, "finite numbers, got inf"),
        (np.append(X[:5], np.nan), X, False, qt.InputError, "finite numbers, got nan"),
        (X, np.append(X[:5], np.nan), False, qt.Missing, "1 of the 6 numbers"),
    ],
)
def test_bad_input_of_a_power_is_refused(x, y, constant, error, match):
    with pytest.raises(error, match=match):
        estimate.fit_power(x, independent(y, 0.1), constant=constant)


@pytest.mark.parametrize("constant", [False, True])
def test_numbers_without_a_power_have_no_exponent(constant):
    for y in (np.zeros(6), np.ones(6) if constant else np.zeros(6) + 1e-12):
        with pytest.raises(qt.Missing, match="leave its exponent open"):
            estimate.fit_power(X, independent(y, 0.01), constant=constant)


def test_a_search_that_ends_without_a_fit_is_one_sentence():
    x = np.array([8.0, 12, 16, 24, 32, 40])
    with pytest.raises(qt.Missing, match=r"the fit did not settle: .*[^.]$"):
        estimate.fit_power(x, independent(np.exp(x), 0.01))


def test_a_power_of_plain_numbers_is_refused():
    with pytest.raises(qt.InputError, match="y of a power law must be an Estimate"):
        estimate.fit_power(X, X)


@pytest.mark.slow
def test_exponents_of_noisy_numbers_are_missing_or_have_errors_that_hold_the_truth():
    """Of all repeats, stated or not, 5 % at most miss the exponent with their interval of 95 %."""
    rng = np.random.default_rng(5)
    x, repeats = np.array([8.0, 12, 16, 24, 32, 40]), 200
    for error in (0.05, 0.2, 0.6):
        missed = 0
        for _ in range(repeats):
            y = (0.5 + x**0.667) * (1 + error * rng.standard_normal(6))
            numbers = independent(y, error * (0.5 + x**0.667))
            found = estimate.attempt(estimate.fit_power, x, numbers, constant=True)
            if isinstance(found, estimate.PowerLaw):
                away = abs(float(found.exponent) - 0.667)
                missed += away > 1.96 * float(found.exponent.error)
        # Four standard errors of a rate of 5 % in 200.
        assert missed / repeats < 0.05 + 4 * np.sqrt(0.05 * 0.95 / repeats), error


def test_the_logarithmic_slope_of_a_power_is_its_exponent():
    g = independent(10 / X, 0.01 / X)
    middle, slope = estimate.logarithmic_slope(X, g)
    assert slope.values == pytest.approx(-np.ones(5))
    assert middle.values == pytest.approx(10 / np.sqrt(X[1:] * X[:-1]))
    # ln g is known to 1e-3 at both ends of a factor of two.
    assert slope.error == pytest.approx(np.full(5, np.sqrt(2) * 1e-3 / np.log(2)))
    two = estimate.stack([g, -g])
    assert np.isnan(estimate.logarithmic_slope(X, two)[1].values).tolist() == [
        [False] * 5,
        [True] * 5,
    ]


@pytest.mark.parametrize(
    ("x", "y", "error", "match"),
    [
        (X[:1], X[:1], qt.Missing, "at least two sizes, got 1"),
        (X[::-1], X, qt.InputError, "increasing"),
        (X[:3], X, qt.InputError, "put the axis of x last"),
    ],
)
def test_bad_input_of_a_slope_is_refused(x, y, error, match):
    with pytest.raises(error, match=match):
        estimate.logarithmic_slope(x, independent(y, 0.1))
