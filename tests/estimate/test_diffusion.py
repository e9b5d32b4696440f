"""The mean free path of diffusive wires, against wires with a known one."""

import numpy as np
import pytest

from qtcore.estimate import Missing
from qtcore.estimate.diffusion import diffusive_mean_free_path
from qtcore.model.lattice import Square
from qtcore.theory.born import scattering_rates
from qtcore.theory.diffusion import golden_rule_wire
from qtcore.theory.dmpk import conductance_moments


@pytest.fixture(scope="module")
def rates():
    return scattering_rates(Square(40), 1.16, 2.5, 0.004)


@pytest.mark.parametrize("beta", [1, 2])
def test_the_mean_free_path_is_found_in_wires_with_a_known_one(rates, beta):
    rng, lengths = np.random.default_rng(4), np.array([20.0, 60.0, 90.0, 130.0])
    known, contact = (
        conductance_moments(lengths / 7, rates.channels, beta),
        golden_rule_wire(rates)[1],
    )
    # DMPK, but for the contact, which is not quite one mean free path.
    shift = rates.channels * (1 / (lengths / 7 + contact) - 1 / (lengths / 7 + 1))
    paths = []
    for _ in range(60):
        g = known.mean + shift + 0.25 * rng.standard_normal((400, 4))
        found = diffusive_mean_free_path(g, lengths, rates, beta)
        paths.append(float(found))
    # g to 1.2 % at each of three lengths in 400 realizations; 60 times that.
    assert np.mean(paths) == pytest.approx(7, rel=3e-3)
    assert np.std(paths) < 0.01 * 7
    # The spread of 60 is known to 9 %.
    assert found.error == pytest.approx(np.std(paths), rel=0.3)


def test_wires_that_are_not_diffusive_have_none(rates):
    g = np.ones((400, 2)) + 0.1 * np.random.default_rng(1).standard_normal((400, 2))
    with pytest.raises(Missing, match=r"no length between 8 l = \d+ and N l = \d+"):
        diffusive_mean_free_path(g, np.array([10.0, 3000.0]), rates, 2)
