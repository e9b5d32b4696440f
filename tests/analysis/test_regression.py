import numpy as np
import pytest

import qtcore as qt
from qtcore.analysis.regression import fit_linear
from qtcore.analysis.statistics import mean
from qtcore.estimate.fit_linear import realizations_needed

LENGTHS = np.array([100.0, 130, 170, 220, 280, 360])
DESIGN = np.stack([np.ones(6), LENGTHS], axis=1)


def test_errors_and_chi_squared_mean_what_they_say(walk):
    # 300 experiments: the spread of pulls is known to 4 %, the mean of chi² (4 degrees) to 4 %.
    pulls, chi = [], []
    for seed in range(300):
        fit = fit_linear(mean(walk(LENGTHS, 50.0, 120, seed)), DESIGN)
        slope = fit.coefficients[1]
        pulls.append((slope.value + 2 / 50) / slope.error)
        chi.append(fit.chi_squared)
        assert fit.degrees == 4
    assert np.std(pulls) == pytest.approx(1, abs=0.12)
    assert abs(np.mean(pulls)) < 3.5 / np.sqrt(300)
    assert np.mean(chi) == pytest.approx(4, abs=0.5)


def test_lengths_taken_for_independent_would_fool_us(walk):
    # A line through the origin: every length measures the same wire's slope again. Weights without
    # correlations cost little, but the textbook error that goes with them is far too small.
    curve = mean(walk(LENGTHS, 50.0, 2000, seed=1))
    line = LENGTHS[:, None]
    diagonal = np.diag(np.diag(curve.covariance))
    textbook = float(np.linalg.inv(line.T @ np.linalg.inv(diagonal) @ line)[0, 0] ** 0.5)
    honest = fit_linear(curve, line, diagonal).coefficients[0].error
    best = fit_linear(curve, line).coefficients[0].error
    assert best <= honest
    assert textbook < 0.6 * best
    assert best == pytest.approx(np.sqrt(4 / (50 * 360 * 2000)), rel=0.05)


def test_a_wrong_model_shows_in_chi_squared(walk):
    bent = walk(LENGTHS, 50.0, 2000, seed=2) + 0.002 * (LENGTHS - 200) ** 2 / 50
    assert fit_linear(mean(bent), DESIGN).reduced > 5


def test_what_cannot_be_fitted_is_refused(walk):
    few = walk(LENGTHS, 50.0, realizations_needed(6) - 1, seed=3)
    with pytest.raises(qt.InputError, match=r"at least 14 realizations .* got 13"):
        fit_linear(mean(few), DESIGN)
    with pytest.raises(qt.InputError, match="at least 2 lengths, got 1"):
        fit_linear(mean(few[:, :1]), DESIGN[:1])
    twice = np.repeat(walk(LENGTHS, 50.0, 100, seed=4)[:, :3], 2, axis=1)
    with pytest.raises(qt.InputError, match="same numbers"):
        fit_linear(mean(twice), DESIGN)
