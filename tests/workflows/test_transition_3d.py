"""The fit of the definition, on numbers drawn from a known scaling function with the errors of `paper`."""

import numpy as np
import pytest

from qtcore import estimate
from qtcore.estimate import ScalingOrders
from qtcore.estimate.scaling_function import Expansion, Form
from qtcore.workflow import load

WORKFLOW = load("transition_3d")
ORDERS = WORKFLOW.measure[2].function.__globals__["ORDERS"]
TRUTH = {
    "critical": 16.54, "nu": 1.571, "y": -2.8, "a00": np.log(0.576), "a10": -0.75, "a20": 0.08,
    "a01": 0.9, "a11": 0.1, "b2": 0.2,
}  # fmt: skip
"""Published W_c, ν, y and Λ_c (Slevin and Ohtsuki 2014); slopes as bars of M = 4 to 8 have them."""


def points(preset):
    """Return W, M, ln Λ and the planned relative error of Λ of a preset."""
    sweep = WORKFLOW.sweep(WORKFLOW.presets[preset], 1)
    axes = {axis.name: np.array(axis.values) for axis in sweep.axes}
    W, M = (g.ravel() for g in np.meshgrid(axes["disorder"], axes["width"], indexing="ij"))
    expansion = Expansion(ScalingOrders(2, 1, 2, 0), Form(), W, M)
    slices = sweep.constants["slices"] * np.array(sweep.realizations)
    return W, M, expansion.value(expansion.parameters(TRUTH)), np.sqrt(0.58 * M / slices)


def fits(preset, seeds):
    W, M, ln_ratio, error = points(preset)
    for seed in seeds:
        noise = error * np.random.default_rng(seed).standard_normal(len(W))
        yield estimate.fit_scaling(W, M, estimate.independent(ln_ratio + noise, error), ORDERS)


def test_points_are_equally_exact():
    for preset, promised in (("quick", 0.0056), ("standard", 0.0015), ("paper", 0.00094)):
        error = points(preset)[3]
        assert error.max() < 1.1 * promised
        assert error.min() > 0.8 * error.max()


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.first_cases(1)
def test_paper_finds_the_published_transition_without_being_told(seed):
    (found,) = fits("paper", [seed])
    assert found.orders.n_I == 1
    assert found.fit.probability > 0.1
    assert float(estimate.average_expansions(found, "nu")) == pytest.approx(1.571, abs=0.03)
    assert float(estimate.average_expansions(found, "critical")) == pytest.approx(16.54, abs=0.1)
    for name, truth in (("nu", 1.571), ("critical", 16.54)):
        low, high = estimate.average_interval(found, name)
        assert low <= truth <= high


@pytest.mark.slow
def test_paper_covers_the_published_transition():
    """Orders are chosen anew for each of 100 draws; 95 % to three binomial standard errors."""
    hits = {"nu": 0, "critical": 0}
    near = 0
    for found in fits("paper", range(100, 200)):
        nu, critical = (float(estimate.average_expansions(found, name)) for name in hits)
        near += abs(nu - 1.571) < 0.03 and abs(critical - 16.54) < 0.1
        for name in hits:
            low, high = estimate.average_interval(found, name)
            hits[name] += low <= TRUTH[name] <= high
    assert near >= 90, near
    assert min(hits.values()) >= 88, hits
