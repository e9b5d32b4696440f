"""All blocks of G at once, beside its columns one by one."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.solve.green import green_columns, sample_with_leads
from qtcore.solve.green_whole import green_whole

WIRES = {
    "strip": qt.Wire(qt.Square(4), qt.Box(2.0)),
    "field": qt.Wire(qt.Square(4), qt.Box(2.0), flux=0.03),
    "zigzag": qt.Wire(qt.Honeycomb(3, "zigzag"), qt.Box(1.0)),
    "spin": qt.Wire(qt.Square(3), qt.Box(2.0), terms=(qt.Rashba(0.3),)),
    "random bonds": qt.Wire(qt.Square(3), (qt.Box(1.0), qt.RandomPhase(0.5))),
    "missing atom": qt.Wire(qt.Square(3), qt.Vacancies(sites=[(0, 1)])),
}


@pytest.mark.parametrize("name", WIRES)
@pytest.mark.parametrize("length", [1, 2, 7])
def test_blocks_are_those_of_the_columns(name, length):
    wire = WIRES[name]
    system = sample_with_leads(wire, 0.4, length, range(2), 3, absorption=0.05)
    G = green_whole(system)
    for n in range(length):
        columns = green_columns(system, n).swapaxes(0, 1)
        assert np.abs(G[:, :, :, n] - columns).max() < 1e-12 * np.abs(columns).max()
