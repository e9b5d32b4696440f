"""Levels below an energy, counted without finding them."""

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe


@pytest.mark.parametrize("flux", [0.0, 0.07])
def test_as_many_as_the_eigenvalues_below(flux):
    disc = qt.MissingSites(lambda x, y: np.hypot(x - 4, y - 3) < 1.5)
    wire = qt.Wire(qt.Square(6), qt.Box(2.0), flux=flux, structure=[disc])
    H = qt.closed_sample(wire, 9, 0, seed=1).H
    levels = observe.eigenvalues(H)
    for energy in (-5.0, -1.3, 0.2, 2.0):
        assert observe.levels_below(H, energy, 6) == (levels < energy).sum()


def test_spins_are_part_of_a_slice():
    wire = qt.Wire(qt.Square(3), qt.Box(1.0), terms=[qt.Rashba(0.4)])
    H = qt.closed_sample(wire, 5, 0, seed=1).H
    assert observe.levels_below(H, 0.3, 6) == (observe.eigenvalues(H) < 0.3).sum()


def test_rings_and_other_widths_are_refused():
    H = qt.closed_sample(qt.Wire(qt.Square(4), qt.Box(1.0)), 5, 0, seed=1, periodic=True).H
    for width in (4, 3):
        with pytest.raises(qt.InputError, match="slices of which neighbours alone are coupled"):
            observe.levels_below(H, 0.0, width)
