"""Walks against all paths, Watson's integral, and walks that are taken."""

from itertools import product

import numpy as np
import pytest
from scipy import integrate, special

from qtcore.errors import InputError
from qtcore.theory.walks import COME_HOME, ever_home, home_probability


@pytest.mark.parametrize("d", [1, 2, 3])
def test_probabilities_count_all_paths(d):
    steps = [tuple(s * (axis == k) for k in range(d)) for axis in range(d) for s in (1, -1)]
    home, ever, count = 0, 0, 8 - 2 * d + 2 * (d == 3)
    for path in product(steps, repeat=count):
        places = np.cumsum(path, axis=0)
        home += not places[-1].any()
        ever += not places.any(axis=1).all()
    assert home_probability(d, count)[-1] == pytest.approx(home / (2 * d) ** count)
    assert ever_home(d, count)[-1] == pytest.approx(ever / (2 * d) ** count)


def test_a_third_comes_home_in_three_dimensions():
    """1 - 1/u, where u is the integral of exp(-t) I0(t/3)³: the mean number of visits."""
    visits = integrate.quad(lambda t: special.ive(0, t / 3) ** 3, 0, np.inf, limit=500)[0]
    assert COME_HOME[3] == pytest.approx(1 - 1 / visits, abs=1e-6)
    steps = np.array([500, 2000])
    ever = ever_home(3, 2000)[steps // 2]
    limit = ever[1] + (ever[1] - ever[0]) / (np.sqrt(steps[1] / steps[0]) - 1)
    assert limit == pytest.approx(COME_HOME[3], abs=1e-5)


def test_other_dimensions_are_refused():
    with pytest.raises(InputError, match="known in 1, 2 and 3 dimensions, got 4"):
        home_probability(4, 10)
