"""Resistances of strongly localized bars, beside exact arithmetic on the same T."""

from fractions import Fraction

import numpy as np
import pytest

import qtcore as qt

NAMES = ("a", "b", "c", "d", "e", "f")


def exact(T, current, voltage):
    """Kirchhoff's equations in fractions: R of one sample, T as float arrays or Fractions."""
    n, (a, b), (c, d) = len(T), current, voltage
    G = [
        [sum(T[i][k] for k in range(n) if k != i) if i == j else -T[i][j] for j in range(n)]
        for i in range(n)
    ]
    keep = [i for i in range(n) if i != b]
    rows = [[G[i][j] for j in keep] + [Fraction(int(i == a))] for i in keep]
    for i in range(n - 1):
        pivot = next(k for k in range(i, n - 1) if rows[k][i] != 0)
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for k in range(n - 1):
            if k != i and rows[k][i] != 0:
                factor = rows[k][i] / rows[i][i]
                rows[k] = [x - factor * y for x, y in zip(rows[k], rows[i], strict=True)]
    V = {lead: rows[i][-1] / rows[i][i] for i, lead in enumerate(keep)} | {b: Fraction(0)}
    return V[c] - V[d]


def fractions(T):
    return [[Fraction(float(x)) for x in row] for row in T]


def of(T, certificate=0.0):
    with np.errstate(divide="ignore"):
        ln_T = np.log(np.asarray(T, dtype=float))
    one = np.broadcast_to(certificate, ln_T.shape)
    leads = NAMES[: ln_T.shape[1]]
    return qt.TerminalScattering(leads, (9,) * len(leads), ln_T, one, np.zeros(len(ln_T), bool))


def drawn(seed, leads, depth=100.0):
    """T as of a localized sample, with as much to a lead as from it."""
    rng = np.random.default_rng(seed)
    T = np.exp(-depth * rng.random((leads, leads)))
    cycle = rng.permutation(leads)
    T = T + T.T
    T[cycle, np.roll(cycle, 1)] += 0.1  # a field: the loop breaks the symmetry, not the sums
    return T


PAIRS = [
    ((0, 1), (2, 3)),
    ((0, 1), (0, 3)),
    ((0, 1), (2, 0)),
    ((0, 1), (1, 2)),
    ((0, 1), (3, 1)),
    ((0, 1), (0, 1)),
    ((2, 0), (0, 2)),
    ((3, 1), (0, 2)),
]


@pytest.mark.parametrize(("current", "voltage"), PAIRS)
@pytest.mark.parametrize("leads", [4, 6])
def test_resistances_are_those_of_exact_arithmetic(leads, current, voltage):
    T = np.array([drawn(seed, leads) for seed in range(12)])
    found = of(T)
    pairs = [tuple(NAMES[k] for k in pair) for pair in (current, voltage)]
    R, error = found.resistance(*pairs), found.resistance_error(*pairs)
    for value, bound, one in zip(R, error, T, strict=True):
        truth = float(exact(fractions(one), current, voltage))
        assert abs(value - truth) <= bound + 1e-12 * abs(truth), "T itself is rounded"
        assert bound < 1e-9 * abs(truth)


def test_hall_resistance_of_a_localized_bar():
    # The voltages agree to below rounding, so that their difference as such is noise or 0.
    bar = qt.HallBar(6, (8, 40), 3, qt.Box(15.0))
    (found,) = qt.terminal_scattering(bar, 0.5, [50], range(4), 1)
    assert found.ln_T.min() < -60
    current, voltage = ("left", "right"), ("top 1", "bottom 1")
    pairs = [tuple(found.number(lead) for lead in pair) for pair in (current, voltage)]
    R, error = found.resistance(current, voltage), found.resistance_error(current, voltage)
    truth = [float(exact(fractions(T), *pairs)) for T in found.T]
    np.testing.assert_allclose(R, truth, rtol=1e-9)
    assert (error < 1e-5 * np.abs(R)).all()
    V = found.voltages(*current)
    apart = V[:, pairs[1][0]] - V[:, pairs[1][1]]
    naive = apart * np.exp(-found.ln_conductance(current))
    assert (np.abs(naive / truth - 1) > 0.9).any(), "what cancels is lost in the voltages"


@pytest.mark.parametrize("size", [1e-10, 1e-6])
def test_errors_of_T_make_no_larger_error_than_is_stated(size):
    current, voltage = (0, 1), (2, 3)
    pairs = [tuple(NAMES[k] for k in pair) for pair in (current, voltage)]
    rng = np.random.default_rng(3)
    shares = []
    for seed in range(20):
        T = drawn(seed, 5, depth=3.0)
        bound = of([T], size).resistance_error(*pairs)[0]
        truth = exact(fractions(T), current, voltage)
        for _ in range(5):
            changed = T * (1 + size * rng.choice([-1.0, 1.0], T.shape))
            change = float(exact(fractions(changed), current, voltage) - truth)
            shares.append(abs(change) / bound)
    assert max(shares) <= 1 + 1e-4
    assert max(shares) > 0.05, "the bound is no wild guess"


def test_no_digit_left_is_nan_and_a_known_zero_is_none():
    balanced = [[0, 1, 2, 2], [1, 0, 3, 3], [2, 3, 0, 1], [2, 3, 1, 0]]
    pairs = ("a", "b"), ("c", "d")
    known = of([balanced])
    assert abs(known.resistance(*pairs)[0]) < 1e-14
    assert known.resistance_error(*pairs)[0] < 1e-13
    deep = of([np.array(balanced) * 1e-30])
    assert np.isnan(deep.resistance(*pairs)).all()
    assert deep.resistance_error(*pairs)[0] > 1e10
    assert deep.resistance(("a", "b"), ("a", "b"))[0] == pytest.approx(1e30 / 3.4, rel=1e-12)


def test_a_probe_that_nothing_reaches_is_left_out():
    T = np.ones((2, 4, 4)) + np.arange(4)
    T = T + T.swapaxes(1, 2)
    T[1, 3, :3] = T[1, :3, 3] = 0.0
    found = of(T)
    three = of(T[1:, :3, :3])
    R = found.resistance(("a", "b"), ("a", "c"), undefined="refuse")
    assert R[1] == pytest.approx(three.resistance(("a", "b"), ("a", "c"))[0], rel=1e-14)
    asked = ("a", "b"), ("c", "d")
    assert np.isnan(found.resistance(*asked)).tolist() == [False, True]
    assert np.isnan(found.resistance_error(*asked)).tolist() == [False, True]
    with pytest.raises(qt.QtcoreError, match=r"'a', 'b'\), \('c', 'd'\).* in sample 1 of 0 .. 1"):
        found.resistance(*asked, undefined="refuse")
    assert np.isnan(found.voltages("a", "b")).tolist() == [[False] * 4, [False] * 3 + [True]]
    assert np.isneginf(found.ln_conductance(("a", "d"))).tolist() == [False, True]


def test_a_bar_with_a_probe_on_an_island_has_all_other_resistances():
    # The row at the edge is there from slice 2 to 7, and nothing around it.
    gone = qt.MissingSites(lambda x, y: (y > 5.5) & (x < 9) & ~((y > 6.5) & (x > 1) & (x < 8)))
    bar = qt.HallBar(8, (2, 10), 4, qt.Box(1.0), structure=[gone])
    (found,) = qt.terminal_scattering(bar, 0.5, [20], range(2), 1)
    assert np.isnan(found.resistance(("left", "right"), ("top 1", "top 2"))).all()
    assert np.isfinite(found.resistance(("left", "right"), ("bottom 1", "bottom 2"))).all()
    V = found.voltages("left", "right")
    assert np.isnan(V).sum(axis=0).tolist() == [2 * (name == "top 1") for name in found.leads]
