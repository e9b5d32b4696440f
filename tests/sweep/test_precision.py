"""The rule of a precision goal: what it asks for, and what stopping by the data does to a mean."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import qtcore as qt
from qtcore.sweep.precision import (
    FIRST_ROUND,
    GROWTH,
    MARGIN,
    PointPrecision,
    Precision,
    mean_and_error,
    next_count,
)

Make = Callable[..., qt.Sweep]


@pytest.mark.parametrize(
    ("given", "error", "relative"),
    [("1%", 0.01, True), (" 0.5 % ", 0.005, True), ("0.01", 0.01, False), (2, 2.0, False)],
)
def test_percent_is_relative_and_a_number_is_absolute(
    make_sweep: Make, given: Any, error: float, relative: bool
) -> None:
    asked = Precision.asked(given, 1000, qt.Goal(), make_sweep())
    assert (asked.error, asked.relative, asked.variable) == (error, relative, "ln_g")
    assert Precision(**asked.model_dump(mode="json")) == asked


@pytest.mark.parametrize("given", ["0", "0%", "-1%", "-0.01", "nan", "inf", "100%", "1%%", "one"])
def test_a_goal_that_is_none_is_refused(make_sweep: Make, given: Any) -> None:
    with pytest.raises(
        qt.InputError, match=r"--precision .*: allowed is a percentage .* such as 1%"
    ):
        Precision.asked(given, 1000, qt.Goal(), make_sweep())


def test_a_goal_about_what_is_not_stored_is_refused(make_sweep: Make) -> None:
    with pytest.raises(qt.InputError, match="about 'ln_T'; stored are ln_g, reflection"):
        Precision.asked("1%", 1000, qt.Goal("ln_T"), make_sweep())
    with pytest.raises(qt.InputError, match="most takes at most so many realizations"):
        Precision.asked("1%", 1, qt.Goal(), make_sweep())


def test_mean_and_error_against_numpy() -> None:
    samples = np.random.default_rng(1).normal(size=(50, 3))
    mean, error = mean_and_error(samples)
    np.testing.assert_allclose(mean, samples.mean(axis=0))
    np.testing.assert_allclose(error, samples.std(axis=0, ddof=1) / math.sqrt(50))
    mean, error = mean_and_error(samples + 1j * samples)
    np.testing.assert_allclose(error, np.sqrt(2 * samples.var(axis=0, ddof=1) / 50))


def test_what_is_not_computed_does_not_count() -> None:
    samples = np.array([[1.0, np.nan, 1.0], [3.0, np.nan, np.nan]])
    mean, error = mean_and_error(samples)
    np.testing.assert_array_equal(mean, [2.0, np.nan, 1.0])
    np.testing.assert_array_equal(error, [1.0, np.inf, np.inf])
    goal = Precision(error=1.0, relative=False, most=100, variable="x")
    assert goal.standing(mean[:2], error[:2], 2) == PointPrecision(2, 2.0, 1.0, 2.0)
    assert goal.standing(mean, error, 2).needed == math.inf, "one value has no error"
    assert not goal.standing(mean[1:2], error[1:2], 2).reached, "nothing was computed"


def test_the_worst_entry_decides() -> None:
    relative = Precision(error=0.1, relative=True, most=1000, variable="x")
    assert relative.standing([-10.0, 1.0], [1.0, 0.2], 100) == PointPrecision(100, 1.0, 0.2, 400.0)
    absolute = relative.model_copy(update={"relative": False, "error": 0.5})
    assert absolute.standing([-10.0, 1.0], [1.0, 0.2], 100) == PointPrecision(
        100, -10.0, 1.0, 400.0
    )
    assert relative.standing([0.0], [0.2], 100).needed == math.inf, "a percentage of nothing"
    assert relative.standing([0.0], [0.0], 100).reached


def test_counts_grow_in_whole_blocks_up_to_the_cap() -> None:
    assert next_count(PointPrecision(100, 1.0, 0.1, 100), 1000, 64) == 100, "reached"
    assert next_count(PointPrecision(100, 1.0, 0.1, 200), 1000, 64) == 256
    assert next_count(PointPrecision(100, 1.0, 0.1, 1e9), 1000, 64) == 64 * math.ceil(
        GROWTH * 100 / 64
    )
    assert next_count(PointPrecision(100, 1.0, 0.1, math.inf), 300, 64) == 300
    assert next_count(PointPrecision(300, 1.0, 0.1, 1e9), 300, 64) == 300


LOG_SIGMA = 0.6


def _normal(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    return rng.normal(1.0, 1.0, count)


def _log_normal(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    return rng.lognormal(0.0, LOG_SIGMA, count)


_spread = math.exp(LOG_SIGMA**2)
Draw = Callable[[np.random.Generator, int], NDArray[np.float64]]

MOMENTS: dict[Draw, tuple[float, float, float]] = {
    _normal: (1.0, 1.0, 0.0),
    _log_normal: (
        math.sqrt(_spread),
        math.sqrt(_spread * (_spread - 1)),
        (_spread + 2) * math.sqrt(_spread - 1),
    ),
}
"""Mean, standard deviation, skewness (log-normal: Johnson, Kotz, Balakrishnan 1994, ch. 14)."""

TRIALS = 4000
"""The mean of so many deviations, in units of the stated error, has the error 0.016."""

SAMPLES = 400
"""Realizations that the goal takes."""


def _stopped(draw: Draw, goal: Precision) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return estimate and stated error of many runs towards a goal."""
    rng = np.random.default_rng(21)
    found = np.empty((2, TRIALS))
    for trial in range(TRIALS):
        samples = draw(rng, FIRST_ROUND)
        while True:
            standing = goal.standing(*mean_and_error(samples), len(samples))
            more = next_count(standing, goal.most, 8) - len(samples)
            if not more:
                break
            samples = np.concatenate([samples, draw(rng, more)])
        assert standing.reached
        found[:, trial] = standing.value, standing.error
    return found[0], found[1]


@pytest.mark.physics
@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("draw", [_normal, _log_normal])
@pytest.mark.first_cases(1)
def test_bias_and_coverage_of_the_stopping_rule(draw: Draw, relative: bool) -> None:
    mean, deviation, skewness = MOMENTS[draw]
    error = deviation / math.sqrt(SAMPLES) / (mean if relative else 1.0)
    goal = Precision(error=error, relative=relative, most=10**4, variable="x")
    values, errors = _stopped(draw, goal)
    stated = deviation / math.sqrt(SAMPLES)
    bias = (values.mean() - mean) / stated
    expected = error * (2 - skewness * mean / deviation) if relative else -skewness / SAMPLES**0.5
    # Three standard errors, and a quarter for higher orders in 1 / sqrt(N).
    assert bias == pytest.approx(expected, abs=3 / TRIALS**0.5 + abs(expected) / 4)
    # Half of the margin in N comes back as a smaller error; its own fluctuations are few per cent.
    assert values.std() / stated == pytest.approx(MARGIN**-0.5, abs=0.03)
    for sigmas, normal in ((1, 0.6827), (2, 0.9545)):
        covered = np.mean(np.abs(values - mean) < sigmas * errors)
        # Three standard errors, and the second order of the Edgeworth series, skewness² / N.
        allowed = 3 * (normal * (1 - normal) / TRIALS) ** 0.5 + skewness**2 / SAMPLES
        assert covered == pytest.approx(normal, abs=allowed)
