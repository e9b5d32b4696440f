"""Voltages and resistances of a sample whose leads but two draw no current (Landauer and Büttiker).

I_i = sum_j T_ij (V_i - V_j), in e²/h times the voltages. A probe that draws no current is a node of a
network of conductances and can be taken out of it, T_ij <- T_ij + T_ip T_pj / sum_k T_pk, as one
takes a node out of resistors in star form. Only positive numbers are added, so that it is done with
logarithms, and conductances and voltages keep their digits however small the T are.

What is left are at most four leads, between which the difference of two voltages has one
subtraction, V_c - V_d = (T_ca T_db - T_cb T_da) / D with D > 0. What the errors of T leave of it is
known, and is returned beside it.

Büttiker, PRL 57, 1761 (1986); Grassmann, Taksar and Heyman, Oper. Res. 33, 1107 (1985), for the
elimination.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.solve.problem import NOTHING

Array = NDArray[np.float64]

_EPS = 2.0**-52


class Positive(NamedTuple):
    """Positive numbers as logarithms, with bounds on their relative errors, to first order."""

    ln: Array
    error: Array

    def times(self, other: "Positive") -> "Positive":
        """Return the products."""
        return rounded(self.ln + other.ln, self.error + other.error)

    def over(self, other: "Positive") -> "Positive":
        """Return the ratios; 0 over 0 is 0."""
        below = np.where(np.isneginf(other.ln), 0.0, other.ln)
        return rounded(self.ln - below, self.error + other.error)

    def plus(self, other: "Positive") -> "Positive":
        """Return the sums, whose relative errors are means."""
        total = np.logaddexp(self.ln, other.ln)
        error = _share(self.ln, total) * self.error + _share(other.ln, total) * other.error
        return rounded(total, error)

    def at(self, to: int, source: int) -> "Positive":
        """Return those between two leads, (realization,)."""
        return Positive(self.ln[:, to, source], self.error[:, to, source])


class Difference(NamedTuple):
    """Differences of voltages, where the current's two leads are at 1 and 0.

    Attributes
    ----------
    sign : (realization,) float array
        1, 0 or -1; NaN where a voltage is not defined.
    size, noise : (realization,) arrays
        ln of its absolute value, with the error of its denominator; ln of the error of its
        numerator over the denominator.
    """

    sign: Array
    size: Positive
    noise: Array


def rounded(ln: Array, error: Array) -> Positive:
    """Return positive numbers with the rounding error of their logarithm added."""
    depth = np.where(np.isfinite(ln), np.abs(ln), 0.0)
    return Positive(ln, error + _EPS * (2.0 + depth))


def transmissions(ln_T: Array, certificate: Array) -> Positive:
    """Return T between different leads, (realization, to, from), with what is known of its errors."""
    leads = np.arange(ln_T.shape[1])
    ln = ln_T.copy()
    ln[:, leads, leads] = -np.inf
    return rounded(ln, np.minimum(np.nan_to_num(certificate, nan=NOTHING, posinf=NOTHING), NOTHING))


def between(T: Positive, kept: Sequence[int]) -> Positive:
    """Return T between some leads, in their order, after all others were taken out.

    A probe that nothing leaves for the others takes no part in their network.
    """
    remaining = [*kept, *(k for k in range(T.ln.shape[1]) if k not in kept)]
    while len(remaining) > len(kept):
        p = remaining.pop()
        rest = np.array(remaining)
        away = Positive(T.ln[:, p, rest], T.error[:, p, rest])
        total = np.logaddexp.reduce(away.ln, axis=1)[:, None]
        of_total = (_share(away.ln, total) * away.error).sum(axis=1, keepdims=True)
        share = away.over(rounded(total, of_total))
        into = Positive(T.ln[:, rest, p][:, :, None], T.error[:, rest, p][:, :, None])
        through = into.times(Positive(share.ln[:, None, :], share.error[:, None, :]))
        grid = np.ix_(np.arange(len(T.ln)), rest, rest)
        among = Positive(T.ln[grid], T.error[grid]).plus(through)
        ln, error = T.ln.copy(), T.error.copy()
        ln[grid], error[grid] = among
        T = Positive(ln, error)
    own = np.array(remaining)
    grid = np.ix_(np.arange(len(T.ln)), own, own)
    return Positive(T.ln[grid], T.error[grid])


def conductance(T: Positive, current: tuple[int, int]) -> Positive:
    """Return I / (V_a - V_b) of two leads, (realization,), e²/h; 0 where nothing passes."""
    return between(T, current).at(0, 1)


def difference(T: Positive, current: tuple[int, int], voltage: tuple[int, int]) -> Difference:
    """Return V_c - V_d with V_a = 1, V_b = 0 and no current into any other lead.

    Parameters
    ----------
    T : Positive
        As `transmissions` returns it.
    current, voltage : (int, int)
        Numbers of the leads a, b and c, d; those of a pair differ.
    """
    (a, b), (c, d) = current, voltage
    zero = Positive(np.full(len(T.ln), -np.inf), np.zeros(len(T.ln)))
    one = Positive(np.zeros(len(T.ln)), np.zeros(len(T.ln)))
    probes = [lead for lead in voltage if lead not in current]
    left = between(T, [a, b, *probes])
    if not probes:
        plus, minus, below = (one, zero, one) if (c, d) == (a, b) else (zero, one, one)
    elif len(probes) == 1:
        to_a, to_b = left.at(2, 0), left.at(2, 1)
        below = to_a.plus(to_b)
        if c in current:
            plus, minus = (to_b, zero) if c == a else (zero, to_a)
        else:
            plus, minus = (zero, to_b) if d == a else (to_a, zero)
    else:
        to_ab = [left.at(k, 0).plus(left.at(k, 1)) for k in (2, 3)]
        plus = left.at(2, 0).times(left.at(3, 1))
        minus = left.at(2, 1).times(left.at(3, 0))
        below = to_ab[0].times(to_ab[1].plus(left.at(3, 2))).plus(left.at(2, 3).times(to_ab[1]))
    return _over(plus, minus, below)


def resistance(
    T: Positive, current: tuple[int, int], voltage: tuple[int, int]
) -> tuple[Array, Array]:
    """Return (V_c - V_d) / I in h/e² and a bound on its error, each (realization,).

    NaN where no current flows, or a voltage is not defined.
    """
    found, G = difference(T, current, voltage), conductance(T, current)
    return _numbers(found, G)


def voltages(T: Positive, current: tuple[int, int]) -> tuple[Array, Array]:
    """Return the voltages of all leads and bounds on their errors, each (realization, lead).

    Between 0 (drain) and 1 (source); NaN where nothing connects a lead to either of them.
    """
    one = Positive(np.zeros(len(T.ln)), np.zeros(len(T.ln)))
    found = np.zeros((2, *T.ln.shape[:2]))
    for lead in range(T.ln.shape[1]):
        if lead != current[1]:
            V, error = _numbers(difference(T, current, (lead, current[1])), one)
            found[:, :, lead] = V, np.minimum(error, 1.0)
    return found[0], found[1]


def _numbers(found: Difference, G: Positive) -> tuple[Array, Array]:
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        size = np.exp(found.size.ln - G.ln)
        error = size * (found.size.error + G.error) + np.exp(found.noise - G.ln)
        value = found.sign * size
    known = np.isfinite(value) & np.isfinite(G.ln)
    # An error beyond the largest number is one still.
    return np.where(known, value, np.nan), np.where(known, np.nan_to_num(error, nan=np.inf), np.nan)


def _over(plus: Positive, minus: Positive, below: Positive) -> Difference:
    """Return (plus - minus) / below."""
    with np.errstate(divide="ignore", invalid="ignore"):
        largest = np.maximum(plus.ln, minus.ln)
        apart = np.where(np.isfinite(largest), np.abs(plus.ln - minus.ln), 0.0)
        size = largest + np.log(-np.expm1(-apart)) - below.ln
        noise = (
            np.logaddexp(plus.ln + np.log(plus.error), minus.ln + np.log(minus.error)) - below.ln
        )
        sign = np.where(
            np.isfinite(below.ln), np.sign(np.where(apart > 0, plus.ln - minus.ln, 0)), np.nan
        )
    return Difference(sign, rounded(size, below.error), noise)


def _share(part: Array, total: Array) -> Array:
    return np.exp(part - np.where(np.isneginf(total), 0.0, total))
