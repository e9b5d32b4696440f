"""Ensembles of Kwant systems: disorder by address, through params, between two leads."""

import importlib.util
import pickle
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

import qtcore as qt
from qtcore.model.address import uniforms, uniforms_at
from qtcore.solve import kwant_scattering as solver


def module(name):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


drawn = module("kwant_drawn")


class Family:
    canonical_repr = "1([[1, 0], [0, 1]], [0, 0], '', 1)"


class Site:
    def __init__(self, *tag):
        self.tag, self.family = tag, Family


class Lead:
    parameters = frozenset()

    def __init__(self, h, hop):
        self.h, self.hop = np.asarray(h, complex), np.asarray(hop, complex)

    def cell_hamiltonian(self, params=None):
        del params
        return self.h

    def inter_cell_hopping(self, params=None):
        del params
        return self.hop


class Strip:
    """A strip between leads of its own width, `orbitals` on each site, as Kwant would finalize it."""

    parameters = frozenset({"shift"})

    def __init__(self, width=3, length=8, orbitals=1, first=0, inside=None):
        self.shape = width, length, orbitals
        one, own = np.eye(orbitals), np.zeros((orbitals,) * 2) if inside is None else inside
        across = -np.diag(np.ones(width - 1), 1) - np.diag(np.ones(width - 1), -1)
        self.h = np.kron(across, one) + np.kron(np.eye(width), own)
        along = -np.diag(np.ones(length - 1), 1) - np.diag(np.ones(length - 1), -1)
        self.H = np.kron(np.eye(length), self.h) + np.kron(along, np.eye(width * orbitals))
        self.norbs = [orbitals] * (width * length)
        self.sites = [Site(first + x, y) for x in range(length) for y in range(width)]
        self.leads = [Lead(self.h, -np.eye(width * orbitals))] * 2
        ends = np.arange(width)
        self.lead_interfaces = [ends, width * (length - 1) + ends]

    def hamiltonian_submatrix(self, sparse=False, return_norb=False, params=None):
        assert sparse
        assert return_norb
        H = self.H.copy()
        # The value function of a parameter: it shifts the middle of the strip.
        middle = len(H) // 2
        H[middle, middle] += params["shift"]
        return coo(H), self.norbs, self.norbs


coo = sparse.coo_matrix
FIXED = {"shift": 0.0}


def as_wire(values):
    """ln g of the same strip as a wire with on-site values (slice, site)."""
    wire = qt.Wire(qt.Square(values.shape[1]), qt.Fixed(values))
    return qt.ln_conductance(wire, 0.6, [len(values)], [0], 0, "recursive")[0, 0]


def values_of(ensemble, realization, seed):
    """On-site values that disorder gives a strip of one orbital, (slice, site)."""
    width, length, _ = ensemble.system.shape
    total = np.zeros(width * length)
    for part in ensemble.entries(ensemble.clean.matrices, [realization], seed):
        np.add.at(total, part.rows, part.values[:, 0].real)
    return total.reshape(length, width)


KINDS = [
    qt.Box(2.0),
    qt.Gaussian(0.8),
    qt.Cauchy(0.2),
    qt.Binary(1.5, 0.4),
    qt.Vacancies(0.1),
    (qt.Box(1.0), qt.Binary(1.0, 0.3)),
    qt.OnSites(qt.Box(3.0), where=lambda site: 2 <= site.tag[0] < 6),
]


@pytest.mark.parametrize("disorder", KINDS)
def test_the_numbers_of_a_wire_with_the_same_values(disorder):
    # The recursive solver and the front share nothing but the values and the leads.
    ensemble = qt.KwantEnsemble(Strip(), disorder, FIXED)
    found = qt.kwant_scattering(ensemble, 0.6, range(11), seed=5)
    for realization in range(11):
        expected = as_wire(values_of(ensemble, realization, 5))
        error = abs(found.ln_g[realization] - expected)
        assert error <= max(found.certificate[realization], 1e-8)
    assert not found.suspect.any()
    assert found.certificate.max() < 1e-6
    np.testing.assert_allclose(np.exp(found.ln_g) + found.reflection, found.channels, rtol=1e-11)


def test_values_are_those_of_the_kind_at_the_numbers_of_the_sites():
    ensemble = qt.KwantEnsemble(Strip(), qt.Box(2.0), FIXED)
    values = np.array([values_of(ensemble, r, 5) for r in range(2000)])
    assert np.abs(values).max() <= 1.0
    # 48,000 values of variance W²/12: the mean square has a standard error of 0.4 %.
    assert np.mean(values**2) == pytest.approx(1 / 3, rel=0.02)
    flat = values.reshape(2000, -1)
    together = np.corrcoef(flat.T) - np.eye(flat.shape[1])
    assert np.abs(together).max() < 5 / np.sqrt(2000)


def test_consecutive_numbers_have_the_values_of_slices():
    key, samples = np.array([3, 4], np.uint64), np.arange(11, dtype=np.uint64)
    at = np.array([7, 4, 5, 6, 2**40 + 1])
    found = uniforms_at(key, samples, at)
    assert np.array_equal(found[[1, 2, 3, 0]], uniforms(key, samples, 4, 4))
    assert np.array_equal(found[4], uniforms(key, samples, 2**40 + 1, 1)[0])


def test_a_realization_has_the_same_bits_whatever_is_asked_with_it():
    disorder = (qt.Box(2.0), qt.OnSites(qt.Gaussian(0.5), where=lambda site: site.tag[1] == 1))
    ensemble = qt.KwantEnsemble(Strip(), disorder, FIXED)
    whole = qt.kwant_scattering(ensemble, 0.6, range(20), seed=5, eigenvalues=True)
    other = qt.KwantEnsemble(Strip(), disorder, FIXED)
    for some in ([13], [19, 3], range(5, 16)):
        part = qt.kwant_scattering(other, 0.6, some, seed=5, eigenvalues=True)
        for name in ("ln_g", "reflection", "certificate", "suspect", "ln_T"):
            assert np.array_equal(getattr(part, name), getattr(whole, name)[list(some)])
    assert not np.array_equal(
        whole.ln_g, qt.kwant_scattering(ensemble, 0.6, range(20), seed=6).ln_g
    )


class Branched(Strip):
    """A strip whose right lead touches its third slice, so that no lead is eliminated last."""

    def __init__(self):
        super().__init__(width=2, length=6)
        self.lead_interfaces = [np.arange(2), 4 + np.arange(2)]


class WithIsland(Branched):
    """The same and two sites of their own, as after cutting a system out of a lattice."""

    def __init__(self, first):
        super().__init__()
        sites, far = len(self.norbs), [Site(90, 0), Site(91, 0)]
        order = np.arange(sites)
        order[order >= first] += 2
        H = np.zeros((sites + 2,) * 2)
        H[np.ix_(order, order)] = self.H
        H[first, first + 1] = H[first + 1, first] = -1.0
        self.H, self.norbs = H, [1] * (sites + 2)
        self.sites[first:first] = far
        self.lead_interfaces = [order[ends] for ends in self.lead_interfaces]
        self.order = order


@pytest.mark.parametrize("first", [0, 5, 12])
def test_an_island_that_no_lead_reaches_changes_nothing(first):
    system = WithIsland(first)
    island = qt.KwantEnsemble(system, qt.Box(2.0), FIXED)
    alone = qt.KwantEnsemble(Branched(), qt.Box(2.0), FIXED)
    values = values_of(alone, 4, 5).ravel()
    mine = island.entries(island.clean.matrices, [4], 5)[0].values[:, 0].real
    assert np.array_equal(mine[system.order], values)
    found, expected = (qt.kwant_scattering(one, 0.6, range(11), seed=5) for one in (island, alone))
    np.testing.assert_allclose(found.ln_g, expected.ln_g, rtol=0, atol=1e-12)
    many, matrices = (
        solve(island, 0.6, range(11), seed=5)
        for solve in (qt.kwant_terminals, qt.kwant_scattering_matrices)
    )
    np.testing.assert_allclose(many.ln_T[:, 1, 0], expected.ln_g, rtol=0, atol=1e-12)
    np.testing.assert_allclose(matrices.ln_g, expected.ln_g, rtol=0, atol=1e-12)


def test_a_site_has_the_same_values_in_every_system_that_it_belongs_to():
    short, long = (qt.KwantEnsemble(Strip(length=length), qt.Box(2.0), FIXED) for length in (8, 12))
    moved = qt.KwantEnsemble(Strip(length=8, first=4), qt.Box(2.0), FIXED)
    values = values_of(long, 3, 5)
    assert np.array_equal(values_of(short, 3, 5), values[:8])
    assert np.array_equal(values_of(moved, 3, 5), values[4:])


def test_kinds_that_come_twice_are_independent():
    twice = qt.KwantEnsemble(Strip(), (qt.Box(2.0), qt.Box(2.0)), FIXED)
    first, second = twice.entries(twice.clean.matrices, [0], 5)
    assert not np.isclose(first.values, second.values).any()


def test_a_matrix_of_the_orbitals():
    SX, SZ = np.array([[0, 1], [1, 0]]), np.diag([1.0, -1.0])
    strip = Strip(width=2, length=5, orbitals=2, inside=0.3 * SX)
    ensemble = qt.KwantEnsemble(strip, qt.OnSites(qt.Box(2.0), matrix=SZ), FIXED)
    found = qt.kwant_scattering(ensemble, 0.6, range(6), seed=5)
    sites = ensemble.entries(ensemble.clean.matrices, range(6), 5)[0]
    for realization in range(6):
        one = Strip(width=2, length=5, orbitals=2, inside=0.3 * SX)
        one.H[sites.rows, sites.columns] += sites.values[:, realization].real
        S = qt.kwant_scattering_matrix(qt.KwantSystem(one, FIXED), 0.6)
        assert found.ln_g[realization] == pytest.approx(S.ln_g[0], abs=1e-12)
    ups = sites.values[sites.rows % 2 == 0].real
    assert np.array_equal(ups, -sites.values[sites.rows % 2 == 1].real)
    assert np.abs(ups).max() > 0.5
    # A matrix that couples orbitals which the clean system does not.
    flips = qt.KwantEnsemble(
        Strip(width=2, length=5, orbitals=2), qt.OnSites(qt.Box(2.0), matrix=SX), FIXED
    )
    mixed = qt.kwant_scattering_matrices(flips, 0.6, [0], seed=5)
    assert mixed.defect[0] < 1e-12
    assert np.count_nonzero(np.abs(mixed.t_prime[0]) > 1e-3) > 4
    # Disorder with a matrix of a wire says the same.
    same = qt.KwantEnsemble(strip, qt.WithMatrix(qt.Box(2.0), SZ), FIXED)
    assert np.array_equal(qt.kwant_scattering(same, 0.6, range(6), seed=5).ln_g, found.ln_g)


def of_address(seed, realization):
    return {"shift": float(np.random.default_rng([seed, realization]).normal())}


def test_params_of_the_realization():
    ensemble = qt.KwantEnsemble(Strip(), params_of=of_address)
    found = qt.kwant_scattering(ensemble, 0.6, range(11), seed=5)
    for realization in range(11):
        system = qt.KwantSystem(Strip(), of_address(5, realization))
        S = qt.kwant_scattering_matrix(system, 0.6)
        assert found.ln_g[realization] == pytest.approx(S.ln_g[0], abs=1e-12)
        assert found.reflection[realization] == pytest.approx(S.reflection[0], abs=1e-12)
    some = qt.kwant_scattering(ensemble, 0.6, [10, 2], seed=5)
    assert np.array_equal(some.ln_g, found.ln_g[[10, 2]])


def test_params_and_disorder_at_once():
    ensemble = qt.KwantEnsemble(Strip(), qt.Box(1.0), params_of=of_address)
    found = qt.kwant_scattering(ensemble, 0.6, range(3), seed=5)
    plain = qt.KwantEnsemble(Strip(), qt.Box(1.0), FIXED)
    for realization in range(3):
        values = values_of(plain, realization, 5)
        middle = Strip().H.shape[0] // 2
        values.ravel()[middle] += of_address(5, realization)["shift"]
        assert found.ln_g[realization] == pytest.approx(as_wire(values), abs=1e-11)


def test_scattering_matrices_hold_what_sums_say():
    ensemble = qt.KwantEnsemble(Strip(), qt.Box(2.0), FIXED)
    S = qt.kwant_scattering_matrices(ensemble, 0.6, range(9), seed=5)
    found = qt.kwant_scattering(ensemble, 0.6, range(9), seed=5, eigenvalues=True)
    np.testing.assert_allclose(S.ln_g, found.ln_g, atol=1e-12)
    np.testing.assert_allclose(S.reflection, found.reflection, atol=1e-12)
    np.testing.assert_allclose(S.ln_eigenvalues, found.ln_T, atol=1e-9)
    assert S.defect.max() < 1e-12
    one = qt.kwant_sample(ensemble, 0.6, realization=4, seed=5)
    system = qt.KwantSystem(Strip(), FIXED)
    clean = qt.kwant_scattering_matrix(system, 0.6).matrix()[0]
    np.testing.assert_allclose(one.scattering_matrix([0, 1]), S.matrix()[4], atol=1e-12)
    single = qt.kwant_terminals(system, 0.6)
    np.testing.assert_allclose(single.S[0], clean, atol=1e-12)


def test_reciprocity_of_a_system_without_a_field():
    ensemble = qt.KwantEnsemble(Strip(), qt.Box(2.0), FIXED)
    S = qt.kwant_scattering_matrices(ensemble, 0.6, range(4), seed=5)
    there = np.linalg.svd(S.t_prime, compute_uv=False)
    np.testing.assert_allclose(there, np.linalg.svd(S.t, compute_uv=False), rtol=1e-11)


def chain_ln_T(onsite, energy):
    """ln T of a chain with hopping -1 by its recursion, with a scale of its own."""
    wave = np.exp(1j * np.arccos(-energy / 2))
    behind, here, log_scale = wave, 1.0 + 0j, 0.0
    for value in onsite[::-1]:
        behind, here = here, -(energy - value) * here - behind
        size = abs(here) + abs(behind)
        behind, here, log_scale = behind / size, here / size, log_scale + np.log(size)
    # One slice before the sample and its first one: a wave that comes and one that goes back.
    incoming = (behind - here / wave) / (wave - 1 / wave)
    return -2 * (np.log(abs(incoming)) + log_scale)


def test_ln_g_at_any_depth():
    strip = Strip(width=1, length=400)
    ensemble = qt.KwantEnsemble(strip, qt.Box(40.0), FIXED)
    found = qt.kwant_scattering(ensemble, 0.6, range(2), seed=5, eigenvalues=True)
    assert found.ln_g.max() < -1500
    for realization in range(2):
        expected = chain_ln_T(values_of(ensemble, realization, 5)[:, 0], 0.6)
        assert found.ln_g[realization] == pytest.approx(expected, rel=1e-12)
    assert np.array_equal(found.ln_T[:, 0], found.ln_g)
    assert not found.suspect.any()


HARD = {
    "vacancies at the band centre": (qt.Vacancies(0.1), 0.0, 4),
    "an alloy whose sites lie at the energy": (qt.Binary(1.0, 0.5), 1.0, 2),
}


@pytest.mark.parametrize("name", HARD)
def test_certificates_cover_what_small_pivots_do(name):
    disorder, energy, width = HARD[name]
    ensemble = qt.KwantEnsemble(Strip(width, 30), disorder, FIXED)
    problem = solver.asked(ensemble, energy, range(24), 3, None, two_leads=True)
    _, rough = solver.from_lead_zero(problem)
    mended = qt.kwant_scattering(ensemble, energy, range(24), 3)
    errors = []
    for row in range(24):
        S, known = solver.again(problem, row)
        if known > 1e-3 or not np.isfinite(S.ln_g[0]):
            continue
        for one in (rough, mended):
            error = abs(one.ln_g[row] - S.ln_g[0])
            assert error <= one.certificate[row] + known
        errors.append(abs(rough.ln_g[row] - S.ln_g[0]))
    # The front alone is worse by far: the certificate has something to cover.
    assert max(errors) > 1e-9
    assert (rough.certificate > 1e-6).sum() > (mended.certificate > 1e-6).sum()


def ring_between_chains(flux, tail=40, arm=4):
    """A ring with a flux in the middle of a chain: at half a flux quantum nothing passes."""
    strip = Strip(width=1, length=2 * (tail + arm + 1))
    H, entrance, way_out = np.zeros(strip.H.shape, complex), tail, tail + 1 + 2 * arm
    upper, lower = (range(tail + 1 + n * arm, tail + 1 + (n + 1) * arm) for n in (0, 1))
    chains = [[*range(tail), entrance], [way_out, *range(way_out + 1, len(H))]]
    for path in (*chains, [entrance, *upper, way_out], [entrance, *lower, way_out]):
        H[path[:-1], path[1:]] = -1
    H[entrance, upper[0]] *= np.exp(2j * np.pi * flux)
    strip.H = H + H.conj().T
    return strip


@pytest.mark.parametrize("distance", [1e-3, 1e-6, 1e-9])
def test_certificates_cover_waves_that_cancel_on_the_way(distance):
    ends = qt.OnSites(qt.Box(0.4), where=lambda site: not 30 < site.tag[0] < 60)
    ensemble = qt.KwantEnsemble(ring_between_chains(0.5 - distance), ends, FIXED)
    found = qt.kwant_scattering(ensemble, 0.3, range(4), seed=3)
    problem = solver.asked(ensemble, 0.3, range(4), 3, None, two_leads=True)
    for row in range(4):
        S, known = solver.again(problem, row)
        assert abs(found.ln_g[row] - S.ln_g[0]) < found.certificate[row] + known
    # T is as small as the distance squared: both arms cancel but for 2 pi times it, and each is rounded.
    assert found.ln_g == pytest.approx(2 * np.log(distance), abs=4)
    assert found.certificate.min() > 2.0**-53 / (2 * np.pi * distance)


@pytest.mark.parametrize("offset", [0.0, 1e-12, -1e-9])
def test_at_a_threshold_the_certificate_says_what_is_known(offset):
    # The third band of a strip three sites wide begins at -2 + sqrt(2).
    energy = -2 + np.sqrt(2) + offset
    ensemble = qt.KwantEnsemble(Strip(), qt.Box(2.0), FIXED)
    found = qt.kwant_scattering(ensemble, energy, range(3), seed=5)
    whole = qt.kwant_terminals(ensemble, energy, range(3), seed=5)
    for realization in range(3):
        values = values_of(ensemble, realization, 5)
        wire = qt.Wire(qt.Square(3), qt.Fixed(values))
        known = qt.scattering(wire, energy, [8], [0], 0, "recursive")
        error = abs(found.ln_g[realization] - known.ln_g[0, 0])
        assert found.channels == known.channels
        assert error <= found.certificate[realization] + known.certificate[0, 0]
        error = abs(whole.ln_T[realization, 1, 0] - known.ln_g[0, 0])
        assert error <= whole.certificate[realization] + known.certificate[0, 0]


def test_a_sample_travels_to_a_worker():
    ensemble = pickle.loads(pickle.dumps(qt.KwantEnsemble(Strip(), qt.Box(2.0), FIXED)))
    here = qt.KwantEnsemble(Strip(), qt.Box(2.0), FIXED)
    there, found = (qt.kwant_scattering(one, 0.6, [3], seed=1).ln_g for one in (ensemble, here))
    assert np.array_equal(there, found)


def test_a_tolerance_that_is_asked_for():
    ensemble = qt.KwantEnsemble(Strip(), qt.Box(2.0), FIXED)
    found = qt.kwant_scattering(ensemble, 0.6, range(8), seed=5, tolerance=1e-10)
    assert np.array_equal(found.suspect, found.certificate > 1e-10)


def three_leads():
    strip = Strip()
    strip.leads = strip.leads[:1] * 3
    strip.lead_interfaces = [*strip.lead_interfaces, np.arange(9, 12)]
    return strip


class Unfinalized:
    def finalized(self):
        raise AssertionError


def skewed():
    strip = Strip()
    strip.H = strip.H.astype(complex)
    strip.H[0, 0] = 1j
    return strip


def lead_of(h, hop):
    strip = Strip()
    strip.leads = [strip.leads[0], Lead(h, hop)]
    return strip


def nothing_between():
    strip = Strip()
    strip.H[12:, :12] = strip.H[:12, 12:] = 0
    return strip


WRONG = {
    "unfinalized": (lambda: qt.KwantEnsemble(Unfinalized()), r"not finalized; pass builder\.f"),
    "no system": (lambda: qt.KwantEnsemble(3), "must be a finalized Kwant system .* got 3"),
    "wrapped": (
        lambda: qt.KwantEnsemble(qt.KwantSystem(Strip(), FIXED)),
        "takes the finalized system itself, and params beside it",
    ),
    "params missing": (lambda: qt.KwantEnsemble(Strip()), "needs the parameters shift; missing"),
    "params of a realization missing": (
        lambda: solve(qt.KwantEnsemble(Strip(), params_of=lambda *_: {})),
        "needs the parameters shift; missing",
    ),
    "params of a realization unknown": (
        lambda: solve(qt.KwantEnsemble(Strip(), params_of=lambda *_: {"B": 1, "shift": 0})),
        "params_of gives 'B', which no value function",
    ),
    "params twice": (
        lambda: solve(qt.KwantEnsemble(Strip(), (), FIXED, lambda *_: FIXED)),
        "'shift' comes from params and from params_of",
    ),
    "params that are none": (
        lambda: solve(qt.KwantEnsemble(Strip(), params_of=lambda *_: 3)),
        "must return a mapping .* got 3 for seed 1, realization 0",
    ),
    "params_of that is no function": (
        lambda: qt.KwantEnsemble(Strip(), params_of=3),
        r"params_of must be a function of \(seed, realization\)",
    ),
    "params of a realization that are drawn anew": (
        lambda: solve(
            qt.KwantEnsemble(
                Strip(), params_of=lambda *_: {"shift": float(np.random.default_rng().random())}
            )
        ),
        "realization 0 of seed 1 is another system when it is asked for again",
    ),
    "disorder of slices": (
        lambda: qt.KwantEnsemble(Strip(), qt.Correlated(1.0, 2.0), FIXED),
        "got Correlated.*made for the slices of a wire; give it through params_of",
    ),
    "vacancies at places": (
        lambda: qt.OnSites(qt.Vacancies(sites=[(0, 1)])),
        r"Vacancies\(concentration\)",
    ),
    "bond disorder": (lambda: qt.OnSites(qt.RandomHopping(0.1)), "disorder on the sites of a"),
    "no disorder": (lambda: qt.KwantEnsemble(Strip(), 2.0, FIXED), "disorder must be Box"),
    "a matrix that is not square": (
        lambda: qt.OnSites(qt.Box(1.0), matrix=[1.0, 2.0]),
        r"matrix must be a square array, got shape \(2,\)",
    ),
    "a matrix that is not Hermitian": (
        lambda: qt.OnSites(qt.Box(1.0), matrix=[[0, 1], [0, 0]]),
        "must be Hermitian",
    ),
    "a matrix with NaN": (lambda: qt.OnSites(qt.Box(1.0), matrix=[[np.nan]]), "must be finite"),
    "a matrix of words": (lambda: qt.OnSites(qt.Box(1.0), matrix="z"), "square array of numbers"),
    "a matrix by its name": (
        lambda: qt.KwantEnsemble(Strip(), qt.WithMatrix(qt.Box(1.0), "sigma_z"), FIXED),
        "give WithMatrix the matrix itself",
    ),
    "a matrix that does not fit": (
        lambda: solve(qt.KwantEnsemble(Strip(), qt.OnSites(qt.Box(1.0), matrix=np.eye(2)), FIXED)),
        "matrix of Box disorder has 2 rows, but site 0 .* has orbitals: 1",
    ),
    "where that is no function": (lambda: qt.OnSites(qt.Box(1.0), where=[1]), "where must be a fu"),
    "where that says no truth": (
        lambda: solve(qt.KwantEnsemble(Strip(), qt.OnSites(qt.Box(1.0), where=lambda _: 1), FIXED)),
        r"where\(site\) must return True or False, got 1",
    ),
    "three leads": (
        lambda: solve(qt.KwantEnsemble(three_leads(), (), FIXED)),
        "exactly two leads, lead 0 and lead 1; got 3; kwant_terminals takes any number",
    ),
    "no realizations": (
        lambda: qt.kwant_scattering(qt.KwantEnsemble(Strip(), (), FIXED), 0.6),
        r"needs realizations= \(such as range\(100\)\) and seed=",
    ),
    "realizations of one system": (
        lambda: qt.kwant_scattering(qt.KwantSystem(Strip(), FIXED), 0.6, range(3), 1),
        "a KwantSystem is one sample",
    ),
    "a wire": (
        lambda: qt.kwant_scattering(qt.Wire(qt.Square(3)), 0.6, range(3), 1),
        r"for a wire use scattering\(wire, ...\)",
    ),
    "an energy without modes": (
        lambda: qt.kwant_scattering(qt.KwantEnsemble(Strip(), (), FIXED), 9.0, [0], 1),
        "no open channel at energy 9 in any lead",
    ),
    "a lead without modes": (
        lambda: solve(qt.KwantEnsemble(lead_of(Strip().h + 9 * np.eye(3), -np.eye(3)), (), FIXED)),
        "no open channel at energy 0.6 in lead 1 .*kwant_terminals takes leads without",
    ),
    "not Hermitian": (
        lambda: solve(qt.KwantEnsemble(skewed(), (), FIXED)),
        "Hamiltonian of the Kwant system must be Hermitian",
    ),
    "a lead without hopping": (
        lambda: solve(qt.KwantEnsemble(lead_of(np.eye(3), np.zeros((3, 3))), (), FIXED)),
        "lead 1 of the Kwant system: a lead's slices do not couple",
    ),
    "a lead that is not Hermitian": (
        lambda: solve(qt.KwantEnsemble(lead_of(1j * np.eye(3), np.eye(3)), (), FIXED)),
        "lead 1 of the Kwant system: a lead's slice must be Hermitian",
    ),
    "nothing between the leads": (
        lambda: solve(qt.KwantEnsemble(nothing_between(), qt.Box(1.0), FIXED)),
        "nothing in the Kwant system connects its two leads",
    ),
}


def solve(ensemble):
    return qt.kwant_scattering(ensemble, 0.6, [0], seed=1)


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_refused(name):
    make, message = WRONG[name]
    with pytest.raises(qt.InputError, match=message):
        make()
