"""Messages give energies, and the shift that they recommend, in the unit of whoever asks."""

import re

import numpy as np
import pytest

import qtcore as qt
from qtcore.solve.green import blocks, green_columns

SCALE = 1e-6
"""Hopping, in units of t."""


def scaled(h, v, **more):
    lattice = qt.Custom(SCALE * np.asarray(h), SCALE * np.asarray(v))
    return qt.Wire(lattice, qt.Box(0.5 * SCALE), **more)


def matrices(lattice):
    slices = qt.Wire(lattice).slices()
    return slices.h, slices.v


ARMCHAIR = matrices(qt.Honeycomb(5, "armchair"))
CASES = [
    (matrices(qt.Chain()), 9.0, "no open channel at energy 9e-06"),
    (([[0, 1], [1, 0]], [[0, 0], [0.5, 0]]), 9.0, "no open channel at energy 9e-06"),
    (([[0, 1], [1, 0]], [[0, 0], [0.5, 0]]), 9.0, "shift the energy by 1e-12"),
    (matrices(qt.Honeycomb(4, "zigzag")), 0.0, "the energy 0.0 lies at .*shift it by 1e-12"),
    (ARMCHAIR, 1.0, "a state at the energy 1e-06 that .*shift the energy by 1e-12"),
    (([[0.5, 0], [0, 0]], [[0, 0], [0, 1]]), 0.5, "state at the energy 5e-07 .*by 1e-12"),
]


@pytest.mark.parametrize(("hopping", "energy", "said"), CASES)
@pytest.mark.parametrize("method", ["auto", "recursive"])
def test_energies_are_in_the_unit_of_the_wire(hopping, energy, said, method):
    wire = scaled(*hopping)
    with pytest.raises(qt.QtcoreError, match=said):
        qt.scattering(wire, energy * SCALE, [3], [0], 1, method=method)
    with pytest.raises(qt.QtcoreError, match=said):
        qt.sample_with_leads(wire, energy * SCALE, 3, [0], 1)
    with pytest.raises(qt.QtcoreError, match=said):
        qt.scattering_matrices(wire, energy * SCALE, [3], [0], 1)


def test_bound_states_of_leads_are_in_the_unit_of_the_wire():
    with pytest.raises(qt.QtcoreError, match="of this energy; shift the energy by 1e-12"):
        qt.sample_with_leads(scaled(*ARMCHAIR), 0.0, 3, [0], 1)
    near = qt.sample_with_leads(scaled(*ARMCHAIR), 1e-18, 3, [0], 1)
    with pytest.raises(qt.QtcoreError, match=r"the energy 1e-18 .*shift the energy by 1e-12"):
        qt.observe.density_of_states(near)


@pytest.mark.parametrize("distance", [0.0, 1e-13, 1e-12])
def test_a_state_that_no_lead_reaches_is_said_to_be_as_close_as_it_is(distance):
    """A strip of three between chains has an odd state at E = 0 that neither chain sees."""
    unit = 4.0**10
    wire = qt.Wire(qt.Square(3), lead_lattice=qt.Chain(), lead_offset=-1.0)
    slices = wire.slices().in_units(unit)
    system = blocks(slices, distance / unit, np.zeros((3, 3, 1)))
    with pytest.raises(qt.QtcoreError, match="shift the energy by 1e-12") as raised:
        green_columns(system, 0)
    within = float(re.search(r"lies within (\S+) of this energy", str(raised.value))[1])
    assert distance / unit <= 1.05 * within < 1e-9 / unit
