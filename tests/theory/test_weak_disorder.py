"""Second order against solved samples and against the golden rule of a straight strip."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.theory.born import scattering_rates
from qtcore.theory.weak_disorder import weak_disorder

SADDLE = qt.Saddle(0.5, 0.1, 0.3, 14.5, 9.5, 0.4, 12.0)


@pytest.mark.physics
def test_one_impurity_at_a_time_is_the_second_derivative():
    wire = qt.Wire(qt.Square(5), gates=(qt.CoshBarrier(0.4, 1.5, 2.0),))
    found = weak_disorder(wire, 0.3, 4)

    def g(slice_number, site, eps):
        values = np.zeros((4, 5))
        values[slice_number, site] = eps
        disordered = qt.Wire(wire.lattice, qt.Fixed(values), gates=wire.gates)
        return float(np.exp(qt.ln_conductance(disordered, 0.3, (4,), range(1), 1)).item())

    h, sites = 1e-3, [(n, i) for n in range(4) for i in range(5)]
    second = sum((g(*s, h) - 2 * found.g + g(*s, -h)) / h**2 for s in sites)
    first = sum(((g(*s, h) - g(*s, -h)) / (2 * h)) ** 2 for s in sites)
    assert found.g == pytest.approx(g(0, 0, 0.0), rel=1e-12)
    assert found.shift == pytest.approx(second / 2, rel=1e-5)
    assert found.spread == pytest.approx(np.sqrt(first), rel=1e-5)


@pytest.mark.physics
def test_samples_of_a_contact_lose_what_second_order_says():
    # W = 0.15: fourth order is 1 % of the loss; standard error of 400 samples 1.5 %.
    contact = {"gates": (SADDLE,)}
    found = weak_disorder(qt.Wire(qt.Square(20), **contact), -3.0, 30)
    wire = qt.Wire(qt.Square(20), qt.Box(0.15), **contact)
    g = np.exp(qt.ln_conductance(wire, -3.0, (30,), range(400), 3))[:, 0]
    expected, error = found.shift * 0.15**2 / 12, g.std() / np.sqrt(len(g))
    assert abs(g.mean() - found.g - expected) < 3 * error + 0.03 * abs(expected)


@pytest.mark.physics
def test_a_straight_strip_loses_what_the_golden_rule_says():
    # A slice loses N / l; beyond one slice interference of neighbours adds terms that do not grow.
    lattice = qt.Square(8)
    rates = scattering_rates(lattice, 0.6, 1.0)
    short, long = (weak_disorder(qt.Wire(lattice), 0.6, L).shift / 12 for L in (200, 400))
    assert (long - short) / 200 == pytest.approx(-rates.channels / rates.mean_free_path, rel=0.02)


def test_a_field_is_refused():
    with pytest.raises(qt.InputError, match="real H"):
        weak_disorder(qt.Wire(qt.Square(3), flux=0.1), 0.5, 4)
