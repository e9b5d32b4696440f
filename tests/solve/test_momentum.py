"""Momenta of plane waves at later times, against all levels of the same samples."""

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe
from qtcore.errors import InputError

WIRE = qt.Wire(qt.Square(16, periodic=True), qt.Box(2.0))
CUBE = qt.Wire(qt.Cubic(4, 5, periodic=True), qt.Box(2.0))


def wave(k, extents):
    places = np.indices(extents).reshape(len(extents), -1)
    return np.exp(1j * np.array(k) @ places) / np.sqrt(places.shape[1])


@pytest.mark.parametrize(
    ("wire", "extents", "n", "m"),
    [(WIRE, (20, 16), (3, 5), (-7, 2)), (CUBE, (6, 4, 5), (1, 3, 2), (5, -1, 1))],
    ids=["square", "cube"],
)
def test_weights_are_those_of_the_exact_state(wire, extents, n, m):
    k, q = (2 * np.pi * np.array(one) / extents for one in (n, m))
    found = observe.momentum_distribution(wire, k, [0.0, 7.0], extents[0], [0, 3, 5], 1)
    assert found.weights.sum(axis=tuple(range(2, found.weights.ndim))) == pytest.approx(1)
    assert found.weights[(1, 0, *n)] == pytest.approx(1)
    levels, vectors = np.linalg.eigh(qt.closed_sample(wire, extents[0], 3, 1, True).H.toarray())
    start = wave(k, extents)
    later = vectors @ (np.exp(-7j * levels) * (vectors.conj().T @ start))
    assert found.weights[(1, 1, *m)] == pytest.approx(abs(wave(q, extents).conj() @ later) ** 2)
    assert found.amplitude[1, 1] == pytest.approx(start.conj() @ later)


@pytest.mark.parametrize(
    ("wire", "momentum", "words"),
    [
        (WIRE, (0.1, 0.0), r"momenta along that direction are multiples of 2 pi / 20"),
        (qt.Wire(qt.Square(16), qt.Box(1.0)), (0.0, 0.0), "periodic=True and one orbital"),
        (qt.Wire(qt.Square(16, periodic=True), flux=1 / 16), (0.0, 0.0), "need flux = 0"),
    ],
)
def test_what_has_no_momenta_is_refused(wire, momentum, words):
    with pytest.raises(InputError, match=words):
        observe.momentum_distribution(wire, momentum, [1.0], 20, [0], 1)
