"""The typical resistance of coherent strips, beside its definition in limits that need no DMPK."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.theory.typical import typical_resistance


@pytest.fixture(scope="module")
def law():
    return qt.weak_strip(qt.Wire(qt.Square(16), qt.Box(0.7)), 0.6, 0.7)


def test_short_strips_have_their_contact_and_metals_ohms_law(law):
    path, N = law.mean_free_path, law.channels
    found = typical_resistance(law, [1e-6 * path, path, 3.0 * path])
    assert found.metal.all()
    assert found.value[0] == pytest.approx(1 / N, rel=1e-5)
    assert found.value[1:] == pytest.approx((1 + np.array([1.0, 3.0])) / N, rel=0.1)
    assert (found.left_out[1:] < 0.1 * found.value[1:]).all()


def test_insulators_gain_two_over_xi_in_each_site_and_nothing_is_said_between(law):
    xi = law.localization_length
    found = typical_resistance(law, [xi, 4.5 * xi, 6.5 * xi])
    assert np.isnan(found.value[0])
    assert not found.metal.any()
    assert np.log(found.value[2] / found.value[1]) == pytest.approx(4.0)


@pytest.mark.physics
@pytest.mark.slow
def test_the_mean_of_ln_g_of_solved_strips_lies_in_the_band():
    """600 samples each; the standard error of R is below 2 %."""
    wire, disorder, energy = qt.Wire(qt.Square(5), qt.Box(1.0)), 1.0, 0.6
    law = qt.weak_strip(wire, energy, disorder)
    length = [int(one * law.mean_free_path) for one in (0.25, 0.5, 1.0)]
    ln_g = qt.ln_conductance(wire, energy, length, range(600), 1)
    found = typical_resistance(law, length)
    measured = np.exp(-ln_g.mean(axis=0))
    error = measured * ln_g.std(axis=0) / np.sqrt(600)
    assert (np.abs(measured - found.value) <= found.left_out + 3 * error).all()
    assert (found.left_out < 0.15 * found.value).all()
