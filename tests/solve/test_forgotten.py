"""How long bars remember their start, and that short pieces tell what long bars do."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.solve import bars
from qtcore.solve.forgotten import FOLDS, forget, rate_of_forgetting
from qtcore.solve.lyapunov import lyapunov

WIRES = {
    "strip": qt.Wire(qt.Square(3), qt.Box(4.0)),
    "random phase": qt.Wire(qt.Square(3), (qt.RandomPhase(), qt.Box(4.0))),
    "SU(2)": qt.Wire(qt.Square(3), (qt.RandomSU2(), qt.Box(5.0))),
}


@pytest.mark.parametrize("name", WIRES)
@pytest.mark.first_cases(1)
def test_short_pieces_have_no_bias_beside_a_long_bar(name):
    # 1024 pieces of 32 slices against eight bars of 8192. Errors come
    # from bars and pieces, which are independent: no block is.
    wire = WIRES[name]
    long = lyapunov(wire, 0.5, 8192, range(8), 1, skip="forgotten")
    pieces = lyapunov(wire, 0.5, 32, range(8, 8 + 1024), 1, skip=200)
    mean, error = of_bars(pieces)
    other = np.hypot(error, long.errors)
    assert (other < 0.025 * mean).all()
    assert (np.abs(mean - long.exponents) < 3.5 * other).all()
    # Without the slices that are skipped they have one, which these errors show.
    biased, error = of_bars(lyapunov(wire, 0.5, 32, range(8, 8 + 1024), 1, skip=0))
    assert (np.abs(biased - long.exponents) > 5 * np.hypot(error, long.errors)).any()


def of_bars(found):
    each = found.blocks.mean(axis=1)
    return each.mean(axis=0), each.std(axis=0, ddof=1) / np.sqrt(len(each))


@pytest.mark.parametrize("name", WIRES)
def test_two_starts_agree_at_least_as_fast_as_is_said(name, monkeypatch):
    # The same bars from two starts: what is left of their difference is what is not forgotten.
    wire, length = WIRES[name], 64
    found = lyapunov(wire, 0.5, length, range(64), 1, skip="forgotten")
    skip = int(found.skipped.max())
    start = np.random.default_rng

    def other(_):
        return start(2)

    here = lyapunov(wire, 0.5, length, range(64), 1, skip=skip).blocks
    fresh = lyapunov(wire, 0.5, length, range(64), 1, skip=0).blocks
    monkeypatch.setattr(bars.np.random, "default_rng", other)
    there = lyapunov(wire, 0.5, length, range(64), 1, skip=skip).blocks
    elsewhere = lyapunov(wire, 0.5, length, range(64), 1, skip=0).blocks
    left, at_first = (
        np.abs((one - two)[:, :, -1].sum(axis=1)).mean()
        for one, two in ((here, there), (fresh, elsewhere))
    )
    assert at_first > 0
    assert left < 2 * np.exp(-FOLDS) * at_first


def test_the_rate_is_that_of_normal_sums():
    # <min(1, exp(-X))> of X with mean g n and variance s² n, by numbers.
    rng = np.random.default_rng(3)
    for g, s2 in ((0.1, 0.2), (0.1, 0.05), (0.02, 0.3)):
        grown = np.zeros((4000, 8, 2))
        X = g * 50 + np.sqrt(s2 * 50) * rng.standard_normal((4000, 8))
        grown[:, :, 0], grown[:, :, 1] = X + 1e6, 1e6
        rate = rate_of_forgetting(grown, 50)
        x = np.linspace(-200, 400, 400_001)
        n = np.array([800, 1600])

        def mean(n, g=g, s2=s2, x=x):
            weight = np.exp(-((x - g * n) ** 2) / (2 * s2 * n)) / np.sqrt(2 * np.pi * s2 * n)
            return np.trapezoid(weight * np.minimum(1, np.exp(-x)), x)

        fall = np.log(mean(n[0]) / mean(n[1])) / 800
        # A power of n beside the exponential: 1/2 for s² = 2 g and above.
        assert rate - 0.002 < fall < rate + 1.5 * np.log(2) / 800


def test_equal_exponents_are_one_level():
    rng = np.random.default_rng(4)
    noise = 0.1 * rng.standard_normal((8, 8, 3))
    grown = 50 * np.array([0.5, 0.2, 0.2]) + noise
    assert rate_of_forgetting(grown, 50) == pytest.approx(0.3, rel=0.1)
    # One that is zero within its error is never forgotten.
    assert rate_of_forgetting(grown - 50 * np.array([0.0, 0.1, 0.2]), 50) == 0.0


def test_what_is_never_forgotten_is_refused_with_a_reason():
    with pytest.raises(
        qt.QtcoreError, match=r"not forget their start within 1024 slices; give a greater length"
    ):
        lyapunov(qt.Wire(qt.Square(3), qt.RandomHopping(0.5)), 0.0, 640, range(8), 1, "forgotten")
    with pytest.raises(qt.InputError, match=r"skip must be a number of slices or 'forgotten', got"):
        lyapunov(WIRES["strip"], 0.0, 640, range(8), 1, "long")


def test_what_is_skipped_is_told_and_the_same_whatever_others_are_asked_for():
    wire = WIRES["SU(2)"]
    found = lyapunov(wire, 0.5, 640, range(24), 1, skip="forgotten")
    assert found.skipped.shape == (24,)
    assert set(found.skipped) <= {128, 256, 512}
    alone = lyapunov(wire, 0.5, 640, [17], 1, skip="forgotten")
    assert alone.skipped[0] == found.skipped[17]
    assert np.array_equal(alone.blocks[0], found.blocks[17])
    assert set(lyapunov(wire, 0.5, 640, [17], 1, skip=30).skipped) == {30}
    walked = []

    def walk(first, end):
        walked.append((first, end))
        return np.tile([2.0 * (end - first), 1.0 * (end - first)], (8, 1))

    assert forget(walk, 640) == 128
    assert [first for first, _ in walked[1:]] == [end for _, end in walked[:-1]]


@pytest.mark.parametrize(("length", "skipped"), [(4096, 4096), (3000, 3000), (2500, None)])
def test_all_slices_that_are_allowed_are_tried(length, skipped):
    """A start that is forgotten after 2,637 slices, between two lengths that are doubled."""
    growth = FOLDS / 2637 / 2  # of one solution, beside which the decaying ones come next

    def walk(first, end):
        return np.full((8, 1), growth * (end - first))

    if skipped is None:
        with pytest.raises(qt.QtcoreError, match="within 2500 slices"):
            forget(walk, length)
    else:
        assert forget(walk, length) == skipped
