"""Each kind of disorder: its distribution, and that a value depends on its address only."""

import hashlib
import inspect
import math
import re

import numpy as np
import pytest
from scipy import stats

import qtcore as qt
import qtcore.model.disorder as model_disorder
from qtcore.model.address import onsite, uniforms
from qtcore.model.disorder import (
    Binary,
    Box,
    Cauchy,
    Correlated,
    Fixed,
    Gaussian,
    Profile,
    RandomFlux,
    RandomHopping,
    RandomPhase,
    RandomSU2,
    RemoteImpurities,
    Vacancies,
    WithMatrix,
)
from qtcore.model.disorder.contract import Disorder
from qtcore.model.gates import CoshBarrier
from qtcore.model.lattice import Chain, Cubic, Custom, Honeycomb, Square
from qtcore.model.removed import REMOVED
from qtcore.model.terms import Rashba
from qtcore.model.wire import Wire
from qtcore.units import LANES

SEED = 7
KINDS = [
    Box(2.0),
    Gaussian(0.7),
    Cauchy(0.5),
    Binary(1.5, 0.2),
    Vacancies(0.05),
    Vacancies(sites=[(3, 1), (12, 0)]),
    Correlated(0.8, 0.6),
    Correlated(0.8, 2.9),
    RemoteImpurities(0.4, 1.5),
    Fixed(np.arange(400.0).reshape(100, 4)),
    Fixed(lambda x, y, *_: np.cos(x) + y),
    Profile(Gaussian(0.7), lambda x, y, *_: np.where(x < 20, 0.0, 1.0 + 0.1 * y)),
]
WIDER = {
    Square(4): Square(4),
    Square(4, periodic=True): Square(4, periodic=True),
    Cubic(2, 2): Cubic(3, 3, periodic=(True, False)),
    Honeycomb(2): Honeycomb(4),
    Honeycomb(2, "armchair"): Honeycomb(6, "armchair"),
}


ZERO = {
    Box: [Box(0.0)],
    Gaussian: [Gaussian(0.0)],
    Cauchy: [Cauchy(0.0)],
    Binary: [Binary(0.0, 0.2), Binary(1.5, 0.0), Binary(1.5, 1.0)],
    Vacancies: [Vacancies(0.0), Vacancies(1.0), Vacancies(0.2, energy=0.0)],
    Correlated: [Correlated(0.0, 0.6)],
    RemoteImpurities: [RemoteImpurities(0.0, 1.5)],
    Fixed: [Fixed([[0.1, 0.2, 0.3, 0.4]] * 60)],
    RandomHopping: [RandomHopping(0.0)],
    RandomPhase: [RandomPhase(0.0)],
    RandomFlux: [RandomFlux(0.0)],
    RandomSU2: [],  # has no strength
    Profile: [Profile(Box(0.0), np.hypot)],
    WithMatrix: [WithMatrix(Box(0.0), "sigma_x"), WithMatrix(Binary(0.5, 1.0), "sigma_z")],
}
"""Every kind with parameters that leave nothing to chance."""


def numbers(*realizations):
    return np.array(realizations, dtype=np.uint64)


@pytest.mark.parametrize("lattice", WIDER)
@pytest.mark.parametrize("disorder", KINDS)
def test_a_value_depends_on_its_address_only(disorder, lattice):
    if isinstance(disorder, Correlated | RemoteImpurities) and lattice.sites == 4:
        # Wide enough for every correlation length of the list.
        lattice = WIDER[lattice]
    wire = Wire(lattice, disorder)
    sites = lattice.sites
    whole = wire.potential_of(numbers(3, 2**33 + 1, 9), 0, 60, SEED)
    assert whole.shape == (60, sites, 3)
    for first, slices in ((0, 1), (0, 17), (17, 43), (41, 2), (11, 3), (59, 1)):
        part = wire.potential_of(numbers(3, 2**33 + 1, 9), first, slices, SEED)
        assert np.array_equal(part, whole[first : first + slices])
    alone = wire.potential_of(numbers(9), 13, 9, SEED)
    assert np.array_equal(alone[:, :, 0], whole[13:22, :, 2])
    group = wire.potential_of(numbers(*range(20), 9), 5, 3, SEED)
    assert np.array_equal(group[:, :, [3, 9, 20]], whole[5:8][:, :, [0, 2, 2]])
    assert np.array_equal(wire.onsite(3, [50, 2, 7], SEED), whole[[50, 2, 7], :, 0])
    random = any(d.random for d in wire.disorders)
    assert (np.ptp(whole, axis=2).max() > 0) == random
    assert wire.potential_of(numbers(), 0, 3, SEED).shape == (3, sites, 0)
    assert wire.potential_of(numbers(1), 0, 0, SEED).shape == (0, sites, 1)


def test_the_list_of_kinds_without_strength_is_complete():
    public = {getattr(model_disorder, name) for name in model_disorder.__all__}
    kinds = {kind for kind in public if isinstance(kind, type) and issubclass(kind, Disorder)}
    assert {kind for kind in kinds if not inspect.isabstract(kind)} == set(ZERO)


@pytest.mark.parametrize("zero", [one for several in ZERO.values() for one in several])
def test_a_kind_of_zero_strength_says_that_it_is_not_random(zero):
    """Only the box said so, and a clean point cost as many realizations as the others."""
    wire = Wire(Square(4), zero)
    assert not zero.random
    assert np.ptp(wire.potential_of(numbers(*range(8)), 0, 60, SEED), axis=2).max() == 0
    hopping = wire.hopping_of(numbers(*range(8)), 0, 60, SEED)
    for entries in (hopping.inside.values, hopping.ahead.values):
        assert (entries == entries[:, :, :1]).all()


def test_box_keeps_the_bits_that_it_always_had():
    wire = Wire(Square(5), Box(2.0))
    assert wire.key(7).tolist() == [1078702787, 2638966570]
    digest = hashlib.sha256(wire.onsite(11, range(101), 7).tobytes()).hexdigest()
    assert digest.startswith("1c34fa5f6ef700b6")
    wire = Wire(Square(3, periodic=True), Box(0.7))
    assert wire.key(1).tolist() == [1491073661, 1923699873]
    digest = hashlib.sha256(wire.onsite(2**40 + 1, [5, 900, 3], 1).tobytes()).hexdigest()
    assert digest.startswith("e092112eb1fdb07c")


@pytest.mark.parametrize("first", [0, 1, 7, 2**33 + 1])
@pytest.mark.parametrize("count", [1, LANES, LANES + 3])
def test_uniforms_are_the_numbers_of_the_box(first, count):
    key = Wire(Square(3), Box(1.0)).key(SEED)
    realizations = np.arange(count, dtype=np.uint64) * 2**31 + 5
    found = uniforms(key, realizations, first, 11)
    assert found.shape == (11, count)
    for column, realization in enumerate(realizations):
        assert np.array_equal(found[:, column], onsite(key, int(realization), first, 11, 1.0))


def sample(disorder, lattice=None, realizations=40, slices=2500):
    wire = Wire(lattice or Square(4), disorder)
    return wire.potential_of(np.arange(realizations, dtype=np.uint64), 0, slices, SEED)


def test_gaussian_values():
    values = sample(Gaussian(0.7)).ravel() / 0.7
    n = len(values)
    assert abs(values.mean()) < 4 / math.sqrt(n)
    assert abs(values.var() - 1) < 4 * math.sqrt(2 / n)
    assert abs((values**4).mean() - 3) < 4 * math.sqrt(96 / n)
    assert stats.kstest(values, "norm").pvalue > 1e-3


def test_cauchy_values():
    values = sample(Cauchy(0.5)).ravel() / 0.5
    assert stats.kstest(values, "cauchy").pvalue > 1e-3
    # A quarter lies beyond the half width on either side; standard error sqrt(3/16/n).
    error = math.sqrt(3 / 16 / len(values))
    assert abs((values > 1).mean() - 0.25) < 4 * error
    assert abs((values < -1).mean() - 0.25) < 4 * error
    assert np.isfinite(values).all()


@pytest.mark.parametrize("c", [0.0, 0.03, 0.5, 1.0])
def test_concentrations(c):
    for disorder, energy in ((Binary(-1.5, c), -1.5), (Vacancies(c), REMOVED)):
        values = sample(disorder)
        assert set(np.unique(values)) <= {0.0, energy}
        found = (values == energy).mean()
        assert abs(found - c) <= 4 * math.sqrt(c * (1 - c) / values.size)


def test_impurities_keep_their_places_when_their_energy_changes():
    places = [
        Wire(Square(4), d).onsite(1, range(200), SEED) for d in (Binary(1, 0.2), Binary(9, 0.2))
    ]
    assert np.array_equal(places[0] * 9, places[1])
    one = Wire(Square(4), Vacancies(0.2)).onsite(1, range(200), SEED)
    other = Wire(Square(4), Vacancies(0.2, energy=50.0)).onsite(1, range(200), SEED)
    assert np.array_equal(one > 0, other > 0)
    # More of them: those that are there stay.
    more = Wire(Square(4), Vacancies(0.2)).key(SEED), Wire(Square(4), Binary(1, 0.2)).key(SEED)
    assert not np.array_equal(*more)


def test_vacancies_at_given_sites():
    values = Wire(Square(4), Vacancies(sites=[(3, 1), (5, 0)], energy=9.0)).onsite(
        2, range(8), SEED
    )
    expected = np.zeros((8, 4))
    expected[3, 1] = expected[5, 0] = 9.0
    assert np.array_equal(values, expected)


def transmission(H, sigma_left, sigma_right, first, last, energy):
    """T of a sample from its whole matrix: Tr[Gamma_L G Gamma_R G^+]."""
    A = energy * np.eye(len(H)) - H
    A[np.ix_(first, first)] -= sigma_left
    A[np.ix_(last, last)] -= sigma_right
    G = np.linalg.inv(A)[np.ix_(first, last)]
    broadening = [1j * (sigma - sigma.conj().T) for sigma in (sigma_left, sigma_right)]
    return np.trace(broadening[0] @ G @ broadening[1] @ G.conj().T).real


@pytest.mark.parametrize("width", [1, 2, 5, 7])
@pytest.mark.parametrize("energy", [0.0, 0.3])
def test_a_vacancy_is_a_removed_atom(width, energy):
    M, L, at = width, 3, (1, width // 2)
    wire = Wire(Square(M), Vacancies(sites=[at]))
    slices = wire.slices()
    # Surface of a clean hard-wall lead, mode by mode: sigma = exp(i k) with the wave that leaves.
    e, chi = np.linalg.eigh(slices.lead_h)
    c = (energy - e) / 2 + 0j
    factor = c - np.sqrt(c - 1) * np.sqrt(c + 1)
    factor = np.where(np.abs(c) < 1, c - 1j * np.sqrt(1 - c**2), factor)
    sigma = (chi * factor) @ chi.conj().T
    H = np.kron(np.eye(L), slices.h) + np.kron(np.eye(L, k=1), slices.v)
    H = H + np.kron(np.eye(L, k=-1), slices.v.conj().T)
    first, last = np.arange(M), np.arange(M) + (L - 1) * M
    ours = H + np.diag(wire.onsite(0, range(L), SEED).ravel())
    found = transmission(ours, sigma, sigma, first, last, energy)
    kept = np.delete(np.arange(L * M), at[0] * M + at[1])
    without = H[np.ix_(kept, kept)]
    last = last - 1  # the atoms behind the hole move up
    expected = transmission(without, sigma, sigma, first, last, energy)
    assert found == pytest.approx(expected, abs=4e-6)
    channels = int((np.abs(c) < 1).sum())
    clean = transmission(H, sigma, sigma, first, last + 1, energy)
    assert clean == pytest.approx(channels, abs=1e-12)
    if energy == 0:
        # physics.md section 2: on a bipartite lattice a vacancy removes one channel at E = 0.
        assert found == pytest.approx(channels - 1, abs=4e-6)
    if width == 1:
        v = math.sqrt(4 - energy**2)
        assert found == pytest.approx((v / REMOVED) ** 2, rel=1e-3)


def test_fixed_potentials():
    array = np.random.default_rng(1).normal(size=(30, 3))
    assert np.array_equal(Wire(Square(3), Fixed(array)).onsite(5, range(30), SEED), array)
    found = Wire(Square(3), Fixed(lambda x, y: 10 * x + y)).onsite(5, [4, 7], SEED)
    assert np.array_equal(found, [[40, 41, 42], [70, 71, 72]])
    constant = Wire(Cubic(2, 2), Fixed(lambda *_: 0.5)).onsite(0, range(2), SEED)
    assert np.array_equal(constant, np.full((2, 4), 0.5))
    bar = Wire(Cubic(2, 3), Fixed(lambda x, y, z: 100 * x + 10 * y + z)).onsite(0, [2], SEED)
    assert np.array_equal(bar, [[200, 201, 202, 210, 211, 212]])
    ribbon = Wire(Honeycomb(2, "armchair"), Fixed(lambda x, _: x)).onsite(0, range(2), SEED)
    assert np.allclose(np.diff(ribbon, axis=0), math.sqrt(3))


def test_several_add_up_and_are_independent():
    lattice = Square(4)
    kinds = [Box(1.0), Gaussian(0.5), Box(1.0), Fixed(lambda _, y: y)]
    wire = Wire(lattice, kinds, gates=[CoshBarrier(1.0, 5.0, 20.0)])
    realizations = numbers(0, 5)
    together = wire.potential_of(realizations, 3, 50, SEED)
    x = np.arange(3, 53)
    barrier = 1 / np.cosh((x - 20) / 5) ** 2
    first = Wire(lattice, Box(1.0)).potential_of(realizations, 3, 50, SEED)
    gauss = Wire(lattice, Gaussian(0.5)).potential_of(realizations, 3, 50, SEED)
    rest = together - first - gauss - np.arange(4)[:, None] - barrier[:, None, None]
    # What is left is the second box: uniform as the first, and no copy of it.
    assert np.abs(rest).max() <= 0.5
    assert abs(rest.var() - 1 / 12) < 4 / 12 * math.sqrt(0.8 / rest.size)
    assert abs(np.corrcoef(rest.ravel(), first.ravel())[0, 1]) < 4 / math.sqrt(rest.size)
    assert Wire(lattice, [Box(1.0)]) == Wire(lattice, Box(1.0))
    assert Wire(lattice, []) == Wire(lattice)


def test_keys_tell_ensembles_apart():
    wires = [
        Wire(Square(6), Box(1.0)),
        Wire(Square(6), Gaussian(1.0)),
        Wire(Square(6), Cauchy(1.0)),
        Wire(Square(6), Correlated(1.0, 2.0)),
        Wire(Square(6), Correlated(1.0, 2.5)),
        Wire(Square(6), RemoteImpurities(1.0, 2.0)),
        Wire(Square(6), Binary(1.0, 0.1)),
        Wire(Square(6), Vacancies(0.1)),
        Wire(Cubic(6, 1), Box(1.0)),
        Wire(Cubic(2, 3), Box(1.0)),
        Wire(Cubic(3, 2), Box(1.0)),
        Wire(Honeycomb(3), Box(1.0)),
        Wire(Honeycomb(3, "armchair"), Box(1.0)),
        Wire(Custom(np.eye(6), np.eye(6)), Box(1.0)),
    ]
    keys = [tuple(wire.key(SEED).tolist()) for wire in wires]
    assert len(set(keys)) == len(keys)
    # Fields, terms, gates and leads share the impurities.
    one = Wire(Square(6), Box(1.0))
    other = Wire(
        Square(6), Box(1.0), 0.1, False, [Rashba(0.2)], [CoshBarrier(1, 2, 3)], lead_shift=1.0
    )
    assert np.array_equal(one.key(SEED), other.key(SEED))
    h = np.diag(np.ones(5), 1) + np.diag(np.ones(5), -1)
    custom = Wire(Custom(h, 2 * np.eye(6)), Box(1.0)).key(SEED)
    assert np.array_equal(custom, Wire(Custom(np.eye(6), np.eye(6)), Box(1.0)).key(SEED))


def test_wires_are_values():
    array = np.ones((5, 3))
    assert Fixed(array) == Fixed(array.copy())
    assert hash(Fixed(array)) == hash(Fixed(array.copy()))
    assert Fixed(array) != Fixed(2 * array)
    wires = [Wire(Square(3), d) for d in (Fixed(array), [Vacancies(0.1), Box(1.0)])]
    assert len({*wires, *(Wire(w.lattice, w.disorder) for w in wires)}) == 2
    array[0] = np.nan
    assert np.isfinite(wires[0].onsite(0, range(5), 1)).all()


def test_the_plain_strip_is_recognised():
    assert Wire(Square(3), Box(1.0), flux=0.1).plain_strip == (Square(3), Box(1.0))
    for wire in (
        Wire(Cubic(3, 1), Box(1.0)),
        Wire(Square(3), Gaussian(1.0)),
        Wire(Square(3), [Box(1.0), Box(2.0)]),
        Wire(Square(3), Box(1.0), terms=[Rashba(0.1)]),
        Wire(Square(3), Box(1.0), gates=[lambda x, _: 0 * x]),
        Wire(Square(3), Box(1.0), lead_shift=0.1),
    ):
        assert wire.plain_strip is None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Gaussian(-1), "sigma must be >= 0 (units of t), got -1.0"),
        (lambda: Cauchy(float("inf")), "half_width must be finite (units of t), got inf"),
        (lambda: Binary("A", 0.5), "energy must be a number (units of t), got 'A'"),
        (lambda: Binary(1.0, 1.5), "concentration must lie between 0 and 1"),
        (lambda: Vacancies(), "takes either a concentration, as in Vacancies(0.01)"),
        (lambda: Vacancies(0.1, sites=[(0, 0)]), "got concentration=0.1 and sites=[(0, 0)]"),
        (lambda: Vacancies(sites=[3]), "sites must be a sequence of pairs (slice, site), got [3]"),
        (lambda: Vacancies(sites=[(-1, 0)]), "slice of a vacancy must be >= 0, got -1"),
        (
            lambda: Wire(Square(4), Vacancies(sites=[(2, 4)])),
            "vacancy (slice 2, site 4) lies outside the sample: a slice has the sites 0 to 3",
        ),
        (
            lambda: Wire(Square(4), Vacancies(sites=[(20, 1)])).check_length(20),
            "vacancy (slice 20, site 1) lies outside the sample: a wire of length 20",
        ),
        (lambda: Correlated(1.0, 0.1), "correlation_length must be >= 0.25"),
        (lambda: Correlated(1.0, -2.0), "correlation_length must be > 0"),
        (
            lambda: Wire(Square(4), Correlated(1.0, 7.0)),
            "correlation_length = 7 exceeds the wire, which is 4 lattice constants wide along y",
        ),
        (
            lambda: Wire(Cubic(9, 4), Correlated(1.0, 7.0)),
            "correlation_length = 7 exceeds the wire, which is 4 lattice constants wide along z",
        ),
        (
            lambda: Wire(Chain(), Correlated(1.0, 7.0)).check_length(5),
            "correlation_length = 7 exceeds the wire, which is 5 lattice constants long",
        ),
        (lambda: RemoteImpurities(1.0, 0.2), "distance must be >= 1 lattice constant, got 0.2"),
        (
            lambda: Wire(Square(4), RemoteImpurities(1.0, 9.0)),
            "distance = 9 exceeds the wire, which is 4 lattice constants wide along y",
        ),
        (lambda: Fixed(np.ones(3)), "or a function V(x, y), got an array of shape (3,)"),
        (lambda: Fixed([[1.0], [1.0, 2.0]]), "got rows of different lengths"),
        (lambda: Fixed([["a"]]), "Fixed takes a real array (slice, site)"),
        (lambda: Fixed([[1.0, np.nan]]), "must be finite (units of t), got nan at slice 0, site 1"),
        (
            lambda: Wire(Square(4), Fixed(np.ones((9, 3)))),
            "the array of Fixed must have the shape (slices, 4), a row for each slice, got (9, 3)",
        ),
        (
            lambda: Wire(Square(3), Fixed(np.ones((9, 3)))).onsite(0, range(10), 1),
            "the array of Fixed holds 9 slices, but the wire has 10",
        ),
        (
            lambda: Wire(Square(3), Fixed(np.ones((9, 3)))).check_length(12),
            "the array of Fixed holds 9 slices, but the wire has 12",
        ),
        (lambda: Wire(Square(3), [Box(1.0), 2.0]), "disorder must be Box(strength), got 2.0; or"),
        (lambda: Wire(Square(3), "box"), "disorder must be Box(strength), got 'box'; or Gaussian"),
    ],
)
def test_bad_disorder_is_named(make, message):
    with pytest.raises(qt.InputError, match=re.escape(message)):
        make()
