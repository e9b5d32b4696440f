"""Beside bound states, narrow levels and zeros of the transmission g is right or is suspect.

The references come from dense matrices in 900 bits; see `cancelling_reference`.
"""

import json
from dataclasses import replace

import numpy as np
import pytest

import qtcore as qt
from qtcore.solve.green import green_diagonal
from qtcore.solve.problem import THRESHOLD
from qtcore.solve.whole import UnreachableStateError

from .cancelling_reference import SEED, STORED, ZERO, narrow, systems

REFERENCE = json.loads(STORED.read_text(encoding="utf-8"))
SYSTEMS = systems()
CASES = [
    (solver, name)
    for name, (wire, _, _) in SYSTEMS.items()
    for solver in ("auto", "recursive", "transfer")
    if solver != "transfer" or qt.choose(wire).method == "transfer"
]
UNKNOWN = 0.3
"""Certificate from which on not a single digit of g is promised."""


def test_the_references_are_those_of_these_systems():
    assert {name: list(map(int, of)) for name, of in REFERENCE.items()} == {
        name: lengths for name, (_, _, lengths) in SYSTEMS.items()
    }


@pytest.mark.parametrize(("solver", "name"), CASES)
def test_ln_g_is_right_within_its_certificate(solver, name):
    wire, energy, lengths = SYSTEMS[name]
    found = qt.scattering(wire, energy, lengths, [0], SEED, method=solver)
    for n, stored in enumerate(REFERENCE[name].values()):
        ln_g, certificate = found.ln_g[0, n], found.certificate[0, n]
        if stored is None:
            assert ln_g == -np.inf or certificate > UNKNOWN
        elif certificate < UNKNOWN:
            assert abs(ln_g - float(stored)) <= 3 * certificate
        assert found.suspect[0, n] == ~(certificate <= THRESHOLD)
        # A conductance above the number of channels is never trusted.
        assert np.exp(ln_g) <= found.channels * (1 + certificate)


@pytest.mark.parametrize("name", ["strip of three", "strip of three, beside", "strip of seven"])
def test_bound_states_change_nothing_that_is_trusted(name):
    wire, energy, lengths = SYSTEMS[name]
    found = qt.scattering(wire, energy, lengths, [0], SEED)
    assert found.certificate.max() < 1e-9
    assert found.ln_g[0] == pytest.approx([float(of) for of in REFERENCE[name].values()], abs=1e-10)


@pytest.mark.parametrize("solver", ["transfer", "recursive"])
@pytest.mark.parametrize("distance", [1e-10, 1e-8, 1e-6])
def test_the_certificate_grows_towards_a_zero(solver, distance):
    # t vanishes like the distance, so that ln g feels rounding errors like its inverse.
    wire = qt.Wire(qt.Square(2), qt.Fixed(np.array([[ZERO * (1 + distance), 0.0]])))
    certificate = qt.scattering(wire, 2.0, [1], [0], SEED, method=solver).certificate[0, 0]
    assert 1e-16 / distance < certificate < 1e-12 / distance


def test_one_doubtful_length_takes_no_other_along():
    # There is a zero for L = 1 and 3 only.
    found = qt.scattering(narrow(5, -2), -1.0, [1, 2, 3, 4, 5], [0], SEED)
    assert found.suspect[0].tolist() == [True, False, True, False, False]
    alone = qt.scattering(narrow(5, -2), -1.0, [2], [0], SEED)
    assert alone.ln_g[0, 0] == found.ln_g[0, 1]


def test_a_doubtful_realization_takes_no_other_along():
    wire = qt.Wire(qt.Square(5), qt.Box(1.0), lead_lattice=qt.Square(1), lead_offset=-2)
    together = qt.scattering(wire, 0.3, [40], range(16), SEED)
    for realization in (0, 3, 11):
        alone = qt.scattering(wire, 0.3, [40], [realization], SEED)
        assert alone.certificate[0, 0] == together.certificate[realization, 0]


def test_ordinary_samples_are_solved_once(monkeypatch):
    made = []
    original = qt.Wire.potential_of

    def counted(self, realizations, first, slices, seed):
        made.append(first)
        return original(self, realizations, first, slices, seed)

    monkeypatch.setattr(qt.Wire, "potential_of", counted)
    wire = qt.Wire(qt.Honeycomb(4, "zigzag"), qt.Box(1.0))
    qt.scattering(wire, 0.4, [10, 30], range(8), SEED)
    assert made == sorted(set(made))


def test_a_refusal_names_its_sample():
    # Only the second sample has a state that no lead reaches, which its first slice would tell.
    one = qt.sample_with_leads(narrow(3, -1), 1.0, 5, [0], SEED)
    with pytest.raises(UnreachableStateError, match=r"within \S+ of this energy, where"):
        green_diagonal(one)
    both = replace(one, diagonal=np.concatenate([one.diagonal, one.diagonal], axis=1))
    both.diagonal[:, 0] += 0.1j * np.eye(3)
    with pytest.raises(UnreachableStateError, match=r"in sample 1 of 0 \.\. 1, where"):
        green_diagonal(both)
