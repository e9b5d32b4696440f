"""Peierls phases: every plaquette holds its flux, and a gauge changes nothing."""

import math
import re

import numpy as np
import pytest

import qtcore as qt
from qtcore.model.field import peierls_factors
from qtcore.model.lattice import Chain, Cubic, Honeycomb, Square
from qtcore.model.wire import Wire

SQUARES = {
    "xy": ([1, 0, 0], [0, 1, 0]),
    "yz": ([0, 1, 0], [0, 0, 1]),
    "zx": ([0, 0, 1], [1, 0, 0]),
}


def steps_of(lattice, B):
    """{(site, step)} -> (site, phase factor of <site|H|site + step>)."""
    bonds = lattice.bonds()
    factors = peierls_factors(lattice, bonds, np.asarray(B, dtype=float))
    found = {}
    for i, j, d, f in zip(bonds.first, bonds.second, bonds.displacement, factors, strict=True):
        found[int(i), tuple(np.round(d, 2) + 0.0)] = int(j), f
        found[int(j), tuple(np.round(-d, 2) + 0.0)] = int(i), np.conj(f)
    return found


def around(steps, site, path):
    """Product of <0|H|1><1|H|2>... along a path, and where it ends; None if a bond is missing."""
    product = 1.0
    for step in path:
        key = site, tuple(np.round(np.asarray(step, dtype=float), 2) + 0.0)
        if key not in steps:
            return None
        site, factor = steps[key]
        product = product * factor
    return site, product


@pytest.mark.parametrize(
    ("lattice", "B"),
    [
        (Square(5), (0, 0, 0.13)),
        (Square(5, periodic=True), (0, 0, -2 / 5)),
        (Cubic(4, 3), (0.11, -0.23, 0.07)),
        (Cubic(4, 3, periodic=(True, False)), (0.113, 0.0721, 0.5)),
        (Cubic(4, 3, periodic=(False, True)), (0.113, 1 / 3, 0.0721)),
        (Cubic(4, 3, periodic=True), (5 / 12, 2 / 3, 0.25)),
    ],
    ids=repr,
)
def test_every_plaquette_of_a_bar_holds_its_flux(lattice, B):
    steps = steps_of(lattice, B)
    expected = {"xy": B[2], "yz": B[0], "zx": B[1]}
    seen = 0
    for orientation, (a, b) in SQUARES.items():
        a, b = np.array(a), np.array(b)
        for site in range(lattice.sites):
            found = around(steps, site, [a, b, -a, -b])
            if found is None:
                continue
            seen += 1
            assert found[0] == site
            assert found[1] == pytest.approx(np.exp(2j * np.pi * expected[orientation]), abs=1e-12)
    assert seen >= lattice.sites - 1


@pytest.mark.parametrize(
    "lattice",
    [
        Honeycomb(5),
        Honeycomb(5, "armchair"),
        Honeycomb(4, periodic=True),
        Honeycomb(6, "armchair", periodic=True),
    ],
    ids=repr,
)
def test_every_hexagon_holds_its_flux(lattice):
    # On a tube the flux through a ring of one slice is whole: an area of period x circumference.
    flux = 0.13
    if lattice.periodic:
        flux = 3 * lattice.plaquette / (lattice.circumference * lattice.period)
    steps = steps_of(lattice, (0, 0, flux / lattice.plaquette))
    seen = 0
    for site in range(lattice.sites):
        sides = sorted((d for i, d in steps if i == site), key=lambda d: math.atan2(d[1], d[0]))
        for first in sides:
            # Around a hexagon, each side is the one before turned by 60 degrees to the left.
            angles = math.atan2(first[1], first[0]) + np.arange(6) * np.pi / 3
            path = [(3**-0.5 * math.cos(t), 3**-0.5 * math.sin(t), 0.0) for t in angles]
            found = around(steps, site, path)
            if found is None:
                continue
            seen += 1
            assert found[0] == site
            assert found[1] == pytest.approx(np.exp(2j * np.pi * flux), abs=1e-12)
    # Each hexagon is met from its six corners.
    rows = lattice.width if lattice.periodic else lattice.width - 1 - (lattice.edge == "armchair")
    assert seen == 6 * rows


def test_the_gauge_of_the_seam():
    M, flux = 4, 0.17
    slices = Wire(Square(M), flux=flux).slices()
    assert np.allclose(slices.v, np.diag(np.exp(-2j * np.pi * flux * np.arange(M))), atol=1e-15)
    assert np.array_equal(slices.h, Square(M).transverse())
    bar = Wire(Cubic(3, 2), field=(0.05, 0.11, flux)).slices()
    y, z = np.divmod(np.arange(6), 2)
    phases = np.exp(2j * np.pi * (0.11 * z - flux * y))
    assert np.allclose(bar.v, np.diag(phases), atol=1e-14)
    assert np.allclose(bar.h[0, 1], 1, atol=1e-15)
    assert np.allclose(bar.h[4, 5], np.exp(2j * np.pi * 0.05 * 2), atol=1e-14)


def test_the_field_of_a_flat_bar_is_that_of_a_strip():
    strip = Wire(Square(5), flux=0.09).slices()
    for bar in (Wire(Cubic(5, 1), flux=0.09), Wire(Cubic(5, 1), field=(0, 0, 0.09))):
        assert np.allclose(bar.slices().h, strip.h, atol=1e-15)
        assert np.allclose(bar.slices().v, strip.v, atol=1e-15)
    # Standing on its edge: the field along -y does the same.
    turned = Wire(Cubic(1, 5), field=(0, -0.09, 0)).slices()
    assert np.allclose(turned.v, strip.v, atol=1e-15)


def closed_sample(h, v, slices):
    """H of a closed sample."""
    H = np.kron(np.eye(slices), h) + np.kron(np.eye(slices, k=1), v)
    return H + np.kron(np.eye(slices, k=-1), v.conj().T)


@pytest.mark.parametrize("flux", [0.13, -0.4])
def test_both_gauges_of_a_strip_have_the_same_spectrum(flux):
    wire = Wire(Square(4), flux=flux)
    slices = wire.slices()
    along = closed_sample(slices.h, slices.v, 5)
    across = np.kron(np.eye(5, k=1), np.eye(4)).astype(complex)
    across += across.conj().T
    for n in range(5):
        across[4 * n : 4 * n + 4, 4 * n : 4 * n + 4] = wire.transverse(n)
    # A gauge transformation takes one into the other: same diagonal of any power, site by site.
    assert np.allclose(np.linalg.eigvalsh(along), np.linalg.eigvalsh(across), atol=1e-12)
    for power in (4, 6, 8):
        one, other = (np.linalg.matrix_power(H, power).diagonal() for H in (along, across))
        assert np.allclose(one, other, atol=1e-9)


@pytest.mark.parametrize("direction", range(3))
def test_a_bar_has_the_same_spectrum_whichever_way_it_lies(direction):
    # A closed box 3 x 4 x 5 in a field of any direction: three ways to lay the x axis.
    extent, B = (3, 4, 5), (0.07, 0.19, -0.11)
    turned = [(direction + i) % 3 for i in range(3)]
    L, width, height = (extent[i] for i in turned)
    slices = Wire(Cubic(width, height), field=tuple(B[i] for i in turned)).slices()
    reference = Wire(Cubic(4, 5), field=B).slices()
    assert np.allclose(
        np.linalg.eigvalsh(closed_sample(slices.h, slices.v, L)),
        np.linalg.eigvalsh(closed_sample(reference.h, reference.v, 3)),
        atol=1e-12,
    )


def test_landau_levels():
    # physics.md section 15: exact lattice levels at 1/40 flux per plaquette.
    levels = Wire(Square(60), flux=1 / 40).slices()
    k = np.pi + 2 * np.pi / 40 * 30  # the band edge, k - 2 pi flux y = pi, in the middle: y = 30
    H = levels.h + levels.v * np.exp(1j * k) + levels.v.conj().T * np.exp(-1j * k)
    found = np.linalg.eigvalsh(H)[:4]
    assert np.allclose(found, [-3.84599, -3.54401, -3.25402, -2.97580], atol=2e-5)


def test_leads_without_field():
    free = Wire(Square(4), flux=0.1, field_in_leads=False).slices()
    assert np.array_equal(free.lead_v, np.eye(4))
    assert np.array_equal(free.lead_h, Square(4).transverse())
    full = Wire(Square(4), flux=0.1).slices()
    assert np.array_equal(full.lead_v, full.v)


def test_doped_leads():
    wire = Wire(Square(3), flux=0.1, lead_shift=-1.5).slices()
    assert np.allclose(wire.lead_h, wire.h - 1.5 * np.eye(3), atol=1e-15)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Wire(Square(4), field=(0, 0, 0.1)), "field is for bars such as Cubic(...)"),
        (lambda: Wire(Cubic(3, 3), field=(0, 0.1)), "field must be (Bx, By, Bz)"),
        (lambda: Wire(Cubic(3, 3), field=0.1), "flux in h/e per plaquette normal to each, got 0.1"),
        (lambda: Wire(Cubic(3, 3), field=(0, np.nan, 0)), "By must be finite"),
        (lambda: Wire(Cubic(3, 3), flux=0.1, field=(0, 0, 0.1)), "is given twice"),
        (
            lambda: Wire(Cubic(4, 3, periodic=(True, False)), flux=0.1),
            "the flux through a ring of one slice must be a whole number of h/e, got 0.4",
        ),
        (
            lambda: Wire(Cubic(4, 3, periodic=(False, True)), field=(0, 0.1, 0)),
            "the flux through a ring of one slice must be a whole number of h/e, got 0.3",
        ),
        (
            lambda: Wire(Cubic(4, 3, periodic=True), field=(0.1, 0, 0)),
            "through its cross-section must be a whole number of h/e",
        ),
        (lambda: Wire(Honeycomb(4, periodic=True), flux=0.1), "must be a whole number of h/e"),
        (lambda: Wire(Chain(), lead_shift=np.inf), "lead_shift must be finite"),
        (lambda: Wire(Cubic(2, 2)).transverse(0), "transverse() is for Square(...)"),
    ],
)
def test_bad_fields_are_named(make, message):
    with pytest.raises(qt.InputError, match=re.escape(message)):
        make()


def test_a_tube_takes_whole_flux_through_a_ring_of_one_slice():
    tube = Honeycomb(6, "armchair", periodic=True)
    ring = tube.circumference * tube.period / tube.plaquette  # in plaquettes
    assert Wire(tube, flux=2 / ring).flux == 2 / ring
    # Not through a ring of one lattice constant.
    with pytest.raises(qt.InputError, match=re.escape("must be a whole number of h/e, got 1.732")):
        Wire(tube, flux=tube.period / ring)
