"""Singular values of graded products, every one to its relative accuracy, in the log domain.

Of t = P D Q^+ with moderate P and Q and a diagonal D whose elements lie as far apart as they like.
With D in descending order and Q = U R, t^+ = U R D P^+ has the singular values of
R D P^+ = D (D^-1 R D) P^+ = D C, and in C only ratios of a smaller to a larger element of D appear.
With C^+ = U R the adjoint of D C = D R^+ U^+ has those of R D = D (D^-1 R D), which is triangular,
its rows and what couples them falling like D: of such matrices LAPACK's bidiagonalization and dqds
find every singular value to rounding errors (measured down to exp(-600), for pairs of equal ones
too, where they lose digits of D C itself), unless the matrix falls into blocks that hardly know of
each other. An element beside the diagonal that is far smaller than others of its row makes
reflections exchange columns, and rounding errors of large rows take the place of small ones. Such
matrices take one-sided Jacobi rotations, which are slower. Beyond the range of doubles the matrix is
cut where its rows are far apart.

Demmel, Gu, Eisenstat, Slapnicar, Veselic and Drmac, Linear Algebra Appl. 299, 21 (1999), and Drmac
and Veselic, SIAM J. Matrix Anal. Appl. 29, 1322 (2008), for such products and such steps.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

Complex = NDArray[np.complex128]
Real = NDArray[np.float64]

SHALLOW = 14.0
"""ln of the ratio of scales up to which the product itself keeps every singular value to 1e-9."""

RANGE = 600.0
"""ln of the ratio of scales that doubles hold with all digits."""

_LOST = 2.0**-900
"""Size of a column below which its digits are lost to underflow."""

_FAR = 14.0
"""ln of the ratio of neighbouring scales beyond which one step is enough before a cut: what couples
rows there counts by its square, exp(-28)."""

_HARDLY = 1e-4
"""Ratio of the element beside the diagonal to others of its row below which LAPACK's
bidiagonalization is not trusted."""

_DEPENDENT = 1e-8
"""Size of what is left of a column of size one behind those of larger scales, below which its digits
were lost before."""

_STEPS, _MORE_STEPS = 1, 8
"""Orthogonal steps before a cut. Each multiplies the coupling of rows by their squared ratio, and
the widest gap of a stretch of RANGE is above 1 for 500 channels."""


def ln_singular_values(P: Complex, logs: Real, Q: Complex) -> Real:
    """Return ln of the singular values of P diag(exp(logs)) Q^+, (..., N), largest first.

    NaN where a column of P is lost to underflow, in as many of the smallest ones, and from the first
    column on that depends on those of larger scales: what it was is lost. Never infinite.

    Parameters
    ----------
    P, Q : (..., N, N) complex arrays
        Far from singular once their columns have the same size, or else NaN is returned.
    logs : (..., N) float array
        Natural logarithms of the scales.
    """
    shape, N = logs.shape, logs.shape[-1]
    P, Q, logs = P.reshape(-1, N, N), Q.reshape(-1, N, N), logs.reshape(-1, N)
    sizes = np.maximum(*(np.abs(part).max(axis=1, initial=0.0) for part in (P.real, P.imag)))
    lost = ~(sizes > _LOST)
    sizes = np.where(lost, 1.0, sizes)
    heights = np.where(lost, -np.inf, logs + np.log(sizes))
    spread = heights.max(axis=1, initial=-np.inf) - heights.min(axis=1, initial=np.inf)
    # Whether a sample is shallow is its own affair: its bits do not depend on the others.
    shallow = spread < SHALLOW
    found = np.full(logs.shape, np.nan)
    found[shallow] = _shallow(P[shallow], logs[shallow], Q[shallow])
    known = np.where(shallow, 0, N - lost.sum(axis=1))
    for count in np.unique(known[known > 0]):
        chosen = known == count
        order = np.argsort(-heights[chosen], axis=1, kind="stable")[:, :count]
        parts = (P[chosen] / sizes[chosen][:, None], Q[chosen])
        P_sorted, Q_sorted = (np.take_along_axis(each, order[:, None], axis=2) for each in parts)
        ordered = np.take_along_axis(heights[chosen], order, axis=1)
        found[chosen, :count] = _deep(P_sorted, ordered, Q_sorted)
    return found.reshape(shape)


def _shallow(P: Complex, logs: Real, Q: Complex) -> Real:
    largest = logs.max(axis=1, initial=-np.inf)[:, None]
    t = (P * np.exp(logs - largest)[:, None]) @ Q.conj().swapaxes(1, 2)
    return np.asarray(np.log(np.linalg.svd(t, compute_uv=False)) + largest)


def _deep(P: Complex, logs: Real, Q: Complex) -> Real:
    """Return `ln_singular_values` of columns of size one, larger scales first."""
    C = _stepped(_turned(Q, logs) @ P.conj().swapaxes(1, 2), logs)
    within = logs[:, 0] - logs[:, -1] <= RANGE
    found = np.empty(logs.shape)
    found[within] = _of_rows(C[within], logs[within])
    for k in np.flatnonzero(~within):
        found[k] = _cut(C[k : k + 1], logs[k : k + 1])
    left = np.abs(np.diagonal(C, axis1=1, axis2=2))
    lost = np.logical_or.accumulate(~(left > _DEPENDENT), axis=1)
    return np.where(lost, np.nan, found)


def _turned(matrices: Complex, logs: Real) -> Complex:
    """Return D^-1 R D of matrices = U R."""
    R: Complex = np.asarray(np.linalg.qr(matrices, mode="r"))
    return R * np.exp(np.minimum(logs[:, None, :] - logs[:, :, None], 0.0))


def _stepped(C: Complex, logs: Real) -> Complex:
    """Return a triangular C of the same singular values of D C."""
    return _turned(C.conj().swapaxes(1, 2), logs)


def _of_rows(C: Complex, logs: Real) -> Real:
    """Return ln of the singular values of D C, C triangular."""
    first = logs[:, :1]
    graded = np.exp(logs - first)[:, :, None] * C
    sizes = np.abs(np.triu(C, 1))
    beside, largest = (
        np.diagonal(sizes, 1, axis1=1, axis2=2),
        sizes[:, :-1].max(axis=2, initial=0.0),
    )
    doubtful = ~(beside >= _HARDLY * largest).all(axis=1)
    found = np.empty(logs.shape)
    found[~doubtful] = np.log(np.linalg.svd(graded[~doubtful], compute_uv=False))
    for k in np.flatnonzero(doubtful):
        found[k] = _by_rotations(graded[k])
    return np.asarray(found + first)


def _by_rotations(rows: Complex) -> Real:
    """Return ln of the singular values of graded rows, NaN where there are none.

    LAPACK has the rotations (Drmac and Veselic) for real matrices only. Those of the real form are
    pairs.
    """
    columns = rows.conj().T
    real = np.block([[columns.real, -columns.imag], [columns.imag, columns.real]])
    if not np.isfinite(real).all():
        return np.full(len(rows), np.nan)
    # Accurate for scaled columns, all of them kept, and neither vectors nor changes asked for.
    options = {"joba": 0, "jobu": 3, "jobv": 3, "jobr": 0, "jobt": 0, "jobp": 0}
    values, _, _, work, _, info = lapack.dgejsv(real, **options)
    values = np.sort(values)[::-2] * (work[0] / work[1])
    known = (values > 0.0) & (info == 0)
    return np.log(values, out=np.full(len(rows), np.nan), where=known)


def _cut(C: Complex, logs: Real) -> Real:
    """Return `_of_rows` of a single matrix, (1, N, N), whose rows exceed the range of doubles."""
    parts = list(_parts(logs[0], 0, logs.shape[1]))
    gaps = [logs[0, start - 1] - logs[0, start] for start, _ in parts[1:]]
    for _ in range(_STEPS if min(gaps) > _FAR else _MORE_STEPS):
        C = _stepped(C, logs)
    values = [_of_rows(C[:, a:b, a:b], logs[:, a:b])[0] for a, b in parts]
    return np.asarray(-np.sort(-np.concatenate(values)))


def _parts(logs: Real, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut at the widest gaps until every part is within range."""
    if logs[start] - logs[end - 1] <= RANGE:
        yield start, end
    else:
        middle = start + 1 + int(np.argmax(logs[start : end - 1] - logs[start + 1 : end]))
        yield from _parts(logs, start, middle)
        yield from _parts(logs, middle, end)
