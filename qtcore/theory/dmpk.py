"""Mean and variance of g in a wire of N equal channels (DMPK), order by order in 1/N.

The DMPK equation closes on cumulants K(a, b, ...) of the moments p_a = sum_n T_n^a:

    N dK(S)/ds = sum over a in S of a [Q(a) - Q(a + 1)]
                 + sum over a in S of a (2/beta - 1) [(a - 1) K(S) - a K(S, a -> a + 1)]
                 + (4/beta) sum over pairs a, b in S of a b [K(S, ab -> a + b) - K(.. a + b + 1)],
    Q(m) = sum over b + c = m of K(b, c, rest) + sum over splits of the rest of K(b, A) K(c, B),

with s = (L/l) N / (N + 2/beta - 1), which follows from letting the equation act on products of
p_a. K of n moments is a series in 1/N that starts at N^(2 - n), and every term needs finitely many
others. The first ones are those of Mello and Stone (PRB 44, 3559 (1991)), at all L/l:
<g> = N/(1 + s) + (1 - 2/beta)/3 (s/(1 + s))³ and var g = (2/15 beta) [1 - (1 + 6s)/(1 + s)⁶]. For
L >> l what follows are powers of x = L/Nl: var g = (2/15) (1 - 4x/21 - ...) for beta = 1 and
(1/15) (1 + 0.051 x² + ...) for beta = 2, as in A. D. Mirlin, A. Müller-Groeling and
M. R. Zirnbauer, Ann. Phys. 236, 325 (1994).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief

Array = NDArray[np.float64]

ORDER = 4
"""Last power of 1/N, relative to the first term."""

_LONGEST = 1e4
"""Largest L / l of the solution."""

# The term of order j in 1/N of the cumulant of some moments, and what changes it: (factor, terms).
Term = tuple[tuple[int, ...], int]
Change = tuple[float, tuple[Term, ...]]


@dataclass(frozen=True)
class Moments:
    """Mean and variance of g, each (length,), e²/h per spin.

    Attributes
    ----------
    mean, variance : float arrays
        Series up to `ORDER`.
    mean_left_out, variance_left_out : float arrays
        Size of the last two terms: the series is an asymptotic one, good for L < N l.
    """

    mean: Array
    variance: Array
    mean_left_out: Array
    variance_left_out: Array


def conductance_moments(length_over_l: Array, channels: float, beta: int) -> Moments:
    """Return mean and variance of g of wires.

    Parameters
    ----------
    length_over_l : (length,) float array
        L / l, up to 10⁴.
    channels : float
        N.
    beta : int
        1 with and 2 without time-reversal symmetry.

    Raises
    ------
    InputError
        If a length is negative or longer than that, there is no channel, or beta is another.
    """
    if beta not in (1, 2) or not channels >= 1:
        raise InputError(
            "the moments are those of beta = 1 or 2 and at least one channel, got "
            f"beta = {brief(beta)} and {brief(channels)} channels"
        )
    s = np.asarray(length_over_l, dtype=np.float64) * channels / (channels + 2 / beta - 1)
    if not s.size or not ((s >= 0) & (s <= _LONGEST)).all():
        raise InputError(
            f"L / l must be numbers between 0 and {_LONGEST:g}, got {brief(length_over_l)}"
        )
    solution, places = _solution(beta)
    terms = solution(s)
    powers = channels ** -np.arange(ORDER + 1.0)
    mean, variance = (
        np.array([terms[places[moments, j]] for j in range(ORDER + 1)]) * powers[:, None]
        for moments in ((1,), (1, 1))
    )
    return Moments(
        channels * mean.sum(axis=0),
        variance.sum(axis=0),
        channels * np.abs(mean[-2:]).sum(axis=0),
        np.abs(variance[-2:]).sum(axis=0),
    )


def universality(length_over_l: Array, channels: float, beta: int) -> tuple[Array, Array]:
    """Return var g over 2/(15 beta), and what its series leaves out; see `conductance_moments`."""
    moments = conductance_moments(length_over_l, channels, beta)
    unit = 2 / (15 * beta)
    return moments.variance / unit, moments.variance_left_out / unit


@lru_cache(maxsize=4)
def _solution(beta: int) -> tuple[Any, dict[Term, int]]:
    """Return the terms as a function of s, and which is which."""
    from scipy.integrate import solve_ivp

    changes: dict[Term, list[Change]] = {}
    wanted: list[Term] = [(moments, j) for moments in ((1,), (1, 1)) for j in range(ORDER + 1)]
    while wanted:
        term = wanted.pop()
        if term not in changes:
            changes[term] = [*_products(*term), *_drifts(*term, beta), *_spreads(*term, beta)]
            wanted += [other for _, others in changes[term] for other in others]
    places = {term: place for place, term in enumerate(changes)}
    rows = [
        (place, factor, *(places[other] for other in (*others, *others)[:2]), len(others) == 1)
        for term, place in places.items()
        for factor, others in changes[term]
    ]
    into, factor, first, second, alone = map(np.array, zip(*rows, strict=True))

    def slope(_: float, terms: Array) -> Array:
        products = terms[first] * np.where(alone, 1.0, terms[second])
        return np.asarray(np.bincount(into, factor * products, len(terms)), dtype=np.float64)

    # Without any length all T are 1: p_a = N.
    start = np.array([float(len(moments) == 1 and j == 0) for moments, j in places])
    solved = solve_ivp(
        slope, (0, _LONGEST), start, "LSODA", dense_output=True, rtol=1e-9, atol=1e-12
    )
    return solved.sol, places


def _term(order: int, *moments: int) -> Term:
    return tuple(sorted(moments)), order


def _each(moments: tuple[int, ...]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield each moment with the others."""
    for i, a in enumerate(moments):
        yield a, moments[:i] + moments[i + 1 :]


def _products(moments: tuple[int, ...], order: int) -> Iterator[Change]:
    """Yield a [Q(a) - Q(a + 1)]: channels repel each other."""
    for a, rest in _each(moments):
        for total, sign in ((a, 1), (a + 1, -1)):
            for b in range(1, total):
                c = total - b
                if order >= 2:
                    yield sign * a, (_term(order - 2, b, c, *rest),)
                for side in product((True, False), repeat=len(rest)):
                    with_b = [m for m, here in zip(rest, side, strict=True) if here]
                    with_c = [m for m, here in zip(rest, side, strict=True) if not here]
                    for j in range(order + 1):
                        yield sign * a, (_term(j, b, *with_b), _term(order - j, c, *with_c))


def _drifts(moments: tuple[int, ...], order: int, beta: int) -> Iterator[Change]:
    """Yield what each channel does alone: weak localization."""
    share = 2 / beta - 1
    if order >= 1 and share:
        for a, rest in _each(moments):
            yield share * a * (a - 1), ((moments, order - 1),)
            yield -share * a * a, (_term(order - 1, a + 1, *rest),)


def _spreads(moments: tuple[int, ...], order: int, beta: int) -> Iterator[Change]:
    """Yield how two moments come to fluctuate together."""
    for i, k in combinations(range(len(moments)), 2):
        a, b = moments[i], moments[k]
        rest = tuple(m for n, m in enumerate(moments) if n not in (i, k))
        yield 4 / beta * a * b, (_term(order, a + b, *rest),)
        yield -4 / beta * a * b, (_term(order, a + b + 1, *rest),)
