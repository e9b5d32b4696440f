"""The unit of energy is free: every energy times s changes no number without a unit.

Powers of four take no digit off a number, and nor do their roots: there not even a bit may change.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import qtcore as qt
from qtcore.observe.delay import wigner_smith
from qtcore.solve.green import blocks, sample_with_leads
from qtcore.solve.lyapunov import exponents
from qtcore.solve.recursive import scattering_matrices
from tests.solve.test_kwant_system import PARAMS, StandIn

from .systems import ACCEPTED, LENGTHS, SOLVERS, system

EXACT = (4.0**-15, 4.0**15)
SCALES = (1e-9, 1e-6, 1e-3, 1e3, 1e6, 1e9)
KWANT = json.loads(
    Path(__file__).parents[1].joinpath("solve", "kwant_systems.json").read_text(encoding="utf-8")
)


def scaled(wire, potential, s):
    """Return a wire with all its energies times s, as a user can write it."""
    slices = wire.slices()
    pairing = None if slices.orbitals == 1 else False
    lattice = qt.Custom(slices.h * s, slices.v * s, orbitals=slices.orbitals, pairing=pairing)
    return qt.Wire(lattice, qt.Fixed(potential * s), lead_shift=wire.lead_shift * s)


def custom_systems():
    """Yield the systems whose wire can be written as a custom one: leads like the sample."""
    for name in ACCEPTED:
        one = system(name)
        slices = one.wire.slices()
        plain = not (one.wire.random_hopping or one.wire.space.paired)
        if slices.uniform and plain and one.wire.field_in_leads:
            yield name, one


@pytest.mark.parametrize("solver", SOLVERS)
def test_conductance_and_certificate_do_not_know_the_unit(solver):
    for number, (name, one) in enumerate(custom_systems()):
        if solver != qt.choose(one.wire).method:
            continue
        potential = one.potential(LENGTHS[-1])[:, :, 0]

        def found(s, one=one, potential=potential):
            wire = scaled(one.wire, potential, s)
            members = [(wire, one.energy * s)]
            return qt.scattering_family(members, LENGTHS, [0], 1, solver, eigenvalues=True)[0]

        here = found(1.0)
        # One of the scales for each system: each is met by many.
        for s in ((*EXACT, *SCALES)[number % 8],):
            there = found(s)
            assert there.channels == here.channels, (name, s)
            parts = ("ln_g", "reflection", "certificate", "ln_T")
            if s in EXACT:
                for part in parts:
                    assert np.array_equal(getattr(here, part), getattr(there, part)), (
                        name,
                        s,
                        part,
                    )
            error = here.certificate + there.certificate + 1e-12
            assert (np.abs(here.ln_g - there.ln_g) < 3 * error).all(), (name, s)
            assert (np.abs(here.reflection - there.reflection) < 3 * error * here.channels).all()
            assert not there.suspect.any(), (name, s)


def test_scattering_matrices_of_all_wires_keep_their_bits():
    for name in ACCEPTED:
        one = system(name)
        slices, potential, hopping = one.wire.slices(), one.potential(3), one.hopping
        here = scattering_matrices(slices, one.energy, [1, 3], potential, 0.0, hopping)
        s = EXACT[len(name) % 2]

        def bonds(first, count, hopping=hopping, s=s):
            return hopping(first, count).in_units(1 / s)

        there = scattering_matrices(
            slices.in_units(1 / s),
            one.energy * s,
            [1, 3],
            potential * s,
            0.0,
            hopping and bonds,
        )
        for S, other in zip(here, there, strict=True):
            assert np.array_equal(S.matrix(), other.matrix()), name


@pytest.mark.parametrize("s", SCALES)
@pytest.mark.parametrize("name", ["strip, Zeeman, no field, box", "strip, QWZ, no field, box"])
def test_delay_times_have_the_unit_of_an_inverse_energy(name, s):
    one = system(name)
    potential = one.potential(3)[:, :, 0]

    def times(s):
        wire = scaled(one.wire, potential, s)
        Q = wigner_smith(sample_with_leads(wire, one.energy * s, 3, [0], 1))[0]
        return np.linalg.eigvalsh(Q) * s

    assert times(s) == pytest.approx(times(1.0), rel=1e-8)


def test_greens_functions_have_it_too():
    one = system("zigzag ribbon, Haldane, no field, box")
    slices, potential = one.wire.slices(), one.potential(3)
    s = EXACT[1]
    here = blocks(slices, one.energy, potential).diagonal
    there = blocks(slices.in_units(1 / s), one.energy * s, potential * s).diagonal
    assert np.array_equal(here, there / s)


@pytest.mark.parametrize("name", ["strip, plain, no field, box", "strip, QWZ, no field, box"])
def test_lyapunov_exponents_do_not_know_the_unit(name):
    one = system(name)
    slices = one.wire.slices()

    def potential(first, count):
        return one.wire.potential_of(np.arange(8, dtype=np.uint64), first, count, 1)

    here = exponents(slices, potential, one.energy, 320).blocks
    for s in EXACT:
        there = exponents(
            slices.in_units(1 / s), lambda n, m, s=s: potential(n, m) * s, one.energy * s, 320
        )
        assert np.array_equal(there.blocks, here)


@pytest.mark.parametrize("s", [*EXACT, *SCALES])
@pytest.mark.parametrize("name", KWANT)
def test_kwant_systems_do_not_know_the_unit(name, s):
    def found(s):
        made = StandIn(KWANT[name])
        made.H = made.H * s
        for lead in made.leads:
            lead.h, lead.hop = lead.h * s, lead.hop * s
        return qt.kwant_scattering_matrix(
            qt.KwantSystem(made, PARAMS), KWANT[name]["energies"][0] * s
        )

    here, there = found(1.0), found(s)
    assert there.g == pytest.approx(here.g, rel=1e-11)
    assert there.defect[0] < 1e-11


def test_the_unit_is_that_of_the_hopping():
    # A clean chain of hopping s: one channel from -2 s to 2 s, also just inside and at the edges.
    for s in (*EXACT, *SCALES):
        chain = qt.Wire(qt.Custom([[0.0]], [[s]]))
        for energy in (-2.0, -1.999999, 0.3, 1.9999999):
            assert qt.open_channels(chain, energy * s) == 1
        for energy in (-2.0000001, 2.0, 2.0000001):
            with pytest.raises(qt.InputError, match="no open channel"):
                qt.open_channels(chain, energy * s)


@pytest.mark.parametrize("s", [1e-9, 1e9])
def test_what_is_not_hermitian_is_refused_in_any_unit(s):
    h = np.array([[0.0, 1.0], [1.001, 0.0]])
    with pytest.raises(qt.InputError, match="must be Hermitian"):
        qt.Custom(h * s, np.eye(2) * s)
    # Rounding errors of h are those of the larger ones of all entries.
    nearly = np.array([[0.0, 1e-17j], [0.0, 0.0]])
    assert qt.Custom(nearly * s, np.eye(2) * s).sites == 2


def test_a_removed_site_has_an_energy_far_above_the_hopping():
    # 2^20 t is none where the hopping is 1e6 t, and costs too many digits where it is 1e-6 t.
    gate = qt.Billiard(lambda _, y: y > -1)
    for s in (1e-6, 1e6):
        chain = qt.Custom([[0.0]], [[s]])
        for wrong in ({"disorder": qt.Vacancies(0.1)}, {"gates": (gate,)}):
            with pytest.raises(qt.InputError, match=r"2\^20 t.*meant for a hopping of about t"):
                qt.Wire(chain, **wrong)
        vacancy = qt.Vacancies(sites=[(1, 0)], energy=2.0**20 * s)
        found = qt.ln_conductance(qt.Wire(chain, vacancy), 0.3 * s, [3], [0], 1)
        expected = qt.ln_conductance(
            qt.Wire(qt.Chain(), qt.Vacancies(sites=[(1, 0)])), 0.3, [3], [0], 1
        )
        assert found == pytest.approx(expected, abs=1e-9)
    assert replace(qt.Wire(qt.Chain(), qt.Vacancies(0.1)), gates=()).width == 1
