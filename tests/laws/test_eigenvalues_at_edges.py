"""Transmission eigenvalues of slow modes, in units of the lead's energies; see docs/errors.md."""

import math
from fractions import Fraction

import numpy as np
import pytest

import qtcore as qt
from qtcore.solve.bulk import LONG

EPS = float(np.finfo(float).eps)
ACROSS = {"real": np.array([[0, 1], [1, 0]]), "complex": np.array([[0, 1j], [-1j, 0]])}


def ln_T(hopping, distance, potential):
    """Return ln T of a chain with one site of another potential, from an edge of its band.

    T = 1 / (1 + (U / v)²) with the velocity v² = d (4 t - d), all of it without rounding.
    """
    t, d, U = (Fraction(number) for number in (hopping, distance, potential))
    square = d * (4 * t - d)
    return math.log(square / (square + U**2))


@pytest.mark.parametrize("hopping", [1.0, 2.0**-10, 2.0**-20])
@pytest.mark.parametrize("kind", ACROSS)
def test_the_slow_mode_is_known_as_well_as_its_distance_from_the_edge(kind, hopping):
    # Two bands around -1 and 1, of width 4 t each.
    lead = qt.Custom(ACROSS[kind], hopping * np.eye(2))
    wire = qt.Wire(lead, qt.Fixed(np.full((1, 2), 0.375 * hopping)))
    for power in range(6, 44, 4):
        distance = hopping * 2.0**-power
        energy = 1 + 2 * hopping - distance
        if Fraction(energy) != 1 + 2 * Fraction(hopping) - Fraction(distance):
            continue
        found = qt.ln_transmission_eigenvalues(wire, energy, [1], [0], seed=1)[0, 0]
        size = energy + 1 + 2 * hopping
        long, usual = LONG * size / distance, EPS * size / distance
        if kind == "real":
            allowed = long if distance < 1e-6 * hopping else usual
        elif hopping == 1:
            allowed = max(long, min(1e-6, 15 * usual))
        else:
            allowed = 15 * usual
        assert abs(found[0] - ln_T(hopping, distance, 0.375 * hopping)) < allowed + 4 * EPS
