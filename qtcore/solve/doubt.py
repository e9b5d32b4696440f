"""Samples whose result may hang on rounding errors, and what small changes of them do to it.

Three things make a result worse than its parts: waves that cancel (a zero of the transmission), a
level of the whole sample that is narrow, and both at places that no single slice tells of. Bounds
on their product would doubt every long wire. So the elimination only looks whether one of them is
there at all, which costs next to nothing, and such a sample is solved again with all elements
changed by some rounding errors. What that changes counts.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.solve.pencil import Matrix
from qtcore.solve.sample import SampleSlice
from qtcore.solve.smatrix import SMatrices

DOUBTFUL = 2.0**20
"""Amplification of small changes above which a sample is solved again. Up to there the bound is
taken as it is: an error of 4e-9."""

_TIMES = 2
"""How often, with other changes each time."""

_CHANGE = 2.0**-49
"""Size of the changes relative to an element: eight rounding errors."""


def largest(matrices: Matrix) -> NDArray[np.float64]:
    """Return the size of the largest element of each matrix, (realization,)."""
    found: NDArray[np.float64] = np.abs(matrices).max(axis=(1, 2), initial=0.0)
    return found


Passed = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""Response of the last slice (units of the inverse coupling), and the logarithms of the sizes of
what reaches the left lead from it and of what arrives behind it, (realization,) each."""


def judged(
    steps: Sequence[Passed], doubt: NDArray[np.float64], lowest: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what some slices add to the doubt, and the lowest levels of waves so far.

    A wave is as large as the response times what arrived, unless its parts cancel; and a wave that
    has decayed grows again only towards a level of what lies behind it.

    Parameters
    ----------
    steps : sequence of Passed
        The first one was there before.
    doubt, lowest : (realization,), (realization, 2) float arrays
        As they were before.
    """
    values = np.array(steps)
    growth, logs = values[:, 0], np.moveaxis(values[:, 1:], 1, 2)
    # Nothing lies behind the last slice yet, so that a level of its own makes waves too large.
    levels = logs - np.log(np.hypot(1.0, growth))[:, :, None]
    least = np.minimum.accumulate(np.concatenate([lowest[None], levels]))
    with np.errstate(over="ignore"):
        risen_by = np.exp(2 * (levels - least[1:])).max(axis=(0, 2))
        cancelled_by = growth[1:, :, None] * np.exp(-np.diff(logs, axis=0))
    doubt = np.maximum(doubt, risen_by)
    return np.maximum(doubt, cancelled_by.max(axis=(0, 2), initial=0.0)), least[-1]


def cancelled(parts: Any, whole: Any) -> NDArray[np.float64]:
    """Return by how much parts are larger than what is left of them; 0 where there are none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.nan_to_num(np.divide(parts, whole), nan=0.0, posinf=np.inf))


def sensitivity(from_right: Matrix, t_prime: Matrix) -> NDArray[np.float64]:
    """Return what random changes of all elements of the last block do to ln g, (realization,).

    In units of 1/t. What reads the waves off is as large as what the right lead sends in. A mode
    counts by its share in g, which says nothing of contributions that cancel to zero.
    """
    waves = np.linalg.norm(from_right, axis=1)
    passed = np.linalg.norm(t_prime, axis=2) ** 2
    g = passed.sum(axis=1)
    change = (passed * waves).sum(axis=1) * np.linalg.norm(waves, axis=1)
    relative: NDArray[np.float64] = np.divide(change, g, out=np.zeros_like(g), where=g > 0)
    return relative


def weight_of_defect(doubt: NDArray[np.float64], channels: int) -> NDArray[np.float64]:
    """Return what the defect of T + R per channel counts in the error of ln g, the shape of `doubt`.

    Beside a narrow level it is the error of a single channel, in which T and R may have errors of other
    signs; and the random changes, which keep T + R, do nothing where T is largest.
    """
    return np.where(doubt > DOUBTFUL, 2.0 * channels, 1.0)


def shaken(sample: Iterable[SampleSlice], energy: complex, times: int) -> Iterator[SampleSlice]:
    """Yield the slices of a sample with random changes of all elements of E - H.

    Where there is no bond there is none of rounding errors either: it would bypass vacancies.

    Parameters
    ----------
    sample : iterable of SampleSlice
        The sample.
    energy : complex
        Units of t.
    times : int
        Number of the changes: other ones for each.
    """
    for n, (H, step) in enumerate(sample):
        M = H.shape[1]
        rng = np.random.default_rng((times, n))
        # The same for every realization, so that none depends on which others are solved with it.
        change = rng.standard_normal((2, M, M))
        hermitian = change[0] + change[0].T + 1j * (change[1] - change[1].T)
        rows = np.abs(H).max(axis=2) + abs(energy) + np.abs(step.A).max(axis=2, initial=0.0)
        root = np.sqrt(_CHANGE * rows)
        changed = H + root[:, :, None] * hermitian * root[:, None, :]
        yield SampleSlice(np.where((H == 0) & ~np.eye(M, dtype=np.bool_), 0.0, changed), step)


def changes(
    found: Sequence[SMatrices], solve: Callable[[NDArray[np.intp], int], Sequence[SMatrices]]
) -> NDArray[np.float64]:
    """Return what small changes of doubtful samples do to ln g, (realization, length).

    Or to the reflection per channel, whichever is more.

    Parameters
    ----------
    found : sequence of SMatrices
        The ensemble, one for each length.
    solve : function
        Solves some of its realizations, given by their rows, with the changes of this number.
    """
    doubt = np.stack([S.doubt for S in found], axis=1)
    error = np.zeros_like(doubt)
    rows = np.flatnonzero((doubt > DOUBTFUL).any(axis=1))
    for times in range(1, _TIMES + 1) if len(rows) else ():
        for n, (S, other) in enumerate(zip(found, solve(rows, times), strict=True)):
            with np.errstate(invalid="ignore"):
                differences = (
                    np.abs(other.ln_g - S.ln_g[rows]),
                    np.abs(other.turned.ln_g - S.turned.ln_g[rows]),
                    np.abs(other.reflection - S.reflection[rows]) / S.r_prime.shape[1],
                    np.abs(other.turned.reflection - S.turned.reflection[rows]) / S.r.shape[1],
                )
            # Where nothing passes at all, that is certain.
            worst = np.nan_to_num(differences, nan=0.0, posinf=0.0).max(axis=0)
            error[rows, n] = np.maximum(error[rows, n], worst)
    return np.where(doubt > DOUBTFUL, error, 0.0)
