"""Random hopping in the transfer solver: lane by lane its own h and v, the same physics."""

from dataclasses import replace

import numpy as np
import pytest

import qtcore as qt
from qtcore.model.disorder import Gaussian, RandomFlux, RandomHopping, RandomPhase, RandomSU2
from qtcore.model.lattice import Cubic
from qtcore.model.terms import Ando, Rashba
from qtcore.solve import random_stencil
from qtcore.solve.choice import choose
from qtcore.solve.scattering import ln_transmission_eigenvalues

SEED = 5
STRIP = qt.Square(5)
WIRES = {
    "chain": qt.Wire(qt.Chain(), RandomHopping(0.6)),
    "strip": qt.Wire(STRIP, (qt.Box(1.0), RandomHopping(0.6))),
    "field in the sample only": qt.Wire(STRIP, RandomHopping(0.5), 0.02, field_in_leads=False),
    "doped leads": qt.Wire(STRIP, RandomHopping(0.5), lead_shift=-0.5),
    "random flux": qt.Wire(STRIP, RandomFlux(0.5)),
    "bar with random phases": qt.Wire(Cubic(3, 3), (RandomPhase(0.7), Gaussian(0.3))),
    "SU(2)": qt.Wire(qt.Square(4), (RandomSU2(), qt.Box(2.0)), terms=(Ando(0.5),)),
    "both, with Rashba": qt.Wire(
        qt.Square(3), (RandomHopping(0.5), RandomSU2()), terms=(Rashba(0.3),)
    ),
}


@pytest.mark.parametrize("name", WIRES)
def test_both_solvers_agree(name):
    wire = WIRES[name]
    assert choose(wire).method == "transfer"
    lengths = (1, 2, 12, 13, 30)
    fast = qt.scattering(wire, 0.47, lengths, [0, 3, 9], SEED)
    slow = qt.scattering(wire, 0.47, lengths, [0, 3, 9], SEED, method="recursive")
    assert np.abs(fast.ln_g - slow.ln_g).max() < 1e-10
    assert np.abs(fast.reflection - slow.reflection).max() < 1e-10
    assert (np.abs(fast.ln_g - slow.ln_g) < fast.certificate + slow.certificate).all()


def test_bits_do_not_depend_on_what_else_is_asked(monkeypatch):
    wire = WIRES["strip"]
    whole = qt.scattering(wire, 0.47, [12, 200, 201], range(12), SEED)
    one = qt.scattering(wire, 0.47, [200], [9], SEED)
    assert np.array_equal(one.ln_g[0], whole.ln_g[9, 1:2])
    # Nor on how many slices are made at once.
    monkeypatch.setattr(random_stencil, "_CHUNK", 7 * 16 * 40)
    cut = qt.scattering(wire, 0.47, [200], [9], SEED)
    assert np.array_equal(cut.ln_g, one.ln_g)


def test_random_su2_keeps_kramers_pairs():
    # Random spin rotations respect time reversal: transmission eigenvalues come in pairs.
    ln_T = ln_transmission_eigenvalues(WIRES["SU(2)"], 0.47, [20], range(4), SEED)
    assert np.abs(ln_T[..., 0::2] - ln_T[..., 1::2]).max() < 1e-6


def test_no_randomness_in_the_hopping_is_the_clean_wire():
    wire = qt.Wire(STRIP, (qt.Box(1.0), RandomHopping(0.0)))
    clean = replace(wire, disorder=(qt.Box(1.0), qt.Box(0.0)))
    random = qt.ln_conductance(wire, 0.47, [10, 60], range(4), SEED)
    assert np.abs(random - qt.ln_conductance(clean, 0.47, [10, 60], range(4), SEED)).max() < 1e-9
