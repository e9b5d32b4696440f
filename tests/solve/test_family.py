"""Several energies and fields of one impurity configuration: the same bits as one by one."""

import re
from dataclasses import replace

import numpy as np
import pytest

import qtcore as qt
from qtcore.model.disorder import Correlated, Fixed, RandomHopping
from qtcore.model.lattice import Honeycomb
from qtcore.model.terms import Rashba
from qtcore.solve import problem
from qtcore.solve.scattering import (
    ln_transmission_eigenvalues,
    scattering_family,
)

SEED = 11
LENGTHS = (3, 40, 300)
CORRELATED = qt.Wire(qt.Square(5), (qt.Box(1.0), Correlated(0.4, 1.5)))
RIBBON = qt.Wire(Honeycomb(3, "zigzag"), qt.Box(1.0))
STRIP = qt.Wire(qt.Square(5), qt.Box(1.5))
HOPPING = qt.Wire(qt.Square(4), (qt.Box(1.0), RandomHopping(0.4)))


def gate(x, y):
    return 0.2 * np.cos(0.3 * x) + 0.05 * y


FAMILIES = {
    "correlated": [
        (CORRELATED, 0.47),
        (CORRELATED, -0.2),
        (replace(CORRELATED, flux=0.02, field_in_leads=False), 0.47),
        (replace(CORRELATED, gates=(gate,)), 0.47),
        (replace(CORRELATED, lead_shift=-0.5, terms=(Rashba(0.2),)), 0.47),
    ],
    "recursive": [(RIBBON, 0.3), (RIBBON, 0.5), (replace(RIBBON, flux=0.01, gates=(gate,)), 0.3)],
    "strip": [(STRIP, 0.47), (replace(STRIP, flux=0.02), 0.1), (replace(STRIP, gates=(gate,)), 0)],
    "hopping": [(HOPPING, 0.47), (replace(HOPPING, flux=0.02), 0.3)],
}


@pytest.mark.parametrize("name", FAMILIES)
def test_each_member_has_the_bits_that_it_has_alone(name):
    members = FAMILIES[name]
    together = scattering_family(members, LENGTHS, [0, 9], SEED)
    waves = scattering_family(members, LENGTHS, [0, 9], SEED, eigenvalues=True)
    for (wire, energy), found, more in zip(members, together, waves, strict=True):
        alone = qt.scattering(wire, energy, LENGTHS, [0, 9], SEED)
        assert found.channels == alone.channels
        for field in ("ln_g", "reflection", "certificate", "suspect"):
            assert np.array_equal(getattr(found, field), getattr(alone, field))
            assert np.array_equal(getattr(more, field), getattr(alone, field))
        eigen = ln_transmission_eigenvalues(wire, energy, LENGTHS, [0, 9], SEED)
        assert np.array_equal(more.ln_T, eigen)


def test_samples_in_doubt_are_mended_as_alone(monkeypatch):
    monkeypatch.setattr(problem, "THRESHOLD", 1e-10)
    members = FAMILIES["correlated"][:2]
    together = scattering_family(members, LENGTHS, range(8), SEED)
    for (wire, energy), found in zip(members, together, strict=True):
        alone = qt.scattering(wire, energy, LENGTHS, range(8), SEED)
        assert np.array_equal(found.ln_g, alone.ln_g)


@pytest.mark.parametrize("name", ["correlated", "recursive"])
def test_the_disorder_is_made_once(name, monkeypatch):
    made = []
    original = qt.Wire.fields_of

    def counted(self, realizations, first, slices, seed):
        made.append((int(realizations[0]), first))
        return original(self, realizations, first, slices, seed)

    monkeypatch.setattr(qt.Wire, "fields_of", counted)
    scattering_family(FAMILIES[name], LENGTHS, [0, 9], SEED)
    assert len(made) == len(set(made)) >= 2


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([], "members is empty; give at least one (wire, energy)"),
        ([(STRIP, 0.1), (qt.Wire(qt.Square(5), qt.Box(1.0)), 0.1)], "the same disorder; member 1"),
        ([(STRIP, 0.1), (qt.Wire(qt.Square(6), qt.Box(1.5)), 0.1)], "the same sites"),
        (
            [(qt.Wire(qt.Square(2), Fixed(np.full((300, 2), value))), 0.1) for value in (0.1, 0.2)],
            "the same disorder",
        ),
    ],
)
def test_other_impurities_are_refused(members, message):
    with pytest.raises(qt.InputError, match=re.escape(message)):
        scattering_family(members, LENGTHS, [0], SEED)
