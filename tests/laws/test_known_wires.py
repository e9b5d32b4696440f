"""The same wire in two ways: two gauges and stencils of qtcore, and Kwant."""

import json
from pathlib import Path

import numpy as np
import pytest

import qtcore as qt

from .systems import SEED

LENGTHS = [1, 2, 3, 20, 77]


@pytest.mark.parametrize("flux", [0.0, 0.01])
@pytest.mark.parametrize("width", [1, 9])
def test_a_plain_strip_is_the_same_wire_in_the_general_form(width, flux):
    # The strip's own stencil has the field in the bonds across, the sparse one in those along.
    # Box disorder of a plain strip is made in the kernel, any other one is handed to it.
    plain = qt.Wire(qt.Square(width), qt.Box(1.5), flux)
    given = qt.Wire(qt.Square(width), (qt.Box(1.5), qt.Box(0.0)), flux)
    potential = plain.potential_of(np.zeros(1, dtype=np.uint64), 0, 100, SEED)[:, :, 0]
    general = qt.Wire(qt.Cubic(width, 1), qt.Fixed(potential), field=(0.0, 0.0, flux))
    assert plain.plain_strip is not None
    assert given.plain_strip is None
    assert given.strip is not None
    assert general.strip is None
    here, there, further = (
        qt.ln_conductance(wire, 0.47, [10, 100], [0], SEED) for wire in (plain, given, general)
    )
    assert np.abs(here - there).max() < 1e-8
    assert np.abs(here - further).max() < 1e-8


@pytest.mark.parametrize("field_in_leads", [True, False])
@pytest.mark.parametrize("periodic", [False, True])
def test_a_strip_with_gates_is_the_same_in_the_general_form(periodic, field_in_leads):
    asked = {"flux": 1 / 6, "field_in_leads": field_in_leads}
    gate = qt.CoshBarrier(0.5, 12.0, 4.0)
    wire = qt.Wire(qt.Square(6, periodic), qt.Gaussian(0.4), gates=(gate,), **asked)
    assert wire.strip is not None
    here = qt.scattering(wire, 1.47, LENGTHS, range(3), SEED, "transfer")
    there = qt.scattering(wire, 1.47, LENGTHS, range(3), SEED, "recursive")
    assert (np.abs(here.ln_g - there.ln_g) < here.certificate + there.certificate).all()


@pytest.mark.parametrize("energy", [0.5, -1.3, 1.9])
def test_a_clean_cylinder_in_an_even_field_keeps_its_symmetry(energy):
    # A flux of 1/6 shifts the momentum across by one step per slice: closed incoming waves of one
    # end are open ones of the other, which breaks any scheme that treats them apart.
    wire = qt.Wire(qt.Square(6, periodic=True), flux=1 / 6, field_in_leads=False)
    here, there = (
        qt.ln_conductance(wire, energy, LENGTHS, [0], SEED, method=method)
        for method in ("transfer", "recursive")
    )
    assert np.abs(here - there).max() < 1e-8


def test_a_bar_in_a_field_does_not_know_how_it_lies():
    # The mirror that swaps y and z takes the axial field (Bx, By, Bz) to -(Bx, Bz, By), which
    # conducts as (Bx, Bz, By) does.
    values = np.random.default_rng(3).uniform(-1, 1, (12, 2, 3))
    g = [
        qt.ln_conductance(
            qt.Wire(lattice, qt.Fixed(potential.reshape(12, 6)), field=field), 0.4, [12], [0], SEED
        )
        for lattice, potential, field in [
            (qt.Cubic(2, 3), values, (0.04, -0.07, 0.03)),
            (qt.Cubic(3, 2), values.swapaxes(1, 2), (0.04, 0.03, -0.07)),
        ]
    ]
    assert np.abs(g[0] - g[1]).max() < 1e-10


def test_g_agrees_with_kwant():
    reference = json.loads((Path(__file__).parent / "kwant_reference.json").read_text())
    for case in reference["cases"]:
        wire = qt.Wire(
            qt.Square(case["width"], case["periodic"]),
            qt.Box(case["strength"]),
            case["flux"],
            case["field_in_leads"],
        )
        ln_g = qt.ln_conductance(
            wire, case["energy"], [case["length"]], case["realizations"], reference["seed"]
        )
        assert np.exp(ln_g[:, 0]) == pytest.approx(case["g"], rel=1e-8), case


def _wall(x, y):
    """A wall with a way through of four sites."""
    return np.where((np.abs(x - 30) < 8) & (np.abs(y - 4.5) > 2), 2.0**20, 0.0)


def _barrier(x, y):
    return np.where(np.abs(x - 30) < 4, 200.0, 0.0) + 0 * y


HIGH = {
    "two vacancies in one slice": qt.Wire(qt.Cubic(2, 3), qt.Vacancies(sites=[(0, 0), (0, 4)])),
    "vacancies in a row": qt.Wire(qt.Square(6), qt.Vacancies(sites=[(n, 2) for n in range(9, 19)])),
    "few vacancies": qt.Wire(qt.Square(6), qt.Vacancies(0.01)),
    "many vacancies": qt.Wire(qt.Square(6), qt.Vacancies(0.1)),
    "vacancies in a field": qt.Wire(qt.Square(8), qt.Vacancies(0.05), flux=0.02),
    "a bar": qt.Wire(qt.Cubic(3, 3), qt.Vacancies(0.1)),
    "a bar with spin": qt.Wire(qt.Cubic(3, 3), qt.Vacancies(0.03), terms=(qt.Ando(0.5),)),
    "a wall": qt.Wire(qt.Square(10), qt.Box(0.5), gates=(_wall,)),
    "a barrier": qt.Wire(qt.Square(5), qt.Box(1.0), gates=(_barrier,)),
    "tails": qt.Wire(qt.Square(6), qt.Cauchy(0.2)),
}
"""Wires in which a slice stretches solutions much more than those before."""


@pytest.mark.parametrize("name", HIGH)
def test_what_is_high_costs_no_digits(name):
    asked = (HIGH[name], 0.47, [1, 2, 3, 7, 30, 60], range(16), SEED)
    here, there = (qt.scattering(*asked, method) for method in ("transfer", "recursive"))
    # Two vacancies of 2^20 t in a slice once left T_n off by 1e-4, a wall ln g by more than one.
    assert not here.suspect.any()
    assert (np.abs(here.ln_g - there.ln_g) < here.certificate + there.certificate)[
        there.ln_g > -60
    ].all()
    T = [
        np.exp(qt.ln_transmission_eigenvalues(*asked, method))
        for method in ("transfer", "recursive")
    ]
    # The transfer solver knows them all; to the other one some are too small to be known.
    assert np.isfinite(T[0]).all()
    assert np.abs(T[0] - np.nan_to_num(T[1])).max() < 1e-8


@pytest.mark.parametrize("name", ["many vacancies", "a wall", "tails"])
def test_looks_at_what_is_high_depend_on_no_other_length(name):
    # Potentials come in chunks of 256 slices, and lengths interrupt the way.
    asked = (HIGH[name], 0.47, [300], range(8), SEED)
    alone = qt.scattering(*asked).ln_g[:, 0]
    together = qt.scattering(*asked[:2], [1, 2, 3, 29, 30, 38, 255, 256, 257, 300], *asked[3:])
    assert np.array_equal(alone, together.ln_g[:, -1])
