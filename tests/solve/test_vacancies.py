"""A removed atom costs no digits, although its energy is 2^20."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.model.removed import REMOVED
from qtcore.theory.elastic import strip_impurity

WIRE = qt.Wire(qt.Square(7), qt.Vacancies(sites=[(0, 2)]))


@pytest.mark.physics
@pytest.mark.parametrize("energy", [-0.6, 0.1, 0.6, 1.3])
def test_a_removed_atom_in_a_strip_is_exact_to_rounding(energy):
    # E = 0.6 lies just beyond a threshold.
    g = float(np.exp(qt.ln_conductance(WIRE, energy, (1,), range(1), 1)).item())
    exact, channels = (float(x[0]) for x in strip_impurity(np.array([energy]), 7, 2, REMOVED))
    assert g == pytest.approx(exact, abs=1e-10)
    assert channels - 1 <= g < channels
