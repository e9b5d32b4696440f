"""Levels of random matrices and independent levels in the place of those of samples."""

from types import SimpleNamespace

import numpy as np
import pytest

import qtcore as qt
from qtcore import estimate
from qtcore.workflow import load

WORKFLOW = load("level_statistics")


def point(kind, beta, size=5, disorder=7.0):
    sweep = WORKFLOW.sweep(WORKFLOW.presets["quick"], 1)
    found = [p for p in sweep.all_points() if (p.kind, p.beta, p.size) == (kind, beta, size)]
    return next(p for p in found if p.disorder == disorder)


def test_all_systems_have_as_many_sites_and_the_symmetry_of_their_class():
    sample = WORKFLOW.solve.__globals__["sample"]
    for kind, beta in (("cube", 1), ("cube", 2), ("cube", 4), ("torus", 1), ("ring", 1)):
        wire, length = sample(point(kind, beta))
        H = qt.closed_sample(wire, length, 0, 1, periodic=True).H.toarray()
        assert abs(len(H) / (2 if beta == 4 else 1) - 125) <= 5, kind
        assert np.isrealobj(H) == (beta == 1)
        levels = np.linalg.eigvalsh(H)
        pairs = levels[: len(levels) // 2 * 2].reshape(-1, 2)
        assert np.allclose(pairs[:, 0], pairs[:, 1], atol=1e-10) == (beta == 4)


def test_the_most_central_levels_are_kept():
    one = point("cube", 1)
    wire, length = WORKFLOW.solve.__globals__["sample"](one)
    levels = np.linalg.eigvalsh(
        qt.closed_sample(wire, length, 3, one.seed, periodic=True).H.toarray()
    )
    found = WORKFLOW.solve(one, [3])
    gaps = np.diff(levels)
    first = int(np.flatnonzero(gaps == found["gap"][0, 0])[0])
    assert abs(2 * first + one.kept - len(gaps)) <= 2
    ratio = np.minimum(gaps[1:], gaps[:-1]) / np.maximum(gaps[1:], gaps[:-1])
    np.testing.assert_array_equal(found["ratio"][0], ratio[first : first + one.kept])
    assert found["mean_ratio"][0] == pytest.approx(ratio[49:74].mean())


def test_the_error_of_squares_knows_that_the_mean_spacing_is_measured():
    """Of independent spacings <s²> = 2 has the error 2 / sqrt(n); with a known mean it were sqrt(20 / n)."""
    rng = np.random.default_rng(4)
    gap = rng.exponential(0.3, (400, 24))
    at = SimpleNamespace(gap=gap, ratio=rng.random(gap.shape), mean_ratio=rng.random(400))
    square = WORKFLOW.solve.__globals__["measure"](at)["square"]
    assert float(square.error) == pytest.approx(2 / np.sqrt(gap.size), rel=0.15)
    assert abs(float(square) - 2) < 3 * float(square.error)


def logistic(L, W):
    """A scaling function without corrections, close to ⟨r⟩ of cubes: it crosses at 16.54."""
    return 0.386 + 0.145 / (1 + np.exp(2.2 * (W / 16.54 - 1) * L ** (1 / 1.571) - 2.05))


@pytest.mark.parametrize("preset", ["standard", "paper"])
def test_curves_that_cross_at_one_place_are_found_to_do_so(preset):
    sweep = WORKFLOW.sweep(WORKFLOW.presets[preset], 1)
    axes = {axis.name: np.array(axis.values) for axis in sweep.axes}
    L, W = axes["size"].astype(float), np.sort(axes["disorder"])
    truth = logistic(L[:, None], W)
    error = {"standard": 1e-3, "paper": 2e-4}[preset]
    rng = np.random.default_rng(6)
    r = estimate.independent((truth + error * rng.standard_normal(truth.shape)).ravel(), error)

    class At(SimpleNamespace):
        def grid(self, *names):
            return np.meshgrid(*(getattr(self, name) for name in names), indexing="ij")

        def __getitem__(self, name):
            return {"r": r.reshape(*truth.shape)}[name]

    found = WORKFLOW.solve.__globals__["transition"](At(size=L, disorder=W))
    for name, value, sure in (("critical", 16.54, 0.7), ("nu", 1.571, 0.6)):
        assert abs(float(found[name]) - value) < 3 * float(found[name].error), name
        assert float(found[name].error) < sure


@pytest.mark.slow
def test_levels_of_another_class_fail(run_tiny):
    """Levels of each class in the place of real ones: only real ones pass."""
    settings = {"size": (5, 6), "disorder": (7.0, 14.0, 18.0), "others": 100}
    _, ds = run_tiny("level_statistics", settings, 40)
    key = "r[system=0,size=5,disorder=7]"
    for system, passes in ((0, True), (1, False), (2, False)):
        moved = ds.copy(deep=True)
        for name in ("mean_ratio", "gap", "ratio"):
            moved[name][0, 0, 0] = ds[name][system, 0, 0].values
        rows = {row.key: row for row in WORKFLOW.checks(WORKFLOW.results(moved))}
        assert rows[key].passed == passes, (system, rows[key].value)
        assert rows[key.replace("r[", "square[")].passed == passes
