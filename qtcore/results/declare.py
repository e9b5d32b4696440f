"""What a definition declares: quantities, what theory says of them, and which axes a stage holds."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import CodeType, EllipsisType
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from qtcore.errors import DefinitionInputError, InputError, brief, place_in
from qtcore.estimate.estimate import Array, Estimate
from qtcore.estimate.missing import Missing
from qtcore.estimate.moments import FEWEST_REALIZATIONS

Kind = Literal["each", "mean", "average", "worst", "largest", "smallest", "none"]

SUFFIXES = ("_error", "_theory", "_left_out", "_compared", "_lower", "_upper")
"""Endings of the variables that belong to a quantity or to bins, so that no name may have them."""


@dataclass(frozen=True)
class Quantity:
    """A number that comes out of a sweep.

    Parameters
    ----------
    name : str
        Its key in what `measure` and `expect` return, and its name in the results.
    dims : tuple of str
        Dimensions that a stage returns it with: `length`, a swept axis that the stage holds as a
        whole, or a dimension that the workflow declares. The axes that the stage does not hold come
        by themselves.
    units, long_name : str
        Unit, and what it is in words.
    symbol : str
        As it stands in tables and at the axes of figures; the name if left out.
    source : str
        Where its theory comes from; required if a stage of `expect` returns it.
    check : {"each", "mean", "average", "worst", "largest", "smallest", "none"}
        Which rows of the table of checks it gets: one for each number that has a theory; one for
        the mean of the ratio to theory, by inverse variance; one for its plain mean, for numbers
        whose errors go with their values, such as variances and half widths: what is small by
        chance has a small error as well, and inverse variances would favour it; one for the number
        that lies farthest outside, on either side, or on the side of large or of small numbers (where
        a claim is that none of them reaches a bound); none.
    across : tuple of str
        Dimensions that one row runs over; all of them if left out.
    interval : str
        Name of the quantity that holds the ends of its 95 % interval, if it has one: the same dimensions, and
        behind them one of two entries. Tables show it beside the number.

    Notes
    -----
    A row shows the result with its own standard error, `NAME_error` of the results. Its deviation
    is counted in standard errors of the difference to theory, which is another one where theory
    takes numbers that were measured (`Check.difference_error`). A mean or an average is a ratio to
    theory, which has one error: that of the ratio.

    Raises
    ------
    InputError
        If something of it is not allowed.
    """

    name: str
    dims: tuple[str, ...] = ()
    units: str = ""
    long_name: str = ""
    symbol: str = ""
    source: str = ""
    check: Kind = "each"
    across: tuple[str, ...] = ()
    interval: str = ""

    def __post_init__(self) -> None:
        """Refuse what no table could hold."""
        name: Any = self.name
        if not isinstance(name, str) or not name.isidentifier() or name.startswith("_"):
            raise InputError(
                f"the name of a quantity is a Python name such as localization_length, got {brief(name)}"
            )
        if ending := next((one for one in SUFFIXES if name.endswith(one)), None):
            raise InputError(
                f"the quantity {name} may not end in {ending}, which marks a part of another quantity"
            )
        for words in ("dims", "across"):
            given: Any = getattr(self, words)
            is_names = isinstance(given, tuple | list) and all(isinstance(d, str) for d in given)
            if not is_names or len(set(given)) != len(given):
                raise InputError(
                    f"{words} of the quantity {name} is a tuple of different names, got {brief(given)}"
                )
            object.__setattr__(self, words, tuple(given))
        for words in ("units", "long_name", "symbol", "source", "interval"):
            if not isinstance(text := getattr(self, words), str):
                raise InputError(f"{words} of the quantity {name} is a text, got {brief(text)}")
        if self.check not in get_args(Kind):
            allowed = ", ".join(get_args(Kind))
            raise InputError(
                f"check of the quantity {name} is one of {allowed}, got {brief(self.check)}"
            )
        if self.across and self.check in ("each", "none"):
            raise InputError(
                f"across of the quantity {name} is for a check of several numbers in one row, "
                f"here it is {self.check!r}"
            )

    @property
    def sign(self) -> str:
        """What stands in tables."""
        return self.symbol or self.name


@dataclass(frozen=True)
class Expected:
    """What theory says of a quantity.

    Parameters
    ----------
    value : float, array or Estimate
        The expected value, with the dimensions of the quantity. An Estimate, such as a theory that
        takes a measured mean free path, brings its error: a check judges by that of the difference,
        and shows the result with its own.
    left_out : float or array
        Half width of the band of what the theory leaves out, same unit.
    where : bool or array
        Where it is compared; it is drawn everywhere.
    why : str
        Why it is not compared elsewhere, for the reader of the table.
    """

    value: Estimate | ArrayLike
    left_out: ArrayLike = 0.0
    where: ArrayLike = True
    why: str = ""


@dataclass(frozen=True)
class Bins:
    """A dimension of results: the bins of a histogram.

    Parameters
    ----------
    edges : (bin + 1,) sequence of numbers
        Increasing.
    units, long_name, symbol : str
        Of the edges.

    Raises
    ------
    InputError
        If the edges are no finite numbers, or do not increase.
    """

    edges: Array
    units: str = ""
    long_name: str = ""
    symbol: str = ""

    def __post_init__(self) -> None:
        """Check the edges."""
        try:
            edges = np.asarray(self.edges, dtype=np.float64)
        except (TypeError, ValueError):
            edges = np.empty(0)
        rises = edges.ndim == 1 and len(edges) > 1 and bool((np.diff(edges) > 0).all())
        if not (rises and np.isfinite(edges).all()):
            raise InputError(
                "the edges of bins are two or more increasing finite numbers, got "
                f"{brief(self.edges)}"
            )
        object.__setattr__(self, "edges", edges)

    @property
    def centres(self) -> Array:
        """Middles of the bins, (bin,)."""
        return np.asarray((self.edges[1:] + self.edges[:-1]) / 2)


Found = Mapping[str, Any]
"""What a stage returns: quantities by name."""


@dataclass(frozen=True)
class Stage:
    """A function that measures or says what is expected, and the axes that it gets as a whole.

    Attributes
    ----------
    function : callable(at) -> mapping of str
        From what it sees (`qtcore.results.at.At`) to quantities by name: an Estimate, numbers,
        `Expected`, None or `Missing`.
    held : tuple of str, or None
        Swept axes that it gets as a whole; all of them if None.
    fixed : mapping of str to float or str
        Axes of which it sees one value, given as a number or by the name of a constant.
    """

    function: Callable[[Any], Found | None]
    held: tuple[str, ...] | None = ()
    fixed: Mapping[str, float | str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of the function, for messages."""
        return str(getattr(self.function, "__name__", "a stage"))

    def __call__(self, at: Any) -> Found | None:
        """Return what the function returns."""
        return self.function(at)


@contextmanager
def told_of(function: Callable[..., Any]) -> Iterator[None]:
    """Add file and line of a definition's function to what is refused while it runs, or after it.

    Raises
    ------
    DefinitionInputError
        In the place of an InputError; a number that is `Missing` is no error of the definition.
    """
    try:
        yield
    except (Missing, DefinitionInputError):
        raise
    except InputError as error:
        code: CodeType | None = getattr(function, "__code__", None)
        if code is None or str(getattr(function, "__module__", "")).startswith("qtcore."):
            raise
        file, first = code.co_filename, code.co_firstlineno
        place = place_in(error, file) or f"{file}, line {first}"
        raise DefinitionInputError(str(error), place) from error


def together(
    *axes: str | EllipsisType, **fixed: float | str
) -> Callable[[Callable[[Any], Found | None]], Stage]:
    """Mark a stage that gets some axes as a whole, or one value of them.

    Without this mark a stage is called once for each point of the sweep.

    Parameters
    ----------
    *axes : str
        Swept axes that the stage gets as a whole; `...` for all that are not fixed.
    **fixed : float or str
        Axes of which it gets one value only, given as a number or by the name of a constant of the
        sweep. Its results do not have these axes.

    Raises
    ------
    InputError
        If an axis is named twice, or is no name.
    """
    names = [axis for axis in axes if axis is not ...]
    if not all(isinstance(name, str) for name in names) or (... in axes and len(axes) > 1):
        raise InputError(
            "together() takes names of swept axes, or ... alone for all of them, got "
            f"{', '.join(map(brief, axes))}"
        )
    if twice := sorted({name for name in names if names.count(name) > 1 or name in fixed}, key=str):
        raise InputError(f"together() names the axis {twice[0]} twice; once is enough")
    if not axes and not fixed:
        raise InputError(
            "together() without an axis changes nothing: leave it out, or write together(...) for "
            "all axes"
        )
    held = None if ... in axes else tuple(str(name) for name in names)

    def mark(function: Callable[[Any], Found | None]) -> Stage:
        if isinstance(function, Stage):
            raise InputError(f"{function.name} has two marks together(); put all in one")
        return Stage(function, held, fixed)

    return mark


def stages_of(given: Any, role: str) -> tuple[Stage, ...]:
    """Return the stages that a definition gives: None, a function, or several.

    Raises
    ------
    InputError
        If something else came.
    """
    several = () if given is None else given if isinstance(given, tuple | list) else (given,)
    for one in several:
        if not callable(one):
            raise InputError(
                f"{role} is a function of one argument, or a tuple of them, got {brief(one)}"
            )
    return tuple(one if isinstance(one, Stage) else Stage(one) for one in several)


Fewest = int | Callable[[int], int]
"""Realizations that a point needs: a number, or a function of how many lengths the point has."""


def fewest_for(fewest: Fewest, lengths: int) -> int:
    """Return how many realizations a point with so many lengths needs."""
    return max(FEWEST_REALIZATIONS, fewest(lengths)) if callable(fewest) else fewest


@dataclass(frozen=True)
class Declared:
    """What results are made by.

    Attributes
    ----------
    quantities : tuple of Quantity
        What comes out.
    measures, expects : tuple of Stage
        Stages that measure, and that say what theory expects, in order.
    dimensions : mapping of str
        Dimensions of results: `Bins`, an axis with `values`, a size, or a function of the sweep's
        values that returns one.
    fewest : int or callable(lengths) -> int
        Realizations that a point needs to be measured, unless the sweep asks for one only (`fewest_for`).
    cases : mapping of str to mapping of int to dict
        Parameters of the cases that an axis counts, for stores that were made before it had any.
    """

    quantities: tuple[Quantity, ...]
    measures: tuple[Stage, ...]
    expects: tuple[Stage, ...] = ()
    dimensions: Mapping[str, Any] = field(default_factory=dict)
    fewest: Fewest = 1
    cases: Mapping[str, Mapping[int, Mapping[str, Any]]] = field(default_factory=dict)
