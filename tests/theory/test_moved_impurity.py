"""What one impurity changes: limits of narrow wires, a finite-difference diffuson, known phases."""

import math

import numpy as np
import pytest

from qtcore.errors import InputError
from qtcore.theory.moved_impurity import (
    Strip,
    impurity_site,
    moved_correlation,
    scattering_strength,
)


def test_in_narrow_wires_it_matters_as_one_over_g():
    # -d²/du² + kappa delta(u - 1/2), kappa = 4 / g. First order: 1 - 180 kappa / 480.
    wire = Strip(200.0, 1, 1000.0 * 200, 0.0)
    places = [(100.0, 0.5), (100.0, 0.5)]
    assert moved_correlation(wire, places) == pytest.approx(1 - 1.5 / 1000, abs=1e-5)
    half = moved_correlation(Strip(200.0, 1, 200.0 * 2, 0.0), places, 0.5)
    assert half == pytest.approx(moved_correlation(Strip(200.0, 1, 200.0 * 4, 0.0), places))
    # One over the whole cross-section is half of the effect to first order.
    added = moved_correlation(wire, places[:1])
    assert 1 - added == pytest.approx(0.75 / 1000, rel=1e-2)


@pytest.mark.parametrize(("sigma", "apart"), [(3.0, 0.015), (12.0, 0.003)])
def test_two_sinks_in_a_rectangle_against_finite_differences(sigma, apart):
    # The two differ in waves of a few sites, in the return to the same sink: weaker for weak ones.
    length, width = 40, 12
    sites = [(20, 4), (20, 8)]
    along = 2 * np.eye(length - 1) - np.eye(length - 1, k=1) - np.eye(length - 1, k=-1)
    across = 2 * np.eye(width) - np.eye(width, k=1) - np.eye(width, k=-1)
    across[0, 0] = across[-1, -1] = 1
    bare = np.kron(along, np.eye(width)) + np.kron(np.eye(length - 1), across)
    sinks = np.zeros_like(bare)
    for x, y in sites:
        sinks[(x - 1) * width + y, (x - 1) * width + y] = 2 / sigma
    squares = [(np.linalg.eigvalsh(h) ** -2.0).sum() for h in (bare + sinks, bare)]
    places = [(float(x), y + 0.5) for x, y in sites]
    found = moved_correlation(Strip(float(length), width, sigma, 0.0), places)
    assert found == pytest.approx(squares[0] / squares[1], abs=apart)
    ladder = moved_correlation(Strip(float(length), width, sigma, 2.0), places)
    assert ladder == pytest.approx(found, abs=0.05)


def test_places_are_half_way_along_and_apart():
    assert impurity_site(147, 40, 1) == (73, 13)
    assert impurity_site(147, 40, 2) == (73, 26)


def test_strength_of_one_site():
    # T = U / (1 - U G) and optical theorem: unitary where U Re G = 1, rho² pi² U² for small U.
    assert scattering_strength(1.16, 3.9) == pytest.approx(1, abs=1e-4)
    rho = scattering_strength(1.16, 1e-4) ** 0.5 / (math.pi * 1e-4)
    assert rho == pytest.approx(0.1362, abs=0.002)
    with pytest.raises(InputError, match="must not be 0"):
        scattering_strength(1.16, 0.0)
