"""Numbers that know how much each realization has to do with their deviation.

Lengths of one realization are cut from the same wire, and points of a sweep may share their
disorder, so that numbers are correlated across both. An `Estimate` therefore carries, beside its
values, the share that every realization has in their deviation: the influence function, divided by
the number of realizations. A standard error is the root of the sum of the squares of the shares.
Whatever is computed from several estimates adds their shares, realization by realization, before
it squares them. To first order this is the bootstrap over whole realizations with infinitely many
resamples, without the resampling.

Shares are paired by the number of the realization, always. That is right for points with common
disorder. For independent points it is right as well: products of their shares average to zero.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, SupportsIndex

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import ArrayLike, NDArray

from qtcore.errors import InputError, listed

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

GROUPS = 4096
"""Into so many sums of shares many realizations are folded: an error is then known to 1 %."""

_UNARY: dict[np.ufunc, Callable[[Array], Any]] = {
    np.negative: lambda _: -1.0,
    np.positive: lambda _: 1.0,
    np.absolute: np.sign,
    np.log: lambda a: 1 / a,
    np.log10: lambda a: 1 / (a * np.log(10)),
    np.log2: lambda a: 1 / (a * np.log(2)),
    np.log1p: lambda a: 1 / (1 + a),
    np.exp: np.exp,
    np.expm1: np.exp,
    np.sqrt: lambda a: 0.5 / np.sqrt(a),
    np.square: lambda a: 2 * a,
    np.reciprocal: lambda a: -1 / a**2,
    np.sin: np.cos,
    np.cos: lambda a: -np.sin(a),
    np.tanh: lambda a: 1 - np.tanh(a) ** 2,
    np.arctanh: lambda a: 1 / (1 - a**2),
}
"""Derivatives of functions of one number."""

_BINARY: dict[np.ufunc, Callable[[Array, Array], tuple[Any, Any]]] = {
    np.add: lambda *_: (1.0, 1.0),
    np.subtract: lambda *_: (1.0, -1.0),
    np.multiply: lambda a, b: (b, a),
    np.true_divide: lambda a, b: (1 / b, -a / b**2),
    np.power: lambda a, b: (b * a ** (b - 1), a**b * np.log(a)),
    np.hypot: lambda a, b: (a / np.hypot(a, b), b / np.hypot(a, b)),
    np.maximum: lambda a, b: (a >= b, a < b),
    np.minimum: lambda a, b: (a <= b, a > b),
}
"""Derivatives of functions of two numbers."""

_OF_VALUES = {
    np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal,
    np.isfinite, np.isnan, np.isinf, np.sign,
}  # fmt: skip
"""Questions whose answers have no error."""


EPS = float(np.finfo(np.float64).eps)
"""Rounding of a number, as a part of it."""

DIGITS = 15
"""So many digits of a number are its own in double precision."""


def with_error(value: float, error: float) -> str:
    """Return a number and its standard error as people write them, such as `10.05 ± 0.07`.

    The error has one significant digit, or two if the first one is 1; the value ends at the same
    digit. Numbers of which the larger one lies outside 1e-4 … 1e6, and errors that are 0 or no number, are
    written with four digits and two. No number has more than 15 digits, and an error below the
    rounding of its value is that rounding.
    """
    if 0 < error < (rounding := EPS * abs(value)):
        return f"{value:.15g} ± {rounding:.1g}"
    if not (1e-4 <= max(abs(value), error) < 1e6 and error > 0):
        return f"{value:.4g} ± {error:.2g}"
    lead = f"{error:.1e}"
    decimals = (1 if lead.startswith("1") else 0) - int(lead.partition("e")[2])
    if decimals + int(f"{value:e}".partition("e")[2]) >= DIGITS:
        return f"{value:.15g} ± {error:.1g}"
    return " ± ".join(
        f"{round(number, decimals) + 0.0:.{max(decimals, 0)}f}" for number in (value, error)
    )


class Estimate(NDArrayOperatorsMixin):
    """Numbers with what they owe to each realization.

    Arithmetic, NumPy's elementary functions, indexing and sums keep the errors right, whatever the
    numbers have in common. A plain number has no error. Arrays broadcast as NumPy's do.

    Parameters
    ----------
    values : (*shape) float array
        The estimates. NaN where there is none.
    shares : (realization, *shape) float array
        First-order deviation of the values due to each realization, times √(R / (R − 1)) so that
        their squares sum to the square of the standard error; 0 where a realization is missing,
        NaN where no error can be stated.
    counts : (*shape) float array
        Realizations behind each number; infinite for an exact number.
    folded : bool
        Whether `shares` are sums over realizations whose numbers are equal modulo `GROUPS`.

    Raises
    ------
    InputError
        If the shapes do not belong together.
    """

    __slots__ = ("counts", "folded", "shares", "values")

    def __init__(
        self, values: ArrayLike, shares: ArrayLike, counts: ArrayLike, *, folded: bool = False
    ) -> None:
        self.values: Array = np.asarray(values, dtype=np.float64)
        self.shares: Array = np.asarray(shares, dtype=np.float64)
        if self.shares.ndim == 0 or self.shares.shape[1:] != self.values.shape:
            raise InputError(
                f"shares are (realization, *shape of the values), here (realization, "
                f"{', '.join(map(str, self.values.shape))}); got {self.shares.shape}"
            )
        self.counts: Array = np.broadcast_to(
            np.asarray(counts, dtype=np.float64), self.values.shape
        )
        self.folded = folded

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the values."""
        return self.values.shape

    @property
    def ndim(self) -> int:
        """Number of dimensions of the values."""
        return self.values.ndim

    @property
    def size(self) -> int:
        """Number of values."""
        return self.values.size

    @property
    def error(self) -> Array:
        """Standard errors (*shape); 0 for exact numbers, NaN where none can be stated."""
        errors = np.sqrt(np.einsum("r...,r...->...", self.shares, self.shares))
        return np.asarray(np.where(np.isnan(self.values), np.nan, errors))

    @property
    def covariance(self) -> Array:
        """Covariance (size, size) of the values, flattened."""
        flat = self.shares.reshape(len(self.shares), self.size)
        return np.asarray(flat.T @ flat)

    @property
    def is_exact(self) -> bool:
        """Whether all of the numbers are free of error."""
        return bool(np.isinf(self.counts).all())

    def __len__(self) -> int:
        """Return the length of the first dimension."""
        return len(self.values)

    def __iter__(self) -> Iterator["Estimate"]:
        """Iterate over the first dimension."""
        return (self[n] for n in range(len(self)))

    def __float__(self) -> float:
        """Return the value of a single number, without its error."""
        return float(self.values)

    def __str__(self) -> str:
        """Return values and errors as a reader writes them, such as `10.05 ± 0.07`."""
        pairs = zip(self.values.ravel(), self.error.ravel(), strict=True)
        shown = [with_error(*pair) for pair in islice(pairs, 7)]
        return ", ".join(shown) + (", …" if self.size > len(shown) else "")

    def __repr__(self) -> str:
        """Return the same with the name of the class, and the shape of an array."""
        shape = f", shape {self.shape}" if self.ndim else ""
        return f"Estimate({self}{shape})"

    def __array__(self, *args: object, **kwargs: object) -> Array:
        """Refuse to become a plain array, which would lose the errors without a word."""
        raise InputError(
            "an Estimate does not become a plain array, because its errors would be lost: take "
            "`.values` for the numbers alone, or `propagate(function, …)` for a function of them"
        )

    def __getitem__(self, index: Any) -> "Estimate":
        """Return some of the numbers; indices are NumPy's."""
        own = index if isinstance(index, tuple) else (index,)
        if any(isinstance(one, np.ndarray | list) for one in own):
            # NumPy moves the dimension of index arrays to the front if they are apart from each
            # other. Taking the places of the values first gives one rule for both arrays.
            places = np.arange(self.size).reshape(self.shape)[own]
            flat = self.shares.reshape(len(self.shares), self.size)
            shares = flat[:, places.ravel()].reshape(len(flat), *places.shape)
        else:
            shares = self.shares[(slice(None), *own)]
        return Estimate(self.values[own], shares, self.counts[own], folded=self.folded)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Apply a NumPy function, the shares by its derivatives."""
        if method != "__call__" or kwargs or not all(map(_is_number, inputs)):
            return NotImplemented
        plain = [_values(one) for one in inputs]
        if ufunc in _OF_VALUES:
            return ufunc(*plain)
        if ufunc is np.matmul:
            return _product(*inputs)
        with np.errstate(all="ignore"):
            if ufunc in _UNARY:
                slopes: tuple[Any, ...] = (_UNARY[ufunc](plain[0]),)
            elif ufunc in _BINARY:
                slopes = _BINARY[ufunc](*plain)
            else:
                raise InputError(
                    f"an Estimate does not know the derivative of {ufunc.__name__}; "
                    "use `propagate(function, …)`"
                )
            values = np.asarray(ufunc(*plain))
        return combined(values, inputs, slopes)

    def where(self, mask: ArrayLike, other: ArrayLike = np.nan) -> "Estimate":
        """Return the numbers where the mask holds, exact numbers `other` elsewhere."""
        mask = np.asarray(mask, dtype=bool)
        values = np.where(mask, self.values, other)
        counts = np.where(mask, self.counts, np.inf)
        shares = np.where(mask, _spread(self.shares, values.ndim), 0.0)
        return Estimate(values, shares, counts, folded=self.folded)

    def sum(self, axis: SupportsIndex | Sequence[int] | None = None) -> "Estimate":
        """Return sums along one axis, several, or all."""
        given = range(self.ndim) if axis is None else np.atleast_1d(np.asarray(axis))
        if any(not -self.ndim <= one < self.ndim for one in given):
            raise InputError(f"an Estimate of the shape {self.shape} has no axis {axis}")
        axes = tuple(int(one) % self.ndim for one in given)
        return Estimate(
            self.values.sum(axis=axes),
            self.shares.sum(axis=tuple(one + 1 for one in axes)),
            self.counts.min(axis=axes) if self.size else np.inf,
            folded=self.folded,
        )

    def linear(self, matrix: Array) -> "Estimate":
        """Return matrix @ numbers, as `@` does."""
        return _product(matrix, self)

    def reshape(self, *shape: int | Sequence[int]) -> "Estimate":
        """Return the same numbers in another shape, given as numbers or as one tuple."""
        given: Any = shape[0] if len(shape) == 1 else shape
        values = self.values.reshape(given)
        shares = self.shares.reshape(len(self.shares), *values.shape)
        return Estimate(values, shares, self.counts.reshape(values.shape), folded=self.folded)

    def transpose(self, *axes: int) -> "Estimate":
        """Return the same numbers with their dimensions in another order."""
        return Estimate(
            self.values.transpose(axes),
            self.shares.transpose(0, *(one + 1 for one in axes)),
            self.counts.transpose(axes),
            folded=self.folded,
        )

    def fold(self) -> "Estimate":
        """Return the numbers with the shares of many realizations summed into `GROUPS` sums."""
        rows = len(self.shares)
        if self.folded or rows <= GROUPS:
            return Estimate(self.values, self.shares, self.counts, folded=True)
        padded = np.zeros((-(-rows // GROUPS) * GROUPS, *self.shape))
        padded[:rows] = self.shares
        summed = padded.reshape(-1, GROUPS, *self.shape).sum(axis=0)
        return Estimate(self.values, summed, self.counts, folded=True)


def exact(values: ArrayLike) -> Estimate:
    """Return numbers without an error."""
    array = np.asarray(values, dtype=np.float64)
    return Estimate(array, np.zeros((1, *array.shape)), np.inf)


def stack(parts: Sequence[Estimate | ArrayLike], axis: int = 0) -> Estimate:
    """Return estimates or plain numbers of one shape side by side, along a new axis."""
    if not len(parts):
        raise InputError("stack() puts at least one estimate beside others, got none")
    each = [as_estimate(part) for part in parts]
    shapes = dict.fromkeys(part.shape for part in each)
    if len(shapes) > 1:
        raise InputError(
            f"stack() puts estimates of one shape side by side, got {listed([*shapes])}"
        )
    given = paired(each)
    of_shares = axis + 1 if axis >= 0 else axis
    return Estimate(
        np.stack([part.values for part in given], axis),
        np.stack([part.shares for part in given], of_shares),
        np.stack([part.counts for part in given], axis),
        folded=given[0].folded,
    )


def as_estimate(number: Estimate | ArrayLike) -> Estimate:
    """Return an estimate as it is, plain numbers as exact ones."""
    return number if isinstance(number, Estimate) else exact(number)


def paired(parts: Sequence[Estimate]) -> list[Estimate]:
    """Return estimates whose shares have equally many rows, paired by realization number."""
    if any(part.folded for part in parts):
        parts = [part.fold() for part in parts]
    rows = max(len(part.shares) for part in parts)
    return [
        Estimate(part.values, _padded(part.shares, rows), part.counts, folded=part.folded)
        for part in parts
    ]


def combined(
    values: ArrayLike, inputs: Sequence[Estimate | ArrayLike], slopes: Sequence[ArrayLike]
) -> Estimate:
    """Return a function of numbers from its values and its derivatives.

    Parameters
    ----------
    values : (*shape) float array
        The function's values.
    inputs : sequence of Estimate or float array
        What it is a function of, element by element after broadcasting.
    slopes : sequence of float array
        Its derivative with respect to each of them, broadcast like them.
    """
    values = np.asarray(values, dtype=np.float64)
    uncertain = [n for n, one in enumerate(inputs) if isinstance(one, Estimate)]
    parts = paired([as_estimate(inputs[n]) for n in uncertain])
    shares = np.zeros((len(parts[0].shares), *values.shape))
    counts = np.full(values.shape, np.inf)
    for n, part in zip(uncertain, parts, strict=True):
        own = _spread(part.shares, values.ndim)
        with np.errstate(all="ignore"):
            # An exact number has no error, even where the slope is infinite.
            shares += np.where(own == 0, 0.0, own * np.asarray(slopes[n], dtype=np.float64))
        counts = np.minimum(counts, part.counts)
    return Estimate(values, shares, counts, folded=parts[0].folded)


def _product(a: Any, b: Any) -> Estimate:
    """Return a matrix product in which one of the factors is exact."""
    if isinstance(a, Estimate) and isinstance(b, Estimate):
        raise InputError(
            "a matrix product of two estimates is not defined; multiply element by element and sum"
        )
    values, own = np.asarray(_values(a) @ _values(b)), a if isinstance(a, Estimate) else b
    if isinstance(a, Estimate):
        shares = own.shares @ np.asarray(b, dtype=np.float64)
    elif own.ndim == 1:
        # The realizations are rows, so that a vector of numbers is a row too.
        shares = own.shares @ np.asarray(a, dtype=np.float64).T
    else:
        shares = np.asarray(a, dtype=np.float64) @ own.shares
    return Estimate(values, shares, float(own.counts.min()), folded=own.folded)


def _is_number(one: object) -> bool:
    return isinstance(one, Estimate | np.ndarray | np.generic | int | float)


def _values(one: Any) -> Array:
    return one.values if isinstance(one, Estimate) else np.asarray(one, dtype=np.float64)


def _spread(shares: Array, ndim: int) -> Array:
    """Return shares with dimensions of size 1 behind the realizations, as broadcasting needs."""
    return shares.reshape(len(shares), *(1,) * (ndim - shares.ndim + 1), *shares.shape[1:])


def _padded(shares: Array, rows: int) -> Array:
    if len(shares) == rows:
        return shares
    return np.concatenate([shares, np.zeros((rows - len(shares), *shares.shape[1:]))])
