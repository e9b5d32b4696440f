"""What the independent parts of a wire make together: sums, sorted eigenvalues, a common error."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qtcore.solve.portions import Portion
from qtcore.solve.problem import Solved
from qtcore.solve.smatrix import RESOLVED

_NO_DIGIT = 0.3
"""Error of ln g from which on no digit of g is known."""

_OF_DEFECT = 4.0
"""Error that a unitarity defect stands for; see `certified`."""

_UNKNOWN = 2 / RESOLVED
"""Largest amplitude that is not resolved, relative to that of T_1, over the certificate: a
certificate is at least 2^-48 A, and T_n is unknown where 2^-47 A (T_1 / T_n)^(1/2) > RESOLVED."""


def together(
    found: Sequence[Portion], solved: Sequence[Solved], *, absorbing: bool, eigenvalues: bool
) -> Solved:
    """Return what all portions of a wire make together.

    Conductances and reflections add, and transmission eigenvalues are sorted. Errors of ln g weigh
    by the share in g.

    Parameters
    ----------
    found : sequence of Portion
        The portions.
    solved : sequence of Solved
        What comes out of each, for the same samples.
    absorbing : bool
        Whether the wire absorbs, so that the reflection does not follow from g.
    eigenvalues : bool
        Whether transmission eigenvalues were asked for.
    """
    if len(found) == 1 and found[0].copies == 1:
        return solved[0]
    copies, channels = (
        np.array(numbers, dtype=np.float64)[:, None, None]
        for numbers in zip(*((one.copies, one.channels) for one in found), strict=True)
    )
    ln_g = np.stack([one.ln_g for one in solved]) + np.log(copies)
    reflection = copies * np.stack([one.reflection for one in solved])
    errors = np.stack([one.certificate for one in solved])
    return Solved(
        np.logaddexp.reduce(ln_g),
        reflection.sum(axis=0),
        _certificate(ln_g, reflection, channels, errors, absorbing=absorbing),
        np.max([one.of_before for one in solved], axis=0),
        _merged(found, solved) if eigenvalues else solved[0].ln_T,
    )


def _certificate(
    ln_g: NDArray[np.float64],
    reflection: NDArray[np.float64],
    channels: NDArray[np.float64],
    errors: NDArray[np.float64],
    *,
    absorbing: bool,
) -> NDArray[np.float64]:
    """Return the error of ln g of the sum, (realization, length), from (portion, ...) arrays."""
    # What is not known at all is no more than what its channels can carry.
    lost = np.maximum(ln_g, np.minimum(ln_g + errors, np.log(channels)))
    largest = np.where(errors < _NO_DIGIT, ln_g + errors, lost)
    total = np.logaddexp.reduce(ln_g)
    with np.errstate(invalid="ignore"):
        error = np.logaddexp.reduce(largest) - total
    # Where nothing passes at all, that is as certain as it is of each portion.
    error = np.where(np.isneginf(total), errors.max(axis=0), error)
    if absorbing:
        of_reflection = channels * np.minimum(errors, 1.0)
    else:
        of_reflection = _OF_DEFECT * np.abs(np.exp(ln_g) + reflection - channels)
    return np.asarray(np.maximum(error, of_reflection.sum(axis=0) / channels.sum()))


def _merged(found: Sequence[Portion], solved: Sequence[Solved]) -> NDArray[np.float64]:
    """Return ln T_n of all portions, largest first; NaN from where one that is unknown may belong."""
    each, least = [], []
    for portion, one in zip(found, solved, strict=True):
        unknown = np.isnan(one.ln_T)
        known = np.where(np.logical_or.accumulate(unknown, axis=-1), np.inf, one.ln_T)
        last = known.min(axis=-1)
        with np.errstate(divide="ignore"):
            bound = one.ln_T[..., 0] + 2 * np.log(_UNKNOWN * one.certificate)
        limit = np.fmin(last, bound)
        least.append(np.where(unknown.any(axis=-1), limit, -np.inf))
        each.append(np.repeat(one.ln_T, portion.copies, axis=-1))
    merged = -np.sort(-np.concatenate(each, axis=-1), axis=-1)
    return np.where(merged < np.max(least, axis=0)[..., None], np.nan, merged)
