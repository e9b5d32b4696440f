"""The share of samples that have a property, with an error that is not 0 where all or none have it."""

import hashlib
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from qtcore.errors import InputError, brief
from qtcore.estimate.estimate import Array, Estimate
from qtcore.estimate.given import called, samples_of
from qtcore.estimate.missing import Missing
from qtcore.estimate.moments import FEWEST_REALIZATIONS

ADDED = 2.0
"""Samples with and as many without the property that the error counts beside those that there are,
z²/2 for an interval of 95 %."""


def share(samples: ArrayLike, holds: Callable[[Array], ArrayLike] | None = None) -> Estimate:
    """Return the share p of the samples for which something holds, such as det r < 0.

    The value is k / R, the mean. Its error is sqrt(q (1 - q) / (R - 1)), the spread of Agresti and
    Coull with q = (k + 2) / (R + 4), which is not 0 where all samples or none have the property. Over
    all p from 0.01 to 0.5, p ± error holds the truth in 70 % of cases and p ± 1.96 error in 95 %, from 50
    realizations on. For a single p the rates go up and down, as those of all intervals do of
    numbers that are counted: down to 61 and 92 % with 50 realizations, to 64 and 93 % with 200. The
    centre of Wilson's interval is not the mean, and that of Jeffreys is not symmetric: shares of
    many points would not average to the share of all, and an `Estimate` is symmetric.

    What each realization has to do with the deviation is known of the error of the mean only. The
    rest goes to all realizations alike, with signs that are made of the samples themselves: points
    with different samples do not share it.

    Parameters
    ----------
    samples : (realization, *shape) array
        Numbers that `holds` judges; without it true and false, or 1 and 0. NaN where nothing was
        computed: such entries are left out. (A comparison such as det_r < 0 makes False of NaN:
        give `holds` where samples may be missing.)
    holds : function, optional
        From numbers to true or false, element by element.

    Returns
    -------
    Estimate
        (*shape), from 0 to 1. NaN where no realization has an entry.

    Raises
    ------
    InputError
        If the samples are a single number, neither true nor false, or `holds` is no function, fails, or returns something else.
    Missing
        If fewer than eight realizations have an entry that some have.

    Notes
    -----
    Agresti, Coull, Am. Stat. 52, 119 (1998); Brown, Cai, DasGupta, Stat. Sci. 16, 101 (2001).
    """
    array = samples_of(samples)
    there = ~np.isnan(array)
    counts = there.sum(axis=0)
    few = (counts > 0) & (counts < FEWEST_REALIZATIONS)
    if few.any():
        raise Missing(
            f"errors need at least {FEWEST_REALIZATIONS} realizations of every entry, got "
            f"{int(counts[few].min())} of {len(array)}; compute more realizations"
        )
    has = np.where(there, _judged(array, there, holds), 0.0)
    R = np.maximum(counts, 2)
    value = has.sum(axis=0) / R
    own = np.where(there, has - value, 0.0) / np.sqrt(R * (R - 1.0))
    q = (has.sum(axis=0) + ADDED) / (R + 2 * ADDED)
    rest = q * (1 - q) / (R - 1.0) - (own**2).sum(axis=0)
    even = np.where(there, np.sqrt(np.maximum(rest, 0.0) / R), 0.0)
    shares = with_noise(own, even, array, there)
    return Estimate(np.where(counts > 0, value, np.nan), shares, counts)


def _judged(array: Array, there: Array, holds: Callable[[Array], ArrayLike] | None) -> Array:
    """Return 1 and 0 for samples that are there."""
    if holds is None:
        if not np.isin(array[there], (0.0, 1.0)).all():
            wrong = array[there][~np.isin(array[there], (0.0, 1.0))][0]
            raise InputError(
                f"samples of share() are true or false, got {wrong:g}; say what has to hold, as in "
                "share(det_r, lambda r: r < 0)"
            )
        return array
    found = np.asarray(called(holds, "holds", array))
    if found.dtype != np.bool_ or found.shape != array.shape:
        raise InputError(
            "holds(samples) must return true or false for each sample, shape "
            f"{array.shape}, got {brief(found)}"
        )
    return found.astype(np.float64)


def with_noise(own: Array, even: Array, array: Array, there: Array) -> Array:
    """Return shares with parts of any sign and a given size added, so that squares add up too.

    Parameters
    ----------
    own, even : (realization, *shape) float arrays
        Shares, and the size of what is added to each.
    array : (realization, *shape) float array
        The samples, of whose bits the signs are made.
    there : (realization, *shape) bool array
        Which of them count.
    """
    # The bits of the samples tell points apart, and make the same signs whenever they are asked.
    digest = hashlib.blake2b(np.ascontiguousarray(array).tobytes(), digest_size=8).digest()
    rng = np.random.default_rng(int.from_bytes(digest, "little"))
    signs = np.where(there, rng.choice([-1.0, 1.0], size=array.shape), 0.0)
    # Without what the signs have in common with the shares of the mean, which must not change them.
    norm = (own**2).sum(axis=0)
    along = np.divide((signs * own).sum(axis=0), norm, out=np.zeros_like(norm), where=norm > 0)
    signs = signs - along * own
    size = np.sqrt((signs**2).sum(axis=0))
    wanted = np.sqrt((even**2).sum(axis=0))
    scale = np.divide(wanted, size, out=np.zeros_like(size), where=size > 0)
    return np.asarray(own + scale * signs)
