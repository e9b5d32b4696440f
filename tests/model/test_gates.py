"""Gates are plain functions of position; the shapes that come along, and bad ones."""

import math
import re

import numpy as np
import pytest

import qtcore as qt
from qtcore.model.gates import Billiard, Constriction, CoshBarrier, RectangularBarrier, Saddle
from qtcore.model.lattice import Cubic, Honeycomb, Square
from qtcore.model.removed import REMOVED
from qtcore.model.wire import Wire


def on_strip(gate, width=9, slices=21):
    return Wire(Square(width), gates=[gate]).onsite(0, range(slices), 1)


def test_rectangular_barrier_has_the_slices_between_its_ends():
    found = on_strip(RectangularBarrier(0.7, 5, 8))
    assert np.array_equal(np.flatnonzero(found[:, 0]), [5, 6, 7])
    assert set(np.unique(found)) == {0.0, 0.7}


def test_cosh_barrier():
    found = on_strip(CoshBarrier(0.06, 24.49, 10.0))
    assert np.allclose(found[10], 0.06)
    assert np.allclose(found[15], 0.06 / math.cosh(5 / 24.49) ** 2)
    assert on_strip(CoshBarrier(1.0, 1e-3, 10.0))[0, 0] < 1e-300


def test_saddle_has_its_curvatures():
    gate = Saddle(0.3, wx=0.02, wy=0.1, x0=10.0, y0=4.0)
    V = on_strip(gate)
    # V = V0 - m wx² x²/2 + m wy² y²/2 with m = 1/2: second differences -m wx² and m wy².
    assert V[10, 4] == pytest.approx(0.3)
    assert np.allclose(np.diff(V[:, 4], 2), -0.5 * 0.02**2)
    assert np.allclose(np.diff(V[10], 2), 0.5 * 0.1**2)


def test_a_saddle_may_open_smoothly():
    gate = Saddle(0.06, wx=0.02, wy=0.1, x0=0.0, y0=4.0, depth=0.06, opening=30.0)
    # physics.md section 1: a cosh⁻² barrier of this height and wx falls over 24.49 sites.
    eckart = CoshBarrier(0.06, math.sqrt(600), 0.0)
    x = np.linspace(-200, 200, 41)
    assert np.allclose(gate(x, np.full_like(x, 4.0)), eckart(x), atol=1e-15)
    assert gate(np.array([300.0]), np.array([9.0]))[0] == pytest.approx(0, abs=1e-9)


def test_constriction():
    V = on_strip(Constriction(3.0, 25.0, x0=10.0, y0=4.0), slices=21)
    assert np.array_equal(np.flatnonzero(V[10] == 0), [3, 4, 5])
    # d = 3 + 5²/25 = 4 at five sites from the neck leaves |y - 4| < 2; ten sites on, d = 7.
    assert np.array_equal(np.flatnonzero(V[15] == 0), [3, 4, 5])
    assert np.array_equal(np.flatnonzero(V[0] == 0), [1, 2, 3, 4, 5, 6, 7])
    assert set(np.unique(V)) == {0.0, REMOVED}
    assert set(np.unique(on_strip(Constriction(3, 25, 10, 4, wall=9.0)))) == {0.0, 9.0}


def test_billiard():
    circle = Billiard(lambda x, y: (x - 10) ** 2 + (y - 4) ** 2 <= 16)
    V = on_strip(circle)
    n, i = np.mgrid[:21, :9]
    assert np.array_equal(V == 0, (n - 10) ** 2 + (i - 4) ** 2 <= 16)


def test_a_function_of_ones_own_sees_the_places_of_the_lattice():
    seen = {}

    def gate(x, y, z):
        seen.update(x=x, y=y, z=z)
        return 0.1 * x + y * z

    found = Wire(Cubic(2, 3), gates=[gate]).onsite(0, [4], 1)
    assert np.allclose(found, [[0.4, 0.4, 0.4, 0.4, 1.4, 2.4]])
    assert seen["x"].shape == seen["y"].shape == seen["z"].shape == (1, 6)
    ribbon = Wire(Honeycomb(2), gates=[lambda _, y: y]).onsite(0, range(3), 1)
    assert np.allclose(ribbon, Honeycomb(2).positions()[:, 1])
    along = Wire(Honeycomb(2), gates=[lambda x, _: x]).onsite(0, [3], 1)
    assert np.array_equal(along, [[3.0, 3.5, 3.5, 3.0]])


def test_gates_add_up_and_do_not_depend_on_the_chunk():
    wire = Wire(Square(3), gates=[CoshBarrier(1.0, 3.0, 7.0), lambda x, y: np.sin(x * y)])
    whole = wire.onsite(0, range(40), 1)
    numbers = np.array([4], dtype=np.uint64)
    assert np.array_equal(wire.potential_of(numbers, 13, 7, 1)[:, :, 0], whole[13:20])
    x, y = np.mgrid[:40, :3]
    assert np.allclose(whole, 1 / np.cosh((x - 7) / 3) ** 2 + np.sin(x * y))


def nan_at_the_end(x, y):
    return np.where(x > 5, np.nan, y)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: on_strip(3.0), "a gate must be a function V(x, y) or a gate such as"),
        (lambda: Wire(Square(3), gates=CoshBarrier(1, 1, 1)), "gates must be a sequence"),
        (lambda: on_strip(lambda x: x), "must be a function V(x, y) of arrays, elementwise"),
        (
            lambda: on_strip(lambda x, _: 1.0 if x > 0 else 0.0),
            "elementwise (np.where, not if), but it raised ValueError: The truth value of an array",
        ),
        (lambda: on_strip(lambda *_: 1 / 0), "ZeroDivisionError"),
        (lambda: on_strip(lambda x, _: x[:, 0]), "an array of the shape of x, (1, 9), got (1,)"),
        (
            lambda: on_strip(lambda x, _: x + 1j),
            "must return real numbers (units of t), got complex",
        ),
        (lambda: on_strip(lambda *_: "high"), "must return real numbers (units of t), got <U4"),
        (lambda: on_strip(lambda *_: None), "must return real numbers (units of t), got object"),
        (
            lambda: on_strip(nan_at_the_end),
            "potential nan_at_the_end returned nan at x = 6, y = 0; it must be finite",
        ),
        (lambda: on_strip(lambda *_: np.inf), "returned inf at x = 0, y = 0"),
        (lambda: RectangularBarrier(1, 5, 5), "stop must lie behind start = 5, got 5"),
        (lambda: CoshBarrier(1, 0, 5), "scale must be > 0 (sites), got 0.0"),
        (lambda: Saddle(1, 0.1, -0.1, 5, 5), "wy must be > 0 (t), got -0.1"),
        (lambda: Constriction(1, 0, 5, 5), "radius must be > 0 (sites), got 0.0"),
        (lambda: Billiard(5), "inside must be a function inside(x, y), got 5"),
        (lambda: on_strip(Billiard(lambda x, _: x)), "must return True or False for each place"),
    ],
)
def test_bad_gates_are_named(make, message):
    with pytest.raises(qt.InputError, match=re.escape(message)):
        make()
