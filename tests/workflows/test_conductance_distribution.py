"""The kink against densities that have one and that have none, and the lengths of the samples."""

from types import SimpleNamespace

import numpy as np
import pytest

from qtcore.workflow import load

WORKFLOW = load("conductance_distribution")
NAMES = WORKFLOW.measure[0].__globals__
HALF = NAMES["HALF"]


def with_kink(rng, count, slope):
    """Draw g whose ln P has no slope below 1, and −`slope` above."""
    below = rng.random(count) < slope / (slope + 1)
    return np.where(below, rng.random(count), 1 + rng.exponential(1 / slope, count))


def ratio(g):
    """Return kink and sharpness with its error."""
    wide, small = NAMES["kinks"](g[:, None], HALF), NAMES["kinks"](g[:, None], HALF / 2)
    return small, small / wide


def test_a_kink_has_its_size_in_any_window():
    kink, sharpness = ratio(with_kink(np.random.default_rng(1), 400_000, 5.0))
    assert abs(kink.values[0] - 5.0) < 3 * kink.error[0]
    assert abs(sharpness.values[0] - 1.0) < 3 * sharpness.error[0]
    assert sharpness.error[0] < 0.1


def test_a_smooth_density_would_fail():
    """A normal density around 1 bends as much in all windows, so that half of them see half of it."""
    g = np.random.default_rng(2).normal(1.0, 0.25, 400_000)
    _, sharpness = ratio(g)
    assert sharpness.values[0] == pytest.approx(0.5, abs=0.05)
    assert abs(sharpness.values[0] - 1.0) > 0.25 + 3 * sharpness.error[0]


def test_no_sample_computes_lengths_of_another_one():
    for preset in WORKFLOW.presets.values():
        sweep = WORKFLOW.sweep(preset, 1)
        for point in sweep.all_points():
            low, high = point.span
            assert high - low == (1 if point.kind == "cube" else len(NAMES["PARTS"])), point.kind


def test_a_wire_alone_owes_nothing_about_cubes():
    """And a window of P(g) without samples says so, and leaves no number that is missing without a reason."""
    alone = SimpleNamespace(kind=np.array(["wire"]))
    assert NAMES["irrelevant"](alone) == {}
    assert NAMES["expect_irrelevant"](alone) == {}
    ln_g = np.log(np.random.default_rng(1).uniform(0.1, 0.5, (300, 6)))
    found = NAMES["measure"](SimpleNamespace(**NAMES["WIRE"], ln_g=ln_g, length=np.arange(1, 7)))
    assert all("is empty" in str(one) for one in found["sharpness"])
