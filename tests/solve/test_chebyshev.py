"""The recursion in lanes against SciPy's sparse products, on every kind of frame."""

import numpy as np
import pytest
from scipy import sparse

import qtcore as qt
from qtcore.errors import QtcoreError
from qtcore.lanes import LANES
from qtcore.solve.chebyshev import Interval, Recursion, safe_bounds
from qtcore.solve.closed_ensemble import ClosedEnsemble
from qtcore.solve.closed_frame import SparseFrame, StripFrame
from qtcore.solve.expansion import random_vectors

BOX = qt.Box(1.5)
WIRES = {
    "strip": (qt.Wire(qt.Square(17), BOX), 23),
    "cylinder": (qt.Wire(qt.Square(16, periodic=True), BOX), 40),
    "short torus": (qt.Wire(qt.Square(30, periodic=True), BOX), 3),
    "narrow strip": (qt.Wire(qt.Square(3), BOX), 200),
    "chain": (qt.Wire(qt.Chain(), qt.Cauchy(0.2)), 700),
    "bar": (qt.Wire(qt.Cubic(5, 4, True), BOX), 30),
    "honeycomb": (qt.Wire(qt.Honeycomb(4, periodic=True), BOX), 60),
    "field": (qt.Wire(qt.Square(16, periodic=True), BOX, flux=1 / 16), 30),
    "spin": (qt.Wire(qt.Square(4), (BOX, qt.RandomSU2()), terms=(qt.Rashba(0.3),)), 20),
    "bands": (qt.Wire(qt.Square(6), BOX, terms=(qt.QWZ(0.7, -0.9),)), 20),
}


def first_sample(name, periodic):
    wire, length = WIRES[name]
    return next(iter(ClosedEnsemble(wire, length, [5], 3, periodic)))


def products(H, interval, x, count):
    """T_n(H) x by SciPy."""
    scaled = (sparse.csr_array(H) - interval.center * sparse.eye_array(H.shape[0])) / interval.half
    found = [x, scaled @ x]
    while len(found) < count:
        found.append(2 * (scaled @ found[-1]) - found[-2])
    return np.array(found)


@pytest.mark.parametrize("name", WIRES)
@pytest.mark.parametrize("periodic", [False, True])
def test_moments_and_sums_are_those_of_plain_products(name, periodic):
    sample = first_sample(name, periodic)
    wire, length = WIRES[name]
    H = qt.closed_sample(wire, length, 5, 3, periodic=periodic).H
    recursion, D = sample.recursion, H.shape[0]
    is_complex = np.iscomplexobj(H.data)
    assert sample.frame.planes == 1 + is_complex
    x = np.random.default_rng(1).standard_normal((D, LANES)) / np.sqrt(D)
    if is_complex:
        x = x + 1j * np.random.default_rng(2).standard_normal((D, LANES)) / np.sqrt(D)
    terms = products(H, recursion.interval, x, 33)
    expected = np.einsum("dl,ndl->nl", x.conj(), terms).real
    found = recursion.moments(recursion.start(x), 33)
    assert np.abs(found - expected).max() < 5e-14
    weights = np.random.default_rng(3).standard_normal((2, 33)) / 33
    weights[0, ::2] = 0.0
    sums = recursion.sums(recursion.start(x), weights)
    found = np.stack([recursion.complex_view(each) for each in sums])
    assert np.abs(found - np.einsum("an,ndl->adl", weights, terms)).max() < 5e-14


def test_the_fast_frame_is_taken_where_it_fits():
    assert isinstance(first_sample("strip", True).frame, StripFrame)
    assert isinstance(first_sample("cylinder", False).frame, StripFrame)
    for name in ("narrow strip", "field", "honeycomb", "bands"):
        assert isinstance(first_sample(name, True).frame, SparseFrame)


def test_each_lane_may_have_its_own_diagonal():
    H = qt.closed_sample(*WIRES["honeycomb"], 0, 1, periodic=True).H
    diagonals = np.random.default_rng(4).uniform(-1, 1, (H.shape[0], LANES))
    x = np.random.default_rng(5).standard_normal((H.shape[0], LANES))
    bare = H - sparse.diags_array(H.diagonal())
    frame = SparseFrame(bare)
    interval = Interval.around(*safe_bounds(frame, diagonals))
    recursion = Recursion(frame, diagonals, interval)
    found = recursion.moments(recursion.start(x), 20)
    for lane in range(LANES):
        one = bare + sparse.diags_array(diagonals[:, lane])
        terms = products(one, interval, x[:, lane], 20)
        assert found[:, lane] == pytest.approx(terms @ x[:, lane], abs=1e-11)


def test_a_matrix_without_neighbourhoods_works():
    rng = np.random.default_rng(6)
    H = rng.standard_normal((150, 150)) + 1j * rng.standard_normal((150, 150))
    H = (H + H.conj().T) / 2
    frame = SparseFrame(H)
    recursion = Recursion(
        frame, frame.diagonal, Interval.around(*safe_bounds(frame, frame.diagonal))
    )
    x = rng.standard_normal((150, 2)) / 12
    terms = products(H, recursion.interval, x, 12)
    expected = np.einsum("dl,ndl->nl", x, terms).real
    assert np.abs(recursion.moments(recursion.start(x), 12)[:, :2] - expected).max() < 1e-13


@pytest.mark.parametrize("name", ["cylinder", "field", "chain"])
def test_polynomials_that_grow_are_noticed(name):
    sample = first_sample(name, True)
    low, high = np.linalg.eigvalsh(sample.H().toarray())[[0, -1]]
    narrow = Interval(float(low + high) / 2, 0.9 * float(high - low) / 2)
    recursion = Recursion(sample.frame, sample.onsite, narrow)
    x = np.random.default_rng(7).standard_normal((sample.frame.size, LANES))
    with pytest.raises(QtcoreError, match="spectrum reaches beyond the bounds"):
        recursion.moments(recursion.start(x), 400)
    with pytest.raises(QtcoreError, match="spectrum reaches beyond the bounds"):
        recursion.sums(recursion.start(x), np.zeros((1, 4000)))
    with pytest.raises(QtcoreError, match="spectrum reaches beyond the bounds"):
        for _ in zip(range(400), recursion.polynomials(recursion.start(x)), strict=False):
            pass


def test_random_vectors_depend_on_their_number_only():
    many = [*random_vectors(1000, True, [3, 4], 16)]
    few = [*random_vectors(1000, True, [3, 4], 3)]
    assert np.array_equal(many[0][:, :3], few[0])
    assert not np.array_equal(many[0], many[1])
    assert not np.array_equal(many[0], next(random_vectors(1000, True, [3, 5], 8)))
    every = np.concatenate(many)
    # Powers of i, each a quarter of 16,000: a standard deviation is 55.
    for power in (1, -1, 1j, -1j):
        assert abs((every == power).sum() - 4000) < 220
    real = next(random_vectors(1000, False, [3, 4], 8))
    assert set(np.unique(real)) == {-1.0, 1.0}
    # Neighbouring sites and lanes are independent.
    for shifted in (np.roll(real, 1, axis=0), np.roll(real, 1, axis=1)):
        assert abs((real * shifted).mean()) < 4 / np.sqrt(real.size)
