"""Kernels stay inside the memory they are given: their loads and stores check no bounds."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.lanes import LANES, aligned
from qtcore.solve import bars, gauged_bonds, lyapunov, preparation, transfer

GUARD = 64
"""Lane vectors of NaN before and behind every array: written to they show, read from they spread."""


@pytest.fixture
def guards(monkeypatch):
    """All guards around arrays of lane vectors that are made from here on."""
    made = []

    def guarded(vectors):
        room = aligned(vectors + 2 * GUARD)
        inside = slice(GUARD * LANES, (GUARD + vectors) * LANES)
        room[: inside.start] = np.nan
        room[inside.stop :] = np.nan
        made.extend([room[: inside.start], room[inside.stop :]])
        return room[inside]

    for module in (preparation, transfer, bars, gauged_bonds):
        monkeypatch.setattr(module, "aligned", guarded)
    return made


FIELD = (0.04, -0.07, 0.03)
WIRES = {
    "chain": qt.Wire(qt.Chain(), qt.Box(1.0)),
    **{f"strip of {M}": qt.Wire(qt.Square(M), qt.Box(1.0)) for M in (2, 3, 4, 5, 6, 7, 17)},
    "wide strip": qt.Wire(qt.Square(145), qt.Box(1.0)),
    "cylinder": qt.Wire(qt.Square(5, periodic=True), qt.Box(1.0)),
    "strip with given disorder": qt.Wire(qt.Square(5), qt.Gaussian(1.0)),
    **{f"field on {M}": qt.Wire(qt.Square(M), qt.Box(1.0), flux=0.03) for M in (2, 5, 6)},
    "field in given disorder": qt.Wire(qt.Square(5), qt.Gaussian(1.0), flux=0.03),
    **{f"bar of {M}": qt.Wire(qt.Cubic(*M), qt.Box(1.0)) for M in ((1, 2), (2, 3), (3, 3))},
    "bar in a field": qt.Wire(qt.Cubic(3, 3), qt.Box(1.0), field=FIELD),
    **{f"spin on {M}": qt.Wire(qt.Square(M), terms=(qt.Rashba(0.3),)) for M in (1, 2, 3, 4)},
    **{f"random hopping on {M}": qt.Wire(qt.Square(M), qt.RandomHopping(0.5)) for M in (1, 3, 4)},
    "random SU(2)": qt.Wire(qt.Square(3), qt.RandomSU2()),
}
BONDS = {
    "random phases on a bar": qt.Wire(qt.Cubic(3, 3), qt.RandomPhase()),
    "random hopping and phases": qt.Wire(qt.Square(3), (qt.RandomPhase(), qt.RandomHopping(0.5))),
    "SU(2) on a chain": qt.Wire(qt.Chain(), qt.RandomSU2()),
    "SU(2) and random hopping": qt.Wire(qt.Square(5), (qt.RandomSU2(), qt.RandomHopping(0.5))),
    "SU(2) and flux": qt.Wire(qt.Square(3), (qt.RandomSU2(), qt.RandomFlux())),
}


@pytest.mark.parametrize("name", WIRES)
@pytest.mark.parametrize("energy", [0.37, -1.45])
def test_a_solve_leaves_its_neighbours_alone(name, energy, guards):
    lengths = [1, 2, 3, 10, 71]
    ln_T = qt.ln_transmission_eigenvalues(WIRES[name], energy, lengths, [3, 9], 1, "transfer")
    assert np.isfinite(ln_T).all()
    assert len(guards) >= 12
    assert all(np.isnan(guard).all() for guard in guards)


@pytest.mark.parametrize("name", {**WIRES, **BONDS})
def test_a_long_bar_leaves_its_neighbours_alone(name, guards):
    found = lyapunov.lyapunov({**WIRES, **BONDS}[name], 0.37, 40, range(3), 1)
    assert np.isfinite(found.exponents).all()
    assert len(guards) >= 6
    assert all(np.isnan(guard).all() for guard in guards)
