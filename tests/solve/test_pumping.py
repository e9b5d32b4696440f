"""Charges pumped through a tube against Hall conductances, and the reflection written out."""

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe
from qtcore.room import Limit, limited
from qtcore.solve import pumping as module


def tube(mass, strength=0.0, width=6, **more):
    lattice = qt.Square(width, periodic=True)
    return qt.Wire(lattice, qt.Box(strength), terms=(qt.QWZ(1.0, mass),), lead_shift=1.5, **more)


@pytest.mark.physics
@pytest.mark.parametrize(
    ("wire", "energy", "length", "charge"),
    [
        (tube(-1.0), 0.1, 12, 1),
        (tube(1.0), 0.1, 12, -1),
        (tube(-3.0), 0.1, 12, 0),
        (qt.Wire(qt.Honeycomb(6, periodic=True), terms=(qt.Haldane(0.2),), lead_shift=1.7), 0.0, 12, -1),
        (
            qt.Wire(
                qt.Honeycomb(8, "armchair", periodic=True), terms=(qt.Haldane(0.2),), lead_shift=1.7
            ),
            0.0, 8, -1,
        ),
        (qt.Wire(qt.Square(8, periodic=True), flux=1 / 4, lead_shift=-1.8), -2.0, 16, 1),
    ],
)  # fmt: skip
def test_clean_tubes_pump_their_hall_conductance(wire, energy, length, charge):
    """Signs are those of the Hall conductivity in `test_kubo_bastin` and of `bott_index`."""
    found = observe.charge_pumped(wire, energy, length, [0], 1, fluxes=8)
    assert found.values.tolist() == [charge]
    assert not found.suspect[0]
    assert found.least_reflection[0] > 0.9
    assert found.largest_step[0] <= np.pi / 2


@pytest.mark.physics
def test_disordered_tubes_pump_what_their_bott_index_says():
    """The same sites with the same disorder, closed to a torus and open to leads."""
    potential = np.random.default_rng(3).uniform(-1.5, 1.5, size=(4, 12, 6))
    for mass in (-1.0, 1.0, -2.7):
        for values in potential[:2]:
            wire = qt.Wire(
                qt.Square(6, periodic=True),
                qt.Fixed(values),
                terms=(qt.QWZ(1.0, mass),),
                lead_shift=1.5,
            )
            pumped = observe.charge_pumped(wire, 0.0, 12, [0], 1)
            index = observe.bott_index(wire, 0.0, 12, [0], 1)
            assert not pumped.suspect[0]
            assert pumped.values[0] == index.values[0]


def test_reflection_phases_are_those_of_a_tube_written_out():
    """h and v with phases on the bonds over the seam, between leads without, as a lattice of matrices."""
    wire = qt.Wire(
        qt.Square(4, periodic=True), qt.Box(2.0), terms=(qt.QWZ(1.0, -1.0),), lead_shift=1.5
    )
    ensemble = module.Ensemble([5], [2], 1)
    fluxes = np.array([0.0, 0.3])
    phases, least = module._Tube(wire, 0.1, ensemble).reflections(fluxes, np.array([0]))
    slices, last, first = wire.slices(), slice(6, 8), slice(0, 2)
    lead = qt.Custom(slices.lead_h, slices.lead_v, orbitals=2, pairing=False)
    found = []
    for flux in fluxes:
        h = slices.h.copy()
        h[last, first] *= np.exp(2j * np.pi * flux)
        h[first, last] *= np.exp(-2j * np.pi * flux)
        # Both have leads of their own, the modes of which are the same.
        sample = qt.Custom(h, slices.v, orbitals=2, pairing=False)
        twisted = qt.Wire(sample, qt.Fixed(wire.onsite(2, range(5), 1)), lead_lattice=lead)
        (S,) = qt.scattering_matrices(twisted, 0.1, [5], [0], 1)
        found.append(S.r[0])
    turned = np.linalg.slogdet(found[1])[0] / np.linalg.slogdet(found[0])[0]
    assert abs(np.angle(turned)) > 0.1
    assert np.angle(phases[1, 0] / phases[0, 0] / turned) == pytest.approx(0.0, abs=1e-9)
    singular = np.linalg.svd(np.array(found), compute_uv=False)[:, -1]
    assert least[:, 0] == pytest.approx(singular, abs=1e-9)
    assert singular.max() < 0.9995


def test_random_bonds_take_the_flux_too():
    """With random phases of no width the samples are clean ones."""
    clean = observe.charge_pumped(tube(-1.0), 0.1, 10, [0], 1, fluxes=4)
    wire = tube(-1.0)
    bonds = qt.Wire(
        wire.lattice, qt.RandomHopping(1e-9), terms=wire.terms, lead_shift=wire.lead_shift
    )
    found = observe.charge_pumped(bonds, 0.1, 10, [0], 1, fluxes=4)
    assert found.values.tolist() == clean.values.tolist() == [1]
    assert found.least_reflection == pytest.approx(clean.least_reflection, abs=1e-7)
    assert found.largest_step == pytest.approx(clean.largest_step, abs=1e-6)
    strong = qt.Wire(
        wire.lattice, qt.RandomHopping(0.6), terms=wire.terms, lead_shift=wire.lead_shift
    )
    assert observe.charge_pumped(strong, 0.1, 10, [0, 1], 1).values.tolist() == [1, 1]


def test_fluxes_are_doubled_where_det_r_turns_fast(monkeypatch):
    asked = []
    known = module._Tube.reflections

    def counted(self, fluxes, rows):
        asked.append((len(fluxes), len(rows)))
        return known(self, fluxes, rows)

    monkeypatch.setattr(module._Tube, "reflections", counted)
    few = observe.charge_pumped(tube(-1.0, 2.0), 0.1, 12, range(3), 1, fluxes=4)
    assert asked[0] == (4, 3)
    assert len(asked) > 1
    many = observe.charge_pumped(tube(-1.0, 2.0), 0.1, 12, range(3), 1, fluxes=64)
    assert few.values.tolist() == many.values.tolist() == [1, 1, 1]
    assert (few.largest_step <= np.pi / 2).all()


def test_samples_have_the_same_bits_in_groups_of_any_size(monkeypatch):
    known = observe.charge_pumped(tube(-1.0, 3.0), 0.1, 8, range(5), 1)
    monkeypatch.setattr(module, "_TOGETHER", 2 * 16 * 16 * 12**2)
    found = observe.charge_pumped(tube(-1.0, 3.0), 0.1, 8, range(5), 1)
    assert np.array_equal(found.least_reflection, known.least_reflection)
    assert np.array_equal(found.largest_step, known.largest_step)
    assert len(set(known.largest_step)) == 5


def test_more_than_the_memory_is_refused():
    with (
        limited(Limit(of_process=1)),
        pytest.raises(qt.InputError, match="12 orbitals around need"),
    ):
        observe.charge_pumped(tube(-1.0), 0.1, 8, [0], 1)


def test_what_passes_is_flagged():
    """A metal reflects hardly anything of some channel."""
    metal = qt.Wire(qt.Square(3, periodic=True), qt.Box(0.1))
    found = observe.charge_pumped(metal, 0.3, 2, [0], 1)
    assert found.least_reflection[0] < 0.1
    assert found.suspect[0]


REFUSED = {
    "edges": (
        lambda: observe.charge_pumped(qt.Wire(qt.Square(6)), 0.1, 8, [0], 1), "closed across", "periodic=True",
    ),
    "a bar": (
        lambda: observe.charge_pumped(qt.Wire(qt.Cubic(4, 4, periodic=True)), 0.1, 8, [0], 1), "closed across",
    ),
    "leads in a gap": (
        lambda: observe.charge_pumped(
            qt.Wire(qt.Square(6, periodic=True), terms=(qt.QWZ(1.0, -1.0),)), 0.1, 8, [0], 1
        ),
        "in a gap", "energy 0.1",
    ),
    "three fluxes": (lambda: observe.charge_pumped(tube(-1.0), 0.1, 8, [0], 1, fluxes=3), "got 3", ">= 4"),
    "no wire": (lambda: observe.charge_pumped("tube", 0.1, 8, [0], 1), "a qtcore.Wire"),
    "no length": (lambda: observe.charge_pumped(tube(-1.0), 0.1, 0, [0], 1), "got 0", ">= 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused(name):
    call, *words = REFUSED[name]
    with pytest.raises(qt.InputError) as caught:
        call()
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)
