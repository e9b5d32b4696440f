"""Wires with structure beside dense matrices, formulas, and what else must come out the same."""

import re
from dataclasses import replace

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe
from qtcore.solve import fixed_hopping
from qtcore.solve.passage import refuse_unless_passing

SEED = 5


def chain_green(energy):
    """Return the surface Green's function e^{ik} of a half-infinite chain, E = 2 cos k."""
    return np.exp(1j * np.arccos(energy / 2))


def dense_transmission(H, energy, left, right):
    """Return T of a network of sites between two single-channel chains, by a dense inverse.

    `left` and `right` are (site, hopping) of the bond to each chain.
    """
    sigma = np.zeros_like(H, dtype=complex)
    g = chain_green(energy)
    gamma = []
    for site, hopping in (left, right):
        sigma[site, site] += hopping**2 * g
        gamma.append(2 * hopping**2 * g.imag)
    G = np.linalg.inv(energy * np.eye(len(H)) - H - sigma)
    return gamma[0] * gamma[1] * abs(G[left[0], right[0]]) ** 2


def g_of(wire, energy, length, realizations=(0,), **more):
    return np.exp(qt.ln_conductance(wire, energy, [length], list(realizations), SEED, **more)[:, 0])


@pytest.mark.parametrize("method", ["transfer", "recursive"])
@pytest.mark.parametrize("at", ["left", "right", 3.5])
def test_one_weak_plane_has_the_textbook_transmission(method, at):
    t, energy, M = 0.4, 0.53, 4
    wire = qt.Wire(qt.Square(M), structure=[qt.TunnelContact(t, at)])
    k = np.arccos((energy - 2 * np.cos(np.pi * np.arange(1, M + 1) / (M + 1))) / 2 + 0j)
    k = k[np.abs(k.imag) < 1e-12].real
    exact = (4 * t**2 * np.sin(k) ** 2 / (1 + t**4 - 2 * t**2 * np.cos(2 * k))).sum()
    for length in (5, 9):
        assert g_of(wire, energy, length, method=method)[0] == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("method", ["transfer", "recursive"])
def test_two_weak_contacts_are_a_breit_wigner_level(method):
    # One site between two contacts: Gamma = t² Im part of both chains, exactly.
    left, right, level = 0.11, 0.17, 0.3
    wire = qt.Wire(
        qt.Chain(),
        gates=[lambda x, y: level + 0 * x],  # noqa: ARG005 - elementwise
        structure=[qt.TunnelContact(left, "left"), qt.TunnelContact(right, "right")],
    )
    for energy in (0.27, 0.29, 0.3, 0.33):
        g = chain_green(energy)
        shift, half = (left**2 + right**2) * g.real, (left**2 + right**2) * g.imag
        gamma = 2 * g.imag * np.array([left, right]) ** 2
        exact = gamma[0] * gamma[1] / ((energy - level - shift) ** 2 + half**2)
        assert g_of(wire, energy, 1, method=method)[0] == pytest.approx(exact, rel=1e-11)


def test_a_cavity_of_tunnel_contacts_resonates_at_its_levels():
    length, t = 12, 0.05
    wire = qt.Wire(
        qt.Chain(), structure=[qt.TunnelContact(t, "left"), qt.TunnelContact(t, "right")]
    )
    level = 2 * np.cos(np.pi * 4 / (length + 1))
    # To first order in t² the level moves by what the chains do to its ends.
    weight = 2 / (length + 1) * np.sin(np.pi * 4 / (length + 1)) ** 2
    sigma = 2 * t**2 * weight * chain_green(level)
    for offset in (0.0, 0.5, 2.0):
        energy = level + sigma.real + offset * sigma.imag
        assert g_of(wire, energy, length)[0] == pytest.approx(1 / (1 + offset**2), abs=0.02)


def ring_wire(arm, flux, disorder=None):
    """A ring of two chains between single-channel leads: a strip of three lines with a hole.

    The middle line is there at both ends only, so that 2 * (arm + 1) sites lie around the hole.
    """
    return qt.Wire(
        qt.Square(3),
        disorder or qt.Box(0.0),
        lead_lattice=qt.Chain(),
        lead_offset=-1,
        structure=[
            qt.MissingSites(lambda x, y: (y == 1) & (x > 0.5) & (x < arm - 1.5)),
            qt.FluxTube(arm / 2, 1.4, flux),
        ],
    )


def ring_matrix(arm, flux, onsite=None):
    """The same ring by hand: sites in the order of going around, the flux on a single bond.

    The stubs of the strip's two end slices are the sites that the leads touch.
    """
    around = (
        [(0, 1), (0, 2)]
        + [(n, 2) for n in range(1, arm)]
        + [(arm - 1, 1), (arm - 1, 0)]
        + [(n, 0) for n in range(arm - 2, -1, -1)]
    )
    H = np.zeros((len(around), len(around)), complex)
    for a in range(len(around)):
        b = (a + 1) % len(around)
        H[b, a] = 1
        H[a, b] = 1
    H[0, -1] *= np.exp(2j * np.pi * flux)
    H[-1, 0] = H[0, -1].conj()
    if onsite is not None:
        H += np.diag([onsite[n, y] for n, y in around])
    return H, around.index((0, 1)), around.index((arm - 1, 1))


@pytest.mark.parametrize("arm", [3, 6])
def test_the_aharonov_bohm_ring_is_that_of_its_dense_matrix(arm):
    energy = 0.37
    values = []
    for flux in (0.0, 0.13, 0.25, 0.4, 0.5):
        wire = ring_wire(arm, flux, qt.Box(1.5))
        onsite = wire.onsite(2, range(arm), SEED)
        H, left, right = ring_matrix(arm, flux, onsite)
        exact = dense_transmission(H, energy, (left, 1), (right, 1))
        found = g_of(wire, energy, arm, [2])[0]
        assert found == pytest.approx(exact, rel=1e-11)
        values.append(found)
    assert np.ptp(values) > 0.05


def test_conductance_of_a_ring_is_periodic_and_even_in_the_flux():
    energy, arm = 0.37, 6
    disorder = qt.Box(1.0)
    at = {
        flux: g_of(ring_wire(arm, flux, disorder), energy, arm, range(3))
        for flux in (0.3, -0.3, 1.3, 0.7)
    }
    for other in (-0.3, 1.3, 0.7):  # Onsager, Byers and Yang, and both
        assert np.allclose(at[0.3], at[other], rtol=1e-12, atol=0)


def test_a_clean_ring_follows_the_formula_of_the_literature():
    # Two equal arms between Y junctions of hopping 1: with N steps in each arm and the phase
    # theta = 2 pi flux, T = |t|² of the two-path problem (Xia, PRB 45, 3593 (1992), on the lattice:
    # three chains meet in a site). Its zeros are at half a flux quantum, for every energy.
    for energy in (0.2, 0.37, 1.1):
        steps = 7  # bonds of an arm of ring_wire(6, ...)
        k, theta = np.arccos(energy / 2), 2 * np.pi * 0.21
        s = np.sin(k * steps)
        # Amplitudes on both junctions, a and b: (E - e^{ik}) a - 2 sin(k(N-1))/s a
        # - 2 cos(theta/2) sin(k)/s b = -2i sin k, and the same for b without a source.
        diagonal = energy - np.exp(1j * k) - 2 * np.sin(k * (steps - 1)) / s
        beside = 2 * np.cos(theta / 2) * np.sin(k) / s
        b = np.linalg.solve(
            np.array([[diagonal, -beside], [-beside, diagonal]]), [-2j * np.sin(k), 0]
        )[1]
        assert g_of(ring_wire(6, 0.21), energy, 6)[0] == pytest.approx(abs(b) ** 2, rel=1e-11)
        assert g_of(ring_wire(6, 0.5), energy, 6)[0] < 1e-20


GAUGES = [
    lambda x, y: 0.8 * np.sin(0.9 * x) * np.cos(y),
    lambda x, y: np.where((x > 1.5) & (x < 4.5), 1.3 * y**2, 0.0),
]


@pytest.mark.parametrize("number", range(len(GAUGES)))
@pytest.mark.parametrize("lattice", [qt.Square(5), qt.Honeycomb(4, "armchair")], ids=repr)
def test_the_gauge_of_a_tube_and_of_a_field_is_free(number, lattice):
    length = 7
    end = (length - 1) * lattice.period

    def chi(x, y):
        inside = (x > lattice.period) & (x < end)
        return np.where(inside, GAUGES[number](x, y), 0.0)

    def turned(x1, y1, x2, y2):
        return np.exp(1j * (chi(x2, y2) - chi(x1, y1)))

    structure = [
        qt.FluxTube(3.3 * lattice.period, 1.13, 0.23),
        qt.LocalField(lambda x, y: 0.05 * np.exp(-((x - end / 2) ** 2) - (y - 1) ** 2)),
    ]
    wire = qt.Wire(lattice, qt.Box(1.0), structure=structure)
    other = replace(wire, structure=[*structure, qt.ChangedBonds(turned)])
    assert np.allclose(
        g_of(wire, 0.47, length, range(3)), g_of(other, 0.47, length, range(3)), rtol=1e-11, atol=0
    )
    assert not np.allclose(
        g_of(wire, 0.47, length, range(3)),
        g_of(replace(wire, structure=()), 0.47, length, range(3)),
        rtol=1e-3,
    )


@pytest.mark.parametrize("method", ["transfer", "recursive"])
def test_a_tube_by_another_way_out_is_the_same(method):
    # The string of phases may leave upwards, as in FluxTube, or downwards.
    x, y, flux = 3.5, 1.5, 0.31

    def down(x1, y1, x2, y2):
        across = (np.sign(x2 - x) - np.sign(x1 - x)) / 2
        return np.exp(2j * np.pi * flux * across * ((y1 + y2) / 2 < y))

    up = qt.Wire(qt.Square(4), qt.Box(1.0), structure=[qt.FluxTube(x, y, flux)])
    other = replace(up, structure=[qt.ChangedBonds(down)])
    found = [g_of(wire, 0.47, 8, range(3), method=method) for wire in (up, other)]
    assert np.allclose(*found, rtol=1e-11, atol=0)


def test_a_constant_field_of_position_is_the_flux_in_the_sample():
    wire = qt.Wire(qt.Square(5), qt.Box(1.0), flux=0.03, field_in_leads=False)
    local = replace(wire, flux=0.0, structure=[qt.LocalField(lambda x, y: 0.03)])  # noqa: ARG005 - constant
    assert np.allclose(
        g_of(wire, 0.47, 9, range(3)), g_of(local, 0.47, 9, range(3)), rtol=1e-11, atol=0
    )


def test_flux_and_tube_add_up():
    # Half of a field everywhere and half of it as tubes is the whole field.
    tubes = [qt.FluxTube(n + 0.5, y + 0.5, 0.02) for n in range(5) for y in range(3)]
    wire = qt.Wire(qt.Square(4), qt.Box(1.0), flux=0.02, field_in_leads=False, structure=tubes)
    whole = replace(wire, flux=0.04, structure=())
    assert np.allclose(
        g_of(wire, 0.47, 6, range(3)), g_of(whole, 0.47, 6, range(3)), rtol=1e-11, atol=0
    )


def test_structure_of_no_effect_is_the_clean_wire():
    plain = qt.Wire(qt.Square(5), (qt.Box(1.0), qt.RandomHopping(0.4)))
    nothing = [
        qt.ChangedBonds(lambda *_: 1.0),
        qt.FluxTube(2.5, 1.5, 1.0),
        qt.TunnelContact(1.0, "left"),
        qt.MissingSites(lambda x, y: x < -1),  # noqa: ARG005 - elementwise
        qt.Strain(lambda x, y: (0.3 + 0 * x, 0 * y)),
    ]
    wire = replace(plain, structure=nothing)
    ours, bare = (qt.ln_conductance(one, 0.47, [4, 12], range(3), SEED) for one in (wire, plain))
    assert np.abs(ours - bare).max() < 1e-11


def test_missing_sites_are_missing_and_not_high():
    """A narrow wire within a wide one is the narrow one, to the last digits that remain."""
    wide = qt.Wire(
        qt.Square(7),
        lead_lattice=qt.Square(3),
        lead_offset=-2,
        structure=[qt.MissingSites(lambda x, y: np.abs(y - 3) > 1.5)],  # noqa: ARG005 - elementwise
    )
    onsite = np.random.default_rng(3).uniform(-0.5, 0.5, (9, 7))
    wide = replace(wide, disorder=qt.Fixed(onsite))
    narrow = qt.Wire(qt.Square(3), qt.Fixed(onsite[:, 2:5]))
    ours, exact = (g_of(one, 0.47, 9)[0] for one in (wide, narrow))
    assert abs(ours - exact) < 1e-13
    wall = qt.Billiard(lambda x, y: np.abs(y - 3) < 1.5)  # noqa: ARG005 - elementwise
    high = g_of(replace(wide, structure=(), gates=[wall]), 0.47, 9)[0]
    assert 1e-9 < abs(high - exact) < 1e-5


def test_missing_sites_at_both_ends():
    """Leads wider than what is left of the sample: bonds of the lead to nothing end there."""
    length, M, energy = 4, 5, 0.47
    structure = [qt.MissingSites(lambda x, y: ((x == 0) & (y < 2)) | ((x == 3) & (y > 2)))]
    wire = qt.Wire(qt.Square(M), qt.Box(1.0), structure=structure)
    slices = wire.slices()
    leads = qt.sample_with_leads(qt.Wire(qt.Square(M)), energy, 1, [0], 1).leads
    onsite = wire.onsite(0, range(length), SEED)
    there = np.flatnonzero(onsite.ravel() < 100)
    H = np.zeros((length * M, length * M), complex)
    for n in range(length):
        here = slice(n * M, (n + 1) * M)
        H[here, here] = slices.h + np.diag(onsite[n])
        if n + 1 < length:
            H[here, (n + 1) * M : (n + 2) * M] = slices.v
    H = np.triu(H) + np.triu(H, 1).conj().T
    # The last slice of each lead is taken into the matrix, so that its bonds can end.
    big = np.zeros(((length + 2) * M,) * 2, complex)
    big[M:-M, M:-M] = H
    big[:M, :M] = slices.lead_h + leads.left.sigma
    big[-M:, -M:] = slices.lead_h + leads.right.sigma
    for a, b in ((0, 1), (length, length + 1)):
        big[a * M : (a + 1) * M, b * M : (b + 1) * M] = slices.v
        big[b * M : (b + 1) * M, a * M : (a + 1) * M] = slices.v.conj().T
    kept = np.concatenate([np.arange(M), M + there, np.arange(M) + (length + 1) * M])
    G = np.linalg.inv(energy * np.eye(len(kept)) - big[np.ix_(kept, kept)])[:M, -M:]
    gamma = [1j * (one.sigma - one.sigma.conj().T) for one in leads]
    exact = np.trace(gamma[0] @ G @ gamma[1] @ G.conj().T).real
    assert g_of(wire, energy, length)[0] == pytest.approx(exact, rel=1e-12)


def test_all_lengths_at_once_end_with_their_own_contact():
    structure = [
        qt.TunnelContact(0.3, "left"),
        qt.TunnelContact(0.6, "right"),
        qt.TunnelContact(0.5, 2.5),
    ]
    wire = qt.Wire(qt.Square(4), qt.Box(1.0), structure=structure)
    lengths = [4, 5, 30]
    together = qt.scattering(wire, 0.47, lengths, [0, 1], SEED)
    slow = qt.scattering(wire, 0.47, lengths, [0, 1], SEED, method="recursive")
    assert qt.choose(wire).method == "transfer"
    assert np.abs(together.ln_g - slow.ln_g).max() < 1e-10
    assert together.certificate.max() < 1e-9
    for j, length in enumerate(lengths):
        alone = qt.ln_conductance(wire, 0.47, [length], [0, 1], SEED)[:, 0]
        assert np.array_equal(alone, together.ln_g[:, j])


@pytest.mark.parametrize("t", [1e-3, 1e-8])
def test_very_weak_contacts_keep_all_digits(t):
    structure = [qt.TunnelContact(t, 3.5), qt.TunnelContact(t, 8.5), qt.TunnelContact(t, "left")]
    wire = qt.Wire(qt.Square(6), qt.Box(1.0), structure=structure)
    fast = qt.scattering(wire, 0.47, [12], range(4), SEED)
    slow = qt.scattering(wire, 0.47, [12], range(4), SEED, method="recursive")
    assert (np.abs(fast.ln_g - slow.ln_g) <= fast.certificate + slow.certificate).all()
    assert not fast.suspect.any()
    assert fast.certificate.max() < 1e-7


CUT = {
    "a slice is missing": [qt.MissingSites(lambda x, y: x == 2)],  # noqa: ARG005 - elementwise
    "no bonds": [qt.ChangedBonds(lambda x1, y1, x2, y2: np.where(x1 + x2 == 5, 0.0, 1.0))],  # noqa: ARG005 - elementwise
    "a closed contact": [qt.TunnelContact(0.0, "right")],
    "a closed plane": [qt.TunnelContact(0.0, 1.5)],
    "two halves that do not meet": [
        qt.MissingSites(lambda x, y: ((x == 1) & (y < 2)) | ((x == 2) & (y > 1)))
    ],
}


@pytest.mark.parametrize("name", CUT)
def test_a_wire_that_is_cut_apart_is_refused(name):
    wire = qt.Wire(qt.Square(4), qt.Box(1.0), structure=CUT[name])
    message = "at a length of 6 slices no path of bonds leads from the left lead to the right one"
    for ask in (qt.ln_conductance, qt.ln_transmission_eigenvalues, qt.scattering):
        with pytest.raises(qt.InputError, match=re.escape(message)):
            ask(wire, 0.47, [6], [0], SEED)
    (S,) = qt.scattering_matrices(wire, 0.47, [6], [0], SEED)
    assert S.g[0] == 0
    assert S.defect.max() < 1e-12
    assert qt.closed_sample(wire, 6, 0, SEED).H.shape == (24, 24)


def test_what_is_open_is_not_refused():
    for structure, is_carried in (
        ([qt.MissingSites(lambda x, y: ((x == 1) & (y < 2)) | ((x == 3) & (y > 1)))], True),
        (
            [qt.ChangedBonds(lambda x1, y1, x2, y2: np.where((x1 + x2 == 5) & (y1 > 0), 0.0, 1.0))],  # noqa: ARG005 - elementwise
            False,
        ),
        ([qt.TunnelContact(lambda y: np.where(y == 2, 0.3, 0.0), "left")], False),
    ):
        wire = qt.Wire(qt.Square(4), qt.Box(1.0), structure=structure)
        refuse_unless_passing(wire, [3, 6])
        fast, slow = (
            qt.scattering(wire, 0.47, [6], [0, 1], SEED, method=method)
            for method in ("auto", "recursive")
        )
        assert np.isfinite(fast.ln_g).all()
        assert np.allclose(fast.ln_g, slow.ln_g, rtol=0, atol=1e-12 if is_carried else 0)
        if is_carried:
            continue
        with pytest.raises(qt.InputError, match="use method='recursive'"):
            qt.scattering(wire, 0.47, [6], [0], SEED, method="transfer")


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("middle", [0, 3])
def test_levels_of_a_closed_sample_are_those_of_what_is_left(periodic, middle):
    def hole(x, y):
        return (x - middle) ** 2 + (y - 2) ** 2 < 2.5

    wire = qt.Wire(qt.Square(5), qt.Box(1.0), structure=[qt.MissingSites(hole)])
    closed = qt.closed_sample(wire, 7, 0, SEED, periodic=periodic)
    bare = qt.closed_sample(replace(wire, structure=()), 7, 0, SEED, periodic=periodic).H.toarray()
    x, y = np.meshgrid(np.arange(7), np.arange(5), indexing="ij")
    left = np.flatnonzero(~hole(x, y).ravel())
    exact = np.linalg.eigvalsh(bare[np.ix_(left, left)])
    levels = observe.eigenvalues(closed.H)
    assert np.abs(levels[: len(left)] - exact).max() < 1e-8
    assert np.allclose(levels[len(left) :], 2.0**20, rtol=1e-12)


def test_kernel_polynomials_know_nothing_of_missing_sites():
    def hole(x, y):
        return (x - 10) ** 2 + (y - 10) ** 2 < 20

    wire = qt.Wire(
        qt.Square(21), qt.Box(1.0), structure=[qt.MissingSites(hole), qt.FluxTube(10.5, 10.5, 0.3)]
    )
    found = observe.bulk_density_ensemble(wire, [0.5], 21, [0], SEED, moments=64, vectors=64)
    bare = qt.closed_sample(wire, 21, 0, SEED).H.toarray()
    there = np.flatnonzero(bare.diagonal().real < 100)
    exact = np.linalg.eigvalsh(bare[np.ix_(there, there)])
    # Counted in a window of the kernel's width.
    near = (np.abs(exact - 0.5) < 0.25).mean() / 0.5
    assert found.values.ravel()[0] == pytest.approx(near, rel=0.15)


def test_lyapunov_exponents_of_bonds_that_alternate():
    # ln of the growth per two slices at E = 0: 2 |ln(t1/t2)| for the two sublattices, +-.
    def alternate(x1, y1, x2, y2):  # noqa: ARG001 - elementwise
        return np.where(np.minimum(x1, x2) % 2 == 0, 1.0, 0.6)

    wire = qt.Wire(qt.Chain(), structure=[qt.ChangedBonds(alternate)])
    found = observe.lyapunov(wire, 0.0, 400, range(8), SEED, skip=20)
    assert np.allclose(found.exponents, abs(np.log(0.6)) / 2, rtol=0, atol=1e-3)
    holes = qt.Wire(qt.Square(3), structure=[qt.MissingSites(lambda x, y: (x == 3) & (y == 1))])
    with pytest.raises(qt.InputError, match="lyapunov has no transfer matrix through missing"):
        observe.lyapunov(holes, 0.5, 100, range(8), SEED)


def test_currents_flow_around_a_hole_and_are_conserved():
    wire = qt.Wire(
        qt.Square(5),
        qt.Box(1.0),
        structure=[
            qt.MissingSites(lambda x, y: (np.abs(x - 4) < 1.5) & (np.abs(y - 2) < 1)),
            qt.FluxTube(4.5, 2.5, 0.2),
        ],
    )
    sample = qt.sample_with_leads(wire, 0.47, 9, [0, 1], SEED)
    density = observe.local_density_of_states(sample)
    assert np.abs(density[3:6, :, 2]).max() < 1e-30
    N = sample.leads.left.channels
    current = observe.bond_currents(sample, observe.scattering_states(sample)[..., :N])
    assert np.allclose(current.through, g_of(wire, 0.47, 9, [0, 1]), rtol=1e-11)


STRIP, TUBE = qt.Square(4), qt.FluxTube(5.5, 1.5, 0.3)
INSIDE = (TUBE, qt.TunnelContact(0.4, 3.5))
ALL = (*INSIDE, qt.TunnelContact(0.5, "right"))
WIRES = {
    "strip": qt.Wire(STRIP, qt.Box(1.0), structure=ALL),
    "real structure": qt.Wire(STRIP, qt.Box(1.0), structure=[qt.TunnelContact(0.4, 3.5)]),
    "cylinder": qt.Wire(
        qt.Square(5, periodic=True), qt.Box(1.0), structure=[qt.TunnelContact(0.4, 3.5)]
    ),
    "strong disorder": qt.Wire(STRIP, qt.Box(15.0), structure=ALL),
    "doped leads": qt.Wire(STRIP, qt.Box(1.0), lead_shift=-0.4, structure=ALL),
    "split spins": qt.Wire(STRIP, qt.Box(1.0), terms=(qt.Zeeman(0.1, 0.2, 0.15),), structure=ALL),
    "Rashba": qt.Wire(STRIP, qt.Box(1.0), terms=(qt.Rashba(0.3),), structure=ALL),
    "SU(2)": qt.Wire(STRIP, (qt.Box(1.0), qt.RandomSU2()), structure=ALL),
    "random hopping": qt.Wire(STRIP, (qt.Box(1.0), qt.RandomHopping(0.5)), structure=ALL),
    "field": qt.Wire(STRIP, qt.Box(1.0), flux=0.03, structure=ALL),
    "field in the sample": qt.Wire(
        STRIP, qt.Box(1.0), flux=0.03, field_in_leads=False, structure=ALL
    ),
    "bar": qt.Wire(qt.Cubic(3, 2), qt.Box(1.0), structure=ALL),
    "gates": qt.Wire(STRIP, qt.Gaussian(0.5), gates=[qt.CoshBarrier(0.5, 2.0, 6.0)], structure=ALL),
    "vacancies": qt.Wire(STRIP, (qt.Box(1.0), qt.Vacancies(0.05)), structure=INSIDE),
}


@pytest.mark.parametrize("name", WIRES)
def test_both_solvers_agree(name):
    wire, lengths = WIRES[name], [8, 12, 13]
    assert qt.choose(wire).method == "transfer"
    fast = qt.scattering(wire, 0.47, lengths, [0, 3], SEED)
    slow = qt.scattering(wire, 0.47, lengths, [0, 3], SEED, method="recursive")
    assert (np.abs(fast.ln_g - slow.ln_g) <= fast.certificate + slow.certificate).all()
    assert np.abs(fast.ln_g - slow.ln_g).max() < 1e-9
    assert np.abs(fast.reflection - slow.reflection).max() < 1e-9
    ln_T = qt.ln_transmission_eigenvalues(wire, 0.47, lengths, [0, 3], SEED)
    assert np.allclose(np.exp(ln_T).sum(axis=2), np.exp(fast.ln_g), rtol=1e-9)


def test_layers_behind_contacts_are_solved_one_by_one():
    layer = qt.Square(3)
    two = np.kron(np.eye(2), layer.transverse())
    places = [(0, y, z) for z in (0, 1) for y in range(3)]
    contacts = [qt.TunnelContact(lambda y, z: 0.3 + 0.2 * z + 0 * y, "left")]
    wire = qt.Wire(qt.Custom(two, np.eye(6), places), qt.Box(1.0), structure=contacts)
    onsite = wire.onsite(0, range(8), SEED)
    parts = [
        qt.Wire(
            layer, qt.Fixed(onsite[:, 3 * z : 3 * z + 3]), structure=[qt.TunnelContact(t, "left")]
        )
        for z, t in ((0, 0.3), (1, 0.5))
    ]
    assert g_of(wire, 0.47, 8)[0] == pytest.approx(
        sum(g_of(one, 0.47, 8)[0] for one in parts), rel=1e-12
    )


def test_bits_depend_neither_on_other_lengths_nor_on_how_many_slices_are_made(monkeypatch):
    wide = qt.ChangedBonds(
        lambda x1, y1, x2, y2: 1 - 0.5 * np.exp(-((x1 + x2 - 40) ** 2) / 9)  # noqa: ARG005 - elementwise
    )
    for structure in ([TUBE], [qt.TunnelContact(0.3, 10.5)], [wide]):
        wire = qt.Wire(qt.Square(3), qt.Box(2.0), structure=structure)
        whole = qt.scattering(wire, 0.47, [20, 90], [0, 9], SEED)
        alone = qt.scattering(wire, 0.47, [20], [9], SEED)
        assert alone.ln_g[0, 0] == whole.ln_g[1, 0]
        assert alone.certificate[0, 0] == whole.certificate[1, 0]
        with monkeypatch.context() as patched:
            patched.setattr(fixed_hopping, "_CHUNK", 2 * (4 + 6) * 7)
            pieces = qt.scattering(wire, 0.47, [20, 90], [0, 9], SEED)
        assert np.array_equal(pieces.ln_g, whole.ln_g)


def test_a_member_of_a_family_has_its_own_structure():
    tubes = [
        qt.Wire(STRIP, qt.Gaussian(0.5), structure=[replace(TUBE, flux=flux)])
        for flux in (0.0, 0.2, 0.4)
    ]
    holes = replace(tubes[0], structure=[qt.MissingSites(lambda x, y: (x == 3) & (y == 1))])
    wires = [*tubes, holes]
    family = qt.scattering_family([(wire, 0.47) for wire in wires], [9], range(3), SEED)
    for wire, found in zip(wires, family, strict=True):
        assert np.array_equal(found.ln_g, qt.ln_conductance(wire, 0.47, [9], range(3), SEED))
    assert len({float(found.ln_g[0, 0]) for found in family}) == 4


def test_absorption_behind_contacts():
    structure = [qt.TunnelContact(0.4, "left"), qt.TunnelContact(0.6, "right")]
    wire = qt.Wire(STRIP, qt.Box(1.0), structure=structure)
    for side in ("left", "right"):
        fast, slow = (
            qt.scattering(wire, 0.47, [5, 9], [0, 1], SEED, method, 0.05, side)
            for method in ("transfer", "recursive")
        )
        assert np.abs(fast.ln_g - slow.ln_g).max() < 1e-10
        assert np.abs(fast.reflection - slow.reflection).max() < 1e-10
        assert (np.exp(fast.ln_g) + fast.reflection < fast.channels - 1e-3).all()


def test_probes_and_delay_times_know_nothing_of_missing_sites():
    """Of a strip whose outer line is missing they are those of the narrower strip."""
    wire = qt.Wire(
        STRIP,
        qt.Box(1.0),
        lead_lattice=qt.Square(3),
        structure=[qt.MissingSites(lambda x, y: y == 3)],  # noqa: ARG005 - elementwise
    )
    narrow = qt.Wire(qt.Square(3), qt.Fixed(wire.onsite(0, range(6), SEED)[:, :3]))
    for absorption, ask in (
        (0.1, observe.dephased_conductance),
        (0.0, observe.density_of_states),
        (0.0, observe.caroli),
        (0.0, lambda sample: np.linalg.eigvalsh(observe.wigner_smith(sample))),
    ):
        ours, exact = (
            ask(qt.sample_with_leads(one, 0.47, 6, [0], SEED, absorption)) for one in (wire, narrow)
        )
        assert np.allclose(ours, exact, rtol=1e-10, atol=0)
