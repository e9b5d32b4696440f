"""The contacts of the squares, and what the fits say of laws that are known."""

import numpy as np
import pytest
import xarray as xr

import qtcore as qt
from qtcore.sweep.survey import survey
from qtcore.theory.tracy_widom import tracy_widom, tracy_widom_shape
from qtcore.workflow import load

WORKFLOW = load("localized_squares")
XI = 0.447
GROWTH, CONSTANT = 17.8, -15.0
"""Variance of ln g at W = 64: GROWTH L^(2/3) + CONSTANT."""


def test_the_contacts_are_opposite_corners():
    sweep = WORKFLOW.sweep(WORKFLOW.presets["quick"], 1)
    point = next(one for one in sweep.all_points() if one.size == 12)
    wire = WORKFLOW.wire(point)
    left, right = wire.slices().contacts
    assert np.flatnonzero(left).tolist() == [0]
    assert np.flatnonzero(right).tolist() == [11]
    assert sweep.lengths[slice(*point.span)] == (12,)
    assert qt.choose(wire).method == "front"
    assert {kind.solver for kind in survey(sweep).kinds} == {"front"}


def drawn(beta, seed, power=2 / 3):
    """Return the rows of the table for ln g that has the law of β, and a variance GROWTH L^power + CONSTANT."""
    shape = tracy_widom_shape(beta)
    grid = np.linspace(-10, 8, 241)
    heights = tracy_widom(grid, beta)
    rng = np.random.default_rng(seed)
    sweep = WORKFLOW.sweep(WORKFLOW.presets["quick"], 1)
    ln_g = np.full((*sweep.grid, sweep.realizations, len(sweep.lengths)), np.nan)
    for point in sweep.all_points():
        chi = np.interp(rng.random(sweep.realizations), heights, grid)
        z = (chi - shape.mean) / np.sqrt(shape.variance)
        spread = np.sqrt(GROWTH * point.size**power + CONSTANT)
        fall = 2 * np.sqrt(2) * (point.size - 1) / XI
        ln_g[point.index][:, slice(*point.span)] = (spread * z - fall)[:, None]
    ds = xr.Dataset(
        {"ln_g": (("size", "disorder", "energy", "realization", "length"), ln_g)},
        {**{axis.name: list(axis.values) for axis in sweep.axes}, "length": list(sweep.lengths)},
        {"spec": sweep.json_text},
    )
    result = WORKFLOW.results(ds)
    return result, {row.key.partition("[")[0]: row for row in WORKFLOW.checks(result)}


@pytest.mark.slow
def test_the_law_of_point_contacts_passes_and_comes_out():
    result, rows = drawn(beta=2, seed=1)
    assert all(row.passed for row in rows.values()), [
        k for k, row in rows.items() if not row.passed
    ]
    assert float(result.xi[0, 0]) == pytest.approx(XI, rel=0.01)
    away = result.away.isel(size=-1, disorder=0, energy=0)
    assert int(result.beta[np.argmin(away.values)]) == 2


@pytest.mark.slow
def test_another_member_of_the_class_and_another_exponent_fail():
    _, rows = drawn(beta=1, seed=1)
    assert not rows["limit_skew"].passed
    assert rows["exponent"].passed
    _, rows = drawn(beta=2, seed=1, power=1.0)
    assert not rows["exponent"].passed
    assert not rows["excess"].passed


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"lengths": (10, 20)},
            r"lengths of localized_squares follow from its axes .* got \(10, 20\)",
        ),
        (
            {"size": (8, 9, 10, 12), "disorder": 24.0},
            r"from about 11 sites on .* 4 such sizes, got \(8, 9, 10, 12\): add",
        ),
        ({"disorder": 8.0}, r"at W = 8 t .* from about 110 sites on"),
        ({"size": (8, 12, 16)}, "at least 4 values of size"),
    ],
)
def test_squares_that_say_nothing_are_refused_before_the_run(settings, words):
    preset = WORKFLOW.presets["quick"].changed(settings)
    with pytest.raises(qt.InputError, match=words):
        WORKFLOW.sweep(preset, 1)


def test_what_is_about_known_of_xi_is_what_came_out():
    """From 30,000 to 40,000 samples, between corners: sizes that pass are long enough for the fits."""
    known = dict(zip(*WORKFLOW.validate.__globals__["XI"], strict=True))
    for W, xi in ((16, 1.71), (24, 1.02), (64, 0.447)):
        assert known[W] == pytest.approx(xi, rel=0.02)


@pytest.mark.slow
def test_limits_are_covered():
    """Of 30 draws; 95 % of exponent and skewness to three binomial standard errors."""
    hits = {"exponent": 0, "limit_skew": 0}
    for seed in range(100, 130):
        _, rows = drawn(beta=2, seed=seed)
        for key in hits:
            hits[key] += abs(rows[key].value - rows[key].expected) < 1.96 * rows[key].error
    assert min(hits.values()) >= 25, hits
