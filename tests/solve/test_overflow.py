"""Numbers of which powers overflow are refused, and nothing that is NaN is returned."""

import numpy as np
import pytest
from scipy import sparse

import qtcore as qt
from qtcore.model.checks import LARGEST_NUMBER
from qtcore.observe import (
    bulk_density_ensemble,
    bulk_density_of_states,
    bulk_local_density,
    kubo_bastin,
    kubo_conductivity,
    lyapunov,
    packet_spread,
    time_evolution,
    wave_packet,
)
from qtcore.solve.expansion import Curves, Estimate
from qtcore.solve.lyapunov import exponents

WIRE = qt.Wire(qt.Square(8, periodic=True), qt.Box(1.0))
CHAIN = qt.Wire(qt.Chain(), qt.Box(0.5))
SAMPLE = qt.closed_sample(WIRE, 8, 0, 1)
STATE = np.ones(64) / 8


def spectrum(disorder, energy=0.5):
    return lyapunov(qt.Wire(qt.Square(4), disorder), energy, 64, range(8), 1)


@pytest.mark.parametrize("size", [1e31, 1e160, 1e300])
@pytest.mark.parametrize(
    "make",
    [qt.Box, qt.RandomHopping, qt.Gaussian, qt.Cauchy, lambda size: spectrum(qt.Box(1.0), size)],
    ids=["Box", "RandomHopping", "Gaussian", "Cauchy", "energy"],
)
def test_strengths_and_energies_have_a_limit(make, size):
    with pytest.raises(qt.InputError, match=r"must be at most 1e\+30 in size"):
        make(size)


@pytest.mark.parametrize("kind", [qt.RandomFlux, qt.RandomPhase])
def test_phases_have_digits_behind_the_point(kind):
    with pytest.raises(qt.InputError, match=r"must be at most 1e\+06 \(full width in h/e\)"):
        kind(1e300)
    clean = spectrum(qt.Box(0.0)).exponents
    assert np.abs(spectrum(kind(1e6)).exponents - clean).max() > 0.05


def test_at_the_limit_everything_is_finite():
    most = LARGEST_NUMBER
    for disorder in (qt.Box(most), qt.RandomHopping(most), qt.Cauchy(most), qt.RandomFlux(1e6)):
        assert np.isfinite(spectrum(disorder).blocks).all()
    # An energy beside which the hopping is nothing: |psi| grows by E at every slice.
    assert spectrum(qt.Box(1.0), most).exponents == pytest.approx([np.log(most)] * 4)
    strong = qt.Wire(qt.Square(8, periodic=True), qt.Box(most))
    for of in (bulk_density_ensemble, kubo_bastin):
        assert np.isfinite(of(strong, [0.0], 8, [0], 1, moments=8).values).all()
    found = time_evolution(SAMPLE.H, STATE * most, [1.0])[0]
    assert np.linalg.norm(found) == pytest.approx(most)


@pytest.mark.parametrize("ask", [bulk_density_of_states, time_evolution])
def test_the_matrix_of_a_sample_has_numbers_of_usual_size(ask):
    rest = ([0.0],) if ask is bulk_density_of_states else (STATE, [0.0, 1.0])
    for size in (1e200, 1e307):
        with pytest.raises(qt.InputError, match="entries of H must be at most"):
            ask(SAMPLE.H * size, *rest)
    with pytest.raises(qt.InputError, match=r"H must be a matrix of numbers .* dtype object"):
        ask(np.array([["a", "b"], ["c", "d"]], dtype=object), *rest)


def test_states_have_squares():
    packet = wave_packet(CHAIN, 64, (32.0, 0.0), 3.0)
    for size in (1e200, 1e-200):
        for ask in (
            lambda size=size: time_evolution(SAMPLE.H, STATE * size, [0.0, 1.0]),
            lambda size=size: packet_spread(CHAIN, packet * size, [1.0], 64, [0], 1),
        ):
            with pytest.raises(qt.InputError, match="divide states by their norm"):
                ask()


@pytest.mark.parametrize(
    ("velocity", "words"),
    [
        (None, "velocity must be a .64, 64. matrix .* got None"),
        (SAMPLE.velocity[:5, :5], r"got shape \(5, 5\)"),
        (
            np.full((64, 64), None),
            "velocity must be a matrix of numbers, got entries of dtype object",
        ),
        (SAMPLE.velocity * np.nan, "velocity must be finite everywhere"),
        # These gave 0, the numbers of SAMPLE.velocity, and 0, without a word.
        ((1j * SAMPLE.velocity).real, "must be Hermitian"),
        (SAMPLE.velocity + SAMPLE.H, "was the factor i left out"),
        (sparse.triu(SAMPLE.velocity).tocsr(), "must be Hermitian"),
    ],
    ids=["nothing", "shape", "objects", "NaN", "without i", "a real part", "a triangle"],
)
def test_a_velocity_that_is_none_is_refused(velocity, words):
    with pytest.raises(qt.InputError, match=words):
        kubo_conductivity(SAMPLE.H, velocity, 64, [0.0], moments=8, vectors=2)


def test_places_that_are_none_are_refused():
    with pytest.raises(qt.InputError, match=r"places must be pairs .* got None"):
        bulk_local_density(WIRE, [0.0], 8, [0], 1, places=None)


def test_a_bar_without_an_end_is_refused():
    wire = qt.Wire(qt.Square(4), qt.Box(1.0))
    for asked in ({"length": 10**15}, {"length": 16, "skip": 10**15}):
        with pytest.raises(qt.InputError, match="must be at most 100,000,000,000"):
            lyapunov(wire, 0.5, realizations=range(8), seed=1, **asked)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_a_result_that_is_no_number_is_an_error(number):
    one, bad = np.ones((2, 1)), np.full((2, 1), number)
    for values, errors in ((bad, one), (one, bad)):
        for result, width in ((Curves, np.ones(2)), (Estimate, 1.0)):
            with pytest.raises(qt.QtcoreError, match="came out infinite or as NaN"):
                result(np.zeros(1), values, errors, width)


def test_exponents_that_are_no_numbers_are_an_error():
    slices = qt.Wire(qt.Square(2)).slices()

    def potential(first, count):
        return np.full((count, 2, 8), 1e300 + first)

    with pytest.raises(qt.QtcoreError, match="exponents came out infinite or as NaN"):
        exponents(slices, potential, 0.0, 32)
