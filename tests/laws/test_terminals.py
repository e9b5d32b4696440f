"""Laws of bars with any number of leads, for both solvers."""

import tracemalloc

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe
from qtcore.solve.resistance import conductance, transmissions, voltages

METHODS = ("transfer", "recursive")
ENERGY = 0.4


def hall_bar(flux, width=6, **settings):
    return qt.HallBar(width, (3, 10), 3, qt.Box(1.0), flux=flux, **settings)


def solved(bar, length=16, realizations=(0, 3), method="auto", **asked):
    return qt.terminal_scattering(bar, ENERGY, [length], realizations, 5, method, **asked)[0]


def apart(leads):
    return ~np.eye(leads, dtype=bool)


# Conservation and reversal of time ----------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("flux", [0.0, 0.03])
def test_S_is_unitary_and_T_sums_to_the_channels(method, flux):
    found = solved(hall_bar(flux), method=method, amplitudes=True)
    one = np.eye(sum(found.channels))
    assert np.abs(found.S.conj().swapaxes(1, 2) @ found.S - one).max() < 1e-11
    np.testing.assert_allclose(found.T.sum(axis=1), [found.channels] * 2, rtol=1e-11)
    np.testing.assert_allclose(found.T.sum(axis=2), [found.channels] * 2, rtol=1e-11)
    for i, to in enumerate(found.leads):
        part = found.block(to, "left")
        np.testing.assert_allclose((abs(part) ** 2).sum(axis=(1, 2)), found.T[:, i, 0], rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_S_is_transposed_when_the_field_is_reversed(method):
    # Leads without a field have real modes, which time reversal leaves as they are.
    there, back = (
        solved(hall_bar(flux, field_in_leads=False), method=method, amplitudes=True)
        for flux in (0.03, -0.03)
    )
    assert np.abs(there.S - back.S.swapaxes(1, 2)).max() < 1e-11
    assert np.abs(there.S - there.S.swapaxes(1, 2)).max() > 0.1


@pytest.mark.parametrize("method", METHODS)
def test_onsager_and_casimir(method):
    there, back = (solved(hall_bar(flux), method=method) for flux in (0.03, -0.03))
    np.testing.assert_allclose(there.T, back.T.swapaxes(1, 2), atol=1e-11)
    pairs = (("left", "right"), ("top 1", "bottom 2")), (("left", "top 1"), ("right", "bottom 1"))
    for current, voltage in pairs:
        one, other = there.resistance(current, voltage), back.resistance(voltage, current)
        np.testing.assert_allclose(one, other, rtol=1e-9)
        assert abs(one - there.resistance(voltage, current)).min() > 1e-3


def test_spin_orbit_coupling_keeps_T_symmetric():
    random = qt.HallBar(4, (2, 8), 3, (qt.Box(0.5), qt.RandomSU2()))
    for bar in (hall_bar(0.0, terms=(qt.Rashba(0.3),)), random):
        found = solved(bar)
        np.testing.assert_allclose(found.T, found.T.swapaxes(1, 2), atol=1e-11)
        np.testing.assert_allclose(found.T.sum(axis=1), [found.channels] * 2, rtol=1e-11)
        assert all(channels % 2 == 0 for channels in found.channels)


# Other solvers ------------------------------------------------------------------------------------

WIRES = {
    "strip": qt.Wire(qt.Square(5), qt.Box(1.0)),
    "strip in a field": qt.Wire(qt.Square(5), qt.Box(1.0), flux=0.03),
    "cylinder": qt.Wire(qt.Square(5, periodic=True), qt.Box(1.0)),
    "doped leads": qt.Wire(qt.Square(4), qt.Box(1.0), lead_shift=-0.7),
    "wide leads": qt.Wire(qt.Square(3), qt.Box(1.0), lead_lattice=qt.Square(7), lead_offset=2.0),
    "Rashba": qt.Wire(qt.Square(4), qt.Box(1.0), terms=(qt.Rashba(0.3),)),
    "zigzag ribbon": qt.Wire(qt.Honeycomb(4, "zigzag"), qt.Box(1.0), flux=0.02),
    "bar": qt.Wire(qt.Cubic(2, 3), qt.Box(1.0)),
    "random hopping": qt.Wire(qt.Square(4), (qt.Box(0.5), qt.RandomHopping(0.6))),
    "random SU(2)": qt.Wire(qt.Square(3), (qt.Box(0.5), qt.RandomSU2())),
}


@pytest.mark.parametrize("name", WIRES)
def test_without_side_leads_it_is_the_wire(name):
    wire, lengths, numbers = WIRES[name], [1, 2, 9], [0, 2]
    expected = qt.scattering(wire, ENERGY, lengths, numbers, 5)
    S = qt.scattering_matrices(wire, ENERGY, lengths, numbers, 5)
    found = qt.terminal_scattering(qt.Bar(wire), ENERGY, lengths, numbers, 5, amplitudes=True)
    for k, one in enumerate(found):
        np.testing.assert_allclose(one.ln_T[:, 1, 0], expected.ln_g[:, k], atol=1e-10)
        np.testing.assert_allclose(one.T[:, 0, 0], expected.reflection[:, k], atol=1e-10)
        assert np.abs(one.S - S[k].matrix()).max() < 1e-10


def self_energy(h, v):
    """Self-energy of a lead on the sites that it touches, by decimation (independent of modes)."""
    E = (ENERGY + 1e-11j) * np.eye(len(h))
    surface, bulk, to, back = E - h, E - h, v, v.conj().T
    for _ in range(60):
        inverse = np.linalg.inv(bulk)
        surface = surface - to @ inverse @ back
        bulk = bulk - to @ inverse @ back - back @ inverse @ to
        to, back = to @ inverse @ to, back @ inverse @ back
    return v @ np.linalg.inv(surface) @ v.conj().T


def dense_T(bar, length, realization, seed):
    """T between all leads from the inverse of a dense matrix."""
    slices = bar.wire.slices()
    M = len(slices.h)
    H = qt.closed_sample(bar.wire, length, realization, seed).H.toarray().astype(complex)
    ends = (
        self_energy(slices.lead_h, slices.lead_v.conj().T),
        self_energy(slices.lead_h, slices.lead_v),
    )
    places = [np.arange(M), (length - 1) * M + np.arange(M)]
    sigmas = list(ends)
    for side in bar.sides:
        n, component = bar.components(side)
        places.append(n * M + component)
        sigmas.append(self_energy(side.h, side.v))
    A = ENERGY * np.eye(len(H)) - H
    for at, sigma in zip(places, sigmas, strict=True):
        A[np.ix_(at, at)] -= sigma
    G = np.linalg.inv(A)
    gammas = [1j * (sigma - sigma.conj().T) for sigma in sigmas]
    return np.array(
        [
            [
                np.trace(gi @ G[np.ix_(i, j)] @ gj @ G[np.ix_(i, j)].conj().T).real
                for j, gj in zip(places, gammas, strict=True)
            ]
            for i, gi in zip(places, gammas, strict=True)
        ]
    )


def chain_lead(sites, orbitals, hop=1.0):
    """A lead of independent chains, one on each orbital, with some hopping between sites."""
    K = len(sites) * orbitals
    h = 0.2 * np.eye(K) + 0.3 * (np.eye(K, k=1) + np.eye(K, k=-1))
    return qt.SiteLead(sites, h, hop * np.eye(K))


@pytest.mark.parametrize(
    "name", ["strip", "Rashba", "zigzag ribbon", "bar", "random hopping", "random SU(2)"]
)
def test_leads_on_any_sites_agree_with_a_dense_inverse(name):
    wire = WIRES[name]
    sides = [
        chain_lead([(1, 0), (1, 1)], wire.orbitals),
        # In the middle of the sample, on sites of different slices, and weakly coupled.
        chain_lead([(4, 1), (3, 2)], wire.orbitals, hop=0.6),
    ]
    bar = qt.Bar(wire, sides)
    (found,) = qt.terminal_scattering(bar, ENERGY, [7], [2], 5)
    expected = dense_T(bar, 7, 2, 5)
    np.testing.assert_allclose(found.T[0][apart(4)], expected[apart(4)], rtol=1e-6, atol=1e-8)
    assert found.leads == ("left", "right", "lead 1", "lead 2")


CROSSES = {
    "plain": {},
    "field": {"flux": 0.03},
    "Rashba": {"terms": (qt.Rashba(0.3),), "flux": 0.03},
    "Rashba and Zeeman": {"terms": (qt.Rashba(0.3), qt.Zeeman(bz=0.2))},
    "QWZ": {"terms": (qt.QWZ(0.7, -1.0),), "flux": 0.02},
    "BHZ": {"terms": (qt.BHZ(A=0.7, B=-0.6, D=-0.2, M=-0.8),)},
}


@pytest.mark.parametrize("name", CROSSES)
def test_a_cross_looks_the_same_from_all_four_sides(name):
    # Leads across edges are built from other bonds, in another gauge, than those at the ends.
    energy = 0.35 if name not in ("QWZ", "BHZ") else 1.3
    bar = qt.Cross(5, 0, 5, **CROSSES[name])
    (found,) = qt.terminal_scattering(bar, energy, [5], [0], 1)
    turn = [found.number(lead) for lead in ("left", "top 1", "right", "bottom 1")]
    T = found.T[0][np.ix_(turn, turn)]
    np.testing.assert_allclose(np.roll(T, (1, 1), axis=(0, 1)), T, atol=1e-10)
    assert T[1, 0] > 0.01


def test_both_solvers_find_the_same_and_say_how_exactly():
    for flux in (0.0, 0.03):
        bar = hall_bar(flux, width=9)
        one, other = (solved(bar, 40, range(8), method) for method in METHODS)
        off = np.abs(one.ln_T - other.ln_T)[:, apart(6)]
        assert (off <= (one.certificate + other.certificate)[:, apart(6)]).all()
        assert one.certificate[:, apart(6)].max() < 1e-6
        assert not one.suspect.any()


def drawn_bar(rng):
    """A strip with up to nine leads across its edges."""
    width, length = int(rng.integers(1, 12)), int(rng.integers(8, 50))
    sides = []
    for edge in ("top", "bottom"):
        first = int(rng.integers(0, 3))
        while rng.random() < 0.8:
            w = int(rng.integers(1, 8))
            if first + w > length:
                break
            shift, field = float(rng.choice([0, -0.3])), bool(rng.integers(2))
            sides.append(qt.SideLead(first, w, edge, shift=shift, field=field))
            first += w + int(rng.integers(0, 10))
    disorder = qt.Box(float(rng.choice([0.0, 1.0, 4.0, 8.0])))
    flux, field = float(rng.choice([0.0, 0.02, 0.11])), bool(rng.integers(2))
    return qt.Bar(qt.Wire(qt.Square(width), disorder, flux, field_in_leads=field), sides), length


def test_certificates_cover_the_differences_of_both_solvers():
    rng, worst = np.random.default_rng(11), 0.0
    for _ in range(20):
        bar, length = drawn_bar(rng)
        asked = bar, float(rng.uniform(-1, 1)), [length, length + 20], range(3), 1
        pairs = zip(*(qt.terminal_scattering(*asked, method) for method in METHODS), strict=True)
        for one, other in pairs:
            off = np.abs(one.ln_T - other.ln_T)
            back = np.eye(len(one.leads), dtype=bool)
            off[:, back] = np.abs(one.T - other.T)[:, back]
            assert (off <= one.certificate + other.certificate).all(), bar
            worst = max(worst, float(off.max()))
    assert 1e-13 < worst < 1e-6


# Depth --------------------------------------------------------------------------------------------


def test_ln_T_at_any_depth():
    wire = qt.Wire(qt.Square(3), qt.Box(9.0))
    sides = [qt.SideLead(900, 2, "top"), qt.SideLead(900, 2, "bottom")]
    # A lead on the last site of the first 902 slices ends nothing: through it passes what the wire
    # of this length lets through, less what leaves on the other side.
    (found,) = qt.terminal_scattering(qt.Bar(wire, sides), ENERGY, [1800], range(2), 5, every=True)
    ln_g = qt.ln_conductance(wire, ENERGY, [902, 1800], range(2), 5)
    assert (found.ln_T[:, 1, 0] < -1450).all()  # amplitudes below exp(-725): no number holds T
    assert (np.abs(found.ln_T[:, 1, 0] / ln_g[:, 1] - 1) < 0.02).all()
    assert (np.abs(found.ln_T[:, 2, 0] / ln_g[:, 0] - 1) < 0.02).all()
    assert found.certificate[:, apart(4)].max() < 1e-6
    np.testing.assert_allclose(found.ln_T, found.ln_T.swapaxes(1, 2), rtol=1e-10, atol=1e-9)
    R = found.resistance(("top 1", "bottom 1"), ("top 1", "left"))
    assert np.isfinite(R).all()
    # Where everything passes within numbers, both solvers know small T alike.
    short = [
        qt.terminal_scattering(qt.Bar(wire, [qt.SideLead(120, 2)]), ENERGY, [250], range(8), 5, m)[
            0
        ]
        for m in METHODS
    ]
    assert short[0].ln_T.min() < -150
    np.testing.assert_allclose(short[0].ln_T[:, apart(3)], short[1].ln_T[:, apart(3)], atol=1e-9)


# Addresses ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("flux", [0.0, 0.03])
def test_a_sample_has_the_same_bits_whatever_is_asked_for_with_it(flux):
    bar = hall_bar(flux)
    every = qt.terminal_scattering(bar, ENERGY, [16, 20, 40], range(20), 5)
    some = qt.terminal_scattering(bar, ENERGY, [20], [17, 3, 9], 5)[0]
    np.testing.assert_array_equal(some.ln_T, every[1].ln_T[[17, 3, 9]])
    np.testing.assert_array_equal(some.certificate, every[1].certificate[[17, 3, 9]])
    wire = qt.scattering(bar.wire, ENERGY, [20], [17], 5)
    two = qt.terminal_scattering(qt.Bar(bar.wire), ENERGY, [20], [17], 5)[0]
    np.testing.assert_allclose(two.ln_T[:, 1, 0], wire.ln_g[:, 0], atol=1e-10)


def test_memory_does_not_grow_with_the_length():
    def peak(length):
        tracemalloc.start()
        try:
            qt.terminal_scattering(hall_bar(0.0), ENERGY, [length], range(8), 5, "transfer")
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(20)  # compiles, and keeps modes
    assert peak(4000) < 2 * peak(400)


# Inside -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flux", [0.0, 0.03])
def test_currents_are_conserved_and_end_in_the_leads(flux):
    bar = hall_bar(flux)
    states = observe.terminal_states(bar, ENERGY, 16, 3, 5)
    found = solved(bar, realizations=[3], amplitudes=True)
    assert np.abs(states.S - found.S[0]).max() < 1e-11
    touched = [np.arange(6), 15 * 6 + np.arange(6)]
    for side in bar.sides:
        n, component = bar.components(side)
        touched.append(n * 6 + component)
    for source in ("left", "top 2", "bottom 1"):
        into, j = states.currents(source).into, found.number(source)
        inside = np.ones(len(into), bool)
        inside[np.concatenate(touched)] = False
        assert np.abs(into[inside]).max() < 1e-12
        assert into.sum() == pytest.approx(0, abs=1e-11)
        # No two leads share a site here; what flows into one is T, from the source what goes out.
        net = [into[at].sum() for at in touched]
        expected = found.T[0][:, j] - np.eye(6)[j] * found.channels[j]
        np.testing.assert_allclose(net, expected, atol=1e-11)


def test_waves_at_a_level_that_no_lead_reaches_are_refused():
    # Two chains that are not coupled, the lower one without leads: it has levels of its own.
    lattice = qt.Custom(np.zeros((2, 2)), np.eye(2))
    bar = qt.Bar(qt.Wire(lattice), [qt.SiteLead([(0, 0)], [[0.0]], [[1.0]])], None, None)
    with pytest.raises(qt.QtcoreError, match="shift the energy"):
        observe.terminal_states(bar, 0.0, 3, 0, 1)


def test_densities_of_all_leads_add_up_to_the_local_density_of_states():
    bar = qt.Bar(qt.Wire(qt.Square(4), qt.Box(1.0), flux=0.02))
    states = observe.terminal_states(bar, ENERGY, 8, 1, 5)
    total = states.density("left") + states.density("right")
    sample = qt.sample_with_leads(bar.wire, ENERGY, 8, [1], 5)
    np.testing.assert_allclose(total, observe.local_density_of_states(sample)[:, 0], atol=1e-11)


# Resistances --------------------------------------------------------------------------------------


def test_resistances_solve_the_network():
    found = solved(hall_bar(0.03))
    a, b, c, d = (found.number(lead) for lead in ("top 1", "right", "bottom 2", "left"))
    for T, R in zip(
        found.T, found.resistance(("top 1", "right"), ("bottom 2", "left")), strict=True
    ):
        G = np.diag(np.where(np.eye(6), 0, T).sum(axis=1)) - np.where(np.eye(6), 0, T)
        current = np.zeros(6)
        current[a], current[b] = 1.0, -1.0
        V = np.linalg.lstsq(G, current, rcond=None)[0]
        assert np.isclose(V[c] - V[d], R, rtol=1e-10)
    np.testing.assert_allclose(found.conductance_matrix.sum(axis=(1, 2)), 0, atol=1e-12)
    V = found.voltages("left", "right")
    assert ((V >= 0) & (V <= 1)).all()
    np.testing.assert_array_equal(V[:, :2], [[1, 0]] * 2)


@pytest.mark.physics
def test_helical_edges():
    # Roth et al., Science 325, 294 (2009): R_14,14 = 3/2, R_14,23 = 1/2 in h/e².
    T = np.zeros((1, 6, 6))
    for i in range(6):
        T[0, i, (i + 1) % 6] = T[0, (i + 1) % 6, i] = 1.0
    with np.errstate(divide="ignore"):
        found = qt.TerminalScattering(
            tuple("abcdef"), (1,) * 6, np.log(T), np.zeros(T.shape), np.zeros(1, bool)
        )
    assert found.resistance(("a", "d"), ("a", "d"))[0] == pytest.approx(1.5, rel=1e-14)
    assert found.resistance(("a", "d"), ("b", "c"))[0] == pytest.approx(0.5, rel=1e-14)


def test_resistances_of_tiny_T_are_those_of_large_ones():
    ln_T = solved(hall_bar(0.03)).ln_T
    exact = np.zeros(ln_T.shape)
    (ln_G, V), (other_G, other_V) = (
        (conductance(T, (0, 1)).ln, voltages(T, (0, 1))[0])
        for T in (transmissions(ln_T, exact), transmissions(ln_T - 5000, exact))
    )
    np.testing.assert_allclose(other_G, ln_G - 5000, rtol=1e-14)
    np.testing.assert_allclose(other_V, V, rtol=1e-10)


@pytest.mark.physics
@pytest.mark.parametrize(("energy", "plateau"), [(-3.4, 1), (-2.9, 2)])
def test_quantum_hall_plateaus(energy, plateau):
    # Landau levels of physics.md 15 at 1/20 h/e per plaquette: -3.70, -3.12, -2.59.
    bar = qt.HallBar(30, (10, 45), 15, qt.Box(0.3), flux=0.05)
    (found,) = qt.terminal_scattering(bar, energy, [70], [0, 1], 1)
    current = ("left", "right")
    hall = found.resistance(current, ("top 1", "bottom 1"))
    np.testing.assert_allclose(np.abs(hall), 1 / plateau, rtol=1e-4)
    for pair in (("top 1", "top 2"), ("bottom 1", "bottom 2")):
        assert np.abs(found.resistance(current, pair)).max() < 1e-4
    turned = qt.terminal_scattering(
        qt.HallBar(30, (10, 45), 15, qt.Box(0.3), flux=-0.05), energy, [70], [0, 1], 1
    )[0]
    np.testing.assert_allclose(turned.resistance(current, ("top 1", "bottom 1")), -hall, rtol=1e-6)


# Bad input ----------------------------------------------------------------------------------------

STRIP = qt.Wire(qt.Square(6))
ONE = np.eye(1)


def asked(bar, length=20, energy=ENERGY):
    return qt.terminal_scattering(bar, energy, [length], [0], 1)


BAD = {
    "overlap": (lambda: qt.HallBar(6, (3, 5), 3), r"'top 1' and 'top 2' overlap at the same edge"),
    "shared site": (
        lambda: qt.Bar(STRIP, [qt.SideLead(3, 3), qt.SiteLead([(4, 5)], ONE, ONE)]),
        "overlap at a site",
    ),
    "beyond": (lambda: asked(qt.HallBar(6, (3, 18), 3)), r"'top 2' lies beyond the wire.*slice 20"),
    "no site": (lambda: qt.SiteLead([], ONE, ONE), "sees no sample: give at least one site"),
    "no coupling": (lambda: qt.SiteLead([(0, 0)], ONE, 0 * ONE), "sees no sample: its v is zero"),
    "outside": (
        lambda: qt.Bar(STRIP, [qt.SiteLead([(1, 6)], ONE, ONE)]),
        r"sees no sample at \(slice, site\) = \(1, 6\)",
    ),
    "end beside": (
        lambda: qt.Bar(STRIP, left=qt.EndLead(qt.Square(3), offset=9)),
        "lies on a site of the leads",
    ),
    "not Hermitian": (lambda: qt.SiteLead([(0, 0)], [[1j]], ONE), "Hermitian"),
    "rows": (
        lambda: qt.Bar(
            qt.Wire(qt.Square(3), terms=(qt.Rashba(0.1),)), [qt.SiteLead([(1, 1)], ONE, ONE)]
        ),
        "of 2 orbitals needs matrices of 2 rows, got 1",
    ),
    "cylinder": (
        lambda: qt.HallBar(qt.Square(6, periodic=True), (3, 9), 2),
        "SideLead is for strips Square",
    ),
    "ribbon": (
        lambda: qt.Bar(qt.Wire(qt.Honeycomb(4, "zigzag")), [qt.SideLead(0, 2)]),
        "SiteLead",
    ),
    "field": (
        lambda: qt.Bar(
            qt.Wire(qt.Square(4), flux=0.1), left=qt.EndLead(qt.Square(5, periodic=True))
        ),
        "whole number of h/e|multiples",
    ),
    "edge": (lambda: qt.SideLead(0, 2, "upper"), "'top' .* or 'bottom'"),
    "width": (lambda: qt.SideLead(0, 0), "width of a lead .* must be >= 1"),
    "one name": (
        lambda: qt.Bar(STRIP, [qt.SideLead(0, 2, name="a"), qt.SideLead(5, 2, name="a")]),
        "two leads are called 'a'",
    ),
    "no lead": (lambda: qt.Bar(STRIP, left=None, right=None), "at least one lead"),
    "closed side": (
        lambda: asked(qt.Bar(STRIP, [qt.SideLead(2, 2, shift=9.0)])),
        "lead 'top 1': no open channel",
    ),
    "closed end": (
        lambda: asked(qt.Bar(STRIP, right=qt.EndLead(shift=9.0))),
        "lead 'right': no open channel",
    ),
    "no bar": (lambda: asked(STRIP), "must be a qtcore.Bar"),
    "unknown lead": (
        lambda: solved(hall_bar(0.0)).resistance(("left", "right"), ("top 3", "top 1")),
        "no lead 'top 3'; this sample has 'left', 'right', 'top 1'",
    ),
    "same leads": (
        lambda: solved(hall_bar(0.0)).resistance(("left", "left"), ("top 1", "top 2")),
        "two different leads",
    ),
    "no pair": (lambda: solved(hall_bar(0.0)).resistance("left", ("top 1", "top 2")), "two leads"),
    "S not kept": (lambda: solved(hall_bar(0.0)).block("left", "right"), "amplitudes=True"),
    "not in lanes": (
        lambda: solved(qt.Bar(STRIP, right=qt.EndLead(shift=0.1)), method="transfer"),
        "method='auto' or 'recursive'",
    ),
    "three probes": (lambda: qt.HallBar(6, (3, 9, 15), 2), "probes must be two slices"),
    "an unknown setting": (
        lambda: qt.HallBar(4, (1, 5), 2, foo=3), "no setting 'foo': .* those of a Wire, flux",
    ),
    "masked h": (
        lambda: qt.SiteLead([(0, 0)], np.ma.array(ONE, mask=[[True]]), ONE), "h of a lead has masked",
    ),
    "masked v": (
        lambda: qt.SiteLead([(0, 0)], ONE, np.ma.array(ONE, mask=[[True]])), "v of a lead has masked",
    ),
    "h of texts": (
        lambda: qt.SiteLead([(0, 0)], [["a"]], ONE), "h of a lead must be a square array of numbers",
    ),
    "a tiny v": (lambda: qt.SiteLead([(0, 0)], ONE, 1e-300 * ONE), "must be at least 1e-30"),
    "a huge v": (lambda: qt.SiteLead([(0, 0)], ONE, 1e300 * ONE), r"v of a lead must be at most 1e\+30"),
    "a huge h": (lambda: qt.SiteLead([(0, 0)], 1e300 * ONE, ONE), r"h of a lead must be at most 1e\+30"),
    "touches of texts": (
        lambda: qt.SiteLead("ab", ONE, ONE), r"touches of a lead .* such as \[\(3, 1\), \(4, 1\)\], got 'ab'",
    ),
    "touches of no pairs": (
        lambda: qt.SiteLead([3, 1], ONE, ONE), r"must be pairs \(slice, site\), such as \[\(3, 1\)",
    ),
    "an empty name": (lambda: qt.SideLead(0, 2, name=""), "name of a lead must be a text .* got ''"),
    "a number for a name": (lambda: qt.SideLead(0, 2, name=3), "must be a text .* got 3"),
    "a number for a name of a lead": (
        lambda: qt.SiteLead([(0, 0)], ONE, ONE, name=3), "must be a text .* got 3",
    ),
    "a bar for scattering": (
        lambda: qt.scattering(qt.HallBar(6, (3, 9), 2), ENERGY, [20], [0], 1),
        "got a Bar with the leads left, right, .*: use terminal_scattering",
    ),
    "a bar for choose": (
        lambda: qt.choose(qt.HallBar(6, (3, 9), 2)), "use terminal_scattering.*method=",
    ),
}  # fmt: skip


def test_sites_may_be_an_array():
    lists = qt.SiteLead([(3, 1)], ONE, ONE)
    assert qt.SiteLead(np.array([[3, 1]]), ONE, ONE).touches == lists.touches


def test_names_of_an_answer_are_those_of_its_bar():
    bar = hall_bar(0.0)
    assert solved(bar).names == bar.names


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_before_anything_is_computed(name):
    wrong, message = BAD[name]
    with pytest.raises(qt.InputError, match=message):
        wrong()


def test_a_probe_that_nothing_connects_has_no_voltage():
    ln_T = np.log(np.full((1, 3, 3), 0.5))
    ln_T[0, 2, :2] = ln_T[0, :2, 2] = -np.inf
    found = voltages(transmissions(ln_T, np.zeros(ln_T.shape)), (0, 1))[0]
    assert np.isnan(found).tolist() == [[False, False, True]]


def test_ends_may_go_without_leads():
    wire = qt.Wire(qt.Square(5), qt.Box(1.0))
    bar = qt.Bar(wire, [qt.SideLead(1, 3, "top"), qt.SideLead(5, 3, "bottom")], None, None)
    found = solved(bar, 9, amplitudes=True)
    assert found.leads == ("top 1", "bottom 1")
    assert np.abs(found.S.conj().swapaxes(1, 2) @ found.S - np.eye(6)).max() < 1e-10
