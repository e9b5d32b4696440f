"""What a caller gives to an estimator: made into arrays and estimates, or refused in one sentence."""

from typing import Any

import numpy as np

from qtcore.errors import InputError, QtcoreError, brief, kind_and_text, listed
from qtcore.estimate.estimate import Array, Estimate


def estimate_of(
    given: Any, name: str, shape: tuple[int, ...] | None = None, axes: str = ""
) -> Estimate:
    """Return an estimate that a caller gave; refuse anything else.

    Parameters
    ----------
    given : object
        What came.
    name : str
        What it is, for the message.
    shape : tuple of int, optional
        The shape that it must have.
    axes : str
        Its axes, for the message, such as "(size, tuning)".

    Raises
    ------
    InputError
        If it is no Estimate, holds no number, or has another shape.
    """
    if not isinstance(given, Estimate):
        raise InputError(
            f"{name} must be an Estimate, which has errors, such as estimate.mean(samples) or "
            f"estimate.independent(values, errors); got {brief(given)}"
        )
    if shape is not None and given.shape != shape:
        raise InputError(
            f"{name} must have the shape {shape}{axes and f', {axes},'} that belongs to the other arguments, got {given.shape}"
        )
    if not given.size:
        raise InputError(f"{name} hold no number, got the shape {given.shape}")
    return given


def numbers(
    given: Any,
    name: str,
    *,
    ndim: int | None = None,
    shape: tuple[int, ...] | None = None,
    finite: bool = True,
) -> Array:
    """Return real numbers that a caller gave, as an array; refuse anything else.

    Parameters
    ----------
    given : object
        What came.
    name : str
        What they are, for the message, in the plural.
    ndim : int, optional
        How many axes they must have.
    shape : tuple of int, optional
        The shape that they must have.
    finite : bool
        Whether NaN and infinite numbers are refused.

    Raises
    ------
    InputError
        If they are no real numbers, have another shape, or are not finite.
    """
    if isinstance(given, Estimate):
        raise InputError(
            f"{name} are plain numbers without errors, got an Estimate; take its `.values`"
        )
    try:
        array = np.asarray(given)
        real = None if np.iscomplexobj(array) else array.astype(np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} are numbers, got {brief(given)}") from None
    if real is None:
        raise InputError(
            f"{name} are real numbers, got complex ones; take their real part, or abs(…)"
        )
    array = real
    if shape is not None and array.shape != shape:
        raise InputError(
            f"{name} must have the shape {shape} that belongs to the other arguments, got {array.shape}"
        )
    if ndim is not None and array.ndim != ndim:
        wanted = {0: "a single number", 1: "a row of numbers (n,)"}.get(ndim, f"{ndim}-dimensional")
        raise InputError(f"{name} must be {wanted}, got the shape {array.shape}")
    if finite and not np.isfinite(array).all():
        wrong = array[~np.isfinite(array)]
        raise InputError(f"{name} must be finite numbers, got {listed(wrong.tolist())}")
    return array


def samples_of(given: Any, name: str = "samples", ndim: int | None = None) -> Array:
    """Return samples (realization, ...) that a caller gave; refuse anything else.

    Parameters
    ----------
    given : object
        What came.
    name : str
        What they are, for the message, in the plural.
    ndim : int, optional
        How many axes they must have, that of the realizations among them.

    Raises
    ------
    InputError
        If they are no real numbers, or have no axis of realizations.
    """
    array = numbers(given, name, finite=False)
    if not array.ndim:
        raise InputError(f"{name} are (realization, …), got a single number")
    if ndim is not None and array.ndim != ndim:
        axes = ", ".join(["realization", "length"][:ndim])
        raise InputError(f"{name} are ({axes}), got the shape {array.shape}")
    return array


def called(function: Any, name: str, *arguments: Array) -> Any:
    """Return what a caller's function returns; refuse one that fails.

    Parameters
    ----------
    function : callable
        What came.
    name : str
        What it is, for the message, such as "the law".
    *arguments : float arrays
        What it is called with.

    Raises
    ------
    InputError
        If it is no function, or raises anything but an error of qtcore.
    """
    if not callable(function):
        raise InputError(f"{name} must be a function of an array, got {brief(function)}")
    try:
        with np.errstate(all="ignore"):
            return function(*arguments)
    except QtcoreError:
        raise
    except Exception as error:
        raise InputError(f"{name} fails for an array of numbers: {kind_and_text(error)}") from error
