"""Close to E = 0 of metallic armchair ribbons every observable keeps its digits.

The lead's end has bound states at E = 0: its self-energy has a pole there. The references come from
an independent algorithm; see `neutral_reference`.
"""

import json

import numpy as np
import pytest

import qtcore as qt
from qtcore.observe import caroli, density_of_states, dephased_conductance, kubo, wigner_smith
from qtcore.observe.currents import bond_currents
from qtcore.observe.delay import local_density_of_states
from qtcore.solve.green import scattering_states

from . import neutral_reference
from .neutral_reference import LENGTH, SEED, STORED

REFERENCE = json.loads(STORED.read_text(encoding="utf-8"))
CASES = [(int(width), energy) for width, found in REFERENCE.items() for energy in found]
TOLERANCE = 2e-9
"""What rounding errors of the crossing waves leave of a number of order one."""

RESOLVED = 1e-9
"""Energy from which on dSigma/dE is resolved."""


def sample(width, energy, absorption=0.0):
    wire = neutral_reference.wire(width)
    return qt.sample_with_leads(wire, energy, LENGTH, [0], SEED, absorption)


def test_the_references_are_those_of_these_ribbons():
    expected = [(w, e.hex()) for w in neutral_reference.WIDTHS for e in neutral_reference.ENERGIES]
    assert expected == CASES


@pytest.mark.parametrize(("width", "energy"), CASES)
def test_observables_are_right(width, energy):
    g, local, density = REFERENCE[str(width)][energy]
    energy = float.fromhex(energy)
    system = sample(width, energy)
    assert caroli(system)[0] == pytest.approx(g, rel=TOLERANCE)
    assert kubo(system)[..., 0] == pytest.approx(g, rel=TOLERANCE)
    found = local_density_of_states(system).sum()
    assert found == pytest.approx(local, rel=TOLERANCE)
    states = scattering_states(system)
    channels = states.shape[3] // 2
    through = bond_currents(system, states[..., :channels]).through
    assert through == pytest.approx(g, rel=TOLERANCE)
    S = qt.scattering_matrices(neutral_reference.wire(width), energy, [LENGTH], [0], SEED)[0]
    assert S.g[0] == pytest.approx(g, rel=TOLERANCE)
    if abs(energy) > RESOLVED:
        # What rounding errors leave of a wave of size 2e-9 on the slice counts in full.
        assert density_of_states(system)[0] == pytest.approx(density, rel=2e-8)
        delay = np.trace(wigner_smith(system)[0]).real / (2 * np.pi)
        assert delay == pytest.approx(density, rel=2e-8)
    else:
        with pytest.raises(qt.QtcoreError, match=r"hide dSigma/dE.*shift the energy by 1e-6"):
            density_of_states(system)


@pytest.mark.parametrize("width", [5, 8, 11])
def test_probes_see_nothing_special(width):
    near = [dephased_conductance(sample(width, energy, 0.05))[0] for energy in (1e-4, -1e-4)]
    for energy in (1e-13, -1e-10, 1e-7):
        found = dephased_conductance(sample(width, energy, 0.05))[0]
        # g is smooth: what its curvature leaves is of the order of the square of 1e-4.
        assert found == pytest.approx(sum(near) / 2, abs=1e-5)


def test_one_slice_between_two_poles():
    for energy in (1e-13, -1e-10, 1e-7):
        wire = neutral_reference.wire(5)
        system = qt.sample_with_leads(wire, energy, 1, [0], SEED)
        g = np.exp(qt.ln_conductance(wire, energy, [1], [0], SEED)[0, 0])
        assert caroli(system)[0] == pytest.approx(g, rel=TOLERANCE)
