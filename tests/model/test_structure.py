"""Structure: which bonds and sites functions of position change, and what is refused."""

import math
import re
from itertools import pairwise

import numpy as np
import pytest

import qtcore as qt
from qtcore.model.structure.contract import own_pairs, placed

ONE = np.zeros(1, dtype=np.uint64)


def hamiltonian(wire, length):
    """Return the dense H of a closed sample and the places of its sites, (D, 3)."""
    H = qt.closed_sample(wire, length, 0, 1).H.toarray()
    places = np.concatenate(
        [
            wire.lattice.positions() + np.array([n * wire.lattice.period, 0, 0])
            for n in range(length)
        ]
    )
    return H, places


def changed(lattice, structure, length=6, **more):
    """Return H with structure divided by H without where there are bonds, and the places."""
    H, places = hamiltonian(qt.Wire(lattice, structure=structure, **more), length)
    bare, _ = hamiltonian(qt.Wire(lattice, **more), length)
    one = np.ones_like(H, dtype=complex)
    return np.divide(H.astype(complex), bare, out=one, where=bare != 0), places


def flux_of(H, corners):
    """Return the flux in h/e through a loop of sites, from the phases of its bonds, in (-1/2, 1/2]."""
    around = [*corners, corners[0]]
    product = np.prod([H[a, b] for a, b in pairwise(around)])
    return np.angle(product) / (2 * np.pi)


def plaquettes(width, length):
    """Yield the lower left corner and the sites of each plaquette of a strip, counterclockwise."""
    for n in range(length - 1):
        for y in range(width - 1):
            a, b = n * width + y, (n + 1) * width + y
            yield (n, y), (a, b, b + 1, a + 1)


def hexagons(places, bonded):
    """Yield the centre and the sites, counterclockwise, of each hexagon of a ribbon."""
    far = 1 / math.sqrt(3)
    steps = far * np.array([[0, 2], [0, -2], [2, 0], [-2, 0], [0, 1], [0, -1], [1, 0], [-1, 0]])
    centres = {tuple(np.round(place[:2] + step, 6)) for place in places for step in steps}
    for centre in sorted(centres):
        away = places[:, :2] - centre
        ring = np.flatnonzero(np.abs(np.linalg.norm(away, axis=1) - far) < 1e-6)
        if len(ring) == 6:
            ring = ring[np.argsort(np.arctan2(*away[ring].T[::-1]))]
            if all(bonded[a, b] for a, b in zip(ring, np.roll(ring, -1), strict=True)):
                yield centre, tuple(ring)


def test_changed_bonds_are_multiplied_where_the_function_says():
    def factor(x1, y1, x2, y2):
        return np.where(np.abs((x1 + x2) / 2 - 2.5) < 0.1, 0.3, 1.0) + 0.1 * (y1 + y2)

    ratio, places = changed(qt.Square(3), [qt.ChangedBonds(factor)])
    H, _ = hamiltonian(qt.Wire(qt.Square(3)), 6)
    for a, b in np.argwhere(H != 0):
        (x1, y1, _), (x2, y2, _) = places[a], places[b]
        assert ratio[a, b] == (0.3 if x1 + x2 == 5 else 1.0) + 0.1 * (y1 + y2)


def test_a_factor_is_in_units_of_the_clean_bond_with_its_field_and_spin():
    wire = {"flux": 0.07, "terms": (qt.Rashba(0.3),)}
    ratio, _ = changed(qt.Square(3), [qt.ChangedBonds(lambda *_: 0.4)], **wire)
    H, _ = hamiltonian(qt.Wire(qt.Square(3), **wire), 6)
    inside = np.abs(H) > 0
    assert np.allclose(ratio[inside], 0.4, rtol=1e-15)


def test_a_single_bond_from_either_end():
    for ends in (((2, 1), (3, 1)), ((3, 1), (2, 1))):
        ratio, places = changed(qt.Square(4), [qt.ChangedBond(*ends, 0.2 + 0.1j)])
        index = [int(np.flatnonzero((places[:, :2] == place).all(axis=1))[0]) for place in ends]
        assert ratio[tuple(index)] == 0.2 + 0.1j
        assert ratio[tuple(index[::-1])] == 0.2 - 0.1j
        assert (ratio != 1).sum() == 2


def test_a_single_bond_around_a_tube():
    ratio, places = changed(qt.Square(5, periodic=True), [qt.ChangedBond((3, 4), (3, 5), 0.5)])
    changed_at = {tuple(places[a, :2]) for a, _ in np.argwhere(ratio != 1)}
    assert changed_at == {(3, 4), (3, 0)}


@pytest.mark.parametrize("at", [1.5, 3.2])
def test_a_tunnel_contact_is_a_plane(at):
    ratio, places = changed(qt.Cubic(2, 2), [qt.TunnelContact(lambda y, z: 0.1 + y + 2 * z, at)])
    x = places[:, 0]
    crosses = (x[:, None] < at) != (x < at)
    t = np.where(crosses, (0.1 + places[:, 1] + 2 * places[:, 2])[:, None], 1.0)
    H, _ = hamiltonian(qt.Wire(qt.Cubic(2, 2)), 6)
    assert np.array_equal(ratio[H != 0], t[H != 0])


def test_contacts_to_the_leads_are_in_the_slices():
    wire = qt.Wire(
        qt.Square(3),
        structure=[qt.TunnelContact(lambda y: 0.1 + y, "left"), qt.TunnelContact(0.5, "right")],
    )
    slices = wire.slices()
    assert not wire.random_hopping
    assert np.array_equal(slices.left_contact, np.diag([0.1, 1.1, 2.1]))
    assert np.array_equal(slices.right_contact, 0.5 * np.eye(3))
    wide = qt.Wire(
        qt.Square(3),
        lead_lattice=qt.Square(5),
        lead_offset=1,
        structure=[qt.TunnelContact(0.5, "left")],
    ).slices()
    assert np.array_equal(wide.left_contact, 0.5 * np.eye(5)[:, 1:4])
    assert np.array_equal(wide.right_contact, np.eye(5)[1:4])


def test_strain_is_the_length_of_the_bonds():
    ratio, places = changed(qt.Honeycomb(3), [qt.Strain(lambda x, y: (0.02 * x * y, -0.03 * y))], 3)
    moved = places[:, :2] + np.stack(
        [0.02 * places[:, 0] * places[:, 1], -0.03 * places[:, 1]], axis=1
    )
    H, _ = hamiltonian(qt.Wire(qt.Honeycomb(3)), 3)
    for a, b in np.argwhere(H != 0):
        d = math.dist(moved[a], moved[b]) * math.sqrt(3)
        assert ratio[a, b] == pytest.approx(math.exp(-3.37 * (d - 1)), rel=1e-13)


def test_a_tube_puts_its_flux_through_one_plaquette_and_none_elsewhere():
    H, _ = hamiltonian(qt.Wire(qt.Square(5), structure=[qt.FluxTube(2.3, 1.6, 0.17)]), 6)
    for corner, sites in plaquettes(5, 6):
        assert flux_of(H, sites) == pytest.approx(0.17 if corner == (2, 1) else 0.0, abs=1e-15)


@pytest.mark.parametrize("edge", ["zigzag", "armchair"])
def test_a_tube_through_each_hexagon_of_a_ribbon(edge):
    lattice, length = qt.Honeycomb(6, edge), 4
    clean, places = hamiltonian(qt.Wire(lattice), length)
    rings = dict(hexagons(places, clean != 0))
    tried = 0
    for x, y in rings:
        try:
            wire = qt.Wire(lattice, structure=[qt.FluxTube(x, y, -0.2)])
            H, _ = hamiltonian(wire, length)
        except qt.InputError:
            continue  # so close to a lead that bonds to it would carry the phase
        tried += 1
        for centre, sites in rings.items():
            expected = -0.2 if centre == (x, y) else 0.0
            assert flux_of(H, sites) == pytest.approx(expected, abs=1e-15)
    assert tried >= 4


@pytest.mark.parametrize(
    ("edge", "x", "y"),
    [("zigzag", 3, 3**-0.5), ("armchair", (2 + 1 / 6) * 3**0.5, 0.5)],
)
def test_places_on_the_honeycomb_lattice_count_as_the_help_text_says(edge, x, y):
    lattice = qt.Honeycomb(4, edge)
    H, places = hamiltonian(qt.Wire(lattice, structure=[qt.FluxTube(x, y, 0.3)]), 6)
    rings = dict(hexagons(places, H != 0))
    holds = {centre for centre, sites in rings.items() if abs(flux_of(H, sites)) > 1e-12}
    (centre,) = holds
    assert centre == pytest.approx((x, y), abs=1e-6)  # `hexagons` rounds its centres
    assert flux_of(H, rings[centre]) == pytest.approx(0.3, abs=1e-14)
    bond = min(np.hypot(*(places[0, :2] - other[:2])) for other in places[1:])
    assert bond == pytest.approx(3**-0.5)


def test_the_sign_of_a_tube_is_that_of_the_field():
    # A field of the same flux through every plaquette, made of tubes.
    tubes = [qt.FluxTube(n + 0.5, y + 0.5, 0.06) for n in range(4) for y in range(3)]
    H, _ = hamiltonian(qt.Wire(qt.Square(4), structure=tubes), 5)
    field, _ = hamiltonian(qt.Wire(qt.Square(4), flux=0.06), 5)
    for _, sites in plaquettes(4, 5):
        assert flux_of(H, sites) == pytest.approx(flux_of(field, sites), abs=1e-14)
        assert flux_of(H, sites) == pytest.approx(0.06, abs=1e-14)


def test_a_field_of_position_has_its_integral_in_every_plaquette():
    def B(x, y):
        return 0.03 * x**3 * y - 0.02 * y**2 + 0.01

    H, _ = hamiltonian(qt.Wire(qt.Square(5), structure=[qt.LocalField(B)]), 4)
    for (n, y), sites in plaquettes(5, 4):
        exact = 0.03 * ((n + 1) ** 4 - n**4) / 4 * ((y + 1) ** 2 - y**2) / 2
        exact += -0.02 * ((y + 1) ** 3 - y**3) / 3 + 0.01
        assert flux_of(H, sites) == pytest.approx((exact + 0.5) % 1 - 0.5, abs=1e-13)


@pytest.mark.parametrize("edge", ["zigzag", "armchair"])
def test_a_constant_field_of_position_is_the_flux_of_a_ribbon(edge):
    lattice = qt.Honeycomb(6, edge)
    H, places = hamiltonian(qt.Wire(lattice, structure=[qt.LocalField(lambda x, y: 0.04)]), 3)  # noqa: ARG005 - constant
    field, _ = hamiltonian(qt.Wire(lattice, flux=0.04), 3)
    rings = dict(hexagons(places, H != 0))
    assert len(rings) >= 4
    for sites in rings.values():
        assert flux_of(H, sites) == pytest.approx(0.04, abs=1e-14)
        assert flux_of(field, sites) == pytest.approx(0.04, abs=1e-14)


def test_a_gaussian_field_on_a_ribbon_is_integrated_over_each_hexagon():
    from scipy.integrate import dblquad

    def B(x, y):
        return 0.2 * np.exp(-((x - 1.7) ** 2) - (y - 1.9) ** 2)

    lattice = qt.Honeycomb(5)
    H, places = hamiltonian(qt.Wire(lattice, structure=[qt.LocalField(B)]), 4)
    (x, y), sites = max(hexagons(places, H != 0), key=lambda one: B(*one[0]))
    far = 1 / math.sqrt(3)

    def half(dx):
        return far - abs(dx) / math.sqrt(3)

    exact = dblquad(
        lambda v, u: float(B(x + u, y + v)), -0.5, 0.5, lambda u: -half(u), half, epsabs=1e-12
    )[0]
    assert flux_of(H, sites) == pytest.approx(exact / lattice.plaquette, abs=1e-7)


def test_missing_sites_have_no_bonds():
    structure = [qt.MissingSites(lambda x, y: (np.abs(x - 2) < 1.5) & (y == 1))]
    H, places = hamiltonian(qt.Wire(qt.Square(3), structure=structure), 5)
    gone = (np.abs(places[:, 0] - 2) < 1.5) & (places[:, 1] == 1)
    assert not H[gone][:, ~gone].any()
    bare, _ = hamiltonian(qt.Wire(qt.Square(3)), 5)
    there = np.ix_(~gone, ~gone)
    assert np.array_equal(H[there], bare[there])


def test_structure_is_no_disorder():
    parts = [qt.ChangedBonds(lambda *_: 0.5), qt.MissingSites(lambda x, y: (x == 1) & (y == 0))]
    plain = qt.Wire(qt.Square(3), (qt.Box(1.0), qt.RandomHopping(0.4)))
    wire = qt.Wire(qt.Square(3), plain.disorder, structure=parts)
    assert not any(part.random for part in wire.structure)
    assert all(np.array_equal(wire.key(3, n), plain.key(3, n)) for n in (0, 1))
    numbers = np.arange(3, dtype=np.uint64)
    there = wire.potential_of(numbers, 0, 4, 3), plain.potential_of(numbers, 0, 4, 3)
    gone = np.zeros((4, 3), dtype=bool)
    gone[1, 0] = True
    assert np.array_equal(there[0][~gone], there[1][~gone])
    factors = (one.hopping_of(numbers, 2, 2, 3).ahead.values for one in (wire, plain))
    ours, bare = factors
    assert np.array_equal(ours, 0.5 * bare)


def test_values_do_not_depend_on_the_slices_asked_for():
    parts = [
        qt.LocalField(lambda x, y: 0.01 * np.sin(x) * y),
        qt.Strain(lambda x, y: (0.1 * np.sin(x), 0.1 * np.cos(y))),
    ]
    for lattice in (qt.Square(4), qt.Honeycomb(3, "armchair")):
        wire = qt.Wire(lattice, structure=parts)
        whole = wire.hopping_of(ONE, 0, 12, 1)
        for first, slices in ((0, 5), (5, 4), (11, 1)):
            part = wire.hopping_of(ONE, first, slices, 1)
            for name in ("inside", "ahead"):
                found, expected = (getattr(one, name).values for one in (part, whole))
                assert np.array_equal(found, expected[first : first + slices])


def test_places_of_bonds_around_closed_edges_are_those_of_the_lattice():
    for lattice in (
        qt.Square(5, periodic=True),
        qt.Cubic(3, 4, True),
        qt.Honeycomb(4, "armchair", periodic=True),
    ):
        bonds = placed(lattice, own_pairs(lattice), 2, 1)
        assert np.allclose(bonds.end - bonds.start, lattice.bonds().displacement)


def a_wire(*structure, lattice=None, **more):
    return qt.Wire(lattice or qt.Square(4), structure=structure, **more)


REFUSED = {
    "no structure": (lambda: a_wire(qt.Box(1.0)), "structure must be a sequence of ChangedBonds"),
    "no sequence": (lambda: qt.Wire(qt.Square(4), structure=0.3), "structure must be a sequence"),
    "no function": (lambda: qt.ChangedBonds(0.3), "must be a function factor(x1, y1, x2, y2)"),
    "too few arguments": (
        lambda: a_wire(qt.ChangedBonds(lambda x, y: x)),  # noqa: ARG005 - wrong on purpose
        "must be a function f(x1, y1, x2, y2) of arrays, elementwise",
    ),
    "another shape": (
        lambda: a_wire(qt.ChangedBonds(lambda *_: np.ones(3))),
        "must return an array of the shape of x1, (1, 7), got (3,)",
    ),
    "NaN": (
        lambda: a_wire(qt.ChangedBonds(lambda *_: np.nan)),
        "returned (nan+0j) at x1 = 0, y1 = 0, x2 = 0, y2 = 1; it must be finite",
    ),
    "not Hermitian": (
        lambda: a_wire(qt.ChangedBonds(lambda x1, y1, x2, y2: 1 + 0.1 * (y2 - y1))),  # noqa: ARG005 - elementwise
        "H must be Hermitian: factor of ChangedBonds gives 1.1+0j from (0.0, 0.0) to (0.0, 1.0)",
    ),
    "complex both ways": (
        lambda: a_wire(qt.ChangedBonds(lambda *_: 1j)),
        "the other way round, which must be its complex conjugate",
    ),
    "text for a factor": (
        lambda: qt.ChangedBond((0, 0), (1, 0), "half"),
        "factor of ChangedBond must be a number",
    ),
    "infinite factor": (
        lambda: qt.ChangedBond((0, 0), (1, 0), complex(0, np.inf)),
        "factor of ChangedBond must be finite",
    ),
    "no place": (lambda: qt.ChangedBond(3, (1, 0), 0.5), "must be a place (x, y)"),
    "no bond there": (
        lambda: a_wire(qt.ChangedBond((0, 0), (2, 0), 0.5)),
        "there is no bond between neighbours from (0.0, 0.0) to (2.0, 0.0)",
    ),
    "a bond before the wire": (
        lambda: a_wire(qt.ChangedBond((-1, 0), (0, 0), 0.5)),
        "there is no bond between neighbours from (-1.0, 0.0)",
    ),
    "a displacement of one number": (
        lambda: a_wire(qt.Strain(lambda x, y: x * y)),
        "must return 2 components, (ux, uy)",
    ),
    "infinite displacement": (
        lambda: a_wire(qt.Strain(lambda x, y: (np.inf, y))),  # noqa: ARG005 - elementwise
        "returned inf at x = 0, y = 1; it must be finite",
    ),
    "no side": (lambda: qt.TunnelContact(0.3, "top"), 'must be "left", "right" or a number x'),
    "complex contact": (
        lambda: qt.TunnelContact(0.3j, "left"),
        "t of TunnelContact must be a number",
    ),
    "a plane through sites": (
        lambda: a_wire(qt.TunnelContact(0.3, 3.0)),
        "x = 3 of a TunnelContact goes through sites; take a place between them, such as 3.5",
    ),
    "a plane before the wire": (
        lambda: a_wire(qt.TunnelContact(0.3, -0.5)),
        "lies beside the sample, whose sites begin at x = 0; the bonds to the leads are Tunnel",
    ),
    "a tube on a bond": (
        lambda: a_wire(qt.FluxTube(2.0, 1.5, 0.3)),
        "lies on a bond or a site",
    ),
    "a tube above the wire": (
        lambda: a_wire(qt.FluxTube(2.5, 3.5, 0.3)),
        "no loop of the sample goes around a FluxTube at x = 2.5, y = 3.5",
    ),
    "a tube before the wire": (
        lambda: a_wire(qt.FluxTube(-0.5, 1.5, 0.3)),
        "no loop of the sample goes around a FluxTube",
    ),
    "a tube through a chain": (
        lambda: a_wire(qt.FluxTube(2.5, 0.0, 0.3), lattice=qt.Chain()),
        "no loop of the sample goes around a FluxTube",
    ),
    "a tube through a cylinder": (
        lambda: a_wire(qt.FluxTube(2.5, 1.5, 0.3), lattice=qt.Square(4, periodic=True)),
        "FluxTube goes with wires that have edges along y",
    ),
    "a field out of a cylinder": (
        lambda: a_wire(qt.LocalField(np.add), lattice=qt.Square(4, periodic=True)),
        "LocalField goes with wires that have edges along y",
    ),
    "a complex field": (
        lambda: a_wire(qt.LocalField(lambda x, y: 1j * x * y)),
        "must return real numbers (h/e per plaquette), got complex128",
    ),
    "an infinite tube": (lambda: qt.FluxTube(1.5, 1.5, np.inf), "flux of FluxTube must be finite"),
    "numbers for missing": (
        lambda: a_wire(qt.MissingSites(lambda x, y: x + y)).missing_sites(0, 1),
        "must return True or False, got float64",
    ),
    "no function for missing": (
        lambda: qt.MissingSites([(0, 1)]),
        "MissingSites takes a function missing(x, y) that returns True or False",
    ),
    "masked": (
        lambda: a_wire(qt.ChangedBonds(lambda x1, *_: np.ma.array(x1, mask=True))),
        "has masked entries",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_structure_is_refused(name):
    make, message = REFUSED[name]
    with pytest.raises(qt.InputError, match=re.escape(message)):
        make()


BEYOND = {
    "a bond": (qt.ChangedBond((5, 1), (6, 1), 0.5), "reaches slice 6, and a wire of length 6"),
    "a plane": (qt.TunnelContact(0.5, 5.5), "lies beside the sample of length 6"),
    "a tube": (qt.FluxTube(5.5, 1.5, 0.5), "no loop of the sample goes around a FluxTube"),
    "NaN in slice 4": (
        qt.ChangedBonds(lambda x1, *_: np.where(x1 > 3.5, np.nan, 1.0)),
        "it must be finite",
    ),
}


@pytest.mark.parametrize("name", BEYOND)
def test_structure_that_does_not_fit_a_length_is_refused_before_anything_is_computed(name):
    structure, message = BEYOND[name]
    wire = a_wire(structure)
    for ask in (
        lambda: qt.scattering(wire, 0.47, [3, 6], [0], 1),
        lambda: qt.closed_sample(wire, 6, 0, 1),
        lambda: qt.sample_with_leads(wire, 0.47, 6, [0], 1),
    ):
        with pytest.raises(qt.InputError, match=re.escape(message)):
            ask()
    if "NaN" not in name:
        assert np.isfinite(qt.ln_conductance(wire, 0.47, [8], [0], 1)).all()
