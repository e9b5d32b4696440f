"""Blocks of S beside Kwant's conservation laws; see `sectors_reference`."""

import json

import numpy as np
import pytest

import qtcore as qt

from .sectors_reference import LENGTH, STORED, by_kwant, potential, systems

SYSTEMS = systems()
FOUND = json.loads(STORED.read_text(encoding="utf-8"))


def resolved(system):
    lattices = (qt.Custom(system[f"{of}h"], system[f"{of}v"]) for of in ("", "lead_"))
    sample, lead = lattices
    wire = qt.Wire(sample, qt.Fixed(potential(len(system["h"]))), lead_lattice=lead)
    return qt.resolved_scattering(wire, system["energy"], [LENGTH], [0], 1, system["Q"])


@pytest.mark.parametrize("name", SYSTEMS)
def test_blocks_are_those_that_kwant_has_found(name):
    expected, found = FOUND[name], resolved(SYSTEMS[name])
    assert found.channels.tolist() == expected["channels"]
    assert np.allclose(found.T[0, 0], expected["T"], rtol=0, atol=1e-11)
    assert np.allclose(found.reflection[0, 0], expected["R"], rtol=0, atol=1e-11)


def test_every_stored_system_is_there():
    assert list(SYSTEMS) == list(FOUND)
    assert sum(len(one["channels"]) > 2 for one in FOUND.values()) >= 2


def test_kwant_still_finds_the_same():
    pytest.importorskip("kwant", reason="needs Kwant: pip install kwant")
    for name, system in SYSTEMS.items():
        again = by_kwant(system)
        assert np.allclose(again["T"], FOUND[name]["T"], rtol=0, atol=1e-11), name
