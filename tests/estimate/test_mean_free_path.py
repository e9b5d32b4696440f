"""Mean free path of short wires: from models whose l is known, and from random scatterers."""

import numpy as np
import pytest

from qtcore.estimate import Missing, fit_mean_free_path
from qtcore.estimate.mean_free_path import WINDOW
from qtcore.theory.boltzmann import mean_conductance
from qtcore.theory.born import Rates

LENGTHS = np.unique(np.round(np.geomspace(2, 400, 20)))


def equal(N, mean_free_path):
    any_rate = np.full((N, N), 1 / (N * mean_free_path))
    return Rates(any_rate, any_rate, any_rate)


def noisy_conductance(lengths, rates, mfp, beta, realizations, seed):
    """Samples of g whose mean is exactly the model's, correlated along the wire."""
    rng = np.random.default_rng(seed)
    model = mean_conductance(rates, mfp, lengths, beta)
    steps = np.diff(lengths, prepend=0.0)
    walk = (rng.normal(size=(realizations, len(lengths))) * np.sqrt(steps)).cumsum(axis=1)
    return model + 0.3 * (rates.channels - model) * walk / np.sqrt(lengths)


@pytest.mark.parametrize("beta", [1.0, 2.0])
def test_known_mean_free_path_comes_back_from_a_wrong_start(beta):
    rates = equal(4, 80.0)  # the fit starts at 80, the truth is 60
    g = noisy_conductance(LENGTHS, rates, 60.0, beta, 2000, seed=1)
    fit = fit_mean_free_path(g, LENGTHS, rates, beta)
    found = fit.mean_free_path
    assert found.error < 0.6
    assert abs(float(found) - 60) < 3.5 * found.error
    assert fit.longest <= WINDOW * (beta * 4 + 2 - beta) * float(found)
    assert fit.reduced < 3


@pytest.mark.further
def test_errors_have_the_right_size():
    # 150 experiments: the spread of pulls is known to 6 %.
    rates, pulls = equal(2, 60.0), []
    for seed in range(150):
        g = noisy_conductance(LENGTHS, rates, 60.0, 1.0, 100, seed)
        fit = fit_mean_free_path(g, LENGTHS, rates, 1.0)
        pulls.append((float(fit.mean_free_path) - 60) / fit.mean_free_path.error)
    assert np.std(pulls) == pytest.approx(1, abs=0.2)
    assert abs(np.mean(pulls)) < 0.3


def test_no_fit_without_short_wires_or_realizations():
    rates = equal(4, 60.0)
    g = noisy_conductance(LENGTHS, rates, 60.0, 1.0, 100, seed=2)
    long = LENGTHS > 60
    with pytest.raises(Missing, match="fewer than 3 lengths up to ξ/4"):
        fit_mean_free_path(g[:, long], LENGTHS[long], rates, 1.0)
    with pytest.raises(Missing, match="at least 28 realizations for their covariance, got 10"):
        fit_mean_free_path(g[:10], LENGTHS, rates, 1.0)
    with pytest.raises(Missing, match="no model of ⟨g⟩ between two symmetry classes"):
        fit_mean_free_path(g, LENGTHS, rates, np.nan)
    with pytest.raises(Missing, match="at least 8 realizations"):
        fit_mean_free_path(g[:3], LENGTHS, rates, 1.0)


@pytest.mark.physics
@pytest.mark.parametrize(
    ("factor", "match"),
    [
        (2.0, r"exceeds the 4 channels of the rates; .* and g of one spin"),
        (1.3, "exceeds the 4 channels of the rates"),
        (0.8, "of a fitted l of .* where the golden rule says 60; compute more short wires, or"),
        (0.01, "golden rule says 60; .* must be of one wire"),
    ],
)
def test_conductances_of_another_wire_than_the_rates_are_told(factor, match):
    rates = equal(4, 60.0)
    g = noisy_conductance(LENGTHS, rates, 60.0, 1.0, 400, seed=3)
    with pytest.raises(Missing, match=match):
        fit_mean_free_path(factor * g, LENGTHS, rates, 1.0)


@pytest.mark.parametrize(("N", "beta"), [(1, 1), (3, 1), (3, 2)])
@pytest.mark.first_cases(1)
def test_random_scatterers_give_back_what_each_reflects(scatterers, N, beta):
    # 1 % per scatterer, hence l = 100 up to O(1 %); standard error 1 to 2 %.
    numbers = [5, 8, 12, 18, 25, 40, 60, 90]
    g = np.exp(scatterers(N, beta, numbers, 0.01, 3000, seed=3))
    fit = fit_mean_free_path(g, np.array(numbers, dtype=float), equal(N, 150.0), float(beta))
    assert abs(float(fit.mean_free_path) / 100 - 1) < 0.01 + 3 * fit.mean_free_path.error / 100
    assert fit.mean_free_path.error < 3
