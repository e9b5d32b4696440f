"""Curvatures of levels, against levels of rings with a flux through them."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.errors import InputError

EVERY = (-30.0, 30.0)


def by_differences(wire, length, number, step):
    """Return d²E / d phi² of all levels from levels at three phases."""
    before, here, after = (
        np.linalg.eigvalsh(
            qt.closed_sample(wire, length, number, 5, periodic=True, twist=twist).H.toarray()
        )
        for twist in (-step, 0.0, step)
    )
    return (after - 2 * here + before) / step**2


@pytest.mark.parametrize(
    "wire",
    [
        qt.Wire(qt.Square(3), qt.Box(2.0)),
        qt.Wire(qt.Square(3), qt.Box(2.0), flux=0.03),
        qt.Wire(qt.Honeycomb(2, "zigzag"), qt.Box(2.0)),
        qt.Wire(qt.Square(2), (qt.Box(3.0), qt.RandomPhase(1.0))),
    ],
    ids=["strip", "field", "ribbon", "random phases"],
)
def test_curvatures_are_second_differences_of_levels(wire):
    found = qt.observe.level_curvatures(wire, 7, 1, 5, EVERY)
    # Fourth derivatives count where levels come close: they go as the square of the step.
    close, far = (by_differences(wire, 7, 1, step) for step in (0.004, 0.008))
    expected = close + (close - far) / 3
    assert np.abs(found.curvatures - expected).max() < 3e-5 * np.abs(expected).max()


def test_a_window_leaves_the_others_out():
    wire = qt.Wire(qt.Square(3), qt.Box(2.0))
    every = qt.observe.level_curvatures(wire, 8, 0, 2, EVERY)
    some = qt.observe.level_curvatures(wire, 8, 0, 2, (-1.0, 0.5))
    inside = (every.levels >= -1) & (every.levels <= 0.5)
    assert 0 < inside.sum() < len(inside)
    assert (some.levels == every.levels[inside]).all()
    np.testing.assert_allclose(some.curvatures, every.curvatures[inside], rtol=1e-9)


def test_curvatures_of_a_clean_ring_and_empty_windows_are_refused():
    with pytest.raises(InputError, match="in proportion to the flux and have no curvature"):
        qt.observe.level_curvatures(qt.Wire(qt.Chain()), 8, 0, 1, EVERY)
    with pytest.raises(InputError, match="from its lowest to its highest"):
        qt.observe.level_curvatures(qt.Wire(qt.Chain(), qt.Box(1.0)), 8, 0, 1, (1.0, 1.0))
