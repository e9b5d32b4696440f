"""Level statistics of closed samples: extended, localized, and in a field."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.model.slices import Slices
from qtcore.observe.levels import level_spacing_ratio
from qtcore.solve.closed import closed_hamiltonian
from qtcore.solve.exact import eigenvalues

# Atas et al.; samples of a few hundred levels come within .008 (physics.md section 18).
GOE, GUE, POISSON = 0.5307, 0.5996, 2 * np.log(2) - 1


def bar(size, flux=0.0):
    """A cube's cross-section; a field across turns the hopping along."""
    line = qt.Square(size).transverse()
    h = np.kron(line, np.eye(size)) + np.kron(np.eye(size), line)
    v = np.kron(np.diag(np.exp(-2j * np.pi * flux * np.arange(size))), np.eye(size))
    return Slices(h, v, h, v, 1)


def central_levels(slices, strength, samples=6):
    size = slices.sites
    rng = np.random.default_rng(12)
    levels = []
    for _ in range(samples):
        potential = rng.uniform(-strength / 2, strength / 2, (8, size))
        found = eigenvalues(closed_hamiltonian(slices, potential))
        levels.append(found[len(found) // 4 : -len(found) // 4])
    return np.stack(levels)


@pytest.mark.physics
@pytest.mark.parametrize(
    ("flux", "strength", "expected"), [(0.0, 8.0, GOE), (0.11, 8.0, GUE), (0.0, 150.0, POISSON)]
)
def test_spacing_ratio(flux, strength, expected):
    ratio, error = level_spacing_ratio(central_levels(bar(8, flux), strength))
    assert error < 0.009
    assert ratio == pytest.approx(expected, abs=3 * error + 0.003)


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ([1.0, 2.0, 3.0], "at least 4 levels, got 3"),
        ([1.0, 3.0, 2.0, 4.0], "must ascend"),
        ([1.0, 1.0, 1.0, 4.0], "three levels coincide"),
    ],
)
def test_levels_that_make_no_ratio_are_refused(levels, message):
    with pytest.raises(qt.InputError, match=message):
        level_spacing_ratio(np.array(levels))
